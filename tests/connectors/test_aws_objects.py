"""A write of AWS whose answer is late, lost, refused or old: it is made once, told as what it is, and never taken for somebody else's."""

from __future__ import annotations

import pytest

from guardrails.connectors.aws.api import Failed, Found
from guardrails.connectors.aws.language import Settings
from guardrails.connectors.aws.objects import AwsObjects, AwsRemediator, Patience, Sessions, caller
from guardrails.connectors.aws.sessions import reading
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Image
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

KEY = Ref(system="aws", realm="111122223333", kind="access-key", id="AKIA1", name="AKIA1")
DENIED, SLOW = Failed(GapReason.DENIED, "UpdateAccessKey: AccessDenied", "iam:UpdateAccessKey"), Failed(GapReason.THROTTLED, "Throttling")
LOST = Failed(GapReason.UNREACHABLE, "UpdateAccessKey: ReadTimeoutError")
ODD = Failed(GapReason.INCOMPLETE, "UpdateAccessKey: LimitExceeded")


def image(status):
    return Image.of({"status": (status,), "user": ("carol",)})


ON, OFF = image("Active"), image("Inactive")


class Cloud(SingleApi):
    """One access key, of which answers may be old: `lags` is how many reads after a write show what was before."""

    def __init__(self, lags: int = 0, answers=(), *, applied=True) -> None:
        self.status, self.old, self.lags, self.left = "Active", "Active", lags, 0
        self.answers, self.applied = list(answers), applied
        self.writes, self.before_read = 0, lambda: None

    def ask(self, service, operation, region="us-east-1", **parameters):  # noqa: ARG002  # the door's
        if operation == "get_access_key_last_used":
            self.before_read()
            return Found({"UserName": "carol", "AccessKeyLastUsed": {}})
        if operation == "list_access_keys":
            shown, self.left = (self.old, self.left - 1) if self.left > 0 else (self.status, 0)
            return Found({"AccessKeyMetadata": [{"AccessKeyId": "AKIA1", "Status": shown}]})
        self.writes += 1
        answer = self.answers.pop(0) if self.answers else Found({})
        if isinstance(answer, Found) or self.applied:
            self.old, self.status, self.left = self.status, parameters["Status"], self.lags
        return answer


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def writer(cloud, clock=None):
    clock = clock or Clock()
    sessions = Sessions(identity="arn", of=lambda _: cloud, own=tuple)
    return AwsRemediator(sessions, Patience(seconds=30.0, clock=lambda: clock.now, sleep=clock.sleep))


def test_a_write_that_is_seen_late_is_waited_for_and_made_once():
    cloud, clock = Cloud(lags=4), Clock()
    made = writer(cloud, clock)

    made.write(KEY, ON, OFF)

    assert (cloud.status, cloud.writes) == ("Inactive", 1)
    assert clock.slept == [0.25, 0.5, 1.0, 2.0]


def test_an_old_answer_after_a_write_is_no_conflict():
    cloud = Cloud()
    made = writer(cloud)
    made.write(KEY, ON, OFF)
    cloud.left = 3  # another copy answers, which is behind

    assert made.current(KEY) == OFF
    cloud.left = 3
    made.write(KEY, OFF, ON)
    assert (cloud.status, cloud.writes) == ("Active", 2)


def test_what_stays_as_it_was_is_in_the_end_what_is_so():
    cloud, clock = Cloud(), Clock()
    made = writer(cloud, clock)
    made.write(KEY, ON, OFF)
    cloud.status = "Active"  # somebody switched it on again

    assert made.current(KEY) == ON
    assert 30 <= clock.now < 40
    with pytest.raises(Conflict, match="is not as it was"):
        made.write(KEY, image("Odd"), OFF)


def test_a_write_that_is_never_seen_is_told_as_such():
    cloud, clock = Cloud(lags=10_000), Clock()

    with pytest.raises(ConnectorError, match="does not read as it was written, 30 s later"):
        writer(cloud, clock).write(KEY, ON, OFF)

    assert cloud.writes == 1
    assert clock.now < 40


@pytest.mark.parametrize("answer", [LOST, ODD, SLOW])
def test_an_error_after_which_it_is_written_is_no_error(answer):
    cloud = Cloud(answers=[answer])

    writer(cloud).write(KEY, ON, OFF)

    assert (cloud.status, cloud.writes) == ("Inactive", 1)


@pytest.mark.parametrize("answer", [LOST, SLOW, Failed(GapReason.INCOMPLETE, "UpdateAccessKey: ConcurrentModification")])
def test_what_passes_is_tried_again_later_and_not_for_ever(answer):
    cloud, clock = Cloud(answers=[answer] * 2, applied=False), Clock()
    writer(cloud, clock).write(KEY, ON, OFF)
    assert (cloud.status, cloud.writes, clock.slept) == ("Inactive", 3, [1.0, 2.0])

    cloud, clock = Cloud(answers=[answer] * 9, applied=False), Clock()
    with pytest.raises(ConnectorError):
        writer(cloud, clock).write(KEY, ON, OFF)
    assert (cloud.status, cloud.writes, clock.slept) == ("Active", 5, [1.0, 2.0, 4.0, 8.0])


