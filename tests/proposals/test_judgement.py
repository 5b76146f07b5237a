"""What a change brings blocks; what was there anyway does not, where it is proven to be no worse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare, workflow
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.model.facts import Asset, Edge, Exposure, Gap, Policy
from guardrails.model.findings import Comparison, Details, Excess, ExitCode
from guardrails.model.reference import Ref
from guardrails.model.snapshot import load_observations
from guardrails.model.words import Direction, EdgeKind, GapReason, Kind, Verdict
from guardrails.proposals import judgement as gate
from guardrails.proposals.documents import changed, with_own_policy, with_text
from guardrails.proposals.grown import grown
from guardrails.proposals.judgement import judge
from guardrails.proposals.worse import Sides, worse
from guardrails.testing.remedied import memory_meaning
from plan.companies import DECLARED, Company
from plan.plans import AT

MAY = "entitlements: {read-cdr: {app: {cdr: [read]}}}\nroles: {ops: {members: ['person:bob'], may: [read-cdr], must: [read-cdr]}}\n"
ALL = [(action, thing) for action in ("read", "write", "delete") for thing in ("cdr", "keys")]


def company(held=frozenset({("read", "cdr")}), text=MAY):
    made = Company(DECLARED + text)
    made.person("bob", policies=("mine",))
    made.app.policies = {"mine": frozenset(held)}
    return made


def world(held=frozenset({("read", "cdr")}), text=MAY, gaps=()):
    seen = company(held, text).world()
    return seen.seeing({**seen.observations, "app": replace(seen.observations["app"], gaps=gaps)}, seen.meanings)


def found(judgement):
    return [(one.finding.control, one.why, one.is_sure) for one in judgement.blocking]


def test_what_brings_nothing_passes():
    judgement = judge(world(), world())

    assert (judgement.exit_code, judgement.blocking) == (ExitCode.CLEAN, ())


def test_a_new_finding_blocks():
    judgement = judge(world(), world({("read", "cdr"), ("write", "cdr")}))

    assert found(judgement) == [("GR101", "new", True)]
    assert judgement.exit_code == ExitCode.FINDINGS


def test_what_was_there_anyway_is_told_and_does_not_block():
    broad = {("read", "cdr"), ("write", "cdr")}
    judgement = judge(world(broad), world(broad))

    assert [finding.control for finding in judgement.earlier] == ["GR101"]
    assert judgement.exit_code == ExitCode.CLEAN


def test_a_finding_that_keeps_its_words_and_stands_for_more_is_worse():
    judgement = judge(world({("delete", "cdr"), ("read", "cdr")}), world({("delete", "cdr"), ("read", "cdr"), ("write", "keys")}))

    assert found(judgement) == [("GR101", "it is worse: app:user/bob could also write keys", True)]


def test_a_finding_that_stands_for_less_does_not_block():
    judgement = judge(world({("delete", "cdr"), ("read", "cdr"), ("write", "keys")}), world({("delete", "cdr"), ("read", "cdr")}))

    assert (judgement.exit_code, [one.control for one in judgement.earlier]) == (ExitCode.CLEAN, ["GR101"])


def test_what_ends_is_told():
    judgement = judge(world({("read", "cdr"), ("write", "cdr")}), world())

    assert [finding.control for finding in judgement.ended] == ["GR101"]


def test_what_cannot_be_done_any_more_blocks():
    assert found(judge(world(), world(held=()))) == [("GR102", "new", True)]


def test_a_meaning_that_proves_nothing_lets_nothing_pass():
    class Silent:
        def __init__(self, meaning):
            self._meaning = meaning

        def __getattr__(self, name):
            if name == "gained":
                raise AttributeError(name)
            return getattr(self._meaning, name)

    before, after = world({("delete", "cdr"), ("read", "cdr")}), world({("delete", "cdr"), ("read", "cdr"), ("write", "keys")})
    after = after.seeing(after.observations, {name: Silent(meaning) for name, meaning in after.meanings.items()})
    judgement = judge(before, after)

    assert [one.is_sure for one in judgement.blocking] == [False]
    assert judgement.exit_code == ExitCode.CANNOT_TELL


def test_a_verdict_that_changes_blocks():
    broad = {("read", "cdr"), ("write", "cdr")}
    gap = Gap(system="dir", realm="", what="people", reason=GapReason.DENIED, message="denied")
    before = world(broad)
    unsure = before.seeing({**before.observations, "dir": replace(before.observations["dir"], gaps=(gap,))}, before.meanings)
    judgement = judge(before, unsure)

    assert ("GR101", "it was violation before", False) in found(judgement)
    assert judgement.exit_code == ExitCode.CANNOT_TELL


def test_a_reason_why_nothing_was_judged_is_never_a_pass():
    assert judge(world(), world(), ("nobody would hold it",)).exit_code == ExitCode.CANNOT_TELL


def test_nothing_observed_is_never_a_pass():
    seen = world()
    empty = World(
        replace(seen.declaration, systems=(), sources=(), joins=(), roles=(), entitlements=()), {}, {}, seen.moment, lambda *_: ""
    )

    assert judge(empty, empty).exit_code == ExitCode.CANNOT_TELL


def test_a_declaration_that_allows_less_brings_what_it_no_longer_covers():
    less = MAY.replace("may: [read-cdr], must: [read-cdr]", "may: []")

    assert found(judge(world(), world(text=less))) == [("GR101", "new", True)]


def test_when_a_ceiling_changes_an_earlier_excess_may_be_worse():
    broad = {("read", "cdr"), ("write", "cdr")}
    less = MAY.replace("may: [read-cdr], must: [read-cdr]", "may: []")
    judgement = judge(world(broad), world(broad, less))

    assert [(one.finding.control, one.is_sure) for one in judgement.blocking] == [("GR101", False)]


def test_lines_that_move_and_other_entries_make_no_finding_worse():
    broad = {("read", "cdr"), ("write", "cdr")}
    moved = "\n\n" + MAY.replace("entitlements: {", "entitlements: {other: {app: {keys: [read]}}, ")

    assert judge(world(broad), world(broad, moved)).exit_code == ExitCode.CLEAN


@pytest.mark.parametrize("known", [True, False])
def test_a_gap_that_is_accepted_no_longer_blocks_again(monkeypatch, known):
    def findings(differences):
        (one,) = original(differences)
        return [replace(one, difference=replace(one.difference, known=known and next(calls) == 0))]

    original, calls = gate.judged, iter(range(2))
    monkeypatch.setattr(gate, "judged", findings)
    broad = world({("read", "cdr"), ("write", "cdr")})

    assert found(judge(broad, broad)) == ([("GR101", "it was a known gap before", True)] if known else [])


def as_kind(seen, kind):
    (one,) = [one for one in judged(differences(seen)) if one.difference.kind in {Kind.ACCESS_EXCESS, Kind.ACCESS_MISSING}]
    return replace(one, difference=replace(one.difference, kind=kind))


def test_a_way_to_more_hangs_on_others_and_is_untold_wherever_its_system_changes():
    before, after = world({("delete", "cdr"), ("read", "cdr")}), world({("read", "cdr"), ("delete", "cdr"), ("write", "keys")})
    led = as_kind(before, Kind.ACCESS_ESCALATION)

    assert worse(led, led, Sides(before, before.seeing(after.observations, after.meanings))).is_sure is False
    assert worse(led, led, Sides(before, before)) is None
    assert worse(led, led, Sides(before, world({("delete", "cdr"), ("read", "cdr")}, "\n" + MAY))).is_sure is False


def test_what_is_held_after_a_login_is_untold_wherever_its_system_changes():
    before, after = world({("delete", "cdr"), ("read", "cdr")}), world({("read", "cdr"), ("delete", "cdr"), ("write", "keys")})
    found_ = as_kind(before, Kind.ACCESS_NEXT_LOGIN)

    assert worse(found_, found_, Sides(before, after)).is_sure is False
    assert worse(found_, found_, Sides(before, before)) is None
    assert worse(found_, found_, Sides(before, world({("delete", "cdr"), ("read", "cdr")}))) is None


def test_what_is_the_same_by_another_name_bears_on_both():
    seen = world()
    bob = Ref(system="app", realm="", kind="user", id="id-of-bob", name="bob")
    other = Ref(system="app", realm="", kind="alias", id="id-of-other", name="other")
    app = seen.observations["app"]
    named = replace(app, edges=(*app.edges, Edge(kind=EdgeKind.ALIAS, source=other, target=bob)))
    grown = with_own_policy(named, other, "new", "[]")

    def sides(before, after):
        return Sides(*(seen.seeing({**seen.observations, "app": one}, seen.meanings) for one in (before, after)))

    assert sides(named, grown).bears_on(bob)
    assert not sides(app, with_own_policy(app, other, "new", "[]")).bears_on(bob)


RECORDED = Path(__file__).parent / "recorded/modules/before.json"
WRITES = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data-b/*"}


def bucket_says(*statements):
    """A recorded account in which nothing but the policy of a bucket is another."""
    (seen,) = load_observations(RECORDED.read_text())
    bucket = next(fact.ref for fact in seen.facts if isinstance(fact, Asset) and fact.ref.name == "data-b")
    own = replace(bucket, kind="bucket-policy", id=f"{bucket.id}/policy", name=f"{bucket.name}/policy")
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    edges = (*seen.edges, Edge(kind=EdgeKind.RESOURCE_POLICY, source=bucket, target=own))
    said = replace(seen, facts=(*seen.facts, Policy(ref=own, text=text)), edges=edges)
    return workflow.side_by_side(declare.load(RECORDED.parents[2] / "declared"), [said], AT)


def test_what_the_policy_of_a_bucket_gives_makes_a_finding_of_a_principal_worse():
    """Found wrong: a bucket hangs together with nobody whom its policy names, so it was said that the change is not about that one."""
    role = {"AWS": "arn:aws:iam::123456789012:role/app-a"}
    silent = bucket_says({**WRITES, "Effect": "Deny", "Principal": role, "Action": "s3:DeleteBucket"})
    given_, others = bucket_says({**WRITES, "Principal": role}), bucket_says({**WRITES, "Principal": {"AWS": role["AWS"] + "-else"}})

    told = [one for one in found(judge(silent, given_)) if one[0] == "GR103"]
    assert told == [("GR103", "it is worse: aws@123456789012:role/app-a could also s3:PutObject arn:aws:s3:::data-b/x", True)]
    assert [one for one in found(judge(silent, others)) if one[0] == "GR103"] == []


THEM = {"AWS": "999988887777"}
READS = {**WRITES, "Action": "s3:GetObject", "Principal": THEM}
SECURE = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ([READS], [READS], False),
        # the sentence stays: the bucket lets in the same account
        ([READS], [{**READS, "Action": "s3:*"}], True),
        ([READS], [{**READS, "Resource": ["arn:aws:s3:::data-b", "arn:aws:s3:::data-b/*"]}], True),
        ([{**READS, **SECURE}], [READS], True),
        ([READS, {**READS, "Effect": "Deny", "Action": "s3:Put*"}], [READS], True),
        # less is less
        ([READS], [READS, {**READS, "Effect": "Deny", "Action": "s3:Put*"}], False),
    ],
)
def test_who_is_let_in_already_and_may_do_more_by_it_is_worse(before, after, is_told):
    """Found wrong: a finding that reads the same passed, whatever it stood for."""
    blocking = [one for one in found(judge(bucket_says(*before), bucket_says(*after))) if one[0] == "GR106"]

    assert [(one[2], one[1].startswith("it is there without the change too, and nothing proves")) for one in blocking] == (
        [(False, True)] if is_told else []
    )


def test_whom_a_policy_lets_in_is_untold_where_no_meaning_can_compare_it():
    class Silent:
        def __init__(self, meaning):
            self._meaning = meaning

        def __getattr__(self, name):
            if name == "opened":
                raise AttributeError(name)
            return getattr(self._meaning, name)

    before, after = bucket_says(READS), bucket_says({**READS, "Action": "s3:*"})
    after = after.seeing(after.observations, {name: Silent(meaning) for name, meaning in after.meanings.items()})

    assert [one[2] for one in found(judge(before, after)) if one[0] == "GR106"] == [False]


def test_what_a_grant_gives_otherwise_to_whom_is_let_in_already_is_untold():
    one = bucket_says(READS)
    (shared,) = [each for each in judged(differences(one)) if each.control == "GR106"]
    (place,) = shared.difference.places
    hung = Ref(system="aws", realm=place.realm, kind="grant", id="g", name="g")
    seen = one.observations["aws"]

    def granting(edges):
        return one.seeing({"aws": replace(seen, edges=(*seen.edges, *edges))}, one.meanings)

    edge = Edge(kind=EdgeKind.GRANT, source=place, target=hung)
    untold = ("it is there without the change too, and nothing proves that it stands for no more", False)
    assert grown(shared, granting([]), granting([edge]), {hung}) == untold
    # of another thing, of another grant, and beside a policy that says the same
    assert grown(shared, granting([]), granting([replace(edge, source=replace(place, id="other"))]), {hung}) is None
    assert grown(shared, granting([]), granting([edge]), {replace(hung, id="other")}) is None
    assert grown(shared, granting([edge]), granting([edge]), {place}) is None
    assert grown(shared, one, one, set()) is None
    # it is asked of each place
    twice = replace(shared, difference=replace(shared.difference, places=(replace(place, id="other"), place)))
    assert grown(twice, granting([]), granting([edge]), {hung}) == untold


def test_what_is_reached_says_nothing_of_how_it_is_encrypted():
    one, more = reached(("443/tcp", "0.0.0.0/0")), reached(("443/tcp", "0.0.0.0/0"), ("22/tcp", "0.0.0.0/0"))
    (wide_,) = [each for each in judged(differences(one)) if each.control == "GR303" and each.difference.subject.endswith("/db")]

    assert grown(wide_, one, more, set())[1] is True
    assert grown(replace(wide_, difference=replace(wide_.difference, kind=Kind.AT_REST_WEAK)), one, more, set()) is None


def reached(*rules):
    """A recorded account with a database that these addresses reach."""
    (seen,) = load_observations((RECORDED.parents[1] / "reached/before.json").read_text())
    facts = [fact for fact in seen.facts if not isinstance(fact, Exposure)]
    target = next(fact.target for fact in seen.facts if isinstance(fact, Exposure) and fact.target.name == "db")
    for number, (port, *addresses) in enumerate(rules):
        rule = replace(target, kind="security-group-rule", id=f"sgr-{number}", name=f"sgr-{number}")
        facts.append(Exposure(ref=rule, target=target, direction=Direction.IN, ports=(port,), addresses=tuple(addresses)))
    return workflow.side_by_side(declare.load(RECORDED.parents[2] / "declared"), [replace(seen, facts=tuple(facts))], AT)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ([("443/tcp", "0.0.0.0/0")], [("443/tcp", "0.0.0.0/0")], ""),
        ([("443/tcp", "0.0.0.0/0")], [("443/tcp", "0.0.0.0/0"), ("22/tcp", "0.0.0.0/0")], "22/tcp"),
        ([("443/tcp", "0.0.0.0/1")], [("443/tcp", "0.0.0.0/0")], "443/tcp"),
        ([("443/tcp", "0.0.0.0/0"), ("22/tcp", "0.0.0.0/0")], [("443/tcp", "0.0.0.0/0")], ""),
        # the same in other words
        ([("443/tcp", "0.0.0.0/0")], [("443/tcp", "0.0.0.0/1"), ("443/tcp", "128.0.0.0/1")], ""),
    ],
)
def test_what_is_reached_already_and_from_more_or_by_more_ports_is_worse(before, after, worse):
    blocking = [one for one in found(judge(reached(*before), reached(*after))) if one[0] == "GR303"]

    assert [(one[1].startswith("it is worse: "), one[1].rpartition(" ")[2], one[2]) for one in blocking] == (
        [(True, worse, True)] if worse else []
    )


@pytest.mark.parametrize("kind", list(EdgeKind))
def test_what_says_by_itself_whom_it_means_bears_on_everybody(kind):
    seen = world()
    bob, thing = (Ref(system="app", realm="", kind="user", id=f"id-of-{name}", name=name) for name in ("bob", "thing"))
    app = seen.observations["app"]
    hung = replace(app, edges=(*app.edges, Edge(kind=kind, source=thing, target=replace(thing, kind="policy"))))
    sides = Sides(seen, seen.seeing({**seen.observations, "app": hung}, seen.meanings))

    on_all = {EdgeKind.RESOURCE_POLICY, EdgeKind.GRANT, EdgeKind.SERVICE_CONTROL, EdgeKind.RESOURCE_CONTROL}
    assert sides.bears_on(bob) is (kind in on_all)
    assert not Sides(seen, seen).bears_on(bob)


def test_what_all_is_too_much_hangs_on_no_ceiling():
    broad = {("read", "cdr"), ("write", "cdr")}
    undeclared = as_kind(world(broad), Kind.PRINCIPAL_UNDECLARED)

    assert worse(undeclared, undeclared, Sides(world(broad), world(broad, MAY.replace("may: [read-cdr]", "may: []", 1)
                                                                   .replace("must: [read-cdr]", "must: []")))) is None  # fmt: skip


def test_a_ceiling_that_hangs_on_a_group_of_another_system_is_another_when_the_group_is():
    text = "entitlements: {read-cdr: {app: {cdr: [read]}}}\nroles: {ops: {members: ['dir:group/ops'], may: [read-cdr]}}\n"
    made = company({("delete", "cdr"), ("read", "cdr")}, text)
    made.dir.add("group", "ops", member=("bob",))
    before = made.world()
    fewer = replace(before.observations["dir"], edges=())
    after = before.seeing({**before.observations, "dir": fewer}, {**before.meanings, "dir": memory_meaning(fewer)})

    assert [(one.finding.control, one.is_sure) for one in judge(before, after).blocking if one.finding.difference.system == "app"] == [
        ("GR101", False)
    ]


def test_a_floor_that_is_demanded_otherwise_may_be_less_met():
    held, more = {("write", "keys")}, MAY.replace("[read]", "[read, list]")
    before, after = world(held), world(held, more)
    lacking = next(one for one in judged(differences(before)) if one.difference.kind is Kind.ACCESS_MISSING)
    lacking = replace(lacking, difference=replace(lacking.difference, facet="read-cdr"))

    assert worse(lacking, lacking, Sides(before, after)).is_sure is False
    assert worse(lacking, lacking, Sides(before, world(held, "\n" + MAY))) is None


def test_what_is_not_about_access_and_reads_otherwise_is_untold():
    seen = world({("read", "cdr"), ("write", "cdr")})
    weak = as_kind(seen, Kind.AT_REST_WEAK)
    other = replace(weak, difference=replace(weak.difference, message="otherwise"))

    assert worse(weak, weak, Sides(seen, seen)) is None
    assert worse(weak, other, Sides(seen, seen)).is_sure is False


def test_a_gain_that_is_undecided_is_untold_with_its_reason():
    before, after = world({("delete", "cdr"), ("read", "cdr")}), world({("delete", "cdr"), ("read", "cdr"), ("write", "keys")})
    meaning = after.meanings["app"]

    class Unsure(type(meaning)):
        def gained(self, _holder, _before):
            return Comparison(verdict=Verdict.UNDECIDED, reason="too intricate")

    after = after.seeing(after.observations, {**after.meanings, "app": Unsure(meaning._says, meaning._names)})

    assert [(one.why.endswith(": too intricate"), one.is_sure) for one in judge(before, after).blocking] == [(True, False)]


def test_the_same_whole_parts_are_no_more_and_conditions_prove_nothing():
    seen = world({("delete", "cdr"), ("read", "cdr")})
    grown = world({("delete", "cdr"), ("read", "cdr"), ("write", "keys")})
    part = Excess(actions=("delete",), resources=("cdr",))

    def told(*parts):
        one = as_kind(seen, Kind.ACCESS_EXCESS)
        return replace(one, difference=replace(one.difference, details=Details(excess=parts)))

    assert worse(told(part), told(part), Sides(seen, grown)) is None
    for doubtful in (replace(part, conditions="x is y"), replace(part, whole=False)):
        assert worse(told(doubtful), told(doubtful), Sides(seen, grown)) is not None


@given(st.sets(st.sampled_from(ALL)), st.sets(st.sampled_from(ALL)))
def test_whoever_could_do_more_beyond_the_ceiling_never_passes(before, after):
    """The law of the gate, and but for floors that are not met anyway also the other way round: it blocks nothing else."""
    beyond = (after - before) - {("read", "cdr")}
    lost = ("read", "cdr") in before - after
    judgement = judge(world(before), world(after))

    assert not (judgement.exit_code is ExitCode.CLEAN and (beyond or lost))
    if ("read", "cdr") in before and not beyond and not lost:
        assert judgement.exit_code is ExitCode.CLEAN


def test_whoever_lacks_something_already_and_loses_more_may_lack_more():
    judgement = judge(world({("read", "keys")}), world(()))

    assert found(judgement) == [("GR102", "app:user/bob could no longer read keys, and it is not told whether that is demanded", False)]


@given(st.sets(st.sampled_from(ALL)))
def test_no_change_always_passes(held):
    assert judge(world(held), world(held)).exit_code is ExitCode.CLEAN


def test_a_policy_of_ones_own_takes_the_place_of_the_one_of_that_name():
    observation = company().app.observed(AT)
    bob = Ref(system="app", realm="", kind="user", id="id-of-bob", name="bob")
    once = with_own_policy(observation, bob, "new", "[]")
    twice = with_own_policy(once, bob, "new", '[["read", "keys"]]')

    assert len(once.edges) == len(observation.edges) + 1 == len(twice.edges)
    assert [fact.text for fact in twice.facts if getattr(fact, "text", None) and "keys" in fact.text] == ['[["read", "keys"]]']
    assert bob in changed(observation, once)
    assert changed(observation, observation) == frozenset()


def test_a_policy_that_says_otherwise_is_what_changed():
    observation = company().app.observed(AT)
    policy = Ref(system="app", realm="", kind="policy", id="id-of-mine", name="mine")
    edited = with_text(observation, policy, "[]")

    assert changed(observation, edited) == {policy}
    assert memory_meaning(edited).held != memory_meaning(observation).held


def test_only_certain_findings_make_the_code_one():
    judgement = judge(world(), world({("write", "cdr"), ("read", "cdr")}))

    assert {one.finding.difference.verdict for one in judgement.blocking} == {Verdict.VIOLATION}
