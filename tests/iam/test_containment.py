"""Whether policies are within others: each verdict, each trap, and bad input."""

from __future__ import annotations

import json

import pytest

from guardrails.errors import AuthorError
from guardrails.iam import Policies, Request, contains, evaluate
from guardrails.iam.containment import MOST_TRIED

WHO = "arn:aws:iam::123456789012:user/ann"


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def allow(action="s3:GetObject", resource="arn:aws:s3:::b/*", condition=None, **more):
    return _statement("Allow", action, resource, condition, more)


def deny(action="s3:GetObject", resource="arn:aws:s3:::b/*", condition=None, **more):
    return _statement("Deny", action, resource, condition, more)


def _statement(effect, action, resource, condition, more):
    made = {"Effect": effect, "Action": action, "Resource": resource, **more}
    made |= {"Condition": condition} if condition else {}
    return {key: value for key, value in made.items() if value is not None}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
HOME = "arn:aws:s3:::home/${aws:username}/*"
ODD = {"StringMatches": {"aws:Referer": "x"}}
SAME_TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}


@pytest.mark.parametrize(
    ("actual", "declared"),
    [
        ([allow()], [allow("s3:*")]),
        ([allow("S3:getobject")], [allow("s3:Get*")]),
        ([allow(["s3:GetObject", "s3:PutObject"])], [allow("s3:Get*"), allow("s3:Put*")]),
        # two halves of a resource, of an action and of a condition
        (
            [allow(resource="arn:aws:s3:::b/*")],
            [allow(resource="arn:aws:s3:::b/a*"), allow(NotResource="arn:aws:s3:::b/a*", resource=None)],
        ),
        ([allow()], [allow(condition=MFA), allow(condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})]),
        ([allow(condition=OFFICE)], [allow(condition={"IpAddress": {"aws:SourceIp": "198.51.0.0/16"}})]),
        ([allow(condition=OFFICE | MFA)], [allow(condition=OFFICE)]),
        ([allow("s3:*"), deny("s3:Put*", "*")], [allow(NotAction="s3:Put*", action=None)]),
        ([allow(), deny(condition=MFA)], [allow(), deny(condition=MFA)]),
        ([allow(condition=OFFICE), deny(condition=OFFICE)], []),
        # what is not understood is the same claim on both sides
        ([allow(condition=ODD)], [allow(condition=ODD)]),
        ([allow(condition=ODD | MFA)], [allow(condition=ODD)]),
        ([allow(condition=SAME_TEAM)], [allow(condition=SAME_TEAM)]),
        ([allow(), deny(condition=ODD)], [allow(), deny(condition=ODD)]),
        # a Deny of other actions is in the way of no statement that both have
        ([allow(resource=HOME)], [allow(resource=HOME), deny("s3:PutObject", "*")]),
        # a variable is one text, whatever it is
        ([allow(resource=HOME)], [allow(resource=HOME)]),
        ([allow(resource="arn:aws:s3:::home/${aws:username}/docs/*")], [allow(resource=HOME)]),
        ([allow(resource=HOME)], [allow(resource="arn:aws:s3:::home/*")]),
        ([allow(resource="arn:aws:s3:::home/${aws:UserName}/*")], [allow(resource=HOME)]),
        ([allow(resource=HOME), deny(resource="arn:aws:s3:::home/*")], []),
        # nothing that AWS could be asked
        ([allow("s3:GetObject", "arn:aws:s3:::b")], []),
        ([], []),
    ],
)
def test_it_is_covered(actual, declared):
    found = contains(document(*actual), document(*declared))
    assert (found.verdict, found.witness, found.reasons) == ("covered", None, ())


