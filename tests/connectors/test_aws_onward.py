"""What somebody can come to: by becoming roles, passing them to services and the known ways to more, and when that is declared."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest
from aws_policies import ACCOUNT, allow, ceiling, deny

from guardrails import declare, workflow
from guardrails.connectors.aws.iam import identities
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.iam.details import boundary_of
from guardrails.model.facts import Account as AwsAccount
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.testing.servers import aws_credentials, moto

HOME = f"arn:aws:iam::{ACCOUNT}"
ROOT = {"AWS": f"{HOME}:root"}
LAMBDA = {"Service": "lambda.amazonaws.com"}
READ = allow("s3:GetObject", "arn:aws:s3:::cdr/*")
ODDLY = {"Condition": {"StringOdd": {"aws:PrincipalTag/team": "x"}}}
MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


def written(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def assume(name="*"):
    return allow("sts:AssumeRole", f"{HOME}:role/{name}" if name != "*" else "*")


def role(name, principal, *own, **more):
    trust = written({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more.pop("when", {})})
    policies = [{"PolicyName": "own", "PolicyDocument": written(*own)}] if own else []
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": f"{HOME}:role/{name}",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": policies,
        **more,
    }


def user(name, *own, **more):
    policies = [{"PolicyName": "own", "PolicyDocument": written(*own)}]
    return {"UserName": name, "UserId": f"AIDA{name.upper()}", "Arn": f"{HOME}:user/{name}", "UserPolicyList": policies, **more}


class Account:
    def __init__(self, *entries, policies=(), groups=()):
        listed = {"UserDetailList": [], "RoleDetailList": [], "GroupDetailList": list(groups), "Policies": list(policies)}
        for entry in entries:
            listed["RoleDetailList" if "RoleName" in entry else "UserDetailList"].append(entry)
        self.facts = list(identities("aws", ACCOUNT, listed))
        self.meaning = AwsMeaning(fold(self.facts, system="aws", connector="aws", taken_at=datetime(2026, 11, 25, tzinfo=UTC)))
        self.refs = {fact.ref.name: fact.ref for fact in self.facts if hasattr(fact, "resource")}

    def onward(self, name, *declared, expected=()):
        """What is found beyond the clauses, after making sure that the own permissions are within them."""
        assert self.meaning.excess(self.refs[name], declared).verdict is Verdict.OK
        found = self.meaning.onward(self.refs[name], lambda _: declared, frozenset(self.refs[one] for one in expected))
        if found.comparison.witness is not None:
            assert self.meaning.replay(self.refs[name], found.comparison.witness), found
        return found


def within(*pairs):
    return tuple(clause for action, resource in pairs for clause in ceiling(action, resource))


ANY_ROLE = within(("sts:AssumeRole", "*"))
OBJECTS = within(("s3:GetObject", "arn:aws:s3:::cdr/*"))


def test_a_chain_of_roles_is_told_step_by_step():
    found = Account(
        user("ann", assume()), role("first", ROOT, assume("second")), role("second", {"AWS": f"{HOME}:role/first"}, READ)
    ).onward("ann", *ANY_ROLE)
    at = f"aws@{ACCOUNT}"
    by_ann = f"({at}:inline-policy/ann/own Statement[0], {at}:role/first/trust Statement[0])"
    by_first = f"({at}:inline-policy/first/own Statement[0], {at}:role/second/trust Statement[0])"
    assert [str(step) for step in found.path] == [
        f"{at}:user/ann comes to {at}:role/first by sts:AssumeRole {by_ann}",
        f"{at}:role/first comes to {at}:role/second by sts:AssumeRole {by_first}",
    ]
    assert found.comparison.verdict is Verdict.VIOLATION
    assert found.comparison.reason == "it may s3:GetObject on arn:aws:s3:::cdr/x"
    witness = found.comparison.witness
    assert (witness.principal, witness.action, witness.resource) == (f"{HOME}:user/ann", "sts:AssumeRole", f"{HOME}:role/first")


def test_who_holds_nothing_beyond_the_ceiling_is_no_finding():
    people = Account(user("ann", assume()), role("reader", ROOT, READ))
    assert people.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.VIOLATION
    assert people.onward("ann", *ANY_ROLE, *OBJECTS).comparison.verdict is Verdict.OK


def test_a_role_that_the_ceiling_names_is_meant_to_be_become():
    people = Account(user("ann", assume("reader")), role("reader", ROOT, READ), role("writer", ROOT, allow("s3:*")))
    named = within(("sts:AssumeRole", f"{HOME}:role/reader"))
    assert people.onward("ann", *named).comparison.verdict is Verdict.OK
    assert people.onward("ann", *within(("sts:Assume*", "arn:aws:iam::*:role/read*"))).comparison.verdict is Verdict.OK
    # all roles are no role that somebody named
    assert people.onward("ann", *within(("sts:*", f"{HOME}:role/*"))).comparison.verdict is Verdict.VIOLATION
    # another one of the ceiling says nothing of this one
    assert people.onward("ann", *ANY_ROLE, *within(("sts:AssumeRole", f"{HOME}:role/writer"))).comparison.verdict is Verdict.VIOLATION


def test_a_role_that_is_declared_to_be_become_is_expected():
    people = Account(role("ann", LAMBDA), role("reader", {"AWS": f"{HOME}:role/ann"}, READ))
    # the trust policy names it, so that it needs no policy of its own
    assert people.onward("ann").comparison.verdict is Verdict.VIOLATION
    assert people.onward("ann", expected=["reader"]).comparison.verdict is Verdict.OK


def test_what_is_not_trusted_or_denied_leads_nowhere():
    assert Account(user("ann", assume()), role("r", LAMBDA, READ)).onward("ann", *ANY_ROLE).comparison.verdict is Verdict.OK
    stopped = Account(user("ann", assume(), deny("sts:AssumeRole", f"{HOME}:role/r")), role("r", ROOT, READ))
    assert stopped.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.OK


def test_a_condition_that_can_be_met_is_told_with_the_witness():
    found = Account(user("ann", assume()), role("r", ROOT, READ, when=MFA)).onward("ann", *ANY_ROLE)
    assert found.comparison.witness.context == (("aws:multifactorauthpresent", "true"),)


def test_a_condition_that_is_not_understood_is_undecided_where_more_is_behind_it():
    found = Account(user("ann", assume()), role("r", ROOT, READ, when=ODDLY)).onward("ann", *ANY_ROLE)
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert f"sts:AssumeRole on {HOME}:role/r" in found.comparison.reason
    assert (
        Account(user("ann", assume()), role("r", ROOT, READ, when=ODDLY)).onward("ann", *ANY_ROLE, *OBJECTS).comparison.verdict
        is Verdict.OK
    )


def test_a_doubtful_step_to_what_is_doubtful_is_undecided():
    people = Account(user("ann", assume()), role("r", ROOT, allow("s3:GetObject", "arn:aws:s3:::cdr/*", **ODDLY), when=ODDLY))
    assert people.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.UNDECIDED
    assert people.onward("ann", *ANY_ROLE, *OBJECTS).comparison.verdict is Verdict.OK


def test_who_perhaps_writes_its_own_policies_perhaps_comes_to_anything():
    people = Account(user("ann", allow("iam:PutUserPolicy", **ODDLY)))
    found = people.onward("ann", *within(("iam:PutUserPolicy", "*")))
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert f"iam:PutUserPolicy on {HOME}:user/ann" in found.comparison.reason
    assert people.onward("ann", *within(("*", "*"))).comparison.verdict is Verdict.OK


def test_what_lies_behind_a_doubtful_step_is_doubtful_too():
    people = Account(user("ann", assume()), role("r", ROOT, assume("s"), when=ODDLY), role("s", {"AWS": f"{HOME}:role/r"}, READ))
    assert people.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.UNDECIDED
    assert people.onward("ann", *ANY_ROLE, *OBJECTS).comparison.verdict is Verdict.OK


def test_what_is_come_to_for_certain_is_told_whatever_else_is_doubtful():
    people = Account(user("ann", assume(), allow("iam:PutUserPolicy", **ODDLY)), role("r", ROOT, READ))
    found = people.onward("ann", *ANY_ROLE, *within(("iam:PutUserPolicy", "*")))
    assert found.comparison.verdict is Verdict.VIOLATION
    assert [step.target for step in found.path] == [f"aws@{ACCOUNT}:role/r"]


def test_what_a_boundary_leaves_under_a_condition_that_is_not_understood_is_undecided():
    policy, limit = limited(allow("iam:PutUserPolicy"), READ | ODDLY)
    people = Account(user("ann", allow("iam:PutUserPolicy"), **limit), policies=[policy])
    may = within(("iam:PutUserPolicy", "*"))
    assert people.onward("ann", *may).comparison.verdict is Verdict.UNDECIDED
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK


def test_a_role_that_everybody_may_become_is_told_of_who_may_ask_for_it_alone():
    for principal in ("*", {"AWS": "*"}):
        people = Account(user("ann", assume()), user("bob", READ), role("r", principal, allow("s3:*")))
        assert people.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.VIOLATION
        assert people.onward("bob", *OBJECTS).comparison.verdict is Verdict.OK


def test_a_trust_policy_that_names_nobody_for_sure_may_name_anybody():
    entry = role("r", ROOT, READ)
    entry["AssumeRolePolicyDocument"]["Statement"][0]["NotPrincipal"] = entry["AssumeRolePolicyDocument"]["Statement"][0].pop("Principal")
    assert Account(user("ann", assume()), entry).onward("ann", *ANY_ROLE).comparison.verdict is Verdict.OK
    entry["AssumeRolePolicyDocument"]["Statement"][0]["NotPrincipal"] = LAMBDA
    assert Account(user("ann", assume()), entry).onward("ann", *ANY_ROLE).comparison.verdict is not Verdict.OK
    entry["AssumeRolePolicyDocument"] = ["nothing"]
    assert Account(user("ann", assume()), entry).onward("ann", *ANY_ROLE).comparison.verdict is Verdict.UNDECIDED


def test_a_role_that_somebody_was_deleted_from_is_nobodys():
    people = Account(user("ann", assume()), role("r", {"AWS": "AIDAABCDEFGHIJKLMNOPQ"}, READ))
    assert people.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.OK


DEPLOY = (allow("iam:PassRole"), allow(["lambda:CreateFunction", "lambda:InvokeFunction"]))
MAY_DEPLOY = within(("iam:PassRole", "*"), ("lambda:*", "*"))


def test_a_role_that_is_passed_to_a_service_is_become():
    people = Account(user("ann", *DEPLOY), role("jobs", LAMBDA, READ), role("nodes", {"Service": "ec2.amazonaws.com"}, allow("*")))
    found = people.onward("ann", *MAY_DEPLOY)
    assert [step.how for step in found.path] == ["iam:PassRole with lambda:CreateFunction, lambda:InvokeFunction"]
    assert (found.comparison.witness.action, found.comparison.witness.resource) == ("iam:PassRole", f"{HOME}:role/jobs")
    assert people.onward("ann", *MAY_DEPLOY, *OBJECTS).comparison.verdict is Verdict.OK
    assert people.onward("ann", *MAY_DEPLOY, *within(("iam:PassRole", f"{HOME}:role/jobs"))).comparison.verdict is Verdict.OK


UPDATE = allow("lambda:UpdateFunctionCode")
MAY_UPDATE = within(("lambda:*", "*"))


def test_what_takes_something_that_nobody_has_seen_is_undecided():
    people = Account(user("ann", UPDATE), role("jobs", LAMBDA, READ))
    found = people.onward("ann", *MAY_UPDATE)
    says = "it may s3:GetObject on arn:aws:s3:::cdr/x; this takes a function that runs as the role, and whether there is one was not read"
    assert (found.comparison.verdict, found.comparison.reason) == (Verdict.UNDECIDED, says)
    assert [(step.how, step.target) for step in found.path] == [("lambda:UpdateFunctionCode", f"aws@{ACCOUNT}:role/jobs")]
    assert found.path[0].by == (f"aws@{ACCOUNT}:inline-policy/ann/own Statement[0]",)
    assert people.onward("ann", *MAY_UPDATE, *OBJECTS).comparison.verdict is Verdict.OK
    # somebody means the role to be run by whoever may change what runs as it
    assert people.onward("ann", *MAY_UPDATE, *within(("iam:PassRole", f"{HOME}:role/jobs"))).comparison.verdict is Verdict.OK
    assert people.onward("ann", *MAY_UPDATE, expected=["jobs"]).comparison.verdict is Verdict.OK


@pytest.mark.parametrize(
    "own",
    [deny("lambda:*"), allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:x"), allow("lambda:GetFunction")],
)
def test_what_is_not_allowed_supposes_nothing(own):
    people = Account(user("ann", own, *([UPDATE] if own["Effect"] == "Deny" else [])), role("jobs", LAMBDA, READ))
    assert people.onward("ann", *MAY_UPDATE).comparison.verdict is Verdict.OK


def test_what_is_come_to_for_sure_is_told_before_what_supposes_something():
    people = Account(user("ann", UPDATE, assume()), role("jobs", LAMBDA, READ), role("reader", ROOT, READ))
    found = people.onward("ann", *MAY_UPDATE, *ANY_ROLE)
    assert found.comparison.verdict is Verdict.VIOLATION
    assert [step.target for step in found.path] == [f"aws@{ACCOUNT}:role/reader"]


def test_what_cannot_be_told_is_told_before_what_supposes_something():
    people = Account(user("ann", UPDATE, assume()), role("jobs", LAMBDA, READ), role("reader", ROOT, READ, when=ODDLY))
    found = people.onward("ann", *MAY_UPDATE, *ANY_ROLE)
    assert (found.comparison.verdict, found.path) == (Verdict.UNDECIDED, ())
    assert found.comparison.reason.startswith("it cannot be told whether")


def test_what_lies_behind_what_supposes_something_is_never_sure():
    people = Account(user("ann", UPDATE), role("jobs", LAMBDA, assume()), role("reader", {"AWS": f"{HOME}:role/jobs"}, READ))
    found = people.onward("ann", *MAY_UPDATE, *ANY_ROLE)
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert [step.target for step in found.path] == [f"aws@{ACCOUNT}:role/jobs", f"aws@{ACCOUNT}:role/reader"]
    assert "this takes a function that runs as the role" in found.comparison.reason


def test_what_supposes_something_counts_behind_a_role_that_is_become():
    people = Account(user("ann", assume("deploy")), role("deploy", ROOT, UPDATE), role("jobs", LAMBDA, READ))
    found = people.onward("ann", *ANY_ROLE, *MAY_UPDATE)
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert [step.target for step in found.path] == [f"aws@{ACCOUNT}:role/deploy", f"aws@{ACCOUNT}:role/jobs"]


def test_a_doubt_beside_a_supposition_tells_the_doubt():
    people = Account(user("ann", UPDATE | ODDLY), role("jobs", LAMBDA, READ))
    found = people.onward("ann", *MAY_UPDATE)
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert found.comparison.reason.startswith(f"it cannot be told whether {HOME}:user/ann may lambda:UpdateFunctionCode")


def test_what_supposes_something_leads_to_what_is_not_understood():
    people = Account(user("ann", UPDATE), role("jobs", LAMBDA, READ | ODDLY))
    found = people.onward("ann", *MAY_UPDATE)
    assert found.comparison.verdict is Verdict.UNDECIDED
    assert f"whether {HOME}:role/jobs may do more cannot be told" in found.comparison.reason
    assert "this takes a function" in found.comparison.reason


def test_one_thing_that_is_supposed_is_told_of_many():
    people = Account(user("ann", UPDATE), *(role(f"jobs{number}", LAMBDA, READ) for number in range(70)))
    found = people.onward("ann", *MAY_UPDATE)
    assert len(found.path) == 1
    idle = Account(user("ann", UPDATE), *(role(f"jobs{number}", LAMBDA) for number in range(70)))
    assert idle.onward("ann", *MAY_UPDATE).comparison.reason == "there are more ways, or longer ones, than are looked at"
    few = Account(user("ann", UPDATE, assume()), *(role(f"a{n}", ROOT) for n in range(40)), *(role(f"b{n}", LAMBDA) for n in range(40)))
    assert few.onward("ann", *MAY_UPDATE, *ANY_ROLE).comparison.verdict is Verdict.OK


def test_an_instance_profile_is_needed_to_pass_a_role_to_an_instance():
    own = (allow("iam:PassRole"), allow("ec2:RunInstances"))
    may, nodes = within(("iam:PassRole", "*"), ("ec2:*", "*")), {"Service": "ec2.amazonaws.com"}
    profile = {"InstanceProfileList": [{"InstanceProfileId": "AIPA1", "InstanceProfileName": "p", "Arn": f"{HOME}:instance-profile/p"}]}
    assert Account(user("ann", *own), role("nodes", nodes, READ)).onward("ann", *may).comparison.verdict is Verdict.OK
    assert Account(user("ann", *own), role("nodes", nodes, READ, **profile)).onward("ann", *may).comparison.verdict is Verdict.VIOLATION


@pytest.mark.parametrize(
    ("action", "verdict"),
    [("iam:PutUserPolicy", Verdict.VIOLATION), ("iam:AttachUserPolicy", Verdict.VIOLATION), ("iam:GetUserPolicy", Verdict.OK)],
)
def test_who_writes_its_own_policies_comes_to_anything(action, verdict):
    found = Account(user("ann", allow(action, f"{HOME}:user/*"))).onward("ann", *within(("iam:*", "*")))
    assert found.comparison.verdict is verdict
    # all of it is declared
    assert Account(user("ann", allow(action))).onward("ann", *within(("*", "*"))).comparison.verdict is Verdict.OK


LIMIT = {"PolicyName": "limit", "PolicyId": "ANPA1", "Arn": f"{HOME}:policy/limit", "DefaultVersionId": "v1"}


def limited(*statements):
    versions = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": written(*statements)}]
    limit = {"PermissionsBoundary": {"PermissionsBoundaryArn": LIMIT["Arn"], "PermissionsBoundaryType": "Policy"}}
    assert boundary_of(limit) == LIMIT["Arn"]
    return LIMIT | {"PolicyVersionList": versions}, limit


def test_a_boundary_limits_what_somebody_can_give_themselves():
    policy, limit = limited(allow("iam:PutUserPolicy"), READ)
    people = Account(user("ann", allow("iam:PutUserPolicy"), **limit), policies=[policy])
    may = within(("iam:PutUserPolicy", "*"))
    assert people.onward("ann", *may).comparison.verdict is Verdict.VIOLATION
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK


def test_who_takes_off_its_boundary_comes_to_what_it_hid():
    policy, limit = limited(allow("iam:DeleteUserPermissionsBoundary"))
    people = Account(user("ann", allow("iam:DeleteUserPermissionsBoundary"), READ, **limit), policies=[policy])
    may = within(("iam:DeleteUserPermissionsBoundary", "*"))
    assert people.onward("ann", *may).comparison.verdict is Verdict.VIOLATION
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK


def test_a_group_that_somebody_can_join_counts():
    group = {"GroupName": "g", "GroupId": "AGPA1", "Arn": f"{HOME}:group/g"}
    group |= {"GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": written(READ)}]}
    people = Account(user("ann", allow("iam:AddUserToGroup")), groups=[group])
    may = within(("iam:AddUserToGroup", "*"))
    assert people.onward("ann", *may).path[0].target == f"aws@{ACCOUNT}:group/g"
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK


def test_what_can_be_attached_may_be_one_policy_alone():
    policy, _ = limited(READ)
    only = {"Condition": {"ArnEquals": {"iam:PolicyARN": policy["Arn"]}}}
    people = Account(user("ann", allow("iam:AttachUserPolicy", **only)), policies=[policy])
    may = within(("iam:AttachUserPolicy", "*"))
    assert people.onward("ann", *may).path[0].target == policy["Arn"]
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK
    unread = Account(user("ann", allow("iam:AttachUserPolicy", **only))).onward("ann", *may, *OBJECTS)
    assert (unread.comparison.verdict, policy["Arn"] in unread.comparison.reason) == (Verdict.UNDECIDED, True)


def test_another_user_whose_keys_can_be_made_counts():
    people = Account(user("ann", allow("iam:CreateAccessKey")), user("bob", READ))
    may = within(("iam:CreateAccessKey", "*"))
    assert people.onward("ann", *may).path[0].target == f"aws@{ACCOUNT}:user/bob"
    assert people.onward("ann", *may, *OBJECTS).comparison.verdict is Verdict.OK


def test_ways_that_are_too_many_or_too_long_are_undecided():
    many = Account(user("ann", assume()), *(role(f"r{number}", ROOT) for number in range(70)))
    assert many.onward("ann", *ANY_ROLE).comparison.verdict is Verdict.UNDECIDED
    chain = [role(f"r{n}", {"AWS": f"{HOME}:user/ann" if n == 0 else f"{HOME}:role/r{n - 1}"}) for n in range(5)]
    assert Account(user("ann", READ), *chain).onward("ann", *OBJECTS).comparison.verdict is Verdict.UNDECIDED
    assert Account(user("ann", READ), *chain[:4]).onward("ann", *OBJECTS).comparison.verdict is Verdict.UNDECIDED
    assert Account(user("ann", READ), *chain[:3]).onward("ann", *OBJECTS).comparison.verdict is Verdict.OK


DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}}}
teams: {data: {}}
entitlements:
  deploy: {aws: {allow: ["iam:PassRole", "lambda:*"], resources: ["*"]}}
  read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
workloads:
  ci: {is: ["aws:role/ci"], assumed-by: ["aws:service/codebuild.amazonaws.com"], may: [deploy%s], owner: "team:data"}
  etl: {is: ["aws:role/etl"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read], owner: "team:data"}
"""


