"""The sessions in which single objects are read and written: one for each account, and of who writes one for each object of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from guardrails.connectors.aws.language import Settings
from guardrails.connectors.aws.objects import Sessions, caller
from guardrails.connectors.aws.organization import resolved
from guardrails.connectors.aws.single import SingleApi
from guardrails.connectors.aws.warrant import session_policy
from guardrails.errors import ConnectorError
from guardrails.model.reference import Ref
from guardrails.ports import Warrant

__all__ = ["reading", "writing"]


def reading(system: str, settings: Settings) -> Sessions:
    """As the reader: in the account that it is in, or as its role in each.

    Raises:
        ConnectorError: It does not log in.
    """
    base = SingleApi(settings)
    account, identity, itself = caller(system, base)
    role = settings.role if settings.sets or settings.organization else ""
    become = cache(lambda realm: base.become(realm, role))
    known: list[frozenset[str]] = []

    def own() -> Iterator[Ref]:
        yield from itself
        accounts = {realm for _, realms in resolved(system, settings, base)[0].sets for realm in realms} if role else set()
        told = set()
        for realm in sorted(accounts):
            try:
                there = become(realm)
            except ConnectorError:
                continue
            yield _role(system, realm, role, there.role_id)
            yield from _writer(system, realm, settings.write_role, there)
            told.add(realm)
        known.append(frozenset(told))
        if not role:
            yield from _writer(system, account, settings.write_role, base)

    def of(ref: Ref) -> SingleApi:
        # an account that did not answer a moment ago may answer now, and who must not be locked out there is not known
        if any(ref.realm not in told for told in known):
            raise ConnectorError(f"as whom guardrails acts in {ref.realm} could not be told", remedy="plan again")
        return become(ref.realm)

    return Sessions(identity=identity, of=of if role else _at_home(account, base), own=own, writer=settings.write_role)


def writing(system: str, settings: Settings, warrant: Warrant | None) -> Sessions:
    """As the one who writes, whose roles are confined to what a plan needs and say which one in the log of the account.

    Raises:
        ConnectorError: It does not log in.
    """
    base = SingleApi(settings, {"profile_name": settings.write_profile} if settings.write_profile else None)
    account, identity, itself = caller(system, base)
    role = settings.write_role

    @cache
    def become(ref: Ref) -> SingleApi:
        try:
            policy = session_policy(ref, warrant) if warrant else ""
        except ValueError as error:
            raise ConnectorError(f"aws: {error}", remedy="plan fewer changes at once") from None
        return base.become(ref.realm, role, policy, warrant.digest if warrant else "")

    def own() -> Iterator[Ref]:
        yield from itself
        for ref in {change.ref.realm: change.ref for change in warrant.changes}.values() if role and warrant else ():
            yield _role(system, ref.realm, role, become(ref).role_id)

    return Sessions(identity=identity, of=become if role else _at_home(account, base), own=own)


def _role(system: str, realm: str, role: str, identifier: str) -> Ref:
    return Ref(system=system, realm=realm, kind="role", id=identifier, name=role)


def _writer(system: str, realm: str, role: str, api: SingleApi) -> Iterator[Ref]:
    """The role of the one who writes, which would lock itself out as well."""
    if role and (told := api.found("iam", "get_role", RoleName=role)):
        yield _role(system, realm, role, str(told["Role"]["RoleId"]))


def _at_home(account: str, base: SingleApi) -> Callable[[Ref], SingleApi]:
    def of(ref: Ref) -> SingleApi:
        if ref.realm != account:
            raise ConnectorError(f"{ref} is in another account than {account}", remedy="declare sets of accounts, and the roles there")
        return base

    return of
