"""Resource types of Terraform one by one, in plans that are written by hand: what each makes of the small account of `plans.seen`."""

from __future__ import annotations

import json

import pytest
from terraform_plans import ACCOUNT, KEY, REGION, TRUST, applied, arn, block, change, facts, gaps, held, only, plan, policy, seen

from guardrails.connectors.aws.iam import canonical
from guardrails.model.facts import AddressList, Asset, DefaultEncryption, Exposure, Key, NotSeen, Policy, Principal, Protection
from guardrails.model.words import AtRest, Custody, EdgeKind, State

MORE = policy("s3:PutObject")
CIDR = {"from_port": 443, "to_port": 443, "protocol": "tcp"}


def made(kind, after, *actions, before=None, unknown=None, **expressions):
    address = f"{kind}.it"
    written = {name: {} for name in (after or {})} | expressions
    return plan(
        change(address, *(actions or ("create",)), before=before, after=after, unknown=unknown), blocks=(block(address, **written),)
    )


def members(outcome):
    return {(edge.source.name, edge.target.name) for edge in only(outcome).edges if edge.kind is EdgeKind.MEMBER}


@pytest.mark.parametrize(
    ("kind", "after", "holds"),
    [
        ("aws_iam_role_policy", {"role": "ci", "name": "more", "policy": MORE}, {"ci/own", "ci/more", "shared"}),
        ("aws_iam_role_policy_attachment", {"role": "ci", "policy_arn": arn("policy", "shared")}, {"ci/own", "shared"}),
        ("aws_iam_policy_attachment", {"name": "x", "users": ["kim"], "policy_arn": arn("policy", "shared")}, {"ci/own"}),
        ("aws_iam_role_policies_exclusive", {"role_name": "ci", "policy_names": []}, {"shared"}),
        ("aws_iam_role_policy_attachments_exclusive", {"role_name": "ci", "policy_arns": []}, {"ci/own"}),
        ("aws_iam_role_policy_attachments_exclusive", {"role_name": "ci", "policy_arns": [arn("policy", "shared")]}, {"ci/own", "shared"}),
    ],
)
def test_what_a_role_holds_follows_the_plan(kind, after, holds):
    assert held(applied(made(kind, after)), "ci") == holds


@pytest.mark.parametrize(
    ("kind", "before", "holds"),
    [
        ("aws_iam_role_policy", {"role": "ci", "name": "own", "policy": policy("s3:GetObject")}, {"shared"}),
        ("aws_iam_role_policy_attachment", {"role": "ci", "policy_arn": arn("policy", "shared")}, {"ci/own"}),
        ("aws_iam_policy_attachment", {"roles": ["ci"], "policy_arn": arn("policy", "shared")}, {"ci/own"}),
        ("aws_iam_role_policies_exclusive", {"role_name": "ci", "policy_names": ["own"]}, {"ci/own", "shared"}),
    ],
)
def test_what_ends_is_held_no_longer(kind, before, holds):
    assert held(applied(made(kind, None, "delete", before=before)), "ci") == holds


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("aws_iam_user_policy", {"user": "kim", "name": "more", "policy": MORE}),
        ("aws_iam_group_policy", {"group": "admins", "name": "more", "policy": MORE}),
    ],
)
def test_users_and_groups_have_policies_as_roles_do(kind, after):
    assert held(applied(made(kind, after)), after.get("user") or after["group"]) == {f"{after.get('user') or after['group']}/more"}


def test_memberships_are_those_that_the_plan_leaves():
    joins = {"user": "kim", "groups": ["admins"]}
    moves = made("aws_iam_user_group_membership", {"user": "kim", "groups": []}, "update", before=joins)
    only_ci = made("aws_iam_group_membership", {"name": "x", "group": "admins", "users": []})

    assert members(applied(made("aws_iam_user_group_membership", joins))) == {("kim", "admins")}
    assert members(applied(moves)) == set()
    assert members(applied(only_ci)) == set()


