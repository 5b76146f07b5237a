"""Templates of CloudFormation, all written by hand: what their functions come to, and what each resource makes of a small account."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from terraform_plans import ACCOUNT, KEY, REGION, arn, facts, gaps, held, only, policy, seen

from guardrails.connectors.aws.proposed.cloudformation import load, with_template
from guardrails.errors import AuthorError
from guardrails.model.facts import AddressList, Exposure, Key, NotSeen, Policy, Principal, Protection
from guardrails.model.words import AtRest, EdgeKind, State
from guardrails.proposals.cloudformation import Functions, Stack, Template
from guardrails.proposals.values import Unknown

NEW = Template({"Resources": {}})
STACK = Stack(account=ACCOUNT, region=REGION, name="shop", parameters={"Stage": "prod"})
ROLE = """\
Parameters:
  Stage: {Type: String}
  Word: {Type: String, NoEcho: true, Default: CANARY-word}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "data-${Stage}"}
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Join ["-", [app, !Ref Stage]]
      Path: /apps/
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/shared"]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Action: !If [IsProd, s3:GetObject, "s3:*"]
                Resource: !Sub "${Data.Arn}/*"
"""


HAS = {"Stage": "prod"}


def deploy(text, *observed, deployed=NEW, stack=STACK, has=None):
    return with_template(observed or (seen(),), load(text.encode(), "t.yaml"), stack, deployed, has)


def one(kind, **properties):
    return json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})


def test_a_role_is_made_with_exact_names_and_documents():
    outcome = deploy(ROLE)
    role = facts(outcome, Principal)["app-prod"]
    (said,) = json.loads(facts(outcome, Policy)["app-prod/read"].text)["Statement"]

    assert (outcome.untold, gaps(outcome), role.resource) == ((), [], arn("role", "apps/app-prod"))
    assert held(outcome, "app-prod") == {"app-prod/read", "shared"}
    assert (said["Action"], said["Resource"]) == ("s3:GetObject", "arn:aws:s3:::data-prod/*")
    assert facts(outcome, Protection)["data-prod"].at_rest is AtRest.SERVICE


def test_json_says_the_same_as_yaml():
    yaml = deploy("Resources: {It: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}}")

    assert facts(yaml, Protection).keys() == facts(deploy(one("AWS::S3::Bucket", BucketName="b")), Protection).keys()


def functions(parameters=None, **sections):
    found = Template({"Resources": {}, **sections})
    return Functions(
        found, Stack(account=ACCOUNT, region=REGION, parameters=parameters or {}), lambda name, what: Unknown(f"{name} {what}")
    )


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({"Ref": "AWS::Region"}, REGION),
        ({"Fn::Sub": "${AWS::AccountId}-${!Literal}"}, f"{ACCOUNT}-${{Literal}}"),
        ({"Fn::Sub": ["${A}-x", {"A": {"Ref": "AWS::Region"}}]}, f"{REGION}-x"),
        ({"Fn::Join": [",", ["a", "b"]]}, "a,b"),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": ["-", "x-y"]}]}, "x"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "v"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}, None),
        ({"Fn::If": ["Both", "a", "b"]}, "b"),
        ({"Fn::If": ["Either", "a", "b"]}, "a"),
        ([{"Ref": "AWS::NoValue"}, "x"], ("x",)),
        ({"Ref": "Listed"}, ("a", "b")),
    ],
)
def test_functions_come_to_their_value(said, value):
    conditions = {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]},
    }
    listed = {"Listed": {"Type": "CommaDelimitedList", "Default": "a, b"}}
    found = functions(Conditions=conditions, Mappings={"M": {REGION: {"k": "v"}}}, Parameters=listed).value({"at": said})

    assert found.get("at") == value


@pytest.mark.parametrize(
    "said",
    [
        {"Fn::ImportValue": "other"},
        {"Fn::GetAZs": ""},
        {"Ref": "Nothing"},
        {"Ref": "Word"},
        {"Ref": "Stored"},
        {"Ref": "Unset"},
        {"Fn::GetAtt": ["A", "B"]},
        {"Fn::Sub": "${Word}"},
        {"Fn::Sub": ["x"]},
        {"Fn::Join": ["", [{"Ref": "Word"}]]},
        {"Fn::Join": "x"},
        {"Fn::Select": [9, ["a"]]},
        {"Fn::Select": [0, {"Ref": "Word"}]},
        {"Fn::Split": ["-", {"Ref": "Word"}]},
        {"Fn::FindInMap": ["M", "no", "k"]},
        {"Fn::FindInMap": ["M", {"Ref": "Word"}, "k"]},
        {"Fn::If": ["NoSuch", "a", "b"]},
        {"Fn::If": ["Self", "a", "b"]},
        {"Fn::If": ["Hangs", "a", "b"]},
        {"Fn::If": ["x"]},
        "{{resolve:secretsmanager:x}}",
        {"Fn::Sub": "{{resolve:ssm:${AWS::Region}}}"},
    ],
)
def test_what_is_not_known_before_stays_unknown_and_no_secret_is_in_it(said):
    parameters = {
        "Word": {"Type": "String", "NoEcho": "true", "Default": "CANARY"},
        "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"},
        "Unset": {"Type": "String"},
    }
    conditions = {"Self": {"Condition": "Self"}, "Hangs": {"Fn::Equals": [{"Ref": "Word"}, "x"]}}
    found = functions({"Word": "CANARY"}, Parameters=parameters, Conditions=conditions, Mappings={"M": {}}).value(said)

    assert isinstance(found, Unknown)
    assert "CANARY" not in repr(found)


def test_what_is_decided_whatever_an_unknown_part_is_is_known():
    conditions = {"Hangs": {"Fn::Equals": [{"Ref": "Gone"}, "x"]}, "Or": {"Fn::Or": [{"Condition": "Hangs"}, {"Fn::Equals": ["a", "a"]}]}}

    assert functions(Conditions=conditions).holds("Or") is True


def test_a_resource_whose_condition_does_not_hold_is_not_there():
    text = ROLE.replace("    Type: AWS::S3::Bucket", "    Type: AWS::S3::Bucket\n    Condition: Never").replace(
        "IsProd:", "Never: !Equals [a, b]\n  IsProd:"
    )

    assert "data-prod" not in facts(deploy(text), Protection)


def test_a_secret_parameter_is_in_nothing_that_is_told():
    text = ROLE.replace('!Join ["-", [app, !Ref Stage]]', "!Ref Word")
    outcome = deploy(text)

    assert "NoEcho" in gaps(outcome)[0]
    assert "CANARY" not in repr(outcome)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: [", "t.yaml:1:"),
        ("a: 1", "no Resources"),
        ("Resources: {A: &x {Type: AWS::S3::Bucket}, B: *x}", "not the YAML of a template"),
        ("Resources: {A: {Type: x}, A: {Type: y}}", "not the YAML of a template"),
        ('{"Resources": ', "no template"),
        ('{"Resources": {"A": {"Type": "x"}, "A": {"Type": "y"}}}', "without repeated keys"),
        ("x" * (2**20 + 1), "larger"),
    ],
)
def test_what_is_no_template_is_refused(text, said):
    with pytest.raises(AuthorError, match=said):
        load(text.encode(), "t.yaml")


def test_without_what_is_deployed_nothing_passes():
    assert deploy(ROLE, deployed=None).untold == (
        "which resources the stack would lose is not known without the template that is deployed",
    )


def test_macros_and_templates_without_anything_that_is_judged_let_nothing_pass():
    macro = deploy("Transform: AWS::Serverless-2016-10-31\n" + ROLE)
    nothing = deploy("Resources: {W: {Type: AWS::CloudFormation::WaitConditionHandle}}")

    assert macro.untold == ("the template is made anew by AWS::Serverless-2016-10-31 before it is deployed",)
    assert nothing.untold == ("no resource of the template was evaluated, and nothing evaluated never passes",)
    assert nothing.ignored == 1


def test_what_is_not_understood_is_a_gap_unless_the_deployed_template_says_the_same():
    text = "Resources: {Q: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [x]}}, T: {Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {SSEEnabled: true}}}}"
    again = deploy(text, deployed=load(text.encode(), "t"))

    assert [gap.what for gap in only(deploy(text)).gaps] == ["AWS::DynamoDB::Table", "AWS::SQS::QueuePolicy"]
    assert not only(again).gaps


QUEUE = "Resources: {Q: {Type: AWS::SQS::QueuePolicy, %s Properties: {Queues: [%s]}}}\n"
CHOSEN = "Parameters: {P: {Type: String, Default: x}}\nMappings: {M: {a: {b: x}}}\nConditions: {C: !Equals [a, %s]}\n"


@pytest.mark.parametrize(
    ("condition", "value"),
    [("", "!Ref P"), ("", '!Sub "q-${P}"'), ("", "!FindInMap [M, a, b]"), ("", "!If [C, x, y]"), ("Condition: C,", "x")],
)
def test_what_is_not_understood_and_hangs_on_what_may_have_changed_is_a_gap(condition, value):
    text = QUEUE % (condition, value)
    outcome = deploy(CHOSEN % "a" + text, deployed=load((CHOSEN % "b" + text).encode(), "t"))

    assert [gap.what for gap in only(outcome).gaps] == ["AWS::SQS::QueuePolicy"]


@pytest.mark.parametrize("conditions", [("", "Condition: C,"), ("Condition: C,", "")])
def test_what_is_not_understood_and_comes_or_goes_by_a_condition_is_a_gap(conditions):
    new, was = (CHOSEN % "a" + QUEUE % (condition, "x") for condition in conditions)

    assert only(deploy(new, deployed=load(was.encode(), "t"))).gaps


def test_a_resource_of_which_it_is_not_known_whether_it_is_there_is_a_gap():
    text = ROLE.replace("    Type: AWS::IAM::Role\n", "    Type: AWS::IAM::Role\n    Condition: IsProd\n")
    outcome = deploy(text, stack=Stack(account=ACCOUNT, region=REGION, parameters={}))

    assert "whether it is there is not known" in gaps(outcome)[0]


def test_what_is_not_understood_and_hangs_on_another_resource_alone_is_not_changed():
    text = CHOSEN % "a" + QUEUE % ("", "!GetAtt Other.Arn")

    assert not only(deploy(text, deployed=load(text.encode(), "t"))).gaps


def test_what_is_not_understood_and_goes_is_a_gap():
    outcome = deploy("Resources: {}", deployed=load((QUEUE % ("", "x")).encode(), "t"))

    assert [gap.what for gap in only(outcome).gaps] == ["AWS::SQS::QueuePolicy"]


def test_yes_is_the_same_word_in_json_as_in_yaml():
    said = {
        "Parameters": {"P": {"Type": "String", "Default": True}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "true"]}, "D": {"Fn::Equals": [True, "true"]}},
        "Resources": {},
    }
    found = Functions(load(json.dumps(said).encode(), "t"), STACK, lambda _logical, _attribute: Unknown("x"))

    assert (found.holds("C"), found.holds("D")) == (True, True)
    assert found.value({"Fn::Join": ["-", [True, 1]]}) == found.value({"Fn::Sub": ["${a}-1", {"a": True}]}) == "true-1"


def test_a_name_that_aws_gives_is_told_and_known_once_it_is_deployed():
    text = ROLE.replace('      RoleName: !Join ["-", [app, !Ref Stage]]\n', "")
    known = Stack(account=ACCOUNT, region=REGION, parameters={"Stage": "prod"}, physical={"App": "ci"})

    assert "App" in gaps(deploy(text))[0]
    assert held(deploy(text, stack=known), "ci") == {"ci/own", "ci/read", "shared"}


def test_what_the_deployed_template_gave_and_the_new_one_does_not_ends():
    was = load(ROLE.encode(), "was")
    before = only(deploy(ROLE))
    less = ROLE.replace('      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/shared"]\n', "").replace(
        "PolicyName: read", "PolicyName: other"
    )
    gone = "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}}"

    assert held(deploy(less, before, deployed=was, has=HAS), "app-prod") == {"app-prod/other"}
    assert "app-prod" not in facts(deploy(gone, before, deployed=was, has=HAS), Principal)
    assert "data-prod" not in facts(deploy(gone, before, deployed=was, has=HAS), Protection)


@pytest.mark.parametrize("has", [None, {}, {"Other": "x"}])
def test_where_it_is_not_told_what_the_parameters_are_now_what_ends_is_told(has):
    """A deny that was named by another value stayed, and what it denies was not counted."""
    was = load(ROLE.encode(), "was")
    gone = "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}}"
    outcome = deploy(gone, only(deploy(ROLE)), deployed=was, has=has)

    assert "parameter Stage may keep" in " ".join(gaps(outcome))
    assert "app-prod" in facts(outcome, Principal)


def test_what_ends_is_what_the_stack_has_and_not_what_is_given():
    dev = {"Stage": "dev"}
    before = only(deploy(ROLE, stack=replace(STACK, parameters=dev)))
    gone = "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}}"
    outcome = deploy(gone, before, deployed=load(ROLE.encode(), "was"), has=dev)

    assert "app-dev" in facts(deploy(ROLE, stack=replace(STACK, parameters=dev)), Principal)
    assert "app-dev" not in facts(outcome, Principal)


BOTH = """\
Parameters:
  Action: {Type: String, Default: "s3:GetObject"}
