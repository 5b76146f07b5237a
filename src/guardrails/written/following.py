"""What locals and variables of Terraform are, where that is written out: in the module itself, in files of values, or by who calls it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.hcl.blocks import Block, Body
from guardrails.hcl.tree import Fields, Node, Reference, line_of
from guardrails.written.resources import Called, Resource
from guardrails.written.rewriting import NoPatch

__all__ = ["VALUES", "Found", "Values"]

VALUES = ".tfvars"
_BY_ITSELF = re.compile(r"terraform\.tfvars|.*\.auto\.tfvars")
"""Files of values that Terraform reads in the folder where it is run, without being told to."""
_MOST = 8
"""Names that lead to each other; more are a circle, or nobody can follow them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value in the block that says it, and what is supposed of it."""

    at: Resource
    node: Node
    note: str = ""


class Values:
    """Of all files together; `beside` are the texts of files that are none of Terraform's own syntax."""

    def __init__(self, files: Mapping[str, tuple[str, Body]], calls: Sequence[Called], beside: Mapping[str, str]) -> None:
        self._files, self._calls, self._beside = files, calls, beside

    def behind(self, resource: Resource, node: Node) -> Found:
        """What a node is, as far as it can be followed."""
        found = Found(at=resource, node=node)
        for _ in range(_MOST):
            try:
                following = self._next(found)
            except NoPatch:
                return found
            if following is None:
                return found
            found = _after(found, following)
        return found

    def alone(self, resource: Resource, node: Node) -> Found:
        """What a node is, where every name on the way to it stands in one place alone.

        Raises:
            NoPatch: It does not, or what it is is not known.
        """
        found = Found(at=resource, node=node)
        for _ in range(_MOST):
            following = self._next(found)
            if following is None:
                return found
            path = getattr(found.node, "path", ())
            uses = self.named(found.at.folder, ".".join(path[:2]), path[2:])
            if len(uses) != 1:
                why = f"{'.'.join(path)} is used in {len(uses)} places: {', '.join(uses[:3])}"
                raise NoPatch(why, following.at.at(following.node.start))
            found = _after(found, following)
        raise NoPatch("its value is decided by names that lead to each other", resource.at(node.start))

    def named(self, folder: str, address: str, inner: Sequence[str] = ()) -> list[str]:
        """Where a name stands in the files of a folder, or what is `inner` in it, or around that; remarks count too."""
        named = re.compile(rf"(?<![\w.-]){re.escape(address)}(?![\w-])((?:\.[^\W\d][\w-]*)*)")
        return [
            f"{path}:{line_of(text, match.start())}"
            for path, (text, _) in self._files.items()
            if posixpath.dirname(path) == folder
            for match in named.finditer(text)
            if all(one == other for one, other in zip(match[1].split(".")[1:], inner, strict=False))
        ]

    def _next(self, found: Found) -> Found | None:
        match found.node:
            case Reference(path=("local", name, *inner)):
                said = [Found(at=block, node=node) for block in self._of(found.at.folder, "locals") if (node := block.body.get(name))]
                return _within(_one(found, said, f"local.{name}"), inner)
            case Reference(path=("var", name, *inner)):
                return _within(self._variable(found, name), inner)
            case _:
                return None

    def _of(self, folder: str, kind: str) -> Iterator[Resource]:
        for path, (text, body) in self._files.items():
            if posixpath.dirname(path) == folder:
                yield from (Resource(path=path, text=text, block=block) for block in body.of(kind))

    def _variable(self, found: Found, name: str) -> Found:
        """What a variable is: what the one who calls the module says, or the one file of values that does, or what holds without."""
        folder = found.at.folder
        made = [one for one in self._of(folder, "variable") if one.block.labels == (name,)]
        usual = [Found(at=one, node=node) for one in made if (node := one.body.get("default"))]
        calls = [call for call in self._calls if call.source == folder]
        if calls:
            said = [Found(at=call.at, node=node) for call in calls if (node := call.at.body.get(name))]
            return _one(found, said if said or len(calls) > 1 else usual, f"var.{name}")
        for path, text in self._beside.items():
            if path.endswith(f"{VALUES}.json") and name in text:
                raise NoPatch(f"var.{name} may be set in {path}, which is of the form of JSON", found.at.at(found.node.start))
        said = list(self._set(folder, name))
        is_certain = len(said) == 1 and _is_by_itself(said[0])
        note = "" if is_certain else f"look whether -var, -var-file or TF_VAR_{name} sets var.{name}"
        one = _one(found, said if is_certain else [*said, *usual], f"var.{name}")
        return Found(at=one.at, node=one.node, note=note)

    def _set(self, folder: str, name: str) -> Iterator[Found]:
        """In files of values that are read there: by themselves, or because somebody names them."""
        for path, (text, body) in self._files.items():
            if path.endswith(VALUES) and (node := body.get(name)):
                whole = Block(type="values", labels=(), body=body, start=0, end=len(text))
                one = Found(at=Resource(path=path, text=text, block=whole), node=node)
                if one.at.folder == folder or not _is_by_itself(one):
                    yield one


def _after(found: Found, following: Found) -> Found:
    """The next one, with all that was supposed on the way."""
    return Found(at=following.at, node=following.node, note="; ".join(filter(None, (found.note, following.note))))


def _is_by_itself(found: Found) -> bool:
    return _BY_ITSELF.fullmatch(posixpath.basename(found.at.path)) is not None


def _one(found: Found, said: Sequence[Found], name: str) -> Found:
    if len(said) != 1:
        places = ", ".join(one.at.at(one.node.start) for one in said[:3])
        raise NoPatch(f"{name} is written out in {len(said)} places{': ' if places else ''}{places}", found.at.at(found.node.start))
    return said[0]


def _within(found: Found, names: Sequence[str]) -> Found:
    """What stands in a map, by names."""
    node = found.node
    for name in names:
        inner = node.get(name) if isinstance(node, Fields) else None
        if inner is None:
            raise NoPatch(f"{name} is not written out", found.at.at(node.start))
        node = inner
    return Found(at=found.at, node=node, note=found.note)