def test_a_managed_policy_changes_for_everybody_who_holds_it():
    before = {"name": "shared", "arn": arn("policy", "shared"), "path": "/", "policy": policy("s3:GetObject")}
    outcome = applied(made("aws_iam_policy", before | {"policy": MORE}, "update", before=before))

    assert facts(outcome, Policy)["shared"].text == MORE


def test_a_managed_policy_that_nobody_knows_yet_makes_its_holders_unknown():
    before = {"name": "shared", "arn": arn("policy", "shared"), "path": "/", "policy": policy("s3:GetObject")}
    after = {key: value for key, value in before.items() if key != "policy"}
    outcome = applied(made("aws_iam_policy", after, "update", before=before, unknown={"policy": True}, policy={"references": ["local.x"]}))

    assert "shared" not in facts(outcome, Policy)
    assert held(outcome, "ci") == {"ci/own"}
    assert any(gap.subject and gap.subject.name == "ci" and gap.what == "iam" for gap in only(outcome).gaps)


def test_a_policy_that_was_not_observed_makes_its_holder_unknown():
    outcome = applied(made("aws_iam_role_policy_attachment", {"role": "ci", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}))

    assert [gap.subject.name for gap in only(outcome).gaps if gap.what == "iam"] == ["ci"]


def test_a_new_role_is_known_by_its_exact_arn():
    after = {"name": "fresh", "path": "/apps/", "assume_role_policy": TRUST, "tags": {"team": "x"}}
    fresh = facts(applied(made("aws_iam_role", after)), Principal)["fresh"]

    assert (fresh.resource, fresh.ref.id, fresh.tags) == (arn("role", "apps/fresh"), arn("role", "apps/fresh"), (("team", "x"),))


def test_a_role_of_unknown_name_is_told():
    after = {"name_prefix": "app-", "assume_role_policy": TRUST}
    outcome = applied(made("aws_iam_role", after, unknown={"name": True}))

    assert len(gaps(outcome)) == 1
    assert "name is not known" in gaps(outcome)[0]


def test_a_boundary_is_put_and_taken_away():
    before = {"name": "ci", "path": "/", "arn": arn("role", "ci"), "assume_role_policy": TRUST, "permissions_boundary": None}
    bound = before | {"permissions_boundary": arn("policy", "shared")}
    with_one = applied(made("aws_iam_role", bound, "update", before=before))
    again = applied(made("aws_iam_role", before, "update", before=bound), only(with_one))

    assert [edge.target.name for edge in only(with_one).edges if edge.kind is EdgeKind.BOUNDARY] == ["shared"]
    assert not [edge for edge in only(again).edges if edge.kind is EdgeKind.BOUNDARY]


def test_a_renamed_user_stays_the_same_one():
    before = {"name": "kim", "path": "/", "arn": arn("user", "kim")}
    outcome = applied(made("aws_iam_user", {"name": "kim2", "path": "/"}, "update", before=before))
    people = facts(outcome, Principal)

    assert "kim" not in people
    assert (people["kim2"].ref.id, people["kim2"].resource) == ("id-kim", arn("user", "kim2"))


@pytest.mark.parametrize("kind", ["role", "user", "group"])
def test_who_goes_leaves_nothing_behind(kind):
    name = {"role": "ci", "user": "kim", "group": "admins"}[kind]
    outcome = applied(made(f"aws_iam_{kind}", None, "delete", before={"name": name, "arn": arn(kind, name)}))

    assert name not in facts(outcome, Principal)
    assert not [edge for edge in only(outcome).edges if name in {edge.source.name, edge.target.name}]
    assert not [policy for policy in facts(outcome, Policy) if policy.startswith(f"{name}/")]


