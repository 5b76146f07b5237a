"""A key with a stranger in its policy and buckets that are open to everybody: planned, signed, closed, verified, and put back as they were."""

from __future__ import annotations

import json
import shutil

import boto3
import pytest
from pytest_socket import enable_socket

from connectors.aws_models import models_read_once
from guardrails.testing.servers import aws_credentials, moto
from guardrails.trust.roster import digest
from trust.group import make_keys, member, roster, write

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
HOME, ACCOUNT, STRANGER, REGION = "123456789012", "111122223333", "999988887777", "eu-north-1"
DECLARED = """guardrails: 1
isg: {{roster: roster.json}}
systems:
  aws:
    connector: aws
    endpoint-url: "{url}"
    sets: {{prod: {{accounts: ["111122223333"]}}}}
    regions: {{read: [eu-north-1], others: closed-by-scp}}
    read: {{role: guardrails-reader}}
    write: {{profile: writer, role: guardrails-writer}}
teams: {{t: {{}}}}
classes: {{c: {{at-rest: service}}}}
assets:
  {{open: {{class: c, owner: "team:t", accepted: ISG-1, match: {{aws: ["arn:aws:s3:::open", "arn:aws:s3:::idle", "arn:aws:s3:::calm", "arn:aws:s3:::given"]}}}}}}
entitlements: {{read: {{asset: open, aws: {{allow: ["s3:GetObject"], resources: asset}}}}}}
workloads:
  app: {{is: ["aws@prod:role/app"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read], must: []}}
apply: {{environment: prod, limits: {{percent: 100, changes: 20}}}}
"""


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def allow(action, resource, principal=None, **more):
    who = {"Principal": principal} if principal else {}
    return {"Effect": "Allow", **who, "Action": action, "Resource": resource, **more}


def trusted(principal):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


OURS = allow("kms:*", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="ours")
THEIRS = allow(["kms:Decrypt", "kms:DescribeKey"], "*", {"AWS": f"arn:aws:iam::{STRANGER}:root"}, Sid="theirs")
KEY_POLICY = json.dumps({"Statement": [OURS, THEIRS], "Version": "2012-10-17"}, sort_keys=True, separators=(",", ":"))
"""In the one spelling in which policies of keys are written back."""


class Cloud:
    def __init__(self, url):
        self.url = url
        sts = boto3.client("sts", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/seed", RoleSessionName="seed")["Credentials"]
        self.session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
        self.iam, self.kms, self.s3 = (self.session.client(name, endpoint_url=url) for name in ("iam", "kms", "s3"))

    def seed(self):
        for name in ("guardrails-reader", "guardrails-writer", "keeper"):
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(allow(["kms:*", "s3:*"], "*")))
        self.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trusted({"Service": "lambda.amazonaws.com"}))
        self.key = self.kms.create_key(Policy=KEY_POLICY)["KeyMetadata"]["KeyId"]
        self.kms.create_key()
        for name in ("open", "idle", "calm", "given"):
            self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_acl(Bucket="given", ACL="public-read")
        self.opened("open", allow("s3:GetObject", "arn:aws:s3:::open/*", "*"))
        self.opened("idle", allow("s3:PutObject", "arn:aws:s3:::idle/*", {"AWS": "*"}))

    def opened(self, name, *statements):
        self.s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))

    def held(self):
        found = {"key": self.kms.get_key_policy(KeyId=self.key, PolicyName="default")["Policy"]}
        for name in ("open", "idle", "calm", "given"):
            found[f"{name} list"] = self.s3.get_bucket_acl(Bucket=name)["Grants"]
            try:
                found[name] = self.s3.get_bucket_policy(Bucket=name)["Policy"]
            except self.s3.exceptions.ClientError as error:
                found[name] = error.response["Error"]["Code"]
        return found


