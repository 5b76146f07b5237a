"""What the rules of one principal allow together, as a region over capabilities and paths that is known between two bounds.

A path is decided by one rule, so each rule counts on its pattern less all that are looked up before it. What a rule narrows by parameters,
wrapping or control groups is in the upper bound only; a templated path may be anywhere that its fixed parts leave open, or nowhere.

A LIST is asked for with a final slash and looked up with it and without; its path here has the slash. Engines differ in which comes
first, and the newest Vault passes over a rule that does not give `list`. Where the engine is not known all of that counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.connectors.vault.meaning.rules import Group, Table, is_exact, pattern
from guardrails.connectors.vault.words import CAPABILITIES
from guardrails.sets import Catalogue, FiniteSet, Language, Pattern, Region, Space

__all__ = ["DOMAIN", "EVERYTHING", "NOTHING", "SPACE", "Bounds", "bounds", "declared", "lacking", "readings"]

_ALL = Catalogue(CAPABILITIES)
_LISTING = _ALL.of(("list", "scan"))
_FOLDERS = Language.of(Pattern.glob("*/"))
SPACE = Space(("action", "resource"), (_ALL.everything(), Language.everything()))

DOMAIN = SPACE.region(resource=Language.of(Pattern.glob("?*")) - Language.of(Pattern.glob("/*")) - Language.of(Pattern.glob("*//*")))
"""Every path that can be asked for: servers redirect a doubled slash before they look at policies."""

_Decision = tuple[tuple[Language, Group], ...]
_Box = tuple[FiniteSet, Language]
_Cube = tuple[_Box, tuple[_Box, ...]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Everything in `lower` is surely allowed, nothing outside `upper` is."""

    lower: Region
    upper: Region

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.lower | other.lower, self.upper | other.upper)


NOTHING = Bounds(SPACE.nothing(), SPACE.nothing())
EVERYTHING = Bounds(SPACE.everything(), SPACE.everything())


def declared(path: str, capabilities: Iterable[str]) -> Region:
    """Some capabilities on a path pattern, as an entitlement names it: a LIST counts with and without its final slash."""
    wanted = _ALL.of(set(capabilities) & set(CAPABILITIES))
    plain = SPACE.region(action=wanted - _LISTING, resource=Language.of(pattern(path)))
    return plain | SPACE.region(action=wanted & _LISTING, resource=_slashed(path) | _trimmed(path))


@lru_cache(maxsize=1024)
def bounds(table: Table, spared: frozenset[str] = frozenset()) -> Bounds:
    """What the rules allow; less, when policies are `spared`, what these give at the very paths that decide."""
    plain = tuple((Language.of(pattern(group.path)), group) for group in (*table.exact, *table.patterns))
    listing = (
        *((_slashed(group.path), group) for group in table.exact),
        *((_trimmed(group.path), group) for group in table.exact),
        *((_slashed(group.path), group) for group in table.patterns),
        *((_trimmed(group.path), group) for group in table.patterns if not group.path.endswith("*")),
    )
    found = NOTHING
    for decision, among in ((plain, _ALL.everything() - _LISTING), (listing, _LISTING)):
        found |= Bounds(*(Region(SPACE, tuple(_cubes(decision, among, spared, sure=sure))) for sure in (True, False)))
    if not table.slash_first:
        found = _either_order(found, table, spared)
    return _with_templates(found, table.templated, spared)


def lacking(region: Region, table: Table, *, sure: bool) -> Iterator[Region]:
    """What of a region the rules do not allow, in pieces, each against only those rules that have to do with it.

    What surely lacks is outside the upper bound; what may lack is outside the lower.
    """
    for cube in region.cubes:
        held = bounds(_near(table, cube[0][1]))
        yield Region(SPACE, (cube,)) - (held.upper if sure else held.lower)


def _near(table: Table, language: Language) -> Table:
    def touches(group: Group) -> bool:
        return any((language & reading).terms for reading in (Language.of(pattern(group.path)), *readings(group)))

    return replace(table, exact=tuple(filter(touches, table.exact)), patterns=tuple(filter(touches, table.patterns)))


