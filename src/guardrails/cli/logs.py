"""Logs of systems that a plan is held against: JSON objects, one a line, or the records of a file of CloudTrail; also packed with gzip."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from guardrails.cli.options import progress
from guardrails.connectors.discovery import find
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration, System
from guardrails.model.observation import Observation
from guardrails.model.past import Log, gathered
from guardrails.ports import Remembering

__all__ = ["logs_of"]

_ENDS = (".json", ".json.gz", ".jsonl", ".log", ".log.gz")


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
    entries = (entry for path in files for entry in _entries(path))
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


def _entries(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with _opened(path) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield from _of_line(line, path, number)
    except OSError as error:  # gzip tells of what is not packed by one too
        raise AuthorError(f"{path}: {error.strerror or error}", remedy="name a log that can be read") from error
    except (EOFError, UnicodeDecodeError) as error:
        raise AuthorError(f"{path}: {error}", remedy="name a whole log in UTF-8") from error


def _opened(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


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
