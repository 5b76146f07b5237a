"""The sources in a plan file: an archive with a folder `tfconfig`, in it one folder for each module, as Terraform 0.12 and later write it.

Nothing else of the file is opened: the plan and the states in it hold secrets.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from guardrails.errors import AuthorError
from guardrails.hcl.blocks import Block, read_hcl
from guardrails.hcl.tree import Node, NotRead
from guardrails.proposals.terraform.configuration import Address, parsed
from guardrails.proposals.terraform.plan import Action, Plan

__all__ = ["Sources", "sources_of", "with_sources"]

_FILE = re.compile(r"tfconfig/m-([^/]*)/([^/]+\.tf(?:\.json)?)")
_OVERRIDES = re.compile(r"(?:.*_)?override\.tf(?:\.json)?")
_MOST_FILES = 20_000
_MOST_BYTES = 64 * 2**20
_MADE = frozenset({Action.CREATE, Action.READ, Action.UPDATE, Action.REPLACE})
_REMEDY = "give the file that terraform plan -out writes"
_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError)
"""What reading an archive raises that is cut, changed, encrypted, or packed in another way."""


@dataclass(frozen=True, slots=True)
class _Module:
    """The blocks of one module; none of them where one of its files is not read, for then they are not known to be all."""

    blocks: tuple[Block, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """The modules by their names, such as `a.b`; empty for the root."""

    modules: Mapping[str, _Module]

    def resource(self, address: Address) -> Block | None:
        """The block of a resource; nothing where it is not surely the only one."""
        kind = "data" if address.is_data else "resource"
        return self._one(address.modules, kind, (address.type, address.name))

    def lacks(self, address: Address) -> bool:
        """Whether a resource is surely not there: its module is missing, or was read and has no such block."""
        module = self._module(address.modules)
        kind = "data" if address.is_data else "resource"
        return module is None or (
            module.is_whole and not any((one.type, one.labels) == (kind, (address.type, address.name)) for one in module.blocks)
        )

    def local(self, modules: tuple[tuple[str, str], ...], name: str) -> Node | None:
        """What a local value of a module is; nothing where that is not told by one place alone."""
        module = self._module(modules)
        held = [one.body.get(name) for one in module.blocks if one.type == "locals"] if module else []
        found = [node for node in held if node is not None]
        return found[0] if len(found) == 1 else None

    def call(self, modules: tuple[tuple[str, str], ...]) -> Block | None:
        """The block that calls a module, in the one above it."""
        return self._one(modules[:-1], "module", (modules[-1][0],)) if modules else None

    def _one(self, modules: tuple[tuple[str, str], ...], kind: str, labels: tuple[str, ...]) -> Block | None:
        module = self._module(modules)
        found = [one for one in module.blocks if (one.type, one.labels) == (kind, labels)] if module else []
        return found[0] if len(found) == 1 else None

    def _module(self, modules: tuple[tuple[str, str], ...]) -> _Module | None:
        return self.modules.get(".".join(name for name, _ in modules))


def sources_of(content: bytes, name: str) -> Sources:
    """The sources in a plan file.

    Raises:
        AuthorError: It is none, or holds more than any configuration does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = [entry for entry in archive.infolist() if _FILE.fullmatch(entry.filename)]
            if not listed or len(listed) > _MOST_FILES or sum(entry.file_size for entry in listed) > _MOST_BYTES:
                raise AuthorError(f"{name}: no plan file of Terraform with its configuration", remedy=_REMEDY)
            texts = [(entry.filename, archive.read(entry)) for entry in listed]
    except _DAMAGED:
        raise AuthorError(f"{name}: no plan file of Terraform", remedy=_REMEDY) from None
    if len({path for path, _ in texts}) != len(texts):
        raise AuthorError(f"{name}: a plan file that holds a file twice", remedy=_REMEDY)
    return Sources({key: _module(dict(_files(texts, key))) for key in {path.split("/")[1].removeprefix("m-") for path, _ in texts}})


def with_sources(plan: Plan, sources: Sources, name: str) -> Plan:
    """A plan with the sources that it was made of.

    Raises:
        AuthorError: They lack something that the plan makes, so they are of another plan.
    """
    for one in plan.resources:
        address = parsed(one.address)
        if address and one.action in _MADE and not one.is_deposed and sources.lacks(address):
            raise AuthorError(
                f"{name}: of another plan, for its sources have no {one.address}", remedy="give the file that the plan was shown of"
            )
    return replace(plan, sources=sources)


def _files(texts: list[tuple[str, bytes]], key: str) -> Iterator[tuple[str, bytes]]:
    for path, content in texts:
        _, folder, file = path.split("/")
        if folder == f"m-{key}":
            yield file, content


def _module(files: Mapping[str, bytes]) -> _Module:
    """Files that override others, or are in JSON, are not read, and then nothing of the module is."""
    blocks: list[Block] = []
    for file, content in files.items():
        if _OVERRIDES.fullmatch(file) or not file.endswith(".tf"):
            return _Module((), is_whole=False)
        try:
            blocks += read_hcl(content.decode("utf-8")).blocks
        except (NotRead, UnicodeDecodeError):
            return _Module((), is_whole=False)
    return _Module(tuple(blocks), is_whole=True)
