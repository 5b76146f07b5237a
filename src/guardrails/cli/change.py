"""The parts of a proposed change as they were given on the command line, to the gate or to the step that makes the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guardrails.cli.sources import Sources
from guardrails.cli.stack import NEW, parameter, secret_parameters
from guardrails.proposals.attestation import bound
from guardrails.trust.canonical import JSON

__all__ = ["Proposed", "taken", "where"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What would be so, and what was said beside the files."""

    iam: Path | None
    principal: str | None
    vault: Path | None
    ldif: Path | None
    terraform: Path | None
    plan_file: Path | None
    cloudformation: Path | None
    deployed: str | None
    resources: Path | None
    now: Path | None
    parameters: tuple[str, ...]
    region: str
    accounts: Mapping[str, str]
    systems: Mapping[str, str]

    def subjects(self, sources: Sources) -> dict[str, str]:
        """The SHA-256 of each file that the change is made of, by its path; what it only takes the place of is none of them."""
        given = (self.iam, self.vault, self.ldif, self.terraform, self.plan_file, self.cloudformation)
        return {str(path): sources.digest(path) for path in given if path}

    def about(self, sources: Sources) -> dict[str, JSON]:
        """What was said beside the files. Of parameters, their names and one digest of the values that are read."""
        named: dict[str, JSON] = {sources.digest(path): path.stem for path in (self.iam, self.vault) if path}
        template = self.cloudformation
        values, secret = dict(map(parameter, self.parameters)), secret_parameters(sources, template) if template else frozenset()
        said = where(self.principal, self.accounts, self.systems, self.region)
        said |= taken(sources, self.deployed, self.resources, self.now)
        return {**said, "names": named, "parameters": bound(frozenset(self.subjects(sources).values()), values, secret)}


def where(principal: str | None, accounts: Mapping[str, str], systems: Mapping[str, str], region: str) -> dict[str, JSON]:
    """For whom and where a change is."""
    return {"principal": principal or "", "accounts": dict(accounts.items()), "systems": dict(systems.items()), "region": region}


def taken(sources: Sources, deployed: str | None, resources: Path | None, now: Path | None) -> dict[str, JSON]:
    """What a template takes the place of, how AWS calls what is there, and with which parameters: by the digests of the files."""
    is_file = deployed is not None and deployed != NEW
    return {
        "deployed": sources.digest(Path(str(deployed))) if is_file else deployed or "",
        "stack": sources.digest(now) if now else "",
        "stack-resources": sources.digest(resources) if resources else "",
    }
