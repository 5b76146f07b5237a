"""Small worlds that prove a control: a declaration as text, and what was seen of it. Values only; who judges them is above.

Every example is judged at `NOW`. Its text stands beside the team `data`, and beside each system that something was seen of: `aws`
always, with the one account `ACCOUNT` as its set `prod`; `directory` and `inventory` when they are spoken of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from guardrails.model.change_control import Changes
from guardrails.model.facts import (
    Asset,
    Credential,
    Edge,
    Exposure,
    Fact,
    Gap,
    Key,
    NetworkRecord,
    NotSeen,
    Policy,
    Principal,
    Protection,
    Setting,
)
from guardrails.model.reference import Ref
from guardrails.model.words import (
    AtRest,
    CredentialForm,
    Custody,
    Direction,
    EdgeKind,
    GapReason,
    PrincipalForm,
    RecordForm,
    State,
    Transit,
    Verdict,
)
from guardrails.ports import DirectoryLogin, Issued, Remark, TransitSeen, TrustSeen

__all__ = [
    "ACCOUNT",
    "NOW",
    "UNREAD",
    "WEBSITE",
    "Example",
    "Forbidden",
    "access_key",
    "account_of",
    "anybody",
    "assigned",
    "bucket",
    "by_directory",
    "center_user",
    "disabled",
    "encrypted",
    "foreign",
    "gap",
    "group",
    "key",
    "login",
    "machine",
    "member",
    "named",
    "permission_set",
    "person",
    "policy",
    "prefix",
    "ref",
    "role",
    "rule",
    "service",
    "setting",
    "token",
]

_T = TypeVar("_T", Credential, Principal)

WEBSITE = """\
classes:
  public: {}
