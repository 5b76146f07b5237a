"""What is inside a ceiling: roles, everyone, grants, debts and assets, each for whom and where it is declared."""

from __future__ import annotations

import pytest

from drift.worlds import APP, NOW, account, group, judge, kinds, person, ref
from guardrails import declare
from guardrails.drift import World
from guardrails.model.declaration import Declaration
from guardrails.model.facts import Account, Asset, Edge, Principal
from guardrails.model.observation import fold
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.testing.memory import MemoryMeaning

READ = frozenset({("s3:get", "cdr")})
BOTH = READ | {("s3:put", "cdr")}
ENTITLED = """
teams: {t: {}}
entitlements: {read: {app: {allow: ["s3:get"], resources: ["cdr"]}}, write: {app: {allow: ["s3:put"], resources: ["cdr"]}}}
"""
LOAD = ENTITLED + 'workloads: {etl: {is: ["app:user/etl"], may: [read], owner: "team:t"}}\n'
ETL = ref("user", "etl")


def verdicts(text, *said, held, **options):
    return kinds(judge(text, account("etl"), *said, held={ETL: held}, **options))


EXCESS = [("access-excess", "app@r:user/etl", "violation")]


def test_what_everyone_may_a_workload_may():
    assert verdicts(LOAD, held=BOTH) == EXCESS
    assert verdicts(LOAD + "everyone: {may: [write]}\n", held=BOTH) == []


def test_what_everyone_may_makes_nobody_declared():
    found = judge(ENTITLED + "everyone: {may: [read]}\n", account("etl"), held={ETL: READ})

    assert kinds(found) == [("principal-undeclared", "app@r:user/etl", "violation")]
    assert found[0].witness is None


GRANT = LOAD + (
    'exceptions: {EX-1: {grant: {to: "app:user/%s", may: [write]}, approved: I, risk-owner: "team:t", from: 2026-11-01, until: 2026-12-01}}\n'
)


def test_a_grant_is_for_whom_it_names():
    assert verdicts(GRANT % "etl", held=BOTH) == []
    assert verdicts(GRANT % "other", held=BOTH) == [*EXCESS, ("declared-absent", "app:user/other", "violation")]


def test_a_grant_declares_who_is_declared_by_nothing_else():
    text = GRANT.replace("user/etl", "user/x") % "etl"

    assert ("principal-undeclared", "app@r:user/etl", "violation") not in verdicts(text, held=BOTH)
    assert ("access-excess", "app@r:user/etl", "violation") in verdicts(text, held=BOTH)


DEBT = LOAD + (
    'exceptions: {D-1: {debt: {of: "app%s:user/etl", actions: ["s3:put"], resources: ["cdr"]}, approved: I, risk-owner: "team:t", until: %s}}\n'
)


def test_a_debt_covers_its_set_and_what_grows_beyond_it_is_told_with_its_name():
    assert verdicts(DEBT % ("", "2026-11-25"), held=BOTH) == []
    (found,) = judge(DEBT % ("", "2026-11-25"), account("etl"), held={ETL: BOTH | {("s3:put", "other")}})
    assert found.message == "app@r:user/etl may do more than workload etl declares, and beyond the debt D-1"
    assert found.exception == "D-1"


def test_a_debt_that_is_over_covers_nothing_and_is_still_named():
    found = judge(DEBT % ("", "2026-11-24"), account("etl"), held={ETL: BOTH})

    assert [(d.kind.value, d.exception) for d in found] == [("access-excess", "D-1"), ("exception-expired", "")]


def test_a_debt_covers_in_its_own_set_only():
    outside = ref("user", "etl", realm="q")
    found = judge(DEBT % ("@prod", "2026-12-01"), Principal(ref=outside, form=PrincipalForm.USER), held={outside: BOTH})

    assert verdicts(DEBT % ("@prod", "2026-12-01"), held=BOTH) == []
    assert [k for k, _, _ in kinds(found)] == ["access-excess", "declared-absent"]


