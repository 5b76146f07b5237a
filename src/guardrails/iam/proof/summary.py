"""What is in a region, told in parts that people recognise: which actions on which resources, and when.

The parts leave nothing of the region out that AWS could be asked for. Every action that they name is in the region on some resource; a part
that says more than that of resources or conditions is not `whole`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, reduce
from itertools import chain
from operator import sub

from guardrails.iam.catalogue import catalogue, forms, shapes
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.naming import told, widest
from guardrails.iam.proof.variables import letters_of
from guardrails.iam.proof.words import in_words
from guardrails.model.findings import Excess
from guardrails.sets import BudgetExceededError, Contexts, FiniteSet, Language, Pattern, Region

__all__ = ["summary"]

_ANY = Pattern.arn("*")
_CLASSES = 100
_SERVICE = 3
"""Colons of an ARN that tells its service."""

_Part = tuple[Language, Contexts]
"""What of the resources and contexts of a box."""

_Minus = tuple[Actions, Language, Contexts]


def summary(region: Region, written: Iterable[str] = (), *, budget: int = _CLASSES) -> tuple[Excess, ...]:
    """The parts.

    Args:
        region: Of requests.
        written: The patterns of actions that stand in policies and in what is declared, which people know already.
        budget: Classes of actions that one box may be split into.

    Raises:
        BudgetExceededError: It is too intricate.
    """
    written = widest(written)
    found: dict[Excess, tuple[FiniteSet, FiniteSet]] = {}
    for (actions, resources, contexts), minus in region.cubes:
        for place, possible, held in _pieces(actions.listed, (resources, contexts), minus, budget):
            before = found.get(place, (catalogue().nothing(),) * 2)
            found[place] = (possible | before[0], held | before[1])
    parts: dict[Excess, list[str]] = {}
    for place, (possible, held) in found.items():
        actions, but = told(possible, held, written)
        # what is left out of one place is not left out of another
        key = replace(place, actions=actions, but_actions=but, resources=place.resources if place.but_resources else ())
        parts.setdefault(key, []).extend(place.resources)
    joined = tuple(replace(part, resources=tuple(dict.fromkeys(resources))) for part, resources in parts.items())
    return (*joined, *_not_published(region, joined, written))


def _pieces(actions: FiniteSet, of: _Part, minus: Iterable[_Minus], budget: int) -> Iterator[tuple[Excess, FiniteSet, FiniteSet]]:
    """A box less others: a place without actions, those that AWS could be asked for there, and all that are in the region."""
    near = [each for each in minus if not (each[0].listed & actions).is_empty()]
    for held, less in _classes(actions, near, budget):
        left = _left(of, less)
        if left is None:
            continue
        part, rest = left
        possible = _possible(held, part, rest)
        if not possible.is_empty():
            yield _place(part, whole=not rest), possible, held


def _classes(actions: FiniteSet, minus: Iterable[_Minus], budget: int) -> list[tuple[FiniteSet, list[_Part]]]:
    """The actions in classes that the same boxes are taken from."""
    classes: list[tuple[FiniteSet, list[_Part]]] = [(actions, [])]
    for theirs, resources, contexts in minus:
        split = [
            (kept, less)
            for held, before in classes
            for kept, less in ((held - theirs.listed, before), (held & theirs.listed, [*before, (resources, contexts)]))
        ]
        classes = [each for each in split if not each[0].is_empty()]
        if len(classes) > budget:
            raise BudgetExceededError
    return classes


def _left(of: _Part, less: list[_Part]) -> tuple[_Part, list[_Part]] | None:
    """What is left, and what could not be taken from resources or contexts alone; `None` when nothing is left."""
    resources, contexts = of
    while True:
        rest = []
        for theirs, when in less:
            if (contexts - when).is_empty():
                resources -= theirs
            elif theirs.covers(resources):
                contexts -= when
            elif not (resources & theirs).is_empty() and not (contexts & when).is_empty():
                rest.append((theirs, when))
            if resources.is_empty():
                return None
        if len(rest) == len(less):
            return (resources, contexts), rest
        less = rest


def _possible(held: FiniteSet, part: _Part, rest: list[_Part]) -> FiniteSet:
    """The actions that AWS could be asked for: on resources of their own forms."""
    resources, contexts = part
    if not rest and any(term.included == (_ANY,) and not term.excluded for term in resources.terms):
        return held
    found = catalogue().nothing()
    for alike, shape in shapes(held):
        near = Language(tuple(term for term in resources.terms if _may_meet(term.included, shape)))
        if not rest and any(
            term.included == (_ANY,) and not any(_may_meet([pattern], shape) for pattern in term.excluded) for term in near.terms
        ):
            found |= alike
            continue
        where = near if near.is_empty() else near & forms(shape, "*", letters=letters_of(near))
        actions = Actions(alike, Language.nothing())
        minus = tuple((actions, theirs, when) for theirs, when in rest)
        if not where.is_empty() and not (minus and Region(space(), (((actions, where, contexts), minus),)).is_empty()):
            found |= alike
    return found


def _may_meet(included: Iterable[Pattern], shape: tuple[str, ...]) -> bool:
    """Quickly: whether patterns could share resources of these forms; most are of other services."""
    services = _services(shape)
    mine = [_services((pattern.text,)) for pattern in included]
    return not services or all(not own or own & services for own in mine)


@lru_cache(maxsize=8192)
def _services(texts: tuple[str, ...]) -> frozenset[str]:
    """The services of some ARNs; none when they could be of any."""
    found = frozenset(text.split(":", 3)[2] if text.count(":") >= _SERVICE else "" for text in texts)
    return frozenset() if any(not name or set(name) & set("*?$") for name in found) else found


def _place(part: _Part, *, whole: bool) -> Excess:
    resources, contexts = part
    texts = {term: max((pattern.text for pattern in term.included), key=len) for term in resources.terms}
    but = {
        pattern
        for pattern in chain.from_iterable(term.excluded for term in resources.terms)
        if all(pattern in term.excluded or any(pattern.is_apart(each) for each in term.included) for term in resources.terms)
    }
    exact = all(len(term.included) == 1 and but.issuperset(term.excluded) for term in resources.terms)
    return Excess(
        actions=(),
        resources=tuple(dict.fromkeys(texts.values())),
        but_resources=tuple(sorted({pattern.text for pattern in but})),
        conditions=in_words(contexts),
        whole=whole and exact,
    )


def _not_published(region: Region, parts: Iterable[Excess], written: tuple[str, ...]) -> Iterator[Excess]:
    """What AWS has not published and no pattern of the parts means already."""
    meant = [(_language(part.actions) - _language(part.but_actions), _places(part)) for part in parts]
    told = space().union(space().region(action=Actions(catalogue().nothing(), names), resource=where) for names, where in meant)
    for (actions, resources, contexts), minus in region.cubes:
        other = Actions(catalogue().nothing(), actions.other)
        if ((Region(space(), (((other, resources, contexts), minus),)) & unpublished(letters_of(resources))) - told).is_empty():
            continue
        beyond = reduce(sub, (names for names, _ in meant), actions.other)
        beyond = actions.other if beyond.is_empty() else beyond
        near = [each for each in minus if not (each[0].other & beyond).is_empty()]
        less = [(theirs, when) for other, theirs, when in near if other.other.covers(beyond)]
        if left := _left((resources, contexts), less):
            part, rest = left
            named = tuple(_speaking(written, beyond))
            yield replace(_place(part, whole=not rest and len(less) == len(near)), actions=named, published=False)


def _places(part: Excess) -> Language:
    return Language.of(*map(Pattern.arn, part.resources)) - Language.of(*map(Pattern.arn, part.but_resources))


def _speaking(written: Iterable[str], of: Language) -> Iterator[str]:
    """The widest patterns that somebody wrote for all of these, and `*` when there are none."""
    for text in written:
        if "*" in text and not (of & _language([text])).is_empty():
            yield text
            of -= _language([text])
    if not of.is_empty():
        yield "*"


def _language(texts: Iterable[str]) -> Language:
    return Language.of(*(Pattern.glob(text.lower()) for text in texts))
