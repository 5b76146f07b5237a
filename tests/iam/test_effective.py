"""What a principal is able to do in the end: chains of roles and ways of escalation, each trap by its name."""

from __future__ import annotations

import pytest
from iam_accounts import (
    HOME,
    OTHER,
    account,
    allow,
    arn,
    deny,
    document,
    group,
    managed,
    role,
    service,
    trusting,
    unique,
    user,
)

from guardrails import iam
from guardrails.iam import UNKNOWN, effective, evaluate
from guardrails.iam.permissions import ANYTHING

ASSUME = allow("sts:AssumeRole")
ANN = {"AWS": arn("user/ann")}


def of(*entries, who="user/ann", among=(), **more):
    return effective(account(*entries, **more), who, among=among)


def becomes(*entries, **more):
    return [reached.principal.rpartition("/")[2] for reached in of(*entries, **more).becomes]


def ways(*entries, **more):
    return [(each.way.name, each.leads_to.rpartition("/")[2]) for each in of(*entries, **more).escalations]


def gains(*entries, **more):
    return {leads_to for _, leads_to in ways(*entries, **more)}


class TestOneRequest:
    def test_the_identity_of_a_user_is_what_its_groups_give_too(self):
        found = of(user("ann", groups=["g"]), group("g", allow("s3:GetObject")))

        assert found.evaluate("s3:GetObject", "arn:aws:s3:::b/k").allowed is True
        assert found.evaluate("s3:PutObject", "arn:aws:s3:::b/k").allowed is False

    def test_a_missing_body_is_unknown_and_a_deny_still_denies(self):
        found = of(user("ann", deny("s3:*"), attached=[arn("policy/p")]))

        assert found.evaluate("ec2:RunInstances", "*").allowed is None
        assert found.evaluate("s3:GetObject", "arn:aws:s3:::b/k").allowed is False
        assert found.unknown[0] == f"{arn('user/ann')}: policy {arn('policy/p')} was not in the answer"

    def test_a_bucket_gives_its_objects_by_its_own_policy(self):
        policy = document({**allow("s3:GetObject", on="arn:aws:s3:::b/*"), "Principal": ANN})
        found = of(user("ann"), resources={"arn:aws:s3:::b": policy})

        assert found.evaluate("s3:GetObject", "arn:aws:s3:::b/k").allowed is True
        assert found.evaluate("s3:GetObject", "arn:aws:s3:::bb/k").allowed is False

    @pytest.mark.parametrize(("named", "allowed"), [(HOME, True), (OTHER, False)])
    def test_a_key_is_used_only_by_whom_its_policy_lets(self, named, allowed):
        key = f"arn:aws:kms:eu-west-1:{HOME}:key/k"
        policy = document({**allow("kms:*"), "Principal": {"AWS": named}})

        assert of(user("ann", allow("kms:Decrypt")), resources={key: policy}).evaluate("kms:Decrypt", key).allowed is allowed

    def test_a_grant_of_a_key_needs_no_policy_of_an_identity(self):
        key = f"arn:aws:kms:eu-north-1:{HOME}:key/k"
        grant = {"GranteePrincipal": arn("user/ann"), "Operations": ["Decrypt"]}
        policy = document({**allow("kms:*"), "Principal": {"AWS": arn("user/bob")}})
        found = of(user("ann"), resources={key: policy}, grants={key: [grant]})
        assert found.evaluate("kms:Decrypt", key).allowed is True
        assert found.evaluate("kms:Encrypt", key).allowed is False
        assert of(user("ann"), resources={key: policy}).evaluate("kms:Decrypt", key).allowed is False

    def test_a_key_whose_policy_was_not_given_is_unknown(self):
        assert of(user("ann", allow("kms:Decrypt"))).evaluate("kms:Decrypt", f"arn:aws:kms:eu-west-1:{HOME}:key/k").allowed is None

    def test_a_foreign_resource_has_a_policy_that_was_not_seen(self):
        queue = f"arn:aws:sqs:eu-west-1:{OTHER}:jobs"

        assert of(user("ann", allow("sqs:*"))).evaluate("sqs:SendMessage", queue).allowed is None
        assert of(user("ann")).evaluate("sqs:SendMessage", queue).allowed is False

    @pytest.mark.parametrize(("trust", "allowed"), [(trusting({"AWS": HOME}), True), (service("ec2"), False)])
    def test_a_role_is_assumed_only_by_whom_its_trust_policy_lets(self, trust, allowed):
        assert of(user("ann", ASSUME), role("r", trust)).evaluate("sts:AssumeRole", arn("role/r")).allowed is allowed

    def test_the_tags_and_the_name_of_a_user_are_in_its_context(self):
        found = of(user("ann", allow("s3:GetObject", on="arn:aws:s3:::${aws:username}/${aws:PrincipalTag/team}"), tags={"Team": "data"}))

        assert found.evaluate("s3:GetObject", "arn:aws:s3:::ann/data").allowed is True
        assert found.evaluate("s3:GetObject", "arn:aws:s3:::ann/data", {"aws:PrincipalTag/Team": "x"}).allowed is False

    def test_its_policies_are_those_that_evaluate_takes(self):
        found = of(user("ann", allow("s3:*"), boundary=arn("policy/b")), scps=[document(allow("*"))])

        assert found.policies.boundary is UNKNOWN
        assert len(found.policies.scps) == 1
        assert found.principal == arn("user/ann")