Resources:
  P:
    Type: AWS::IAM::RolePolicy
    Properties: {RoleName: ci, PolicyName: more, PolicyDocument: {Version: 2012-10-17, Statement: [
      {Effect: Allow, Action: !Ref Action, Resource: "*"}]}}
"""


@pytest.mark.parametrize(
    ("given_now", "has", "deployed", "is_known"),
    [
        ({}, None, False, True),
        ({}, None, True, False),
        ({}, {"Action": "s3:*"}, True, False),
        ({}, {"Action": "s3:GetObject"}, True, True),
        ({}, {}, True, False),
        ({"Action": "s3:GetObject"}, {"Action": "s3:*"}, True, True),
        ({"Action": "s3:GetObject"}, None, True, True),
    ],
)
def test_what_is_not_given_may_be_what_the_stack_has(given_now, has, deployed, is_known):
    """`aws cloudformation deploy` keeps what is not given. This passed, as the default."""
    stack = Stack(account=ACCOUNT, region=REGION, parameters=given_now)
    outcome = deploy(BOTH, deployed=load(BOTH.encode(), "was") if deployed else NEW, stack=stack, has=has)

    assert ("ci/more" in facts(outcome, Policy)) == is_known
    assert bool(gaps(outcome)) != is_known


INCLUDED = '{Name: "AWS::Include", Parameters: {Location: "s3://x/y"}}'


@pytest.mark.parametrize(
    "text",
    [
        f"Resources: {{W: {{Type: AWS::S3::Bucket, Properties: {{BucketName: w}}}}, 'Fn::Transform': {INCLUDED}}}",
        f"Resources: {{W: {{Type: AWS::S3::Bucket, Properties: {{BucketName: w, 'Fn::Transform': {INCLUDED}}}}}}}",
        f"Resources: {{W: {{Type: AWS::S3::Bucket, 'Fn::Transform': {INCLUDED}, Properties: {{BucketName: w}}}}}}",
        f"Resources: {{W: {{Type: AWS::S3::Bucket, Properties: {{BucketName: w, Tags: [!Transform {INCLUDED}]}}}}}}",
        f"Mappings: {{'Fn::Transform': {INCLUDED}}}\nResources: {{W: {{Type: AWS::S3::Bucket, Properties: {{BucketName: w}}}}}}",
        "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}, 'Fn::ForEach::Roles': [X, [a], {}]}",
        "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}, Odd: [x]}",
        "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}, Odd: {Type: {Ref: x}}}",
    ],
)
def test_a_macro_anywhere_and_what_is_no_resource_let_nothing_pass(text):
    """`Fn::Transform` beside other keys was taken for a property that nobody knows, and dropped among the resources."""
    assert deploy(text).untold


@pytest.mark.parametrize("among", ["{A: x, 'Fn::Transform': {Name: M}}", "{Ref: x, 'Fn::Transform': {Name: M}}", "{A: x, 'Fn::Sub': y}"])
def test_a_value_over_which_a_macro_runs_is_not_known(among):
    found = functions().value(yaml.safe_load(among))

    assert isinstance(found, Unknown)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Lambda::Url", {"AuthType": "NONE", "TargetFunctionArn": "f"}),
        ("AWS::ApiGateway::Method", {"AuthorizationType": "NONE", "HttpMethod": "GET"}),
        ("AWS::ApiGatewayV2::Route", {"AuthorizationType": "NONE"}),
        ("AWS::AppSync::GraphQLApi", {"AuthenticationType": "API_KEY"}),
        ("AWS::EC2::VPCPeeringConnection", {"VpcId": "v", "PeerVpcId": "w"}),
        ("Custom::Anything", {"ServiceToken": "arn:aws:lambda:eu-north-1:111122223333:function:f"}),
        ("AWS::CloudFormation::CustomResource", {"ServiceToken": "x"}),
        ("AWS::EC2::VPCEndpoint", {"VpcId": "v"}),
    ],
)
def test_what_opens_something_or_runs_a_program_is_told(kind, properties):
    """Each of these was counted as about nothing that is judged."""
    text = json.dumps(
        {"Resources": {"It": {"Type": kind, "Properties": properties}, "W": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "w"}}}}
    )

    assert any("is not understood" in told for told in gaps(deploy(text)))


def test_what_is_retained_stays():
    kept = ROLE.replace("    Type: AWS::S3::Bucket", "    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain")
    before = only(deploy(kept))
    outcome = deploy(
        "Resources: {W: {Type: AWS::S3::Bucket, Properties: {BucketName: w}}}", before, deployed=load(kept.encode(), "was"), has=HAS
    )

    assert "data-prod" in facts(outcome, Protection)


def test_a_bucket_policy_that_goes_is_gone():
    text = one("AWS::S3::BucketPolicy", Bucket="cdr", PolicyDocument=json.loads(policy("s3:GetObject")))
    before = deploy(text)
    after = deploy(one("AWS::S3::Bucket", BucketName="x"), only(before), deployed=load(text.encode(), "t"))

    assert "cdr/policy" in facts(before, Policy)
    assert "cdr/policy" not in facts(after, Policy)


@pytest.mark.parametrize(
    ("default", "level"),
    [
        (None, AtRest.SERVICE),
        ({"SSEAlgorithm": "AES256"}, AtRest.SERVICE),
        ({"SSEAlgorithm": "aws:kms"}, AtRest.SERVICE_KEY),
        ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}, AtRest.CUSTOMER_KEY),
        ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::ImportValue": "key"}}, NotSeen),
        ({"Fn::ImportValue": "key"}, NotSeen),
    ],
)
def test_buckets_are_encrypted_as_they_say(default, level):
    rules = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}
    found = facts(deploy(one("AWS::S3::Bucket", BucketName="b", **({"BucketEncryption": rules} if default else {}))), Protection)[
        "b"
    ].at_rest

    assert isinstance(found, NotSeen) if level is NotSeen else found is level


def test_a_bucket_that_opens_its_list_is_told():
    assert "access control list" in gaps(deploy(one("AWS::S3::Bucket", BucketName="b", AccessControl="PublicRead")))[0]


@pytest.mark.parametrize(
    ("properties", "days", "state"),
    [
        ({}, 0, State.ACTIVE),
        ({"EnableKeyRotation": True}, 365, State.ACTIVE),
        ({"EnableKeyRotation": "true", "RotationPeriodInDays": "90", "Enabled": "false"}, 90, State.DISABLED),
    ],
)
def test_keys_are_rotated_as_they_say(properties, days, state):
    outcome = deploy(one("AWS::KMS::Key", **properties))
    key = facts(outcome, Key)["planned-It"]

    assert (key.rotation_days, key.state) == (days, state)
    assert "kms:*" in facts(outcome, Policy)["planned-It/policy"].text


def test_a_key_that_is_there_changes_and_goes():
    known = Stack(account=ACCOUNT, region=REGION, physical={"It": "1234"})
    text = one("AWS::KMS::Key", EnableKeyRotation=False)
    gone = deploy(one("AWS::S3::Bucket", BucketName="x"), deployed=load(text.encode(), "t"), stack=known)

    assert facts(deploy(text, stack=known), Key)["1234"].rotation_days == 0
    assert facts(gone, Key)["1234"].state is State.DISABLED


def test_an_alias_is_a_name_of_its_key():
    text = json.dumps(
        {
            "Resources": {
                "K": {"Type": "AWS::KMS::Key"},
                "A": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/a", "TargetKeyId": {"Ref": "K"}}},
            }
        }
    )

    assert "alias/a" in facts(deploy(text), Key)["planned-K"].aliases


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        ({}, AtRest.NONE),
        ({"StorageEncrypted": True}, AtRest.SERVICE_KEY),
        ({"StorageEncrypted": "true", "KmsKeyId": KEY}, AtRest.CUSTOMER_KEY),
        ({"StorageEncrypted": {"Fn::ImportValue": "x"}}, NotSeen),
        ({"DBSnapshotIdentifier": "snap"}, NotSeen),
    ],
)
def test_databases_are_encrypted_as_they_say(properties, level):
    found = facts(deploy(one("AWS::RDS::DBInstance", DBInstanceIdentifier="d", **properties)), Protection)["d"].at_rest

    assert isinstance(found, NotSeen) if level is NotSeen else found is level


WEB = {"GroupName": "web2", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": "443", "ToPort": 443, "CidrIp": "0.0.0.0/0"}]}


def test_rules_let_in_what_they_say_and_end_with_their_template():
    text = one("AWS::EC2::SecurityGroup", **WEB)
    made = deploy(text)
    gone = deploy(one("AWS::S3::Bucket", BucketName="x"), only(made), deployed=load(text.encode(), "t"))
    single = deploy(one("AWS::EC2::SecurityGroupIngress", GroupId="sg-1", IpProtocol="-1", CidrIpv6="::/0"))
    unknown = deploy(
        one("AWS::EC2::SecurityGroupIngress", GroupId="sg-1", IpProtocol="tcp", FromPort=1, ToPort=2, CidrIp={"Fn::ImportValue": "x"})
    )

    assert {rule.target.name for rule in facts(made, Exposure).values()} == {"web", "web2"}
    assert {rule.target.name for rule in facts(gone, Exposure).values()} == {"web"}
    assert "all from ::/0" in facts(single, Exposure)
    assert [rule.addresses for rule in facts(unknown, Exposure).values() if rule.through] == [("0.0.0.0/0", "::/0")]


def test_a_list_has_its_entries():
    made = deploy(one("AWS::EC2::PrefixList", PrefixListName="o", Entries=[{"Cidr": "192.0.2.0/24"}]))

    assert facts(made, AddressList)["o"].addresses == ("192.0.2.0/24",)


def test_policies_and_groups_of_a_template_are_put():
    document = json.loads(policy("s3:GetObject"))
    inline = deploy(one("AWS::IAM::Policy", PolicyName="p", PolicyDocument=document, Roles=["ci"], Users=["kim"]))
    own = deploy(one("AWS::IAM::RolePolicy", PolicyName="p", PolicyDocument=document, RoleName="ci"))
    managed = deploy(one("AWS::IAM::ManagedPolicy", ManagedPolicyName="m", PolicyDocument=document, Roles=["ci"]))
    joined = deploy(one("AWS::IAM::User", UserName="new", Groups=["admins"]))
    nobody = deploy(one("AWS::IAM::Policy", PolicyName="p", PolicyDocument=document, Roles=["nobody"]))

    assert (held(inline, "ci"), held(inline, "kim")) == ({"ci/own", "ci/p", "shared"}, {"kim/p"})
    assert held(own, "ci") == {"ci/own", "ci/p", "shared"}
    assert held(managed, "ci") == {"ci/own", "m", "shared"}
    assert ("new", "admins") in {(edge.source.name, edge.target.name) for edge in only(joined).edges if edge.kind is EdgeKind.MEMBER}
    assert "neither in the template nor was it observed" in gaps(nobody)[0]


def test_a_stack_of_an_account_that_was_not_observed_is_told():
    other = Stack(account="999988887777", region=REGION)

    assert deploy(ROLE, stack=other).untold == ("account 999988887777 was not observed",)
