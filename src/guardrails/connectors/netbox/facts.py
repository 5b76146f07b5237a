"""From objects of NetBox to facts, the same for exports and live answers. An object that is not understood whole is a gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from guardrails.connectors.netbox.answers import Answers, Failed, Found, Objects
from guardrails.model.facts import Account, Credential, Gap, NetworkRecord, Pairs, Principal, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, GapReason, PrincipalForm, RecordForm, State
from guardrails.sets import Addresses

__all__ = ["said"]

_REALM = "netbox"
"""One NetBox is one realm; its ids are the same live and exported."""

_WHAT = {"users": "identity"}
"""What a gap of an endpoint is called where the core has a word of its own for it."""

Said = Account | NetworkRecord | Principal | Credential | Gap | Reading
_Object = Mapping[str, Any]


def said(system: str, answers: Answers) -> Iterator[Said]:
    """Everything that the answers say, and a gap for everything that they do not."""
    yield Account(ref=Ref(system=system, realm=_REALM, kind="account", id=_REALM, name=_REALM))
    for endpoint, answer in answers.items():
        what = _WHAT.get(endpoint, endpoint)
        if isinstance(answer, Failed):
            yield _gap(system, what, answer.reason, answer.message, answer.remedy, *answer.rights)
            continue
        yield from _facts(system, endpoint, answer.objects)
        yield Reading(
            system=system,
            realm=_REALM,
            what=what,
            items=len(answer.objects),
            pages=answer.pages,
            calls=answer.calls,
            counted=answer.counted,
        )
    yield from _own_tokens(system, answers)


def _gap(system: str, what: str, reason: GapReason, message: str, remedy: str, *rights: str) -> Gap:
    return Gap(system=system, realm=_REALM, what=what, reason=reason, message=message, remedy=remedy, rights=rights)


def _facts(system: str, endpoint: str, objects: Objects) -> Iterator[Said]:
    if endpoint == "vrfs":  # of which only the names matter, which the records carry
        yield from _ambiguous(system, objects)
        return
    for found in objects:
        try:
            yield _FACTS[endpoint](system, found)
        except (KeyError, TypeError, ValueError, AttributeError):
            # the error's own words may quote the object
            message = f"object {found['id']} of {endpoint} lacks a field, or holds one of another form"
            remedy = "read it whole: without brief, fields, omit or exclude"
            yield _gap(system, _WHAT.get(endpoint, endpoint), GapReason.MALFORMED, message, remedy)


def _ref(system: str, kind: str, found: _Object, name: str) -> Ref:
    return Ref(system=system, realm=_REALM, kind=kind, id=f"{kind}/{found['id']}", name=name)


def _prefix(system: str, found: _Object) -> NetworkRecord:
    return _record(system, "prefix", RecordForm.PREFIX, found, addresses=_text(found["prefix"]), more=_scope(found))


def _range(system: str, found: _Object) -> NetworkRecord:
    # both ends carry the mask of the network around them, which is not a part of the range
    ends = f"{_host(found['start_address'])}-{_host(found['end_address'])}"
    return _record(system, "ip-range", RecordForm.RANGE, found, addresses=ends)


def _address(system: str, found: _Object) -> NetworkRecord:
    return _record(system, "ip-address", RecordForm.ADDRESS, found, addresses=_host(found["address"]))


def _record(system: str, kind: str, form: RecordForm, found: _Object, *, addresses: str, more: Pairs = ()) -> NetworkRecord:
    Addresses.parse([addresses])
    named = {
        "status": _text(found["status"]["value"]),
        "role": _word(found["role"]),
        "tenant": _word(found["tenant"]),
        "vrf": "global" if found["vrf"] is None else _text(found["vrf"]["name"]),
        **{f"tag/{_text(tag['slug'])}": "yes" for tag in found["tags"]},
        **dict(more),
    }
    return NetworkRecord(
        ref=_ref(system, kind, found, _text(found["display"])),
        form=form,
        addresses=(addresses,),
        attributes=tuple(sorted((name, value) for name, value in named.items() if value)),
        owner=_text(owner["name"]) if (owner := found.get("owner")) else "",
    )


def _scope(found: _Object) -> Pairs:
    """A site; since 4.2 also a region, a site group or a location."""
    if "scope_type" not in found:
        return (("site", _word(found["site"])),)
    if found["scope_type"] is None:
        return ()
    return ((_text(found["scope_type"]).removeprefix("dcim."), _word(found["scope"])),)


def _word(value: _Object | None) -> str:
    """The slug of an object, or the value of a choice."""
    if value is None:
        return ""
    return _text(value["slug"] if "slug" in value else value["value"])


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _host(value: object) -> str:
    return _text(value).partition("/")[0]


def _user(system: str, found: _Object) -> Principal:
    name = _text(found["username"])
    return Principal(
        ref=_ref(system, "user", found, name),
        form=PrincipalForm.USER,
        state=_state(found["is_active"]),
        resource=name,
        names=tuple(pair for pair in (("mail", found["email"]), ("username", name)) if pair[1]),
        created_at=_moment(found["date_joined"]),
        last_used_at=_moment(found["last_login"]),
    )


def _token(system: str, found: _Object) -> Credential:
    writes = "write" if found["write_enabled"] else "read only"
    user = found["user"]
    return Credential(
        ref=_ref(system, "token", found, f"{found['id']} ({writes})"),
        holder=_ref(system, "user", user, _text(user["username"])),
        form=CredentialForm.TOKEN,
        state=_state(found.get("enabled", True)),  # before 4.5 a token could not be disabled
        created_at=_moment(found["created"]),
        last_used_at=_moment(found["last_used"]),
        expires_at=_moment(found["expires"]),
    )


def _state(active: object) -> State:
    if not isinstance(active, bool):
        raise TypeError
    return State.ACTIVE if active else State.DISABLED


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


_FACTS: dict[str, Callable[[str, _Object], NetworkRecord | Principal | Credential]] = {
    "prefixes": _prefix,
    "ip-ranges": _range,
    "ip-addresses": _address,
    "users": _user,
    "tokens": _token,
}


def _ambiguous(system: str, vrfs: Objects) -> Iterator[Gap]:
    """Names of VRFs need not be unique, and one may be called as no VRF is here; a selector could not tell them apart."""
    names = Counter([*(str(found.get("name")) for found in vrfs), "global"])
    for name in sorted(name for name, times in names.items() if times > 1):
        message, remedy = f"the name {name} could mean more than one VRF", "give each VRF a name of its own, other than global"
        yield _gap(system, "vrfs", GapReason.UNSUPPORTED, message, remedy)


def _own_tokens(system: str, answers: Answers) -> Iterator[Gap]:
    """By default everybody may list the own tokens and nobody else's, and that answer looks whole."""
    users, tokens = answers["users"], answers["tokens"]
    if isinstance(tokens, Failed) or (isinstance(users, Found) and len(users.objects) <= 1):
        return
    if len({repr(found.get("user")) for found in tokens.objects}) <= 1:
        message = "the tokens of one user at most were seen, which is all that a user without rights is shown"
        yield _gap(
            system, "tokens", GapReason.INCOMPLETE, message, "let the reader view users > token without constraints", "view users.token"
        )