@pytest.mark.parametrize("answer", [DENIED, ODD])
def test_what_is_refused_is_not_tried_again(answer):
    cloud, clock = Cloud(answers=[answer], applied=False), Clock()

    with pytest.raises(ConnectorError) as told:
        writer(cloud, clock).write(KEY, ON, OFF)

    assert (cloud.writes, clock.slept) == (1, [])
    assert told.value.remedy == ("give the one who writes iam:UpdateAccessKey" if answer is DENIED else "look whether it was written")


def test_while_somebody_else_writes_too_nothing_is_tried_again():
    cloud = Cloud(answers=[SLOW] * 9, applied=False)
    reads = []

    def meanwhile():
        reads.append(1)
        if len(reads) == 2:
            cloud.status = "Odd"

    cloud.before_read = meanwhile
    with pytest.raises(ConnectorError, match="Throttling"):
        writer(cloud).write(KEY, ON, OFF)
    assert (cloud.status, cloud.writes) == ("Odd", 1)


def test_what_is_another_before_is_left_alone():
    cloud = Cloud()
    cloud.status = "Odd"

    with pytest.raises(Conflict):
        writer(cloud).write(KEY, ON, OFF)
    assert cloud.writes == 0


def test_a_kind_that_nobody_knows_is_no_absence():
    with pytest.raises(ConnectorError, match="a vpc of AWS is not read by itself"):
        AwsObjects(Sessions(identity="a", of=lambda _: Cloud(), own=tuple)).current(
            Ref(system="aws", realm="1", kind="vpc", id="v", name="v")
        )


@pytest.mark.parametrize(
    ("arn", "identifier", "own"),
    [
        ("arn:aws:iam::111122223333:user/of/teams/bob", "AIDA1", [("user", "AIDA1", "bob")]),
        ("arn:aws:sts::111122223333:assumed-role/ci/session", "AROA1:session", [("role", "AROA1", "ci")]),
        ("arn:aws:iam::111122223333:root", "111122223333", []),
    ],
)
def test_as_whom_it_acts_is_known_by_the_id(arn, identifier, own):
    class Told(Cloud):
        def ask(self, *_, **__):
            return Found({"Account": "111122223333", "Arn": arn, "UserId": identifier})

    account, told, refs = caller("aws", Told())

    assert (account, told) == ("111122223333", arn)
    assert [(ref.kind, ref.id, ref.name) for ref in refs] == own


class Organisation(SingleApi):
    """A reader with a role in two accounts; AWS answers `refusals` times that it is busy before it lets the role of the second be assumed."""

    refusals = 0

    def __init__(self, *_, role_id=""):
        self.role_id = role_id

    def ask(self, service, operation, region="us-east-1", **parameters):  # noqa: ARG002  # the door's
        if operation == "get_caller_identity":
            return Found({"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/reader", "UserId": "AIDA1"})
        return Found({"Role": {"RoleId": "AROA9"}})

    def become(self, account, role, policy="", source=""):  # noqa: ARG002  # the door's
        if account == "444455556666" and Organisation.refusals:
            Organisation.refusals -= 1
            raise ConnectorError("aws: AssumeRole: Throttling", remedy="wait")
        return Organisation(role_id=f"AROA-{account}")


@pytest.mark.parametrize("refusals", [0, 1])
def test_where_it_is_not_known_as_whom_guardrails_acts_nothing_is_read_to_be_written(monkeypatch, refusals):
    monkeypatch.setattr("guardrails.connectors.aws.sessions.SingleApi", Organisation)
    monkeypatch.setattr(Organisation, "refusals", refusals)
    settings = Settings(sets=(("prod", ("111122223333", "444455556666")),), role="reader", write_role="writer")
    sessions = reading("aws", settings)
    other = Ref(system="aws", realm="444455556666", kind="user", id="AIDA2", name="eve")

    own = {(ref.realm, ref.id) for ref in sessions.own()}

    assert own >= {("111122223333", "AIDA1"), ("111122223333", "AROA-111122223333"), ("111122223333", "AROA9")}
    if refusals:  # it would answer by now, and whose role it is there is not known
        with pytest.raises(ConnectorError, match="as whom guardrails acts in 444455556666"):
            sessions.of(other)
    else:
        assert own >= {("444455556666", "AROA-444455556666"), ("444455556666", "AROA9")}
        assert sessions.of(other).role_id == "AROA-444455556666"
    with pytest.raises(ConnectorError, match="as whom guardrails acts"):
        sessions.of(Ref(system="aws", realm="999988887777", kind="user", id="AIDA3", name="x"))
