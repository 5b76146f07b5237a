"""What an action means for an object of AWS: which one is written, what becomes what, and what is not done, with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aws_written import ACCOUNT, NARROW, WIDE, canonical
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.api import Found
from guardrails.connectors.aws.editing import KINDS
from guardrails.connectors.aws.editing.identities import DENY_ALL
from guardrails.connectors.aws.editing.spelling import spelled
from guardrails.connectors.aws.iam import identities
from guardrails.connectors.aws.managed import manager_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict
from guardrails.model.actions import AddDenial, ReplaceMembership, ReplacePolicy
from guardrails.model.changes import (
    GONE,
    Delete,
    DetachPolicy,
    Disable,
    Image,
    RemoveMember,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
    edited,
)
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, PrincipalForm, State
from guardrails.sets import Addresses


def ref(kind, name="x", identifier=""):
    return Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or f"id-{name}", name=name)


CAROL, APP, OPS, BUCKET = ref("user", "carol"), ref("role", "app"), ref("group", "ops"), ref("bucket", "b", "arn:aws:s3:::b")
API, WIDE_ONE = ref("security-group", "api", "sg-1"), ref("policy", "wide", f"arn:aws:iam::{ACCOUNT}:policy/wide")
OWN, AWS_ONE = ref("inline-policy", "carol/own", "id-carol/own"), ref("policy", "Admin", "arn:aws:iam::aws:policy/AdministratorAccess")
NEW, OF_BOB = ref("inline-policy", "carol/new", "id-carol/new"), ref("inline-policy", "bob/new", "id-bob/new")
DENIAL = canonical(WIDE).replace("Allow", "Deny")
SET, KEY = ref("permission-set", "Admins"), ref("key", "k", f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k")
PING = ref("rule", "p", "sg-1/icmp/0.0.0.0/0")
RULE, LIST = ref("rule", "r", "sg-1/443/tcp/0.0.0.0/0"), ref("prefix-list", "office", "pl-1")


SET_OF_WAF = ref("ip-set", "office", f"arn:aws:wafv2:eu-north-1:{ACCOUNT}:regional/ipset/office/1")


def rewritten(policy=OWN, holder=CAROL, text=NARROW, seen=None):
    return RewritePolicy(holder=holder, policy=policy, text=text, seen=canonical(WIDE) if seen is None else seen)


def of_key(text=NARROW):
    return rewritten(ref("key-policy", "k/policy", f"{KEY.id}/policy"), KEY, text)


@pytest.mark.parametrize(
    ("action", "written"),
    [
        (RemoveMember(group=OPS, member=CAROL), CAROL),
        (DetachPolicy(holder=OPS, policy=WIDE_ONE), OPS),
        (rewritten(), CAROL),
        (ReplacePolicy(holder=CAROL, policy=AWS_ONE, seen=WIDE, own=NEW, text=NARROW), CAROL),
        (ReplaceMembership(holder=CAROL, group=OPS, seen="", own=NEW, text=NARROW), CAROL),
        (AddDenial(holder=CAROL, policy=NEW, text=NARROW), CAROL),
        (rewritten(WIDE_ONE), WIDE_ONE),
        (rewritten(ref("trust-policy", "app/trust", "id-app/trust"), APP), APP),
        (rewritten(ref("bucket-policy", "b/policy"), BUCKET), BUCKET),
        (Disable(ref=APP), APP),
        (SetAddresses(target=API, rule=RULE, addresses=()), API),
        (SetAddresses(target=API, rule=LIST, addresses=()), LIST),
        (SetAddresses(target=SET_OF_WAF, rule=SET_OF_WAF, addresses=()), SET_OF_WAF),
        (SetEncryption(target=BUCKET, at_rest=AtRest.SERVICE), BUCKET),
        (SetRotation(key=KEY, days=365), KEY),
        (rewritten(ref("key-policy", "k/policy", f"{KEY.id}/policy"), KEY), KEY),
    ],
)
def test_each_action_writes_one_object(action, written):
    assert CONNECTOR.touched(action) == written
    assert written.kind in KINDS


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (rewritten(AWS_ONE), "AWS writes it: attach a policy of your own"),
        (DetachPolicy(holder=SET, policy=AWS_ONE), "IAM Identity Center makes it anew: change the permission set Admins"),
        (Disable(ref=SET), "IAM Identity Center makes it anew"),
        (ReplacePolicy(holder=CAROL, policy=AWS_ONE, seen=WIDE, own=OF_BOB, text=NARROW), "is no inline policy of"),
        (ReplaceMembership(holder=CAROL, group=OPS, seen="", own=WIDE_ONE, text=NARROW), "is no inline policy of"),
        (AddDenial(holder=CAROL, policy=OF_BOB, text=DENIAL), "is no inline policy of"),
        (rewritten(ref("inline-policy", "other/own", "id-other/own")), "a inline-policy is not written again"),
        (rewritten(ref("trust-policy")), "a trust-policy is not written again"),
        (rewritten(ref("trust-policy", "app/trust", "id-app/trust"), CAROL), "a trust-policy is not written again"),
        (rewritten(ref("key-policy", "k/policy", "id-k/policy"), KEY), "a key-policy is not written again"),
        (Disable(ref=ref("password"), holder=CAROL), "a password can only be deleted, which nobody can take back"),
        (Disable(ref=OPS), "a group is nobody who could be disabled"),
        (SetAddresses(target=BUCKET, rule=ref("rule"), addresses=()), "from where a bucket is used is said by its policies"),
        (
            SetEncryption(target=ref("db-instance"), at_rest=AtRest.CUSTOMER_KEY),
            "it is copied, and the plan says by which steps and how far that is",
        ),
        (SetEncryption(target=ref("volume"), at_rest=AtRest.SERVICE), "how a volume is encrypted is not changed"),
        (DetachPolicy(holder=BUCKET, policy=WIDE_ONE), "a bucket of AWS is not written"),
    ],
)
def test_what_is_not_written_says_what_to_do(action, why):
    with pytest.raises(ValueError, match=why):
        CONNECTOR.touched(action)


def of_set(*addresses):
    return SetAddresses(target=SET_OF_WAF, rule=SET_OF_WAF, addresses=addresses)


MANY = [f"10.{at // 128}.{at % 128 * 2}.0/24" for at in range(10_001)]
"""No two of them side by side."""
USER = Image.of({"group": ("ops",), "policy": (WIDE_ONE.id,), "inline/own": (WIDE,), "id": ("x",)})
MANAGED = Image.of({"document": (WIDE,)}, token="v3,v2,v1")
SPEC = {"manager": ("CUSTOMER",), "origin": ("AWS_KMS",), "spec": ("SYMMETRIC_DEFAULT",), "rotation": ("never",)}
HELD = {**SPEC, "state": ("Enabled",), "policy": (spelled(WIDE),)}
OF_WAF = {"family": ("IPV4",), "used": ("main/office lets in",), "address 10.0.0.0/8": ("",), "address 192.0.2.0/24": ("",)}
IN_NORTH = Image.of({"region": ("eu-north-1",), "encryption": (canonical('{"Rules":[{"BucketKeyEnabled":true}]}'),)})


@pytest.mark.parametrize(
    ("action", "image", "why"),
    [
        (RemoveMember(group=ref("group", "other"), member=CAROL), USER, "is not in .*group/other any more"),
        (DetachPolicy(holder=CAROL, policy=AWS_ONE), USER, "does not have .* any more"),
        (DetachPolicy(holder=CAROL, policy=ref("inline-policy", "carol/gone", "id-carol/gone")), USER, "is not there any more"),
        (rewritten(seen=canonical(NARROW)), USER, "says something else by now"),
        (ReplacePolicy(holder=CAROL, policy=AWS_ONE, seen=WIDE, own=NEW, text=NARROW), USER, "does not have .* any more"),
        (ReplacePolicy(holder=CAROL, policy=WIDE_ONE, seen=WIDE, own=OWN, text=NARROW), USER, "there is .*carol/own already"),
        (
            ReplacePolicy(holder=CAROL, policy=WIDE_ONE, seen=WIDE, own=NEW, text=WIDE.replace("*", "x" * 2048)),
            USER,
            "may have 2048 characters",
        ),
        (ReplaceMembership(holder=CAROL, group=ref("group", "dev"), seen="", own=NEW, text=NARROW), USER, "is not in .*group/dev any more"),
        (
            ReplaceMembership(holder=CAROL, group=OPS, seen="", own=replace(OWN, id="id-carol/OWN"), text=NARROW),
            USER,
            "there is .* already",
        ),
        (AddDenial(holder=CAROL, policy=OWN, text=DENIAL), USER, "there is .*carol/own already"),
        (AddDenial(holder=CAROL, policy=NEW, text=WIDE), USER, "would not only deny"),
        (AddDenial(holder=CAROL, policy=NEW, text=DENIAL.replace("*", "x" * 2048)), USER, "may have 2048 characters"),
        (DetachPolicy(holder=CAROL, policy=OWN, seen=canonical(NARROW)), USER, "says something else by now"),
        (rewritten(text=WIDE.replace("*", "x" * 2048)), USER, "may have 2048 characters, and these have"),
        (Disable(ref=CAROL), edited(USER, CONNECTOR.edits(Disable(ref=CAROL), USER, {})), "disabled already"),
        (Disable(ref=CAROL), Image.of({"inline/guardrails-disabled": (WIDE,)}), "denies it not everything"),
        (SetAddresses(target=API, rule=PING, addresses=()), Image.of({"icmp from 0.0.0.0/0": ("{}", "[]")}), "2 rules differ"),
        (SetRotation(key=KEY, days=365), USER, "a user of IAM has nothing of the kind"),
        (rewritten(WIDE_ONE, seen="{}"), MANAGED, "says something else by now"),
        (rewritten(WIDE_ONE, text=WIDE.replace("*", "x" * 6144)), MANAGED, "may have 6144 characters"),
        (Disable(ref=ref("access-key"), holder=CAROL), Image.of({"status": ("Active",), "user": ("bob",)}), "of another user"),
        (Disable(ref=ref("access-key"), holder=CAROL), Image.of({"status": ("Inactive",), "user": ("carol",)}), "cannot be used already"),
        (SetAddresses(target=API, rule=RULE, addresses=()), Image.of({"443/udp from 0.0.0.0/0": ("{}",)}), "is not there any more"),
        (SetAddresses(target=API, rule=LIST, addresses=()), Image.of({"owner": ("AWS",)}), "it belongs to AWS"),
        (
            of_set("10.0.0.0/9"),
            Image.of({**OF_WAF, "used": ("a/x lets in", "b/y turns away")}),
            "b/y turns away its addresses, so that fewer may",
        ),
        (
            of_set("10.0.0.0/9"),
            Image.of({**OF_WAF, "used": ("main/x does something else with",)}),
            "main/x does something else with its addresses",
        ),
        (of_set("0.0.0.0/0"), Image.of({"family": ("IPV4",)}), "AWS WAF takes no 0.0.0.0/0: write it as two halves"),
        (of_set("2001:db8::/32"), Image.of(OF_WAF), "2001:db8::/32 is no address of IPV4"),
        (of_set("10.0.0.0/9"), Image.of({**OF_WAF, "family": ("IPV6",)}), "10.0.0.0/9 is no address of IPV6"),
        (of_set(*MANY), Image.of({**OF_WAF, "address 10.0.0.0/8": ("",)}), "it would hold 10001 addresses, and AWS WAF takes 10000"),
        (SetRotation(key=KEY, days=30), Image.of(SPEC), "KMS rotates keys every 90 to 2560 days"),
        (SetRotation(key=KEY, days=365), Image.of({**SPEC, "origin": ("EXTERNAL",)}), "only symmetric keys whose material it made"),
        (of_key(), Image.of({**HELD, "manager": ("AWS",)}), "AWS writes the policy of its own keys"),
        (of_key(), Image.of({**HELD, "state": ("PendingDeletion",)}), "the key is PendingDeletion: look at it first"),
        (of_key(), Image.of({**HELD, "policy": (NARROW,)}), "says something else by now"),
        (of_key(text=WIDE.replace("*", "x" * 32768)), Image.of(HELD), "may have 32768 bytes, and this one would have"),
        (SetEncryption(target=BUCKET, at_rest=AtRest.CUSTOMER_KEY), IN_NORTH, "which key of ours should encrypt it"),
        (SetEncryption(target=BUCKET, at_rest=AtRest.CUSTOMER_KEY, key=KEY.id.replace("north", "west")), IN_NORTH, "is not in eu-north-1"),
        (
            SetEncryption(target=ref("ebs-default"), at_rest=AtRest.CUSTOMER_KEY),
            Image.of({"encrypted": ("false",)}),
            "which key it should be",
        ),
        (SetEncryption(target=ref("ebs-default"), at_rest=AtRest.SERVICE), Image.of({"encrypted": ("true",)}), "on already"),
    ],
)
def test_what_cannot_be_done_to_an_object_as_it_is_says_why(action, image, why):
    with pytest.raises(ValueError, match=why):
        KINDS["user"].edits(action, image) if image is USER else CONNECTOR.edits(action, image, {})


class Pinged(SingleApi):
    """A group with two rules of ICMP for everybody, of different kinds of messages."""

    def __init__(self):
        pass

    def regions(self):
        return ("eu-north-1",)

    def ask(self, service, operation, region="us-east-1", **parameters):  # noqa: ARG002  # the door's
        rule = {"IpProtocol": "icmp", "ToPort": -1, "CidrIpv4": "0.0.0.0/0", "GroupId": "sg-1"}
        if operation == "describe_security_groups":
            return Found({"SecurityGroups": [{"GroupId": "sg-1"}]})
        return Found({"SecurityGroupRules": [rule | {"FromPort": kind, "SecurityGroupRuleId": f"sgr-{kind}"} for kind in (8, 3)]})


class Listed(SingleApi):
    """A prefix list to which somebody adds an entry at the second look."""

    def __init__(self):
        self.looks, self.written = 0, []

    def regions(self):
        return ("eu-north-1",)

    def ask(self, service, operation, region="us-east-1", **parameters):  # noqa: ARG002  # the door's
        if operation == "describe_managed_prefix_lists":
            self.looks += 1
            return Found({"PrefixLists": [{"PrefixListId": "pl-1", "OwnerId": ACCOUNT, "Version": self.looks}]})
        if operation == "get_managed_prefix_list_entries":
            return Found({"Entries": [{"Cidr": f"10.{at}.0.0/16"} for at in range(self.looks)]})
        self.written.append(parameters)
        return Found({})


def test_what_came_into_a_list_between_the_last_look_and_the_write_is_not_written_over():
    api, kind = Listed(), KINDS["prefix-list"]
    now = kind.read(api, LIST)
    after = edited(now, kind.edits(SetAddresses(target=API, rule=LIST, addresses=()), now))

    with pytest.raises(Conflict):
        kind.write(api, LIST, now, after)
    assert api.written == []


class Walled(SingleApi):
    """An IP set, to which somebody does something at the second look; WAF itself sees nothing wrong with the token that is told then."""

    def __init__(self, **later):
        self.looks, self.written, self.later = 0, [], later

    def ask(self, service, operation, region="us-east-1", **parameters):  # noqa: ARG002  # the door's
        self.looks += operation == "get_ip_set"
        told = {"addresses": ["10.0.0.0/8"], "action": "Allow", "tags": []} | (self.later if self.looks > 1 else {})
        statement = {"IPSetReferenceStatement": {"ARN": SET_OF_WAF.id}}
        answers = {
            "get_ip_set": {"IPSet": {"Description": "ours", "Addresses": told["addresses"]}, "LockToken": f"t{self.looks}"},
            "list_tags_for_resource": {"TagInfoForResource": {"TagList": told["tags"]}},
            "list_web_acls": {"WebACLs": [{"Name": "main", "Id": "1"}]},
            "get_web_acl": {
                "WebACL": {"Name": "main", "ARN": "acl", "Rules": [{"Name": "r", "Action": {told["action"]: {}}, "Statement": statement}]}
            },
            "list_rule_groups": {"RuleGroups": []},
        }
        if operation in answers:
            return Found(answers[operation])
        self.written.append(parameters)
        return Found({})


@pytest.mark.parametrize(
    "later", [{"addresses": ["10.0.0.0/8", "192.0.2.0/24"]}, {"action": "Block"}, {"tags": [{"Key": "managed-by", "Value": "terraform"}]}]
)
def test_what_became_of_an_ip_set_between_the_last_look_and_the_write_is_not_written_over(later):
    api, kind = Walled(**later), KINDS["ip-set"]
    now = kind.read(api, SET_OF_WAF)
    after = edited(now, kind.edits(of_set(), now))

    with pytest.raises(Conflict, match="is not as it was"):
        kind.write(api, SET_OF_WAF, now, after)
    assert api.written == []


def test_an_ip_set_is_put_whole_with_its_description_and_the_newest_token():
    """WAF takes the description away where none is given; moto keeps it."""
    api, kind = Walled(), KINDS["ip-set"]
    now = kind.read(api, SET_OF_WAF)

    kind.write(api, SET_OF_WAF, now, edited(now, kind.edits(of_set("10.0.0.0/9"), now)))
    where = {"Name": "office", "Scope": "REGIONAL", "Id": "1"}
    assert api.written == [{**where, "Description": "ours", "Addresses": ["10.0.0.0/9"], "LockToken": "t2"}]


def test_no_rule_of_a_group_hides_another():
    found = KINDS["security-group"].read(Pinged(), API)

    assert [json.loads(text)["FromPort"] for text in found.values("icmp from 0.0.0.0/0")] == [3, 8]


@pytest.mark.parametrize(
    ("action", "image"),
    [
        (Disable(ref=CAROL), USER),
        (rewritten(WIDE_ONE), MANAGED),
        (SetAddresses(target=API, rule=RULE, addresses=()), Image.of({"443/tcp from 0.0.0.0/0": ("{}",)})),
        (SetAddresses(target=API, rule=LIST, addresses=()), Image.of({"owner": (ACCOUNT,), "entry 10.0.0.0/8": ("",)})),
        (of_set("10.0.0.0/9"), Image.of(OF_WAF)),
        (SetRotation(key=KEY, days=365), Image.of(SPEC)),
        (of_key(), Image.of(HELD)),
        (SetEncryption(target=BUCKET, at_rest=AtRest.SERVICE), IN_NORTH),
    ],
)
def test_what_something_else_manages_is_never_written(action, image):
    assert CONNECTOR.edits(action, image, {})
    managed = Image.of({**dict(image.fields), "managed-by": ("the CloudFormation stack api",)})

    with pytest.raises(ValueError, match="managed by the CloudFormation stack api, which would undo the change: propose the change there"):
        CONNECTOR.edits(action, managed, {})


SAID = st.lists(st.sampled_from(["kms:Decrypt", "kms:Encrypt", "kms:*"]), min_size=1, max_size=3, unique=True)
WHOM = st.lists(st.sampled_from([ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/r", "999988887777"]), min_size=1, max_size=3, unique=True)


@given(SAID, WHOM, st.randoms(use_true_random=False))
def test_a_key_policy_has_one_spelling_whatever_order_its_lists_are_in(actions, names, chance):
    def text(*, mixed):
        listed, whom = list(actions), list(names)
        if mixed:
            chance.shuffle(listed)
            chance.shuffle(whom)
            whom = [f"arn:aws:iam::{name}:root" if name.isdecimal() else name for name in whom]
        when = {"StringEquals": {"kms:ViaService": listed}}
        entry = {"Action": listed, "Principal": {"AWS": whom}, "Effect": "Allow", "Resource": ["*"], "Condition": when}
        return json.dumps({"Statement": [entry], "Version": "2012-10-17"}, indent=2 if mixed else None)

    assert spelled(text(mixed=True)) == spelled(text(mixed=False)) == spelled(spelled(text(mixed=True)))
    other = json.loads(text(mixed=False))
    other["Statement"][0]["Action"] = [*actions, "kms:Other"]
    assert spelled(json.dumps(other)) != spelled(text(mixed=False))


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[]", '{"Statement":"odd"}', '{"Statement":["odd"]}', '{"Statement":[{"Action":7,"Condition":{"Bool":7}}]}', '{"Statement":[{"Action":[]}]}', '{"Statement":[{"Condition":"odd"}]}'],
)  # fmt: skip
def test_what_is_no_key_policy_is_spelled_as_it_is(text):
    assert spelled(spelled(text)) == spelled(text)


def test_a_role_of_a_service_is_never_written():
    known = {APP: Principal(ref=APP, form=PrincipalForm.PROVIDER)}

    with pytest.raises(ValueError, match="a role of a service of AWS"):
        CONNECTOR.edits(Disable(ref=APP), USER, known)


@pytest.mark.parametrize(
    ("tags", "manager"),
    [
        ((), ""),
        ((("team", "x"),), ""),
        ((("managed-by", "terraform"),), "terraform"),
        ((("aws:cloudformation:stack-name", "net"), ("team", "x")), "the CloudFormation stack net"),
    ],
)
def test_who_manages_something_is_told_by_its_tags(tags, manager):
    assert manager_of(tags) == manager


def test_a_set_loses_what_is_too_much_and_keeps_the_rest_as_it_is_written():
    image = Image.of(OF_WAF)

    after = edited(image, CONNECTOR.edits(of_set("192.0.2.0/24", "10.128.0.0/9"), image, {}))
    assert [name for name, _ in after.fields if name.startswith("address ")] == ["address 10.128.0.0/9", "address 192.0.2.0/24"]
    nobody = edited(image, CONNECTOR.edits(of_set(), image, {}))
    assert [name for name, _ in nobody.fields] == ["family", "used"], "an empty set is one that WAF takes"
    with pytest.raises(ValueError, match="an IP set has addresses alone"):
        KINDS["ip-set"].edits(SetRotation(key=KEY, days=365), image)


def group(*rules):
    return Image.of({f"{ports} from {source}": (json.dumps({"IpProtocol": "tcp", "CidrIpv4": source}),) for ports, source in rules})


def test_what_another_rule_lets_in_already_needs_no_rule():
    held = group(("443/tcp", "0.0.0.0/0"), ("all", "198.51.100.0/24"), ("443/tcp", "203.0.113.0/24"), ("80/tcp", "192.0.2.0/24"))
    action = SetAddresses(target=API, rule=RULE, addresses=("198.51.100.0/24", "203.0.113.0/25"))

    (edit,) = CONNECTOR.edits(action, held, {})

    assert (edit.field, edit.adds) == ("443/tcp from 0.0.0.0/0", ())
    gone, come = CONNECTOR.edits(SetAddresses(target=API, rule=RULE, addresses=("192.0.2.0/24",)), held, {})
    assert (gone.field, come.field) == ("443/tcp from 0.0.0.0/0", "443/tcp from 192.0.2.0/24")
    assert json.loads(come.adds[0]) == {"IpProtocol": "tcp", "CidrIpv4": "192.0.2.0/24"}


def test_a_rule_that_would_become_several_is_held():
    with pytest.raises(ValueError, match="2 rules would have to take its place, and no call makes them at once: use a prefix list"):
        CONNECTOR.edits(
            SetAddresses(target=API, rule=RULE, addresses=("192.0.2.0/24", "203.0.113.0/24")), group(("443/tcp", "0.0.0.0/0")), {}
        )


def test_a_rule_for_ipv6_becomes_another_for_ipv6():
    rule = ref("rule", "r", "sg-1/443/tcp/2001:db8::/32")
    held = Image.of({"443/tcp from 2001:db8::/32": ('{"CidrIpv6":"2001:db8::/32","IpProtocol":"tcp"}',)})

    _, come = CONNECTOR.edits(SetAddresses(target=API, rule=rule, addresses=("2001:db8::/48",)), held, {})

    assert json.loads(come.adds[0]) == {"IpProtocol": "tcp", "CidrIpv6": "2001:db8::/48"}


CIDRS = st.sampled_from(
    ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "192.0.2.0/24", "0.0.0.0/1", "128.0.0.0/1", "198.51.100.0/25"]
)


@given(st.sets(CIDRS, min_size=1), st.sets(CIDRS))
def test_a_list_holds_afterwards_just_what_was_wanted_of_what_it_held(held, wanted):
    image = Image.of({**{f"entry {cidr}": ("",) for cidr in held}, "owner": (ACCOUNT,)})
    kept = Addresses.parse(held) & Addresses.parse(wanted)

    after = edited(image, CONNECTOR.edits(SetAddresses(target=API, rule=LIST, addresses=kept.cidrs()), image, {}))

    left = Addresses.parse(name.removeprefix("entry ") for name, _ in after.fields if name.startswith("entry "))
    assert left.cidrs() == kept.cidrs()


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (DENY_ALL, State.DISABLED),
        ({"Statement": {"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}}, State.DISABLED),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, State.ACTIVE),
        (
            {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]},
            State.ACTIVE,
        ),
        ({"Statement": [{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]}, State.ACTIVE),
        ({"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}, State.ACTIVE),
    ],
)
def test_who_is_denied_everything_at_any_time_counts_as_disabled(document, state):
    entry = {
        "UserName": "carol",
        "UserId": "AIDA1",
        "Arn": "arn:aws:iam::1:user/carol",
        "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": document}],
    }

    (principal,) = [said for said in identities("aws", ACCOUNT, {"UserDetailList": [entry]}) if isinstance(said, Principal)]

    assert principal.state is state


PRESSED = ref("access-key", "AKIA1", "AKIA1")


def off(**more):
    return Image.of({"status": ("Inactive",), "user": ("carol",), **more})


def deleted(**more):
    given = {"ref": PRESSED, "holder": CAROL, "left": off().fingerprint, "since": datetime(2026, 11, 1, 12, tzinfo=UTC), "plan": "a" * 64}
    return Delete(**given | more)


@pytest.mark.parametrize("used", [(), ("2026-10-31T00:00:00+00:00",), ("2026-11-01T12:00:00+00:00",)])
def test_a_key_that_was_not_used_since_is_deleted(used):
    image = off(used=used)
    assert CONNECTOR.touched(deleted()) == Ref(system="aws", realm=ACCOUNT, kind="quarantined-key", id="carol/AKIA1", name="AKIA1")
    assert edited(image, CONNECTOR.edits(deleted(), image, {})) == GONE


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (off(used=("2026-11-01T12:00:01+00:00",)), "it was used since, at 2026-11-01T12:00:01"),
        (off(status=("Active",)), "it is not as it was left"),
        (off(user=("dora",)), "it is not as it was left"),
        (GONE, "it is not as it was left"),
    ],
)
def test_a_key_that_is_not_as_it_was_left_is_not_deleted(image, said):
    with pytest.raises(ValueError, match=said):
        CONNECTOR.edits(deleted(), image, {})


@pytest.mark.parametrize(
    "action", [deleted(ref=CAROL), deleted(ref=ref("password")), deleted(ref=WIDE_ONE), deleted(ref=APP), deleted(holder=None)]
)
def test_nothing_else_of_aws_is_deleted(action):
    with pytest.raises(ValueError, match="is not deleted"):
        CONNECTOR.touched(action)


def test_only_keys_and_versions_are_left_behind():
    policy = Image.of({"document": (WIDE,)}, token="v3,v2")
    told = CONNECTOR.deletes(rewritten(WIDE_ONE), policy)
    assert [part.partition(" ")[0] for part in told] == ["v3"]
    assert CONNECTOR.deletes(Disable(ref=PRESSED, holder=CAROL), off()) == ()
    for action in (Disable(ref=CAROL), Disable(ref=APP), rewritten(), DetachPolicy(holder=OPS, policy=WIDE_ONE), deleted()):
        assert CONNECTOR.deletes(action, policy) is None


def versioned(*told, **more):
    return Image.of({"id": ("P",), "document": (NARROW,), "path": ("/",), **more, "version": told})


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (versioned("v1 a", "v2 b", document=(WIDE,)), "something else is in force"),
        (versioned("v1 a", **{"tag team": ("x",)}), "its tags are others"),
        (versioned("v2 b", "v1 other"), "nothing of it is left"),
        (versioned("v1 a", **{"managed-by": ("terraform",)}), "it is managed by terraform"),
    ],
)
def test_a_version_is_deleted_only_as_it_was_left(image, said):
    action = deleted(ref=WIDE_ONE, parts=("v1 a",), left=versioned().fingerprint)
    assert CONNECTOR.edits(action, versioned("v2 b", "v1 a"), {})[0].removes == ("v1 a",)
    with pytest.raises(ValueError, match=said):
        CONNECTOR.edits(action, image, {})
