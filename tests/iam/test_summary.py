"""What is in excess, told in few parts: nothing is left out, and nothing is named that is not so."""

from __future__ import annotations

import json

import iam_drawn as drawn
import pytest
from iam_small import allow, deny

from guardrails.iam.catalogue import catalogue
from guardrails.iam.proof.access import bounds
from guardrails.iam.proof.declared import Declared, declared
from guardrails.iam.proof.naming import matched, patterns_of, told
from guardrails.iam.proof.statements import statements
from guardrails.iam.proof.summary import summary
from guardrails.sets import BudgetExceededError

OBJECTS = "arn:aws:s3:::b/*"
BRANDNEW = "arn:aws:brandnew:::b"


def region_of(entries, ceiling=()):
    return bounds(statements(json.dumps({"Version": "2012-10-17", "Statement": entries}))).lower - declared(ceiling)


def part(actions, *resources, **more):
    return Declared(actions=tuple(actions), resources=frozenset(resources), **more)


def said(entries, *ceiling):
    written = [text for one in ceiling for text in one.actions]
    written += [text for entry in entries for element in ("Action", "NotAction") for text in entry.get(element, [])]
    return [str(each) for each in summary(region_of(entries, ceiling), written)]


@pytest.mark.parametrize(
    ("entries", "ceiling", "lines"),
    [
        ([allow(["*"])], [], ["* on *"]),
        ([allow(["s3:*"], OBJECTS)], [part(["s3:Get*"], OBJECTS)], [f"s3:* but not s3:Get* on {OBJECTS}"]),
        ([allow(["s3:GetObject", "s3:PutObject"], OBJECTS)], [part(["s3:GetObject"], OBJECTS)], [f"s3:PutObject on {OBJECTS}"]),
        ([allow(["s3:*"], OBJECTS)], [part(["s3:*"], "arn:aws:s3:::b/own/*")], [f"s3:* on {OBJECTS} but not arn:aws:s3:::b/own/*"]),
        # what two statements give on different resources is one part
        (
            [allow(["sqs:*"], "arn:aws:sqs:*:*:a"), allow(["sqs:*"], "arn:aws:sqs:*:*:b")],
            [],
            ["sqs:* on arn:aws:sqs:*:*:a and arn:aws:sqs:*:*:b"],
        ),
        # but what nobody could ask for on them is not named for that
        (
            [allow(["s3:ListBucket", "s3:GetObject"], OBJECTS), allow(["s3:PutObject"], OBJECTS)],
            [],
            [f"s3:GetObject and s3:PutObject on {OBJECTS}"],
        ),
        # though a pattern may mean it
        ([allow(["s3:Get*"], OBJECTS), allow(["s3:PutObject"], OBJECTS)], [], [f"s3:Get* and s3:PutObject on {OBJECTS}"]),
        ([allow(["s3:PutObject"], OBJECTS), allow(["s3:Get*"], OBJECTS)], [], [f"s3:Get* and s3:PutObject on {OBJECTS}"]),
        # what is left out stands in the order of its letters
        (
            [allow(["s3:GetObject"], OBJECTS)],
            [part(["s3:*"], *(f"arn:aws:s3:::b/{name}/*" for name in "edacb"))],
            [f"s3:GetObject on {OBJECTS} but not arn:aws:s3:::b/a/*, arn:aws:s3:::b/b/*, arn:aws:s3:::b/c/* or 2 more"],
        ),
        # what is left out of one place is not left out of another
        (
            [allow(["s3:GetObject"], OBJECTS), allow(["s3:GetObject"], "arn:aws:s3:::*/x")],
            [part(["s3:*"], "arn:aws:s3:::b/x")],
            [f"s3:GetObject on {OBJECTS} but not arn:aws:s3:::b/x", "s3:GetObject on arn:aws:s3:::*/x but not arn:aws:s3:::b/x"],
        ),
        (
            [allow(["s3:GetObject"], [OBJECTS, "arn:aws:s3:::c/*"])],
            [part(["s3:*"], "arn:aws:s3:::*/x")],
            [f"s3:GetObject on {OBJECTS} and arn:aws:s3:::c/* but not arn:aws:s3:::*/x"],
        ),
        (
            [allow(["s3:GetObject"], [OBJECTS, "arn:aws:s3:::c/*"])],
            [part(["s3:*"], "arn:aws:s3:::b/own/*")],
            [f"s3:GetObject on {OBJECTS} and arn:aws:s3:::c/* but not arn:aws:s3:::b/own/*"],
        ),
        (
            [allow(["s3:*"], [OBJECTS, "arn:aws:s3:::c/*"])],
            [part(["s3:Get*"], "arn:aws:s3:::*/x")],
            [
                f"s3:* but not s3:Get* on {OBJECTS} and arn:aws:s3:::c/*",
                f"s3:Get* on {OBJECTS} and arn:aws:s3:::c/* but not arn:aws:s3:::*/x",
            ],
        ),
        # a whole service, and a verb of which every action is in it, though nobody wrote the pattern
        ([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}], [], ["* but not iam:* on *"]),
        ([allow(["sqs:*"]), deny(["sqs:Delete*"])], [], ["sqs:* but not sqs:Delete* on *"]),
        # under which conditions
        ([allow(["kms:Decrypt"], **drawn.block([drawn.MFA]))], [], ["kms:Decrypt on * when MFA was used"]),
        ([allow(["kms:Decrypt"])], [part(["kms:*"], "*", conditions=(drawn.MFA,))], ["kms:Decrypt on * when MFA was not used"]),
        (
            [allow(["kms:Decrypt"]), deny(["*"], **drawn.block([("NotIpAddress", "aws:SourceIp", ("10.0.0.0/8",))]))],
            [],
            ["kms:Decrypt on * when aws:SourceIp is in 10.0.0.0/8"],
        ),
        # a Deny that takes away only some of both is not multiplied out
        (
            [allow(["s3:GetObject"], OBJECTS), deny(["s3:*"], "arn:aws:s3:::b/own/*", **drawn.block([drawn.MFA]))],
            [],
            [f"s3:GetObject on some of {OBJECTS}"],
        ),
        (
            [
                allow(["s3:GetObject"], OBJECTS),
                deny(["s3:*"], OBJECTS, **drawn.block([drawn.MFA])),
                deny(["s3:GetObject"], "arn:aws:s3:::b/x*", **drawn.block([drawn.OFFICE])),
            ],
            [],
            [f"s3:GetObject on some of {OBJECTS} when MFA was not used"],
        ),
        ([allow(["*"]), deny(["s3:*"], **drawn.block([drawn.MFA]))], [], ["* but not s3:* on *", "s3:* on * when MFA was not used"]),
        # what another Deny takes away altogether is nothing more to take away
        (
            [
                allow(["s3:GetObject"], OBJECTS),
                deny(["s3:*"], "arn:aws:s3:::b/own/x*", **drawn.block([drawn.MFA])),
                deny(["s3:GetObject"], "arn:aws:s3:::b/own/*"),
            ],
            [],
            [f"s3:GetObject on {OBJECTS} but not arn:aws:s3:::b/own/*"],
        ),
        (
            [
                allow(["s3:GetObject"], OBJECTS),
                deny(["s3:*"], "arn:aws:s3:::b/own/*", **drawn.block([drawn.MFA, drawn.OFFICE])),
                deny(["s3:GetObject"], "*", **drawn.block([drawn.MFA])),
            ],
            [],
            [f"s3:GetObject on {OBJECTS} when MFA was not used"],
        ),
        # nobody could ask for a bucket by the name of an object
        ([allow(["s3:ListBucket", "s3:GetObject"], OBJECTS)], [], [f"s3:GetObject on {OBJECTS}"]),
        # a recovery point is of the service that was backed up
        (
            [allow(["backup:DeleteRecoveryPoint"], "arn:aws:ec2:*::snapshot/*")],
            [],
            ["backup:DeleteRecoveryPoint on arn:aws:ec2:*::snapshot/*"],
        ),
        ([allow(["backup:ListTags"], "arn:aws:ec2:*::snapshot/*")], [], ["backup:ListTags on arn:aws:ec2:*::snapshot/*"]),
        ([allow(["backup:ListTags"], "arn:aws:*:*::snapshot/*")], [], ["backup:ListTags on arn:aws:*:*::snapshot/*"]),
        # and a pattern can be of any service
        ([allow(["s3:GetObject"], "arn:aws:*:::b/*")], [], ["s3:GetObject on arn:aws:*:::b/*"]),
        ([allow(["s3:GetObject"], "arn:aws:s?:::b/*")], [], ["s3:GetObject on arn:aws:s?:::b/*"]),
        ([allow(["s3:Brand*"])], [], ["s3:Brand* (not published yet) on *"]),
        ([allow(["brandnew:DoIt"])], [], ["* (not published yet) on *"]),
        (
            [allow(["s3:*"]), allow(["brandnew:*"]), deny(["s3:*"], **drawn.block([drawn.MFA]))],
            [],
            ["s3:* on * when MFA was not used", "brandnew:* (not published yet) on *"],
        ),
        # of what is not published, no more is said to be left than is left of all of it
        ([allow(["brandnew:*"]), deny(["brandnew:Get*"])], [], ["brandnew:* (not published yet) on some of *"]),
        ([allow(["brandnew:*"]), deny(["sqs:*"], BRANDNEW)], [], ["brandnew:* (not published yet) on *"]),
        ([allow(["brandnew:*"]), deny(["brandnew:*"], BRANDNEW)], [], [f"brandnew:* (not published yet) on * but not {BRANDNEW}"]),
        ([allow(["brandnew:*"]), deny(["brandnew:Get*"], BRANDNEW)], [], ["brandnew:* (not published yet) on some of *"]),
        (
            [allow(["brandnew:*"]), deny(["brandnew:*"], BRANDNEW, **drawn.block([drawn.MFA])), deny(["brandnew:*"], BRANDNEW + "/x")],
            [],
            [f"brandnew:* (not published yet) on some of * but not {BRANDNEW}/x"],
        ),
        (
            [allow(["s3:*"], "arn:aws:s3:::b"), allow(["s3:Brand*"], "arn:aws:s3:::c")],
            [],
            ["s3:* on arn:aws:s3:::b", "s3:* (not published yet) on arn:aws:s3:::c"],
        ),
        # nor is a pattern of what is published told again for what is not
        ([allow(["s3:*", "zz:*", "s3:Q*"])], [], ["s3:* on *", "zz:* (not published yet) on *"]),
        ([allow(["s3:getobject"])], [], ["s3:GetObject on *"]),
        ([allow(["s3:*"])], [part(["*"], "*")], []),
        # what two Denies take away together is not there
        (
            [
                allow(["kms:Decrypt"]),
                deny(["kms:*"], **drawn.block([drawn.MFA])),
                deny(["*"], **drawn.block([("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",))])),
            ],
            [],
            [],
        ),
        # nor what is left on no resource that it could be asked for
        (
            [
                allow(["s3:ListBucket"]),
                deny(["s3:*"], "arn:*:s3:*", **drawn.block([drawn.MFA])),
                deny(["s3:*"], "arn:*:s3:*", **drawn.block([("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",))])),
            ],
            [],
            [],
        ),
        ([allow(["s3:ListBucket"]), deny(["s3:*"], ["arn:*:s3:*", "arn:aws:sqs:*"])], [], []),
        (
            [allow(["s3:ListBucket", "sqs:SendMessage"]), deny(["*"], "arn:*:s3:*")],
            [],
            ["sqs:SendMessage on * but not arn:*:s3:*"],
        ),
        ([allow(["s3:GetObject"], [OBJECTS, "arn:aws:s3:::c/*"]), deny(["s3:*"], OBJECTS), deny(["*"], "arn:aws:s3:::c/*")], [], []),
    ],
)
def test_an_excess_is_said_in_few_words(entries, ceiling, lines):
    assert said(entries, *ceiling) == lines