@pytest.mark.parametrize(
    ("rules", "level", "key"),
    [
        ([], AtRest.SERVICE, ""),
        ([("AES256", None)], AtRest.SERVICE, ""),
        ([("aws:kms", None)], AtRest.SERVICE_KEY, ""),
        ([("aws:kms", KEY)], AtRest.CUSTOMER_KEY, KEY),
    ],
)
@pytest.mark.parametrize("is_split", [False, True])
def test_a_new_bucket_is_encrypted_as_it_says_or_by_the_service(rules, level, key, is_split):
    found = [{"apply_server_side_encryption_by_default": [{"sse_algorithm": name, "kms_master_key_id": whose}]} for name, whose in rules]
    bucket = {"bucket": "new", "tags": {"class": "x"}}
    if is_split and found:
        split = change("aws_s3_bucket_server_side_encryption_configuration.it", "create", after={"bucket": "new", "rule": found})
        proposed = plan(change("aws_s3_bucket.it", "create", after=bucket), split, blocks=())
    else:
        proposed = made("aws_s3_bucket", bucket | {"server_side_encryption_configuration": [{"rule": found}] if found else []})
    protection = facts(applied(proposed), Protection)["new"]

    assert (protection.at_rest, protection.key) == (level, key)


def test_a_bucket_keeps_what_the_plan_does_not_speak_of():
    before = {"bucket": "cdr", "arn": "arn:aws:s3:::cdr", "tags": {}, "server_side_encryption_configuration": []}
    outcome = applied(made("aws_s3_bucket", before | {"tags": {"class": "x"}}, "update", before=before))

    assert facts(outcome, Protection)["cdr"].at_rest is AtRest.CUSTOMER_KEY


def test_encryption_that_goes_leaves_that_of_the_service():
    outcome = applied(made("aws_s3_bucket_server_side_encryption_configuration", None, "delete", before={"bucket": "cdr", "rule": []}))

    assert facts(outcome, Protection)["cdr"].at_rest is AtRest.SERVICE


@pytest.mark.parametrize(("acl", "told"), [("private", 0), ("public-read", 1)])
def test_an_access_control_list_that_opens_is_told(acl, told):
    outcome = applied(made("aws_s3_bucket_acl", {"bucket": "cdr", "acl": acl}))

    assert len(only(outcome).gaps) == told


def test_a_bucket_policy_comes_and_goes():
    made_one = applied(made("aws_s3_bucket_policy", {"bucket": "cdr", "policy": MORE}))
    gone = applied(made("aws_s3_bucket_policy", None, "delete", before={"bucket": "cdr", "policy": MORE}), only(made_one))

    assert facts(made_one, Policy)["cdr/policy"].text == MORE
    assert "cdr/policy" not in facts(gone, Policy)


def test_a_key_that_says_nothing_is_never_rotated_and_left_to_its_account():
    outcome = applied(made("aws_kms_key", {"description": "x"}, unknown={"arn": True, "key_id": True, "policy": True, "id": True}))
    (key,) = [fact for fact in facts(outcome, Key).values() if fact.resource != KEY]

    assert (key.rotation_days, key.custody, key.state) == (0, Custody.CUSTOMER, State.ACTIVE)
    assert f"arn:aws:iam::{ACCOUNT}:root" in facts(outcome, Policy)[f"{key.ref.name}/policy"].text


@pytest.mark.parametrize(
    ("after", "days"),
    [({"enable_key_rotation": True}, 365), ({"enable_key_rotation": True, "rotation_period_in_days": 90}, 90), ({}, 0)],
)
def test_rotation_is_what_the_plan_says(after, days):
    before = {"arn": KEY, "enable_key_rotation": True, "is_enabled": True}
    outcome = applied(made("aws_kms_key", {"arn": KEY, "is_enabled": True} | after, "update", before=before))

    assert facts(outcome, Key)["1234"].rotation_days == days


def test_a_key_that_goes_or_is_disabled_can_be_used_no_longer():
    before = {"arn": KEY, "is_enabled": True}
    gone = applied(made("aws_kms_key", None, "delete", before=before))
    off = applied(made("aws_kms_key", {"arn": KEY, "is_enabled": False}, "update", before=before))

    assert facts(gone, Key)["1234"].state is State.DISABLED
    assert facts(off, Key)["1234"].state is State.DISABLED


