"""An account as it is told, and what is missing in it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from iam_accounts import HOME, OTHER, account, allow, arn, details, document, group, managed, role, service, user

from guardrails.errors import OperatorError
from guardrails.iam import UNKNOWN, Account

READS = allow("s3:GetObject")
LISTS = allow("s3:ListBucket")


def texts(*documents):
    return tuple(json.dumps(each, sort_keys=True) for each in documents)


def test_a_principal_has_what_is_inline_attached_and_of_its_groups():
    ann = user("ann", READS, groups=["g"], attached=[arn("policy/p")])
    found = account(ann, group("g", LISTS), managed("p", [allow("s3:Old")], [allow("s3:New")])).holder("user/ann")

    assert found.identity == texts(document(READS), document(allow("s3:New")), document(LISTS))
    assert found.attached == (arn("policy/p"),)


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (user("a", attached=[arn("policy/p")]), (f"policy {arn('policy/p')}",)),
        (user("a", groups=["g"]), ("group g",)),
    ],
)
def test_what_is_attached_and_missing_is_unknown(entry, missing):
    found = account(entry).holder("user/a")

    assert found.identity == (UNKNOWN,)
    assert found.missing == missing


def test_what_a_group_lacks_is_lacking_to_its_members():
    found = account(user("a", groups=["g"]), group("g", attached=["arn:aws:iam::aws:policy/X"])).holder("user/a")

    assert (found.identity, found.missing) == ((UNKNOWN,), ("policy arn:aws:iam::aws:policy/X",))


def test_a_missing_boundary_is_not_no_boundary():
    found = account(user("a", boundary=arn("policy/b")), user("b"))

    assert found.policies(found.holder("user/a")).boundary is UNKNOWN
    assert found.policies(found.holder("user/b")).boundary is None


def test_a_policy_of_which_no_version_is_in_force_is_unknown():
    policy = managed("p", [READS])
    policy["PolicyVersionList"][0]["IsDefaultVersion"] = False

    assert account(user("a", attached=[arn("policy/p")]), policy).holder("user/a").identity == (UNKNOWN,)


def test_a_role_without_its_trust_policy_has_one_that_was_not_seen():
    entry = role("r", service("ec2"))
    del entry["AssumeRolePolicyDocument"]

    assert account(entry).holder("role/r").trust is UNKNOWN


def test_documents_are_read_as_the_raw_api_writes_them():
    raw = user("a", READS)
    raw["UserPolicyList"][0]["PolicyDocument"] = quote(json.dumps(document(READS)))
    found = Account.read(json.dumps(details(raw))).holder("user/a")

    assert json.loads(found.identity[0]) == document(READS)


def test_no_scp_binds_the_management_account():
    levels = [document(READS)]

    assert account(user("a"), scps=levels, is_management=True).scps is None
    assert account(user("a"), scps=levels).scps == levels


@pytest.mark.parametrize("name", ["user/ann", arn("user/team/ann")])
def test_a_principal_is_found_by_its_name_without_path_and_by_its_arn(name):
    found = account(user("ann", path="/team/"))

    assert found.holder(name).arn == arn("user/team/ann")
    assert found.number == HOME


@pytest.mark.parametrize("name", ["ann", "role/ann", "user/team/ann", arn("user/ann", OTHER)])
def test_who_is_not_there_is_an_error(name):
    with pytest.raises(OperatorError, match=f"has no {name}"):
        account(user("ann", path="/team/")).holder(name)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("{", "is not JSON"),
        ([], "is a list"),
        ({"UserDetailList": []}, "has no list RoleDetailList"),
        ({**details(user("a")), "Policies": {}}, "has no list Policies"),
        ({**details(user("a")), "IsTruncated": True}, "only the first page"),
        (details(), "tells of nobody"),
        (details(user("a"), user("b", account=OTHER)), f"mixes accounts {HOME}, {OTHER}"),
        (details({"UserName": "a"}), r"UserDetailList\[0\]: Arn is None"),
        (details({**user("a"), "Arn": "a"}), r"UserDetailList\[0\]: Arn is 'a'"),
        (details({**user("a"), "UserPolicyList": "x"}), r"UserDetailList\[0\]: UserPolicyList is no list"),
        (details({**user("a"), "AttachedManagedPolicies": [{}]}), r"AttachedManagedPolicies: PolicyArn is None"),
    ],
)
def test_what_is_no_such_answer_is_refused_with_its_place(found, says):
    with pytest.raises(OperatorError, match=says):
        Account.read(found)
