"""Members that go: a policy off somebody, somebody out of a group. Either a resource of its own goes, or a member of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from guardrails.connectors.aws.written.finding import BY_NAME, Object, is_arn
from guardrails.hcl.tree import Node
from guardrails.model.written import Wanted
from guardrails.written.cuts import Cut
from guardrails.written.listed import Span, line_end, line_start, removed
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch
from guardrails.written.several import Listed
from guardrails.written.terraform import Configuration, Resource

__all__ = ["GoesAim", "attached", "inline", "joined", "without_block"]

_HOLDERS = {"user": "users", "role": "roles", "group": "groups"}


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where it is said: in a resource that goes, or in a member of a list of one; `at` is which.

    `each` where the resource is made once for each member.
    """

    resource: Resource
    listed: Listed | None = None
    at: int = 0
    each: bool = False


class GoesAim:
    """Something that is said in one place is said nowhere any more."""

    def __init__(self, what: str, about: Object, spots: Callable[[Configuration], Iterator[_Spot]]) -> None:
        self._what, self._about, self._spots = what, about, spots

    def _found(self, sources: Configuration) -> list[_Spot]:
        spots = list(self._spots(sources))
        near = {id(one) for one in self._about.near(sources, [spot.resource for spot in spots])}
        return [spot for spot in spots if id(spot.resource) in near]

    def sketch(self, sources: Configuration) -> Sketch:
        """The block goes with its lines, or the member."""
        own = self._about.resource(sources)
        found = self._found(sources)
        if len(found) != 1:
            places = f": {', '.join(spot.resource.place for spot in found[:3])}" if found else ""
            beside = (found[0].resource.place if found else "") or (own.place if own else "")
            raise NoPatch(sources.problem or f"{self._what} is written out in {len(found)} places{places}", beside)
        (spot,) = found
        sources.require_once(spot.resource, but="for_each" if spot.each else "")
        if spot.listed is None or spot.each:
            _require_unnamed(sources, spot.resource)
        note = "" if self._about.is_sure(sources) else BY_NAME
        if spot.listed is None:
            return Sketch(path=spot.resource.path, place=spot.resource.place, cuts=[without_block(spot.resource)], note=note)
        listed = spot.listed.alone(sources)
        spans = listed.spans
        cuts = removed(listed.at.text, Span(listed.node.start, listed.node.end), spans, {spot.at}, may_trail=True)
        notes = "; ".join(filter(None, (note, listed.note)))
        return Sketch(path=listed.at.path, place=listed.at.at(spans[spot.at].start), cuts=list(cuts), note=notes)

    def is_met(self, sources: Configuration) -> bool:
        """It is found nowhere."""
        return not self._found(sources)


def _require_unnamed(sources: Configuration, resource: Resource) -> None:
    uses = sources.uses(resource)
    if uses:
        raise NoPatch(f"other blocks name it: {', '.join(uses[:3])}", resource.place)


def without_block(resource: Resource) -> Cut:
    """A block goes with its lines, and one of two empty lines around it.

    Raises:
        NoPatch: Something else stands in its lines.
    """
    text, block = resource.text, resource.block
    start, end = line_start(text, block.start), line_end(text, block.end)
    if text[start : block.start].strip("\ufeff \t") or text[block.end : end].strip():
        raise NoPatch("something else stands in its lines", resource.place)
    if text[start : block.start]:
        start = block.start  # what marks the order of bytes stays
    after = line_end(text, end)
    if end < len(text) and not text[end:after].strip() and (start == 0 or not text[line_start(text, start - 1) : start].strip()):
        end = after
    return Cut(start, end)


