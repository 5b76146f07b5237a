"""Laws of templates: whatever stands in one, it is put into the account or told, and its judgement ends."""

from __future__ import annotations

import copy
import json
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st
from terraform_plans import ACCOUNT, KEY, REGION, arn, policy, seen

from guardrails import declare, workflow
from guardrails.connectors.aws.proposed.cloudformation import with_template
from guardrails.proposals.cloudformation import Stack, Template
from guardrails.proposals.judgement import judge

DOCUMENT = json.loads(policy("s3:GetObject"))
RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "192.0.2.0/24"}
SSE = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "K"}}}]
}
TAGS = [{"Key": "class", "Value": {"Fn::If": ["Prod", "secret", "open"]}}]
KINDS = {
    "R": (
        "IAM::Role",
        {"RoleName": "r", "AssumeRolePolicyDocument": DOCUMENT, "Policies": [{"PolicyName": "p", "PolicyDocument": DOCUMENT}]},
    ),
    "U": ("IAM::User", {"UserName": "u", "Groups": ["admins"], "ManagedPolicyArns": [arn("policy", "shared")]}),
    "M": ("IAM::ManagedPolicy", {"ManagedPolicyName": "m", "PolicyDocument": DOCUMENT, "Roles": [{"Ref": "R"}]}),
    "P": ("IAM::Policy", {"PolicyName": "q", "PolicyDocument": DOCUMENT, "Roles": ["ci"]}),
    "B": ("S3::Bucket", {"BucketName": {"Fn::Sub": "b-${AWS::Region}"}, "Tags": TAGS, "BucketEncryption": SSE}),
    "L": ("S3::BucketPolicy", {"Bucket": {"Ref": "B"}, "PolicyDocument": DOCUMENT}),
    "K": ("KMS::Key", {"EnableKeyRotation": True, "RotationPeriodInDays": 90, "KeyPolicy": DOCUMENT}),
    "A": ("KMS::Alias", {"AliasName": "alias/a", "TargetKeyId": {"Fn::GetAtt": ["K", "Arn"]}}),
    "D": ("RDS::DBInstance", {"DBInstanceIdentifier": "d", "StorageEncrypted": True, "KmsKeyId": KEY}),
    "S": ("EC2::SecurityGroup", {"GroupName": "s", "SecurityGroupIngress": [RULE]}),
    "I": ("EC2::SecurityGroupIngress", {"GroupId": {"Fn::GetAtt": "S.GroupId"}, **RULE}),
    "X": ("EC2::PrefixList", {"PrefixListName": "x", "Entries": [{"Cidr": "192.0.2.0/24"}]}),
}
WHOLE = {
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "AWS::Region"}, REGION]}},
    "Resources": {name: {"Type": f"AWS::{kind}", "Properties": properties} for name, (kind, properties) in KINDS.items()},
}
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        "",
        "x",
        [],
        [None],
        {},
        {"Ref": "B"},
        {"Ref": "No"},
        {"Fn::GetAtt": "K"},
        {"Fn::Sub": "${R.Arn}"},
        {"a": []},
        [[]],
        "443",
    ]
)
STACK = Stack(account=ACCOUNT, region=REGION, name="s")


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


SPOTS = [path for path in places(WHOLE) if len(path) > 1]


@given(st.data(), st.booleans())
def test_a_template_that_was_tampered_with_is_put_or_told(tmp_path_factory, data, is_deployed):
    changed = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(0, 3))):
        path, here = data.draw(st.sampled_from(SPOTS)), changed
        try:
            for key in path[:-1]:
                here = here[key]
            here[path[-1]] = data.draw(ODD)
        except (KeyError, IndexError, TypeError):
            continue
    before, will, was = seen(), Template(changed), Template(WHOLE)
    outcome = with_template([before], will, STACK, was if is_deployed else Template({"Resources": {}}))

    assert outcome.evaluated or outcome.untold
    folder = tmp_path_factory.getbasetemp() / "declared"
    folder.mkdir(exist_ok=True)
    (folder / "d.yaml").write_text(
        "guardrails: 1\nsystems: {aws: {connector: aws, regions: {read: [eu-north-1], others: closed-by-scp}}}\n"
    )
    world = workflow.side_by_side(declare.load(folder), [before], before.taken_at)
    judge(world, reduce(workflow.with_observation, outcome.edited, world), outcome.untold)


def test_a_template_that_is_put_twice_is_as_one_that_is_put_once():
    first = with_template([seen()], Template(WHOLE), STACK, Template({"Resources": {}})).edited
    again = with_template(first, Template(WHOLE), STACK, Template(WHOLE)).edited

    assert first == again
    assert not [gap for one in first for gap in one.gaps]
