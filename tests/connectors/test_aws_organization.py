"""An organisation's accounts by its units, on a real server: what no set names is told, and one that refuses hides no other."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest

from guardrails import declare, errors, workflow
from guardrails.model.facts import Account
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, tzinfo=UTC)
TEXT = """guardrails: 1
systems:
  aws:
    connector: aws
    endpoint-url: "%s"
    organization: "123456789012"
    sets: {prod: {ou: Workloads/Prod}%s}
    regions: {read: [us-east-1], others: closed-by-scp}
    read: {role: reader}
"""


@pytest.fixture
def world():
    with moto() as url, aws_credentials():
        api = boto3.client("organizations", endpoint_url=url, region_name="us-east-1")
        api.create_organization(FeatureSet="ALL")
        root = api.list_roots()["Roots"][0]["Id"]
        workloads = api.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
        prod = api.create_organizational_unit(ParentId=workloads, Name="Prod")["OrganizationalUnit"]["Id"]
        inner = api.create_organizational_unit(ParentId=prod, Name="Sms")["OrganizationalUnit"]["Id"]
        made = {}
        for name, parent in (("billing", prod), ("sms", inner), ("sandbox", root)):
            made[name] = api.create_account(Email=f"{name}@example.se", AccountName=name)["CreateAccountStatus"]["AccountId"]
            if parent != root:
                api.move_account(AccountId=made[name], SourceParentId=root, DestinationParentId=parent)
        yield url, made


def observed(url: str, more: str = ""):
    (seen,) = workflow.observe(declare.loads([("f.yaml", (TEXT % (url, more)).encode())]), AT)
    return seen, {fact.ref.realm: fact.sets for fact in seen.facts if isinstance(fact, Account)}


@pytest.mark.server
def test_the_accounts_below_a_unit_are_its_set_and_the_others_are_told(world):
    url, made = world
    seen, sets = observed(url)
    assert {sets[made["billing"]], sets[made["sms"]]} == {("prod",)}
    assert sets[made["sandbox"]] == ()
    unread = {(gap.realm, gap.what, gap.reason.value) for gap in seen.gaps if gap.what == "account"}
    # the management account is one of the organisation's as well
    assert unread == {(made["sandbox"], "account", "not-read"), ("123456789012", "account", "not-read")}


@pytest.mark.server
def test_a_unit_that_is_not_there_is_a_gap_and_not_an_empty_set(world):
    url, _ = world
    seen, _ = observed(url, ", dev: {ou: Workloads/Dev}")
    assert any(gap.what == "organization" and "no organisational unit Dev" in gap.message for gap in seen.gaps)


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ("{prod: {ou: A, accounts: ['111122223333']}}", "must name accounts or an organisational unit"),
        ("{prod: {}}", "must name accounts or an organisational unit"),
        ("{prod: {accounts: ['1']}}", "is not an account id"),
        ("{prod: {ou: A}}", "none is named"),
    ],
)
def test_a_set_that_names_nothing_readable_is_a_mistake(sets, said):
    text = f"guardrails: 1\nsystems: {{aws: {{connector: aws, sets: {sets}, read: {{role: r}}}}}}\n"
    with pytest.raises(errors.DeclarationError, match=said):
        workflow.checked(declare.loads([("f.yaml", text.encode())]))
