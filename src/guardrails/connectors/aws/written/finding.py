"""Which resources of Terraform are about an object of AWS: by what the state says, by names that are written out, and by where tags say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from guardrails.hcl.tree import Node, Reference, Text
from guardrails.model.written import Wanted
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource

__all__ = ["BY_NAME", "Object", "one_of", "told_apart"]

BY_NAME = "found by its name alone: look whether other accounts are made of the same sources"
_NAMED = {"aws_s3_bucket": "bucket"}
_USUAL_PATH = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object by the type of its resource and its name; `values` are further attributes that the state may know it by."""

    type: str
    name: str
    values: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, wanted: Wanted, *values: tuple[str, str]) -> Object:
        """The object that a change is about."""
        return cls(type=kind, name=wanted.ref.name, values=values, told=wanted.told)

    def resource(self, sources: Configuration) -> Resource | None:
        """Its own resource; `None` when none is found.

        Raises:
            NoPatch: Several may be.
        """
        found = list(told_apart([one for one in sources.of(self.type) if self._is(sources, one)], self.told))
        if len(found) > 1:
            raise NoPatch(f"{len(found)} resources may be it: {', '.join(one.place for one in found[:3])}", found[0].place)
        return found[0] if found else None

    def required(self, sources: Configuration) -> Resource:
        """Likewise.

        Raises:
            NoPatch: None is found.
        """
        found = self.resource(sources)
        if found is None:
            raise NoPatch(sources.problem or f"no {self.type} with the name {self.name} is written out")
        return found

    def _is(self, sources: Configuration, resource: Resource) -> bool:
        state = sources.known(resource)
        if state is not None and (tells := [(key, value) for key, value in self.values if key in state]):
            return all(state[key] == value for key, value in tells)
        name = sources.written_out(resource, resource.body.get(_NAMED.get(self.type, "name")))
        return name == self.name

    def is_sure(self, sources: Configuration) -> bool:
        """Whether the state or a tag says that it is this one, and not its name alone."""
        found = self.resource(sources)
        if found is None:
            return False
        state = sources.known(found)
        return bool(state and any(key in state for key, _ in self.values)) or any(_is_at(found.path, told) for told in self.told)

    def is_meant(self, sources: Configuration, resource: Resource, node: Node | None) -> bool:
        """Whether an attribute of another resource names it."""
        if node is not None:
            resource, node = (found := sources.behind(resource, node)).at, found.node
        match node:
            case Text():
                return node.value == self.name or any(node.value == value for _, value in self.values)
            case Reference(path=(kind, label, _)) if kind == self.type:
                named = sources.referred(resource, (kind, label))
                return named is not None and self._is(sources, named)
            case _:
                return False

    def near(self, sources: Configuration, found: Iterable[Resource]) -> list[Resource]:
        """Those of some resources that stand in its folder, where its own is found; else all."""
        own = self.resource(sources)
        return [one for one in found if own is None or one.folder == own.folder]


def told_apart(found: Sequence[Resource], told: Sequence[str]) -> Iterator[Resource]:
    """Those in the file that tags name, where they name one that has any of them."""
    there = [one for one in found if any(_is_at(one.path, place) for place in told)]
    yield from there or found


def _is_at(path: str, told: str) -> bool:
    place = told.strip("./")
    return bool(place.endswith(".tf")) and (path == place or path.endswith(f"/{place}") or place.endswith(f"/{path}"))


def one_of(found: Sequence[Resource], what: str) -> Resource:
    """The one that there is.

    Raises:
        NoPatch: There is none, or there are several.
    """
    if len(found) != 1:
        places = f": {', '.join(one.place for one in found[:3])}" if found else ""
        raise NoPatch(f"{what} is written out in {len(found)} places{places}", found[0].place if found else "")
    return found[0]


def is_arn(sources: Configuration, resource: Resource, node: Node | None, arn: str) -> bool:
    """Whether an attribute is the ARN of a policy."""
    if node is None or sources.written_out(resource, node) == arn:
        return node is not None
    resource, node = (behind := sources.behind(resource, node)).at, behind.node
    if not isinstance(node, Reference) or node.path[-1] not in {"arn", "id"}:
        return False
    found = sources.referred(resource, node.path[:-1])
    if found is None or found.type != "aws_iam_policy":
        return False
    name, path = found.body.get("name"), found.body.get("path")
    if not isinstance(name, Text) or not isinstance(path, Text | None):
        return False
    return arn.split(":", 5)[-1] == f"policy{path.value if path else _USUAL_PATH}{name.value}"
