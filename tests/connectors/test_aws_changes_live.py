"""Every kind of object of AWS that is written: written on moto's server, read back, refused where it is another, and put back byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aws_written import ACCOUNT, KEY_CUT, KEY_POLICY, NARROW, REGION, SERVED, TRUST, WIDE, Account, canonical, system
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.language import read_settings
from guardrails.connectors.aws.objects import AwsRemediator, Patience, Sessions
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.actions import AddDenial, ReplaceMembership, ReplacePolicy
from guardrails.model.changes import GONE as DELETED
from guardrails.model.changes import (
    Cas,
    Delete,
    DetachPolicy,
    Disable,
    Irreversible,
    RemoveMember,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
    edited,
)
from guardrails.model.words import AtRest
from guardrails.ports import Confining, Lasting, Writer, undo_of
from guardrails.testing.servers import aws_credentials, moto

DENIED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:Put*"],"Resource":["*"]}]}'
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def account():
    enable_socket()
    with moto() as url, aws_credentials():
        made = Account(url)
        made.seed()
        yield made


@pytest.fixture(autouse=True)
def _open():
    enable_socket()


def actions(account):
    seen = canonical(WIDE)
    carol, app, ops = account.ref("user", "carol"), account.ref("role", "app"), account.ref("group", "ops")
    wide, bucket = account.ref("policy", "wide", account.policy), account.ref("bucket", "cdr", "arn:aws:s3:::cdr")
    plain = account.ref("bucket", "plain", "arn:aws:s3:::plain")
    group, office = account.ref("security-group", "api", account.group), account.ref("prefix-list", "office", account.list)

    def own(holder, name="own"):
        return account.ref("inline-policy", f"{holder.name}/{name}", f"{holder.id}/{name}")

    def rule(label):
        return account.ref("rule", label, f"{account.group}/{label}")

    def of_bucket(of):
        return account.ref("bucket-policy", f"{of.name}/policy", f"{of.id}/policy")

    key = account.ref("key", "cdr", account.kms_key)
    return {
        "out of a group": RemoveMember(group=ops, member=carol),
        **{f"a policy off a {holder.kind}": DetachPolicy(holder=holder, policy=wide) for holder in (carol, app, ops)},
        **{
            f"an inline policy off a {holder.kind}": DetachPolicy(holder=holder, policy=own(holder), seen=seen)
            for holder in (carol, app, ops)
        },
        **{
            f"an inline policy of a {holder.kind} rewritten": RewritePolicy(holder=holder, policy=own(holder), text=NARROW, seen=seen)
            for holder in (carol, app, ops)
        },
        "a trust policy rewritten": RewritePolicy(
            holder=app, policy=account.ref("trust-policy", "app/trust", f"{app.id}/trust"), text=SERVED, seen=canonical(TRUST)
        ),
        **{
            f"a policy of a {holder.kind} replaced": ReplacePolicy(
                holder=holder, policy=wide, seen=seen, own=own(holder, "guardrails-declared"), text=NARROW
            )
            for holder in (carol, app, ops)
        },
        "a membership replaced": ReplaceMembership(holder=carol, group=ops, seen=seen, own=own(carol, "guardrails-declared"), text=NARROW),
        **{
            f"a {holder.kind} denied something": AddDenial(holder=holder, policy=own(holder, "guardrails-denied"), text=DENIED)
            for holder in (carol, app, ops)
        },
        "a managed policy rewritten": RewritePolicy(holder=app, policy=wide, text=NARROW, seen=seen),
        "a user disabled": Disable(ref=carol),
        "a role disabled": Disable(ref=app),
        "a key switched off": Disable(ref=account.ref("access-key", account.key, account.key), holder=carol),
        "a rule taken away": SetAddresses(target=group, rule=rule("443/tcp/0.0.0.0/0"), addresses=()),
        "a rule for others": SetAddresses(target=group, rule=rule("443/tcp/0.0.0.0/0"), addresses=("203.0.113.0/24", "198.51.100.0/25")),
        "a rule of IPv6": SetAddresses(target=group, rule=rule("443/udp/2001:db8::/32"), addresses=()),
        "a list of addresses": SetAddresses(target=group, rule=office, addresses=("198.51.100.0/24", "10.0.0.0/8", "11.0.0.0/8")),
        "an IP set": SetAddresses(
            target=account.ref("ip-set", "office", account.set),
            rule=account.ref("ip-set", "office", account.set),
            addresses=("198.51.100.0/24", "10.0.0.0/8", "11.0.0.0/8"),
        ),
        "an IP set that lets in nobody": SetAddresses(
            target=account.ref("ip-set", "office", account.set), rule=account.ref("ip-set", "office", account.set), addresses=()
        ),
        "a key rotated": SetRotation(key=key, days=365),
        "a key policy rewritten": RewritePolicy(
            holder=key, policy=account.ref("key-policy", "cdr/policy", f"{key.id}/policy"), text=KEY_CUT, seen=canonical(KEY_POLICY)
        ),
        "volumes encrypted": SetEncryption(target=account.ref("ebs-default", REGION, f"{ACCOUNT}/{REGION}"), at_rest=AtRest.SERVICE_KEY),
        "a bucket encrypted by its service": SetEncryption(target=plain, at_rest=AtRest.SERVICE),
        "a bucket encrypted by a key of the service": SetEncryption(target=bucket, at_rest=AtRest.SERVICE_KEY),
        "a bucket encrypted by a key of ours": SetEncryption(target=bucket, at_rest=AtRest.CUSTOMER_KEY, key=account.kms_key),
        "a bucket policy rewritten": RewritePolicy(
            holder=bucket, policy=of_bucket(bucket), text=NARROW, seen=canonical(account.bucket_policy)
        ),
        "a bucket policy taken away": RewritePolicy(
            holder=bucket, policy=of_bucket(bucket), text="", seen=canonical(account.bucket_policy)
        ),
        "a bucket policy made": RewritePolicy(holder=plain, policy=of_bucket(plain), text=account.bucket_policy.replace("cdr", "plain")),
        "a list of a bucket rewritten": RewritePolicy(
            holder=bucket, policy=account.ref("bucket-acl", "cdr/acl", f"{bucket.id}/acl"), text=account.list_cut, seen=account.list_seen
        ),
    }


REPLACED = ("a policy of a user replaced", "a policy of a role replaced", "a policy of a group replaced", "a membership replaced")
"""Those that take two writes."""
NAMES = (
    "out of a group", "a policy off a user", "a policy off a role", "a policy off a group", "an inline policy off a user",
    "an inline policy off a role", "an inline policy off a group", "an inline policy of a user rewritten",
    "an inline policy of a role rewritten", "an inline policy of a group rewritten", "a trust policy rewritten", *REPLACED, "a user denied something", "a role denied something", "a group denied something", "a managed policy rewritten", "a user disabled",
    "a role disabled", "a key switched off", "a rule taken away", "a rule for others", "a rule of IPv6", "a list of addresses", "an IP set", "an IP set that lets in nobody",
    "a key rotated", "a key policy rewritten", "a bucket policy taken away", "volumes encrypted", "a bucket encrypted by its service", "a bucket encrypted by a key of the service",
    "a bucket encrypted by a key of ours", "a bucket policy rewritten", "a bucket policy made", "a list of a bucket rewritten",
)  # fmt: skip


def planned(account, name):
    action, writer = actions(account)[name], CONNECTOR.remediator(system(account.url))
    ref = CONNECTOR.touched(action)
    before = writer.current(ref)
    return writer, ref, before, edited(before, CONNECTOR.edits(action, before, {}))


def test_every_action_is_tried(account):
    assert set(actions(account)) == set(NAMES)
    assert isinstance(CONNECTOR, Writer)
    assert isinstance(CONNECTOR, Confining)
    assert isinstance(CONNECTOR, Lasting)


@pytest.mark.parametrize("name", NAMES)
def test_an_action_leaves_what_was_planned_and_going_back_what_was_there(account, name):
    all_before = account.held()
    writer, ref, before, after = planned(account, name)
    assert CONNECTOR.objects(system(account.url)).current(ref) == before

    writer.write(ref, before, after)
    assert CONNECTOR.objects(system(account.url)).current(ref) == writer.current(ref) == after
    all_after = account.held()
    assert all_after != all_before
    writer.write(ref, before, after)
    assert account.held() == all_after, "to ask again for what is so already changes nothing"

    writer.write(ref, after, before)
    assert writer.current(ref) == before
    assert account.held() == all_before


@pytest.mark.parametrize("name", NAMES)
def test_what_somebody_else_has_made_another_is_left_alone(account, name):
    all_before = account.held()
    writer, ref, before, after = planned(account, name)
    other, *_ = [one for one in NAMES if one != name and CONNECTOR.touched(actions(account)[one]) == ref] or [""]
    if not other:
        pytest.skip("nothing else is done to this object here")
    third = edited(before, CONNECTOR.edits(actions(account)[other], before, {}))
    CONNECTOR.remediator(system(account.url)).write(ref, before, third)
    meanwhile = account.held()

    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, before, after)

    assert account.held() == meanwhile
    CONNECTOR.remediator(system(account.url)).write(ref, third, before)
    assert account.held() == all_before


def test_only_lists_of_addresses_are_compared_by_the_system(account):
    for name, action in actions(account).items():
        ref = CONNECTOR.touched(action)
        image = CONNECTOR.objects(system(account.url)).current(ref)
        assert (CONNECTOR.cas(ref, image) is Cas.NATIVE) == (ref.kind in {"prefix-list", "ip-set"}), name


def test_what_has_another_id_is_somebody_else_and_what_is_gone_is_none(account):
    objects = CONNECTOR.objects(system(account.url))
    for kind, name in (("user", "carol"), ("role", "app"), ("group", "ops")):
        assert objects.current(account.ref(kind, name, "AIDAOTHER")) is None
    gone = {
        "user": "nobody",
        "role": "nobody",
        "group": "nobody",
        "policy": f"arn:aws:iam::{ACCOUNT}:policy/gone",
        "access-key": "AKIAGONE00000000",
        "security-group": "sg-00000000",
        "ip-set": f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/ipset/gone/00000000-0000-0000-0000-000000000000",
        "bucket": "arn:aws:s3:::gone",
        "key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
    }
    for kind, identifier in gone.items():
        assert objects.current(account.ref(kind, "gone", identifier)) is None, kind


def test_the_reader_and_the_one_who_writes_are_guardrails_itself(account):
    roles = {ref.name: ref.id for ref in CONNECTOR.objects(system(account.url)).itself() if ref.kind == "role"}

    details = account.iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert roles == {role["RoleName"]: role["RoleId"] for role in details if role["RoleName"].startswith("guardrails-")}


def test_without_a_credential_that_writes_nothing_is_written(account):
    with pytest.raises(ConnectorError, match="aws has no credential to write with"):
        CONNECTOR.remediator(system(account.url, "owner: x"))


def versions(account):
    found = account.iam.list_policy_versions(PolicyArn=account.policy)["Versions"]
    return [version["VersionId"] for version in found], [version["VersionId"] for version in found if version["IsDefaultVersion"]]


@pytest.fixture
def five(account):
    """Four versions more, none of them in force."""
    for number in range(4):
        account.iam.create_policy_version(PolicyArn=account.policy, PolicyDocument=NARROW.replace("cdr", f"b{number}"))
    before = versions(account)
    assert len(before[0]) == 5
    yield before
    for name in versions(account)[0]:
        if name not in versions(account)[1]:
            account.iam.delete_policy_version(PolicyArn=account.policy, VersionId=name)


def test_at_five_versions_the_oldest_makes_room_and_the_plan_says_so(account, five):
    writer, ref, before, after = planned(account, "a managed policy rewritten")
    oldest = min((name for name in five[0] if name not in five[1]), key=lambda name: int(name[1:]))
    assert (
        CONNECTOR.lasting(actions(account)["a managed policy rewritten"], before) == f"its oldest version {oldest}, which is not in force"
    )

    writer.write(ref, before, after)
    now, default = versions(account)
    assert (set(five[0]) - set(now), len(now)) == ({oldest}, 5)
    assert default != five[1]

    writer.write(ref, after, before)
    assert versions(account)[1] == five[1]
    assert set(versions(account)[0]) == set(five[0]) - {oldest}


class Meddled(SingleApi):
    """Somebody else puts a version in force while ours is staged."""

    def ask(self, service, operation, region="us-east-1", **parameters):
        answer = super().ask(service, operation, region, **parameters)
        if operation == "create_policy_version":
            self.meddle()
        return answer


def test_a_version_that_somebody_else_puts_in_force_meanwhile_stays_in_force(account):
    _, ref, before, after = planned(account, "a managed policy rewritten")
    api = SingleApi(read_settings(system(account.url))).become(ACCOUNT, "guardrails-writer")
    api.__class__ = Meddled
    theirs = NARROW.replace("cdr", "theirs")
    api.meddle = lambda: account.iam.create_policy_version(PolicyArn=account.policy, PolicyDocument=theirs, SetAsDefault=True)
    writer = AwsRemediator(Sessions(identity="a", of=lambda _: api, own=tuple), Patience(seconds=1))

    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, before, after)

    assert writer.current(ref).values("document") == (theirs,)
    account.iam.set_default_policy_version(PolicyArn=account.policy, VersionId="v1")
    for name in versions(account)[0]:
        if name != "v1":
            account.iam.delete_policy_version(PolicyArn=account.policy, VersionId=name)


@pytest.fixture
def rewritten(account):
    """A policy of its own that a plan rewrote, with another version that nobody knows of, and what may be deleted of it later."""
    arn = account.iam.create_policy(PolicyName="old", PolicyDocument=WIDE)["Policy"]["Arn"]
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=NARROW.replace("cdr", "b"))
    policy, app = account.ref("policy", "old", arn), account.ref("role", "app")
    action = RewritePolicy(holder=app, policy=policy, text=NARROW, seen=canonical(WIDE))
    writer = CONNECTOR.remediator(system(account.url))
    before = writer.current(policy)
    after = edited(before, CONNECTOR.edits(action, before, {}))
    writer.write(policy, before, after)
    parts = CONNECTOR.deletes(action, before)
    yield Delete(ref=policy, holder=app, parts=parts, left=after.fingerprint, since=datetime.now(UTC), plan="a" * 64), before
    for version in account.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            account.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    account.iam.delete_policy(PolicyArn=arn)


def final(account, action):
    writer, ref = CONNECTOR.remediator(system(account.url)), CONNECTOR.touched(action)
    before = CONNECTOR.objects(system(account.url)).current(ref)
    return writer, ref, before, edited(before, CONNECTOR.edits(action, before, {}))


def held(account, action):
    found = account.iam.list_policy_versions(PolicyArn=action.ref.id)["Versions"]
    return {version["VersionId"]: version["IsDefaultVersion"] for version in found}


def test_a_version_that_was_rewritten_is_deleted_and_no_other(account, rewritten):
    action, original = rewritten
    assert [part.partition(" ")[0] for part in action.parts] == ["v1"]
    assert held(account, action) == {"v1": False, "v2": False, "v3": True}

    writer, ref, before, after = final(account, action)
    writer.write(ref, before, after)
    assert held(account, action) == {"v2": False, "v3": True}
    assert writer.current(ref) == after
    writer.write(ref, before, after)
    assert held(account, action) == {"v2": False, "v3": True}
    with pytest.raises(ConnectorError, match="none is made again"):
        writer.write(ref, after, before)
    with pytest.raises(ValueError, match="nothing of it is left to delete"):
        CONNECTOR.edits(action, after, {})
    assert isinstance(undo_of(CONNECTOR, action, before), Irreversible)

    # the plan that rewrote it can still be taken back: its journal has the text
    policy = action.ref
    writer.write(policy, writer.current(policy), original)
    assert writer.current(policy) == original


def test_a_version_is_not_deleted_where_something_else_is_in_force(account, rewritten):
    action, _ = rewritten
    writer, ref, before, after = final(account, action)
    account.iam.set_default_policy_version(PolicyArn=ref.id, VersionId="v1")

    with pytest.raises(ValueError, match="something else is in force"):
        CONNECTOR.edits(action, CONNECTOR.objects(system(account.url)).current(ref), {})
    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, before, after)
    assert held(account, action)["v1"]


def test_a_key_that_was_switched_off_is_deleted_for_good(account):
    account.iam.create_user(UserName="dora", Path="/of/teams/")
    key = account.iam.create_access_key(UserName="dora")["AccessKey"]["AccessKeyId"]
    account.iam.update_access_key(UserName="dora", AccessKeyId=key, Status="Inactive")
    dora, ref = account.ref("user", "dora", "AIDADORA"), account.ref("access-key", key, key)
    off = CONNECTOR.objects(system(account.url)).current(ref)
    action = Delete(ref=ref, holder=dora, left=off.fingerprint, since=datetime.now(UTC), plan="a" * 64)
    writer, ref, before, after = final(account, action)
    assert after == DELETED

    account.iam.update_access_key(UserName="dora", AccessKeyId=key, Status="Active")
    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, before, after)
    account.iam.update_access_key(UserName="dora", AccessKeyId=key, Status="Inactive")

    writer.write(ref, before, after)
    assert writer.current(ref) is None
    assert account.iam.list_access_keys(UserName="dora")["AccessKeyMetadata"] == []
    writer.write(ref, before, after)
    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, after, before)
    account.iam.delete_user(UserName="dora")
    assert writer.current(ref) is None, "of a user that is gone no key is left"
