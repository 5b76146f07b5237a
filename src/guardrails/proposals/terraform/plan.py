"""What a plan of Terraform says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from guardrails.proposals.values import Value

if TYPE_CHECKING:
    from guardrails.proposals.terraform.sources import Sources

__all__ = ["Action", "Plan", "Resource"]


class Action(Enum):
    """What is to become of a resource."""

    NOTHING = "no-op"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    FORGET = "forget"
    """It stays, and Terraform knows it no longer."""
    OTHER = "other"
    """Something that this release of guardrails does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One instance of a resource.

    Attributes:
        address: As Terraform writes it.
        before: What it is, without secrets; empty when it is not there yet.
        after: What it would be, with `Unknown` for what is not known or secret.
        provider: The configuration of the provider that makes it, by its key.
        is_deposed: Whether it is what was left of an earlier replacement.
        runs_programs: Whether making or ending it runs provisioners.
    """

    address: str
    type: str
    is_data: bool
    action: Action
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)
    provider: str = ""
    provider_name: str = ""
    is_deposed: bool = False
    runs_programs: bool = False

    @property
    def now(self) -> Mapping[str, Value]:
        """What it will be, or was before it went."""
        return self.before if self.action in {Action.DELETE, Action.FORGET} else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan.

    Attributes:
        version: Of the Terraform that made it.
        resources: In the order of the file.
        deferred: Type and address of each that is left to a later plan.
        invoked: Address of each action that Terraform runs beside, as its release 1.14 can.
        drifted: How many were changed outside of Terraform.
        is_complete: Whether nothing is left to do once it is applied.
        has_failed: Whether Terraform could not make it to its end.
        prior: What the state held.
        providers: The configurations of providers, by their keys; may hold secrets.
        configured: What some settings of each of them are, where that is known.
        variables: The texts that were given for the variables of the root, without those that are sensitive.
        sources: The files of the configuration, where the plan file was given.
    """

    version: str
    resources: tuple[Resource, ...]
    deferred: tuple[tuple[str, str], ...]
    invoked: tuple[str, ...]
    drifted: int
    is_complete: bool
    has_failed: bool
    prior: tuple[Resource, ...]
    providers: Mapping[str, Any] = field(repr=False)
    configured: Mapping[str, Mapping[str, str]] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    sources: Sources | None = field(default=None, repr=False)

    @property
    def regions(self) -> Mapping[str, str]:
        """The region of each configuration of a provider, where that is known."""
        return {key: settings["region"] for key, settings in self.configured.items() if "region" in settings}
