"""Aims that objects of several systems share: members of a list that go or come, and an attribute that becomes another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from guardrails.hcl.tree import Items
from guardrails.written.attributes import attributes_set, values
from guardrails.written.cuts import Cut
from guardrails.written.dialects import HCL
from guardrails.written.listed import Span, added, removed
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource

__all__ = ["AttributeAim", "Find", "ListAim"]

Find = Callable[[Configuration], Resource]
"""The resource of an object; raises `NoPatch` where there is not one alone."""


class ListAim:
    """Members go from the list of an attribute, and others come to it; `names` are those that the attribute may have.

    `form` makes two spellings of one member alike.
    """

    def __init__(
        self, find: Find, names: Sequence[str], gone: Sequence[str], come: Sequence[str] = (), *, form: Callable[[str], str] = str
    ) -> None:
        self._find, self._names, self._come, self._form = find, names, come, form
        self._gone = {form(value) for value in gone}

    def _listed(self, sources: Configuration, resource: Resource) -> tuple[Resource, Items, str]:
        """The list, in the block that says it, and what is supposed of it."""
        for name in self._names:
            node = resource.body.get(name)
            found = sources.alone(resource, node) if node is not None else None
            if found is not None and isinstance(found.node, Items):
                return found.at, found.node, found.note
            if node is not None:
                raise NoPatch(f"{name} is not written out", resource.at(node.start))
        raise NoPatch(f"{' or '.join(self._names)} is not written out", resource.place)

    def sketch(self, sources: Configuration) -> Sketch:
        """Each of them in its place, and what comes behind the last."""
        resource = self._find(sources)
        sources.require_once(resource)
        at, listed, note = self._listed(sources, resource)
        held = self._held(sources, at, listed)
        gone = {number for number, value in enumerate(held) if value in self._gone}
        if {held[number] for number in gone} != self._gone:
            raise NoPatch("not all that should go is written out", at.at(listed.start))
        spans = [Span(item.start, item.end) for item in listed.items]
        first = min(gone, default=0)
        cuts = list(self._cuts(at, listed, spans, gone))
        place = at.at(spans[first].start if spans else listed.start)
        return Sketch(path=at.path, place=place, cuts=cuts, note=note)

    def _held(self, sources: Configuration, resource: Resource, listed: Items) -> list[str | None]:
        found = [sources.written_out(resource, item) for item in listed.items]
        return [value if value is None else self._form(value) for value in found]

    def _cuts(self, resource: Resource, listed: Items, spans: list[Span], gone: set[int]) -> Iterator[Cut]:
        """What comes takes the places of what goes, as far as there are any; the rest goes, or stands behind the last."""
        places, come = sorted(gone), list(self._come)
        whole = Span(listed.start, listed.end)
        for at in places[: len(come)]:
            yield Cut(spans[at].start, spans[at].end, HCL.render(come.pop(0)))
        if len(places) > len(self._come):
            yield from removed(resource.text, whole, spans, set(places[len(self._come) :]), may_trail=True)
        if come and len(spans) - 1 in gone:
            more = "".join(f", {HCL.render(value)}" for value in come)
            yield Cut(spans[-1].end, spans[-1].end, more)
        else:
            yield from added(resource.text, whole, spans, [HCL.render(value) for value in come])

    def is_met(self, sources: Configuration) -> bool:
        """What should go is not there, and what should come is."""
        resource = self._find(sources)
        at, listed, _ = self._listed(sources, resource)
        held = set(self._held(sources, at, listed))
        return not self._gone & held and {self._form(value) for value in self._come} <= held


class AttributeAim:
    """Attributes of a resource become others."""

    def __init__(self, find: Find, wanted: Mapping[str, object], note: str = "") -> None:
        self._find, self._wanted, self._note = find, wanted, note

    def sketch(self, sources: Configuration) -> Sketch:
        """Each in its line."""
        resource = self._find(sources)
        sources.require_once(resource)
        cuts = list(attributes_set(resource, resource.block, self._wanted))
        return Sketch(path=resource.path, place=resource.place, cuts=cuts, note=self._note)

    def is_met(self, sources: Configuration) -> bool:
        """They are written out so."""
        resource = self._find(sources)
        try:
            return values(resource.block, self._wanted) == dict(self._wanted)
        except LookupError:
            return False
