"""Asks a source in the name of one namespace, and says what came of it as references, gaps and readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from guardrails.connectors.vault.answers import Absent, Answer, Failed, Found, Source
from guardrails.connectors.vault.parallel import at_once
from guardrails.model.facts import Edge, Fact, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

__all__ = ["Asker", "Said", "Speaker", "texts"]

Said = Fact | Edge | Gap | Reading

_REMEDIES = {
    GapReason.DENIED: "give the reader: {rights}",
    GapReason.NOT_READ: "add {path} to the export",
    GapReason.UNSUPPORTED: "look at {path} yourself, and declare the gap for a time under exceptions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """One namespace of one system, in whose name something is said."""

    system: str
    realm: str

    def ref(self, kind: str, identifier: str, name: str) -> Ref:
        """An object of the namespace."""
        return Ref(system=self.system, realm=self.realm, kind=kind, id=identifier, name=name)

    def gap(self, what: str, failed: Failed, path: str, subject: Ref | None = None) -> Gap:
        """What was not seen at a path."""
        return Gap(
            system=self.system,
            realm=self.realm,
            what=what,
            reason=failed.reason,
            message=f"{subject}: {failed.message}" if subject else failed.message,
            subject=subject,
            rights=failed.rights,
            remedy=_REMEDIES.get(failed.reason, "ask for {path} by hand, and see what answers").format(
                path=path, rights=", ".join(failed.rights)
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker(Speaker):
    """The namespace, and where its answers come from."""

    source: Source

    def read(self, path: str) -> Found | Failed:
        """An object that was named, so that its absence is no answer."""
        answer = self.source.read(path)
        return Failed(GapReason.INCOMPLETE, f"{path} was named and is not there") if isinstance(answer, Absent) else answer

    def reads(self, paths: Iterable[str]) -> Iterator[tuple[str, Found | Failed]]:
        """Objects that were named, each with its path and in their order; the source may be asked for several at once."""
        named = tuple(paths)
        return zip(named, at_once(self.read, named, self.source.parallel), strict=True)

    def looked_up(self, folder: str, accessors: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        """What each accessor of a list stands for, in their order."""
        return zip(accessors, at_once(partial(self.source.looked_up, folder), accessors, self.source.parallel), strict=True)

    def each(self, what: str, path: str, found: list[str]) -> Iterator[Gap | Reading]:
        """Put the names below a path into `found`; say whether they are all."""
        before = self.source.calls
        yield from self.names(what, path, self.source.listed(path), found, before)

    def names(self, what: str, path: str, answer: Answer, found: list[str], before: int | None = None) -> Iterator[Gap | Reading]:
        """Put the names of an answer into `found`; say whether they are all. `before` is how many requests there were before it."""
        if isinstance(answer, Failed):
            yield self.gap(what, answer, path)
            return
        found += sorted(answer.data["keys"]) if isinstance(answer, Found) else []
        calls = 1 if before is None else self.source.calls - before
        yield Reading(system=self.system, realm=self.realm, what=path, items=len(found), calls=calls)

    def mounts(self, kind: str, path: str, found: list[tuple[str, Mapping[str, Any]]]) -> Iterator[Gap]:
        """Put the mounts of the table at a path into `found`, each without its final slash; what is only glimpsed is not all."""
        answer = self.read(path)
        if isinstance(answer, Found):
            typed = [(name.rstrip("/"), entry) for name, entry in answer.data.items() if isinstance(entry, Mapping) and entry.get("type")]
            if typed and len(typed) == len(answer.data):
                found += sorted(typed, key=lambda mount: mount[0])
                return
            answer = Failed(GapReason.MALFORMED, f"{path} is no table of mounts; no server is without any")
        yield self.gap("iam" if kind == "auth" else "mounts", answer, path)
        found += [(name, {"type": form}) for name, form in self.source.glimpsed(kind)]


def texts(entry: Mapping[str, Any], *names: str) -> tuple[str, ...] | None:
    """The first list of texts that stands under one of the names, `null` being empty; `None` when there is none of that form."""
    for name in names:
        if name in entry:
            value = entry[name] or []
            return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    return None
