"""Strangers go from trust policies and policies of buckets: by the smallest cut, with nobody shut out who is declared or protected."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.editing.trust import settled
from guardrails.connectors.aws.iam import canonical
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.model.changes import Cas, Effect, Image, Restore, edited
from guardrails.model.facts import Account, Asset, Edge, Policy, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.past import Log, Past
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.plan.planning import Planning, objects
from guardrails.plan.protection import NOBODY, Protected
from guardrails.plan.used import NOTHING, Used
from plan.plans import AT

ACCOUNT, OTHER, STRANGER, VENDOR = "111122223333", "222233334444", "999988887777", "444455556666"
SETS = f'{{prod: {{accounts: ["{ACCOUNT}", "{OTHER}"]}}}}'
DECLARED = f"guardrails: 1\nsystems: {{aws: {{connector: aws, sets: {SETS}}}}}\n"
JOB = 'workloads: {{job: {{is: ["aws@prod:role/job"], assumed-by: {by}}}}}\n'
LAMBDA = JOB.format(by='["aws:service/lambda.amazonaws.com"]')
OIDC = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def ref(kind, name, identifier="", realm=ACCOUNT):
    return Ref(system="aws", realm=realm, kind=kind, id=identifier or f"id-{name}", name=name)


def principal(kind, name, realm=ACCOUNT):
    form = PrincipalForm.ROLE if kind == "role" else PrincipalForm.USER
    return Principal(ref=ref(kind, name, realm=realm), form=form, resource=f"arn:aws:iam::{realm}:{kind}/{name}")


ROLE, BUCKET = principal("role", "job"), Asset(ref=ref("bucket", "b", "arn:aws:s3:::b"), resource="arn:aws:s3:::b")
CALLER, OPS = principal("role", "caller"), principal("user", "ops")


def allow(names, action="sts:AssumeRole", **more):
    return {"Effect": "Allow", "Principal": names, "Action": action, **more}


def text_of(*entries):
    return canonical({"Version": "2012-10-17", "Statement": list(entries)})


def document(edge, holder, kind, *entries):
    own = ref(kind, f"{holder.name}/{kind}", f"{holder.id}/{'trust' if kind == 'trust-policy' else 'policy'}")
    return Policy(ref=own, text=text_of(*entries)), Edge(kind=edge, source=holder, target=own)


def trusting(*entries):
    return (ROLE, *document(EdgeKind.TRUST_POLICY, ROLE.ref, "trust-policy", *entries))


def sharing(*entries):
    return (BUCKET, *document(EdgeKind.RESOURCE_POLICY, BUCKET.ref, "bucket-policy", *entries))


def may(holder, action="sts:AssumeRole", resource="*"):
    own = ref("inline-policy", f"{holder.ref.name}/own", f"{holder.ref.id}/own")
    says = canonical({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    return Policy(ref=own, text=says), Edge(kind=EdgeKind.IDENTITY_POLICY, source=holder.ref, target=own)


def world(declared, *said):
    accounts = [Account(ref=ref("account", one, one, one), sets=("prod",)) for one in (ACCOUNT, OTHER)]
    seen = {"aws": fold([*accounts, *said], system="aws", connector="aws", taken_at=AT)}
    declaration = declare.loads([("f.yaml", (DECLARED + declared).encode())])
    return World(declaration, seen, {"aws": CONNECTOR.meaning(seen["aws"])}, AT, lambda *_: "")


def image_of(found, one):
    policy = next((fact for fact in found.facts(Policy) if fact.ref.id in {f"{one.id}/trust", f"{one.id}/policy"}), None)
    text = policy.text if policy else ""
    return Image.of({"trust": [settled(text)], "id": (one.id,)}) if one.kind == "role" else Image.of({"policy": [text]})


def planned(found, protected=NOBODY, *, only=("GR104", "GR105", "GR106"), used=NOTHING):
    findings = [finding for finding in judged(differences(found)) if finding.control in only]
    refs = objects(found, findings, {"aws": CONNECTOR})
    planning = Planning(found, {one: image_of(found, one) for one in refs}, {"aws": CONNECTOR}, CONNECTOR.meaning, protected, used=used)
    planning.plan(findings)
    return planning


def after(planning, found):
    image = image_of(found, planning.changes[0].ref)
    for change in planning.changes:
        image = edited(image, change.edits)
    return json.loads(next(iter(image.values("trust") or image.values("policy"))))["Statement"]


def reasons(planning):
    return [one.reason for one in planning.held]


SERVICE = allow({"Service": "lambda.amazonaws.com"}, Sid="Job")
STRANGE = f"arn:aws:iam::{STRANGER}:root"


def test_a_stranger_goes_and_all_else_stays_as_it_was():
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"Odd": {"aws:unheard": "x"}}}
    found = world(LAMBDA, *trusting(deny, SERVICE, allow({"AWS": STRANGE})))

    planning = planned(found)

    (change,) = planning.changes
    assert (change.ref, change.effect, change.cas, change.undo) == (ROLE.ref, Effect.NARROWS, Cas.EMULATED, Restore())
    assert change.proof == f"the policy of {ROLE.ref} allows nobody anything that it does not allow now, and denies no less"
    assert after(planning, found) == [deny, SERVICE]
    assert change.breaks == (
        f"{STRANGE} can no longer become {ROLE.ref}; sessions that were begun before live until they end",
        f"no use of {ROLE.ref} is on record",
    )
    assert planning.held == []


def test_of_a_statement_for_several_only_the_stranger_goes():
    both = allow({"AWS": [STRANGE, CALLER.resource], "Service": "lambda.amazonaws.com"})
    by = '["aws:service/lambda.amazonaws.com", "aws@prod:role/caller"]'
    found = world(JOB.format(by=by), CALLER, *trusting(both))

    planning = planned(found)

    assert after(planning, found) == [allow({"AWS": CALLER.resource, "Service": "lambda.amazonaws.com"})]


def test_who_comes_in_under_a_condition_stays_when_a_statement_before_it_goes():
    caller = allow({"AWS": CALLER.resource}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    found = world(JOB.format(by='["aws@prod:role/caller"]'), CALLER, *trusting(allow({"AWS": STRANGE}), caller))

    assert after(planned(found), found) == [caller]


def test_several_strangers_go_one_after_the_other():
    service = allow({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]})
    found = world(LAMBDA, *trusting(allow({"AWS": STRANGE}), service, allow({"AWS": f"arn:aws:iam::{VENDOR}:root"})))

    planning = planned(found)

    assert len(planning.changes) == 3
    assert planning.held == []
    assert after(planning, found) == [allow({"Service": "lambda.amazonaws.com"})]


def test_the_last_one_stays_unless_nobody_is_declared():
    alone = world(LAMBDA, *trusting(allow({"AWS": STRANGE}), {**allow({"AWS": VENDOR}), "Effect": "Deny"}))

    assert (
        reasons(planned(alone)) == [f"{ROLE.ref}: nobody could become {ROLE.ref} any more, and that nobody may is not declared"]
        or "nobody could become" in reasons(planned(alone))[0]
    )
    assert planned(alone).changes == []

    nobody = world(JOB.format(by="[]"), *trusting(allow({"AWS": STRANGE}), {**allow({"AWS": VENDOR}), "Effect": "Deny"}))
    assert len(planned(nobody).changes) == 1


def test_a_policy_keeps_a_statement():
    found = world(JOB.format(by="[]"), *trusting(allow({"AWS": STRANGE})))

    assert "would have no statement left" in reasons(planned(found))[0]


def test_an_account_through_which_a_declared_role_comes_stays():
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    declared = JOB.format(by='["aws:service/lambda.amazonaws.com", "aws@prod:role/caller"]')
    through = world(declared, CALLER, *may(CALLER), *trusting(SERVICE, root))

    planning = planned(through)
    assert planning.changes == []
    assert f"caller is declared, and comes in by arn:aws:iam::{ACCOUNT}:root" in reasons(planning)[0]

    itself = world(declared, CALLER, *may(CALLER), *trusting(SERVICE, root, allow({"AWS": CALLER.resource})))
    assert after(planned(itself), itself) == [SERVICE, allow({"AWS": CALLER.resource})]


def test_everybody_stays_where_a_declared_one_comes_in_by_it():
    found = world(LAMBDA, *trusting(allow("*"), {**allow({"AWS": VENDOR}), "Effect": "Deny"}))

    assert any("lambda.amazonaws.com is declared, and comes in by *" in reason for reason in reasons(planned(found)))

    named = world(LAMBDA, *trusting(SERVICE, allow("*")))
    assert after(planned(named), named) == [SERVICE]


def test_everybody_stays_where_nothing_says_who_of_ours_comes_in():
    found = world("teams: {}\n", *trusting(SERVICE, allow("*")))

    assert reasons(planned(found)) == ["everybody comes in by it, also whoever is meant to, and who of ours comes in by it is not declared"]


@pytest.mark.parametrize("entry", [{"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}])
def test_what_is_said_by_other_means_than_names_is_held(entry):
    found = world(LAMBDA, *trusting(SERVICE, {"Effect": "Allow", "Action": "sts:AssumeRole", **entry}))

    planning = planned(found)
    assert planning.changes == []
    assert "lets in all but those whom it names" in reasons(planning)[0]


def test_who_is_protected_is_never_shut_out():
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    found = world(LAMBDA, OPS, *may(OPS), *trusting(SERVICE, root))
    assert len(planned(found).changes) == 1

    own = planned(found, Protected(own=frozenset({OPS.ref})))
    assert own.changes == []
    assert "is guardrails itself" in reasons(own)[0]

    never = world(LAMBDA + 'apply: {never: {"aws@prod:user/ops": any}}\n', OPS, *may(OPS), *trusting(SERVICE, root))
    assert planned(never).changes == []
    assert "is protected" in reasons(planned(never))[0]

    # of an account those count who may ask for the role, not all
    idle = world(LAMBDA, OPS, *may(OPS, "s3:GetObject"), *trusting(SERVICE, root))
    assert len(planned(idle, Protected(own=frozenset({OPS.ref}))).changes) == 1
    named = world(LAMBDA, OPS, *trusting(SERVICE, allow({"AWS": OPS.resource})))
    assert planned(named, Protected(own=frozenset({OPS.ref}))).changes == []


def test_tokens_that_are_declared_are_not_shut_out_with_others():
    def tokens(subject):
        return allow(
            {"Federated": OIDC},
            "sts:AssumeRoleWithWebIdentity",
            Condition={"StringLike": {"token.actions.githubusercontent.com:sub": subject}},
        )

    declared = JOB.format(by='["oidc:token.actions.githubusercontent.com/repo:ours/app:*"]')
    mixed = world(declared, *trusting(tokens(["repo:ours/app:*", "repo:theirs/app:*"])))
    assert planned(mixed).changes == []
    assert len(planned(mixed).held) == 1

    apart = world(declared, *trusting(tokens("repo:ours/app:*"), tokens("repo:theirs/app:*")))
    assert after(planned(apart), apart) == [tokens("repo:ours/app:*")]


def test_an_external_id_that_nobody_declared_is_not_invented():
    declared = (
        f'vendors: {{v: {{valid-until: 2027-03-01, trusts: {{"aws@prod:role/job": {{by: "aws:{VENDOR}", external-id: required}}}}}}}}\n'
    )
    found = world(declared, *trusting(allow({"AWS": f"arn:aws:iam::{VENDOR}:root"})))

    planning = planned(found)

    assert planning.changes == []
    assert reasons(planning) == ["which external id it is stands nowhere: a wrong one would shut the vendor out"]


def of_bucket(names, action="s3:GetObject", **more):
    return allow(names, action, Resource="arn:aws:s3:::b/*", **more)


def test_a_foreign_account_goes_from_the_policy_of_a_bucket():
    ours = of_bucket({"AWS": f"arn:aws:iam::{OTHER}:root"})
    found = world("teams: {}\n", *sharing(of_bucket({"AWS": [f"arn:aws:iam::{OTHER}:root", STRANGE]})))

    planning = planned(found)

    assert after(planning, found) == [ours | {"Principal": {"AWS": [f"arn:aws:iam::{OTHER}:root"]}}]
    assert planning.changes[0].breaks == (f"{STRANGE} can no longer use {BUCKET.ref}",)
    assert planning.changes[0].effect is Effect.NARROWS


def test_a_bucket_that_is_open_to_everybody_is_closed_where_nobody_of_ours_is_declared_for_it():
    ours = of_bucket({"AWS": OTHER})
    found = world("teams: {}\n", *sharing(of_bucket("*"), ours))

    assert after(planned(found), found) == [ours]


NAMES = st.sampled_from([STRANGE, f"arn:aws:iam::{ACCOUNT}:root", CALLER.resource, OPS.resource, VENDOR, "*"])
PRINCIPALS = st.one_of(
    st.just("*"),
    st.fixed_dictionaries({"AWS": st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True))}),
    st.sampled_from([{"Service": "lambda.amazonaws.com"}, {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"], "AWS": STRANGE}]),
)
ENTRIES = st.builds(
    lambda effect, names, more: {"Effect": effect, "Principal": names, "Action": "sts:AssumeRole", **more},
    st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
    PRINCIPALS,
    st.sampled_from([{}, {}, {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]),
)
BY = st.sampled_from(
    [LAMBDA, JOB.format(by="[]"), JOB.format(by='["aws@prod:role/caller"]'), JOB.format(by=f'["aws:{VENDOR}"]'), "teams: {}\n"]
)


@given(st.lists(ENTRIES, min_size=1, max_size=4), BY)
def test_after_a_plan_no_more_come_in_and_whoever_is_declared_still_does(entries, declared):
    found = world(declared, CALLER, OPS, *may(CALLER), *may(OPS), *trusting(*entries))
    planning = planned(found)
    if not planning.changes:
        return
    left = after(planning, found)
    said = [fact for fact in found.facts(Policy) if fact.ref.id != f"{ROLE.ref.id}/trust"]
    now = world(declared, CALLER, OPS, *said, *may(CALLER)[1:], *may(OPS)[1:], *trusting(*left))

    was, will = ({replace(seen, pointer="") for seen in one.meanings["aws"].trusts(ROLE.ref)} for one in (found, now))
    who = {asking: _asks(found, now, asking) for asking in (CALLER, OPS)}
    assert all(before or not later for before, later in who.values()), "nobody comes in who did not"
    assert {(seen.kind, seen.name) for seen in will} <= {(_root(seen)) for seen in was}
    if "caller" in declared:
        assert who[CALLER][0] == who[CALLER][1], "who is declared comes in as before"
    if "lambda" in declared:
        assert any(seen.kind == "any" or seen.name == "lambda.amazonaws.com" for seen in will) or not any(
            seen.kind == "any" or seen.name == "lambda.amazonaws.com" for seen in was
        )
    assert will or declared == JOB.format(by="[]")
    assert [entry for entry in left if entry["Effect"] == "Deny"] == json.loads(
        settled(text_of(*(entry for entry in entries if entry["Effect"] == "Deny")))
    )["Statement"]


def _root(seen):
    return seen.kind, f"arn:aws:iam::{seen.name}:root" if seen.name.isdecimal() else seen.name


def _asks(found, now, asking):
    request = Witness(principal=asking.resource, action="sts:AssumeRole", resource=ROLE.resource)
    return [one.meanings["aws"].replay(asking.ref, request) for one in (found, now)]


@pytest.mark.parametrize(("holder", "is_kept"), [(CALLER, True), (OPS, False)])
def test_whoever_became_the_role_lately_still_does(holder, is_kept):
    asked = Witness(principal=holder.resource, action="sts:AssumeRole", resource=ROLE.resource)
    log = Log(system="aws", requests=(Past(holders=(holder.ref,), request=asked, last=AT),), others=0, since=AT, until=AT)
    found = world(LAMBDA, *trusting(SERVICE, allow({"AWS": CALLER.resource})), CALLER, *may(CALLER), OPS, *may(OPS))

    planning = planned(found, used=Used([log]))

    assert [reason for reason in reasons(planning) if "used: aws@111122223333:role/caller was let sts:AssumeRole" in reason] == reasons(
        planning
    )
    assert (len(planning.held), len(planning.changes)) == ((1, 0) if is_kept else (0, 1))
