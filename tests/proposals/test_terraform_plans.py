"""Plans of Terraform as a whole, written by hand: where they are, what is left out of them, and what of them nobody can judge."""

from __future__ import annotations

import json

import pytest
from terraform_plans import ACCOUNT, KEY, applied, arn, block, change, gaps, held, only, plan, policy, seen

from guardrails.errors import AuthorError
from guardrails.model.facts import Principal
from guardrails.proposals.concern import is_of_concern
from guardrails.proposals.terraform import Action, read_plan
from guardrails.proposals.values import Unknown, plain, unknowns

MORE = {"role": "ci", "name": "more", "policy": policy("s3:PutObject")}
ROLE = change("aws_iam_role_policy.p", "create", after=MORE)
QUIET = change("aws_route53_record.r", "create", after={"name": "x", "records": ["CANARY-record"]})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"format_version": "2.0", "resource_changes": []}',
        b'{"format_version": "1.2"}',
        b'{"format_version": "1.2", "resource_changes": [{"address": "CANARY"}]}',
        b'{"format_version": "1.2", "resource_changes": "CANARY"}',
        b"CANARY{",
        b"[" * 100_000,
    ],
)
def test_what_is_no_plan_is_refused_and_none_of_it_is_shown(content):
    with pytest.raises(AuthorError) as refused:
        read_plan(content, "plan.json")

    assert "CANARY" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_plan_without_anything_that_is_judged_lets_nothing_pass():
    for found in (plan(), plan(QUIET)):
        assert applied(found).untold == ("no resource of the plan was evaluated, and nothing evaluated never passes",)


def test_what_is_about_nothing_that_is_judged_is_counted():
    outcome = applied(plan(ROLE, QUIET))

    assert (outcome.evaluated, outcome.ignored, outcome.untold) == (1, 1, ())


@pytest.mark.parametrize(
    "kind",
    [
        "aws_sqs_queue_policy",
        "aws_lambda_permission",
        "aws_ssoadmin_permission_set",
        "aws_kms_grant",
        "aws_vpc_endpoint",
        "aws_ram_principal_association",
    ],
)
def test_what_is_about_access_and_not_understood_is_a_gap_that_can_be_accepted(kind):
    outcome = applied(plan(ROLE, change(f"{kind}.x", "create", after={"name": "x"})))
    (gap,) = only(outcome).gaps

    assert (gap.what, gap.realm, gap.subject.name) == (kind, ACCOUNT, f"{kind}.x")


@pytest.mark.parametrize("name", ["policy", "kms_key_id", "encrypted", "cidr_blocks", "publicly_accessible"])
def test_an_attribute_about_access_makes_its_resource_one_at_any_depth_even_if_unknown(name):
    for entry in ({"after": {"inner": [{name: None}]}}, {"after": {}, "unknown": {name: True}}):
        outcome = applied(plan(ROLE, change("aws_thing.x", "create", **entry)))

        assert len(only(outcome).gaps) == 1


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("null_resource", False),
        ("random_password", False),
        ("tls_private_key", False),
        ("aws_lb_target_group", False),
        ("aws_cloudwatch_log_group", False),
        ("kubernetes_role_binding", True),
        ("google_project_iam_member", True),
        ("vault_policy", True),
        ("aws_cloudformation_stack", True),
        ("aws_cloud_formation_stack", True),
    ],
)
def test_kinds_are_known_by_their_words(kind, is_one):
    assert is_of_concern(kind, ()) is is_one


def test_what_another_provider_does_about_access_is_told():
    other = change("vault_policy.x", "create", after={"name": "x", "policy": "CANARY"}, provider_name="registry.example/hashicorp/vault")

    assert applied(plan(ROLE, other)).untold == (
        "vault_policy.x: vault_policy speaks of access, exposure or encryption, and is not understood",
    )


def test_an_account_that_was_not_observed_is_told():
    found = plan(ROLE)
    found["configuration"]["provider_config"]["aws"]["expressions"]["allowed_account_ids"] = {"constant_value": ["999988887777"]}

    assert "account 999988887777 was not observed" in applied(found).untold[0]


def without_account(**more):
    found = plan(ROLE, **more)
    del found["configuration"]["provider_config"]["aws"]["expressions"]["allowed_account_ids"]
    return found


def prior(kind, **values):
    entry = {
        "address": f"{kind}.s",
        "mode": "data" if kind == "aws_caller_identity" else "managed",
        "type": kind,
        "name": "s",
        "values": values,
    }
    return {"values": {"root_module": {"child_modules": [{"resources": [{"provider_name": "x/aws", **entry}]}]}}}


