"""Which accounts there are, and to which declared sets they belong. An account of no set is told, never passed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.connectors.aws.api import AwsApi, Failed, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.language import Settings
from guardrails.model.facts import Account, Gap
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, State

__all__ = ["resolved", "strangers"]


def resolved(system: str, settings: Settings, api: AwsApi) -> tuple[Settings, tuple[Gap, ...]]:
    """The settings with the accounts of organisational units filled in, and what could not be."""
    sets, gaps = list(settings.sets), []
    for name, path in settings.units:
        accounts = _accounts_of(api, path)
        if isinstance(accounts, Failed):
            gaps.append(_gap(system, settings, f"the accounts of {path} (set {name})", accounts))
        else:
            sets.append((name, accounts))
    return replace(settings, sets=tuple(sorted(sets)), units=()), tuple(gaps)


def _accounts_of(api: AwsApi, path: str) -> tuple[str, ...] | Failed:
    roots = api.ask("organizations", "list_roots")
    if isinstance(roots, Failed):
        return roots
    parents = [str(root["Id"]) for root in listed(roots, "Roots")]
    for name in path.split("/"):
        below = _units_below(api, parents)
        if isinstance(below, Failed):
            return below
        parents = [identifier for identifier, found in below if found == name]
        if not parents:
            return Failed(GapReason.INCOMPLETE, f"there is no organisational unit {name}")
    return _all_below(api, parents)


def _units_below(api: AwsApi, parents: list[str]) -> list[tuple[str, str]] | Failed:
    found = []
    for parent in parents:
        answer = api.ask("organizations", "list_organizational_units_for_parent", ParentId=parent)
        if isinstance(answer, Failed):
            return answer
        found += [(str(unit["Id"]), str(unit["Name"])) for unit in listed(answer, "OrganizationalUnits")]
    return found


def _all_below(api: AwsApi, parents: list[str]) -> tuple[str, ...] | Failed:
    accounts: set[str] = set()
    while parents:
        for parent in parents:
            answer = api.ask("organizations", "list_accounts_for_parent", ParentId=parent)
            if isinstance(answer, Failed):
                return answer
            accounts |= {str(account["Id"]) for account in listed(answer, "Accounts")}
        below = _units_below(api, parents)
        if isinstance(below, Failed):
            return below
        parents = [identifier for identifier, _ in below]
    return tuple(sorted(accounts))


def strangers(system: str, settings: Settings, api: AwsApi) -> Iterator[Account | Gap]:
    """The accounts of the organisation that are in no declared set: seen and not read."""
    answer = api.ask("organizations", "list_accounts")
    if isinstance(answer, Failed):
        yield _gap(system, settings, "the accounts of the organisation", answer)
    for account in listed(answer, "Accounts"):
        identifier, name = str(account["Id"]), str(account.get("Name") or account["Id"])
        if settings.sets_of(identifier):
            continue
        ref = Ref(system=system, realm=identifier, kind="account", id=identifier, name=name)
        yield Account(ref=ref, state=State.ACTIVE if account.get("Status") == "ACTIVE" else State.DISABLED)
        yield Gap(
            system=system,
            realm=identifier,
            what="account",
            reason=GapReason.NOT_READ,
            message=f"account {identifier} ({name}) of the organisation is in no declared set, so it was not read",
            subject=ref,
            remedy="put it into a set of the system",
        )


def _gap(system: str, settings: Settings, which: str, failed: Failed) -> Gap:
    return unseen(system, settings.organization, "organization", replace(failed, message=f"{which} were not seen: {failed.message}"))