@pytest.mark.parametrize(
    ("actual", "declared"),
    [
        ([allow("s3:*")], [allow()]),
        ([allow(resource="arn:aws:s3:::*")], [allow()]),
        ([allow()], [allow(condition=MFA)]),
        ([allow()], [allow(), deny(condition=MFA)]),
        ([allow()], [deny()]),
        ([allow(condition={"IpAddress": {"aws:SourceIp": "198.51.0.0/16"}})], [allow(condition=OFFICE)]),
        # an absent key: the positive operator does not match, the negated one does
        ([allow(condition={"StringNotEquals": {"aws:Referer": "x"}}), deny(condition={"StringLike": {"aws:Referer": "*"}})], []),
        # an Allow for all but a list
        ([allow(NotAction="iam:*", action=None, resource="*")], [allow("s3:*", "*")]),
        ([allow(NotResource="arn:aws:s3:::b/*", resource=None)], [allow()]),
        # a variable is not every text
        ([allow(resource="arn:aws:s3:::home/*")], [allow(resource=HOME)]),
        ([allow(resource="arn:aws:s3:::home/*"), deny(resource=HOME)], []),
        ([allow(resource=HOME)], []),
        ([allow(resource=HOME)], [allow(resource="arn:aws:s3:::home/?/*")]),
        # only one side hangs on what relates two keys
        ([allow(condition=SAME_TEAM)], []),
        ([allow()], [allow(condition=SAME_TEAM)]),
        ([allow(condition=ODD), allow("s3:PutObject")], [allow(condition=ODD)]),
        ([allow(condition={"StringEquals": {"unheard:of": "x"}})], [allow(condition={"StringEquals": {"unheard:of": "y"}})]),
        ([allow("newservice:DoIt", "*")], [allow("s3:*", "*")]),
    ],
)
def test_it_is_not_covered_and_the_evaluator_says_so_too(actual, declared):
    found = contains(document(*actual), document(*declared), principal=WHO)
    assert found.verdict == "not-covered"
    assert found.reasons
    # keys and roles have policies of their own, which here leave it to the account
    own = document(allow("*", "*", Principal={"AWS": "123456789012"}))
    held, wanted = (evaluate(found.witness, Policies(identity=document(*side), resource=own)).allowed for side in (actual, declared))
    assert (held, wanted) == (True, False)


@pytest.mark.parametrize(
    ("actual", "declared", "reason"),
    [
        ([allow(condition=ODD)], [], "unsupported operator"),
        ([allow()], [allow(condition=ODD)], "unsupported operator"),
        ([allow(), deny(condition=ODD)], [], "unsupported operator"),
        ([allow(Unheard="of")], [], "unknown element"),
        ([{**allow(), "Effect": "allow"}], [], "unknown Effect"),
        # what could be a Deny takes away from what is declared
        ([allow()], [allow(), {**deny(), "Effect": "deny"}], "unknown Effect"),
        ([allow(resource="bucket/*")], [], "malformed resource"),
        ([allow(condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}})], [], "malformed operand"),
    ],
)
def test_what_is_not_understood_is_undecided_and_says_why(actual, declared, reason):
    found = contains(document(*actual), document(*declared))
    assert (found.verdict, found.witness) == ("undecided", None)
    assert any(reason in line for line in found.reasons)


def test_only_the_side_that_is_not_understood_is_told():
    odd = "identity[0] Statement[0]: unsupported operator StringMatches"
    assert contains(document(allow(condition=ODD)), document()).reasons == (f"actual {odd}",)
    assert contains(document(allow()), document(allow(condition=ODD))).reasons == (f"declared {odd}",)


def test_of_many_ways_in_doubt_fifty_are_tried():
    many = document(*(allow(resource=f"arn:aws:s3:::b{number}/*", condition=ODD) for number in range(60)))
    assert len(contains(many, document()).reasons) == MOST_TRIED == 50


def test_resources_of_the_account_of_who_asks_are_told_first():
    stop = document(allow("ec2:StopInstances", "*"))
    assert contains(stop, document(), principal=WHO).witness.resource.startswith("arn:aws:ec2::123456789012:instance/")


def test_a_default_stands_in_for_a_value_that_is_not_there():
    home = document(allow(resource="arn:aws:s3:::home/${aws:username, 'nobody'}/*"))
    found = contains(home, document(allow(resource=HOME)))
    assert (found.verdict, found.witness.resource) == ("not-covered", "arn:aws:s3:::home/nobody/")
    assert contains(home, document(allow(resource=HOME)), principal=WHO).verdict == "covered"
    assert (
        contains(home, document(allow(resource="arn:aws:s3:::home/nobody/*")), principal=WHO.replace("user", "role")).verdict == "covered"
    )


