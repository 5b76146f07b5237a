"""Configurations of Terraform: the resources of all folders of a working copy, found by what is written out or by what the state says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from guardrails.hcl.blocks import Body, read_hcl
from guardrails.hcl.tree import Node, NotRead, Reference, Text, line_of
from guardrails.model.written import WorkingCopy
from guardrails.written.following import VALUES, Found, Values
from guardrails.written.resources import MANY, Called, Resource
from guardrails.written.rewriting import NoPatch

__all__ = ["Configuration", "Resource", "configuration_of"]

_OVERRIDE = re.compile(r"(?:^|/)(?:[^/]*_)?override\.tf$")
_NAMES = {"aws_s3_bucket": "bucket"}
"""The attribute that names a resource, where that is not `name`."""


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
            if not path.endswith((".tf", VALUES)):
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
        """The blocks of a file, and values that stand by themselves."""
        if path not in self.files:
            return []
        body = self.files[path][1]
        return [*((block.start, block.end) for block in body.blocks), *((entry.start, entry.end) for entry in body.attributes)]

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
    def _calls(self) -> tuple[Called, ...]:
        found = []
        for path, (text, body) in self.files.items():
            for block in body.of("module"):
                source = block.body.get("source")
                where = source.value if isinstance(source, Text) else ""
                inner = (
                    posixpath.normpath(posixpath.join(posixpath.dirname(path), where)) if where.startswith(("./", "../")) else f"?{where}"
                )
                found.append(Called(Resource(path=path, text=text, block=block), "" if inner == "." else inner))
        return tuple(found)

    @cached_property
    def _values(self) -> Values:
        return Values(self.files, self._calls, self.copy.files)

    def behind(self, resource: Resource, node: Node) -> Found:
        """What a value is, behind locals and variables as far as they are plain; with where that stands."""
        return self._values.behind(resource, node)

    def alone(self, resource: Resource, node: Node) -> Found:
        """Likewise, where nothing else is made of it.

        Raises:
            NoPatch: Something else may be, or what it is is not known.
        """
        return self._values.alone(resource, node)

    def is_called(self, folder: str) -> bool:
        """Whether a folder is a module of another one."""
        return any(call.source == folder for call in self._calls)

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of some types."""
        return (one for one in self.resources if one.block.type == "resource" and one.type in types)

    def require_once(self, resource: Resource, *, but: str = "") -> None:
        """A resource is made once, of what stands there alone; `but` is what may make several all the same.

        Raises:
            NoPatch: It may be made several times, or by what is not known here.
        """
        if self.problem:
            raise NoPatch(self.problem, resource.place)
        for name in MANY:
            if name != but and resource.body.get(name) is not None:
                raise NoPatch(f"it is made by {name}", resource.place)
        folder, seen = resource.folder, set()
        while calls := [call for call in self._calls if call.source == folder]:
            if len(calls) > 1 or calls[0].is_many or folder in seen:
                raise NoPatch(f"its module {folder or '.'} is called several times, or may be", resource.place)
            seen.add(folder)
            folder = calls[0].at.folder

    def written_out(self, resource: Resource, node: Node | None) -> str | None:
        """A text that stands there, or behind the reference that does; `None` for what is not known."""
        if node is not None:
            resource, node = (found := self.behind(resource, node)).at, found.node
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
        is_one = len(found) == 1 and all(found[0].body.get(name) is None for name in MANY)
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
                call = next((one for one in self._calls if (one.at.folder, one.name) == (folder, step[1])), None)
                folder, address = (call.source if call else "?"), address[step.end() :]
            twice |= {(folder, address)} & found.keys()
            found[folder, address] = values
        return {key: values for key, values in found.items() if key not in twice}

    def uses(self, resource: Resource) -> list[str]:
        """Where a resource is named in its folder, by other blocks or its own; remarks count too."""
        return self._values.named(resource.folder, resource.address)

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
