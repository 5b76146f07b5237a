"""How many pages x faults there are, system by system."""

from __future__ import annotations

import pytest

from connectors import test_aws_faults, test_ldap_faults, test_netbox_faults, test_vault_faults

CASES = {
    "aws": (*test_aws_faults.CASES, *test_aws_faults.CASES_ABOVE),
    "vault": test_vault_faults.CASES,
    "ldap": test_ldap_faults.CASES,
    "netbox": test_netbox_faults.CASES,
}


def test_there_are_at_least_500_cases_over_the_four_systems(record_property):
    counts = {system: len({(page.name, fault) for page, fault in cases}) for system, cases in CASES.items()}
    for system, number in counts.items():
        record_property(system, number)
    assert sum(counts.values()) >= 500, counts
    assert min(counts.values()) >= 50, counts


@pytest.mark.parametrize("system", CASES)
def test_no_system_is_spared_a_fault(system):
    faults = {fault for _, fault in CASES[system]}
    assert {"empty", "braces", "html", "cut", "repeated", "denied", "reset", "slow"} <= faults