def test_only_an_action_that_nobody_published_is_told_as_such():
    found = contains(document(allow("zzz:*", "*")), document(allow("s3:*", "*")))
    assert (found.verdict, found.unpublished) == ("not-covered", True)
    assert not contains(document(allow("s3:*")), document(allow("s3:Get*"))).unpublished
    assert not contains(document(allow()), document(allow())).unpublished


def test_a_statement_that_names_somebody_where_nobody_is_named_is_not_understood():
    odd = document(allow(), deny(Principal="*"))
    for kind in ("identity", "boundary", "session", "scp"):
        assert contains(odd, document(), kind=kind).verdict == "undecided"


def test_what_names_somebody_is_within_itself_whatever_it_asks():
    """Whom it names is read less widely on one side than on the other, and is the same."""
    root = {"AWS": ["arn:aws:iam::111122223333:root"]}
    late = {"ForAnyValue:DateGreaterThanIfExists": {"AWS:D": ["2026-01-01T00:00:00+01:00", "1767225600"]}}
    early = {"ForAllValues:DateLessThanIfExists": {"AWS:D": ["2026-01-01T00:00:00+01:00"]}}
    one = allow(NotAction=["s3:?etObject"], action=None, resource=["arn:aws:s3:::box/*"], condition=late, Principal=root)
    other = deny(["s3:Get*"], ["arn:aws:s3:::box/a", "arn:aws:s3:::box/${aws:none}"], early, Principal=root)

    assert contains([document(one), document(other)], document(other, one), kind="resource").verdict == "covered"
    assert contains(document(other, one), [document(one), document(other)], kind="resource").verdict == "covered"


def test_several_documents_count_together():
    read, write = document(allow()), document(allow("s3:PutObject"))
    assert contains([read, write], [write, json.dumps(read)]).verdict == "covered"
    assert contains([read, write], read).verdict == "not-covered"
    assert contains([read, document(deny("*", "*"))], []).verdict == "covered"
    assert contains([], []).verdict == "covered"


def test_who_asks_decides_what_depends_on_it():
    mine = document(allow(resource=HOME), allow(condition={"ArnEquals": {"aws:PrincipalArn": WHO}}))
    declared = document(allow(resource="arn:aws:s3:::home/ann/*"), allow())
    assert contains(mine, declared, principal=WHO).verdict == "covered"
    assert contains(mine, declared).verdict == "not-covered"
    other = contains(mine, declared, principal="arn:aws:iam::123456789012:user/bob")
    assert (other.verdict, other.witness.resource) == ("not-covered", "arn:aws:s3:::home/bob/")


