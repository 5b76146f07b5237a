"""What grants of keys give counts as held: in findings, in floors, across accounts, and to the evaluator."""

from __future__ import annotations

import json

import boto3
import pytest
from aws_policies import ACCOUNT, AT, KEY, ROLE, allow, ceiling, deny, meaning
from hypothesis import given, settings
from hypothesis import strategies as st
from test_aws_keys import ITSELF, MINE, OTHER, ROOT, SOMEBODY, THEIRS, TRUST, WHEN, key, policy, to

from guardrails import declare, workflow
from guardrails.connectors.discovery import find
from guardrails.model.facts import Edge, Gap, Policy
from guardrails.model.findings import Witness
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, GapReason, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause
from guardrails.testing.servers import aws_credentials, moto

NAME = f"arn:aws:iam::{ACCOUNT}:role/r"
ONLY = {"Constraints": {"EncryptionContextSubset": {"app": "cdr"}}}
STRANGER = f"arn:aws:iam::{OTHER}:role/x"


def grant(*operations, to=NAME, key_name=KEY, **more):
    """The facts of a grant of a key."""
    about = key(name=key_name)[0].ref
    text = json.dumps({"GranteePrincipal": to, "Operations": operations, **more})
    name = f"{key_name}/grant/{abs(hash(text))}"
    own = Ref(system="aws", realm=about.realm, kind="grant", id=name, name="k/g")
    return Policy(ref=own, text=text), Edge(kind=EdgeKind.GRANT, source=about, target=own)


def unread(what="kms:grants"):
    return Gap(system="aws", realm=ACCOUNT, what=what, reason=GapReason.DENIED, message="AccessDenied", subject=key()[0].ref)


@pytest.mark.parametrize(
    ("own", "policies", "grants", "excess", "floor"),
    [
        # nothing else is needed, whatever the policy of the key names
        ([], [to(SOMEBODY)], [grant("Decrypt")], Verdict.VIOLATION, Verdict.OK),
        ([], [to(ROOT)], [grant("Decrypt")], Verdict.VIOLATION, Verdict.OK),
        ([], [to(ROOT)], [grant("Encrypt")], Verdict.VIOLATION, Verdict.VIOLATION),
        ([], [to(ROOT)], [grant("Decrypt", to=f"{NAME}2")], Verdict.OK, Verdict.VIOLATION),
        # every deny stands above it
        ([deny("kms:*")], [to(ROOT)], [grant("Decrypt")], Verdict.OK, Verdict.VIOLATION),
        ([], [to(ROOT), deny("kms:*", Principal="*")], [grant("Decrypt")], Verdict.OK, Verdict.VIOLATION),
        ([], [to(ROOT), deny("kms:*", Principal=SOMEBODY)], [grant("Decrypt")], Verdict.VIOLATION, Verdict.OK),
        # with an encryption context only where that is brought
        ([], [to(ROOT)], [grant("Decrypt", **ONLY)], Verdict.VIOLATION, Verdict.UNDECIDED),
        ([MINE], [to(ROOT)], [grant("Decrypt", **ONLY)], Verdict.VIOLATION, Verdict.OK),
        # in one session of the role, which need not be the one that asks
        ([], [to(ROOT)], [grant("Decrypt", to=f"arn:aws:sts::{ACCOUNT}:assumed-role/r/night")], Verdict.UNDECIDED, Verdict.UNDECIDED),
        # of an account and of what nobody knows it cannot be told
        ([MINE], [to(SOMEBODY)], [grant("Decrypt", to=f"arn:aws:iam::{ACCOUNT}:root")], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([], [to(SOMEBODY)], [grant("Decrypt", to=f"arn:aws:iam::{ACCOUNT}:root")], Verdict.OK, Verdict.VIOLATION),
        ([], [to(ROOT)], [grant("Decrypt", Constraints={"Moon": {"phase": "full"}})], Verdict.UNDECIDED, Verdict.UNDECIDED),
        # services, and who retires a grant
        ([], [to(ROOT)], [grant("Decrypt", to="rds.amazonaws.com")], Verdict.OK, Verdict.VIOLATION),
        ([], [to(ROOT)], [grant("Decrypt", to="rds.amazonaws.com", RetiringPrincipal=NAME)], Verdict.VIOLATION, Verdict.VIOLATION),
    ],
)
def test_what_a_grant_gives_is_held(own, policies, grants, excess, floor):
    found = meaning(*own, gaps=(*key(*policies), *(fact for each in grants for fact in each)))
    compared = found.excess(ROLE, ())
    assert compared.verdict is excess, compared
    assert compared.witness is None or found.replay(ROLE, compared.witness)
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict is floor
    assert found.excess(ROLE, ceiling("kms:*", "*")).verdict is Verdict.OK


def test_the_witness_brings_the_context_and_the_grant_is_named():
    compared = meaning(gaps=(*key(to(ROOT)), *grant("Decrypt", **ONLY))).excess(ROLE, ())
    assert compared.witness.context == (("kms:encryptioncontext:app", "cdr"),)
    assert compared.granted_by == (f"aws@{ACCOUNT}:grant/k/g statement 0",)
    (part,) = compared.details().excess
    assert str(part) == f"kms:Decrypt on {KEY} when kms:encryptioncontext:app is cdr"


def test_what_the_key_denies_is_no_part_of_the_excess():
    facts = (*key(to(ROOT), deny("kms:Encrypt", Principal="*")), *grant("Decrypt", "Encrypt"))
    (part,) = meaning(gaps=facts).excess(ROLE, ()).details().excess
    assert part.actions == ("kms:Decrypt",)


def test_a_grant_of_a_key_elsewhere_needs_no_policy_here():
    found = meaning(gaps=(*key(to(ROOT), name=THEIRS), *grant("Decrypt", key_name=THEIRS)))
    assert found.excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", THEIRS)).verdict is Verdict.OK


def test_whether_a_boundary_limits_a_grant_is_not_known():
    def verdicts(*limits):
        found = meaning(gaps=(*key(to(ROOT)), *grant("Decrypt")), boundary=list(limits))
        return found.excess(ROLE, ()).verdict, found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict

    assert verdicts(allow("kms:*")) == (Verdict.VIOLATION, Verdict.OK)
    assert verdicts(allow("s3:*")) == (Verdict.UNDECIDED, Verdict.UNDECIDED)
    assert verdicts(allow("*"), deny("kms:*")) == (Verdict.OK, Verdict.VIOLATION)


def test_grants_that_were_not_seen_are_no_shortfall():
    found = meaning(gaps=(*key(to(ROOT)), unread())).shortfall(ROLE, ceiling("kms:Decrypt", KEY))
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, f"the grants of {KEY} were not seen")


