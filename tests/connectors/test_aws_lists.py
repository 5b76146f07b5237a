"""Whom the access control list of a bucket lets in, and what ownership and public access blocks leave of lists and policies."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from aws_lists import EVERYBODY, LIST, LOGS, OWNER, SIGNED, STRANGER, UNSEEN, by_id, limited, listed, text
from aws_policies import BUCKET, allow, deny, meaning

from guardrails.connectors.aws.acl import listing
from guardrails.model.facts import Asset, Gap
from guardrails.model.words import GapReason, Verdict

ASSET = Asset(ref=BUCKET, resource=BUCKET.id)
OPEN = allow("s3:GetObject", f"{BUCKET.id}/*", Principal="*")
SERVICES = [("service", "*", False)]
"""Whom S3 still lets in where a block restricts a public policy: they may act for strangers."""
IGNORED, RESTRICTED, ENFORCED = ("IgnorePublicAcls",), ("RestrictPublicBuckets",), "BucketOwnerEnforced"


def seen(*facts, resource=None):
    return meaning(resource=resource, gaps=facts).shares(ASSET)


def whom(*facts, resource=None):
    return sorted((each.kind, each.name, each.conditional) for each in seen(*facts, resource=resource))


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([], []),
        ([(EVERYBODY, "READ")], [("any", "*", False)]),
        ([(SIGNED, "WRITE_ACP")], [("any", "*", False)]),
        ([({"Type": "Group", "URI": "http://acs.amazonaws.com/groups/of/tomorrow"}, "READ")], [("any", "*", False)]),
        ([(by_id(STRANGER), "READ"), (by_id(STRANGER), "WRITE")], [("aws", STRANGER, False)]),
        ([({"Type": "AmazonCustomerByEmail", "EmailAddress": "x@example.org"}, "READ")], [("aws", "x@example.org", False)]),
        # the group that writes logs is a service, which acts for the account alone
        ([(LOGS, "WRITE"), (LOGS, "READ_ACP")], [("service", "logging.s3.amazonaws.com", False)]),
    ],
)
def test_a_list_lets_in_whom_it_names(grants, expected):
    assert whom(*listed(*grants)) == expected
    assert all(each.by_list for each in seen(*listed(*grants)))


def test_the_list_of_a_bucket_says_so_itself():
    (found,) = seen(*listed((EVERYBODY, "READ"), (EVERYBODY, "WRITE")))
    assert found.pointer == f"{LIST} AllUsers READ, WRITE"
    assert not found.account


@pytest.mark.parametrize(
    ("permission", "reads"), [("READ", True), ("WRITE", False), ("READ_ACP", False), ("FULL_CONTROL", False), ("NEW", False)]
)
def test_who_may_list_a_bucket_only_reads(permission, reads):
    assert [each.reads_only for each in seen(*listed((EVERYBODY, permission)))] == [reads]


def test_an_account_of_ours_is_known_by_a_bucket_that_it_owns():
    theirs = replace(BUCKET, realm="555566667777", id="arn:aws:s3:::theirs", name="theirs")
    facts = (*listed((by_id(STRANGER), "READ")), *listed(bucket=theirs, owner=STRANGER))
    assert [(each.name, each.account) for each in seen(*facts)] == [(STRANGER, "555566667777")]
    assert seen(*listed((by_id(OWNER), "WRITE"))) == ()


def test_lists_that_are_switched_off_let_in_nobody():
    assert whom(*listed((EVERYBODY, "READ"), (by_id(STRANGER), "READ"), ownership=ENFORCED)) == []
    assert len(whom(*listed((EVERYBODY, "READ"), (by_id(STRANGER), "READ"), ownership="BucketOwnerPreferred"))) == 2


@pytest.mark.parametrize("where", ["block", "above"])
def test_a_block_ignores_what_is_public_and_nothing_else(where):
    grants = ((EVERYBODY, "READ"), (SIGNED, "WRITE"), (by_id(STRANGER), "READ"))
    assert whom(*listed(*grants, **{where: IGNORED})) == [("aws", STRANGER, False)]
    for other in ("BlockPublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
        assert len(whom(*listed(*grants, **{where: (other,)}))) == 3


@pytest.mark.parametrize("where", ["block", "above"])
def test_a_block_that_was_not_seen_leaves_it_open(where):
    grants = ((EVERYBODY, "READ"), (by_id(STRANGER), "READ"))
    assert whom(*listed(*grants, **{where: UNSEEN})) == [("any", "*", True), ("aws", STRANGER, False)]
    other = "above" if where == "block" else "block"
    assert whom(*listed(*grants, **{where: UNSEEN, other: IGNORED})) == [("aws", STRANGER, False)]


def test_ownership_that_was_not_seen_leaves_it_open():
    assert whom(*listed((EVERYBODY, "READ"), (by_id(STRANGER), "READ"), ownership=UNSEEN)) == [("any", "*", True), ("aws", STRANGER, True)]
    assert whom(*listed((EVERYBODY, "READ"), ownership=UNSEEN, block=IGNORED)) == []


def test_a_policy_denies_what_a_list_gives():
    closed = deny("s3:*", [BUCKET.id, f"{BUCKET.id}/*"], Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})
    assert whom(*listed((EVERYBODY, "READ")), resource=[deny("s3:ListBucket*", BUCKET.id, Principal="*")]) == []
    assert whom(*listed((EVERYBODY, "WRITE")), resource=[deny("s3:ListBucket*", BUCKET.id, Principal="*")]) == [("any", "*", False)]
    assert whom(*listed((EVERYBODY, "READ")), resource=[closed]) == [("any", "*", True)]
    unread = Gap(system="aws", realm=BUCKET.realm, what="s3:policy", reason=GapReason.DENIED, message="no", subject=BUCKET)
    assert whom(*listed((EVERYBODY, "READ")), unread) == [("any", "*", True)]


def test_a_list_and_a_policy_are_told_apart():
    found = seen(*listed((EVERYBODY, "READ")), resource=[OPEN])
    assert [(each.by_list, each.name) for each in found] == [(False, "*"), (True, "*")]


@pytest.mark.parametrize("where", ["block", "above"])
def test_a_block_restricts_what_is_surely_public(where):
    limits = limited(**{where: RESTRICTED})
    assert whom(*limits, resource=[OPEN]) == SERVICES
    assert whom(*limits, resource=[OPEN | {"Principal": {"AWS": ["*"]}}]) == SERVICES
    ours = deny("s3:*", "*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:SourceAccount": BUCKET.realm}})
    assert whom(*limits, resource=[OPEN, ours]) == [("aws", BUCKET.realm, False)], "for nobody but us"
    assert whom(*limited(**{where: IGNORED}), resource=[OPEN]) == [("any", "*", False)]
    assert whom(*limited(**{where: UNSEEN}), resource=[OPEN]) == [("any", "*", False)]


def test_a_block_hides_nobody_by_name():
    named, both = OPEN | {"Principal": {"AWS": "999988887777"}}, OPEN | {"Principal": {"AWS": ["*", "999988887777"]}}
    by_id_alone = OPEN | {"Condition": {"StringEquals": {"aws:PrincipalAccount": "999988887777"}}}
    limits = limited(block=RESTRICTED)
    assert whom(*limits, resource=[OPEN, named]) == [("aws", "999988887777", False), *SERVICES]
    assert whom(*limits, resource=[OPEN, by_id_alone]) == [("aws", "999988887777", False), *SERVICES]
    assert [name for _, name, _ in whom(*limits, resource=[both])] == ["*", "999988887777"]


def test_what_may_not_be_public_is_told_under_a_block_too():
    limits = limited(block=RESTRICTED)
    somewhere = OPEN | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    tls = OPEN | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    assert whom(*limits, resource=[somewhere]) == [("any", "*", True)]
    assert whom(*limits, resource=[tls]) == [("any", "*", False)]
    elsewhere = deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    assert whom(*limits, resource=[OPEN, elsewhere]) == whom(resource=[OPEN, elsewhere]) != []
    plain = deny("s3:*", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert whom(*limits, resource=[OPEN, plain]) == SERVICES


def test_what_is_left_of_a_policy_keeps_its_place():
    named = OPEN | {"Principal": {"AWS": "999988887777"}}
    found = seen(*limited(block=RESTRICTED), resource=[OPEN, named])
    assert [one.pointer.rpartition(" statement ")[2] for one in found] == ["0", "1"]


def test_a_canonical_id_in_a_policy_is_somebody():
    assert whom(resource=[OPEN | {"Principal": {"CanonicalUser": STRANGER}}]) == [("aws", STRANGER, False)]
    assert [each.account for each in seen(*listed(), resource=[OPEN | {"Principal": {"CanonicalUser": OWNER}}])] == [BUCKET.realm]


def test_a_list_opens_something_by_a_grant_that_comes():
    def opened(now, before):
        after, was = (meaning(gaps=listed(*grants)) for grants in (now, before))
        return after.opened(BUCKET, was).verdict

    less, more = [(EVERYBODY, "READ")], [(EVERYBODY, "READ"), (by_id(STRANGER), "READ")]
    assert (opened(less, more), opened(less, less), opened(more, less)) == (Verdict.OK, Verdict.OK, Verdict.UNDECIDED)


def test_a_list_is_kept_in_one_order_and_without_names_to_show():
    grants = ((EVERYBODY, "READ"), (by_id(STRANGER), "WRITE"))
    assert text(*grants) == text(*reversed(grants))
    assert "shown" not in text()
    assert listing(json.loads(text(*grants))) == text(*grants)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"Grants": []}, "owns"),
        ({"Owner": {"ID": OWNER}, "Grants": [{"Grantee": {"Type": "Group"}, "Permission": "READ"}]}, "to whom"),
        ({"Owner": {"ID": OWNER}, "Grants": [{"Grantee": EVERYBODY}]}, "what it gives"),
    ],
)
def test_a_list_that_does_not_say_all_is_none(answer, why):
    with pytest.raises(ValueError, match=why):
        listing(answer)