ASSET = """
teams: {t: {}}
classes: {c: {}}
assets: {a: {class: c, owner: "team:t", accepted: I, match: {app: ["arn:a"], app@prod: ["arn:b"]}}}
entitlements: {read: {asset: a, app: {allow: ["s3:get"], resources: asset}}}
workloads: {etl: {is: ["app:user/etl"], may: [read], must: [read], owner: "team:t"}}
"""


def test_a_clause_on_an_asset_holds_on_all_that_was_seen_of_it():
    assets = [Asset(ref=ref("bucket", name), resource=f"arn:{name}") for name in "ab"]

    assert verdicts(ASSET, *assets, held={("s3:get", "arn:a"), ("s3:get", "arn:b")}) == []
    assert [k for k, _, _ in verdicts(ASSET, *assets, held={("s3:get", "arn:a")})] == ["access-missing"]


def test_a_clause_on_an_asset_is_bound_with_the_selectors_of_its_own_scope():
    two = ASSET.replace("assets: {", 'assets: {A: {class: c, owner: "team:t", match: {app: ["arn:o"]}}, ')
    declared = declare.loads([("f.yaml", (APP % ("", "") + two).encode())])
    said = [account("etl"), Account(ref=ref("account", "r"), sets=("prod",)), Asset(ref=ref("bucket", "a"), resource="arn:a")]
    observed = {"app": fold(said, system="app", connector="memory", taken_at=NOW)}
    world = World(declared, observed, {"app": MemoryMeaning({})}, NOW, lambda *_: "")
    (bound,) = world.bound(("read",), ETL)

    assert bound.selectors == ("arn:a",)
    assert [asset.resource for asset in bound.assets] == ["arn:a"]
    assert World(Declaration(entitlements=declared.entitlements), observed, {}, NOW, lambda *_: "").bound(("read",), ETL)[0].selectors == ()


PEOPLE = "people: {sources: {dir: {key: entryUUID, name: uid}}, join: {app: {iam-user: tag/uid}}}\n"
ROLE = PEOPLE + 'roles: {r: {members: ["dir:group/core"], may: [read], must: [read]}}\n' + ENTITLED


def test_being_in_a_group_that_no_entitlement_speaks_of_is_free():
    free = frozenset({("member-of", "group/core")})

    assert judge(PEOPLE, person("bob"), group("core"), account("b", "bob"), held={person("bob").ref: free}) == []
    unknown = frozenset({("member-of", "group/other")})
    found = judge(PEOPLE, person("bob"), group("core"), account("b", "bob"), held={person("bob").ref: unknown})
    assert kinds(found) == [("access-excess", "dir@r:person/bob", "violation")]


@pytest.mark.parametrize(("kind", "found"), [(EdgeKind.MEMBER, ["access-missing"]), (EdgeKind.ALIAS, []), (EdgeKind.USES_KEY, [])])
def test_only_membership_makes_a_member(kind, found):
    edge = Edge(kind=kind, source=person("bob").ref, target=group("core").ref)

    assert [k for k, _, _ in kinds(judge(ROLE, person("bob"), group("core"), edge, account("b", "bob")))] == found


def test_groups_within_groups_count_once_by_whatever_way_and_circles_end():
    ways = [(person("bob"), "a"), (group("a"), "b"), (group("a"), "c"), (group("b"), "core"), (group("c"), "core"), (group("core"), "a")]
    edges = [Edge(kind=EdgeKind.MEMBER, source=inner.ref, target=group(outer).ref) for inner, outer in ways]
    world = (person("bob"), group("core"), account("b", "bob"), *edges)

    assert judge(ROLE, *world, held={ref("user", "b"): READ}) == []


def test_somebody_without_the_attribute_that_names_people_is_no_person_and_is_told():
    unnamed = Principal(ref=ref("person", "svc", "dir"), form=PrincipalForm.USER)
    found = kinds(judge(PEOPLE, unnamed, person("bob"), account("b", "bob")))

    assert found == [("principal-undeclared", "dir@r:person/svc", "violation")]


def test_a_join_for_users_is_not_for_roles():
    role = Principal(ref=ref("role", "x"), form=PrincipalForm.ROLE, names=(("tag/uid", "ghost"),))

    assert [k for k, _, _ in kinds(judge(PEOPLE, person("bob"), role))] == ["principal-undeclared"]