assets:
  website: {class: public, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::website"]}}
"""
"""A declared asset, the one bucket `website`."""

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
UNREAD = NotSeen(GapReason.DENIED, "AccessDenied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A world in which everything is as declared.

    Attributes:
        title: What was seen, in words.
        declared: Sections of a declaration, as YAML.
        seen: Facts, edges and gaps of any system; the accounts themselves are added.
        held: Who may do what on what; names are compared as they stand.
        trusted: Who may become whom.
        shared: Whom an asset's own policy lets in.
        transit: What an asset demands of the way to it.
        becoming: Who can become whom.
        remarked: What a system says of its own documents.
        out: Which credentials are out.
        ways: How a system logs people in by a directory.
        living: How many seconds the tokens of a login live.
        refused: Why no signature stands behind any claim of the text; empty when all of them stand.
        changes: What was judged, approved and made.
    """

    title: str
    declared: str = ""
    seen: tuple[Fact | Edge | Gap, ...] = ()
    held: tuple[tuple[Ref, str, str], ...] = ()
    trusted: tuple[tuple[Ref, TrustSeen], ...] = ()
    shared: tuple[tuple[Ref, TrustSeen], ...] = ()
    transit: tuple[tuple[Ref, Transit | TransitSeen], ...] = ()
    becoming: tuple[tuple[Ref, Ref], ...] = ()
    remarked: tuple[Remark, ...] = ()
    out: tuple[Issued, ...] = ()
    ways: tuple[DirectoryLogin, ...] = ()
    living: tuple[tuple[Ref, int | NotSeen], ...] = ()
    refused: str = ""
    changes: Changes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden(Example):
    """A world with a difference; `says` is the finding's sentence."""

    says: str
    verdict: Verdict = Verdict.VIOLATION


def ref(kind: str, name: str, system: str = "aws") -> Ref:
    """An object; its id is unlike its name, so that what must not depend on the name does not."""
    return Ref(system=system, realm=ACCOUNT if system == "aws" else "", kind=kind, id=f"id-of-{kind}-{name}", name=name)


def _principal(kind: str, name: str, form: PrincipalForm, key: str = "") -> Principal:
    names = (("tag/uid", key),) if key else ()
    return Principal(ref=ref(kind, name), form=form, resource=f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", names=names)


def setting(kind: str, name: str) -> Setting:
    """How an object of a system is set up."""
    return Setting(ref=ref(kind, name), form=kind, text="{}")


def policy(name: str) -> Policy:
    """A document of the system's own policy language."""
    return Policy(ref=ref("policy", name), text="{}")


def role(name: str) -> Principal:
    """A role of the account."""
    return _principal("role", name, PrincipalForm.ROLE)


def account_of(uid: str, name: str = "") -> Principal:
    """A user of the account whose tag says that it is somebody's."""
    return _principal("user", name or uid, PrincipalForm.USER, uid)


def machine(name: str) -> Principal:
    """A user of the account that is nobody's."""
    return _principal("user", name, PrincipalForm.USER)


def disabled(one: _T) -> _T:
    """The same, not usable now."""
    return replace(one, state=State.DISABLED)


def access_key(holder: Principal, *, days: int | None) -> Credential:
    """A key that was made so many days ago; `None` when that was not seen."""
    made = None if days is None else NOW - timedelta(days=days)
    own = ref("access-key", f"AKIA{holder.ref.name.upper()}")
    return Credential(ref=own, holder=holder.ref, form=CredentialForm.ACCESS_KEY, created_at=made)


def by_directory(*, untold: str = "") -> DirectoryLogin:
    """A way to log in by a directory that looks for groups which list people by name."""
    return DirectoryLogin(
        ref=ref("auth-config", "ldap"),
        key="uid",
        people="dc=example",
        directly=False,
        groups="dc=example",
        names=frozenset({"oncall"}),
        finds=lambda listed, _deeper: "member" in listed,
        untold=untold,
    )


def login(uid: str, *groups: str) -> Ref:
    """Somebody as they are after a login that found these groups."""
    return Ref(system="aws", realm=ACCOUNT, kind="login", id=" ".join((uid, *groups)), name=uid)


def named(who: Principal) -> Principal:
    """The same with its full name in the directory."""
    kind = "uid" if who.ref.kind == "person" else "cn"
    return replace(who, resource=f"{kind}={who.ref.name},dc=example")


def token(holder: Principal, *, usable: bool = True, leaves: str = "") -> Issued:
    """One that is out."""
    return Issued(ref=ref("token", holder.ref.name), holder=holder.ref, usable=usable, leaves=leaves, how="accessor a-1, had by a login")


def person(uid: str, state: State = State.ACTIVE) -> Principal:
    """Somebody in the directory."""
    return Principal(ref=ref("person", uid, "directory"), form=PrincipalForm.USER, state=state, names=(("uid", uid),))


def group(name: str) -> Principal:
    """A group of the directory."""
    return Principal(ref=ref("group", name, "directory"), form=PrincipalForm.GROUP)


def member(who: Principal, of: Principal) -> Edge:
    """Somebody is in a group."""
    return Edge(kind=EdgeKind.MEMBER, source=who.ref, target=of.ref, provenance=f"{of.ref.name} member")


def center_user(name: str) -> Principal:
    """Somebody in the identity centre."""
    return replace(_principal("identity-center-user", name, PrincipalForm.USER), names=(("identity-center", name),))


def permission_set(name: str) -> Principal:
    """What the identity centre made of a permission set in the account."""
    return _principal("permission-set", name, PrincipalForm.ROLE)


def assigned(who: Principal, become: Principal) -> Edge:
    """Somebody may become it by the register of the identity centre."""
    return Edge(kind=EdgeKind.ASSIGNED, source=who.ref, target=become.ref, provenance=f"id-of-{become.ref.name}")


def service(name: str, *, is_deputy: bool = False) -> TrustSeen:
    """A service of the provider."""
    return TrustSeen(kind="service", name=name, account="", external_id=False, pointer="statement 0", is_deputy=is_deputy)


def foreign(account: str, *, external_id: bool | None = False, conditional: bool = False) -> TrustSeen:
    """An account, whole."""
    name = f"arn:aws:iam::{account}:root"
    return TrustSeen(
        kind="aws", name=name, account=account, external_id=external_id, pointer="statement 0", conditional=conditional or bool(external_id)
    )


def anybody(*, conditional: bool = False, by_list: bool = False) -> TrustSeen:
    """Everybody there is."""
    return TrustSeen(kind="any", name="*", account="", external_id=False, pointer="statement 0", conditional=conditional, by_list=by_list)


def bucket(name: str) -> Asset:
    """A bucket of the account."""
    return Asset(ref=ref("bucket", name), resource=f"arn:aws:s3:::{name}")


def encrypted(asset: Asset, level: AtRest | NotSeen, by: str = "") -> Protection:
    """How an asset is encrypted, and by which key."""
    return Protection(asset=asset.ref, at_rest=level, key=by)


def key(name: str, *, rotation_days: int | NotSeen = 365, state: State = State.ACTIVE) -> Key:
    """A key of our own."""
    return Key(ref=ref("key", name), resource=name, custody=Custody.CUSTOMER, state=state, rotation_days=rotation_days)


def rule(target: str, *addresses: str, ports: str = "443/tcp") -> Exposure:
    """A rule of a security group that lets addresses in."""
    own = ref("rule", f"{target} {' '.join(addresses)} {ports}")
    return Exposure(ref=own, target=ref("security-group", target), direction=Direction.IN, ports=(ports,), addresses=addresses)


def prefix(cidr: str, **attributes: str) -> NetworkRecord:
    """An active prefix of the inventory."""
    held = tuple(sorted({"status": "active", "vrf": "global", **attributes}.items()))
    return NetworkRecord(ref=ref("prefix", cidr, "inventory"), form=RecordForm.PREFIX, addresses=(cidr,), attributes=held)


def gap(what: str, message: str, *, system: str = "aws", subject: Ref | None = None) -> Gap:
    """Something that was refused."""
    realm = ACCOUNT if system == "aws" else ""
    return Gap(system=system, realm=realm, what=what, reason=GapReason.DENIED, message=message, subject=subject)