@pytest.mark.parametrize(
    ("after", "unknown", "expressions", "level"),
    [
        ({"storage_encrypted": False}, {}, {}, AtRest.NONE),
        ({}, {"storage_encrypted": True}, {}, AtRest.NONE),
        ({"storage_encrypted": True}, {"kms_key_id": True}, {}, AtRest.SERVICE_KEY),
        ({"storage_encrypted": True, "kms_key_id": KEY}, {}, {}, AtRest.CUSTOMER_KEY),
        ({"storage_encrypted": True}, {"kms_key_id": True}, {"kms_key_id": {"references": ["var.x", "local.y"]}}, NotSeen),
        ({}, {"storage_encrypted": True}, {"storage_encrypted": {"references": ["local.y"]}}, NotSeen),
        ({"storage_encrypted": False, "snapshot_identifier": "snap-1"}, {}, {}, NotSeen),
    ],
)
def test_a_database_is_as_it_says_as_the_provider_does_or_not_known(after, unknown, expressions, level):
    outcome = applied(made("aws_db_instance", {"identifier": "b"} | after, unknown=unknown, **expressions))
    found = facts(outcome, Protection)["b"].at_rest

    assert isinstance(found, NotSeen) if level is NotSeen else found is level


@pytest.mark.parametrize(
    ("actions", "enabled", "level"),
    [(("create",), True, AtRest.SERVICE_KEY), (("create",), False, AtRest.NONE), (("delete",), True, AtRest.NONE)],
)
def test_the_default_of_volumes_follows_the_plan(actions, enabled, level):
    said = {"enabled": enabled}
    outcome = applied(made("aws_ebs_encryption_by_default", None if "delete" in actions else said, *actions, before=said))

    assert facts(outcome, DefaultEncryption)[REGION].at_rest is level


