"""Objects that a stack makes, in templates of CloudFormation: YAML and JSON, patched at the line, and read anew."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.aws.proposed.cloudformation.loading import load
from guardrails.connectors.aws.written import patches
from guardrails.hcl.tree import NotRead, value_of
from guardrails.model.changes import Edit
from guardrails.written.yaml_form import read_yaml
from written.sources import copy, left_by_git, policy, seen_and_wanted, wanted

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NOTE = "look whether other stacks are made of the same template"


def allow(actions, resources="arn:aws:s3:::cdr-*"):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


BEFORE = policy(allow(["s3:GetObject", "s3:DeleteObject"]), allow(["sqs:SendMessage"], "*"))
AFTER = policy(allow(["s3:GetObject"]), allow(["sqs:SendMessage"], "*"))
YAML = """# the stack of the API
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Password:
    Type: String
    NoEcho: true
Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns:
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess" # for a while
        - !Ref Base
        - !ImportValue more
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: [lambda.amazonaws.com, glue.amazonaws.com]}}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - s3:GetObject
                  - s3:DeleteObject # nobody knows why
                Resource: !Sub "arn:${AWS::Partition}:s3:::cdr-*"

              - Effect: Allow
                Action: sqs:SendMessage
                Resource: "*"
  Base:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: "2012-10-17", Statement: []}}
"""


def made(kind, name, *edits, logical="App", stack="api", **more):
    tags = (("aws:cloudformation:logical-id", logical), ("aws:cloudformation:stack-name", stack))
    return wanted(kind, name, *edits, tags=tags, manager=f"the CloudFormation stack {stack}", **more)


def one(tmp_path, files, what):
    (patch,) = patches(what, [copy(files, kind="cloudformation")])
    after = left_by_git(tmp_path, files, patch) if patch.diff else None
    for path, text in (after or {}).items():
        load(text.encode(), path)  # another reader takes it for a template too
    return patch, after


EDITS = seen_and_wanted("inline/own", BEFORE, AFTER)


def test_an_action_goes_from_a_template_in_yaml(tmp_path):
    patch, after = one(tmp_path, {"api.yaml": YAML}, made("role", "app", *EDITS))

    assert after is not None, patch.note
    assert (patch.place, patch.note) == ("api.yaml:27", NOTE)
    assert after["api.yaml"] == YAML.replace("                  - s3:DeleteObject # nobody knows why\n", "")


def as_json(indent):
    found = {
        "Resources": {
            "App": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {},
                    "ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}, {"Ref": "Base"}],
                    "Policies": [{"PolicyName": "own", "PolicyDocument": BEFORE}],
                },
            }
        }
    }
    return json.dumps(found, indent=indent)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_an_action_goes_from_a_template_in_json(tmp_path, indent):
    text = as_json(indent)

    patch, after = one(tmp_path, {"api.json": text}, made("role", "app", *EDITS))

    assert after is not None, patch.note
    assert json.loads(after["api.json"])["Resources"]["App"]["Properties"]["Policies"][0]["PolicyDocument"] == AFTER
    gone = json.loads(text)
    gone["Resources"]["App"]["Properties"]["Policies"][0]["PolicyDocument"] = AFTER
    assert json.loads(after["api.json"]) == gone


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_line_breaks_and_marks_of_a_template_stay(tmp_path, ending, begin):
    text = begin + YAML.replace("\n", ending)

    patch, after = one(tmp_path, {"api.yaml": text}, made("role", "app", *EDITS))

    assert after is not None, patch.note
    assert after["api.yaml"] == text.replace(f"                  - s3:DeleteObject # nobody knows why{ending}", "")


@pytest.mark.parametrize(("name", "text"), [("api.yaml", YAML), ("api.json", as_json(2))])
def test_a_policy_goes_off_a_role_and_what_is_not_known_stays(tmp_path, name, text):
    patch, after = one(tmp_path, {name: text}, made("role", "app", Edit(field="policy", removes=(ADMIN,))))

    assert after is not None, patch.note
    assert "Administrator" not in after[name]
    assert "Base" in after[name]


def test_a_service_goes_out_of_a_trust_policy(tmp_path):
    def trusting(services):
        return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}})

    edits = seen_and_wanted("trust", trusting(["glue.amazonaws.com", "lambda.amazonaws.com"]), trusting("glue.amazonaws.com"))
    patch, after = one(tmp_path, {"api.yaml": YAML}, made("role", "app", *edits))

    assert after is not None, patch.note
    assert "Principal: {Service: [glue.amazonaws.com]}" in after["api.yaml"]


def test_a_statement_comes_to_a_list_with_dashes(tmp_path):
    then = policy(*AFTER["Statement"], allow(["s3:DeleteObject"], "arn:aws:s3:::cdr-old-*"))
    patch, after = one(tmp_path, {"api.yaml": YAML}, made("role", "app", *seen_and_wanted("inline/own", BEFORE, then)))

    assert after is not None, patch.note
    found = load(after["api.yaml"].encode(), "t").properties("App")["Policies"][0]["PolicyDocument"]["Statement"]
    assert found[-1]["Resource"] == "arn:aws:s3:::cdr-old-*"


GROUP = """Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - IpProtocol: tcp
          FromPort: 443
          ToPort: 443
          CidrIp: 0.0.0.0/0
        - IpProtocol: tcp
          FromPort: 22
          ToPort: 22
          CidrIp: 10.0.0.0/8
