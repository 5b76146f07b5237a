"""AWS: IAM, S3, KMS, EBS, network rules and IP sets of one account or of sets of them, live or from an export; live they can be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from guardrails.connectors.aws.copying import copies
from guardrails.connectors.aws.editing import KINDS, cas, deletes, irreversible, lasting, touched
from guardrails.connectors.aws.language import Settings, mistaken, read_clauses, read_settings, read_target
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.connectors.aws.past import past
from guardrails.connectors.aws.permission_sets import provisioning
from guardrails.connectors.aws.rights import reader_policy
from guardrails.connectors.aws.schema import SCHEMA
from guardrails.connectors.aws.written import patches
from guardrails.errors import ConnectorError
from guardrails.iam.catalogue import snapshot_date
from guardrails.model.actions import DetachPolicy, RewritePolicy, involved
from guardrails.model.changes import Action, Cas, Edit, Image, Patch
from guardrails.model.copies import CopyPlan
from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Principal
from guardrails.model.findings import Finding
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import PrincipalForm
from guardrails.model.written import Wanted, WorkingCopy
from guardrails.ports import Demanded, Meaning, Objects, Observer, Remediator, Warrant

__all__ = ["CONNECTOR", "AwsConnector"]


class AwsConnector:
    """The door to AWS."""

    name = "aws"

    def schema(self) -> Mapping[str, Mapping[str, object]]:
        """JSON Schemas of its part of the language."""
        return SCHEMA

    def settings(self, system: System) -> Settings:
        """Read the settings of one system."""
        return read_settings(system)

    def clauses(self, entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:
        """Read what an entitlement says."""
        return read_clauses(entry, scope, asset)

    def target(self, entry: object) -> str:
        """Read the target of an allowlist."""
        return read_target(entry)

    def mistaken(self, selector: str) -> str:
        """What is wrong with a selector."""
        return mistaken(selector)

    def observer(self, system: System, taken_at: datetime) -> Observer:
        """A reader, live or from an export."""
        # imported here, so that lint and offline work never load the SDK's readers
        from guardrails.connectors.aws.observe import AwsObserver  # noqa: PLC0415

        return AwsObserver(system.name, read_settings(system), taken_at)

    def meaning(self, observation: Observation) -> Meaning:
        """What its documents mean."""
        return AwsMeaning(observation)

    def basis(self) -> str:
        """The actions that AWS publishes, and as of when."""
        return f"actions as published {snapshot_date()}"

    def reader_policy(self, rights: Iterable[str], identity: str) -> str:
        """Policies of IAM as JSON."""
        return reader_policy(rights, identity)

    def past(
        self,
        system: System,  # noqa: ARG002  # an ARN says of which account somebody is
        observation: Observation,
        entries: Iterable[Mapping[str, Any]],
    ) -> Iterator[tuple[datetime, Past | None]]:
        """Records of CloudTrail."""
        return past(observation, entries)

    def touched(self, action: Action) -> Ref:
        """The object of IAM, EC2, S3, KMS or WAF that an action writes."""
        return touched(action)

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:
        """An action in the words of AWS."""
        if any(ref in known and known[ref].form is PrincipalForm.PROVIDER for ref in involved(action)):
            raise ValueError("it is a role of a service of AWS, which nobody else writes")
        return KINDS[touched(action).kind].edits(action, image)

    def cas(self, ref: Ref, image: Image) -> Cas:  # noqa: ARG002  # the kind tells
        """Native for lists of addresses alone."""
        return cas(ref)

    def lasting(self, action: Action, image: Image) -> str:
        """What stays lost of an action that is taken back."""
        return lasting(action, image)

    def deletes(self, action: Action, before: Image) -> tuple[str, ...] | None:
        """What an action left behind that is deleted after a time."""
        return deletes(action, before)

    def patches(self, wanted: Wanted, copies: Iterable[WorkingCopy]) -> tuple[Patch, ...]:
        """What should become of the sources of Terraform or CloudFormation."""
        return patches(wanted, copies)

    def provisioning(self, action: DetachPolicy | RewritePolicy, made_of: str, realms: tuple[str, ...], unseen: tuple[str, ...]) -> str:
        """Calls of IAM Identity Center."""
        return provisioning(action, made_of, realms, unseen)

    def irreversible(self, action: Action, image: Image) -> str:  # noqa: ARG002  # the port's
        """Why an action cannot be taken back."""
        return irreversible(action)

    def copies(self, weak: Iterable[Finding], observation: Observation, demanded: Demanded, at: datetime) -> tuple[CopyPlan, ...]:
        """Copies of databases, and of what buckets hold."""
        return copies(weak, observation, demanded, at)

    def objects(self, system: System) -> Objects:
        """Single objects, read with the read credential."""
        from guardrails.connectors.aws.objects import AwsObjects  # noqa: PLC0415  # as for the observer
        from guardrails.connectors.aws.sessions import reading  # noqa: PLC0415  # likewise

        return AwsObjects(reading(system.name, _live(system)))

    def remediator(self, system: System) -> Remediator:
        """The one who writes, with a credential of its own."""
        return _writer(system, None)

    def confined(self, system: System, warrant: Warrant) -> Remediator:
        """The same, in sessions that can write nothing but what a plan says."""
        return _writer(system, warrant)


def _writer(system: System, warrant: Warrant | None) -> Remediator:
    from guardrails.connectors.aws.objects import AwsRemediator, Patience  # noqa: PLC0415  # as for the observer
    from guardrails.connectors.aws.sessions import writing  # noqa: PLC0415  # likewise

    settings = _live(system)
    if not settings.can_write:
        raise ConnectorError(f"{system.name} has no credential to write with", remedy="declare write: {role: guardrails-writer}")
    return AwsRemediator(writing(system.name, settings, warrant), Patience())


def _live(system: System) -> Settings:
    settings = read_settings(system)
    if settings.export:
        raise ConnectorError(f"{system.name} is an export, and only live accounts can be changed", remedy="read the account live")
    return settings


CONNECTOR = AwsConnector()