def _cubes(decision: _Decision, among: FiniteSet, spared: frozenset[str], *, sure: bool) -> Iterator[_Cube]:
    for at, (language, group) in enumerate(decision):
        given = _ALL.of(group.less(spared) - (group.narrowed if sure else frozenset())) & among
        if given and language.terms:
            yield (given, language), _before(language, group, decision[:at])


def _before(language: Language, group: Group, decision: Iterable[tuple[Language, Group]]) -> tuple[_Box, ...]:
    """What is looked up earlier and shares paths with a language of the group."""
    return tuple((_ALL.everything(), other) for other, earlier in decision if _meet(group, earlier) and (language & other).terms)


def _meet(one: Group, other: Group) -> bool:
    """Whether two patterns can share a path, by what stands before their first wildcard; cheap, and never wrongly no."""
    mine, theirs = _head(one.path), _head(other.path)
    return mine.startswith(theirs) or theirs.startswith(mine)


@lru_cache(maxsize=65536)
def _head(path: str) -> str:
    return re.split(r"[+*]", path, maxsplit=1)[0].rstrip("/")


@lru_cache(maxsize=65536)
def _slashed(path: str) -> Language:
    """The folders that the pattern matches as they are asked for, with the final slash."""
    return Language.of(pattern(path)) & _FOLDERS


@lru_cache(maxsize=65536)
def _trimmed(path: str) -> Language:
    """The folders that the pattern matches without their final slash."""
    if is_exact(path):
        return Language.of(Pattern.literal(f"{path}/"))
    if not path.endswith("*"):
        return Language.of(pattern(f"{path}/"))
    # the star must take up at least the slash: what ends where the star begins has no such reading
    return _slashed(path) - Language.of(pattern(path[:-1]))


def _either_order(found: Bounds, table: Table, spared: frozenset[str]) -> Bounds:
    """What every order of looking up allows, and what any does."""
    lower, cubes = found.lower, list(found.upper.cubes)
    exact = [(language, group) for group in table.exact for language in readings(group)]
    for at, group in enumerate(table.patterns):
        denies = [(language, other) for other in table.patterns[:at] if other.is_deny for language in readings(other)]
        if listed := _ALL.of(group.less(spared)) & _LISTING:
            cubes += [((listed, language), _before(language, group, [*exact, *denies])) for language in readings(group)]
        for contested in (_slashed(group.path) - _trimmed(group.path), _trimmed(group.path) - _slashed(group.path)):
            for other in table.patterns:
                for reading in readings(other) if _differs(group, other) else ():
                    both, anybody = contested & reading, _ALL.of(group.less(spared) | other.less(spared))
                    if both.terms:
                        lower -= SPACE.region(action=_LISTING, resource=both)
                        cubes.append(((anybody & _LISTING, both), _before(both, group, exact)))
    return Bounds(lower, Region(SPACE, tuple(cubes)))


def readings(group: Group) -> tuple[Language, Language]:
    """The paths of a LIST that a group may decide, with the final slash of its pattern and without."""
    return _slashed(group.path), _trimmed(group.path)


def _differs(group: Group, other: Group) -> bool:
    return group.capabilities & {"list", "scan"} != other.capabilities & {"list", "scan"} and _meet(group, other)


def _with_templates(found: Bounds, templated: Iterable[Group], spared: frozenset[str]) -> Bounds:
    lower, upper = found.lower, found.upper
    for group in templated:
        anywhere = Pattern.glob(re.sub(r"\{\{.*?\}\}|\+", "*", group.path))
        folders = (Language.of(anywhere) & _FOLDERS) | Language.of(Pattern.glob(f"{anywhere.text}/"))
        given, sure = _ALL.of(group.less(spared)), _ALL.of(group.capabilities - group.narrowed)
        for language, among in ((Language.of(anywhere), _ALL.everything() - _LISTING), (folders, _LISTING)):
            upper |= SPACE.region(action=given & among, resource=language)
            lower -= SPACE.region(action=among - sure, resource=language)
    return Bounds(lower, upper)
