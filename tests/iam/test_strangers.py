"""Who strangers are: of any account that a policy does not name, of every form, in the partition of the resource; and who none could be."""

from __future__ import annotations

import re

import pytest
from iam_accounts import HOME, OTHER, arn, trusting
from iam_accounts import document as written

from guardrails.iam import Kind, Policies, evaluate
from guardrails.iam import public as looking
from guardrails.iam.public import opening
from guardrails.model.words import Verdict
from guardrails.sets import BudgetExceededError

BUCKET = "arn:aws:s3:::box"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:jobs"
ID = "AROAAAAAAAAAAAAAAAAAA"
ODD = {"StringSomehow": {"aws:UserAgent": "x"}}
NINE = [digit * 12 for digit in "9876543210"]


def says(principal="*", effect="Allow", action="s3:GetObject", key="Principal", resource=BUCKET, **condition):
    found = {"Effect": effect, key: principal, "Action": action, "Resource": [resource, f"{resource}/*"]}
    return found | ({"Condition": condition} if condition else {})


def found(*statements, resource=BUCKET, **more):
    return opening(written(*statements), resource, **more)


def asked(statement, to, resource=BUCKET):
    return opening(written({**statement, "Action": "*", "Resource": "*"}), resource, to=to)


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        # found wrong before: only an account of nines was looked for
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::1*"}}, ":1[0-9]{11}:"),
        ({"StringLike": {"aws:PrincipalAccount": "1*"}, "StringLikeIfExists": {"aws:PrincipalAccount": "*2"}}, ":1[0-9]{10}2:"),
        ({"StringNotLike": {"aws:PrincipalAccount": ["9*", "anonymous"]}}, ":[0-8][0-9]{11}:"),
        ({"StringLike": {"aws:PrincipalAccount": "7*"}, "StringNotLike": {"aws:PrincipalAccount": "77*"}}, ":7[0-689][0-9]{10}:"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}, ":999999999999:root$"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:federated-user/x"}}, ":999999999999:federated-user/x$"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*5:root"}}, ":[0-9]{11}5:root$"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1*:role/x"}}, ":1[0-9]{11}:role/x$"),
        ({"StringLike": {"aws:PrincipalAccount": "11112222333?"}}, ":11112222333[0-9]:"),
        ({"StringLike": {"aws:PrincipalAccount": ["111122223333", "44*"]}}, ":44[0-9]{10}:"),
        ({"StringLike": {"aws:PrincipalArn": "*:role/Admin*"}}, ":999999999999:role/Admin"),
        # the same number twice, of which one is told by the ARN
        (
            {"StringLike": {"aws:PrincipalAccount": "12*"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::12*:user/x"}},
            ":12[0-9]{10}:user/x$",
        ),
        ({"StringLike": {"aws:PrincipalAccount": "*"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::12*:user/x"}}, ":12[0-9]{10}:user/x$"),
        ({"StringLike": {"aws:PrincipalAccount": "12*"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/x"}}, ":12[0-9]{10}:user/x$"),
    ],
    ids=str,
)
def test_whoever_can_have_an_account_of_a_pattern_is_a_stranger(condition, who):
    opened = found(says(**condition))

    assert opened.verdict is Verdict.VIOLATION
    assert re.search(who, opened.witness.principal)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = Policies(identity=written(everything), resource=written(says(**condition)))
    assert evaluate(opened.witness, policies).allowed is True


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:PrincipalAccount": f"{HOME}*"}},
        {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}*"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:*:iam::{HOME}:role/*"}},
        {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:*"}, "StringNotLike": {"aws:PrincipalArn": "*:role/x"}},
        {"StringLike": {"aws:PrincipalAccount": "1111?"}},
    ],
    ids=str,
)
def test_a_pattern_that_only_those_who_are_named_match_lets_in_no_stranger(condition):
    assert found(says(**condition)).verdict is Verdict.OK


def test_who_hangs_on_an_account_that_is_not_found_is_undecided():
    apart = {"StringLike": {"aws:PrincipalAccount": "1*"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::2*:role/x"}}
    opened = found(says(**apart))

    assert (opened.verdict, opened.reasons) == (Verdict.UNDECIDED, ("which accounts it lets in",))


@pytest.mark.parametrize(
    ("named", "stranger"), [([], "999999999999"), (NINE[:8], "111111111111"), (NINE[:9], "000000000000"), (NINE, "000000000001")]
)
def test_a_policy_that_names_many_accounts_has_strangers_all_the_same(named, stranger):
    denied = [says({"AWS": named}, "Deny", "s3:*")] if named else []
    opened = found(says(StringLike={"aws:PrincipalArn": "*"}), *denied)

    assert (opened.verdict, opened.witness.principal.split(":")[4]) == (Verdict.VIOLATION, stranger)
    assert found(says({"AWS": named})).verdict is Verdict.OK if named else True


def test_an_account_of_a_pattern_is_none_that_the_policy_names():
    shut = says({"AWS": [f"1{'0123456789'[each] * 11}" for each in range(10)]}, "Deny", "s3:*")

    assert found(says(ArnLike={"aws:PrincipalArn": "arn:aws:iam::1*:role/x"}), shut).verdict is Verdict.UNDECIDED
    doubtful = says(ArnLike={"aws:PrincipalArn": "arn:aws:iam::1*:role/x"}, **ODD)
    assert found(doubtful, says({"AWS": "199999999999"})).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1*:role/x"}}, Verdict.VIOLATION),
        ({"StringNotLike": {"aws:PrincipalAccount": "9*"}}, Verdict.VIOLATION),
        ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, Verdict.OK),
        # neither a root user nor a federated user becomes a role
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}, Verdict.OK),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1*:root"}}, Verdict.OK),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:federated-user/x"}}, Verdict.OK),
    ],
    ids=str,
)
def test_who_becomes_a_role(condition, verdict):
    assert opening(written(trusting("*", **condition)), arn("role/r"), kind=Kind.TRUST).verdict is verdict


