"""What reaches a target already, and from more or fewer addresses after a change: certain, untold, or no worse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.test_exposure import LISTED, MUST, VPN, seen_as
from drift.test_inventory import API, TARGET, rule
from guardrails.model.findings import Difference, Finding, Severity
from guardrails.model.words import Kind
from guardrails.proposals.grown import grown

UNTOLD = ("it is there without the change too, and nothing proves that it stands for no more", False)
HIDDEN = replace(rule("203.0.113.0/24"), through=LISTED)
"""Through a list that was not seen, so that these addresses come in at most."""
WIDER = replace(HIDDEN, addresses=("203.0.112.0/23",))


def finding(kind):
    found = Difference(kind=kind, system="app", cause=TARGET.id, subject=str(TARGET), message="", places=(TARGET,))
    return Finding(id="f", control="GR301", severity=Severity.HIGH, difference=found)


@pytest.mark.parametrize(
    ("kind", "text", "before", "after", "told"),
    [
        (Kind.EXPOSURE_EXCESS, VPN + API, [rule("198.51.100.0/27")], [rule("198.51.100.0/27")], None),
        (Kind.EXPOSURE_EXCESS, VPN + API, [rule("198.51.100.0/27")], [rule("198.51.100.0/28")], None),
        (
            Kind.EXPOSURE_EXCESS,
            VPN + API,
            [rule("198.51.100.0/27")],
            [rule("198.51.100.0/26")],
            (f"it is worse: {TARGET} would also let 198.51.100.32 reach 443/tcp", True),
        ),
        # what comes in at most may be more, and what came in at most may do so for certain now
        (Kind.EXPOSURE_EXCESS, VPN + API, [HIDDEN], [HIDDEN], None),
        (Kind.EXPOSURE_EXCESS, VPN + API, [HIDDEN], [WIDER], UNTOLD),
        (Kind.EXPOSURE_EXCESS, VPN + API, [WIDER], [HIDDEN], None),
        (Kind.EXPOSURE_EXCESS, VPN + API, [HIDDEN], [rule("203.0.113.0/24")], UNTOLD),
        # and what is lacking is worse where less comes in
        (Kind.EXPOSURE_MISSING, VPN + MUST, [rule("198.51.100.0/29")], [rule("198.51.100.0/28")], None),
        (
            Kind.EXPOSURE_MISSING,
            VPN + MUST,
            [rule("198.51.100.0/29")],
            [rule("198.51.100.0/30")],
            (f"it is worse: {TARGET} would no longer let 198.51.100.4 reach 443/tcp", True),
        ),
    ],
)
def test_what_reaches_a_target_is_put_against_what_reached_it(kind, text, before, after, told):
    assert grown(finding(kind), seen_as(text, *before), seen_as(text, *after), frozenset()) == told


def test_a_ceiling_that_shrinks_makes_more_of_the_same_rules_beyond_it():
    smaller = VPN.replace("198.51.100.0/28", "198.51.100.0/29")
    before, after = seen_as(VPN + API, rule("198.51.100.0/27")), seen_as(smaller + API, rule("198.51.100.0/27"))

    assert grown(finding(Kind.EXPOSURE_EXCESS), before, after, frozenset())[1] is True
    assert grown(finding(Kind.EXPOSURE_EXCESS), after, before, frozenset()) is None