@pytest.mark.parametrize(
    ("actual", "declared", "verdict"),
    [
        ({"AWS": "123456789012"}, {"AWS": "arn:aws:iam::123456789012:root"}, "covered"),
        ({"AWS": WHO}, {"AWS": "123456789012"}, "covered"),
        ({"AWS": "123456789012"}, {"AWS": WHO}, "not-covered"),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"}, {"AWS": "arn:aws:iam::123456789012:role/path/r"}, "covered"),
        ({"AWS": "arn:aws:iam::123456789012:role/r"}, {"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"}, "not-covered"),
        ("*", {"AWS": "*"}, "covered"),
        ("*", {"AWS": "123456789012"}, "not-covered"),
        ({"Service": "ec2.amazonaws.com"}, {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}, "covered"),
        ({"Service": "ec2.amazonaws.com"}, {"AWS": "123456789012"}, "not-covered"),
        ({"Federated": "cognito-identity.amazonaws.com"}, {"Service": "cognito-identity.amazonaws.com"}, "not-covered"),
        ({"CanonicalUser": "a" * 64}, "*", "covered"),
        ({"AWS": "AIDAEXAMPLEEXAMPLE123"}, {"AWS": "AIDAEXAMPLEEXAMPLE123"}, "covered"),
        ({"AWS": "AIDAEXAMPLEEXAMPLE123"}, {"AWS": WHO}, "undecided"),
        ({"Robot": "x"}, {"AWS": "*"}, "covered"),
        ({"Robot": "x"}, {"AWS": WHO}, "undecided"),
        # a name means somebody of its own kind alone
        ({"CanonicalUser": "AIDAEXAMPLEEXAMPLE123"}, {"AWS": WHO}, "not-covered"),
        ({"Federated": "123456789012"}, {"AWS": "123456789012"}, "not-covered"),
        ({"Federated": "arn:aws:iam::123456789012:role/r"}, {"AWS": "arn:aws:iam::123456789012:role/r"}, "not-covered"),
        # whom no request can come from is nobody
        ({"AWS": "ann"}, {"AWS": WHO}, "covered"),
        ({"AWS": "12345"}, {"AWS": WHO}, "covered"),
        ({"AWS": "abcdefghijkl"}, {"AWS": WHO}, "covered"),
        ({"Service": "ec2"}, {"AWS": WHO}, "covered"),
        # the same words are the same claim in any order
        ({"Robot": "x", "AWS": WHO}, {"AWS": WHO, "Robot": "x"}, "covered"),
        # somebody, but it cannot be said who
        ({"Service": "*"}, {"AWS": WHO}, "undecided"),
        ({"AWS": WHO}, {"Service": "*"}, "undecided"),
        ({"AWS": 5}, {"AWS": WHO}, "undecided"),
        ("ann", {"AWS": WHO}, "undecided"),
        ([], {"AWS": WHO}, "undecided"),
        ({}, {"AWS": WHO}, "undecided"),
        (["*"], {"AWS": WHO}, "undecided"),
    ],
)
def test_whom_a_resource_lets_in_is_compared_too(actual, declared, verdict):
    sides = [document(allow(Principal=who)) for who in (actual, declared)]
    assert contains(*sides, kind="resource").verdict == verdict


def test_who_is_not_named_is_let_in_by_not_principal():
    but_ann = document({"Effect": "Allow", "NotPrincipal": {"AWS": WHO}, "Action": "s3:GetObject", "Resource": "*"})
    everybody = document(allow(resource="*", Principal="*"))
    assert contains(but_ann, everybody, kind="resource").verdict == "covered"
    found = contains(everybody, but_ann, kind="resource")
    assert (found.verdict, found.witness.principal) == ("not-covered", WHO)


def test_but_everybody_is_nobody():
    nobody = document(allow(NotPrincipal="*"))
    assert contains(nobody, [], kind="resource").verdict == "covered"


def test_a_statement_that_says_not_for_whom_or_says_it_twice_is_not_understood():
    for odd in (allow(), allow(Principal={"AWS": WHO}, NotPrincipal={"AWS": WHO})):
        assert contains(document(odd), document(allow(Principal={"AWS": WHO})), kind="resource").verdict == "undecided"
        assert contains(document(odd), document(odd), kind="resource").verdict == "covered"


def test_an_arn_that_stops_early_means_all_that_begins_so_for_identities_alone():
    short, whole = "arn:aws:sqs", "arn:aws:sqs:*:*:*"
    assert contains(document(allow("sqs:*", short)), document(allow("sqs:*", whole))).verdict == "covered"
    assert contains(document(allow("sqs:*", whole)), document(allow("sqs:*", short))).verdict == "covered"
    sides = [document(allow("sqs:*", resource, Principal="*")) for resource in (whole, short)]
    assert contains(*sides, kind="resource").verdict == "undecided"


def test_the_old_version_knows_no_variables():
    old = document(allow(resource=HOME), version="2008-10-17")
    assert contains(old, document(allow(resource="arn:aws:s3:::home/$*"))).verdict == "covered"
    assert contains(old, document(allow(resource=HOME))).verdict == "not-covered"


