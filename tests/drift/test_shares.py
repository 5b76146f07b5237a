"""What an asset's own policy lets in: whose finding it is, and when it is the same one."""

from __future__ import annotations

from dataclasses import replace

from drift.worlds import judge, ref
from guardrails.controls import judged
from guardrails.model.facts import Asset, Key, Protection
from guardrails.model.words import AtRest, Custody, State
from guardrails.ports import TrustSeen

ASSET = """
teams: {t: {}}
classes: {open: {}, internal: {at-rest: service}}
assets: {a: {class: %s, owner: "team:t", accepted: ISG-1, match: {app: ["arn:a"]}}}
"""
A = Asset(ref=ref("bucket", "a"), resource="arn:a")
ANYBODY = TrustSeen(kind="any", name="*", account="", external_id=False, pointer="a/policy statement 0")


def shared(text, *seen, **options):
    return [f for f in judged(judge(text, A, shared={A.ref: seen}, **options)) if f.control == "GR106"]


def test_a_statement_that_moves_is_the_same_finding():
    moved = replace(ANYBODY, pointer="a/policy statement 3")

    assert [f.id for f in shared(ASSET % "internal", ANYBODY)] == [f.id for f in shared(ASSET % "internal", moved)]


def test_of_two_statements_the_one_without_a_condition_decides():
    (found,) = shared(ASSET % "internal", ANYBODY, replace(ANYBODY, conditional=True, pointer="a/policy statement 1"))

    assert found.difference.verdict.value == "violation"


def test_the_owner_of_the_asset_answers_for_it():
    (found,) = shared(ASSET % "internal", ANYBODY)

    assert (found.difference.owner, str(found.difference.declared_at)) == ("team:t", "file.yaml:6")
    assert shared("teams: {}\n", ANYBODY)[0].difference.owner == "isg"


def test_everybody_may_read_a_public_asset_that_was_accepted_and_nothing_else():
    reading = replace(ANYBODY, reads_only=True)

    assert shared(ASSET % "open", reading) == []
    assert shared(ASSET % "open", ANYBODY)
    assert shared(ASSET % "internal", reading)
    assert shared("teams: {}\n", reading)
    assert shared(ASSET % "open", reading, approval=lambda *_: "no record")


KEY = Key(ref=ref("key", "k"), resource="arn:k", custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=365)
VENDOR = TrustSeen(kind="aws", name="444455556666", account="444455556666", external_id=False, pointer="k/policy statement 0")


def keyed(text, seen):
    protected = Protection(asset=A.ref, at_rest=AtRest.CUSTOMER_KEY, key="arn:k")
    return [f.difference for f in judged(judge(text, A, KEY, protected, shared={KEY.ref: (seen,)})) if f.control == "GR106"]


def test_a_key_may_be_used_by_whom_its_assets_are_shared_with():
    (found,) = keyed(ASSET % "internal", VENDOR)

    assert (found.subject, found.owner) == ("app@r:key/k", "team:t")
    assert keyed((ASSET % "internal").replace("match", 'shared-with: ["app:444455556666"], match'), VENDOR) == []
    assert keyed("teams: {}\n", VENDOR)[0].owner == "isg"


def test_that_everybody_may_read_a_public_asset_opens_no_key_to_writers():
    assert keyed(ASSET % "open", ANYBODY)
    assert keyed(ASSET % "open", replace(ANYBODY, reads_only=True)) == []
