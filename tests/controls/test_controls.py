"""Every control proves itself: its examples are judged, and its code stays what it is."""

from __future__ import annotations

import pytest

from controls.judging import findings
from guardrails.controls import CONTROLS
from guardrails.model.words import Kind, Verdict

CODES = {
    "GR101": Kind.ACCESS_EXCESS,
    "GR102": Kind.ACCESS_MISSING,
    "GR103": Kind.PRINCIPAL_UNDECLARED,
    "GR104": Kind.TRUST_EXCESS,
    "GR105": Kind.TRUST_WITHOUT_EXTERNAL_ID,
    "GR106": Kind.ASSET_SHARED,
    "GR107": Kind.ACCESS_ESCALATION,
    "GR108": Kind.POLICY_DENIES_NOTHING,
    "GR109": Kind.POLICY_RULE_DEAD,
    "GR110": Kind.LOGIN_OPEN,
    "GR111": Kind.POLICY_ABSENT,
    "GR112": Kind.ACCESS_NEXT_LOGIN,
    "GR201": Kind.LEAVER,
    "GR202": Kind.ACCOUNT_OF_NOBODY,
    "GR203": Kind.CREDENTIAL_FORBIDDEN,
    "GR204": Kind.CREDENTIAL_OLD,
    "GR205": Kind.TOKEN_ENDLESS,
    "GR206": Kind.CREDENTIAL_LIVES,
    "GR301": Kind.EXPOSURE_EXCESS,
    "GR302": Kind.EXPOSURE_MISSING,
    "GR303": Kind.EXPOSURE_UNDECLARED,
    "GR304": Kind.NETWORK_EXPIRED,
    "GR305": Kind.ADDRESS_UNKNOWN_TO_INVENTORY,
    "GR306": Kind.NETWORK_GUARD,
    "GR401": Kind.AT_REST_WEAK,
    "GR402": Kind.KEY_NOT_ROTATED,
    "GR403": Kind.TRANSIT_WEAK,
    "GR404": Kind.KEY_UNUSABLE,
    "GR405": Kind.KEY_SHARED,
    "GR406": Kind.DEFAULT_WEAK,
    "GR407": Kind.LOGIN_IN_THE_CLEAR,
    "GR408": Kind.KEY_LEAVES,
    "GR409": Kind.ISSUING_OPEN,
    "GR501": Kind.ASSET_UNDECLARED,
    "GR502": Kind.ASSET_NOT_ACCEPTED,
    "GR503": Kind.EXCEPTION_EXPIRED,
    "GR504": Kind.EXCEPTION_NOT_APPROVED,
    "GR505": Kind.VENDOR_LAPSED,
    "GR506": Kind.DECLARED_ABSENT,
    "GR507": Kind.CLASS_OVERLAP,
    "GR508": Kind.REVIEW_OVERDUE,
    "GR509": Kind.AUDIT_WEAK,
    "GR510": Kind.CHANGE_UNCONTROLLED,
    "GR901": Kind.EVIDENCE_GAP,
    "GR902": Kind.SECTION_UNEVALUATED,
    "GR904": Kind.SYSTEM_EMPTY,
}
"""Entries are added and never changed: a code that is gone keeps its line here."""

ALLOWS = [pytest.param(example, id=f"{control.code} {example.title}") for control in CONTROLS for example in control.allows]
FORBIDS = [pytest.param(control, example, id=f"{control.code} {example.title}") for control in CONTROLS for example in control.forbids]


@pytest.mark.parametrize("example", ALLOWS)
def test_what_a_control_allows_is_no_finding_of_it_nor_of_any_other(example):
    assert [(found.control, found.difference.message) for found in findings(example)] == []


@pytest.mark.parametrize(("control", "example"), FORBIDS)
def test_what_a_control_forbids_is_found_with_its_verdict_and_sentence(control, example):
    found = {(f.difference.verdict, f.difference.message) for f in findings(example) if f.control == control.code}

    assert (example.verdict, example.says) in found


def test_every_control_allows_something_and_forbids_something():
    assert [control.code for control in CONTROLS if not control.allows or not control.forbids] == []


def test_no_example_is_forbidden_as_ok():
    assert Verdict.OK not in {example.verdict for control in CONTROLS for example in control.forbids}


def test_every_kind_has_exactly_one_control():
    assert sorted(control.kind.value for control in CONTROLS) == sorted(kind.value for kind in Kind)


def test_a_code_keeps_its_kind_for_ever():
    assert {code: kind for code, kind in CODES.items() if kind in Kind} == {control.code: control.kind for control in CONTROLS}
    assert list(CODES) == sorted(CODES)


def test_controls_are_listed_by_code():
    assert [control.code for control in CONTROLS] == sorted({control.code for control in CONTROLS})


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.code)
def test_a_control_says_what_it_means_and_what_to_do(control):
    assert 2 <= control.why.count(". ") + control.why.endswith(".") <= 3
    assert not control.title.endswith(".")
    assert not control.remedy.endswith(".")
    assert len({example.title for example in (*control.allows, *control.forbids)}) == len(control.allows) + len(control.forbids)
