"""From answers of AWS to facts, edges and gaps, account by account. One unreadable account is a gap; the rest is read."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, listed
from guardrails.connectors.aws.center import assignments
from guardrails.connectors.aws.credentials import credentials
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import identities, users
from guardrails.connectors.aws.ip_sets import ip_sets
from guardrails.connectors.aws.language import Settings
from guardrails.connectors.aws.levels import levels
from guardrails.connectors.aws.network import network
from guardrails.connectors.aws.organization import resolved, strangers
from guardrails.connectors.aws.storage import storage
from guardrails.connectors.aws.uses import uses
from guardrails.errors import ConnectorError
from guardrails.model.facts import Account, Edge, Fact, Gap, Principal, Reading
from guardrails.model.reference import Ref
from guardrails.model.rights import Asked, Right
from guardrails.model.words import GapReason

__all__ = ["AwsObserver"]

Said = Fact | Edge | Gap | Reading


class AwsObserver:
    """Reads the accounts that the settings name, or an export."""

    def __init__(self, system: str, settings: Settings, taken_at: datetime) -> None:
        self.system = system
        self.settings = settings
        self.taken_at = taken_at
        self._asked = Asked()
        self._identity = ""
        self._above: Mapping[str, Ref] = {}
        self._made: list[Principal] = []
        self._sees_all = True

    @property
    def identity(self) -> str:
        """The ARN that read."""
        return self._identity

    @property
    def source(self) -> str:
        """`live`, or the name of the export."""
        return f"export {Path(self.settings.export).name}" if self.settings.export else "live"

    @property
    def calls(self) -> int:
        """Requests so far, every page counted."""
        return self._asked.calls

    @property
    def rights(self) -> tuple[Right, ...]:
        """Actions of IAM, and the roles that were assumed."""
        return self._asked.rights

    def surplus(self) -> tuple[str, ...]:
        """Nothing: AWS tells nobody what else an identity may do."""
        return ()

    def observe(self) -> Iterator[Said]:
        """Facts, edges, gaps and readings of every account."""
        if self.settings.export:
            yield from self._export()
            return
        api = AwsApi(self.settings, asked=self._asked)
        home, self._identity = api.whoami()
        self.settings, unresolved = resolved(self.system, self.settings, api)
        yield from unresolved
        self._sees_all = not unresolved
        accounts = sorted({account for _, listed in self.settings.sets for account in listed})
        if self.settings.organization:
            yield from strangers(self.system, self.settings, api)
            self._above = yield from levels(self.system, self.settings.organization, api, accounts, are_all=self._sees_all)
        if not accounts and not self.settings.organization:
            yield from self._account(api, home)
        for account in accounts:
            there = api if account == home and not self.settings.role else api.assumed(account, self.settings.role)
            if isinstance(there, Failed):
                self._sees_all = False
                yield self._account_fact(account)
                yield self._unread(account, there)
            else:
                yield from self._account(there, account)
        if self.settings.organization:
            yield from assignments(self.system, self.settings.organization, api, self._made, are_all=self._sees_all)

    def _account_fact(self, account: str) -> Account:
        ref = Ref(system=self.system, realm=account, kind="account", id=account, name=account)
        regions = self.settings.regions if self.settings.closed else ()
        return Account(ref=ref, sets=self.settings.sets_of(account), regions=regions, within=self._above.get(account))

    def _unread(self, account: str, failed: Failed) -> Gap:
        return Gap(
            system=self.system,
            realm=account,
            what="account",
            reason=failed.reason,
            message=f"account {account} could not be read: {failed.message}",
            remedy=f"let the reader assume role {self.settings.role} in {account}, by its own policy and by the role's trust",
            rights=failed.rights,
        )

    def _account(self, api: AwsApi, account: str) -> Iterator[Said]:
        yield self._account_fact(account)
        details = api.ask("iam", "get_account_authorization_details")
        if isinstance(details, Failed):
            self._sees_all = False
            yield unseen(self.system, account, "iam", details)
        else:
            found = details.answer if hasattr(details, "answer") else {}
            said = tuple(self._identities(account, found))
            yield from said
            yield from credentials(api, users(self.system, account, found))
            yield self._reading(account, "iam", sum(len(listed) for listed in found.values()), getattr(details, "calls", 1))
            if self.settings.last_used:
                yield from uses(api, [one for one in said if isinstance(one, Principal)], self.settings.last_used)
        regions = yield from self._regions(api, account)
        yield from storage(self.system, account, api, regions)
        yield from network(self.system, account, api, regions)
        yield from ip_sets(self.system, account, api, regions)

    def _identities(self, account: str, found: Mapping[str, Any]) -> Iterator[Said]:
        """The same, and which of them Identity Center made."""
        for said in identities(self.system, account, found):
            if isinstance(said, Principal) and said.ref.kind == "permission-set":
                self._made.append(said)
            yield said

    def _regions(self, api: AwsApi, account: str) -> Generator[Gap, None, tuple[str, ...]]:
        """The regions to read; what is enabled and not among them is a gap, unless it is closed by other means."""
        if self.settings.regions and self.settings.closed:
            return self.settings.regions
        answer = api.ask("ec2", "describe_regions")
        enabled = {str(region["RegionName"]) for region in listed(answer, "Regions")}
        if isinstance(answer, Failed):
            yield unseen(self.system, account, "regions", answer)
        unread = sorted(enabled - set(self.settings.regions))
        if self.settings.regions and unread:
            yield Gap(
                system=self.system,
                realm=account,
                what="regions",
                reason=GapReason.NOT_READ,
                message=f"{len(unread)} enabled regions are not read: {', '.join(unread)}",
                remedy="read them, or close them and say so: regions: {read: [...], others: closed-by-scp}",
            )
        return self.settings.regions or tuple(sorted(enabled))

    def _reading(self, account: str, what: str, items: int, calls: int) -> Reading:
        return Reading(system=self.system, realm=account, what=what, items=items, pages=calls, calls=calls)

    def _export(self) -> Iterator[Said]:
        path = Path(self.settings.export)
        found = read_export(path)
        account = _account_of(found, path)
        yield self._account_fact(account)
        yield from identities(self.system, account, found)
        yield Reading(
            system=self.system, realm=account, what="iam", items=sum(len(v) for v in found.values() if isinstance(v, list)), calls=0
        )
        yield Gap(
            system=self.system,
            realm=account,
            what="assets",
            reason=GapReason.NOT_READ,
            message=f"{path.name} holds identities only: credentials, encryption and network of {account} were not seen",
            remedy="read the account live as well",
        )


def read_export(path: Path) -> Mapping[str, Any]:
    """The JSON that `aws iam get-account-authorization-details` writes.

    Raises:
        ConnectorError: Not that, or only a part of it.
    """
    remedy = "save the whole output of aws iam get-account-authorization-details --output json"
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ConnectorError(f"{path}: {error.strerror}", remedy="name an export that can be read") from error
    except ValueError as error:
        raise ConnectorError(f"{path}: not JSON: {error}", remedy=remedy) from error
    keys = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    lacking = [key for key in keys if not isinstance(found, dict) or not isinstance(found.get(key), list)]
    if lacking or found.get("IsTruncated"):
        raise ConnectorError(f"{path}: lacks {', '.join(lacking) or 'its further pages'}", remedy=remedy)
    if not any(found[key] for key in keys):
        raise ConnectorError(f"{path}: the account is empty, which no account is", remedy=remedy)
    return {key: found[key] for key in keys}


def _account_of(found: Mapping[str, Any], path: Path) -> str:
    for key in ("RoleDetailList", "UserDetailList", "GroupDetailList"):
        for entry in found[key]:
            return str(entry["Arn"]).split(":")[4]
    raise ConnectorError(f"{path}: no object tells the account", remedy="export an account that has users or roles")
