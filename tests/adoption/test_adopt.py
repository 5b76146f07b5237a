"""What is adopted leaves no drift, says no more than there is, and never touches what somebody declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.drawn import Drawn, system_of, worlds
from drift.worlds import NOW, account, group, person, ref
from guardrails import adoption, declare
from guardrails.adoption.access import wider
from guardrails.adoption.review import urgent
from guardrails.drift import World, differences
from guardrails.drift.covers import Covers
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration, Entitlement
from guardrails.model.facts import Account, AddressList, Asset, Edge, Exposure, NotSeen, Principal, Protection
from guardrails.model.observation import fold
from guardrails.model.words import AtRest, Direction, EdgeKind, GapReason, Kind, PrincipalForm, State, Verdict
from guardrails.ports import TrustSeen
from guardrails.sets import Addresses, Ports, Space
from guardrails.testing.memory import MemoryMeaning

BY = date(2027, 2, 1)
BASE = """guardrails: 1
systems:
  app: {connector: aws, owner: "team:t", sets: {prod: {accounts: ["111122223333"]}}, read: {role: r}}
  dir: {connector: ldap, export: people.ldif}
teams: {t: {}}
"""
PEOPLE = "people: {sources: {dir: {name: uid}}, join: {app: {iam-user: tag/uid}}}\n"
ADOPTED = ("classes", "assets", "networks", "allowlists", "entitlements", "roles", "workloads")
DRIFT = (
    "access-",
    "principal-",
    "trust-",
    "asset-shared",
    "exposure-",
    "at-rest-",
    "transit-",
    "key-not-rotated",
    "key-shared",
    "default-",
)


def seen(world: Drawn, declared: Declaration) -> World:
    """A drawn world under a declaration; actions have the form of AWS, in whose words they are adopted."""
    held = {who: frozenset((f"s3:{action}", f"arn:{on}") for action, on in pairs) for who, pairs in world.held.items()}
    meanings = {"app": MemoryMeaning(held, world.trusted, world.transit, world.shared), "dir": MemoryMeaning({})}
    observed = {}
    for name in ("app", "dir"):
        own = [item for item in world.said if system_of(item) == name]
        observed[name] = fold(
            [Account(ref=ref("account", "r", name), sets=("prod",) if name == "app" else ()), *own],
            system=name,
            connector="aws" if name == "app" else "ldap",
            taken_at=NOW,
        )
    return World(declared, observed, meanings, NOW, lambda *_: world.refused)


def united(declared: Declaration, adopted: adoption.Adoption) -> Declaration:
    """A declaration with what was adopted beside it, read from its text."""
    more = declare.loads([("base.yaml", (BASE + PEOPLE).encode()), *((f"{n}.yaml", each.encode()) for n, each in enumerate(adopted.files))])
    parts = {section: (*getattr(declared, section), *getattr(more, section)) for section in ADOPTED}
    return replace(declared, **parts, everyone=declared.everyone or more.everyone, adopted=more.adopted)


def in_words_of_aws(declared: Declaration) -> Declaration:
    def of(entitlement: Entitlement) -> Entitlement:
        clauses = (
            replace(c, actions=tuple(f"s3:{a}" for a in c.actions), resources=tuple(f"arn:{r}" for r in c.resources))
            for c in entitlement.clauses
        )
        return replace(entitlement, clauses=tuple(clauses))

    systems = declare.loads([("base.yaml", BASE.encode())]).systems
    return replace(declared, systems=systems, entitlements=tuple(map(of, declared.entitlements)), exceptions=())


def drift(world: World):
    return [d for d in differences(world) if d.kind.value.startswith(DRIFT)]


@given(worlds())
def test_from_nothing_no_drift_is_left_and_a_second_time_nothing_is_adopted(world):
    declared = declare.loads([("base.yaml", (BASE + PEOPLE).encode())])
    adopted = adoption.adopt(seen(world, declared), BY)
    after = seen(world, united(declared, adopted))

    assert [d for d in drift(after) if d.verdict in {Verdict.VIOLATION, Verdict.UNDECIDED}] == []
    assert adoption.adopt(after, BY).files == ()


@given(worlds())
def test_what_somebody_declared_is_never_widened(world):
    declared = in_words_of_aws(world.declared)
    before = seen(world, declared)
    after = seen(world, united(declared, adoption.adopt(before, BY, "team:t")))
    covers = Covers(before)
    silent = {
        str(principal.ref)
        for principal in before.facts(Principal)
        if not covers.is_named(principal.ref) and not any(cover.of_person and cover.may for cover in covers.of(principal))
    }
    undeclared = {str(asset.ref) for asset in before.facts(Asset) if not before.declared_for(asset.ref)}

    def told(judged: World):
        return {
            (d.kind, d.subject, d.facet) for d in drift(judged) if d.verdict is Verdict.VIOLATION and d.subject not in silent | undeclared
        }

    assert told(before) <= told(after)
    assert [d.subject for d in differences(after) if d.kind in {Kind.PRINCIPAL_UNDECLARED, Kind.ASSET_UNDECLARED}] == []


@given(worlds())
def test_nobody_is_given_more_than_they_hold_where_there_are_words_for_it(world):
    declared = declare.loads([("base.yaml", (BASE + PEOPLE).encode())])
    after = seen(world, united(declared, adoption.adopt(seen(world, declared), BY)))
    several = {one.ref for person in after.people.by_name.values() if len(person.accounts) > 1 for one in person.accounts}

    # what people hold is declared by person, who may hold it with another of their accounts
    assert set(wider(after)) <= several


CIDRS = ["198.51.100.0/24", "198.51.100.0/25", "0.0.0.0/0", "::/0", "2001:db8::/32", "203.0.113.7/32"]
RULES = st.builds(
    lambda number, target, ports, sources, through: Exposure(
        ref=ref("rule", f"{number} {target}"),
        target=ref("security-group", target),
        direction=Direction.IN,
        ports=(ports,),
        addresses=tuple(sources) if not through else (),
        through=ref("prefix-list", "p") if through else None,
    ),
    number=st.integers(),
    target=st.sampled_from(["api", "db"]),
    ports=st.sampled_from(["443/tcp", "1000-2000/udp", "all", "80/tcp"]),
    sources=st.sets(st.sampled_from(CIDRS)),
    through=st.booleans(),
)
SPACE = Space(("port", "address"), (Ports.everything(), Addresses.everything()))


@given(st.lists(RULES, max_size=5))
def test_adopted_allowlists_say_exactly_what_the_rules_do(rules):
    known = AddressList(ref=ref("prefix-list", "p"), addresses=("192.0.2.0/24", "198.51.100.0/24"))
    declared = declare.loads([("base.yaml", BASE.encode())])
    world = Drawn(declared=declared, said=(known, *rules))
    adopted = adoption.adopt(seen(world, declared), BY)
    after = united(declared, adopted)
    cidrs = {network.name: network.cidrs for network in after.networks}

    for target in ("api", "db"):
        real = SPACE.union(
            SPACE.region(port=Ports.parse(r.ports), address=Addresses.parse(known.addresses if r.through else r.addresses))
            for r in rules
            if r.target.name == target
        )
        said = SPACE.union(
            SPACE.region(port=Ports.parse(a.ports), address=Addresses.parse(cidrs[name]))
            for a in after.allowlists
            if a.target == f"security-group/{target}"
            for name in a.may_from
        )
        assert real.covers(said)
        assert said.covers(real)
    assert drift(seen(world, after)) == []


def adopted_from(text: str, *said, held=None, trusted=None, shared=None, owner="", sources=()):
    declared = declare.loads([("base.yaml", (BASE + text).encode())])
    if sources:
        declared = replace(declared, sources=sources)
    world = Drawn(declared=declared, said=said, held=held or {}, trusted=trusted or {}, shared=shared or {})
    return adoption.adopt(seen(world, declared), BY, owner, sources)


BOB, EVE = person("bob"), person("eve")
MINE, HERS = account("b", "bob"), account("e", "eve")
CORE = group("core")
READS = frozenset({("get", "x")})
IN = [Edge(kind=EdgeKind.MEMBER, source=one.ref, target=CORE.ref) for one in (BOB, EVE)]


def test_who_left_and_who_is_nobody_are_left_to_be_found():
    left = (person("bob", State.DISABLED), MINE, account("g", "ghost"))

    assert adopted_from(PEOPLE, *left, held={MINE.ref: READS}).files == ()


def test_what_the_provider_made_and_groups_are_nobodys_to_adopt():
    made = Principal(ref=ref("role", "AWSServiceRoleForX"), form=PrincipalForm.PROVIDER)

    assert adopted_from("", made, group("g")).files == ()


def test_people_who_hold_the_same_get_one_role_by_their_group_when_it_is_just_these():
    held = {MINE.ref: READS, HERS.ref: READS}

    (text,) = adopted_from(PEOPLE, BOB, EVE, MINE, HERS, CORE, *IN, held=held).files
    assert 'core: {members: ["dir:group/core"], may: ["s3-get"]' in text.replace("may: [s3-get]", 'may: ["s3-get"]')
    (text,) = adopted_from(PEOPLE, BOB, EVE, MINE, HERS, CORE, *IN[:1], held=held).files
    assert 'members: ["person:bob", "person:eve"]' in text


def test_who_left_the_company_does_not_keep_a_group_from_being_just_these():
    gone = person("olle", State.DISABLED)
    more = Edge(kind=EdgeKind.MEMBER, source=gone.ref, target=CORE.ref)

    (text,) = adopted_from(PEOPLE, BOB, EVE, gone, MINE, HERS, CORE, *IN, more, held={MINE.ref: READS, HERS.ref: READS}).files
    assert "dir:group/core" in text


def test_alike_workloads_are_one_entry_and_others_are_not():
    roles = [Principal(ref=ref("role", name), form=PrincipalForm.ROLE) for name in ("a", "b", "c")]
    trust = (TrustSeen(kind="service", name="lambda.amazonaws.com", account="", external_id=False, pointer="s"),)

    (text,) = adopted_from(
        "", *roles, held={role.ref: READS for role in roles}, trusted=dict.fromkeys([r.ref for r in roles[:2]], trust)
    ).files
    assert 'is: ["app@prod:role/a", "app@prod:role/b"]' in text
    assert '{is: ["app@prod:role/c"], may: [' in text
    assert text.count("allow:") == 1


def test_what_was_not_seen_of_an_asset_is_adopted_as_nothing():
    asset = Asset(ref=ref("bucket", "a"), resource="arn:aws:s3:::a")
    unseen = Protection(asset=asset.ref, at_rest=NotSeen(GapReason.DENIED, "no"))

    (text,) = adopted_from("", asset, unseen).files
    assert "found-unprotected: {origin" in text


@pytest.mark.parametrize(
    ("who", "text"),
    [
        (TrustSeen(kind="any", name="*", account="", external_id=False, pointer="s"), "anybody"),
        (TrustSeen(kind="aws", name="999988887777", account="999988887777", external_id=False, pointer="s"), '"app:999988887777"'),
        (
            TrustSeen(kind="aws", name="arn:aws:iam::999988887777:role/x", account="999988887777", external_id=False, pointer="s"),
            '"app:arn:aws:iam::999988887777:role/x"',
        ),
    ],
)
def test_strangers_in_an_assets_own_policy_are_named(who, text):
    asset = Asset(ref=ref("bucket", "a"), resource="arn:aws:s3:::a")

    assert f"shared-with: [{text}]" in adopted_from("", asset, shared={asset.ref: (who,)}).files[0]


def test_an_asset_without_an_owner_is_no_asset():
    asset = Asset(ref=ref("bucket", "a"), resource="arn:aws:s3:::a", region="x")
    declared = declare.loads([("base.yaml", BASE.replace(', owner: "team:t"', "").encode())])

    with pytest.raises(AuthorError, match="nobody answers for the assets of app"):
        adoption.adopt(seen(Drawn(declared=declared, said=(asset,)), declared), BY)
    assert adoption.adopt(seen(Drawn(declared=declared, said=(asset,)), declared), BY, "team:t").files


def test_a_name_that_is_taken_is_not_used_again():
    taken = "entitlements: {s3-get: {app: {allow: ['s3:put'], resources: ['*']}}}\nworkloads: {app-prod-user-b: {is: [\"app:role/z\"]}}\n"

    (text,) = adopted_from(taken, account("b"), held={account("b").ref: READS}).files
    assert "  s3-get-2:" in text
    assert "  app-prod-user-b-2:" in text
    declare.loads([("base.yaml", (BASE + taken).encode()), ("more.yaml", text.encode())])


def test_a_network_that_says_the_same_is_used_as_it_is():
    rule = Exposure(
        ref=ref("rule", "1"), target=ref("security-group", "g"), direction=Direction.IN, ports=("443/tcp",), addresses=("0.0.0.0/0", "::/0")
    )

    (text,) = adopted_from('networks: {world: {cidrs: ["0.0.0.0/0", "::/0"]}}\n', rule).files
    assert "may-from: [world]" in text
    assert "networks:" not in text


def test_encryption_is_adopted_at_the_level_that_was_seen():
    asset = Asset(ref=ref("bucket", "a"), resource="arn:aws:s3:::a")
    stored = Protection(asset=asset.ref, at_rest=AtRest.SERVICE_KEY)

    assert "found-service-key: {at-rest: service-key, origin" in adopted_from("", asset, stored).files[0]


def test_a_role_that_anybody_may_become_is_among_the_first_to_look_at():
    role = Principal(ref=ref("role", "a"), form=PrincipalForm.ROLE)
    anyone = TrustSeen(kind="any", name="*", account="", external_id=False, pointer="s")
    declared = declare.loads([("base.yaml", BASE.encode())])
    world = Drawn(declared=declared, said=(role,), trusted={role.ref: (anyone,)})
    after = united(declared, adoption.adopt(seen(world, declared), BY))

    assert list(urgent(after)) == ["workloads.app-prod-role-a: anybody may become it"]
    assert drift(seen(world, after)) == []
    assert list(urgent(replace(after, adopted=()))) == []


def test_what_lets_in_any_service_is_looked_at_first():
    deputy = TrustSeen(kind="service", name="*", account="", external_id=False, pointer="s", is_deputy=True)
    asset, role = Asset(ref=ref("bucket", "b"), resource="arn:aws:s3:::b"), Principal(ref=ref("role", "a"), form=PrincipalForm.ROLE)
    declared = declare.loads([("base.yaml", BASE.encode())])
    world = Drawn(declared=declared, said=(role, asset), trusted={role.ref: (deputy,)}, shared={asset.ref: (deputy,)})
    after = united(declared, adoption.adopt(seen(world, declared), BY))

    told = [line.partition(": ")[2] for line in urgent(after) if "any service" in line]
    assert told == ["any service may become it, whomever it acts for", "it lets in any service, whomever it acts for"]
    assert drift(seen(world, after)) == []
