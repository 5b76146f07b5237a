"""IP sets of WAF through the whole round: planned, signed, cut down, verified, put back; and those that a rule turns away by are held."""

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
ACCOUNT, REGION = "111122223333", "eu-north-1"
SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
OFFICE, VPN = "198.51.100.0/24", "203.0.113.0/24"
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
networks: {{office: {{cidrs: ["198.51.100.0/24"]}}, none: {{cidrs: []}}}}
allowlists:
  office: {{to: {{"aws@prod": {{ip-set: {{name: office}}}}}}, may-from: [office], must-from: [office], owner: "team:t"}}
  both: {{to: {{"aws@prod": {{ip-set: {{name: both}}}}}}, may-from: [office], owner: "team:t"}}
apply: {{environment: prod, limits: {{percent: 100, changes: 20}}}}
"""


class Cloud:
    """An account with a web ACL that lets in by two sets, and turns away by one of them too."""

    def __init__(self, url):
        sts = boto3.client("sts", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/seed", RoleSessionName="seed")["Credentials"]
        session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
        self.waf, iam = (session.client(name, endpoint_url=url) for name in ("wafv2", "iam"))
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
        for name in ("guardrails-reader", "guardrails-writer"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        self.sets = {name: self.set(name, OFFICE, VPN) for name in ("office", "both", "bad")}
        self.acl(("Allow", "office"), ("Allow", "both"), ("Block", "both"), ("Block", "bad"))

    def set(self, name, *addresses):
        at = {"Name": name, "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Description": f"of {name}"}
        return self.waf.create_ip_set(**at, Addresses=list(addresses))["Summary"]["ARN"]

    def acl(self, *uses):
        rules = [
            {
                "Name": f"{action}-{name}",
                "Priority": at,
                "Statement": {"IPSetReferenceStatement": {"ARN": self.sets[name]}},
                "Action": {action: {}},
                "VisibilityConfig": SEEN,
            }
            for at, (action, name) in enumerate(uses)
        ]
        self.waf.create_web_acl(Name="main", Scope="REGIONAL", DefaultAction={"Block": {}}, Rules=rules, VisibilityConfig=SEEN)

    def held(self):
        return {
            name: self.waf.get_ip_set(Name=name, Scope="REGIONAL", Id=arn.rpartition("/")[2])["IPSet"] for name, arn in self.sets.items()
        }


@pytest.fixture
def trip(tmp_path, monkeypatch):
    enable_socket()
    with moto() as url, aws_credentials(), models_read_once():
        cloud = Cloud(url)
        (tmp_path / "credentials").write_text("[writer]\naws_access_key_id=w\naws_secret_access_key=w\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        cloud.folder, cloud.keys = tmp_path / "company", make_keys(tmp_path)
        cloud.folder.mkdir()
        (cloud.folder / "guardrails.yaml").write_text(DECLARED.format(url=url))
        members = [member(cloud.keys, name) for name in ("dana", "erin", "femi")]
        content = write(cloud.folder / "roster.json", roster(members, expires="2099-12-31")).read_bytes()
        shutil.copy(cloud.folder / "roster.json", tmp_path / "roster.json")
        cloud.host, cloud.plan = tmp_path / "host.yaml", tmp_path / "plan.json"
        (tmp_path / "state").mkdir()
        cloud.host.write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\nstate: "{tmp_path / "state"}"\n')
        yield cloud


def findings(run, trip):
    _, out, err = run("reconcile", trip.folder, "--output", "json", "--host", trip.host)
    assert out, err
    return {(one["control"], one["subject"].rpartition("/")[2]) for one in json.loads(out)["findings"]}


def planned(run, trip):
    code, out, err = run("plan", trip.folder, "--out", trip.plan, "--author", "femi", "--host", trip.host, "--select", "GR301")
    assert code == 0, out + err
    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    return json.loads(trip.plan.read_text())["plan"]


def test_a_set_is_cut_down_to_its_allowlist_and_put_back(run, trip):
    before, found = trip.held(), findings(run, trip)
    assert {one for one in found if one[0].startswith("GR30")} == {("GR301", "office"), ("GR301", "both")}

    plan = planned(run, trip)
    (change,) = plan["changes"]
    assert (change["ref"]["name"], change["cas"], change["effect"]) == ("office", "native", "narrows")
    assert [one["reason"] for one in plan["held"]] == [
        f"aws@{ACCOUNT}:ip-set/both: main/Block-both turns away its addresses, so that fewer may let in more: give what is let in a set of its own"
    ]
    assert trip.held() == before, "planning changes nothing"

    code, _, err = run("apply", trip.plan, trip.folder, "--host", trip.host)
    assert code == 0, err
    assert trip.held() == {**before, "office": {**before["office"], "Addresses": [OFFICE]}}
    assert findings(run, trip) == found - {("GR301", "office")}

    assert run("rollback", trip.plan, trip.folder, "--host", trip.host)[0] == 0
    assert trip.held() == before, "byte for byte"
    assert findings(run, trip) == found


def test_a_set_that_somebody_wrote_after_the_plan_is_left_alone(run, trip):
    planned(run, trip)
    identifier = trip.sets["office"].rpartition("/")[2]
    token = trip.waf.get_ip_set(Name="office", Scope="REGIONAL", Id=identifier)["LockToken"]
    trip.waf.update_ip_set(Name="office", Scope="REGIONAL", Id=identifier, Description="theirs", Addresses=[OFFICE, VPN], LockToken=token)
    before = trip.held()

    assert run("apply", trip.plan, trip.folder, "--host", trip.host)[0] == 4
    assert trip.held() == before