@pytest.mark.parametrize(
    ("kind", "after", "rule"),
    [
        ("aws_security_group_rule", {"type": "ingress", **CIDR, "cidr_blocks": ["0.0.0.0/0"]}, "443/tcp from 0.0.0.0/0"),
        (
            "aws_vpc_security_group_ingress_rule",
            {"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"},
            "443/tcp from 0.0.0.0/0",
        ),
        ("aws_vpc_security_group_ingress_rule", {"ip_protocol": "-1", "cidr_ipv6": "::/0"}, "all from ::/0"),
        ("aws_security_group_rule", {"type": "egress", **CIDR, "cidr_blocks": ["0.0.0.0/0"]}, None),
        ("aws_vpc_security_group_egress_rule", {"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}, None),
    ],
)
def test_rules_let_in_what_they_say(kind, after, rule):
    outcome = applied(made(kind, {"security_group_id": "sg-1", **after}))
    new = set(facts(outcome, Exposure)) - {"443/tcp from 198.51.100.0/24"} if outcome.edited else set()

    assert new == ({rule} if rule else set())


def test_a_rule_that_goes_lets_nobody_in():
    before = {"security_group_id": "sg-1", "type": "ingress", **CIDR, "cidr_blocks": ["198.51.100.0/24"]}

    assert not facts(applied(made("aws_security_group_rule", None, "delete", before=before)), Exposure)


def test_rules_in_the_block_of_a_group_take_the_place_of_all_others():
    rules = [{**CIDR, "cidr_blocks": ["192.0.2.0/24"], "self": False}]
    before = {"id": "sg-1", "name": "web", "ingress": [{**CIDR, "cidr_blocks": ["198.51.100.0/24"], "self": False}]}
    outcome = applied(made("aws_security_group", before | {"ingress": rules}, "update", before=before))

    assert set(facts(outcome, Exposure)) == {"443/tcp from 192.0.2.0/24"}


def test_who_is_not_known_may_be_everybody():
    after = {"security_group_id": "sg-1", "type": "ingress", **CIDR}
    outcome = applied(made("aws_security_group_rule", after, unknown={"cidr_blocks": True}, cidr_blocks={"references": ["local.x"]}))
    (found,) = [rule for rule in facts(outcome, Exposure).values() if rule.through]

    assert found.addresses == ("0.0.0.0/0", "::/0")


def test_the_entries_of_a_list_come_and_go():
    offices = AddressList(
        ref=seen().facts[0].ref.__class__(system="aws", realm=ACCOUNT, kind="prefix-list", id="pl-1", name="o"), addresses=("192.0.2.0/24",)
    )
    entry = {"prefix_list_id": "pl-1", "cidr": "0.0.0.0/0"}
    more = applied(made("aws_ec2_managed_prefix_list_entry", entry), seen(offices))
    less = applied(made("aws_ec2_managed_prefix_list_entry", None, "delete", before=entry), only(more))

    assert facts(more, AddressList)["o"].addresses == ("0.0.0.0/0", "192.0.2.0/24")
    assert facts(less, AddressList)["o"].addresses == ("192.0.2.0/24",)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": ["x"]}',
        '{"Statement": {"Effect": "allow"}}',
        '{"Statement": {"Effect": "Allow", "Action": [["x"]]}}',
        '{"Statement": {"Effect": "Allow", "Principal": ["x"]}}',
        '{"Statement": {"Effect": "Allow", "Sid": 1}}',
        '{"Statement": {"Effect": "Allow", "Condition": {"Bool": "x"}}}',
        '{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"x": [null]}}}}',
        # AWS takes neither what nobody knows nor what is there twice; one of the two would be judged, and the other hidden
        '{"Statement": {"Effect": "Allow", "action": "*"}}',
        '{"Statement": {"Effect": "Allow"}, "statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Statement": {"Effect": "Allow"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Action": "s3:GetObject", "Resource": "*"}}',
    ],
)
def test_a_document_that_is_no_policy_is_told(text):
    outcome = applied(made("aws_iam_role_policy", {"role": "ci", "name": "more", "policy": text}))

    assert "it is no policy document" in gaps(outcome)[0]
    assert "ci/more" not in held(outcome, "ci")


def document(*statements, **more):
    kind, unknown = "data.aws_iam_policy_document.d", {"json": True, "id": True, **more.pop("unknown", {})}
    blocks = (
        block("aws_iam_role_policy.p", policy={"references": ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]}),
        block(kind, statement=list(more.pop("expressions", [{}] * len(statements)))),
        block("aws_s3_bucket.b", bucket={}),
    )
    user = change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "d"}, unknown={"policy": True})
    bucket = change("aws_s3_bucket.b", "create", after={"bucket": "b"}, unknown={"arn": True})
    return plan(user, bucket, change(kind, "read", after={"statement": list(statements), **more}, unknown=unknown), blocks=blocks)


