"""Containment of patterns against the automata of greenery."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.metadata import version

from greenery import parse
from measure import Case

from guardrails.sets import Language, Pattern

SERVICES = ["s3", "kms", "dynamodb", "sqs", "lambda", "ec2"]
VERBS = ["Get", "Put", "List", "Describe", "Delete", "Create"]
NOUNS = ["Object", "Key", "Table", "Queue", "Function", "Instance", "Bucket"]
Pair = tuple[list[str], list[str]]


def pattern(draw: random.Random) -> str:
    service, verb, noun = draw.choice(SERVICES), draw.choice(VERBS), draw.choice(NOUNS)
    return draw.choice(
        [f"{service}:{verb}{noun}", f"{service}:{verb}*", f"{service}:*", f"*:{verb}*", f"{service}:*{noun}*", f"{service}:?et*"]
    )


def pairs(seed: int, size: int, width: int) -> list[Pair]:
    draw = random.Random(seed)
    return [([pattern(draw) for _ in range(width)], [pattern(draw) for _ in range(width)]) for _ in range(size)]


def ours(asked: list[Pair]) -> list[bool]:
    return [_language(wide).covers(_language(narrow)) for wide, narrow in asked]


def _language(texts: list[str]) -> Language:
    return Language.of(*map(Pattern.glob, texts))


def theirs(asked: list[Pair]) -> list[bool]:
    return [_automaton(narrow).difference(_automaton(wide)).empty() for wide, narrow in asked]


def _automaton(texts: list[str]):
    # as an automaton at once: turning a difference back into an expression can take minutes
    return parse("|".join("".join({"*": ".*", "?": "."}.get(char, char) for char in text) for text in texts)).to_fsm()


def cases() -> Iterator[Case]:
    for width, size in ((1, 20), (3, 3)):
        yield Case(
            question=f"do {width} patterns cover {width} others" if width > 1 else "does a pattern cover another",
            peer=f"greenery {version('greenery')} Fsm",
            unit="pairs",
            count=size,
            prepare=lambda seed, size=size, width=width: pairs(seed, size, width),
            ours=ours,
            theirs=theirs,
            runs=3,
        )