@pytest.mark.parametrize(
    ("found", "accounts"),
    [
        (without_account(), {"": ACCOUNT}),
        (without_account(), {"aws": ACCOUNT}),
        (without_account(prior_state=prior("aws_caller_identity", account_id=ACCOUNT)), {}),
        (without_account(prior_state=prior("aws_iam_role", arn=arn("role", "x"))), {}),
    ],
)
def test_the_account_is_told_by_what_is_there_or_by_whoever_asks(found, accounts):
    assert held(applied(found, accounts=accounts), "ci") == {"ci/own", "ci/more", "shared"}


def test_an_account_that_nothing_tells_or_that_is_told_in_two_ways_is_told():
    nothing = applied(without_account())
    two = applied(plan(ROLE), accounts={"": "999988887777"})

    assert nothing.untold[0] == "aws_iam_role_policy.p: nothing tells the account of provider aws"
    assert two.untold[0] == f"aws_iam_role_policy.p: provider aws is said to be in several accounts: {ACCOUNT}, 999988887777"
    assert not nothing.edited


def test_an_assumed_role_tells_the_account():
    found = without_account()
    found["configuration"]["provider_config"]["aws"]["expressions"]["assume_role"] = [
        {"role_arn": {"constant_value": arn("role", "deploy")}}
    ]

    assert applied(found).untold == ()


def test_the_region_may_be_the_value_of_a_variable():
    found = plan(ROLE, variables={"region": {"value": "eu-west-1"}})
    found["configuration"]["provider_config"]["aws"]["expressions"]["region"] = {"references": ["var.region"]}

    assert read_plan(json.dumps(found).encode(), "p").regions == {"aws": "eu-west-1"}


def test_what_is_deferred_failed_or_run_by_provisioners_lets_nothing_pass():
    later = {"reason": "absent_prereq", "resource_change": change("aws_iam_role.later", "create", after={})}
    runs = block("aws_iam_role_policy.p") | {"provisioners": [{"type": "local-exec"}]}
    outcome = applied(plan(ROLE, blocks=(runs,), deferred_changes=[later], errored=True, complete=False))

    assert outcome.untold == (
        "aws_iam_role.later: Terraform defers it to a later plan, so nothing is known of it",
        "Terraform could not make the plan to its end",
        "aws_iam_role_policy.p: it runs provisioners, and what they do is in no plan",
    )
    assert "Terraform says that another plan is needed after this one" in outcome.notes


def test_what_terraform_runs_beside_lets_nothing_pass():
    beside = [{"address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke", "name": "x", "config_values": {"payload": "CANARY"}}]

    assert applied(plan(ROLE, action_invocations=beside)).untold == (
        "action.aws_lambda_invoke.x: it is an action, and what it does is in no plan",
    )


def test_an_action_that_nobody_knows_is_told():
    outcome = applied(plan(change("aws_iam_role_policy.p", "melt", after=MORE)))

    assert outcome.untold == ("aws_iam_role_policy.p: what is to become of it is not understood",)


@pytest.mark.parametrize(
    ("actions", "meant"),
    [
        (["no-op"], Action.NOTHING),
        (["create", "delete"], Action.REPLACE),
        (["delete", "create"], Action.REPLACE),
        (["create", "forget"], Action.CREATE),
        (["forget"], Action.FORGET),
        (["read"], Action.READ),
    ],
)
def test_actions_mean_what_terraform_says(actions, meant):
    (found,) = read_plan(json.dumps(plan(change("aws_iam_role.x", *actions, after={}))).encode(), "p").resources

    assert found.action is meant


def test_what_is_forgotten_stays():
    outcome = applied(plan(change("aws_iam_role.ci", "forget", before={"name": "ci", "arn": arn("role", "ci")})))

    assert outcome.notes[-1] == "aws_iam_role.ci: it stays as it is, and Terraform knows it no longer"
    assert all(any(isinstance(fact, Principal) and fact.ref.name == "ci" for fact in one.facts) for one in outcome.edited)


def test_a_change_of_what_was_not_observed_is_told():
    before = {"name": "gone", "path": "/", "arn": arn("role", "gone")}
    outcome = applied(plan(change("aws_iam_role.x", "update", before=before, after=before | {"tags": {"a": "b"}})))

    assert "the role gone is changed, and was not observed" in gaps(outcome)[0]


def test_a_module_of_the_first_format_has_its_provider_from_above():
    role = block("aws_iam_role_policy.p") | {"provider_config_key": "inner:aws"}
    found = plan(change("module.inner.aws_iam_role_policy.p", "create", after=MORE), format_version="0.1")
    found["configuration"]["root_module"]["module_calls"] = {"inner": {"module": {"resources": [role]}}}

    assert held(applied(found), "ci") == {"ci/own", "ci/more", "shared"}


