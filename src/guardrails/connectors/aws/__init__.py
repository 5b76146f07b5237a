"""AWS: IAM, S3, KMS, EBS and network rules of one account or of sets of accounts, live or from an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from guardrails.connectors.aws.language import Settings, mistaken, read_clauses, read_settings, read_target
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.connectors.aws.rights import reader_policy
from guardrails.connectors.aws.schema import SCHEMA
from guardrails.iam.catalogue import snapshot_date
from guardrails.model.declaration import Clause, System
from guardrails.model.observation import Observation
from guardrails.model.reference import Scope
from guardrails.ports import Meaning, Observer

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


CONNECTOR = AwsConnector()
