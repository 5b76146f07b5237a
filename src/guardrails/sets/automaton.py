"""All patterns of one question simulated at once, one bit a state, to find the shortest text that settles it."""

from __future__ import annotations

from collections import deque
from functools import lru_cache

from guardrails.sets.budget import STATES, BudgetExceededError
from guardrails.sets.pattern import Pattern

__all__ = ["shortest"]

_READABLE = "xyzabcdefghijklmnopqrstuvwuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


class _Simulation:
    """The union automaton of some patterns; a state set is one int."""

    def __init__(self, included: tuple[Pattern, ...], excluded: tuple[Pattern, ...]) -> None:
        self.start = self.runs = self.wild = 0
        self.accept_all: list[int] = []
        self.accept_none = 0
        self.lanes: list[int] = []
        self.chars_at: dict[int, str] = {}
        self.tokens = []
        offset = 0
        for number, pattern in enumerate((*included, *excluded)):
            tokens = pattern.tokens
            self.start |= 1 << offset
            for at, token in enumerate(tokens, offset):
                self.tokens.append((at, token))
                if token.run:
                    self.runs |= 1 << at
            accept = 1 << (offset + len(tokens))
            if number < len(included):
                self.accept_all.append(accept)
                self.lanes.append(((1 << (len(tokens) + 1)) - 1) << offset)
                for at, token in enumerate(tokens, offset):
                    if token.char:
                        self.chars_at[at] = token.char
                    else:
                        self.wild |= 1 << at
            else:
                self.accept_none |= accept
            offset += len(tokens) + 1
        self.alphabet = self._alphabet()
        self.moves = {char: self._move(char) for char in self.alphabet}

    def _alphabet(self) -> tuple[str, ...]:
        special = {token.char for _, token in self.tokens if token.char}
        special |= {char for _, token in self.tokens for char in token.barred}
        fresh = next((char for char in _READABLE if char not in special), None)
        while fresh is None or fresh in special:
            fresh = chr(ord(fresh or "\u0100") + 1)
        return (fresh, *sorted(special))

    def _move(self, char: str) -> tuple[int, int]:
        step = stay = 0
        for at, token in self.tokens:
            if token.takes(char):
                if token.run:
                    stay |= 1 << at
                else:
                    step |= 1 << at
        return step, stay

    def close(self, live: int) -> int:
        while True:
            grown = live | ((live & self.runs) << 1)
            if grown == live:
                return live
            live = grown

    def candidates(self, live: int) -> tuple[str, ...]:
        lane = self.lanes[0] & live
        if lane & self.wild:
            return self.alphabet
        found = {self.chars_at[at] for at in _bits(lane) if at in self.chars_at}
        return tuple(char for char in self.alphabet if char in found)

    def settles(self, live: int) -> bool:
        return all(live & accept for accept in self.accept_all) and not live & self.accept_none

    def alive(self, live: int) -> bool:
        return all(live & lane for lane in self.lanes)


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


@lru_cache(maxsize=65536)
def shortest(included: tuple[Pattern, ...], excluded: tuple[Pattern, ...], budget: int = STATES) -> str | None:
    """The shortest text that every included pattern matches and no excluded one; `None` proves that there is none.

    Raises:
        BudgetExceededError: More than `budget` states would have to be visited.
    """
    literal = next((pattern for pattern in included if pattern.is_literal), None)
    if literal is not None:
        text = "".join(token.char for token in literal.tokens)
        fits = all(pattern.matches(text) for pattern in included)
        return text if fits and not any(pattern.matches(text) for pattern in excluded) else None
    if any(pattern in included for pattern in excluded):
        return None
    return _search(_Simulation(included, excluded), budget)


def _search(machine: _Simulation, budget: int) -> str | None:
    start = machine.close(machine.start)
    origin: dict[int, tuple[int, str]] = {start: (-1, "")}
    queue = deque([start])
    while queue:
        live = queue.popleft()
        if machine.settles(live):
            return _path(origin, live)
        for char in machine.candidates(live):
            step, stay = machine.moves[char]
            after = machine.close(((live & step) << 1) | (live & stay))
            if after not in origin and machine.alive(after):
                if len(origin) >= budget:
                    raise BudgetExceededError
                origin[after] = (live, char)
                queue.append(after)
    return None


def _path(origin: dict[int, tuple[int, str]], live: int) -> str:
    chars: list[str] = []
    while live != -1:
        live, char = origin[live]
        chars.append(char)
    return "".join(reversed(chars))
