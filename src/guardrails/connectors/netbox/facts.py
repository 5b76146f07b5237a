"""From objects of NetBox to facts, the same for exports and live answers. An object that is not understood whole is a gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from guardrails.connectors.netbox.answers import Answers, Failed, Found, Objects
from guardrails.connectors.netbox.devices import device, virtual_machine
from guardrails.connectors.netbox.objects import REALM, Object, choice, owner, pairs, reference, tags, text
from guardrails.model.facts import Account, Credential, Device, Gap, NetworkRecord, Pairs, Principal, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, GapReason, PrincipalForm, RecordForm, State
from guardrails.sets import Addresses

__all__ = ["said"]

_WHAT = {"users": "identity"}
"""What a gap of an endpoint is called where the core has a word of its own for it."""

Said = Account | NetworkRecord | Device | Principal | Credential | Gap | Reading


def said(system: str, answers: Answers) -> Iterator[Said]:
    """Everything that the answers say, and a gap for everything that they do not."""
    yield Account(ref=Ref(system=system, realm=REALM, kind="account", id=REALM, name=REALM))
    for endpoint, answer in answers.items():
        what = _WHAT.get(endpoint, endpoint)
        if isinstance(answer, Failed):
            yield _gap(system, what, answer.reason, answer.message, answer.remedy, *answer.rights)
            continue
        yield from _facts(system, endpoint, answer.objects)
        yield Reading(
            system=system,
            realm=REALM,
            what=what,
            items=len(answer.objects),
            pages=answer.pages,
            calls=answer.calls,
            counted=answer.counted,
        )
    yield from _own_tokens(system, answers)


def _gap(system: str, what: str, reason: GapReason, message: str, remedy: str, *rights: str) -> Gap:
    return Gap(system=system, realm=REALM, what=what, reason=reason, message=message, remedy=remedy, rights=rights)


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


def _prefix(system: str, found: Object) -> NetworkRecord:
    return _record(system, "prefix", RecordForm.PREFIX, found, addresses=text(found["prefix"]), more=_scope(found))


def _range(system: str, found: Object) -> NetworkRecord:
    # both ends carry the mask of the network around them, which is not a part of the range
    ends = f"{_host(found['start_address'])}-{_host(found['end_address'])}"
    return _record(system, "ip-range", RecordForm.RANGE, found, addresses=ends)


def _address(system: str, found: Object) -> NetworkRecord:
    return _record(system, "ip-address", RecordForm.ADDRESS, found, addresses=_host(found["address"]))


def _record(system: str, kind: str, form: RecordForm, found: Object, *, addresses: str, more: Pairs = ()) -> NetworkRecord:
    Addresses.parse([addresses])
    named = {
        "status": text(found["status"]["value"]),
        "role": choice(found["role"]),
        "tenant": choice(found["tenant"]),
        "vrf": "global" if found["vrf"] is None else text(found["vrf"]["name"]),
        **tags(found),
        **dict(more),
    }
    return NetworkRecord(
        ref=reference(system, kind, found, text(found["display"])),
        form=form,
        addresses=(addresses,),
        attributes=pairs(named),
        owner=owner(found),
    )


def _scope(found: Object) -> Pairs:
    """A site; since 4.2 also a region, a site group or a location."""
    if "scope_type" not in found:
        return (("site", choice(found["site"])),)
    if found["scope_type"] is None:
        return ()
    return ((text(found["scope_type"]).removeprefix("dcim."), choice(found["scope"])),)


def _host(value: object) -> str:
    return text(value).partition("/")[0]


def _user(system: str, found: Object) -> Principal:
    name = text(found["username"])
    return Principal(
        ref=reference(system, "user", found, name),
        form=PrincipalForm.USER,
        state=_state(found["is_active"]),
        resource=name,
        names=tuple(pair for pair in (("mail", found["email"]), ("username", name)) if pair[1]),
        created_at=_moment(found["date_joined"]),
        last_used_at=_moment(found["last_login"]),
    )


def _token(system: str, found: Object) -> Credential:
    writes = "write" if found["write_enabled"] else "read only"
    user = found["user"]
    return Credential(
        ref=reference(system, "token", found, f"{found['id']} ({writes})"),
        holder=reference(system, "user", user, text(user["username"])),
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


_FACTS: dict[str, Callable[[str, Object], NetworkRecord | Principal | Credential | Device]] = {
    "prefixes": _prefix,
    "ip-ranges": _range,
    "ip-addresses": _address,
    "users": _user,
    "tokens": _token,
    "devices": device,
    "virtual-machines": virtual_machine,
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
