"""What an organisation takes away from a role in one of its accounts: every level must allow, no Deny is lost, and what was not seen decides nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws_levels import FULL, HOME, KINDS, MANAGEMENT, NEIGHBOUR, OTHER, ROOT, UNIT, attached, below
from connectors.aws_policies import ACCOUNT, AT, ROLE, allow, ceiling, deny
from guardrails.connectors.aws.meaning.tree import Tree
from guardrails.model.facts import Account, Gap, Unit
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.model.words import GapReason, PrincipalForm, Verdict

GET = allow("s3:GetObject", "arn:aws:s3:::a/*")
MUST = ceiling("s3:GetObject", "arn:aws:s3:::a/*")
EU = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-north-1"}}}
UNHEARD = {"Condition": {"StringMatches": {"aws:Referer": "x"}}}
ALL = {"Principal": "*"}


@pytest.mark.parametrize(
    ("scps", "excess", "shortfall"),
    [
        ([], Verdict.VIOLATION, Verdict.OK),
        ([[[FULL]], [[FULL]], [[FULL]]], Verdict.VIOLATION, Verdict.OK),
        # one level that does not allow is enough, whichever
        ([[[FULL]], [[allow("ec2:*")]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        ([[[allow("ec2:*")]], [[FULL]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        # inside a level one document is enough
        ([[[FULL]], [[allow("ec2:*")], [allow("s3:*")]], [[FULL]]], Verdict.VIOLATION, Verdict.OK),
        # each level allows a part, and no request is in both
        ([[[allow("s3:*", "arn:aws:s3:::b/*")]], [[FULL]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        # a Deny anywhere wins
        ([[[FULL], [deny("s3:*")]], [[FULL]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        ([[[FULL]], [[FULL]], [[FULL, deny("s3:GetObject", "arn:aws:s3:::a/*")]]], Verdict.OK, Verdict.VIOLATION),
        ([[[FULL, deny("s3:Put*")]], [[FULL]], [[FULL]]], Verdict.VIOLATION, Verdict.OK),
        # a Deny outside some regions leaves the requests in them
        ([[[FULL, deny("*", **EU)]], [[FULL]], [[FULL]]], Verdict.VIOLATION, Verdict.UNDECIDED),
        # what is not understood decides nothing
        ([[[FULL, deny("s3:*", **UNHEARD)]], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([[[allow("s3:*", **UNHEARD)]], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([[[FULL, {**deny("s3:*"), "Effect": "Denied"}]], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        # nor does what was not seen
        ([[[FULL], None], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([[None], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        # but what another level denies is denied, whatever it says
        ([[[FULL], None], [[FULL], [deny("s3:*")]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        # an ARN that stops early is only in identity policies known to mean all that begins so
        ([[[FULL, deny("s3:*", "arn:aws:s3")]], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([[[FULL, deny("s3:*", "arn:aws:s3:*")]], [[FULL]], [[FULL]]], Verdict.OK, Verdict.VIOLATION),
        ([[[{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3"}]], [[FULL]], [[FULL]]], Verdict.UNDECIDED, Verdict.UNDECIDED),
    ],
)
def test_service_control_policies(scps, excess, shortfall):
    found = below([GET], scps)
    compared = found.excess(ROLE, ())
    assert (compared.verdict, found.shortfall(ROLE, MUST).verdict) == (excess, shortfall)
    if compared.verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert compared.reason == ""


@pytest.mark.parametrize(
    ("own", "rcp", "verdict"),
    [
        (GET, deny("s3:*", **ALL), Verdict.OK),
        (GET, deny("s3:Put*", **ALL), Verdict.VIOLATION),
        # an Allow in one limits nothing: the one of everything cannot be detached
        (GET, allow("ec2:*", **ALL), Verdict.VIOLATION),
        # whether they bind a service that is not on the list is not known
        (allow("ec2:RunInstances"), deny("*", **ALL), Verdict.UNDECIDED),
        # an action without a resource is not surely bound
        (allow("s3:ListAllMyBuckets"), deny("s3:*", **ALL), Verdict.UNDECIDED),
        # the key of another account is bound by what stands above that one, which need not be the same
        (allow("kms:Decrypt", f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k"), deny("kms:*", **ALL), Verdict.OK),
        (allow("kms:Decrypt", f"arn:aws:kms:eu-north-1:{OTHER}:key/k"), deny("kms:*", **ALL), Verdict.UNDECIDED),
        (GET, deny("s3:*", **ALL, **UNHEARD), Verdict.UNDECIDED),
        (GET, deny("s3:*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}), Verdict.VIOLATION),
        (GET, {**deny("s3:*"), "Effect": "Denied"}, Verdict.UNDECIDED),
        (GET, deny("s3:*", "arn:aws:s3:::b/*", **ALL), Verdict.VIOLATION),
    ],
)
def test_resource_control_policies(own, rcp, verdict):
    found = below([own], (), [[[FULL | ALL], [rcp]], [[FULL | ALL]], [[FULL | ALL]]])
    compared = found.excess(ROLE, ())
    assert compared.verdict is verdict
    if verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)


def test_a_bucket_that_was_seen_in_another_account_is_not_bound_by_ours():
    rcps = [[[deny("s3:*", **ALL)]]]
    assert below([GET], (), rcps, buckets=[("a", ACCOUNT)]).excess(ROLE, ()).verdict is Verdict.OK
    assert below([GET], (), rcps, buckets=[("a", OTHER)]).excess(ROLE, ()).verdict is Verdict.UNDECIDED
    theirs = attached("rcp", NEIGHBOUR, "theirs", [deny("s3:*", **ALL)])
    assert below([GET], buckets=[("a", OTHER)], more=theirs).excess(ROLE, ()).verdict is Verdict.UNDECIDED
    assert below([GET], buckets=[("a", ACCOUNT)], more=theirs).excess(ROLE, ()).verdict is Verdict.VIOLATION


def test_a_doubt_names_the_policy_that_was_not_seen():
    scps = [[[FULL], None], [[FULL]], [[FULL]]]
    unseen, found = f"service control policy scp-r-1-1 at {ROOT}, which was not seen", below([GET], scps)
    assert f"{unseen}: this decides whether s3:GetObject" in found.excess(ROLE, ()).reason
    assert f"{unseen} decides whether s3:GetObject" in found.shortfall(ROLE, MUST).reason


def test_a_floor_that_an_organisation_takes_away_names_the_statement_or_the_level():
    denied = below([GET], [[[FULL, deny("s3:*", Sid="NoStorage")]], [[FULL]], [[FULL]]]).shortfall(ROLE, MUST)
    lacking = below([GET], [[[FULL]], [[allow("ec2:*")]], [[FULL]]]).shortfall(ROLE, MUST)
    bound = below([GET], (), [[[deny("s3:*", Sid="Ours", **ALL)]]]).shortfall(ROLE, MUST)
    assert denied.reason == f"service control policy scp-r-1-0 at {ROOT}, NoStorage denies it"
    assert lacking.reason == f"the level of service control policies at {UNIT} does not allow it"
    assert f"resource control policy rcp-r-1-0 at {ROOT}, Ours" in bound.reason
    assert denied.witness.action == "s3:GetObject"


@pytest.mark.parametrize("subject", [HOME, UNIT, ROOT])
@pytest.mark.parametrize("what", ["scp", "rcp"])
def test_a_level_that_was_not_read_decides_nothing(subject, what):
    gap = Gap(system="aws", realm=MANAGEMENT, what=what, reason=GapReason.DENIED, message="m", subject=subject)
    found = below([GET], more=(gap,))
    assert found.excess(ROLE, ()).verdict is Verdict.UNDECIDED
    assert found.shortfall(ROLE, MUST).verdict is Verdict.UNDECIDED
    assert str(subject) in found.excess(ROLE, ()).reason


def test_the_management_account_and_what_the_provider_made_are_not_bound():
    nothing = ([[[deny("*")]]], [[[deny("*", **ALL)]]])
    assert below([GET], *nothing, form=PrincipalForm.PROVIDER).excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert below([GET], *nothing, form=PrincipalForm.PROVIDER).shortfall(ROLE, MUST).verdict is Verdict.OK
    # of the management account no level is read, so nothing stands above it
    assert below([GET], *nothing, bound=False).excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert below([GET], *nothing).excess(ROLE, ()).verdict is Verdict.OK


def test_a_condition_on_the_principal_is_read_for_each_principal():
    def condition(name):
        return {"Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{name}"}}}

    assert below([GET], [[[FULL, deny("*", **condition("r"))]]]).excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert below([GET], [[[FULL, deny("*", **condition("other"))]]]).excess(ROLE, ()).verdict is Verdict.OK
    another = replace(ROLE, id="AROA2", name="other")
    assert below([GET], [[[FULL, deny("*", **condition("r"))]]]).excess(another, ()).verdict is Verdict.OK


def test_levels_that_are_too_many_together_decide_no_floor():
    level = [[allow(f"s3:GetObject{number}", f"arn:aws:s3:::b{number}/*") for number in range(30)]]
    found = below([GET], [level, level, level])
    compared = found.shortfall(ROLE, MUST)
    assert (compared.verdict, "budget" in compared.reason) == (Verdict.UNDECIDED, True)
    assert found.excess(ROLE, ()).verdict is Verdict.OK


ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "kms:Decrypt", "ec2:*"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:kms:*:*:key/*"])
MORE = st.sampled_from([{}, {}, EU, UNHEARD])
ALLOWS = st.builds(lambda a, r, more: allow(a, r, **more), ACTIONS, RESOURCES, MORE)
DENIES = st.builds(lambda a, r, more: deny(a, r, **more), ACTIONS, RESOURCES, MORE)
DOCUMENTS = st.lists(ALLOWS | ALLOWS | DENIES, max_size=2)
LEVELS = st.lists(st.lists(DOCUMENTS, min_size=1, max_size=2), max_size=2)
OWN = st.lists(ALLOWS | DENIES, min_size=1, max_size=2)
REQUESTS = [
    Witness(principal="p", action=action, resource=resource, context=context)
    for action, resource in (("s3:GetObject", "arn:aws:s3:::a/b"), ("s3:PutObject", "arn:aws:s3:::z/b"), ("kms:Decrypt", f"arn:aws:kms:r:{ACCOUNT}:key/k"))
    for context in ((("aws:RequestedRegion", "eu-north-1"),), (("aws:RequestedRegion", "us-east-1"),))
]  # fmt: skip


def passes(found):
    return {request for request in REQUESTS if found.replay(ROLE, request)}


def order(found):
    """From surely nothing beyond to surely something beyond."""
    return [Verdict.OK, Verdict.UNDECIDED, Verdict.VIOLATION].index(found.excess(ROLE, ()).verdict)


@given(OWN, LEVELS)
def test_a_level_that_allows_everything_changes_nothing(own, levels):
    assert passes(below(own, [*levels, [[FULL]]])) == passes(below(own, levels))
    assert below(own, [*levels, [[FULL]]]).excess(ROLE, ()) == below(own, levels).excess(ROLE, ())


@given(OWN, LEVELS, st.lists(DOCUMENTS, min_size=1, max_size=2))
def test_one_more_level_never_allows_more(own, levels, level):
    assert passes(below(own, [*levels, level])) <= passes(below(own, levels))
    assert order(below(own, [*levels, level])) <= order(below(own, levels))


@given(OWN, st.lists(st.lists(DOCUMENTS, min_size=1, max_size=2), min_size=1, max_size=2), st.lists(ALLOWS, max_size=2), DENIES)
def test_one_more_document_at_a_level_never_allows_less_unless_it_denies(own, levels, allows, denied):
    more = [[*levels[0], allows], *levels[1:]]
    less = [[*levels[0], [denied]], *levels[1:]]
    assert passes(below(own, less)) <= passes(below(own, levels)) <= passes(below(own, more))
    assert order(below(own, less)) <= order(below(own, levels)) <= order(below(own, more))


@given(OWN, LEVELS, LEVELS)
def test_the_management_account_is_the_same_under_any_levels(own, scps, rcps):
    assert (
        below(own, scps, [[[s | ALL for s in d] for d in level] for level in rcps], bound=False).excess(ROLE, ()).verdict
        is below(own, bound=False).excess(ROLE, ()).verdict
    )


def test_levels_come_back_from_a_snapshot_in_their_order():
    said = [Account(ref=HOME, within=UNIT), Unit(ref=UNIT, within=ROOT), Unit(ref=ROOT)]
    for what in ("scp", "rcp"):
        said += [fact for level in (HOME, ROOT, UNIT) for fact in attached(what, level, f"{what}-{level.id}", [FULL])]
    seen = fold(said, system="aws", connector="aws", taken_at=AT)
    assert load_observations(dump_observations([seen])) == (seen,)
    for kind in KINDS.values():
        assert [level.name for level in Tree(seen).levels(kind, ACCOUNT)] == [str(ROOT), str(UNIT), str(HOME)]
