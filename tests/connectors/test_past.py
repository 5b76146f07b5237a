"""Requests of the past are read from the logs of systems: who, what, and whether it was let through."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
from aws_policies import ACCOUNT, allow, meaning
from aws_policies import ROLE as HOLDER

from guardrails import declare
from guardrails.cli.logs import logs_of
from guardrails.connectors.aws import CONNECTOR as AWS
from guardrails.connectors.aws.past import _CALLED
from guardrails.connectors.vault import CONNECTOR as VAULT
from guardrails.errors import AuthorError
from guardrails.iam.catalogue import catalogue
from guardrails.model.facts import Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.past import gathered
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
DECLARED = declare.loads(
    [
        (
            "guardrails.yaml",
            b'guardrails: 1\nsystems: {vault: {connector: vault, export: x}, aws: {connector: aws, export: y, account: "111122223333"}}\n',
        )
    ]
)
SYSTEMS = {system.name: system for system in DECLARED.systems}


def principal(system, kind, id, resource=""):  # noqa: A002  # as the field
    ref = Ref(system=system, realm="", kind=kind, id=id, name=id.rpartition("/")[2])
    return Principal(ref=ref, form=PrincipalForm.USER, resource=resource or id)


ENTITY = principal("vault", "entity", "e-1")
CI = principal("vault", "role", "auth/approle/role/ci")
TEAM_CI = principal("vault", "role", "auth/approle/team/role/ci")
FAY = principal("vault", "user", "auth/userpass/users/fay")
TOKEN = Setting(
    ref=Ref(system="vault", realm="", kind="token", id="accessor", name="token-job"),
    form="token",
    text=json.dumps({"display_name": "token-job", "policies": ["app", "default"], "entity_id": ""}),
)


def observation(system, *facts):
    return fold(list(facts), system=system, connector=system, taken_at=AT)


def answered(auth, *, path="kv/data/x", **more):
    request = {"client_token": "hmac-sha256:00", "operation": "read", "path": path, "namespace": {"id": "root"}}
    return {"type": "response", "time": "2026-11-26T12:00:00.5Z", "auth": auth, "request": {**request, **more.pop("request", {})}, **more}


def asked(system, *entries, facts=(ENTITY, CI, TEAM_CI, FAY, TOKEN)):
    connector = {"vault": VAULT, "aws": AWS}[system]
    return gathered(system, connector.past(SYSTEMS[system], observation(system, *facts), entries))


@pytest.mark.parametrize(
    ("auth", "holders"),
    [
        ({"display_name": "approle", "metadata": {"role_name": "ci"}}, [CI.ref]),
        ({"display_name": "approle-team", "metadata": {"role_name": "ci"}}, [TEAM_CI.ref]),
        ({"display_name": "approle", "metadata": {"role_name": "ci"}, "entity_id": "e-1"}, [ENTITY.ref, CI.ref]),
        ({"display_name": "userpass-fay", "metadata": {"username": "fay"}}, [FAY.ref]),
        ({"display_name": "token-job", "policies": ["default", "app"]}, [TOKEN.ref]),
        ({"display_name": "token-job", "policies": ["default"]}, []),
        ({"display_name": "ldap-fay", "metadata": {"username": "fay"}}, []),
        ({"display_name": "userpassing", "metadata": {"username": "fay"}}, []),
        ({"display_name": "approle", "metadata": {"role_name": "other"}, "entity_id": "e-2"}, []),
    ],
)
def test_whose_a_request_of_vault_was(auth, holders):
    found = asked("vault", answered(auth))

    assert [list(past.holders) for past in found.requests] == ([holders] if holders else [])
    assert found.others == (0 if holders else 1)


@pytest.mark.parametrize(
    "entry",
    [
        {**answered({"entity_id": "e-1"}), "type": "request"},
        answered({"entity_id": "e-1"}, error="1 error occurred:\n\t* permission denied\n\n"),
        answered({"entity_id": "e-1", "policy_results": {"allowed": False}}),
        answered({"entity_id": "e-1"}, request={"client_token": ""}),
        answered(None, request={"client_token": ""}),
        answered({"entity_id": "e-1"}, request={"namespace": {"id": "x", "path": "team/"}}),
    ],
)
def test_what_was_refused_or_needs_no_permission_or_was_elsewhere_is_no_use(entry):
    assert asked("vault", entry) == gathered("vault", [])


def test_what_failed_for_another_reason_was_let_through():
    (past,) = asked("vault", answered({"entity_id": "e-1"}, error="1 error occurred:\n\t* unsupported operation\n\n")).requests

    assert (past.request.action, past.request.resource, past.last) == ("read", "kv/data/x", AT.replace(microsecond=500_000))


ROLE = principal("aws", "role", "arn:aws:iam::111122223333:role/app")
ANN = principal("aws", "user", "arn:aws:iam::111122223333:user/ann")
SESSION = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/app/i-1",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE.resource}, "attributes": {"mfaAuthenticated": "false"}},
}


def called(source, name, *resources, by=SESSION, **more):
    """A record by hand, after the CloudTrail User Guide."""
    record = {"eventType": "AwsApiCall", "eventTime": "2026-11-26T12:00:00Z", "eventSource": f"{source}.amazonaws.com", "eventName": name}
    record |= {"awsRegion": "eu-north-1", "sourceIPAddress": "192.0.2.7", "tlsDetails": {"tlsVersion": "TLSv1.3"}, "userIdentity": by}
    return {**record, "resources": [{"ARN": arn} for arn in resources], **more}


BUCKET, OBJECT = "arn:aws:s3:::cdr", "arn:aws:s3:::cdr/2026/x"


@pytest.mark.parametrize(
    ("entry", "action", "resource"),
    [
        (called("s3", "GetObject", OBJECT, BUCKET), "s3:GetObject", OBJECT),
        (called("s3", "ListObjects", BUCKET), "s3:ListBucket", BUCKET),
        (called("s3", "HeadObject", BUCKET, OBJECT), "s3:GetObject", OBJECT),
        (called("s3", "ListBuckets"), "s3:ListAllMyBuckets", "*"),
        (called("ec2", "DescribeInstances"), "ec2:DescribeInstances", "*"),
        (called("monitoring", "ListDashboards"), "cloudwatch:ListDashboards", "*"),
    ],
)
def test_what_a_record_of_cloudtrail_asked_for(entry, action, resource):
    (past,) = asked("aws", entry, facts=(ROLE,)).requests

    assert past.holders == (ROLE.ref,)
    assert (past.request.action, past.request.resource) == (action, resource)
    assert dict(past.request.context) == {
        "aws:MultiFactorAuthPresent": "false",
        "aws:RequestedRegion": "eu-north-1",
        "aws:SecureTransport": "true",
        "aws:SourceIp": "192.0.2.7",
    }


def test_a_user_is_known_by_its_arn():
    by = {"type": "IAMUser", "arn": ANN.resource, "userName": "ann"}

    (past,) = asked("aws", called("s3", "GetObject", OBJECT, by=by, sourceIPAddress="s3.amazonaws.com"), facts=(ROLE, ANN)).requests

    assert past.holders == (ANN.ref,)
    assert dict(past.request.context) == {"aws:RequestedRegion": "eu-north-1", "aws:SecureTransport": "true"}


@pytest.mark.parametrize(
    "entry",
    [
        called("s3", "GetObject", BUCKET),  # of no object
        called("s3", "GetObject", OBJECT, f"{OBJECT}y"),  # of which of them nobody knows
        called("iam", "GetRole"),  # not told of which
        called("s3", "UnheardOf", OBJECT),
        called("s3", "GetObject", OBJECT, by={"type": "AWSService", "invokedBy": "glue.amazonaws.com"}),
        called("s3", "GetObject", OBJECT, by={**SESSION, "sessionContext": {"sessionIssuer": {"arn": f"{ROLE.resource}2"}}}),
    ],
)
def test_a_record_that_does_not_say_who_or_what_is_counted(entry):
    found = asked("aws", entry, facts=(ROLE,))

    assert (found.requests, found.others) == ((), 1)


@pytest.mark.parametrize("code", ["AccessDenied", "Client.UnauthorizedOperation", "AccessDeniedException"])
def test_a_call_that_was_refused_is_no_use(code):
    assert asked("aws", called("s3", "GetObject", OBJECT, errorCode=code), facts=(ROLE,)) == gathered("aws", [])


def test_a_call_that_failed_otherwise_was_let_through():
    assert asked("aws", called("s3", "GetObject", OBJECT, errorCode="NoSuchKey"), facts=(ROLE,)).requests


def test_calls_that_are_named_otherwise_than_their_action_lead_to_actions_that_there_are():
    assert [action for action in _CALLED.values() if action.lower() not in catalogue().position] == []
    assert [call for call in _CALLED if call.lower() in catalogue().position] == []


SEEN = (observation("vault", ENTITY, CI), observation("aws", ROLE))


def test_a_folder_of_packed_records_and_a_file_of_lines_are_read(tmp_path, capsys):
    trail = tmp_path / "trail"
    (trail / "2026").mkdir(parents=True)
    with gzip.open(trail / "2026/a.json.gz", "wt") as packed:
        json.dump({"Records": [called("s3", "GetObject", OBJECT), called("iam", "GetRole")]}, packed)
    (trail / "notes.txt").write_text("no log")
    (tmp_path / "audit.log").write_text("".join(f"{json.dumps(answered({'entity_id': 'e-1'}))}\n" for _ in range(3)))

    aws, vault = logs_of((f"aws={trail}", f"vault={tmp_path / 'audit.log'}"), DECLARED, SEEN)

    assert [(past.times, past.request.action) for log in (aws, vault) for past in log.requests] == [(1, "s3:GetObject"), (3, "read")]
    assert "log of aws: 1 requests of 2026-11-26 12:00 to 2026-11-26 12:00 UTC are looked at, and 1 are not" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "content", "told"),
    [
        ("aws", "", "--log aws names no system and file"),
        ("other={file}", "", "--log: other is no declared system"),
        ("aws={file}.not", "", "No such file"),
        ("vault={file}", '{"type": "response"\n', r"log:1: no JSON"),
        ("vault={file}", '{"type": "request"}\n\n[]\n', r"log:3: no JSON object"),
        ("vault={file}", '{"type": "response"}\n', "entry 1 of .*: it is no entry of an audit device"),
        ("aws={file}", '{"Records": [{}]}', "entry 1 of .*: it is no record of CloudTrail"),
        ("aws={file}", '{"Records": {}}', "log:1: no JSON object"),
        ("vault={file}", json.dumps({**answered({"entity_id": "e-1"}), "time": "2026-11-26T12:00:00"}), "entry 1 of .* has no time zone"),
        ("vault={file}", json.dumps({**answered({"entity_id": "e-1"}), "time": "soon"}), "entry 1 of .*: .*soon"),
        ("aws={folder}", "", "there is no log below it"),
        ("vault={file}", b"\xff\xfe\n", "UTF-8|decode"),
    ],
)
def test_what_is_no_log_is_told(argument, content, told, tmp_path):
    file, folder = tmp_path / "some.log", tmp_path / "folder"
    folder.mkdir()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(AuthorError, match=told):
        logs_of((argument.format(file=file, folder=folder),), DECLARED, SEEN)


def test_a_file_that_only_looks_packed_is_told(tmp_path):
    (tmp_path / "a.json.gz").write_text("{}")

    with pytest.raises(AuthorError, match="gzip"):
        logs_of((f"aws={tmp_path / 'a.json.gz'}",), DECLARED, SEEN)


@pytest.mark.parametrize(("address", "is_let"), [("10.1.2.3", True), ("192.0.2.7", False)])
def test_a_record_is_put_to_policies_with_what_it_tells_of_its_context(address, is_let):
    within = meaning(allow("s3:GetObject", "arn:aws:s3:::cdr/*", Condition={"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}))
    by = {**SESSION, "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/r"}}}
    role = Principal(ref=HOLDER, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::{ACCOUNT}:role/r")

    (past,) = asked("aws", called("s3", "GetObject", OBJECT, by=by, sourceIPAddress=address), facts=(role,)).requests

    assert within.replay(past.holders[0], past.request) is is_let
