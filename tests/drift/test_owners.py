"""Every finding has somebody who answers for it: its own owner, the system's, or the security group."""

from __future__ import annotations

from drift.worlds import account, judge
from guardrails.model.facts import Gap
from guardrails.model.words import GapReason

GAP = Gap(system="app", realm="r", what="s3", reason=GapReason.DENIED, message="AccessDenied", remedy="give the reader s3:List*")


def test_what_nobody_owns_is_the_security_groups():
    assert {d.owner for d in judge("teams: {t: {}}", account("x"), GAP)} == {"isg"}


def test_what_nobody_owns_in_a_system_is_the_systems_owners():
    owned = judge("teams: {t: {}}", account("x"), GAP, owner='owner: "team:t", ')
    assert {d.owner for d in owned} == {"team:t"}