def shared(*statements, grants, gaps=()):
    facts = key(*statements)
    found = meaning(gaps=(*facts, *grants, *gaps)).shares(facts[0])
    return [(each.kind, each.name, each.conditional) for each in found if each.account != ACCOUNT]


def test_who_is_given_something_from_outside_is_let_in():
    assert shared(to(ROOT), grants=grant("Decrypt", to=STRANGER)) == [("aws", STRANGER, False)]
    assert shared(to(ROOT), grants=grant("Decrypt", to=STRANGER, **ONLY)) == [("aws", STRANGER, False)]
    assert shared(to(ROOT), grants=grant("Decrypt", RetiringPrincipal=STRANGER)) == [("aws", STRANGER, False)]
    assert shared(to(ROOT), grants=grant("Decrypt", to="rds.amazonaws.com")) == [("service", "rds.amazonaws.com", False)]
    assert shared(to(ROOT), grants=grant("Decrypt")) == []
    # what the policy denies to everybody is given to nobody
    assert shared(to(ROOT), deny("*", Principal="*"), grants=grant("Decrypt", to=STRANGER)) == []
    # what a policy denies that was not seen nobody knows
    assert shared(grants=grant("Decrypt", to=STRANGER)) == [("aws", STRANGER, True)]


def test_what_is_held_by_a_grant_can_be_declared_as_it_is():
    found = meaning(gaps=(*key(to(ROOT)), *grant("Decrypt", **ONLY)))
    (told,) = found.grants(ROLE)
    clauses = find("aws").clauses(read(told.says.encode(), "g")[0], Scope("aws"), "")
    bound = [BoundClause(clause=clause, entitlement="g") for clause in clauses]
    assert found.excess(ROLE, bound).verdict is Verdict.OK
    assert json.loads(told.says)["resources"] == [KEY]


