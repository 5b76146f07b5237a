"""Entries that say only what was found: they count as written, claim nothing beyond it, and are told when their day has passed."""

from __future__ import annotations

import pytest

from drift.worlds import account, judge, kinds, ref
from guardrails import declare
from guardrails.errors import DeclarationError
from guardrails.model.facts import Asset, DefaultEncryption
from guardrails.model.words import AtRest
from guardrails.ports import TrustSeen

CLASS = "classes: {c: {at-rest: service%s}}\n"
MARK = ", origin: adopted, review-by: 2036-01-01"
VOLUMES = DefaultEncryption(ref=ref("ebs-default", "r"), at_rest=AtRest.NONE)


def test_an_adopted_class_demands_nothing_of_what_is_new():
    found = {mark: [d.kind.value for d in judge(CLASS % mark, VOLUMES, account("x"))] for mark in ("", MARK)}

    assert "default-weak" in found[""]
    assert "default-weak" not in found[MARK]


def test_a_mark_is_no_part_of_what_was_accepted():
    text = 'guardrails: 1\nteams: {t: {}}\nclasses: {c: {}}\nassets: {a: {class: c, owner: "team:t"%s}}\n'

    digests = {dict(declare.loads([("f.yaml", (text % mark).encode())]).digests)["asset:a"] for mark in ("", MARK)}

    assert len(digests) == 1


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("origin: adopted", "classes.c lacks review-by"),
        ("review-by: 2027-01-01", "review-by is for what was adopted"),
        ("origin: found, review-by: 2027-01-01", "classes.c.origin: found is none of adopted"),
        ("origin: adopted, review-by: soon", "classes.c.review-by: soon is not a date"),
    ],
)
def test_half_a_mark_is_a_mistake_with_a_place(mark, says):
    with pytest.raises(DeclarationError) as caught:
        declare.loads([("f.yaml", f"guardrails: 1\nclasses: {{c: {{{mark}}}}}\n".encode())])

    assert says in str(caught.value)
    assert "f.yaml:2:" in str(caught.value)


BUCKET = Asset(ref=ref("bucket", "a"), resource="arn:a")
SHARED = (
    'teams: {t: {}}\nclasses: {c: {rotation: 1d}}\nassets: {a: {class: c, owner: "team:t", shared-with: [%s], match: {app: ["arn:a"]}}}\n'
)


@pytest.mark.parametrize(
    ("declared", "left"),
    [
        ("anybody", []),
        ('"app:999988887777"', ["*"]),
        ('"app:arn:aws:iam::999988887777:role/x"', ["*", "arn:aws:iam::999988887777:root"]),
        ('"app:888877776666"', ["*", "arn:aws:iam::999988887777:root"]),
        ("", ["*", "arn:aws:iam::999988887777:root"]),
    ],
)
def test_strangers_whom_the_entry_names_are_declared_and_no_others(declared, left):
    account_of = [("aws", "arn:aws:iam::999988887777:root", "999988887777"), ("any", "*", "")]
    seen = tuple(_seen(*who) for who in account_of)

    found = judge(SHARED % declared, BUCKET, account("x"), shared={BUCKET.ref: seen}, approval=lambda *_: "nobody signed")

    assert [d.facet for d in found if d.kind.value == "asset-shared"] == left
    assert ("asset-not-accepted", "asset:a", "violation") in kinds(found)


def _seen(kind, name, number):
    return TrustSeen(kind=kind, name=name, account=number, external_id=False, pointer="s")