@pytest.fixture
def trip(tmp_path, monkeypatch):
    enable_socket()
    with moto() as url, aws_credentials(), models_read_once():
        cloud = Cloud(url)
        cloud.seed()
        (tmp_path / "credentials").write_text("[writer]\naws_access_key_id=w\naws_secret_access_key=w\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        cloud.folder, cloud.keys = tmp_path / "company", make_keys(tmp_path)
        cloud.folder.mkdir()
        (cloud.folder / "guardrails.yaml").write_text(DECLARED.format(url=url))
        content = write(
            cloud.folder / "roster.json", roster([member(cloud.keys, name) for name in ("dana", "erin", "femi")], expires="2099-12-31")
        ).read_bytes()
        shutil.copy(cloud.folder / "roster.json", tmp_path / "roster.json")
        cloud.state, cloud.host, cloud.plan = tmp_path / "state", tmp_path / "host.yaml", tmp_path / "plan.json"
        cloud.state.mkdir()
        cloud.host.write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\nstate: "{cloud.state}"\n')
        yield cloud


def findings(run, trip):
    _, out, err = run("reconcile", trip.folder, "--output", "json", "--host", trip.host)
    assert out, err
    return {(one["control"], one["subject"]) for one in json.loads(out)["findings"]}


def test_keys_and_buckets_are_closed_and_opened_again(run, trip):
    before, found = trip.held(), findings(run, trip)
    shared, buckets = {one for one in found if one[0] == "GR106"}, ("open", "idle", "given")
    assert shared == {("GR106", f"aws@{ACCOUNT}:key/{trip.key}"), *(("GR106", f"aws@{ACCOUNT}:bucket/{name}") for name in buckets)}

    code, out, err = run("plan", trip.folder, "--out", trip.plan, "--author", "femi", "--host", trip.host, "--select", "GR106")
    assert code == 0, out + err
    assert '- {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}' in out
    plan = json.loads(trip.plan.read_text())["plan"]
    assert len(plan["changes"]) == 4, plan["held"]
    proof = next(change["proof"] for change in plan["changes"] if change["ref"]["kind"] == "key")
    assert (
        f"aws@{ACCOUNT}:role/keeper can administer the key afterwards, and aws@{ACCOUNT}:role/guardrails-writer can take the change back"
        in proof
    )
    assert trip.held() == before, "planning changes nothing"

    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    code, _, err = run("apply", trip.plan, trip.folder, "--host", trip.host)
    assert code == 0, err

    now = trip.held()
    assert json.loads(now["key"])["Statement"] == [json.loads(json.dumps(OURS))]
    assert json.loads(now["open"])["Statement"] == [
        allow("s3:GetObject", "arn:aws:s3:::open/*", {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/app"]})
    ]
    assert (now["idle"], now["calm"]) == ("NoSuchBucketPolicy", "NoSuchBucketPolicy")
    assert [grant["Permission"] for grant in now["given list"]] == ["FULL_CONTROL"]
    left = findings(run, trip)
    assert found - left == shared
    assert left <= found, "nothing new is found"

    assert run("rollback", trip.plan, trip.folder, "--host", trip.host)[0] == 0
    assert trip.held() == before, "byte for byte"
    assert findings(run, trip) == found


def test_a_key_that_somebody_changed_after_the_plan_is_left_alone(run, trip):
    assert run("plan", trip.folder, "--out", trip.plan, "--author", "femi", "--host", trip.host, "--select", "GR106")[0] == 0
    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    theirs = json.dumps(json.loads(KEY_POLICY) | {"Id": "another"})
    trip.kms.put_key_policy(KeyId=trip.key, PolicyName="default", Policy=theirs)
    before = trip.held()

    code, _, err = run("apply", trip.plan, trip.folder, "--host", trip.host)

    assert code == 4, err
    assert trip.held() == before


def test_a_key_of_which_only_the_spelling_is_another_is_as_it_was(run, trip):
    assert run("plan", trip.folder, "--out", trip.plan, "--author", "femi", "--host", trip.host, "--select", "GR106")[0] == 0
    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    same = json.loads(KEY_POLICY)
    same["Statement"][1]["Action"].reverse()
    trip.kms.put_key_policy(KeyId=trip.key, PolicyName="default", Policy=json.dumps(same, indent=2))

    assert run("apply", trip.plan, trip.folder, "--host", trip.host)[0] == 0
    assert json.loads(trip.held()["key"])["Statement"] == [OURS]