OPERATIONS = st.lists(st.sampled_from(["Decrypt", "Encrypt", "RetireGrant", "CreateGrant"]), min_size=1, max_size=2, unique=True)
GRANTS = st.builds(
    lambda given, whom, name, more: grant(*given, to=whom, key_name=name, **more),
    OPERATIONS,
    st.sampled_from([NAME, NAME, STRANGER, f"arn:aws:iam::{ACCOUNT}:root", "rds.amazonaws.com"]),
    st.sampled_from([KEY, THEIRS]),
    st.sampled_from([{}, ONLY, {"Constraints": {"SourceArn": "arn:aws:s3:::b"}}]),
)
OF_KEY = st.builds(
    lambda make, action, whom, when: make(action, Principal=whom, **when),
    st.sampled_from([allow, allow, deny]),
    st.sampled_from(["kms:*", "kms:Decrypt", "kms:Encrypt"]),
    st.sampled_from([ROOT, ITSELF, SOMEBODY]),
    WHEN,
)
OWN = st.builds(lambda make, action: make(action), st.sampled_from([allow, deny]), st.sampled_from(["kms:Decrypt", "kms:*", "s3:Get*"]))
CONTEXTS = ((), (("kms:encryptioncontext:app", "cdr"),), (("aws:sourcearn", "arn:aws:s3:::b"),))


@settings(max_examples=settings.default.max_examples // 2)
@given(
    own=st.lists(OWN, max_size=2),
    mine=st.lists(OF_KEY, min_size=1, max_size=2),
    grants=st.lists(GRANTS, min_size=1, max_size=3),
    boundary=st.none() | st.lists(OWN, min_size=1, max_size=1),
)
def test_what_is_proved_of_grants_is_what_the_evaluator_says(own, mine, grants, boundary):
    facts = (*key(*mine), *key(to(ROOT), name=THEIRS), *(fact for each in grants for fact in each))
    found = meaning(*own, gaps=facts, boundary=boundary)
    excess = found.excess(ROLE, ())
    assert excess.witness is None or found.replay(ROLE, excess.witness)
    for name in (KEY, THEIRS):
        for context in CONTEXTS:
            floor = found.shortfall(ROLE, ceiling("kms:Decrypt", name)).verdict
            if found.replay(ROLE, Witness(principal="r", action="kms:Decrypt", resource=name, context=context)):
                assert excess.verdict is Verdict.VIOLATION
                assert floor is not Verdict.VIOLATION
            else:
                assert floor is not Verdict.OK


DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}}}
teams: {data: {}}
workloads:
  etl: {is: ["aws:role/etl"], assumed-by: ["aws:service/lambda.amazonaws.com"], owner: "team:data"}
"""


@pytest.mark.server
def test_the_grants_of_a_key_are_read_and_found():
    with moto() as url, aws_credentials():
        iam, kms = (boto3.client(name, endpoint_url=url, region_name="us-east-1") for name in ("iam", "kms"))
        etl = iam.create_role(RoleName="etl", AssumeRolePolicyDocument=policy(TRUST))["Role"]["Arn"]
        name = kms.create_key(Policy=policy(to(ROOT)))["KeyMetadata"]["KeyId"]
        for whom in (etl, STRANGER):
            kms.create_grant(
                KeyId=name, GranteePrincipal=whom, Operations=["Decrypt"], Constraints={"EncryptionContextSubset": {"app": "cdr"}}, Name="g"
            )
        declared = declare.loads([("f.yaml", (DECLARED % url).encode())])
        observations = workflow.observe(declared, AT)
        found = {one.control: one.difference for one in workflow.assess(declared, observations, AT).findings}
    assert (found["GR101"].witness.action, dict(found["GR101"].witness.context)) == ("kms:Decrypt", {"kms:encryptioncontext:app": "cdr"})
    assert found["GR101"].actual.startswith(f"aws@{ACCOUNT}:grant/{name}/g")
    assert found["GR106"].message == f"aws@{ACCOUNT}:key/{name} lets in {STRANGER}"
    texts = [fact.text for fact in observations[0].facts if isinstance(fact, Policy) and fact.ref.kind == "grant"]
    assert len(texts) == 2
    assert all(set(json.loads(text)) <= {"GranteePrincipal", "Operations", "Constraints", "IssuingAccount"} for text in texts)
