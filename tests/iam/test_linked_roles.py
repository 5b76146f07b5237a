"""Which roles AWS keeps: by path and trust, never by name."""

from __future__ import annotations

import json
import runpy

import pytest
from iam_accounts import HOME, OTHER, arn, document, service, trusting

from guardrails.iam.linked import permission_set_of, service_of, services

PATH = "/aws-service-role/support.amazonaws.com/"
CENTER = "/aws-reserved/sso.amazonaws.com/eu-north-1/"
NAME = "AWSReservedSSO_Sms_Oncall_0123456789abcdef"
PROVIDER = {"Federated": arn("saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE")}
SUPPORT = service("support")
STRANGER = trusting({"AWS": OTHER})


def text(*statements):
    return json.dumps(document(*statements))


@pytest.mark.parametrize(
    ("path", "statements", "found"),
    [
        (PATH, [SUPPORT], "support.amazonaws.com"),
        ("/", [SUPPORT], ""),
        ("/team/aws-service-role/support.amazonaws.com/", [SUPPORT], ""),
        (PATH + "more/", [SUPPORT], ""),
        (PATH, [SUPPORT, STRANGER], ""),
        (PATH, [STRANGER], ""),
        (PATH, [service("ec2")], ""),
        (PATH, [SUPPORT, service("ec2")], ""),
        (PATH, [trusting({"Service": "support.amazonaws.com", "AWS": OTHER})], ""),
        (PATH, [], ""),
        (PATH, [SUPPORT, STRANGER, trusting({"AWS": OTHER}, "sts:*", "Deny")], "support.amazonaws.com"),
        ("/aws-service-role/made-up.amazonaws.com/", [service("made-up")], ""),
    ],
)
def test_a_service_linked_role_has_the_path_and_trusts_exactly_the_service(path, statements, found):
    assert service_of(path, text(*statements)) == found


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("connect-campaigns", True),
        ("connect-campaigns.connect", False),
        ("iotfleetwise", False),  # its guide does not tell the principal
        ("eks-nodegroup", True),
        ("opsdatasync.ssm", True),
    ],
)
def test_a_service_is_known_by_the_principal_that_its_guide_tells(name, listed):
    assert (f"{name}.amazonaws.com" in services()) is listed


@pytest.mark.parametrize("trust", ["{", "[]", "{}"])
def test_a_role_whose_trust_cannot_be_read_is_nobodys(trust):
    assert service_of(PATH, trust) == permission_set_of(NAME, CENTER, HOME, trust) == ""


@pytest.mark.parametrize(
    ("name", "path", "account", "statements", "found"),
    [
        (NAME, CENTER, HOME, [trusting(PROVIDER, ["sts:AssumeRoleWithSAML", "sts:TagSession"])], "Sms_Oncall"),
        (NAME, "/aws-reserved/sso.amazonaws.com/", HOME, [trusting(PROVIDER, "sts:AssumeRoleWithSAML")], "Sms_Oncall"),
        (NAME, "/", HOME, [trusting(PROVIDER, "sts:AssumeRoleWithSAML")], ""),
        ("AWSReservedSSO_Sms", CENTER, HOME, [trusting(PROVIDER, "sts:AssumeRoleWithSAML")], ""),
        (NAME, CENTER, OTHER, [trusting(PROVIDER, "sts:AssumeRoleWithSAML")], ""),  # the provider of another account
        (NAME, CENTER, HOME, [trusting({"Federated": arn("saml-provider/azure")}, "sts:AssumeRoleWithSAML")], ""),
        (NAME, CENTER, HOME, [trusting(PROVIDER, "sts:AssumeRoleWithSAML"), STRANGER], ""),
        (NAME, CENTER, HOME, [], ""),
    ],
)
def test_a_role_of_a_permission_set_has_the_path_and_trusts_exactly_the_provider(name, path, account, statements, found):
    assert permission_set_of(name, path, account, text(*statements)) == found


def test_the_table_is_what_the_script_writes():
    script = runpy.run_path("scripts/rebuild_linked.py")

    assert script["TABLE"].read_text() == script["table"]()
    assert {"support.amazonaws.com", "replicator.lambda.amazonaws.com", "autoscaling.amazonaws.com"} <= services()
    assert len(services()) > 150
    assert not any("*" in name for name in services())