def attached(wanted: Wanted, arn: str) -> GoesAim:
    """A policy off a user, a role or a group."""
    kind = wanted.ref.kind
    about = Object.of(f"aws_iam_{kind}", wanted, ("unique_id", wanted.ref.id))

    def spots(sources: Configuration) -> Iterator[_Spot]:
        for one in sources.of(f"aws_iam_{kind}_policy_attachment"):
            for spot, told in _each(sources, one, kind, "policy_arn"):
                if about.is_meant(sources, *told[0]) and is_arn(sources, *told[1], arn):
                    yield spot
        yield from _exclusively(sources, about, arn)
        for one in sources.of("aws_iam_policy_attachment"):
            if is_arn(sources, one, one.body.get("policy_arn"), arn):
                alone = all(one.body.get(other) is None for other in _HOLDERS.values() if other != _HOLDERS[kind])
                yield from _members(sources, one, _HOLDERS[kind], partial(about.is_meant, sources), goes=alone)

    return GoesAim(f"{arn} of {wanted.ref.name}", about, spots)


def _exclusively(sources: Configuration, about: Object, arn: str) -> Iterator[_Spot]:
    """Lists of all policies that somebody has."""
    own = about.resource(sources)
    if own is not None:
        yield from _members(sources, own, "managed_policy_arns", lambda at, node: is_arn(sources, at, node, arn))
    name = f"{about.type.removeprefix('aws_iam_')}_name"
    for one in sources.of(f"{about.type}_policy_attachments_exclusive"):
        if about.is_meant(sources, one, one.body.get(name)):
            yield from _members(sources, one, "policy_arns", lambda at, node: is_arn(sources, at, node, arn))


def joined(wanted: Wanted, group: str) -> GoesAim:
    """A user out of a group."""
    user = Object.of("aws_iam_user", wanted, ("unique_id", wanted.ref.id))
    team = Object(type="aws_iam_group", name=group)

    def spots(sources: Configuration) -> Iterator[_Spot]:
        for one in sources.of("aws_iam_user_group_membership"):
            if user.is_meant(sources, one, one.body.get("user")):
                yield from _members(sources, one, "groups", partial(team.is_meant, sources), goes=True)
        for one in sources.of("aws_iam_group_membership"):
            if team.is_meant(sources, one, one.body.get("group")):
                yield from _members(sources, one, "users", partial(user.is_meant, sources), goes=True)

    return GoesAim(f"{wanted.ref.name} in {group}", user, spots)


def inline(wanted: Wanted, name: str) -> GoesAim:
    """An inline policy off a user, a role or a group."""
    kind = wanted.ref.kind
    about = Object.of(f"aws_iam_{kind}", wanted, ("unique_id", wanted.ref.id))

    def spots(sources: Configuration) -> Iterator[_Spot]:
        for one in sources.of(f"aws_iam_{kind}_policy"):
            if about.is_meant(sources, one, one.body.get(kind)) and sources.written_out(one, one.body.get("name")) == name:
                yield _Spot(one)

    return GoesAim(f"the inline policy {name} of {wanted.ref.name}", about, spots)


def _members(
    sources: Configuration, resource: Resource, name: str, is_it: Callable[[Resource, Node], bool], *, goes: bool = False
) -> Iterator[_Spot]:
    """Members of a list; where the last one goes, so does a resource that says nothing else (`goes`)."""
    listed = Listed.of(sources, resource, resource.body.get(name))
    if listed is not None:
        hits = [at for at, item in enumerate(listed.values) if is_it(listed.at, item)]
        if hits and goes and len(listed.values) == 1:
            yield _Spot(resource)
        else:
            yield from (_Spot(resource, listed, at) for at in hits)


def _each(sources: Configuration, resource: Resource, *names: str) -> Iterator[tuple[_Spot, list[tuple[Resource, Node | None]]]]:
    """What attributes are for everything that a resource makes: once, or for each member of what is written out."""
    nodes = [resource.body.get(name) for name in names]
    by = resource.body.get("for_each")
    listed = Listed.of(sources, resource, by)
    if by is None or listed is None:
        yield _Spot(resource), [(resource, node) for node in nodes]
        return
    for at in range(len(listed.values)):
        yield _Spot(resource, listed, at, each=True), [listed.bound(at, resource, node) for node in nodes]
