"""Logs of systems that a plan is held against, also packed with gzip.

JSON objects, one a line, or the records of a file of CloudTrail; or what the connector itself takes apart.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from guardrails.cli.options import progress
from guardrails.connectors.discovery import find
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration, System
from guardrails.model.observation import Observation
from guardrails.model.past import Log, gathered
from guardrails.ports import Recording, Remembering

__all__ = ["logs_of"]

_ENDS = (".json", ".json.gz", ".jsonl", ".ldif", ".ldif.gz", ".log", ".log.gz")
_PIECE = 1 << 27
"""Bytes that are read at once of a line which does not end."""


def logs_of(texts: tuple[str, ...], declaration: Declaration, seen: tuple[Observation, ...]) -> tuple[Log, ...]:
    """The logs that are named as `SYSTEM=PATH`, for what was seen; a folder stands for the logs below it.

    Raises:
        AuthorError: There is no such system or file, its connector reads no logs, or a line is none of its log.
    """
    paths: dict[str, list[Path]] = {}
    for text in texts:
        name, _, path = text.partition("=")
        if not path:
            raise AuthorError(f"--log {text} names no system and file", remedy="write SYSTEM=FILE, such as vault=audit.log")
        paths.setdefault(name, []).extend(_files(Path(path)))
    return tuple(_log(_system(name, declaration), found, seen) for name, found in paths.items())


def _system(name: str, declaration: Declaration) -> System:
    for system in declaration.systems:
        if system.name == name:
            return system
    raise AuthorError(f"--log: {name} is no declared system", remedy=f"name one of {', '.join(one.name for one in declaration.systems)}")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.rglob("*") if one.is_file() and one.name.endswith(_ENDS))
    if not found:
        raise AuthorError(f"{path}: there is no log below it", remedy=f"name a file, or a folder of files that end with {', '.join(_ENDS)}")
    return found


def _log(system: System, files: list[Path], seen: tuple[Observation, ...]) -> Log:
    connector = find(system.connector)
    if not isinstance(connector, Remembering):
        raise AuthorError(f"--log: no log of {system.connector} is read", remedy="leave it out")
    observation = next(one for one in seen if one.system == system.name)
    entries = (entry for path in files for entry in _entries(path, connector))
    at = _At(entries)
    try:
        log = gathered(system.name, connector.past(system, observation, at))
    except ValueError as error:
        raise AuthorError(f"--log: entry {at.number} of {', '.join(map(str, files[:3]))}: {error}", remedy="name a log of it") from error
    told = f"{log.since:%Y-%m-%d %H:%M} to {log.until:%Y-%m-%d %H:%M} UTC" if log.since and log.until else "no time at all"
    made = sum(past.times for past in log.requests)
    progress(
        f"log of {system.name}: {made} requests of {told} are looked at, and {log.others} are not, for nobody knows whose or what they are"
    )
    return log


class _At:
    """Entries, and which of them is the last that was taken."""

    def __init__(self, entries: Iterator[Mapping[str, Any]]) -> None:
        self._entries, self.number = entries, 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for entry in self._entries:
            self.number += 1
            yield entry


def _entries(path: Path, connector: Remembering) -> Iterator[Mapping[str, Any]]:
    try:
        with _opened(path) as stream:
            if isinstance(connector, Recording):
                yield from _recorded(path, connector, iter(lambda: stream.readline(_PIECE), b""))
                return
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield from _of_line(line.decode(), path, number)
    except OSError as error:  # gzip tells of what is not packed by one too
        raise AuthorError(f"{path}: {error.strerror or error}", remedy="name a log that can be read") from error
    except (EOFError, UnicodeDecodeError) as error:
        raise AuthorError(f"{path}: {error}", remedy="name a whole log in UTF-8") from error


def _recorded(path: Path, connector: Recording, lines: Iterator[bytes]) -> Iterator[Mapping[str, Any]]:
    records = connector.records(lines)
    while True:
        try:
            record = next(records, None)
        except ValueError as error:
            raise AuthorError(f"{path}:{error}", remedy="save the log again, and name all of it") from None
        if record is None:
            return
        yield record


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _of_line(line: str, path: Path, number: int) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AuthorError(f"{path}:{number}: no JSON: {error}", remedy="name a log with a JSON object a line") from error
    records = found["Records"] if isinstance(found, dict) and "Records" in found else [found]
    for entry in records if isinstance(records, list) else [None]:
        if not isinstance(entry, dict):
            raise AuthorError(f"{path}:{number}: no JSON object", remedy="name a log with a JSON object a line")
        yield entry
