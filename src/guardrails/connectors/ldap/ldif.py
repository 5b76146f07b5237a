"""LDIF (RFC 2849) as directories and their tools export it: whole entries, or an error with its line, or a stated hole.

The form has no end mark, so an entry counts only when an empty line ends it. What `ldapsearch` tells around the entries (result, count,
filter, further pages) is believed when it says that something is missing. A file cut exactly between two entries that carries no such
words cannot be told from a whole one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from guardrails.connectors.ldap.entry import Entry, entry
from guardrails.connectors.ldap.lines import Field, taken, unfolded
from guardrails.errors import ConnectorError
from guardrails.model import dn

__all__ = ["Export", "read"]

_TOLD = re.compile(rb"#\s*(?:(LDAPv3)|filter: *(.*)|base <.*with scope (\w+)|numEntries: *(\d+))\s*", re.DOTALL)
_WHOLE = "save all of it: slapcat, or ldapsearch -x -E pr=1000/noprompt -b SUFFIX '(objectClass=*)' '*' '+'"
_CHANGES = frozenset({"changetype", "control"})


@dataclass(frozen=True, slots=True)
class Export:
    """The entries of a file, and why there may be more than it holds."""

    entries: tuple[Entry, ...]
    holes: tuple[str, ...]


def read(content: bytes, file: str) -> Export:
    """The entries of an export.

    Raises:
        ConnectorError: It is not LDIF, holds changes or addresses of values, or ends inside an entry; the message tells the line.
    """
    reader = _Reader(file)
    if not content:
        reader.fail(1, "the file is empty")
    if b"\0" in content:
        reader.fail(content.count(b"\n", 0, content.index(b"\0")) + 1, "a NUL byte stands here, so the file is damaged")
    line = 1
    try:
        for line, text in unfolded(io.BytesIO(content)):
            reader.take(line, text)
    except ValueError as error:
        raise ConnectorError(f"{file}:{error}", remedy=_WHOLE) from None
    if reader.record or not content.endswith(b"\n"):
        reader.fail(line, "the file ends inside an entry", "export it again; a whole file ends with an empty line")
    return Export(tuple(found for _, found in reader.entries.values()), tuple(reader.holes()))


@dataclass(slots=True)
class _Reader:
    file: str
    record: list[Field] = field(default_factory=list)
    entries: dict[dn.DN, tuple[int, Entry]] = field(default_factory=dict)
    read: int = 0
    searches: int = 0
    results: list[str] = field(default_factory=list)
    cookie: str = ""
    counts: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def fail(self, line: int, message: str, remedy: str = _WHOLE) -> NoReturn:
        raise ConnectorError(f"{self.file}:{line}: {message}", remedy=remedy)

    def take(self, line: int, text: bytes) -> None:
        if not text:
            self.end()
        elif text.startswith(b"#"):
            self.comment(text)
        elif (found := self.field(line, text)).kind == "version" and not self.record:
            if found.value != b"1":
                self.fail(line, f"LDIF of version {found.value.decode(errors='replace')} is not known")
        else:
            self.record.append(found)

    def comment(self, text: bytes) -> None:
        if (told := _TOLD.fullmatch(text)) is None:
            return
        header, chosen, scope, count = told.groups()
        if header:
            self.searches += 1
        elif chosen is not None and chosen.replace(b" ", b"").lower() != b"(objectclass=*)":
            self.said.append(f"it was filtered by {chosen.decode(errors='replace')}")
        elif scope is not None and scope != b"subtree":
            self.said.append(f"its scope was {scope.decode(errors='replace')}, not the subtree")
        elif count is not None:
            self.counts.append(int(count))

    def field(self, line: int, text: bytes) -> Field:
        try:
            found = taken(line, text)
        except ValueError as error:
            self.fail(line, str(error))
        if found.kind in _CHANGES and self.record and self.record[0].kind == "dn":  # a result has controls too
            self.fail(line, f"{found.kind}: begins a change, and an export holds entries only")
        return found

    def end(self) -> None:
        record, self.record = self.record, []
        match record[0].kind if record else "":
            case "":
                return
            case "dn":
                self.entry(record)
            case "search":
                told = {found.kind: found.value.decode(errors="replace") for found in record}
                self.results.append(told.get("result", "cut off"))
                self.cookie = told.get("pagedresults", "").partition("=")[2].strip()
            case "ref":
                self.said.append(f"a part of it is on another server: {record[0].value.decode(errors='replace')}")
            case other:
                self.fail(record[0].line, f"an entry begins with {other}: and not with dn:")

    def entry(self, record: list[Field]) -> None:
        line = record[0].line
        values: dict[str, list[bytes]] = {}
        for found in record[1:]:
            values.setdefault(found.kind, []).append(found.value)
        try:
            read = entry(record[0].value.decode(), values.items())
        except ValueError as error:
            self.fail(line, f"dn: {error}")
        self.read += 1
        first, known = self.entries.setdefault(read.dn, (line, read))
        if known != read:
            self.fail(line, f"{read.name} stands here again and otherwise than in line {first}", "export it again, in one piece")

    def holes(self) -> Iterator[str]:
        yield from self.said
        yield from (f"its search ended with {result}" for result in self.results if result.partition(" ")[0] != "0")
        if self.searches > len(self.results):
            yield "it does not tell how its search ended: save it without -L, or wholly"
        if self.cookie:
            yield "its last page names a further one"
        if self.counts and sum(self.counts) != self.read:
            yield f"it says that it has {sum(self.counts)} entries, and {self.read} are in it"
