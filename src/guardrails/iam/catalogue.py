"""A snapshot of the actions that AWS publishes, with the ARN forms of their resources.

Only for witnesses and shapes: an action that is not in it is judged all the same.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from importlib.resources import files
from itertools import product
from operator import or_
from typing import Any

from guardrails.sets import Catalogue, FiniteSet, Language, Pattern

__all__ = ["catalogue", "firsts", "forms", "listed", "named", "named_by", "shapes", "snapshot_date", "stored"]

_TELLING = ("s3:getobject", "kms:decrypt", "secretsmanager:getsecretvalue", "iam:passrole", "sts:assumerole", "s3:deleteobject")
"""Tried first, because people know at once what they mean."""
_NAME = "?*"
"""A name has one character at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    published: dict[str, str]
    """The published spelling of each name, in the order of the files."""
    names: Catalogue
    shaped: dict[tuple[str, ...], int]
    """The actions that are asked for resources of the same forms."""
    shapes: dict[str, tuple[str, ...]]
    telling: int
    """The actions that are tried first."""


def stored(name: str) -> Any:  # noqa: ANN401  # what JSON holds; each reader gives it a type at once
    """What a file of the snapshot holds, read anew: its second line; the first is the date."""
    packed = files("guardrails.iam").joinpath(name).read_bytes()
    return json.loads(gzip.decompress(packed).partition(b"\n")[2])


@cache
def snapshot_date() -> str:
    """When the catalogue was taken, such as `2026-10-27`; nothing else of it is read."""
    with files("guardrails.iam").joinpath("actions.json.gz").open("rb") as packed, gzip.open(packed) as lines:
        return str(json.loads(lines.readline()))


@cache
def _snapshot() -> _Snapshot:
    found = stored("actions.json.gz")
    written = found["forms"]
    entries = [
        (f"{service}:{name}", tuple(written[number] for number in numbers))
        for service, listed in found["actions"].items()
        for name, numbers in listed.items()
    ]
    names = Catalogue(tuple(name.lower() for name, _ in entries))
    shaped: dict[tuple[str, ...], int] = {}
    for name, shape in entries:
        shaped[shape] = shaped.get(shape, 0) | 1 << names.position[name.lower()]
    return _Snapshot(
        published={name.lower(): name for name, _ in entries},
        names=names,
        shaped=shaped,
        shapes={name.lower(): shape for name, shape in entries},
        telling=names.of(_TELLING).bits,
    )


def catalogue() -> Catalogue:
    """The published actions in lower case."""
    return _snapshot().names


def listed() -> tuple[str, ...]:
    """The published actions in lower case, in the order in which the other files number them."""
    return tuple(_snapshot().published)


def named(action: str) -> str:
    """The published spelling of an action; one that is not published stays as it is."""
    return _snapshot().published.get(action, action)


def firsts(bits: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of some published actions the first of each group of `shapes`, with the forms of the group."""
    found = _snapshot()
    if bits & found.telling:
        telling = [name for name in _TELLING if bits >> found.names.position[name] & 1]
        yield from ((name, found.shapes[name]) for name in telling)
        bits &= ~found.telling
    while bits:
        name = found.names.names[(bits & -bits).bit_length() - 1]
        yield name, (shape := found.shapes[name])
        bits &= ~found.shaped[shape]


def shapes(actions: FiniteSet) -> Iterator[tuple[FiniteSet, tuple[str, ...]]]:
    """The actions in groups, each with the forms of resources that all of the group are asked for; the telling ones alone and first."""
    found = _snapshot()
    telling = [name for name in _TELLING if name in actions] if actions.bits & found.telling else []
    for action in telling:
        yield found.names.of([action]), found.shapes[action]
    rest = actions - found.names.of(telling)
    while (name := rest.witness()) is not None:
        alike = FiniteSet(found.names, found.shaped[found.shapes[name]])
        yield rest & alike, found.shapes[name]
        rest -= alike


@lru_cache(maxsize=8192)
def forms(shape: tuple[str, ...], account: str, partition: str = "aws*", letters: str = "") -> Language:
    """The resources of some forms in one account (`*` for any); the resource `*` where there is no form.

    Each of the letters is some text, so it can be a name where the form leaves a place for one.

    The partitions are aws, aws-cn, aws-us-gov and others of that make.
    """
    if not shape:
        return Language.of(Pattern.literal("*"))
    return reduce(
        or_,
        (
            _form(text, bucket=form.endswith("${BucketName}"))
            for form in shape
            for text in named_by(letters, _filled(form, account, partition))
        ),
    )


def named_by(letters: str, form: str) -> Iterator[str]:
    """A form, and what it is where a name has one of the letters in it; no single wildcard matches a letter."""
    start, *rest = form.split(_NAME)
    for names in product((_NAME, *(f"*{letter}*" for letter in letters)), repeat=len(rest)):
        yield start + "".join(f"{name}{text}" for name, text in zip(names, rest, strict=True))


def _form(text: str, *, bucket: bool) -> Language:
    found = Language.of(Pattern.arn(text))
    # the name of a bucket has no slash; that of an object has
    return found - Language.of(Pattern.arn(f"{text}/*")) if bucket else found


def _filled(form: str, account: str, partition: str) -> str:
    for name, value in {"${Partition}": partition, "${Account}": account, "${Region}": "*"}.items():
        form = form.replace(name, value)
    while (start := form.find("${")) >= 0 and (end := form.find("}", start)) >= 0:
        form = f"{form[:start]}{_NAME}{form[end + 1 :]}"
    return form