def assessed(declared, *entries):
    """What is found of role ci in an account that was read already."""
    at = datetime(2026, 11, 25, tzinfo=UTC)
    home = Ref(system="aws", realm=ACCOUNT, kind="account", id=ACCOUNT, name=ACCOUNT)
    seen = fold([AwsAccount(ref=home), *Account(*entries).facts], system="aws", connector="aws", taken_at=at)
    found = workflow.assess(declare.loads([("f.yaml", (declared % ("https://aws.example", "")).encode())]), [seen], at).findings
    return [(one.control, one.difference) for one in found if one.difference.subject.endswith("role/ci")]


def test_what_cannot_be_told_is_no_statement():
    jobs = [role(f"job{number}", LAMBDA) for number in range(70)]
    ((control, found),) = assessed(DECLARED, role("ci", {"Service": "codebuild.amazonaws.com"}, *DEPLOY), *jobs)
    says = f"aws@{ACCOUNT}:role/ci may come to more than workload ci declares: there are more ways, or longer ones, than are looked at"
    assert (control, found.verdict, found.message) == ("GR107", Verdict.UNDECIDED, says)


def test_what_supposes_something_is_no_statement_either():
    declared = DECLARED.replace('"iam:PassRole", "lambda:*"', '"lambda:*"')
    ((control, found),) = assessed(declared, role("ci", {"Service": "codebuild.amazonaws.com"}, UPDATE), role("etl", LAMBDA, READ))
    assert (control, found.verdict, found.witness) == ("GR107", Verdict.UNDECIDED, None)
    assert found.message == (
        f"aws@{ACCOUNT}:role/ci may come to more than workload ci declares; aws@{ACCOUNT}:role/ci comes to aws@{ACCOUNT}:role/etl by "
        f"lambda:UpdateFunctionCode (aws@{ACCOUNT}:inline-policy/ci/own Statement[0]): it may s3:GetObject on arn:aws:s3:::cdr/x; this takes "
        "a function that runs as the role, and whether there is one was not read"
    )