"""


@pytest.mark.parametrize("come", ["", "10.1.0.0/16"])
def test_a_rule_of_a_security_group_in_a_template(tmp_path, come):
    edits = [Edit(field="443/tcp from 0.0.0.0/0", removes=("{}",)), *([Edit(field=f"443/tcp from {come}", adds=("{}",))] if come else [])]

    patch, after = one(tmp_path, {"web.yaml": GROUP}, made("security-group", "web", *edits, logical="Web"))

    assert after is not None, patch.note
    assert "0.0.0.0/0\n" not in after["web.yaml"].replace("10.0.0.0", "")
    assert after["web.yaml"].count("IpProtocol") == (2 if come else 1)
    assert come in after["web.yaml"]
    assert "10.0.0.0/8" in after["web.yaml"]


def test_a_bucket_and_a_key_in_a_template(tmp_path):
    text = """Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: AES256
  K:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: false
"""
    rule = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:x"}}]}
    edit = Edit(field="encryption", adds=(json.dumps(rule),))
    patch, after = one(tmp_path, {"b.yaml": text}, made("bucket", "b", edit, logical="B"))
    assert after is not None, patch.note
    assert 'SSEAlgorithm: "aws:kms"\n              KMSMasterKeyID: "arn:x"\n' in after["b.yaml"]

    edit = Edit(field="rotation", removes=("never",), adds=("365 days",))
    patch, after = one(tmp_path, {"b.yaml": text}, made("key", "k", edit, logical="K"))
    assert after["b.yaml"] == text.replace("Rotation: false", "Rotation: true"), patch.note


@pytest.mark.parametrize(
    ("files", "what", "why"),
    [
        ({"a.yaml": YAML.replace("  App:", "  Api:")}, made("role", "app", *EDITS), "0 templates have App of AWS::IAM::Role"),
        ({"a.yaml": YAML, "b/c.yaml": YAML}, made("role", "app", *EDITS), "2 templates have App of AWS::IAM::Role: a.yaml:8, b/c.yaml:8"),
        ({"a.yaml": YAML.replace("PolicyName: own", "PolicyName: !Ref X")}, made("role", "app", *EDITS), "the inline policy own is written out in 0 places"),
        ({"a.yaml": YAML.replace("sqs:SendMessage", "sqs:*")}, made("role", "app", *EDITS), "what it says is not what is so: deploy it, or bring it up to date, and plan again"),
        ({"a.yaml": YAML.replace("                  - s3:GetObject\n                  - s3:DeleteObject # nobody knows why", "                  !Ref Actions")}, made("role", "app", *EDITS), "its value is decided by Ref.Actions"),
        ({"a.yaml": "Transform: Macro\n" + YAML}, made("role", "app", *EDITS), "its template is made anew by a macro"),
        ({"a.yaml": YAML, "b.yaml": "Resources: AWS::\n  x"}, made("role", "app", *EDITS), "a template was not understood: line 1: broken YAML"),
        ({"a.yaml": YAML}, made("role", "app", Edit(field="policy", removes=("arn:aws:iam::aws:policy/Other",))), "arn:aws:iam::aws:policy/Other stands in ManagedPolicyArns 0 times"),
        ({"a.yaml": YAML}, made("role", "app", Edit(field="inline/guardrails-disabled", adds=("{}",))), "who should be disabled is for its owner to take out of the template, with all that names it"),
        ({"a.yaml": YAML.replace("Principal: {", "Principal: &x {")}, made("role", "app", *EDITS), "a template was not understood: line 18: an alias"),
    ],
)  # fmt: skip
def test_where_a_function_or_doubt_decides_no_patch_is_made_up(tmp_path, files, what, why):
    patch, after = one(tmp_path, files, what)

    assert (patch.note, after) == (why, None)


def test_of_several_templates_the_one_named_like_the_stack_is_meant(tmp_path):
    files = {"api.yaml": YAML, "staging.yaml": YAML}

    _, after = one(tmp_path, files, made("role", "app", *EDITS))

    assert "DeleteObject" not in after["api.yaml"]
    assert after["staging.yaml"] == YAML


def test_what_no_tag_tells_is_not_looked_for():
    assert patches(wanted("role", "app", *EDITS), [copy({"a.yaml": YAML}, kind="cloudformation")]) == ()


def test_what_was_not_read_may_be_a_template():
    (patch,) = patches(made("role", "app", *EDITS), [copy({"a.yaml": YAML}, kind="cloudformation", unread={"x.yaml": "it is a link"})])
    assert (patch.diff, patch.note) == ("", "x.yaml was not read: it is a link")


def test_the_password_of_a_template_is_never_quoted(tmp_path):
    text = YAML.replace(
        "  App:", "  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: hunter2-Canary\n  App:"
    )
    patch, _ = one(tmp_path, {"api.yaml": text}, made("role", "app", Edit(field="policy", removes=(ADMIN,))))
    assert patch.diff
    assert "hunter2" not in patch.diff


plain = st.text(alphabet="ab:/*-. #'\"{}[],&!|>%@é", min_size=1, max_size=8)


@given(st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3), max_leaves=10))
def test_yaml_that_is_json_is_read_as_it_is(value):
    assert value_of(read_yaml(json.dumps(value), lambda _, node: node)) == value


@given(st.text(alphabet="ab:- \n{}[],&*!|>'\"#?%\t", max_size=40))
def test_any_text_is_yaml_or_refused(text):
    with suppress(NotRead):
        read_yaml(text, lambda _, node: node)
