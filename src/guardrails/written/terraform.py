"""Configurations of Terraform: the resources of all folders of a working copy, found by what is written out or by what the state says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from guardrails.hcl.blocks import Block, Body, read_hcl
from guardrails.hcl.tree import Node, NotRead, Reference, Text, line_of
from guardrails.model.written import WorkingCopy
from guardrails.written.rewriting import NoPatch

__all__ = ["Configuration", "Resource", "configuration_of"]

_OVERRIDE = re.compile(r"(?:^|/)(?:[^/]*_)?override\.tf$")
_MANY = ("count", "for_each")
_NAMES = {"aws_s3_bucket": "bucket"}
"""The attribute that names a resource, where that is not `name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One block `resource` or `data`, in its file."""

    path: str
    text: str
    block: Block

    @property
    def folder(self) -> str:
        """The folder of its file, which is its module."""
        return posixpath.dirname(self.path)

    @property
    def address(self) -> str:
        """By which other blocks of its folder name it."""
        return ".".join((*(["data"] if self.block.type == "data" else []), *self.block.labels))

    @property
    def type(self) -> str:
        """Such as `aws_iam_role`."""
        return self.block.labels[0]

    @property
    def body(self) -> Body:
        """What stands in it."""
        return self.block.body

    @property
    def place(self) -> str:
        """Its file and line."""
        return self.at(self.block.start)

    def at(self, offset: int) -> str:
        """A place in its file."""
        return f"{self.path}:{line_of(self.text, offset)}"


@dataclass(frozen=True, slots=True)
class _Called:
    """A module that is called: from where, by which name, where it is, and whether perhaps several times."""

    folder: str
    name: str
    source: str
    is_many: bool


class Configuration:
    """What all files say together."""

    def __init__(self, copy: WorkingCopy, read: Mapping[str, tuple[str, Body]] | None = None) -> None:
        self.copy = copy
        self.problem = next((f"{path} was not read: {why}" for path, why in sorted(copy.unread.items()) if _counts(path)), "")
        self.files = dict(read) if read is not None else dict(self._read())

    def _read(self) -> Iterator[tuple[str, tuple[str, Body]]]:
        for path, text in sorted(self.copy.files.items()):
            if path.endswith(".tf.json"):
                self.problem = self.problem or f"{path} was not understood: it is of the form of JSON"
            if not path.endswith(".tf"):
                continue
            if _OVERRIDE.search(path):
                self.problem = self.problem or f"{path} is merged with other files, which is not done here"
            try:
                yield path, (text, read_hcl(text))
            except NotRead as error:
                self.problem = self.problem or f"{path} was not understood: {error}"

    def text(self, path: str) -> str:
        """A file, of Terraform or beside it.

        Raises:
            NoPatch: It is not there, or was not read.
        """
        if path in self.files:
            return self.files[path][0]
        if path not in self.copy.files:
            raise NoPatch(f"{path} was not read: {self.copy.unread.get(path, 'there is no such file')}")
        return self.copy.files[path]

    def with_text(self, path: str, text: str) -> Configuration:
        """The same with another file in the place of one.

        Raises:
            NotRead: It is not understood.
        """
        copy = WorkingCopy(kind=self.copy.kind, files={**self.copy.files, path: text}, unread=self.copy.unread, known=self.copy.known)
        read = {**self.files, path: (text, read_hcl(text))} if path in self.files else self.files
        return Configuration(copy, read)

    def parts(self, path: str) -> list[tuple[int, int]]:
        """The blocks of a file."""
        return [(block.start, block.end) for block in self.files[path][1].blocks] if path in self.files else []

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All of them, with those that are only read."""
        return tuple(
            Resource(path=path, text=text, block=block)
            for path, (text, body) in self.files.items()
            for block in body.of("resource", "data")
            if len(block.labels) == 2  # noqa: PLR2004  # type and name
        )

    @cached_property
    def _calls(self) -> tuple[_Called, ...]:
        found = []
        for path, (_, body) in self.files.items():
            for block in body.of("module"):
                source = block.body.get("source")
                where = source.value if isinstance(source, Text) else ""
                folder = posixpath.dirname(path)
                inner = posixpath.normpath(posixpath.join(folder, where)) if where.startswith(("./", "../")) else f"?{where}"
                many = any(block.body.get(name) is not None for name in _MANY)
                found.append(_Called(folder, "".join(block.labels), "" if inner == "." else inner, many))
        return tuple(found)

    def is_called(self, folder: str) -> bool:
        """Whether a folder is a module of another one."""
        return any(call.source == folder for call in self._calls)

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of some types."""
        return (one for one in self.resources if one.block.type == "resource" and one.type in types)

    def require_once(self, resource: Resource) -> None:
        """A resource is made once, of what stands there alone.

        Raises:
            NoPatch: It may be made several times, or by what is not known here.
        """
        if self.problem:
            raise NoPatch(self.problem, resource.place)
        for name in _MANY:
            if resource.body.get(name) is not None:
                raise NoPatch(f"it is made by {name}", resource.place)
        folder, seen = resource.folder, set()
        while calls := [call for call in self._calls if call.source == folder]:
            if len(calls) > 1 or calls[0].is_many or folder in seen:
                raise NoPatch(f"its module {folder or '.'} is called several times, or may be", resource.place)
            seen.add(folder)
            folder = calls[0].folder

    def written_out(self, resource: Resource, node: Node | None) -> str | None:
        """A text that stands there, or behind the reference that does; `None` for what is not known."""
        match node:
            case Text():
                return node.value
            case Reference():
                return self._behind(resource, node.path)
            case _:
                return None

    def _behind(self, resource: Resource, path: tuple[str, ...]) -> str | None:
        *address, attribute = path
        found = self.referred(resource, tuple(address))
        if found is None:
            return None
        if (state := self.known(found)) is not None and attribute in state:
            return state[attribute]
        named = _NAMES.get(found.type, "name")
        node = found.body.get(named if attribute == "id" else attribute)
        return node.value if isinstance(node, Text) else None

    def referred(self, resource: Resource, address: tuple[str, ...]) -> Resource | None:
        """The resource of the same folder that goes by an address; `None` for none, or one that is made several times."""
        wanted = ".".join(address)
        found = [one for one in self.resources if one.folder == resource.folder and one.address == wanted]
        is_one = len(found) == 1 and all(found[0].body.get(name) is None for name in _MANY)
        return found[0] if is_one else None

    def known(self, resource: Resource) -> Mapping[str, str] | None:
        """What the state says of a resource that is made once; `None` when it says nothing."""
        return self._known.get((resource.folder, resource.address))

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        found: dict[tuple[str, str], Mapping[str, str]] = {}
        twice = set()
        for full, values in self.copy.known.items():
            folder, address = "", full
            while step := re.match(r"module\.([\w-]+)\.", address):
                call = next((one for one in self._calls if (one.folder, one.name) == (folder, step[1])), None)
                folder, address = (call.source if call else "?"), address[step.end() :]
            twice |= {(folder, address)} & found.keys()
            found[folder, address] = values
        return {key: values for key, values in found.items() if key not in twice}

    def uses(self, resource: Resource) -> list[str]:
        """Where a resource is named in its folder, by other blocks or its own; remarks count too."""
        named = re.compile(rf"(?<![\w.-]){re.escape(resource.address)}(?![\w-])")
        found = []
        for path, (text, _) in self.files.items():
            if posixpath.dirname(path) == resource.folder:
                found += [f"{path}:{line_of(text, match.start())}" for match in named.finditer(text)]
        return found

    def readers(self, path: str) -> list[str]:
        """Where a file may be read from: every place that names it, and every one that builds a name."""
        name = re.escape(posixpath.basename(path))
        named = re.compile(
            rf"(?<![\w.-]){name}(?![\w-])|\b(?:file|templatefile|fileset|filebase64)\s*\((?!\s*\"(?:\$\{{path\.\w+\}})?[^\"$%]*\")"
        )
        return [f"{one}:{line_of(text, match.start())}" for one, (text, _) in self.files.items() for match in named.finditer(text)]


def _counts(path: str) -> bool:
    """Whether what was not read may say something of any resource."""
    return not path.endswith(".json") or path.endswith(".tf.json")


@lru_cache(maxsize=8)
def configuration_of(copy: WorkingCopy) -> Configuration:
    """What a working copy says, understood once."""
    return Configuration(copy)