def test_who_holds_too_much_already_is_told_of_that_alone():
    more = role("ci", {"Service": "codebuild.amazonaws.com"}, *DEPLOY, allow("ec2:*"))
    assert [control for control, _ in assessed(DECLARED, more, role("etl", LAMBDA, READ))] == ["GR101"]


def test_of_doubtful_access_what_is_certain_beyond_it_is_told():
    doubtful = {"Effect": "Allowed", "Action": "ec2:*", "Resource": "*"}
    found = assessed(DECLARED, role("ci", {"Service": "codebuild.amazonaws.com"}, *DEPLOY, doubtful), role("etl", LAMBDA, READ))
    assert sorted((control, one.verdict.value) for control, one in found) == [("GR101", "undecided"), ("GR107", "violation")]
    found = assessed(DECLARED, role("ci", {"Service": "codebuild.amazonaws.com"}, *DEPLOY, doubtful))
    assert [(control, one.verdict) for control, one in found] == [("GR101", Verdict.UNDECIDED)]


@pytest.mark.server
@pytest.mark.parametrize(("more", "controls"), [("", ["GR107"]), (", read", [])])
def test_a_live_account_is_judged(more, controls):
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        for entry in (role("ci", {"Service": "codebuild.amazonaws.com"}, *DEPLOY), role("etl", LAMBDA, READ)):
            iam.create_role(RoleName=entry["RoleName"], AssumeRolePolicyDocument=json.dumps(entry["AssumeRolePolicyDocument"]))
            (own,) = entry["RolePolicyList"]
            iam.put_role_policy(RoleName=entry["RoleName"], PolicyName="own", PolicyDocument=json.dumps(own["PolicyDocument"]))
        now = datetime.now(UTC)
        declared = declare.loads([("f.yaml", (DECLARED % (url, more)).encode())])
        found = workflow.assess(declared, workflow.observe(declared, now), now).findings
    assert [one.control for one in found if one.difference.subject.endswith("role/ci")] == controls
    for one in found:
        at = "aws@123456789012"
        if one.control == "GR107":
            assert one.difference.message == (
                f"{at}:role/ci can come to more than workload ci declares; {at}:role/ci comes to {at}:role/etl by iam:PassRole with "
                f"lambda:CreateFunction, lambda:InvokeFunction ({at}:inline-policy/ci/own Statement[0], {at}:inline-policy/ci/own "
                "Statement[1]): it may s3:GetObject on arn:aws:s3:::cdr/x"
            )
            assert one.difference.witness.action == "iam:PassRole"