def test_a_witness_is_what_people_know_and_names_only_what_has_to_be_said():
    found = contains(document(allow("*", "*")), document(allow("ec2:*", "*")))
    assert found.witness == Request(principal="", action="s3:GetObject", resource="arn:aws:s3:::x/x", context={})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: contains("{", {}), "actual[0] is not JSON"),
        (lambda: contains(document(), [document(), "[]"]), "declared[1] is no policy document"),
        # a policy in a text in a text is none, nor is a list that holds the word
        (lambda: contains(json.dumps(json.dumps(document())), document()), "actual[0] is no policy document: it has no Statement"),
        (lambda: contains([["Statement"]], document()), "actual[0] is no policy document: it has no Statement"),
        (lambda: contains([7], document()), "actual[0] is no policy document: it has no Statement"),
        (lambda: contains({"Version": "2012-10-17"}, document()), "actual[0] is no policy document: it has no Statement"),
        (lambda: contains(document(), 7), "declared is neither"),
        (lambda: contains(document(), document(), kind="group"), "'group' is no kind of policy"),
        (lambda: contains(document(), document(), principal="ann"), "'ann' is no principal"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(AuthorError, match=r".") as error:
        call()
    assert message in str(error.value)


def test_an_element_that_stands_twice_is_not_understood():
    twice = '{"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Action": "s3:Put*", "Resource": "*"}]}'
    assert contains(twice, document()).verdict == "undecided"
    assert contains(twice, twice).verdict == "covered"


def test_the_same_words_under_another_version_are_another_claim():
    test = {"StringEqualsIgnoreCase": {"aws:Referer": "${aws:username}"}}
    new, old = document(allow(condition=test)), document(allow(condition=test), version="2008-10-17")
    assert contains(new, old).verdict == "not-covered"
    assert contains(old, new).verdict != "covered"
    assert contains(old, old).verdict == "covered"


def test_variables_are_filled_in_where_they_may_stand_and_nowhere_else():
    spelled = document(allow("s3:Get${aws:username}"))
    assert contains(document(allow()), spelled, principal=WHO.replace("ann", "Object")).verdict == "not-covered"
    named = document(allow(Principal={"AWS": WHO.replace("ann", "${aws:username}")}))
    assert contains(document(allow(Principal={"AWS": WHO})), named, kind="resource", principal=WHO).verdict == "not-covered"


def test_of_a_resource_policy_only_what_it_says_to_who_asks_counts():
    ann, bob = (document(allow(Principal={"AWS": who})) for who in (WHO, WHO.replace("ann", "bob")))
    assert contains(bob, ann, kind="resource", principal=WHO).verdict == "covered"
    assert contains(ann, bob, kind="resource", principal=WHO).witness.principal == WHO


def test_a_witness_carries_what_its_principal_decides():
    mine = document(allow(condition={"ArnEquals": {"aws:PrincipalArn": WHO}}))
    assert contains(mine, [], principal=WHO).witness.context == {}
    other = document(allow(Principal={"AWS": WHO}, condition={"ArnEquals": {"aws:PrincipalArn": WHO.replace("ann", "bob")}}))
    assert contains(other, [], kind="resource").verdict == "covered", "nobody has the ARN of somebody else"


@pytest.mark.parametrize(
    ("key", "value", "who"),
    [("aws:PrincipalAccount", "123456789012", "arn:aws:iam::123456789012:root"), ("aws:PrincipalArn", WHO, WHO)],
)
def test_who_everyone_is_under_a_condition_is_taken_from_the_condition(key, value, who):
    found = contains(document(allow(Principal="*", condition={"StringEquals": {key: value}})), [], kind="resource")
    assert (found.verdict, found.witness.principal) == ("not-covered", who)


def test_everybody_covers_whom_a_statement_names_without_a_search():
    test = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}
    resources = ["arn:aws:*:*:*:*", "arn:aws:s3:::box/a"]
    named = document(allow(None, resources, test, NotAction="sqs:Send*", Principal={"AWS": "123456789012"}))
    assert contains(named, document(allow("*", "*", Principal="*")), kind="resource").verdict == "covered"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"),
        ("s3:GetObject", "arn:aws:s3:::home/${aws:username}"),
        ("s3:ListBucket", "arn:aws:s3:::${aws:username}"),
        ("newservice:DoIt", "arn:aws:newservice:::${aws:username}"),
    ],
)
def test_a_variable_can_be_the_whole_name_of_a_resource(action, resource):
    mine = allow(action, resource)
    assert contains(document(mine), []).verdict == "not-covered"
    assert contains(document(mine), document(allow(action, resource, MFA))).verdict == "not-covered"
    assert contains(document(mine), document(mine)).verdict == "covered"
    assert contains(document(mine), document(allow(action, "*"))).verdict == "covered"
