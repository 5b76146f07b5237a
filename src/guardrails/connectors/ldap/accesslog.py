"""The log that the overlay `accesslog` of OpenLDAP keeps, as `slapcat -b cn=accesslog` or `ldapsearch` write it: a record at a time.

slapo-accesslog(5). Of a record only what says who asked for what is kept: in all the rest values stand that somebody wrote, passwords too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from guardrails.connectors.ldap.lines import Field, taken, unfolded

__all__ = ["Record", "records"]

Record = Mapping[str, bytes]
"""What is kept of a record, by its small name."""

_KEPT = frozenset({"reqstart", "reqtype", "reqauthzid", "reqdn", "reqresult", "reqassertion", "reqfilter", "reqentries"})
_CHANGES = frozenset({"changetype", "control"})
_TOP = b"auditcontainer"
_SEARCHED = "search"
"""What `ldapsearch` tells of itself at the end begins so."""


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """Each request of a log.

    Raises:
        ValueError: With its line: it is no LDIF, no record of such a log, or a part of one.
    """
    record: list[Field] = []
    line, text = 1, b""
    for line, text in unfolded(lines):
        if text and not text.startswith(b"#"):
            record.append(_field(line, text))
        elif not text and record:
            if (found := _request(record)) is not None:
                yield found
            record = []
    if record or text:
        raise ValueError(f"{line}: the file ends inside a record; a whole one ends with an empty line")


def _field(line: int, text: bytes) -> Field:
    try:
        return taken(line, text)
    except ValueError as error:
        raise ValueError(f"{line}: {error}") from None


def _request(record: list[Field]) -> Record | None:
    """What is kept of a record; nothing for the log's own entry, and for what a tool tells of itself."""
    if record[0].kind == "version":
        record = record[1:]
    told = {field.kind: field.value for field in record}
    if record and record[0].kind == _SEARCHED:
        _require_success(record[0].line, told)
        return None
    for field in record:
        if field.kind in _CHANGES or (field.kind == "dn") is not (field is record[0]):
            raise ValueError(f"{field.line}: {field.kind}: stands where no record of a log has it")
    if repeated := [kind for kind in _KEPT & told.keys() if [field.kind for field in record].count(kind) > 1]:
        raise ValueError(f"{record[0].line}: {repeated[0]} stands twice in a record")
    if not record or told.get("objectclass", b"").lower() == _TOP:
        return None
    if not {"reqstart", "reqtype"} <= told.keys():
        raise ValueError(f"{record[0].line}: it is no record of an accesslog; save one with slapcat -b cn=accesslog")
    return {kind: value for kind, value in told.items() if kind in _KEPT}


def _require_success(line: int, told: Record) -> None:
    result = told.get("result", b"cut off").decode(errors="replace")
    if result.partition(" ")[0] != "0":
        raise ValueError(f"{line}: its search ended with {result}, so records are missing; save all of it")