SWITCH = allow("iam:SetDefaultPolicyVersion", f"{HOME}:policy/p")


def versions(*older, now=(SWITCH,), name="p"):
    listed = [
        {"VersionId": f"v{number}", "IsDefaultVersion": False, "Document": written(*one)} for number, one in enumerate(older, start=1)
    ]
    listed.append({"VersionId": f"v{len(older) + 1}", "IsDefaultVersion": True, "Document": written(*now)})
    return {"PolicyName": name, "Arn": f"{HOME}:policy/{name}", "PolicyVersionList": listed}


HAS = {"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": f"{HOME}:policy/p"}]}
MAY_SWITCH = within(("iam:SetDefaultPolicyVersion", f"{HOME}:policy/p"))


def switched(*older, declared=MAY_SWITCH, own=(), now=(SWITCH,)):
    return Account(user("ann", *own, **HAS), policies=[versions(*older, now=now)]).onward("ann", *declared)


def test_an_older_version_that_allows_more_is_come_to_and_told():
    found = switched((READ,), (allow("s3:GetObject", "arn:aws:s3:::cdr/*"), SWITCH))
    assert found.comparison.verdict is Verdict.VIOLATION
    (step,) = found.path
    assert (step.how, step.target) == ("iam:SetDefaultPolicyVersion", f"{HOME}:policy/p v1")
    assert found.comparison.witness.action == "iam:SetDefaultPolicyVersion"


