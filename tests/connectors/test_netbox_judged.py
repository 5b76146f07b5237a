"""From an export of NetBox to findings: networks, users and gaps, through the whole of guardrails."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.netbox_objects import ip_address, prefix, token, user, whole
from guardrails import declare, workflow
from guardrails.model.findings import ExitCode

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROLE = {"role": {"slug": "vpn-egress"}}
USERS = {"users": [user(1, "bot", email="bot@example.se")], "tokens": [token(1, 1)]}
DECLARED = """\
guardrails: 1
systems: {inventory: {connector: netbox, export: '%s'}}
workloads: {bot: {is: ["inventory:user/bot"], credentials: {static: none}}}
networks:
  vpn: {inventory: {prefixes: {role: vpn-egress, vrf: global}}, at-least: {v4: 1}, at-most: {v4: 16, v6: {prefixes: 1, widest: 56}}}
  own: {cidrs: ["198.51.100.0/29"]}
"""


@pytest.fixture
def judge(tmp_path):
    def judged(found: dict, declared: str = DECLARED):
        (tmp_path / "netbox.json").write_text(json.dumps(found))
        declaration = declare.loads([("guardrails.yaml", (declared % (tmp_path / "netbox.json")).encode())])
        return workflow.assess(declaration, workflow.observe(declaration, NOW), NOW)

    return judged


def codes(assessment):
    return sorted((finding.control, finding.difference.subject, finding.difference.verdict.value) for finding in assessment.findings)


def test_an_inventory_within_its_guards_leaves_only_what_a_workload_may_not_have(judge):
    assessment = judge(whole(prefixes=[prefix(1, **ROLE)], **USERS))

    assert {finding.difference.kind.value for finding in assessment.findings} == {"credential-forbidden"}
    assert assessment.exit_code is ExitCode.FINDINGS


def test_a_record_that_somebody_widened_is_outside_the_guard(judge):
    assessment = judge(whole(prefixes=[prefix(1, "198.51.100.0/24", **ROLE)], **USERS))

    assert ("GR306", "network:vpn", "violation") in codes(assessment)


def test_addresses_in_no_active_prefix_are_told(judge):
    assessment = judge(whole(prefixes=[prefix(1, "203.0.113.0/28", **ROLE)], **USERS))

    assert ("GR305", "network:own", "violation") in codes(assessment)


def test_an_export_without_prefixes_cannot_tell(judge):
    found = whole(**USERS)
    del found["prefixes"]

    assessment = judge(found)

    assert ("GR306", "network:vpn", "unknown") in codes(assessment)
    assert assessment.exit_code is ExitCode.CANNOT_TELL


def test_a_user_whom_nothing_declares_is_told(judge):
    assessment = judge(whole(users=[user(1, "bot"), user(2, "eve")], tokens=[token(1, 1), token(2, 2)]))

    assert ("GR103", "inventory@netbox:user/eve", "violation") in codes(assessment)


def test_a_user_that_was_not_seen_is_not_absent(judge):
    found = whole(**USERS)
    del found["users"]

    assert ("GR506", "inventory:user/bot", "unknown") in codes(judge(found))


def test_addresses_are_selected_by_their_role(judge):
    declared = DECLARED.replace("prefixes: {role: vpn-egress, vrf: global}", "addresses: {role: vip}")
    found = whole(prefixes=[prefix(1)], **{"ip-addresses": [ip_address(1, role={"value": "vip", "label": "VIP"})]}, **USERS)

    assert {finding.difference.kind.value for finding in judge(found, declared).findings} == {"credential-forbidden"}
