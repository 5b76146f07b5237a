"""What was begun without asking is gone on with only while it could be begun: the night may have brought a freeze, or other evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from guardrails import declare
from guardrails.apply.journal import Step, opened_journal
from guardrails.apply.opened import keep
from guardrails.errors import Refused
from guardrails.remediation import gone_on_with
from guardrails.testing.remedied import MemoryWriter
from plan.plans import AT
from remediation.test_awaited import Waiting
from trust.group import make_keys

TEXT = """\
guardrails: 1
systems: {vault: {connector: vault}}
apply:
  environment: prod
  standing: {approved: ISG-2026-030, kinds: [leaver], systems: [vault], changes: [disable], until: 2099-06-30, per-day: {changes: 9}}
"""


def signed(*_asked):
    return ""


@pytest.fixture
def interrupted(tmp_path, tmp_path_factory, monkeypatch):
    """A run by a standing approval that was killed before its first change."""
    found = Waiting(tmp_path, make_keys(tmp_path_factory.mktemp("keys")), TEXT.encode())
    monkeypatch.setattr("guardrails.remediation.carrying.find", lambda _name: MemoryWriter({"vault": found.system}))
    keep(found.path, found.content)
    with opened_journal(found.path) as journal:
        journal.append(Step.BEGIN, values={"standing": "ISG-2026-030"})
    return found


def declared(interrupted, old, new):
    return replace(interrupted.ground, declaration=declare.loads([("f.yaml", TEXT.replace(old, new).encode())]))


def test_what_could_be_begun_is_gone_on_with(interrupted):
    assert gone_on_with(signed, interrupted.ground) == (f"plan {interrupted.plan.id}: gone on with, applied",)
    assert interrupted.system.held != interrupted.before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("environment: prod", 'environment: prod\n  freeze: "stop everything"', "the declaration"),
        ("environment: prod", 'environment: prod\n  never: {"vault:user/carol": any}', "the declaration"),
        ("  standing:", "  # standing:", "the declaration|nothing is declared"),
    ],
)
def test_what_is_declared_otherwise_by_now_is_left_as_it_is(interrupted, old, new, said):
    with pytest.raises(Refused, match=said):
        gone_on_with(signed, declared(interrupted, old, new))
    assert interrupted.system.held == interrupted.before


def test_what_nobody_stands_behind_any_more_is_left_as_it_is(interrupted):
    with pytest.raises(Refused, match=r"interrupted.*nothing is changed without asking: revoked"):
        gone_on_with(lambda *_: "revoked", interrupted.ground)
    assert interrupted.system.held == interrupted.before


def test_what_rests_on_old_evidence_is_left_as_it_is(interrupted):
    """Who had left then may be back."""
    later = AT + timedelta(days=10)
    with pytest.raises(Refused, match=r"interrupted.*expired"):
        gone_on_with(signed, replace(interrupted.ground, now=later, clock=lambda: later))
    assert interrupted.system.held == interrupted.before


def test_what_was_going_back_goes_back_whatever_is_declared(interrupted):
    interrupted.system.after_write = interrupted.stops
    with pytest.raises(KeyboardInterrupt):
        gone_on_with(signed, interrupted.ground)
    interrupted.system.after_write = lambda _ref: None
    interrupted.rolled_back_in_vain()
    interrupted.system.before_write = lambda _ref: None
    assert interrupted.system.held != interrupted.before

    gone_on_with(signed, declared(interrupted, "environment: prod", 'environment: prod\n  freeze: "stop everything"'))

    assert interrupted.system.held == interrupted.before