@pytest.mark.parametrize(
    ("older", "declared", "own", "verdict"),
    [
        ((), MAY_SWITCH, (), Verdict.OK),
        (((SWITCH,),), MAY_SWITCH, (), Verdict.OK),  # it gives no more
        (((deny("*"),),), MAY_SWITCH, (), Verdict.OK),
        (((READ,),), (*MAY_SWITCH, *OBJECTS), (), Verdict.OK),  # or what is declared
        (((READ,),), MAY_SWITCH, (deny("s3:*"),), Verdict.OK),  # what another policy denies stays denied
        (((allow("s3:GetObject", "arn:aws:s3:::cdr/*", **ODDLY),),), MAY_SWITCH, (), Verdict.UNDECIDED),
        (((READ,), (allow("sqs:*"),)), (*MAY_SWITCH, *OBJECTS), (), Verdict.VIOLATION),  # each of them is looked at
    ],
)
def test_of_an_older_version_it_counts_what_is_held_with_it(older, declared, own, verdict):
    assert switched(*older, declared=declared, own=own).comparison.verdict is verdict


def test_a_deny_that_an_older_version_lacks_is_gone_with_it():
    now = (SWITCH, deny("s3:*"))
    assert switched((SWITCH,), own=(READ,), now=now).comparison.verdict is Verdict.VIOLATION