def test_what_two_patterns_share_is_some_of_the_longer():
    read = [allow(["s3:GetObject"], ["arn:aws:s3:::a*", "arn:aws:s3:::c/*"])]
    for places, said_of in (
        (["arn:aws:s3:::*/own"], "arn:aws:s3:::*/own"),
        (["arn:aws:s3:::*/own", "arn:aws:s3:::c/*"], "arn:aws:s3:::*/own and arn:aws:s3:::c/*"),
    ):
        shared = region_of(read) & part(["s3:*"], *places).region()
        assert [str(each) for each in summary(shared)] == [f"s3:GetObject on some of {said_of}"]


def test_of_many_actions_the_first_are_said_and_how_many_more():
    (line,) = said([allow(["s3:GetObject", "sqs:SendMessage", "sns:Publish", "kms:Decrypt", "ec2:RunInstances", "iam:PassRole"])])

    assert line == "ec2:RunInstances, iam:PassRole, kms:Decrypt, s3:GetObject and 2 more on *"


def test_what_is_too_intricate_is_not_summarised():
    entries = [allow(["s3:*"]), deny(["s3:Get*"], "arn:aws:s3:::a*"), deny(["s3:*Object"], "arn:aws:s3:::b*")]
    assert summary(region_of(entries), budget=4)
    with pytest.raises(BudgetExceededError):
        summary(region_of(entries), budget=3)
    assert summary(region_of([allow(["s3:Get*"]), deny(["s3:*"], "arn:aws:s3:::a*")]), budget=1)


def test_a_pattern_is_used_only_where_it_says_no_more_than_the_set():
    getters = matched("s3:Get*")
    assert patterns_of(getters, lambda text: getters.covers(matched(text))) == ("s3:Get*",)
    fewer = getters - catalogue().of(["s3:getobject"])
    assert "s3:Get*" not in patterns_of(fewer, lambda text: fewer.covers(matched(text)))
    assert told(fewer, fewer, ["s3:Get*"]) == (("s3:Get*",), ("s3:GetObject",))
