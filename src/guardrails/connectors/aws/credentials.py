"""How users prove who they are: access keys and passwords, with their age and last use; never their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.model.facts import Credential, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, State

__all__ = ["credentials"]

_STATES = {"Active": State.ACTIVE, "Inactive": State.DISABLED}


def credentials(api: AwsApi, users: Iterator[tuple[Ref, Mapping[str, Any]]]) -> Iterator[Credential | Gap | Reading]:
    """The credentials of each user; `users` are their refs with their entries in the account's details."""
    for user, entry in users:
        keys = api.ask("iam", "list_access_keys", UserName=user.name)
        if isinstance(keys, Failed):
            yield _gap(user, keys)
        for key in listed(keys, "AccessKeyMetadata"):
            yield from _access_key(api, user, key)
        profile = api.ask("iam", "get_login_profile", UserName=user.name)
        if isinstance(profile, Failed):
            yield _gap(user, profile)
        elif isinstance(profile, Found):
            ref = Ref(system=user.system, realm=user.realm, kind="password", id=f"{user.id}/password", name=user.name)
            made, used = profile.answer["LoginProfile"].get("CreateDate"), entry.get("PasswordLastUsed")
            yield Credential(ref=ref, holder=user, form=CredentialForm.PASSWORD, created_at=_aware(made), last_used_at=_aware(used))


def _access_key(api: AwsApi, user: Ref, key: Mapping[str, Any]) -> Iterator[Credential | Gap]:
    identifier = str(key["AccessKeyId"])
    used = api.ask("iam", "get_access_key_last_used", AccessKeyId=identifier)
    if isinstance(used, Failed):
        yield _gap(user, used)
    last = used.answer["AccessKeyLastUsed"].get("LastUsedDate") if isinstance(used, Found) else None
    yield Credential(
        ref=Ref(system=user.system, realm=user.realm, kind="access-key", id=identifier, name=identifier),
        holder=user,
        form=CredentialForm.ACCESS_KEY,
        state=_STATES.get(str(key.get("Status")), State.UNKNOWN),
        created_at=_aware(key.get("CreateDate")),
        last_used_at=_aware(last),
    )


def _aware(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _gap(user: Ref, failed: Failed) -> Gap:
    return unseen(user.system, user.realm, "credentials", failed, user)
