"""Worlds drawn at random: a few principals, people, groups, assets and keys, with a declaration about some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from drift.worlds import NOW, account, group, person, ref
from guardrails.drift import World, differences
from guardrails.model.declaration import (
    Clause,
    Credentials,
    Declaration,
    DeclaredAsset,
    DeclaredClass,
    Entitlement,
    Join,
    PeopleSource,
    Role,
    Trust,
    Vendor,
    Workload,
)
from guardrails.model.exceptions import DebtException, GapException, GrantException
from guardrails.model.facts import Account, Asset, Credential, Edge, Gap, Key, NotSeen, Principal, Protection
from guardrails.model.observation import fold
from guardrails.model.reference import Reference, Scope
from guardrails.model.words import AtRest, CredentialForm, Custody, EdgeKind, GapReason, PrincipalForm, State, Transit
from guardrails.ports import TrustSeen
from guardrails.testing.memory import MemoryMeaning

APP, DIR = Scope("app"), Scope("dir")
PAIRS = [(action, on) for action in ("get", "put") for on in ("x", "y")]
ENTITLED = tuple(
    Entitlement(name=f"{action}-{on}", clauses=(Clause(scope=APP, actions=(action,), resources=(on,)),)) for action, on in PAIRS
)
NAMES = tuple(entitlement.name for entitlement in ENTITLED)
PEOPLE, GROUPS, ROLES, USERS = ("bob", "eve"), ("core", "night"), ("etl", "ci"), ("u1", "u2", "u3")
STATES = st.sampled_from(list(State))
UNSEEN = NotSeen(GapReason.DENIED, "AccessDenied")
CLASSES = (
    DeclaredClass(name="open", rank=1),
    DeclaredClass(name="closed", rank=2, at_rest=AtRest.CUSTOMER_KEY, in_transit=Transit.TLS1_2, rotation_days=365, own_key=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A declaration, what was said by both systems, and what permissions there are."""

    declared: Declaration
    said: tuple
    held: dict = field(default_factory=dict)
    trusted: dict = field(default_factory=dict)
    transit: dict = field(default_factory=dict)
    shared: dict = field(default_factory=dict)
    refused: str = ""

    def differences(self):
        """Every difference, as found."""
        meaning = MemoryMeaning(self.held, self.trusted, self.transit, self.shared)
        observed = {}
        for name in ("app", "dir"):
            own = [item for item in self.said if system_of(item) == name]
            realm = Account(ref=ref("account", "r", name), sets=("prod",))
            observed[name] = fold([realm, *own], system=name, connector="memory", taken_at=NOW)
        return list(differences(World(self.declared, observed, dict.fromkeys(observed, meaning), NOW, lambda *_: self.refused)))


def system_of(item) -> str:
    match item:
        case Gap():
            return item.system
        case Edge():
            return item.source.system
        case Protection():
            return item.asset.system
        case _:
            return item.ref.system


def role(name: str) -> Principal:
    return Principal(ref=ref("role", name), form=PrincipalForm.ROLE, resource=f"arn:{name}")


def named(kind: str, name: str, scope: Scope | None = APP) -> Reference:
    return Reference(scope=scope, kind=kind, name=name)


ceilings = st.sets(st.sampled_from(NAMES)).flatmap(
    lambda may: st.sets(st.sampled_from(sorted(may)) if may else st.nothing()).map(lambda must: (tuple(sorted(may)), tuple(sorted(must))))
)
days = st.sampled_from([None, NOW.date(), NOW.date() - timedelta(days=1), date(2027, 6, 1)])
members = st.sets(st.sampled_from([named("person", name, None) for name in PEOPLE] + [named("group", name, DIR) for name in GROUPS])).map(
    lambda found: tuple(sorted(found, key=str))
)
WHO = (
    TrustSeen(kind="any", name="*", account="", external_id=False, pointer="p 0"),
    TrustSeen(kind="any", name="*", account="", external_id=False, pointer="p 1", conditional=True),
    TrustSeen(kind="aws", name="arn:stranger", account="9", external_id=False, pointer="p 2"),
    TrustSeen(kind="aws", name="9", account="9", external_id=None, pointer="p 3"),
    TrustSeen(kind="service", name="glue", account="", external_id=False, pointer="p 4"),
)


@st.composite
def workloads(draw):
    found = []
    for name in draw(st.sets(st.sampled_from(ROLES))):
        may, must = draw(ceilings)
        by = tuple(draw(st.sets(st.sampled_from([named("service", "glue"), named("", "9")]))))
        allowed = draw(st.sampled_from([None, Credentials(static=False), Credentials(max_age_hours=24)]))
        found.append(
            Workload(name=name, principals=(named("role", name),), assumed_by=by, may=may, must=must, owner="team:t", credentials=allowed)
        )
    return tuple(sorted(found, key=lambda load: load.name))


@st.composite
def roles(draw):
    found = []
    for name in draw(st.sets(st.sampled_from(["on-call", "admins"]))):
        may, must = draw(ceilings)
        through = draw(st.sampled_from([(), (named("role", "ci"),)]))
        found.append(Role(name=name, members=draw(members), through=through, may=may, must=must, owner="team:t"))
    return tuple(sorted(found, key=lambda role: role.name))