def test_who_may_only_tag_a_session_does_not_become_the_role():
    tagging = {**trusting("*"), "Action": ["sts:TagSession", "sts:SetSourceIdentity"]}
    assert opening(written(tagging), arn("role/r"), kind=Kind.TRUST).verdict is Verdict.OK


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_strangers_are_of_the_partition_of_the_resource(partition):
    box = f"arn:{partition}:s3:::box"
    mine, other = (f"arn:{name}:iam::*:role/x" for name in (partition, "aws-iso"))

    opened = found(says(resource=box, ArnLike={"aws:PrincipalArn": mine}), resource=box)
    assert (opened.verdict, opened.witness.principal) == (Verdict.VIOLATION, f"arn:{partition}:iam::999999999999:role/x")
    assert found(says(resource=box, ArnLike={"aws:PrincipalArn": other}), resource=box).verdict is Verdict.OK
    some = mine.replace("::*", "::1*")
    assert found(says(resource=box, ArnLike={"aws:PrincipalArn": some}), resource=box).witness.principal.startswith(
        f"arn:{partition}:iam::1"
    )


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        # so many letters of an id are one user's or role's; fewer, anybody's may begin with
        ({"StringLike": {"aws:userid": f"{ID[:16]}*"}}, Verdict.OK),
        ({"StringLike": {"aws:userid": f"{ID[:15]}*"}}, Verdict.VIOLATION),
        # a topic of any account
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:jobs"}}, Verdict.VIOLATION),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*/ou-2/*"}}, Verdict.OK),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}}, Verdict.VIOLATION),
    ],
    ids=str,
)
def test_what_is_somebodys_and_what_may_be_anybodys(condition, verdict):
    assert found(says(**condition)).verdict is verdict


