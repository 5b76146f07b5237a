"""Whether an account can be used now, by what each kind of server keeps about it. What cannot be read is `UNKNOWN`, never a leaver."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from guardrails.connectors.ldap.entry import Entry
from guardrails.model.words import State

__all__ = ["state"]

_PERMANENT = "000001010000Z"
"""`pwdAccountLockedTime` of an account that an administrator locked (draft-behera-ldap-password-policy, 5.3.3)."""

_TIME = re.compile(r"[0-9]{14}(?:[.,][0-9]+)?Z")
_DISABLED_BIT = 0x2
"""ACCOUNTDISABLE of `userAccountControl` (MS-ADTS 2.2.16)."""

_NEVER = frozenset({0, (1 << 63) - 1})
"""`accountExpires` of an account that does not (MS-ADTS 2.3)."""

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def state(entry: Entry, at: datetime) -> State:
    """The state at a moment (aware): disabled if anything says so, else unknown if anything cannot be read, else active."""
    found = {_read(kind, value, at) for kind in _RULES for value in entry.texts(kind)}
    if "user" in entry.classes and "samaccountname" in entry.attributes and "useraccountcontrol" not in entry.attributes:
        found.add(State.UNKNOWN)  # Active Directory always has it, so the reader may not see it
    return next((one for one in (State.DISABLED, State.UNKNOWN) if one in found), State.ACTIVE)


def _read(kind: str, value: str, at: datetime) -> State:
    try:
        disabled = _RULES[kind](value.strip(), at)
    except (ValueError, OverflowError):
        return State.UNKNOWN
    return State.DISABLED if disabled else State.ACTIVE


def _moment(value: str) -> datetime:
    if not _TIME.fullmatch(value):
        raise ValueError(value)
    return datetime.strptime(value[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _locked(value: str, _at: datetime) -> bool:
    # any other time is a lock after failed tries, and only the password policy tells when that ends
    if value != _PERMANENT:
        raise ValueError(value)
    return True


def _not_yet(value: str, at: datetime) -> bool:
    # somebody who has yet to come cannot use it now, and must not read as somebody who left
    if at < _moment(value):
        raise ValueError(value)
    return False


def _over(value: str, at: datetime) -> bool:
    return at >= _moment(value)


def _true(value: str, _at: datetime) -> bool:
    if value.lower() not in {"true", "false"}:
        raise ValueError(value)
    return value.lower() == "true"


def _control(value: str, _at: datetime) -> bool:
    return bool(int(value) & _DISABLED_BIT)


def _account_expired(value: str, at: datetime) -> bool:
    ticks = int(value)
    return ticks not in _NEVER and at >= _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)


def _shadow_expired(value: str, at: datetime) -> bool:
    day = int(value)
    if day == 0:  # never, or in 1970: shadow(5) leaves it open
        raise ValueError(value)
    return day > 0 and (at - _UNIX_EPOCH).days >= day


_RULES = {
    "pwdaccountlockedtime": _locked,
    "pwdstarttime": _not_yet,
    "pwdendtime": _over,
    "nsaccountlock": _true,
    "logindisabled": _true,
    "useraccountcontrol": _control,
    "accountexpires": _account_expired,
    "shadowexpire": _shadow_expired,
}
