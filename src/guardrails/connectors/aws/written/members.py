"""Members that go: a policy off somebody, somebody out of a group. Either a resource of its own goes, or a member of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from guardrails.connectors.aws.written.finding import BY_NAME, Object, is_arn
from guardrails.hcl.tree import Items, Node
from guardrails.model.written import Wanted
from guardrails.written.cuts import Cut
from guardrails.written.listed import Span, line_end, line_start, removed
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource

__all__ = ["GoesAim", "attached", "inline", "joined", "without_block"]

_HOLDERS = {"user": "users", "role": "roles", "group": "groups"}


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where it is said: in a resource that goes, or in a member of a list in one; `at` is which."""

    resource: Resource
    listed: Items | None = None
    at: int = 0


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
        sources.require_once(spot.resource)
        cuts = list(_cuts(sources, spot))
        note = "" if self._about.is_sure(sources) else BY_NAME
        at = spot.listed.items[spot.at].start if spot.listed else spot.resource.block.start
        return Sketch(path=spot.resource.path, place=spot.resource.at(at), cuts=cuts, note=note)

    def is_met(self, sources: Configuration) -> bool:
        """It is found nowhere."""
        return not self._found(sources)


def _cuts(sources: Configuration, spot: _Spot) -> Iterator[Cut]:
    if spot.listed is None:
        uses = sources.uses(spot.resource)
        if uses:
            raise NoPatch(f"other blocks name it: {', '.join(uses[:3])}", spot.resource.place)
        yield without_block(spot.resource)
        return
    spans = [Span(item.start, item.end) for item in spot.listed.items]
    yield from removed(spot.resource.text, Span(spot.listed.start, spot.listed.end), spans, {spot.at}, may_trail=True)


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
            if about.is_meant(sources, one, one.body.get(kind)) and is_arn(sources, one, one.body.get("policy_arn"), arn):
                yield _Spot(one)
        yield from _exclusively(sources, about, arn)
        for one in sources.of("aws_iam_policy_attachment"):
            if is_arn(sources, one, one.body.get("policy_arn"), arn):
                alone = all(one.body.get(other) is None for other in _HOLDERS.values() if other != _HOLDERS[kind])
                yield from _members(one, _HOLDERS[kind], _naming(sources, one, about), goes=alone)

    return GoesAim(f"{arn} of {wanted.ref.name}", about, spots)


def _exclusively(sources: Configuration, about: Object, arn: str) -> Iterator[_Spot]:
    """Lists of all policies that somebody has."""
    own = about.resource(sources)
    if own is not None:
        yield from _members(own, "managed_policy_arns", lambda node: is_arn(sources, own, node, arn))
    name = f"{about.type.removeprefix('aws_iam_')}_name"
    for one in sources.of(f"{about.type}_policy_attachments_exclusive"):
        if about.is_meant(sources, one, one.body.get(name)):
            yield from _members(one, "policy_arns", partial(_is_arn, sources, one, arn))


def _is_arn(sources: Configuration, resource: Resource, arn: str, node: Node) -> bool:
    return is_arn(sources, resource, node, arn)


def _naming(sources: Configuration, resource: Resource, about: Object) -> Callable[[Node], bool]:
    return lambda node: about.is_meant(sources, resource, node)


def joined(wanted: Wanted, group: str) -> GoesAim:
    """A user out of a group."""
    user = Object.of("aws_iam_user", wanted, ("unique_id", wanted.ref.id))
    team = Object(type="aws_iam_group", name=group)

    def spots(sources: Configuration) -> Iterator[_Spot]:
        for one in sources.of("aws_iam_user_group_membership"):
            if user.is_meant(sources, one, one.body.get("user")):
                yield from _members(one, "groups", _naming(sources, one, team), goes=True)
        for one in sources.of("aws_iam_group_membership"):
            if team.is_meant(sources, one, one.body.get("group")):
                yield from _members(one, "users", _naming(sources, one, user), goes=True)

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


def _members(resource: Resource, name: str, is_it: Callable[[Node], bool], *, goes: bool = False) -> Iterator[_Spot]:
    """Members of a list; where the last one goes, so does a resource that says nothing else (`goes`)."""
    node = resource.body.get(name)
    if isinstance(node, Items):
        hits = [at for at, item in enumerate(node.items) if is_it(item)]
        if hits and goes and len(node.items) == 1:
            yield _Spot(resource)
        else:
            yield from (_Spot(resource, node, at) for at in hits)