@st.composite
def exceptions(draw):
    found = []
    shared = {"approved": "I", "risk_owner": "team:t"}
    if until := draw(days):
        found.append(GrantException(name="G", to=named("person", "bob", None), may=(NAMES[0],), since=draw(days), until=until, **shared))
    if until := draw(days):
        found.append(DebtException(name="D", of=named("role", "etl"), actions=("put",), resources=("y",), until=until, **shared))
    if until := draw(days):
        found.append(GapException(name="K", of=named("", "r"), what="s3", until=until, **shared))
    return tuple(found)


@st.composite
def declarations(draw):
    trust = Trust(principal=named("role", "ci"), by=named("", "9"), external_id_required=draw(st.booleans()))
    selected = draw(st.tuples(st.sampled_from([("arn:a",), ("arn:a", "arn:b")]), st.sampled_from([("arn:b",), ("arn:c",)])))
    return Declaration(
        sources=(PeopleSource(system="dir", name="uid"),),
        joins=(Join(system="app", key="tag/uid", attribute="uid", kind="user"),),
        classes=CLASSES,
        assets=(
            DeclaredAsset(name="first", class_name="closed", owner="team:t", accepted="I", match=((APP, selected[0]),)),
            DeclaredAsset(name="second", class_name="open", owner="team:t", accepted="I", match=((APP, selected[1]),)),
        ),
        entitlements=ENTITLED,
        everyone=draw(st.sampled_from([(), NAMES[:1]])),
        roles=draw(roles()),
        workloads=draw(workloads()),
        vendors=draw(st.sampled_from([(), (Vendor(name="v", valid_until=date(2026, 11, 24), trusts=(trust,)),)])),
        exceptions=draw(exceptions()),
    )


@st.composite
def storage(draw):
    said = []
    for name in draw(st.sets(st.sampled_from("abc"))):
        asset = Asset(ref=ref("bucket", name), resource=f"arn:{name}")
        said.append(asset)
        if draw(st.booleans()):
            level = draw(st.sampled_from([*AtRest, UNSEEN]))
            own = level is UNSEEN or level >= AtRest.CUSTOMER_KEY
            said.append(Protection(asset=asset.ref, at_rest=level, key=draw(st.sampled_from(["k1", "k2"])) if own else ""))
    for name in draw(st.sets(st.sampled_from(["k1", "k2"]))):
        rotation = draw(st.sampled_from([0, 365, 730, UNSEEN]))
        said.append(Key(ref=ref("key", name), resource=name, custody=Custody.CUSTOMER, state=draw(STATES), rotation_days=rotation))
    return said


@st.composite
def identities(draw):
    people = [person(name, draw(STATES)) for name in draw(st.sets(st.sampled_from(PEOPLE)))]
    users = [account(name, draw(st.sampled_from([*PEOPLE, "ghost", ""])), draw(STATES)) for name in draw(st.sets(st.sampled_from(USERS)))]
    found = [*people, *users, *map(group, GROUPS), *map(role, draw(st.sets(st.sampled_from(ROLES))))]
    ends = st.tuples(st.sampled_from([*people, *map(group, GROUPS)]), st.sampled_from(GROUPS))
    for inner, outer in draw(st.lists(ends, max_size=4)):
        found.append(Edge(kind=EdgeKind.MEMBER, source=inner.ref, target=group(outer).ref))
    holders = [one.ref for one in found if isinstance(one, Principal)]
    for number in range(draw(st.integers(0, 2))):
        made = draw(st.sampled_from([None, NOW - timedelta(hours=23), NOW - timedelta(hours=25)]))
        own, holder = ref("access-key", str(number)), draw(st.sampled_from(holders))
        found.append(Credential(ref=own, holder=holder, form=CredentialForm.ACCESS_KEY, state=draw(STATES), created_at=made))
    return found


gaps = st.builds(
    Gap,
    system=st.sampled_from(["app", "dir"]),
    realm=st.just("r"),
    what=st.sampled_from(["s3", "iam", "people", "groups", "s3:policy", "system"]),
    reason=st.sampled_from([GapReason.DENIED, GapReason.INCOMPLETE]),
    message=st.sampled_from(["AccessDenied", "size limit"]),
    subject=st.sampled_from([None, ref("bucket", "a")]),
)


@st.composite
def worlds(draw):
    said = [*draw(identities()), *draw(storage()), *draw(st.lists(gaps, max_size=2))]
    principals = [one.ref for one in said if isinstance(one, Principal)]
    assets = [one.ref for one in said if isinstance(one, Asset)]
    who = st.lists(st.sampled_from(WHO), max_size=2, unique=True).map(tuple)
    return Drawn(
        declared=draw(declarations()),
        said=tuple(said),
        held={one: frozenset(draw(st.sets(st.sampled_from(PAIRS)))) for one in principals},
        trusted={one: draw(who) for one in principals if one.kind == "role"},
        transit={one: draw(st.sampled_from(list(Transit))) for one in assets},
        shared={one: draw(who) for one in assets},
        refused=draw(st.sampled_from(["", "no record"])),
    )