def test_a_plan_without_configuration_takes_nothing_unknown_for_a_default():
    found = plan(change("aws_db_instance.d", "create", after={"identifier": "d"}, unknown={"storage_encrypted": True}))
    del found["configuration"]["root_module"]["resources"]
    outcome = applied(found)

    assert "the configuration of it is not in the plan" in repr(only(outcome).facts)


def test_several_references_are_not_one():
    expressions = {"kms_key_id": {"references": ["aws_kms_key.a.arn", "aws_kms_key.a", "aws_kms_key.b.arn", "aws_kms_key.b"]}}
    keys = [change(f"aws_kms_key.{name}", "create", after={}, unknown={"arn": True}) for name in "ab"]
    database = change("aws_db_instance.d", "create", after={"identifier": "d", "storage_encrypted": True}, unknown={"kms_key_id": True})
    blocks = (block("aws_kms_key.a"), block("aws_kms_key.b"), block("aws_db_instance.d", **expressions))
    outcome = applied(plan(*keys, database, blocks=blocks))

    assert "it hangs on aws_kms_key.a.arn, aws_kms_key.b.arn" in repr(only(outcome).facts)


def test_what_hangs_on_itself_ends():
    blocks = (block("aws_iam_role_policy.p", policy={"references": ["aws_iam_role_policy.p.policy", "aws_iam_role_policy.p"]}),)
    after = {"role": "ci", "name": "more"}
    outcome = applied(plan(change("aws_iam_role_policy.p", "create", after=after, unknown={"policy": True}), blocks=blocks))

    assert len(gaps(outcome)) == 1


def test_a_deposed_object_that_goes_takes_nothing_with_it():
    found = change("aws_iam_role.ci", "delete", before={"name": "ci", "arn": arn("role", "other")}, deposed="00000001")

    assert held(applied(plan(ROLE, found)), "ci") == {"ci/own", "ci/more", "shared"}


def test_accounts_in_two_observations_are_told():
    twice = (seen(), seen())

    assert f"account {ACCOUNT} is in 2 of the observations" in applied(plan(ROLE), *twice).untold[0]


def test_values_of_json_are_kept_and_what_is_unknown_in_them_is_found():
    assert plain({"a": [1, None, "x"]}) == {"a": (1, None, "x")}
    lost = Unknown("it is not told")
    assert list(unknowns({"a": (lost, {"b": lost})})) == [lost, lost]
    assert KEY.startswith("arn:aws:kms")


def test_what_hangs_on_a_local_value_as_well_is_not_what_it_refers_to():
    expressions = {"kms_key_id": {"references": ["local.other", "aws_kms_key.a.arn", "aws_kms_key.a"]}}
    key = change("aws_kms_key.a", "create", after={}, unknown={"arn": True})
    database = change("aws_db_instance.d", "create", after={"identifier": "d", "storage_encrypted": True}, unknown={"kms_key_id": True})
    outcome = applied(plan(key, database, blocks=(block("aws_kms_key.a"), block("aws_db_instance.d", **expressions))))

    assert "it hangs on local.other, aws_kms_key.a.arn" in repr(only(outcome).facts)


@pytest.mark.parametrize("unknown", [False, True, {"b": False}, {"b": True}, [False], {}])
def test_what_is_marked_as_sensitive_is_not_read_however_much_of_it_is_known(unknown):
    said = {
        "actions": ["create"],
        "before": None,
        "after": {"a": {"b": "CANARY"}},
        "after_unknown": {"a": unknown},
        "after_sensitive": {"a": True},
    }
    entry = change("aws_iam_role.x", "create") | {"change": said}
    (found,) = read_plan(json.dumps(plan(entry)).encode(), "p").resources

    assert "CANARY" not in repr(found)


@pytest.mark.parametrize(("own", "holds"), [((), None), (("each.key",), {"p-a"})])
def test_all_instances_are_meant_unless_an_expression_speaks_of_its_own(own, holds):
    policies = [
        change(f'aws_iam_policy.p["{key}"]', "create", after={"name": f"p-{key}", "policy": policy("s3:PutObject")}, unknown={"arn": True})
        for key in "ab"
    ]
    attachment = change('aws_iam_role_policy_attachment.x["a"]', "create", after={"role": "ci"}, unknown={"policy_arn": True})
    blocks = (block("aws_iam_policy.p"), block("aws_iam_role_policy_attachment.x", policy_arn={"references": ["aws_iam_policy.p", *own]}))
    outcome = applied(plan(*policies, attachment, blocks=blocks))

    if holds:
        assert held(outcome, "ci") == {"ci/own", "shared", *holds}
    else:
        assert "it hangs on aws_iam_policy.p" in gaps(outcome)[0]