@pytest.mark.parametrize(
    ("principal", "to"),
    [
        (OTHER, OTHER),
        (OTHER, f"arn:aws:iam::{OTHER}:root"),
        (f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:root"),
        (f"arn:aws-cn:iam::{OTHER}:root", f"arn:aws-cn:iam::{OTHER}:root"),
    ],
)
def test_an_account_is_everybody_in_it(principal, to):
    partition = to.split(":")[1] if ":" in to else "aws"
    for one in ("iam::*:user/x", "iam::*:role/x", "iam::*:root", "sts::*:federated-user/x"):
        condition = {"ArnLike": {"aws:PrincipalArn": f"arn:{partition}:{one}"}, "StringEquals": {"aws:PrincipalAccount": OTHER}}
        opened = asked(says({"AWS": principal}, **condition), to)

        assert opened.verdict is Verdict.VIOLATION
        assert opened.witness.principal == f"arn:{partition}:{one}".replace("*", OTHER)
    assert asked(says({"AWS": principal}, ArnLike={"aws:PrincipalArn": f"arn:{partition}:iam::{HOME}:role/x"}), to).verdict is Verdict.OK


def test_one_who_is_named_is_that_one_alone():
    eve = f"arn:aws:iam::{OTHER}:user/eve"

    assert asked(says({"AWS": eve}), eve).witness.principal == eve
    assert asked(says({"AWS": eve}, StringEquals={"aws:PrincipalAccount": OTHER}), eve).verdict is Verdict.VIOLATION
    assert asked(says({"AWS": OTHER}, ArnEquals={"aws:PrincipalArn": eve}), eve).verdict is Verdict.VIOLATION
    assert asked(says({"AWS": OTHER}, ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/*"}), eve).verdict is Verdict.OK
    assert asked(says({"AWS": f"arn:aws:iam::{OTHER}:user/bob"}), eve).verdict is Verdict.OK


@pytest.mark.parametrize("nobody", [ID, "somebody", f"arn:aws:iam::{OTHER}:someone/x", f"{OTHER}0"])
def test_who_could_ask_for_nothing_is_unknown(nobody):
    opened = asked(says({"AWS": nobody}, Bool={"aws:SecureTransport": "true"}), nobody)

    assert (opened.verdict, opened.reasons) == (Verdict.UNKNOWN, (f"{nobody} names nobody who could ask",))


@pytest.mark.parametrize("resource", [BUCKET, QUEUE])
def test_a_resource_is_not_the_account_of_who_is_named(resource):
    """Were it, its policies alone would do, and a doubt of the policy of the resource would be none."""
    opened = asked(says({"AWS": OTHER}, **ODD), OTHER, resource)

    assert (opened.verdict, opened.reasons) == (Verdict.UNDECIDED, ("resource[0] Statement[0]: unsupported operator StringSomehow",))


ACTIONS = [
    "s3:DeleteObject", "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectTorrent", "s3:GetObjectVersion",
    "s3:PutObject", "s3:PutObjectAcl",
]  # fmt: skip


def test_of_many_actions_in_doubt_six_are_told():
    opened = found(*(says(action=action, **ODD) for action in ACTIONS))

    assert opened.verdict is Verdict.UNDECIDED
    assert len(opened.reasons) == 6


@pytest.mark.parametrize("sure", ACTIONS)
def test_what_is_sure_is_found_behind_much_that_is_in_doubt(sure):
    opened = found(*(says(action=action, **({} if action == sure else ODD)) for action in ACTIONS))

    assert (opened.verdict, opened.witness.action) == (Verdict.VIOLATION, sure)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}, "no Principal"),
        (says({"AWS": ID}), f"principal {ID} is named by an id that the request does not tell"),
        (says(StringEqualsIgnoreCase={"aws:UserAgent": "x"}), "a condition that is not understood decides about s3:GetObject"),
        (says(**ODD), "unsupported operator StringSomehow"),
    ],
    ids=["no principal", "an id", "in any case", "an odd operator"],
)
def test_a_doubt_about_who_or_when_says_why(statement, reason):
    opened = found(statement)

    assert opened.verdict is Verdict.UNDECIDED
    assert [each.removeprefix("resource[0] Statement[0]: ") for each in opened.reasons] == [reason]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/*"},
        says({"AWS": ID}, "Deny", "s3:*"),
        says(effect="Permit", action="s3:*"),
    ],
    ids=["no principal", "an id", "no effect"],
)
def test_a_deny_for_nobody_knows_whom_takes_nothing_away_for_sure(statement):
    opened = found(says(StringLike={"aws:PrincipalArn": "*"}), statement)

    assert opened.verdict is Verdict.UNDECIDED
    assert opened.reasons[0].startswith("resource[0] Statement[1]: ")


def test_a_proof_says_what_is_sent_and_not_what_is_absent():
    for key in ("aws:PrincipalArn", "aws:SourceVpc"):
        assert found(says(Null={key: "true"})).witness.context == {}


@pytest.mark.parametrize("resource", ["box", "", "arn:aws:s3::", "aws:s3::::box/a:b"])
def test_of_what_has_no_arn_nothing_is_known(resource):
    opened = opening(written(says(resource=resource)), resource)

    assert (opened.verdict, opened.reasons) == (Verdict.UNKNOWN, (f"{resource} is no ARN",))


def test_what_is_too_intricate_is_undecided(monkeypatch):
    def point_in(*_):
        raise BudgetExceededError

    monkeypatch.setattr(looking, "point_in", point_in)
    opened = found(says())

    assert (opened.verdict, opened.reasons) == (Verdict.UNDECIDED, ("the policy is too intricate for the budget of one question",))