def test_who_may_not_switch_comes_to_no_version():
    people = Account(user("ann", READ, **HAS), policies=[versions((allow("*"),), now=(READ,))])
    assert people.onward("ann", *OBJECTS).comparison.verdict is Verdict.OK


def test_versions_of_the_providers_own_policies_are_nobodys_to_switch():
    theirs = versions((allow("*"),), now=(SWITCH,)) | {"Arn": "arn:aws:iam::aws:policy/p"}
    has = {"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/p"}]}
    people = Account(user("ann", **has), policies=[theirs])
    assert people.onward("ann", *MAY_SWITCH).comparison.verdict is Verdict.OK
    assert not [fact for fact in people.facts if getattr(getattr(fact, "ref", None), "kind", "") == "policy-version"]


def test_a_version_whose_document_is_not_there_is_told():
    policy = versions((READ,))
    del policy["PolicyVersionList"][0]["Document"]
    (gap,) = [fact for fact in Account(user("ann", **HAS), policies=[policy]).facts if hasattr(fact, "reason")]
    assert "version v1 was not in the answer" in gap.message


@pytest.mark.server
def test_versions_are_read_from_a_server():
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        arn = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(written(READ)))["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(written(SWITCH)), SetAsDefault=True)
        iam.create_user(UserName="ann")
        iam.attach_user_policy(UserName="ann", PolicyArn=arn)
        found = iam.get_account_authorization_details()
    facts = list(identities("aws", ACCOUNT, found))
    meant = AwsMeaning(fold(facts, system="aws", connector="aws", taken_at=datetime(2026, 11, 25, tzinfo=UTC)))
    ann = next(fact.ref for fact in facts if hasattr(fact, "resource"))
    onward = meant.onward(ann, lambda _: MAY_SWITCH, frozenset())
    assert [step.target for step in onward.path] == [f"{arn} v1"]