ONE = {"actions": ["s3:GetObject"], "resources": [None]}
HANGS = {
    "unknown": {"statement": [{"resources": [True]}]},
    "expressions": [{"resources": {"references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]}}],
}


def test_a_document_is_rebuilt_with_the_arn_that_a_bucket_will_have():
    outcome = applied(document(ONE, **HANGS))
    (said,) = json.loads(facts(outcome, Policy)["ci/d"].text)["Statement"]

    assert said["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b:*"]
    assert outcome.assumed == ("data.aws_iam_policy_document.d: of arn:aws:s3:::b, a resource that is built of it is it, or below it",)


def test_what_a_deny_is_taken_to_take_away_is_said():
    hangs = {"unknown": {"statement": [{"resources": [True, True]}]}}
    references = ["aws_s3_bucket.b.arn", "aws_s3_bucket.b", "aws_s3_bucket.b.arn", "aws_s3_bucket.b"]
    deny = ONE | {"effect": "Deny", "resources": [None, None]}
    outcome = applied(document(deny, **hangs, expressions=[{"resources": {"references": references}}]))
    (said,) = json.loads(facts(outcome, Policy)["ci/d"].text)["Statement"]

    assert said["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert outcome.assumed == (
        "data.aws_iam_policy_document.d: of arn:aws:s3:::b, what is built of it twice is it and all that is below it",
    )


def hangs_on(reference, field, **inner):
    """What is given to `document`, where one text of a block hangs on one attribute."""
    unknown, expression = {field: [True]}, {field: {"references": [reference, reference.rpartition(".")[0]]}}
    (name,) = inner or ("",)
    if name:
        unknown, expression = {name: [unknown]}, {name: [expression | {key: {"constant_value": one} for key, one in inner[name].items()}]}
    return {"unknown": {"statement": [unknown]}, "expressions": [expression]}


@pytest.mark.parametrize("field", ["resources", "principals"])
def test_of_what_is_built_of_a_name_it_is_not_known_what_it_names(field):
    one = {"actions": ["s3:GetObject"], "resources": [None]}
    hangs = hangs_on("aws_s3_bucket.b.id", "resources")  # the id of a bucket is its name
    if field == "principals":
        one |= {"resources": ["*"], "principals": [{"type": "AWS", "identifiers": [None]}]}
        hangs = hangs_on("aws_s3_bucket.b.id", "identifiers", principals={"type": "AWS"})
    outcome = applied(document(one, **hangs))

    assert "ci/d" not in facts(outcome, Policy)
    assert "it is built of a name" in gaps(outcome)[0]
    assert outcome.assumed == ()


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ({"principals": [{"type": "AWS", "identifiers": [None]}]}, "identifiers"),
        ({"condition": [{"test": "ArnEquals", "variable": "aws:SourceArn", "values": [None]}]}, "values"),
    ],
)
def test_that_nothing_is_written_around_what_somebody_or_a_condition_is_built_of_is_said(block, field):
    ((name, (inner,)),) = block.items()
    constants = {key: value for key, value in inner.items() if isinstance(value, str)}
    one = {"actions": ["s3:GetObject"], "resources": ["*"], **block}
    outcome = applied(document(one, **hangs_on("aws_s3_bucket.b.arn", field, **{name: constants})))

    assert '["arn:aws:s3:::b"]' in facts(outcome, Policy)["ci/d"].text
    assert outcome.assumed == ("what is built of aws_s3_bucket.b.arn is that, with nothing written around it",)


def test_that_nothing_is_written_around_what_a_resource_is_built_of_is_said_once():
    blocks = (block("aws_iam_policy.p"), *(block(f"aws_iam_role_policy_attachment.{n}", policy_arn=REFERS) for n in "ab"))
    made_policy = change("aws_iam_policy.p", "create", after={"name": "p", "policy": policy("s3:PutObject")}, unknown={"arn": True})
    attached = [change(f"aws_iam_role_policy_attachment.{n}", "create", after={"role": "ci"}, unknown={"policy_arn": True}) for n in "ab"]
    outcome = applied(plan(made_policy, *attached, blocks=blocks))

    assert "p" in held(outcome, "ci")
    assert outcome.assumed == ("what is built of aws_iam_policy.p.arn is that, with nothing written around it",)


REFERS = {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}


def test_a_deny_takes_away_no_more_than_is_certain():
    outcome = applied(document(ONE | {"effect": "Deny"}, **HANGS))

    assert "ci/d" not in facts(outcome, Policy)
    assert "is not told" in gaps(outcome)[0]


def test_all_but_a_resource_is_given_no_less_of_it_than_is_certain():
    hangs = hangs_on("aws_s3_bucket.b.arn", "not_resources")
    outcome = applied(document({"actions": ["s3:GetObject"], "not_resources": [None]}, **hangs))
    denied = applied(document({"effect": "Deny", "actions": ["s3:GetObject"], "not_resources": [None]}, **hangs))

    assert "whether it is arn:aws:s3:::b or what is below it is not told" in gaps(outcome)[0]
    assert '"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*","arn:aws:s3:::b:*"]' in facts(denied, Policy)["ci/d"].text


@pytest.mark.parametrize("field", ["source_policy_documents", "override_policy_documents", "source_json"])
def test_documents_take_others_in(field):
    other = canonical({"Version": "2012-10-17", "Statement": [{"Sid": "x", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]})
    mine = {"sid": "x", "actions": ["s3:GetObject"], "resources": ["*"]}
    outcome = applied(document(mine, **{field: other if field == "source_json" else [other]}))
    (said,) = json.loads(facts(outcome, Policy)["ci/d"].text)["Statement"]

    assert said["Action"] == ("s3:PutObject" if field.startswith("override") else ["s3:GetObject"])


@pytest.mark.parametrize("other", ["{", '{"Statement": {"Effect": "Deny"}, "Statement": {"Effect": "Allow"}}', '{"Statement": "x"}'])
def test_a_document_that_takes_in_what_is_no_policy_is_told(other):
    outcome = applied(document({"actions": ["s3:GetObject"], "resources": ["*"]}, source_policy_documents=[other]))

    assert "ci/d" not in facts(outcome, Policy)
    assert "a document that it takes in is no" in gaps(outcome)[0]


def test_a_document_that_takes_in_what_is_not_known_is_told():
    outcome = applied(document({"actions": ["s3:GetObject"], "resources": ["*"]}, unknown={"source_policy_documents": True}))

    assert "ci/d" not in facts(outcome, Policy)
    assert gaps(outcome)


@pytest.mark.parametrize(
    ("tags", "found"),
    [({"constant_value": {"class": "secret", "a": "1"}}, (("a", "2"), ("class", "secret"))), ({"references": ["local.tags"]}, None)],
)
def test_the_tags_of_the_provider_are_tags_of_what_it_makes(tags, found):
    proposed = made("aws_s3_bucket", {"bucket": "new", "tags": {"a": "2"}}, unknown={"tags_all": True})
    proposed["configuration"]["provider_config"]["aws"]["expressions"]["default_tags"] = [{"tags": tags}]
    outcome = applied(proposed)

    assert facts(outcome, Asset)["new"].tags == found if found else "default tags" in gaps(outcome)[0]


def test_instances_know_a_role_by_its_profile():
    said = {"name": "p", "role": "ci"}
    outcome = applied(made("aws_iam_instance_profile", said))
    gone = applied(made("aws_iam_instance_profile", None, "delete", before=said), only(outcome))

    assert facts(outcome, Principal)["ci"].names == (("instance-profile", "p"),)
    assert facts(gone, Principal)["ci"].names == ()


@pytest.mark.parametrize(
    "odd", [{"from_port": "x"}, {"from_port": 99999}, {"protocol": "??"}, {"cidr_blocks": ["nowhere"]}, {"to_port": 1}]
)
def test_a_rule_that_makes_no_sense_may_let_everybody_in(odd):
    after = {"security_group_id": "sg-1", "type": "ingress", **CIDR, "cidr_blocks": ["192.0.2.0/24"]} | odd
    rules = facts(applied(made("aws_security_group_rule", after)), Exposure).values()

    assert [rule.addresses for rule in rules if rule.through] == [("0.0.0.0/0", "::/0")]
    assert not [rule for rule in rules if rule.addresses == ("192.0.2.0/24",)]


def test_an_alias_moves_and_goes():
    said = {"name": "alias/a", "target_key_id": "1234"}
    there = applied(made("aws_kms_alias", said))
    moved = applied(made("aws_kms_alias", said, "update", before=said | {"target_key_id": "5678"}), only(there))
    other = applied(made("aws_kms_alias", said | {"name": "alias/b"}, "delete", "create", before=said), only(there))
    gone = applied(made("aws_kms_alias", None, "delete", before=said), only(there))
    named = [[name for name in facts(one, Key)["1234"].aliases if name.startswith("alias/")] for one in (there, moved, other, gone)]

    assert named == [["alias/a"], ["alias/a"], ["alias/b"], []]
