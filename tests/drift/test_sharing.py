"""Who is let in by an asset's own policy, and who may become a principal."""

from __future__ import annotations

import pytest

from drift.worlds import account, judge, kinds, ref
from guardrails.model.facts import Asset, Gap, Principal
from guardrails.model.words import GapReason, PrincipalForm
from guardrails.ports import TrustSeen

ASSETS = """
teams: {t: {}}
classes: {open: {}, inner: {at-rest: none, rotation: 1d}}
assets: {a: {class: %s, owner: "team:t", accepted: ISG-1, match: {app: ["arn:a"]}}}
"""
BUCKET = Asset(ref=ref("bucket", "a"), resource="arn:a")


def federated(subjects, audiences=None) -> TrustSeen:
    provider = "arn:aws:iam::r:oidc-provider/gitlab.example"
    return TrustSeen(kind="federated", name=provider, account="r", external_id=False, pointer="s", subjects=subjects, audiences=audiences)


def seen(
    kind: str, name: str, account: str = "", *, external_id: bool = False, conditional: bool = False, reads_only: bool = False
) -> TrustSeen:
    return TrustSeen(
        kind=kind, name=name, account=account, external_id=external_id, pointer="s", conditional=conditional, reads_only=reads_only
    )


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        (seen("any", "*"), "violation"),
        (seen("any", "*", conditional=True), "undecided"),
        (seen("aws", "arn:aws:iam::999988887777:root", "999988887777"), "violation"),
        (seen("aws", "arn:x", "r"), ""),  # the account of the world itself
        (seen("service", "logs.amazonaws.com"), ""),
    ],
)
def test_an_asset_may_let_in_our_own_and_services_only(who, verdict):
    found = judge(ASSETS % "open", BUCKET, shared={BUCKET.ref: (who,)})
    assert kinds(found) == ([("asset-shared", "app@r:bucket/a", verdict)] if verdict else [])


def test_who_is_let_in_may_be_ours_where_our_accounts_were_not_all_seen():
    unlisted = Gap(system="app", realm="m", what="organization", reason=GapReason.DENIED, message="ListAccounts: denied")
    found = judge(ASSETS % "open", BUCKET, unlisted, shared={BUCKET.ref: (seen("aws", "arn:x", "999988887777"),)})
    assert ("asset-shared", "app@r:bucket/a", "unknown") in kinds(found)


ROLE = Principal(ref=ref("role", "x"), form=PrincipalForm.ROLE, resource="arn:aws:iam::r:role/x")
LOAD = 'teams: {t: {}}\nworkloads: {l: {is: ["app:role/x"], assumed-by: %s, owner: "team:t"}}\n'


@pytest.mark.parametrize(
    ("declared", "who", "kind"),
    [
        ('["app:service/glue.amazonaws.com"]', seen("service", "glue.amazonaws.com"), ""),
        ('["app:service/glue.amazonaws.com"]', seen("service", "lambda.amazonaws.com"), "trust-excess"),
        ('["app:111122223333"]', seen("aws", "arn:aws:iam::111122223333:root", "111122223333"), ""),
        ('["app:111122223333"]', seen("aws", "111122223333", "111122223333"), ""),
        ('["app:111122223333"]', seen("aws", "arn:aws:iam::111122223333:role/any", "111122223333"), "trust-excess"),
        ('["app:111122223333"]', seen("any", "*"), "trust-excess"),
        ('["app:user/u"]', seen("aws", "arn:u", "r"), ""),
    ],
)
def test_only_who_is_declared_may_become_a_workload(declared, who, kind):
    user = Principal(ref=ref("user", "u"), form=PrincipalForm.USER, resource="arn:u")
    found = [d for d in judge(LOAD % declared, ROLE, user, trusted={ROLE.ref: (who,)}) if d.subject.endswith("role/x")]
    assert [d.kind.value for d in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("classed", "who", "accepted", "shared"),
    [
        ("open", seen("any", "*", reads_only=True), True, False),
        ("open", seen("any", "*", reads_only=True), False, True),
        ("open", seen("any", "*"), True, True),
        ("inner", seen("any", "*", reads_only=True), True, True),
    ],
)
def test_everybody_may_read_what_an_accepted_entry_calls_public_and_nothing_more(classed, who, accepted, shared):
    said = judge(ASSETS % classed, BUCKET, shared={BUCKET.ref: (who,)}, approval=lambda *_: "" if accepted else "no record")
    assert ("asset-shared" in {d.kind.value for d in said}) is shared


VENDOR = """
teams: {t: {}}
vendors: {v: {valid-until: 2027-01-01, owner: "team:t", trusts: {"app:role/x": {by: "app:444455556666", external-id: required, may: []}}}}
"""


@pytest.mark.parametrize(("external_id", "kind"), [(True, []), (False, ["trust-without-external-id"])])
def test_a_vendor_is_trusted_with_an_external_id_only(external_id, kind):
    who = seen("aws", "arn:aws:iam::444455556666:root", "444455556666", external_id=external_id)
    assert [d.kind.value for d in judge(VENDOR, ROLE, trusted={ROLE.ref: (who,)})] == kind


def test_an_undeclared_role_that_a_foreign_account_may_become_is_two_findings():
    who = seen("aws", "arn:aws:iam::999988887777:root", "999988887777")
    found = judge("teams: {t: {}}", ROLE, account("x"), trusted={ROLE.ref: (who,)})
    assert {d.kind.value for d in found if d.subject.endswith("role/x")} == {"principal-undeclared", "trust-excess"}


def test_a_vendor_past_its_assessment_is_a_finding_and_a_declared_role_that_is_not_there():
    found = kinds(judge(VENDOR.replace("2027-01-01", "2026-11-24"), account("x")))
    assert ("vendor-lapsed", "vendor:v", "violation") in found
    assert ("declared-absent", "app:role/x", "violation") in found


@pytest.mark.parametrize(
    ("declared", "audiences", "says"),
    [
        ("", None, ""),
        ("audience: [sts.amazonaws.com], ", ("sts.amazonaws.com",), ""),
        ('audience: ["sts.*"], ', ("sts.amazonaws.com", "sts.eu"), ""),
        ("audience: [sts.amazonaws.com], ", None, "with tokens for anybody, which is not declared"),
        (
            "audience: [sts.amazonaws.com], ",
            ("sts.amazonaws.com", "vault"),
            "with tokens for sts.amazonaws.com, vault, which is not declared",
        ),
    ],
)
def test_tokens_have_to_be_for_the_declared_audience(declared, audiences, says):
    text = (LOAD % '["oidc:gitlab.example/p:main"]').replace("owner:", f"{declared}owner:")
    found = [d for d in judge(text, ROLE, trusted={ROLE.ref: (federated(("p:main",), audiences),)}) if d.subject.endswith("role/x")]
    assert [d.kind.value for d in found] == (["trust-excess"] if says else [])
    assert all(d.message.endswith(says) for d in found)