class TestBecoming:
    @pytest.mark.parametrize(
        ("statements", "trust", "found"),
        [
            ([ASSUME], trusting({"AWS": HOME}), ["r"]),
            ([ASSUME], trusting({"AWS": arn("root")}), ["r"]),
            ([], trusting({"AWS": HOME}), []),  # the account delegates, and its own policies must allow
            ([], trusting(ANN), ["r"]),  # the very user is named: that is enough in the same account
            ([deny("sts:*")], trusting(ANN), []),
            ([ASSUME], trusting({"AWS": OTHER}), []),
            ([ASSUME], service("ec2"), []),
            ([ASSUME], [trusting({"AWS": HOME}), trusting(ANN, effect="Deny")], []),
            ([ASSUME], [trusting({"AWS": HOME}), trusting({"AWS": arn("user/bob")}, effect="Deny")], ["r"]),
            ([allow("sts:AssumeRole", on=arn("role/other"))], trusting({"AWS": HOME}), []),
            ([allow("sts:AssumeRoleWithSAML")], trusting({"AWS": HOME}, "sts:AssumeRoleWithSAML"), []),  # nobody with credentials calls it
            ([allow("sts:AssumeRoleWithWebIdentity")], trusting(ANN, "sts:AssumeRoleWithWebIdentity"), []),
            ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], trusting({"AWS": HOME}), ["r"]),
        ],
    )
    def test_a_step_takes_both_sides(self, statements, trust, found):
        assert becomes(user("ann", *statements), role("r", trust)) == found

    @pytest.mark.parametrize(
        ("mine", "theirs", "found"),
        [
            ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, ["r"]),
            ({"StringEquals": {"aws:x": "1"}}, {"StringNotEquals": {"aws:x": "1"}}, []),
            ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}, ["r"]),
            ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"IpAddress": {"aws:SourceIp": "11.0.0.0/8"}}, []),
            ({}, {"StringEquals": {"aws:username": "ann"}}, ["r"]),
            ({}, {"StringEquals": {"aws:username": "bob"}}, []),
            ({}, {"StringEquals": {"aws:PrincipalTag/team": "data"}}, ["r"]),
            ({}, {"StringEquals": {"aws:PrincipalTag/team": "web"}}, []),
            ({}, {"StringEquals": {"aws:PrincipalTag/none": "x"}}, []),
            ({"StringEquals": {"aws:ResourceTag/for": "${aws:PrincipalTag/team}"}}, {}, ["r"]),
            ({"StringEquals": {"iam:ResourceTag/for": "web"}}, {}, []),
            ({}, {"StringEquals": {"sts:ExternalId": "secret"}}, ["r"]),
            ({}, {"ArnEquals": {"aws:PrincipalArn": arn("user/ann")}}, ["r"]),
            ({}, {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, []),
        ],
    )
    def test_one_context_must_meet_both_sides(self, mine, theirs, found):
        entries = [user("ann", allow("sts:AssumeRole", **mine), tags={"team": "data"})]

        assert becomes(*entries, role("r", trusting({"AWS": HOME}, **theirs), tags={"for": "data"})) == found

    def test_the_context_that_a_step_needs_is_told_alone(self):
        trust = trusting({"AWS": HOME}, StringEquals={"sts:ExternalId": "secret"})
        (reached,) = of(user("ann", ASSUME), role("r", trust)).becomes

        assert reached.chain[0].allowed[0].needs == (("sts:externalid", "secret"),)

    def test_each_step_has_a_context_of_its_own(self):
        one = role("one", trusting({"AWS": HOME}, IpAddress={"aws:SourceIp": "10.0.0.0/8"}), ASSUME)
        two = role("two", trusting({"AWS": arn("role/one")}, IpAddress={"aws:SourceIp": "11.0.0.0/8"}))
        (_, second) = of(user("ann", ASSUME), one, two).becomes

        assert [step.target for step in second.chain] == [arn("role/one"), arn("role/two")]
        assert str(second.chain[1]).startswith(f"{arn('role/one')} -> {arn('role/two')} by sts:AssumeRole (identity[0] Statement[0]")

    def test_chains_may_turn_in_a_circle_and_the_shortest_is_told(self):
        both = trusting({"AWS": [arn("role/a"), arn("role/b"), arn("user/ann")]})
        found = of(user("ann"), role("a", both, ASSUME), role("b", both, ASSUME)).becomes

        assert [(each.principal, len(each.chain)) for each in found] == [(arn("role/a"), 1), (arn("role/b"), 1)]

    @pytest.mark.parametrize(("boundary", "found"), [([allow("s3:*")], []), ([allow("sts:*")], ["r"])])
    def test_a_boundary_binds_what_a_trust_policy_gives_to_a_role_and_not_to_a_user(self, boundary, found):
        limit = managed("b", boundary)
        trust = trusting({"AWS": [arn("user/ann"), arn("role/job")]})
        entries = (user("ann", boundary=arn("policy/b")), role("job", service("ec2"), boundary=arn("policy/b")), role("r", trust), limit)

        assert becomes(*entries, who="role/job") == found
        assert becomes(*entries) == ["r"]

    @pytest.mark.parametrize(
        ("scps", "found"),
        [
            (None, ["r"]),
            ([document(allow("*"))], ["r"]),
            ([document(allow("*")), document(allow("s3:*"))], []),
            ([document(allow("*"), deny("sts:AssumeRole"))], []),
            ([[document(allow("s3:*")), document(allow("sts:*"))]], ["r"]),
        ],
    )
    def test_every_level_of_scps_must_let_it_pass(self, scps, found):
        assert becomes(user("ann", ASSUME), role("r", trusting({"AWS": HOME})), scps=scps) == found

    def test_no_scp_stops_the_management_account(self):
        entries = user("ann", ASSUME), role("r", trusting({"AWS": HOME}))

        assert becomes(*entries, scps=[document(deny("*"))], is_management=True) == ["r"]

    def test_an_rcp_takes_away(self):
        rcp = document({**deny("sts:AssumeRole", StringNotEquals={"aws:PrincipalOrgID": "o-1"}), "Principal": "*"})
        (reached,) = of(user("ann", ASSUME), role("r", trusting({"AWS": HOME})), rcps=[rcp]).becomes

        assert reached.chain[0].allowed[0].needs == (("aws:principalorgid", "o-1"),)

    @pytest.mark.parametrize(("theirs", "found"), [([ASSUME], ["far", "further"]), ([], ["far"])])
    def test_a_chain_goes_on_in_another_account(self, theirs, found):
        far = role("far", trusting({"AWS": HOME}), *theirs, account=OTHER)
        further = role("further", trusting({"AWS": OTHER}), account=OTHER)

        assert becomes(user("ann", ASSUME), among=[account(far, further)]) == found

    def test_across_accounts_both_sides_must_allow_even_for_the_very_user(self):
        far = account(role("far", trusting(ANN), account=OTHER))

        assert becomes(user("ann"), among=[far]) == []
        assert becomes(user("ann", ASSUME), among=[far]) == ["far"]

    def test_a_trust_policy_that_was_not_seen_is_unknown_and_no_chain(self):
        hidden = role("r", service("ec2"))
        del hidden["AssumeRolePolicyDocument"]
        found = of(user("ann", ASSUME), hidden)

        assert found.becomes == ()
        assert any("sts:AssumeRole on arn:aws:iam::111122223333:role/r" in said for said in found.unknown)

    def test_what_is_surely_denied_is_not_unknown(self):
        hidden = role("r", service("ec2"))
        del hidden["AssumeRolePolicyDocument"]

        assert of(user("ann", deny("*")), hidden).unknown == ()

    def test_the_id_of_a_principal_means_that_one_and_a_deleted_one_nobody(self):
        by_id, gone = trusting({"AWS": unique("AIDA", "ann")}), trusting({"AWS": unique("AIDA", "gone")})
        found = of(user("ann"), role("r", by_id), role("s", gone))

        assert [each.principal for each in found.becomes] == [arn("role/r")]
        assert found.unknown == ()

    @pytest.mark.parametrize(("more", "found"), [([], []), ([allow("sts:TagSession")], ["r"])])
    def test_a_session_that_must_be_tagged_takes_the_right_to_tag_it(self, more, found):
        trust = [
            trusting({"AWS": HOME}, StringEquals={"aws:RequestTag/team": "data"}),
            trusting({"AWS": HOME}, "sts:TagSession"),
        ]
        assert becomes(user("ann", ASSUME, *more), role("r", trust)) == found

    @pytest.mark.parametrize(("more", "found"), [([], []), ([allow("sts:SetSourceIdentity")], ["r"])])
    def test_a_source_identity_that_must_be_set_takes_the_right_to_set_it(self, more, found):
        trust = trusting({"AWS": HOME}, ["sts:AssumeRole", "sts:SetSourceIdentity"], StringLike={"sts:SourceIdentity": "*"})

        assert becomes(user("ann", ASSUME, *more), role("r", trust)) == found

    def test_a_role_has_its_own_tags_or_those_that_its_session_is_given(self):
        target = role("r", trusting({"AWS": arn("role/job")}, StringEquals={"aws:PrincipalTag/team": "data"}))

        (mine,) = of(role("job", service("ec2"), tags={"team": "data"}), target, who="role/job").becomes
        (given,) = of(role("job", service("ec2"), tags={"team": "web"}), target, who="role/job").becomes
        assert mine.chain[0].allowed[0].needs == ()
        assert given.chain[0].allowed[0].needs == (("aws:principaltag/team", "data"),)

    def test_a_duplicate_name_or_a_malformed_trust_is_not_relied_on(self):
        odd = role("r", service("ec2"))
        odd["AssumeRolePolicyDocument"] = (
            '{"Statement": {"Effect": "Allow", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}'
        )
        found = of(user("ann", ASSUME), odd)

        assert found.becomes == ()
        assert found.unknown


