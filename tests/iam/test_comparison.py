"""A whole account against its declaration: verdicts with everything that is attached, and nothing decided twice."""

from __future__ import annotations

import json

import pytest

from guardrails.errors import AuthorError
from guardrails.iam import UNKNOWN, Account, compare

HOME = "arn:aws:iam::111122223333"
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def policy(*actions, effect="Allow", resource="*", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource, **more}]}


def role(name, *documents, **more):
    inline = [{"PolicyName": f"p{number}", "PolicyDocument": document} for number, document in enumerate(documents)]
    arn = f"{HOME}:role{more.get('Path', '/')}{name}"
    return {"RoleName": name, "RoleId": f"AROA{name}", "Arn": arn, "RolePolicyList": inline, "AssumeRolePolicyDocument": policy(), **more}


def account(*roles, policies=(), users=(), groups=(), **more):
    return Account.read(
        {"UserDetailList": list(users), "GroupDetailList": list(groups), "RoleDetailList": list(roles), "Policies": list(policies)}, **more
    )


def verdict(found, declared, **more):
    (one,) = compare(account(found, **more), {f"role/{found['RoleName']}": declared} if declared is not None else {}).verdicts.values()
    return one.verdict


def managed(name, document):
    return {"Arn": f"{HOME}:policy/{name}", "PolicyVersionList": [{"IsDefaultVersion": True, "VersionId": "v1", "Document": document}]}


@pytest.mark.parametrize(
    ("held", "declared", "more", "expected"),
    [
        ([policy("s3:GetObject")], [policy("s3:Get*")], {}, "covered"),
        ([policy("s3:GetObject"), policy("s3:PutObject")], [policy("s3:Get*"), policy("s3:Put*")], {}, "covered"),
        ([policy("s3:*")], [policy("s3:Get*")], {}, "not-covered"),
        ([policy("s3:GetObject")], None, {}, "not-covered"),
        ([], None, {}, "covered"),
        # every level has to allow, and one Deny is enough
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": [[FULL], [policy("s3:Get*", "ec2:*")]]}, "covered"),
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": [[FULL, policy("s3:*", effect="Deny")]]}, "covered"),
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": [[FULL]]}, "not-covered"),
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": [[policy("ec2:*")]], "is_management": True}, "not-covered"),
        # what was not seen decides nothing
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": [[FULL, UNKNOWN]]}, "undecided"),
        ([policy("s3:*")], [policy("s3:Get*")], {"scps": UNKNOWN}, "undecided"),
        ([policy("s3:Get*")], [policy("s3:Get*")], {"scps": [[UNKNOWN]]}, "covered"),
        # keys leave it to the account where no policy of theirs was given
        ([policy("kms:Decrypt")], [], {}, "not-covered"),
        # who asks is known
        ([policy("s3:*", Condition={"StringLike": {"aws:PrincipalArn": "*other"}})], [], {}, "covered"),
        ([policy("s3:*", Condition={"StringLike": {"aws:PrincipalArn": "*ci"}})], [], {}, "not-covered"),
        (
            [policy("s3:*", resource="arn:aws:s3:::${aws:PrincipalAccount}/*")],
            [policy("s3:*", resource="arn:aws:s3:::111122223333/*")],
            {},
            "covered",
        ),
    ],
)
def test_a_role_is_compared_with_all_that_is_attached(held, declared, more, expected):
    assert verdict(role("ci", *held), declared, **more) == expected


def test_a_boundary_limits_and_one_that_was_not_seen_is_unknown():
    limited = role("ci", policy("s3:*"), PermissionsBoundary={"PermissionsBoundaryArn": f"{HOME}:policy/limit"})
    assert verdict(limited, [policy("s3:Get*")], policies=[managed("limit", policy("s3:Get*", "ec2:*"))]) == "covered"
    assert verdict(limited, [policy("s3:Get*")], policies=[managed("limit", FULL)]) == "not-covered"
    assert verdict(limited, [policy("s3:Get*")]) == "undecided"


def test_an_attached_policy_that_was_not_seen_is_undecided():
    assert verdict(role("ci", AttachedManagedPolicies=[{"PolicyArn": f"{HOME}:policy/gone"}]), [policy("s3:*")]) == "undecided"


def test_no_level_binds_a_service_linked_role():
    linked = role("AWSServiceRoleForX", policy("s3:*"), Path="/aws-service-role/x.amazonaws.com/")
    assert verdict(linked, [], scps=[[policy("ec2:*")]]) == "not-covered"


def test_a_user_has_what_its_groups_give():
    user = {"UserName": "ann", "UserId": "AIDAANN", "Arn": f"{HOME}:user/ann", "GroupList": ["g"]}
    group = {
        "GroupName": "g",
        "GroupId": "AGPAG",
        "Arn": f"{HOME}:group/g",
        "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": policy("s3:GetObject", resource="arn:aws:s3:::${aws:username}/*")}],
    }
    found = compare(account(users=[user], groups=[group]), {"user/ann": [policy("s3:*", resource="arn:aws:s3:::a*")]})
    assert found.verdicts[f"{HOME}:user/ann"].verdict == "covered"
    beyond = compare(account(users=[user], groups=[group]), {"user/ann": []}).verdicts[f"{HOME}:user/ann"]
    assert (beyond.witness.principal, beyond.witness.resource) == (f"{HOME}:user/ann", "arn:aws:s3:::ann/x")


