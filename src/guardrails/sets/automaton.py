"""Rows of tokens simulated side by side: one bit a state, so that a set of states of all rows is one int."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from guardrails.sets.budget import BudgetExceededError
from guardrails.sets.tokens import Token, is_unknown

__all__ = ["Machine", "search"]

_READABLE = "xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


class Machine:
    """The states before, between and behind the tokens of some rows."""

    def __init__(self, rows: Iterable[tuple[Token, ...]]) -> None:
        start = self.runs = self.wild = offset = 0
        self.lanes: list[int] = []
        self.ends: list[int] = []
        self.chars: dict[str, int] = {}
        self._open: dict[tuple[frozenset[str], bool], int] = {}
        self._moves: dict[str, tuple[int, int]] = {}
        for row in rows:
            start |= 1 << offset
            for at, token in enumerate(row, offset):
                self._place(token, 1 << at)
            self.lanes.append(((2 << len(row)) - 1) << offset)
            offset += len(row) + 1
            self.ends.append(1 << (offset - 1))
        self.start = self._closed(start)

        # reached, a final run without bars takes whatever is still to come
        self.sure = self._open.get((frozenset(), True), 0) & (self.ends[0] >> 1)

    def _place(self, token: Token, bit: int) -> None:
        if token.char:
            self.chars[token.char] = self.chars.get(token.char, 0) | bit
            return
        kind = (token.barred, token.run)
        self._open[kind] = self._open.get(kind, 0) | bit
        self.wild |= bit
        self.runs |= bit if token.run else 0

    def _closed(self, live: int) -> int:
        while (grown := live | ((live & self.runs) << 1)) != live:
            live = grown
        return live

    def after(self, live: int, char: str) -> int:
        """The states behind one character."""
        step, stay = self._moves.get(char) or self._learned(char)
        return self._closed(((live & step) << 1) | (live & stay))

    def _learned(self, char: str) -> tuple[int, int]:
        single = not is_unknown(char)  # a text that is not known may be longer than one character
        once = sum(bits for (barred, run), bits in self._open.items() if single and not run and char not in barred)
        stay = sum(bits for (barred, run), bits in self._open.items() if run and char not in barred)
        self._moves[char] = (self.chars.get(char, 0) | once, stay)
        return self._moves[char]

    def _after_any(self, live: int, token: Token) -> int:
        """The states that are reached whatever an open token stands for."""
        once = sum(bits for (barred, run), bits in self._open.items() if not run and not token.run and barred <= token.barred)
        stay = sum(bits for (barred, run), bits in self._open.items() if run and barred <= token.barred)
        return self._closed(((live & once) << 1) | (live & stay))

    def accepts(self, text: str) -> bool:
        """Whether the first row matches the text; linear in its length whatever the row."""
        live = self.start
        for char in text:
            live = self.after(live, char)
            if not live or live & self.sure:
                break
        return bool(live & self.ends[0])

    def spans(self, row: Iterable[Token]) -> bool:
        """Whether the first row surely matches all that another row does; `False` proves nothing."""
        live = self.start
        for token in row:
            live = self.after(live, token.char) if token.char else self._after_any(live, token)
        return bool(live & self.ends[0])

    def alphabet(self) -> tuple[str, ...]:
        """The characters that the rows tell apart, after one that stands for all others."""
        special = set(self.chars).union(*(barred for barred, _ in self._open))
        fresh = next((char for char in _READABLE if char not in special), "\u0100")
        while fresh in special:
            fresh = chr(ord(fresh) + 1)
        return (fresh, *sorted(special))


def search(included: Sequence[tuple[Token, ...]], excluded: Sequence[tuple[Token, ...]], budget: int) -> str | None:
    """The shortest text that every included row matches and no excluded one; `None` proves that there is none.

    Raises:
        BudgetExceededError: More than `budget` states would have to be visited.
    """
    machine = Machine((*included, *excluded))
    alphabet = machine.alphabet()
    wanted, lanes = machine.ends[: len(included)], machine.lanes[: len(included)]
    banned = sum(machine.ends[len(included) :])
    origin: dict[int, tuple[int, str]] = {machine.start: (-1, "")}
    queue = deque(origin)
    while queue:
        live = queue.popleft()
        if not live & banned and all(live & end for end in wanted):
            return _path(origin, live)
        first = live & lanes[0]
        for char in alphabet:
            if not first & (machine.wild | machine.chars.get(char, 0)):
                continue
            after = machine.after(live, char)
            if after not in origin and all(after & lane for lane in lanes):
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
