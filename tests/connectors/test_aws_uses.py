"""When services were last used: it is read for whom it was asked, told of an excess, and never made up."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from aws_policies import ACCOUNT, ROLE, allow, ceiling, meaning
from aws_uses import AT, READS, SEEN, STARTS, direct, used
from pytest_socket import enable_socket

from guardrails import declare, reports, workflow
from guardrails.connectors.aws.uses import uses
from guardrails.model.facts import Gap, LastUsed, Principal, Reading, Use
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, Kind, PrincipalForm, Verdict
from guardrails.testing.faults import FAULTS
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

SYSTEM = """guardrails: 1
systems: {{aws: {{connector: aws, endpoint-url: "{url}", regions: {{read: [us-east-1], others: closed-by-scp}}, read: {{last-used: {most}}}}}}}
"""
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def known(*entries):
    own = Ref(system="aws", realm=ACCOUNT, kind="use", id=f"{ROLE.id}/use", name="r/use")
    return Use(ref=own, holder=ROLE, entries=tuple(LastUsed(name=name, at=at) for name, at in entries), seen_at=AT)


def told(statements, *entries, declared=()):
    compared = meaning(*statements, gaps=(known(*entries),)).excess(ROLE, declared)
    assert compared.verdict is Verdict.VIOLATION
    return compared.details()


@pytest.mark.parametrize(
    ("statements", "entries", "words"),
    [
        ([allow("s3:*")], [("s3", AT)], "of the services in excess: s3 last tried on 2026-10-02 (no action in excess on record)"),
        ([allow("s3:*")], [("s3", None)], "of the services in excess: s3 not in the 400 days that AWS remembers"),
        # an action that is not in excess says nothing of the excess, and one that was not tried no date
        (
            [allow("s3:CreateB*")],
            [("s3", AT), ("s3:CreateBucket", MARCH), ("s3:DeleteBucket", AT)],
            "of the services in excess: s3 last tried on 2026-10-02 (CreateBucket on 2026-03-01)",
        ),
        # what is not in excess is not told, however it is spelled
        (
            [allow("KMS:Decrypt")],
            [("iam", AT), ("kms", None), ("s3", AT)],
            "of the services in excess: kms not in the 400 days that AWS remembers",
        ),
        # the last used first
        (
            [allow("*")],
            [("iam", None), ("kms", MARCH), ("s3", AT), ("sqs", None)],
            (
                "of the services in excess: s3 last tried on 2026-10-02 (no action in excess on record); "
                "kms last tried on 2026-03-01 (no action in excess on record); iam and sqs not in the 400 days that AWS remembers"
            ),
        ),
        # a service that nobody has published is known by its name
        (
            [allow("brandnew:Do")],
            [("brandnew", AT)],
            "of the services in excess: brandnew last tried on 2026-10-02 (no action in excess on record)",
        ),
        # IAM lists what policies of the identity give, so a service may be missing
        ([allow("s3:*")], [("kms", AT)], "AWS has nothing on record of the services that are in excess"),
    ],
)
def test_of_what_is_in_excess_it_is_told_when_it_was_last_tried(statements, entries, words):
    found = told(statements, *entries)
    assert found.used == f"no use of the role is on record; AWS remembers 400 days of it; {words}"


def test_the_report_has_every_entry_of_the_excess_and_no_other():
    found = told([allow("*")], ("iam", None), ("s3", AT), ("s3:CreateBucket", MARCH), ("sts", AT), declared=ceiling("sts:*", "*"))
    assert found.uses == (LastUsed(name="s3", at=AT), LastUsed(name="s3:CreateBucket", at=MARCH), LastUsed(name="iam"))


def test_many_services_are_counted():
    entries = [(name, AT) for name in ("ec2", "iam", "kms", "rds", "s3")]
    assert "; 2 more services tried" in told([allow("*")], *entries).used


@pytest.fixture(scope="module", autouse=True)
def server():
    """moto with three users, and a role of which no use is on record."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        for name in ("ann", "bob", "eve"):
            iam.create_user(UserName=name)
        own = json.dumps({"Version": "2012-10-17", "Statement": allow("s3:*")})
        iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=own)
        iam.create_role(RoleName="idle", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
        yield url


@contextmanager
def account(url, most=10, through=None, waits=None):
    """It through a proxy, and a declaration that reads it; `waits` holds how long it was waited for jobs."""
    with http_proxy(url, through or used(direct)) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", (waits if waits is not None else []).append)
        yield proxy, declare.loads([("guardrails.yaml", SYSTEM.format(url=proxy.url, most=most).encode())])


def seen(declaration):
    (observation,) = workflow.observe(declaration, AT)
    found = [fact for fact in observation.facts if isinstance(fact, Use)]
    return observation, {use.holder.name: use for use in found}, [gap for gap in observation.gaps if gap.what == "last-used"]


@pytest.mark.server
def test_each_user_is_asked_for_and_a_role_of_which_no_use_is_on_record_is_not(server):
    waits = []
    with account(server, waits=waits) as (_, declaration):
        observation, found, gaps = seen(declaration)
        text = json.loads(reports.as_json(workflow.assess(declaration, (observation,), AT)))
    assert gaps == []
    assert sorted(found) == ["ann", "bob", "eve"]
    assert found["ann"].entries == tuple(LastUsed(name=name, at=at) for name, at in sorted(SEEN.items()))
    assert waits == [0.5, 1.0, 2.0]  # each job is looked at once too early
    (reading,) = [reading for reading in observation.readings if reading.what == "last-used"]
    assert (reading.items, reading.calls) == (3, 9)  # each is started, looked at too early, and read
    (ann,) = [finding for finding in text["findings"] if finding["subject"].endswith("user/ann") and finding["witness"]]
    assert ann["uses"][:2] == [{"name": "s3", "at": AT.isoformat()}, {"name": "s3:CreateBucket", "at": AT.isoformat()}]
    assert ann["used"].endswith("s3 last tried on 2026-10-02 (CreateBucket on 2026-10-02)")


@pytest.mark.server
def test_beyond_the_declared_number_nobody_is_asked_for_and_that_is_told(server):
    with account(server, most=2) as (_, declaration):
        observation, found, (gap,) = seen(declaration)
    assert len(found) == 2
    assert not [reading for reading in observation.readings if reading.what == "last-used"]  # it was not read to its end
    assert gap.message == "when services were last used is not read for 1 of 3 users and roles"
    assert gap.remedy == "ask for more of them: read: {last-used: 3}"


@pytest.mark.server
@pytest.mark.parametrize("ends", ["IN_PROGRESS", "FAILED"])
def test_a_job_that_does_not_end_well_is_a_gap_after_a_bounded_wait(server, ends):
    waits = []
    with account(server, through=used(direct, ends=ends), waits=waits) as (_, declaration):
        observation, found, (gap,) = seen(declaration)
    assert found == {}
    assert gap.reason is GapReason.INCOMPLETE
    assert ends in gap.message
    assert sum(waits) < 60
    assert not [reading for reading in observation.readings if reading.what == "last-used"]


@pytest.mark.server
@pytest.mark.parametrize("call", [STARTS, READS])
def test_a_right_that_is_lacking_is_named_and_hides_no_finding(server, call):
    with account(server) as (_, declaration):
        whole = workflow.assess(declaration, workflow.observe(declaration, AT), AT)
    with account(server, through=used(direct, refused=(f"iam:{call}",))) as (_, declaration):
        observation, found, (gap,) = seen(declaration)
        after = workflow.assess(declaration, (observation,), AT)
    assert found == {}
    assert gap.rights == (f"iam:{call}",)
    told = {(finding.control, finding.difference.subject, finding.difference.verdict) for finding in after.findings}
    assert told > {(finding.control, finding.difference.subject, finding.difference.verdict) for finding in whole.findings}


def test_nothing_is_asked_of_a_server_for_groups_and_for_roles_without_any_use():
    group = Ref(system="aws", realm=ACCOUNT, kind="group", id="AGPA1", name="g")
    idle = (Principal(ref=ROLE, form=PrincipalForm.ROLE), Principal(ref=group, form=PrincipalForm.GROUP))
    assert list(uses(None, idle, 10)) == []


class Pages:
    """A door that answers with what it was given, one call after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, _service, _operation, **_parameters):
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([{"JobStatus": "COMPLETED"}], "lacks ServicesLastAccessed"),
        ([{"JobStatus": "COMPLETED", "ServicesLastAccessed": [], "IsTruncated": True}], "names no next page"),
        ([{"JobStatus": "COMPLETED", "ServicesLastAccessed": [], "IsTruncated": True, "Marker": "1"}] * 2, "came again"),
    ],
)
def test_a_page_that_cannot_be_relied_on_is_a_gap_and_no_record(pages, message):
    from guardrails.connectors.aws.api import Found  # noqa: PLC0415  # of the door that is faked here

    user = Principal(ref=Ref(system="aws", realm=ACCOUNT, kind="user", id="AIDA1", name="u"), form=PrincipalForm.USER)
    (gap,) = uses(Pages(Found({"JobId": "j"}), *map(Found, pages)), [user], 1)
    assert isinstance(gap, Gap)
    assert message in gap.message


def test_pages_are_put_together_and_counted_as_one_reading():
    from guardrails.connectors.aws.api import Found  # noqa: PLC0415  # likewise

    user = Principal(ref=Ref(system="aws", realm=ACCOUNT, kind="user", id="AIDA1", name="u"), form=PrincipalForm.USER)
    first = {"JobStatus": "COMPLETED", "ServicesLastAccessed": [{"ServiceNamespace": "s3"}], "IsTruncated": True, "Marker": "1"}
    last = {"JobStatus": "COMPLETED", "ServicesLastAccessed": [{"ServiceNamespace": "kms", "LastAuthenticated": AT}], "IsTruncated": False}
    use, reading = uses(Pages(Found({"JobId": "j"}), Found(first), Found(last)), [user], 1)
    assert isinstance(use, Use)
    assert use.entries == (LastUsed(name="kms", at=AT), LastUsed(name="s3"))
    assert isinstance(reading, Reading)


@pytest.mark.server
def test_what_is_no_answer_of_aws_hides_no_asset_that_is_declared(server):
    declared = 'teams: {t: {}}\nclasses: {c: {}}\nassets: {a: {class: c, owner: "team:t", match: {aws: ["arn:aws:s3:::none"]}}}\n'
    with account(server) as (proxy, _):
        text = SYSTEM.format(url=proxy.url, most=10) + declared
        declaration = declare.loads([("guardrails.yaml", text.encode())])
        with proxy.breaking(lambda request: STARTS.encode() in request.body, FAULTS["html"]) as rule:
            run = workflow.assess(declaration, workflow.observe(declaration, AT), AT)
    assert rule.hits
    (absent,) = [
        finding.difference
        for finding in run.findings
        if finding.difference.subject == "asset:a" and finding.difference.kind is Kind.DECLARED_ABSENT
    ]
    assert absent.verdict is Verdict.VIOLATION
