"""The parts of a copy as they were observed: the instance, what was restored of it, and the snapshots between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guardrails.connectors.aws.copying.marks import STEP, Mark, mark_of
from guardrails.model.facts import Pairs, Setting
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref

__all__ = ["Instance", "Parts", "Snapshot", "instances", "marks", "parts"]

_BEHIND_REGION = 4
"""Colons of an ARN up to the one behind its region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance.

    Attributes:
        id: What it never loses.
        name: What it is called now.
        arn: With its name, which can change.
        region: Where it is.
        status: What it is doing.
        key: The key that encrypts it; empty when it is not encrypted.
        mark: Of what it is a copy.
        fields: Its whole setting.
    """

    ref: Ref
    id: str
    name: str
    arn: str
    region: str
    status: str
    key: str
    tags: Pairs
    mark: Mark | None
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, ref: Ref, fields: Mapping[str, Any]) -> Instance:
        """As its setting says."""
        arn, tags = str(fields.get("DBInstanceArn", "")), _pairs(fields)
        return cls(
            ref=ref,
            id=str(fields.get("DbiResourceId", "")),
            name=str(fields.get("DBInstanceIdentifier", "")),
            arn=arn,
            region=arn.split(":")[3] if arn.count(":") >= _BEHIND_REGION else "",
            status=str(fields.get("DBInstanceStatus", "")),
            key=str(fields.get("KmsKeyId", "")) if fields.get("StorageEncrypted") else "",
            tags=tags,
            mark=mark_of(tags),
            fields=fields,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot that may be a part of a copy."""

    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, which stays."""
        return str(self.fields.get("DBSnapshotIdentifier", ""))

    @property
    def of(self) -> str:
        """The id of the instance that it was taken of; also of one that was copied from another snapshot."""
        return str(self.fields.get("DbiResourceId", ""))

    @property
    def called(self) -> str:
        """What that instance was called."""
        return str(self.fields.get("DBInstanceIdentifier", ""))

    @property
    def status(self) -> str:
        """What is being done with it."""
        return str(self.fields.get("Status", ""))

    @property
    def key(self) -> str:
        """The key that encrypts it; empty when it is not encrypted."""
        return str(self.fields.get("KmsKeyId", "")) if self.fields.get("Encrypted") else ""

    @property
    def made_at(self) -> datetime | None:
        """When it was taken, by the service's own clock; for a copy, when it was copied."""
        text = str(self.fields.get("SnapshotCreateTime", ""))
        return datetime.fromisoformat(text) if text else None

    @property
    def mark(self) -> Mark | None:
        """Of what copy it says to be a part."""
        return mark_of(_pairs(self.fields))

    @property
    def step(self) -> str:
        """The step that made it."""
        return dict(_pairs(self.fields)).get(STEP, "")


def _pairs(fields: Mapping[str, Any]) -> Pairs:
    return tuple((str(key), str(value)) for key, value in fields.get("Tags", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that belongs, or may belong, to one copy.

    Attributes:
        mark: What is copied.
        sources: What may be the instance itself; one when it is plain.
        copies: What says to be its copy; one when it is plain.
        others: All other instances there, by their names.
        snapshots: Those that may be parts; `None` when those of the region were not read to their end.
    """

    mark: Mark
    region: str
    sources: tuple[Instance, ...]
    copies: tuple[Instance, ...]
    others: frozenset[str]
    snapshots: tuple[Snapshot, ...] | None

    @property
    def source(self) -> Instance | None:
        """The instance that is copied, when just one can be it."""
        return self.sources[0] if len(self.sources) == 1 else None

    @property
    def copy(self) -> Instance | None:
        """Its copy, when there is just one."""
        return self.copies[0] if len(self.copies) == 1 else None

    def taken(self, step: str) -> tuple[Snapshot, ...]:
        """The snapshots that may be what a step made: by their tags, or by the name that it gives."""
        name = self.mark.snapshot(step)
        return tuple(one for one in self.snapshots or () if one.name == name or (one.mark == self.mark and one.step == step))


def instances(observation: Observation) -> tuple[Instance, ...]:
    """Every instance whose settings were read."""
    return tuple(Instance.of(fact.ref, json.loads(fact.text)) for fact in _settings(observation, "db-instance"))


def _settings(observation: Observation, form: str) -> Iterator[Setting]:
    return (fact for fact in observation.facts if isinstance(fact, Setting) and fact.form == form)


def marks(found: tuple[Instance, ...], instance: Instance) -> Mark:
    """What an instance that has to be copied is marked by: as copies of it say that were begun, else by its name."""
    near = (one.mark for one in found if one.ref.realm == instance.ref.realm and one.region == instance.region)
    said = {mark for mark in near if mark and mark.id == instance.id and instance.name in {mark.name, mark.old}}
    return said.pop() if len(said) == 1 else Mark(instance.id, instance.name)


def parts(found: tuple[Instance, ...], observation: Observation, mark: Mark, like: Instance) -> Parts:
    """What belongs to a copy, in the account and region of one instance of it; `found` are all instances of the observation."""
    near = tuple(one for one in found if (one.ref.realm, one.region) == (like.ref.realm, like.region))
    copies = tuple(one for one in near if one.mark == mark)
    alike = tuple(one for one in near if one.id == mark.id and one not in copies)
    if len(alike) > 1 or any(one.id == mark.id for one in copies):
        # ids that several instances share (emulators give all of them one) tell none of them
        alike = tuple(one for one in alike if one.name in {mark.name, mark.old})
    rest = frozenset(one.name for one in near if one not in copies and one not in alike)
    return Parts(
        mark=mark,
        region=like.region,
        sources=alike,
        copies=copies,
        others=rest,
        snapshots=_snapshots(observation, like),
    )


def _snapshots(observation: Observation, like: Instance) -> tuple[Snapshot, ...] | None:
    what = f"rds-snapshots/{like.region}"
    if not any((reading.realm, reading.what) == (like.ref.realm, what) for reading in observation.readings):
        return None
    there = (fact for fact in _settings(observation, "db-snapshot") if fact.ref.realm == like.ref.realm)
    found = (Snapshot(json.loads(fact.text)) for fact in there)
    return tuple(one for one in found if one.fields.get("Region") == like.region)