class TestPassing:
    LAMBDA = role("fn", service("lambda"))
    PASS = allow("iam:PassRole")
    CREATE = allow("lambda:CreateFunction", "lambda:InvokeFunction")
    WAY = "iam:PassRole with lambda:CreateFunction, lambda:InvokeFunction"

    def test_a_role_that_can_be_passed_to_what_runs_as_it_is_reached(self):
        found = of(user("ann", self.PASS, self.CREATE), self.LAMBDA)
        (escalation,) = found.escalations

        assert (escalation.way.name, escalation.leads_to) == (self.WAY, arn("role/fn"))
        actions = [each.request.action for each in escalation.allowed]
        assert actions == ["sts:AssumeRole", "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
        assert [each.principal for each in found.reaches] == [arn("role/fn")]

    @pytest.mark.parametrize(
        "statements",
        [
            [CREATE],
            [PASS],
            [PASS, allow("lambda:CreateFunction")],  # nothing runs it
            [PASS, CREATE, deny("iam:PassRole", on=arn("role/fn"))],
            [PASS, CREATE, deny("lambda:InvokeFunction")],
            [CREATE, allow("iam:PassRole", on=arn("role/other"))],
            [CREATE, allow("iam:PassRole", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"})],
            [PASS, CREATE, deny("iam:PassRole", StringLike={"iam:PassedToService": "lambda*"})],
            [CREATE, allow("iam:PassRole", StringEquals={"iam:ResourceTag/x": "y"})],
        ],
    )
    def test_everything_that_the_way_takes_must_be_allowed(self, statements):
        assert ways(user("ann", *statements), self.LAMBDA) == []

    def test_the_role_must_trust_the_service(self):
        assert ways(user("ann", self.PASS, self.CREATE), role("fn", service("ec2"))) == []
        shut = [service("lambda"), trusting({"Service": "lambda.amazonaws.com"}, effect="Deny")]
        assert ways(user("ann", self.PASS, self.CREATE), role("fn", shut)) == []

    @pytest.mark.parametrize(("source", "found"), [(HOME, 1), (OTHER, 0)])
    def test_the_trust_of_the_service_must_be_for_this_account(self, source, found):
        trust = trusting({"Service": "lambda.amazonaws.com"}, StringEquals={"aws:SourceAccount": source})

        assert len(ways(user("ann", self.PASS, self.CREATE), role("fn", trust))) == found

    def test_a_condition_that_decides_is_told_with_its_context(self):
        mfa = allow(
            "iam:PassRole", Bool={"aws:MultiFactorAuthPresent": "true"}, StringEquals={"iam:PassedToService": "lambda.amazonaws.com"}
        )
        (found,) = of(user("ann", mfa, self.CREATE), self.LAMBDA).escalations

        assert found.allowed[1].needs == (("aws:multifactorauthpresent", "true"),)
        assert found.allowed[1].request.context["iam:passedtoservice"] == "lambda.amazonaws.com"

    def test_what_is_not_understood_about_a_need_is_unknown(self):
        found = of(user("ann", allow("iam:PassRole", StringSomehow={"aws:UserAgent": "x"}), self.CREATE), self.LAMBDA)

        assert found.escalations == ()
        assert any("iam:PassRole" in said for said in found.unknown)

    def test_an_instance_takes_a_profile_with_the_role_or_the_right_to_make_one(self):
        entries = user("ann", self.PASS, allow("ec2:RunInstances"))
        maker = allow("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile")

        assert ways(entries, role("node", service("ec2"))) == []
        assert gains(entries, role("node", service("ec2"), profiles=[arn("instance-profile/p")])) == {"node"}
        assert gains(user("ann", self.PASS, allow("ec2:RunInstances"), maker), role("node", service("ec2"))) == {"node"}

    def test_an_instance_is_asked_for_on_all_that_it_takes(self):
        node = role("node", service("ec2"), profiles=[arn("instance-profile/p")])

        assert ways(user("ann", self.PASS, allow("ec2:RunInstances", on="arn:aws:ec2:*:*:instance/*")), node) == []
        assert ways(user("ann", self.PASS, allow("ec2:RunInstances"), deny("ec2:RunInstances", on="arn:aws:ec2:*:*:subnet/*")), node) == []

    @pytest.mark.parametrize(
        ("trusted", "actions"),
        [
            ("cloudformation", ["cloudformation:CreateStack"]),
            ("glue", ["glue:CreateDevEndpoint"]),
            ("glue", ["glue:CreateJob", "glue:StartJobRun"]),
            ("datapipeline", ["datapipeline:*"]),
            ("sagemaker", ["sagemaker:CreateTrainingJob"]),
            ("sagemaker", ["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"]),
            ("codebuild", ["codebuild:CreateProject", "codebuild:StartBuild"]),
            ("states", ["states:CreateStateMachine", "states:StartExecution"]),
            ("ecs-tasks", ["ecs:RegisterTaskDefinition", "ecs:RunTask"]),
            ("lambda", ["lambda:CreateFunction", "lambda:CreateEventSourceMapping"]),
            ("scheduler", ["scheduler:CreateSchedule"]),
            ("ssm", ["ssm:StartAutomationExecution"]),
        ],
    )
    def test_each_service_runs_as_the_role_that_is_passed(self, trusted, actions):
        assert "job" in gains(user("ann", self.PASS, allow(*actions)), role("job", service(trusted)))
        assert gains(user("ann", self.PASS, allow(*actions)), role("job", service("other"))) == set()

    def test_a_function_that_has_a_role_is_supposed_and_said_so(self):
        (found,) = of(user("ann", allow("lambda:UpdateFunctionCode")), self.LAMBDA).escalations
        (reached,) = of(user("ann", allow("lambda:UpdateFunctionCode")), self.LAMBDA).reaches

        assert found.way.supposes == "a function that runs as the role"
        assert "if there is a function that runs as the role" in str(reached.chain[0])

    def test_a_command_reaches_only_roles_of_instances(self):
        node = role("node", service("ec2"), profiles=[arn("instance-profile/p")])

        assert gains(user("ann", allow("ssm:SendCommand")), node, role("none", service("ec2"))) == {"node"}

    def test_the_policy_of_a_function_may_let_it_be_changed(self):
        function = f"arn:aws:lambda:eu-west-1:{HOME}:function:f"
        policy = document({**allow("lambda:UpdateFunctionCode", on=function), "Principal": ANN})

        assert gains(user("ann"), self.LAMBDA, resources={function: policy}) == {"fn"}

    def test_a_role_that_is_passed_may_go_on(self):
        found = of(
            user("ann", self.PASS, self.CREATE), role("fn", service("lambda"), ASSUME), role("top", trusting({"AWS": HOME}), allow("*"))
        )

        assert [each.principal for each in found.becomes] == []
        reached = {each.principal: each for each in found.reaches}
        assert [step.how for step in reached[arn("role/top")].chain] == [self.WAY, "sts:AssumeRole"]
        assert ANYTHING in reached


class TestWriting:
    BOB = user("bob", allow("s3:*"))

    @pytest.mark.parametrize(
        ("action", "on", "gained"),
        [
            ("iam:CreateAccessKey", arn("user/bob"), {"bob"}),
            ("iam:CreateAccessKey", arn("user/ann"), set()),  # it is that already
            ("iam:CreateLoginProfile", arn("user/bob"), {"bob"}),
            ("iam:UpdateLoginProfile", "*", {"bob"}),
            ("iam:AddUserToGroup", arn("group/admins"), {"admins"}),
            ("iam:AddUserToGroup", arn("group/mine"), set()),
            ("iam:PutUserPolicy", arn("user/ann"), {ANYTHING}),
            ("iam:PutUserPolicy", arn("user/bob"), set()),
            ("iam:AttachUserPolicy", arn("user/ann"), {ANYTHING}),
            ("iam:PutGroupPolicy", arn("group/mine"), {ANYTHING}),
            ("iam:PutGroupPolicy", arn("group/admins"), set()),
            ("iam:AttachGroupPolicy", arn("group/mine"), {ANYTHING}),
            ("iam:CreatePolicyVersion", arn("policy/p"), {ANYTHING}),
            ("iam:CreatePolicyVersion", arn("policy/other"), set()),
            ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*", set()),
            ("iam:SetDefaultPolicyVersion", arn("policy/p"), set()),  # there is only one
            ("iam:PutRolePolicy", arn("role/*"), set()),  # it cannot become one
            ("iam:UpdateAssumeRolePolicy", arn("role/job"), {"job"}),
        ],
    )
    def test_what_may_be_written_decides_what_is_gained(self, action, on, gained):
        ann = user("ann", allow(action, on=on), groups=["mine"], attached=[arn("policy/p")])
        entries = (ann, self.BOB, group("mine"), group("admins", allow("*")), role("job", service("ec2")), managed("p", [allow("s3:*")]))

        assert gains(*entries) == gained

    def test_an_older_version_of_ones_policy_may_allow_more(self):
        ann = user("ann", allow("iam:SetDefaultPolicyVersion"), attached=[arn("policy/p")])

        found = of(ann, managed("p", [allow("*")], [allow("s3:*")]))
        (older,) = found.escalations
        assert (older.leads_to, older.target) == (f"{arn('policy/p')} v1", arn("policy/p"))
        assert [each.principal for each in found.reaches] == [older.leads_to, ANYTHING]

    def test_a_role_writes_its_own_policies(self):
        assert gains(role("job", service("ec2"), allow("iam:PutRolePolicy", on=arn("role/job"))), who="role/job") == {ANYTHING}

    def test_a_role_that_it_can_become_is_as_its_own(self):
        entries = user("ann", ASSUME, allow("iam:AttachRolePolicy")), role("r", trusting({"AWS": HOME}))
        (found,) = of(*entries).escalations

        assert (found.way.name, found.target, found.leads_to) == ("iam:AttachRolePolicy", arn("role/r"), ANYTHING)

    def test_a_user_whose_key_it_can_make_is_as_its_own(self):
        entries = user("ann", allow("iam:CreateAccessKey", "iam:PutUserPolicy", on=arn("user/bob"))), self.BOB

        assert gains(*entries) == {"bob", ANYTHING}

    @pytest.mark.parametrize(
        ("operand", "gained"),
        [("arn:aws:iam::aws:policy/AdministratorAccess", ANYTHING), ("arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess")],
    )
    def test_a_condition_on_what_is_attached_limits_what_is_gained(self, operand, gained):
        assert gains(user("ann", allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": operand}))) == {gained}

    def test_the_boundary_of_whom_it_is_done_to_is_known(self):
        limited = allow("iam:PutUserPolicy", on=arn("user/ann"), StringEquals={"iam:PermissionsBoundary": arn("policy/b")})
        free = managed("b", [allow("*")])

        assert gains(user("ann", limited), free) == set()
        assert gains(user("ann", limited, boundary=arn("policy/b")), free) == {ANYTHING}

    def test_a_boundary_that_it_can_take_off_itself_bounds_nothing(self):
        ann = user("ann", allow("*"), boundary=arn("policy/b"))
        limit = managed("b", [allow("iam:DeleteUserPermissionsBoundary")])
        found = of(ann, limit, self.BOB)

        assert [(each.way.name, each.leads_to) for each in found.escalations] == [("iam:DeleteUserPermissionsBoundary", arn("user/ann"))]
        assert {each.principal for each in found.reaches} == {arn("user/ann"), arn("user/bob"), ANYTHING}

    def test_a_group_that_it_can_join_goes_on(self):
        found = of(user("ann", allow("iam:AddUserToGroup")), group("g", ASSUME), role("r", trusting({"AWS": HOME})))

        assert [each.principal for each in found.reaches] == [arn("group/g"), arn("role/r")]

    @pytest.mark.parametrize(
        ("path", "gained"),
        [("/", {"linked"}), ("/aws-service-role/support.amazonaws.com/", set()), ("/aws-reserved/sso.amazonaws.com/", set())],
    )
    def test_nobody_changes_what_aws_keeps(self, path, gained):
        kept = role("linked", service("support"), path=path)

        assert gains(user("ann", allow("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy")), kept) == (
            gained | {ANYTHING} if gained else set()
        )

    def test_a_role_that_trusts_it_by_its_own_writing_must_still_be_assumed(self):
        entries = role("job", service("ec2"))

        assert gains(user("ann", allow("iam:UpdateAssumeRolePolicy"), deny("sts:AssumeRole")), entries) == set()
        assert gains(user("ann", allow("iam:UpdateAssumeRolePolicy")), entries) == {"job"}

    def test_scps_stop_a_way(self):
        scps = [document(allow("*"), deny("iam:*"))]

        assert ways(user("ann", allow("*")), self.BOB, scps=scps) == []

    def test_another_partition_has_its_own_names(self):
        entry = user("ann", allow("iam:AttachUserPolicy", ArnLike={"iam:PolicyARN": "arn:aws-us-gov:iam::aws:policy/*"}))
        entry["Arn"] = entry["Arn"].replace("arn:aws:", "arn:aws-us-gov:")

        assert gains(entry) == {ANYTHING}


def test_every_request_of_every_step_is_allowed_by_the_evaluator():
    entries = (
        user("ann", allow("*")),
        user("bob"),
        group("g", allow("s3:*")),
        role("r", trusting({"AWS": HOME})),
        role("fn", service("lambda")),
    )
    found = account(*entries)
    seen = effective(found, "user/ann")
    policies = {holder.arn: found.policies(holder) for holder in found.holders.values()}

    requests = [each.request for reached in seen.reaches for step in reached.chain for each in step.allowed]
    mine = [request for request in requests if request.principal in policies and not request.action.startswith("sts:")]
    assert len(mine) > 4
    assert all(evaluate(request, policies[request.principal]).allowed for request in mine)


def test_the_names_of_the_door_are_there():
    assert iam.effective is effective
    assert iam.Account is type(account(user("ann")))
    assert isinstance(of(user("ann")), iam.Effective)
