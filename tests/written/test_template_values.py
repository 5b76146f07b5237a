"""Mappings and parameters of templates: followed to where a value is written out, and patched there where nothing else names it."""

from __future__ import annotations

import json

import pytest

from guardrails.model.changes import Edit
from written.sources import seen_and_wanted
from written.test_stack_patches import ADMIN, AFTER, BEFORE, NOTE, made, one

GIVEN = "look whether the stack is given a value of its own for {}"
RULES = """Parameters:
  Cidr:
    Type: String
    Default: 0.0.0.0/0
Mappings:
  Open:
    web:
      Cidr4: 0.0.0.0/0
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress:
        - IpProtocol: tcp
          FromPort: 443
          ToPort: 443
          CidrIp: %s
"""
LISTS = """Mappings:
  Of:
    app:
      Arns:
        - arn:aws:iam::aws:policy/AdministratorAccess
        - arn:aws:iam::aws:policy/X
      Actions: [s3:GetObject, s3:DeleteObject]
Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
%s
"""


def closed(come="10.0.0.0/8"):
    edits = [Edit(field="443/tcp from 0.0.0.0/0", removes=("{}",)), Edit(field=f"443/tcp from {come}", adds=("{}",))]
    return made("security-group", "web", *edits[: 2 if come else 1], logical="Web")


@pytest.mark.parametrize(
    ("says", "place", "note", "change"),
    [
        ("!Ref Cidr", 4, f"{NOTE}; {GIVEN.format('Cidr')}", ("Default: 0.0.0.0/0", 'Default: "10.0.0.0/8"')),
        ("{Ref: Cidr}", 4, f"{NOTE}; {GIVEN.format('Cidr')}", ("Default: 0.0.0.0/0", 'Default: "10.0.0.0/8"')),
        ("!FindInMap [Open, web, Cidr4]", 8, NOTE, ("Cidr4: 0.0.0.0/0", 'Cidr4: "10.0.0.0/8"')),
        ("!Sub 0.0.0.0/0", 17, NOTE, ("!Sub 0.0.0.0/0", '"10.0.0.0/8"')),
        ('!Sub "0.0.0.0/0"', 17, NOTE, ('!Sub "0.0.0.0/0"', '"10.0.0.0/8"')),
    ],
)
def test_an_address_is_changed_where_it_is_written_out(tmp_path, says, place, note, change):
    text = (
        RULES.replace("        - IpProtocol: tcp\n          FromPort: 80\n          ToPort: 80\n          CidrIp: !ImportValue more\n", "")
        % says
    )

    patch, after = one(tmp_path, {"api.yaml": text}, closed())

    assert (patch.place, patch.note) == (f"api.yaml:{place}", note)
    assert after["api.yaml"] == text.replace(*change, 1)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("!Ref Cidr\n          Description: !Ref Cidr", "Cidr is named in 3 places: api.yaml:2, api.yaml:17, api.yaml:18"),
        ('!Ref Cidr\nOutputs:\n  O:\n    Value: !Sub "${Cidr}"', "Cidr is named in 3 places: api.yaml:2, api.yaml:17, api.yaml:20"),
        ("!FindInMap [Open, !Ref AWS::Region, Cidr4]", "its value is decided by the function FindInMap"),
        ("!Ref Other", "its value is decided by Ref.Other"),
        ('!Sub "${Cidr}"', "its value is decided by the function Sub"),
    ],
)
def test_what_others_name_or_nobody_knows_gets_no_patch(tmp_path, says, why):
    text = (
        RULES.replace("        - IpProtocol: tcp\n          FromPort: 80\n          ToPort: 80\n          CidrIp: !ImportValue more\n", "")
        % says
    )

    patch, after = one(tmp_path, {"api.yaml": text}, closed())

    assert (patch.note, after) == (why, None)


def test_a_rule_goes_and_its_parameter_stays(tmp_path):
    other = "        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.1.0.0/16}\n"
    text = RULES % "!Ref Cidr" + other

    _, after = one(tmp_path, {"api.yaml": text}, closed(come=""))

    assert after["api.yaml"] == text.replace(
        "        - IpProtocol: tcp\n          FromPort: 443\n          ToPort: 443\n          CidrIp: !Ref Cidr\n", ""
    )


def test_a_parameter_that_says_something_else_is_not_followed(tmp_path):
    text = RULES.replace("Default: 0.0.0.0/0", "Default: 10.2.0.0/16") % "!Ref Cidr"

    patch, after = one(tmp_path, {"api.yaml": text}, closed())

    assert after is None
    assert patch.note == "443/tcp from 0.0.0.0/0 is written out 0 times"


def test_a_member_goes_from_the_list_of_a_mapping(tmp_path):
    text = LISTS % "      ManagedPolicyArns: !FindInMap [Of, app, Arns]"

    patch, after = one(tmp_path, {"api.yaml": text}, made("role", "app", Edit(field="policy", removes=(ADMIN,))))

    assert patch.place == "api.yaml:5"
    assert after["api.yaml"] == text.replace(f"        - {ADMIN}\n", "")

    twice = f"{text}  B:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: !FindInMap [Of, app, Arns]\n"
    patch, after = one(tmp_path, {"api.yaml": twice}, made("role", "app", Edit(field="policy", removes=(ADMIN,))))
    assert (patch.note, after) == ("Of is named in 3 places: api.yaml:2, api.yaml:12, api.yaml:16", None)


def test_actions_of_a_document_are_those_of_a_mapping(tmp_path):
    one_, two = (json.dumps(entry) for entry in BEFORE["Statement"])
    document = f'{{Version: "2012-10-17", Statement: [{one_.replace(json.dumps(BEFORE["Statement"][0]["Action"]), "!FindInMap [Of, app, Actions]")}, {two}]}}'
    text = LISTS % f"      Policies:\n        - PolicyName: own\n          PolicyDocument: {document}"

    patch, after = one(tmp_path, {"api.yaml": text}, made("role", "app", *seen_and_wanted("inline/own", BEFORE, AFTER)))

    assert after is not None, patch.note
    assert patch.place == "api.yaml:7"
    assert after["api.yaml"] == text.replace(", s3:DeleteObject]", "]")