def test_only_what_changed_is_decided_again():
    roles = [role(f"r{number}", policy("s3:*")) for number in range(5)]
    declared = {f"role/r{number}": [policy("s3:Get*" if number % 2 else "s3:*")] for number in range(5)}
    first = compare(account(*roles), declared)
    assert first.decided == 5
    same = compare(account(*roles), declared, before=first)
    assert (same.decided, same.verdicts) == (0, first.verdicts)
    roles[3] = role("r3", policy("s3:GetObject"))
    third = compare(account(*roles), declared, before=same)
    assert (third.decided, third.verdicts[f"{HOME}:role/r3"].verdict) == (1, "covered")
    assert compare(account(*roles), {**declared, "role/r4": []}, before=third).decided == 1
    assert compare(account(*roles, scps=[[FULL]]), declared, before=third).decided == 5


def test_who_is_declared_has_to_be_there_and_documents_have_to_be_policies():
    with pytest.raises(AuthorError, match="role/other is declared and not in account 111122223333"):
        compare(account(role("ci")), {"role/other": []})
    with pytest.raises(AuthorError, match=r"role/ci\[0\] is no policy document"):
        compare(account(role("ci")), {"role/ci": [{}]})


BUCKET = policy("s3:GetObject", resource="arn:aws:s3:::b/*")
TABLE = policy("dynamodb:GetItem", resource=f"arn:aws:dynamodb:eu-north-1:{HOME[13:25]}:table/t")
SINCE = {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "1970-01-01T00:00:00Z"}}}


def both(*documents):
    return {"Version": "2012-10-17", "Statement": [statement for document in documents for statement in document["Statement"]]}


@pytest.mark.parametrize(
    ("held", "declared", "expected"),
    [
        # what is in both is no difference, whatever it is
        ([BUCKET, TABLE], [TABLE, BUCKET], "covered"),
        ([policy("s3:*", Condition={"Bogus": {"a": "b"}})], [policy("s3:*", Condition={"Bogus": {"a": "b"}})], "covered"),
        ([both(BUCKET, TABLE)], [both(TABLE, BUCKET)], "covered"),
        ([both(BUCKET, TABLE)], [BUCKET, TABLE], "covered"),
        ([both(BUCKET, TABLE)], [both(TABLE, policy("ec2:*"))], "not-covered"),
        # nothing else is held, and more is declared to be denied
        ([BUCKET], [BUCKET, policy("s3:*", effect="Deny")], "not-covered"),
        ([BUCKET], [BUCKET, policy("sqs:*", effect="Deny")], "covered"),
        ([both(BUCKET, TABLE)], [both(BUCKET, TABLE, policy("s3:*", effect="Deny"))], "not-covered"),
        ([BUCKET, TABLE], [TABLE, both(BUCKET, policy("dynamodb:*", effect="Deny"))], "not-covered"),
        ([BUCKET, TABLE], [TABLE, both(BUCKET, policy("sqs:*", effect="Deny"))], "covered"),
        # what differs is declared by a document that does not
        ([policy("s3:*"), BUCKET], [policy("s3:*"), TABLE], "covered"),
        # what differs is denied by a document that does not
        ([policy("s3:*", effect="Deny"), BUCKET], [policy("s3:*", effect="Deny"), TABLE], "covered"),
        # a key that every request has, of which only what does not differ speaks
        ([policy("s3:*", **SINCE), BUCKET], [policy("s3:*", **SINCE), TABLE], "not-covered"),
        ([policy("s3:*", **SINCE), policy("s3:GetObject", **SINCE)], [policy("s3:*", **SINCE), TABLE], "covered"),
        # what is not understood is not the same as what is not there
        ([BUCKET, policy("s3:*", effect="Maybe")], [BUCKET, TABLE], "undecided"),
        ([BUCKET, policy("sqs:*")], [BUCKET, policy("sqs:*"), policy("sqs:*", effect="Maybe")], "undecided"),
    ],
)
def test_statements_that_are_held_and_declared_are_no_difference(held, declared, expected):
    assert verdict(role("ci", *held), declared) == expected


def test_what_the_boundary_or_a_level_leaves_of_a_difference_is_compared():
    limited = role("ci", BUCKET, policy("s3:*", "sqs:*"), PermissionsBoundary={"PermissionsBoundaryArn": f"{HOME}:policy/limit"})
    for limit, expected in ((policy("sqs:SendMessage"), "covered"), (policy("sqs:*"), "not-covered")):
        declared = [BUCKET, policy("sqs:Send*")]
        assert verdict(limited, declared, policies=[managed("limit", limit)]) == expected
        assert verdict(role("ci", BUCKET, policy("s3:*", "sqs:*")), declared, scps=[[FULL], [limit]]) == expected


def test_a_level_that_is_no_policy_decides_nothing():
    assert verdict(role("ci", policy("s3:*")), [policy("s3:Get*")], scps=[[FULL, {"Version": "2012-10-17"}]]) == "undecided"


def test_documents_are_told_by_what_they_say_when_they_are_compared():
    document = policy("s3:Get*")
    first = compare(account(role("ci", policy("s3:*"))), {"role/ci": [document]})
    document["Statement"][0]["Action"] = ["s3:*"]
    second = compare(account(role("ci", policy("s3:*"))), {"role/ci": [document]}, before=first)
    assert [found.verdicts[f"{HOME}:role/ci"].verdict for found in (first, second)] == ["not-covered", "covered"]
    texts = compare(account(role("ci", policy("s3:*"))), {"role/ci": json.dumps(document)}, before=second)
    assert (texts.decided, texts.digests) == (0, second.digests)
