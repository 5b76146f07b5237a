"""From where requests come: by address, through an endpoint, or from a service."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny, document

from guardrails.iam.proof import networks
from guardrails.iam.proof.access import bounds
from guardrails.iam.proof.conditions import domain
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.networks import Reach, reach
from guardrails.iam.proof.statements import statements
from guardrails.sets import Addresses, BudgetExceededError, Contexts, Language, Pattern

IP, VPC, VPCE, VPC_IP = "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"
VIA, TLS, MFA = "aws:ViaAWSService", "aws:SecureTransport", "aws:MultiFactorAuthPresent"
OFFICE = "198.51.100.0/24"
ALL = Addresses.everything()


def reached(*policy):
    """The bounds of the reach of a policy, asserted to be one where everything in it is understood."""
    found = bounds(statements(json.dumps(document(*policy))))
    return reach(found.lower), reach(found.upper)


def exactly(*policy):
    lower, upper = reached(*policy)
    assert lower == upper
    return lower


def conditions(*tests):
    block = {}
    for operator, key, value in tests:
        block.setdefault(operator, {})[key] = value
    return {"Condition": block}


def inside(found, **told):
    """Whether requests come through an endpoint that tells this."""
    keys = {"vpc": "aws:sourcevpc", "vpce": "aws:sourcevpce", "ip": "aws:vpcsourceip", "account": "aws:vpceaccount"}
    whole = {"vpc": "vpc-9", "vpce": "vpce-9", "ip": "10.0.0.9"} | told
    return {keys[name]: value for name, value in whole.items()} in found.endpoints


def test_without_a_word_about_the_network_requests_come_from_everywhere():
    found = exactly(allow("s3:*"))
    assert (found.addresses, found.by_services) == (ALL, True)
    assert inside(found)


def test_a_policy_that_allows_nothing_is_reached_from_nowhere():
    found = exactly(deny("s3:*"))
    assert found.addresses.is_empty()
    assert found.endpoints.is_empty()
    assert not found.by_services


@pytest.mark.parametrize(
    ("tests", "addresses", "through_endpoints"),
    [
        ([("IpAddress", IP, OFFICE)], [OFFICE], False),
        ([("IpAddress", IP, [OFFICE, "2001:db8::/32"])], [OFFICE, "2001:db8::/32"], False),
        # a request through an endpoint has no address of this key, which IfExists lets pass
        ([("IpAddressIfExists", IP, OFFICE)], [OFFICE], True),
        ([("NotIpAddress", IP, ["0.0.0.0/0", "2001:db8::/32"])], ["::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::-ffff:" + "ffff:" * 6 + "ffff"], True),
        ([("ForAllValues:IpAddress", IP, OFFICE)], [OFFICE], True),
        ([("ForAnyValue:IpAddress", IP, OFFICE)], [OFFICE], False),
        # several operators on one key are all asked
        ([("IpAddress", IP, OFFICE), ("NotIpAddress", IP, "198.51.100.128/25")], ["198.51.100.0/25"], False),
        ([("Null", IP, "true")], [], True),
        ([("Null", IP, "false")], ["0.0.0.0/0", "::/0"], False),
        # the address of an endpoint is another key
        ([("IpAddress", VPC_IP, "10.0.0.0/8")], [], True),
        ([("StringEquals", VPC, "vpc-9")], [], True),
        ([("StringEqualsIfExists", VPC, "vpc-1")], ["0.0.0.0/0", "::/0"], False),
        ([("StringNotEquals", VPCE, "vpce-9")], ["0.0.0.0/0", "::/0"], False),
        # no request has both
        ([("IpAddress", IP, OFFICE), ("StringEquals", VPC, "vpc-9")], [], False),
    ],
)  # fmt: skip
def test_an_allow_lets_in_just_the_addresses_of_its_condition(tests, addresses, through_endpoints):
    found = exactly(allow("s3:*", **conditions(*tests)))
    assert found.addresses == Addresses.parse(addresses)
    assert inside(found) is through_endpoints


@pytest.mark.parametrize(
    ("tests", "addresses", "through_endpoints"),
    [
        # a negated operator denies what has no address as well
        ([("NotIpAddress", IP, OFFICE)], [OFFICE], False),
        # and with IfExists too: it only adds what a negated one lets pass already
        ([("NotIpAddressIfExists", IP, OFFICE)], [OFFICE], False),
        ([("NotIpAddress", IP, OFFICE), ("Null", IP, "false")], [OFFICE], True),
        ([("ForAnyValue:NotIpAddress", IP, OFFICE)], [OFFICE], True),
        ([("ForAllValues:NotIpAddress", IP, OFFICE)], [OFFICE], False),
        ([("IpAddress", IP, ["0.0.0.0/0", "::/0"])], [], True),
        ([("IpAddress", IP, "0.0.0.0/0")], ["::/0"], True),
        ([("StringNotEquals", VPCE, "vpce-9")], [], True),
        ([("StringNotEqualsIfExists", VPCE, "vpce-9")], [], True),
        ([("StringEquals", VPCE, "vpce-9")], ["0.0.0.0/0", "::/0"], False),
        # either the office or the endpoint
        ([("NotIpAddress", IP, OFFICE), ("StringNotEquals", VPCE, "vpce-9")], [OFFICE], True),
    ],
)
def test_a_deny_leaves_just_what_its_condition_does_not_say(tests, addresses, through_endpoints):
    found = exactly(allow("s3:*"), deny("s3:*", **conditions(*tests)))
    assert found.addresses == Addresses.parse(addresses)
    assert inside(found) is through_endpoints


def addresses_of(effect, *tests):
    """The addresses that come straight, and whether requests come through an endpoint."""
    more = [allow("s3:*")] if effect is deny else []
    found = exactly(*more, effect("s3:*", **conditions(*tests)))
    return found.addresses, inside(found)


def test_if_exists_lets_requests_through_endpoints_pass():
    assert addresses_of(allow, ("IpAddressIfExists", IP, OFFICE)) == (Addresses.parse([OFFICE]), True)
    assert addresses_of(allow, ("IpAddress", IP, OFFICE)) == (Addresses.parse([OFFICE]), False)
    assert addresses_of(deny, ("IpAddressIfExists", IP, OFFICE)) == (ALL - Addresses.parse([OFFICE]), False)


def test_a_negated_operator_holds_where_there_is_no_address():
    assert addresses_of(allow, ("NotIpAddress", IP, OFFICE)) == (ALL - Addresses.parse([OFFICE]), True)
    assert addresses_of(deny, ("NotIpAddress", IP, OFFICE)) == (Addresses.parse([OFFICE]), False)


def test_all_of_no_values_is_true_and_any_of_none_is_not():
    assert addresses_of(allow, ("ForAllValues:IpAddress", IP, OFFICE)) == (Addresses.parse([OFFICE]), True)
    assert addresses_of(allow, ("ForAllValues:NotIpAddress", IP, OFFICE)) == (ALL - Addresses.parse([OFFICE]), True)
    assert addresses_of(allow, ("ForAnyValue:NotIpAddress", IP, OFFICE)) == (ALL - Addresses.parse([OFFICE]), False)


def test_null_asks_for_the_address_itself():
    assert addresses_of(allow, ("Null", IP, "true")) == (Addresses.nothing(), True)
    assert addresses_of(deny, ("Null", IP, "true")) == (ALL, False)


def test_a_network_of_one_family_says_nothing_of_the_other():
    assert addresses_of(deny, ("IpAddress", IP, "0.0.0.0/0")) == (Addresses.parse(["::/0"]), True)
    assert addresses_of(deny, ("NotIpAddress", IP, "::/0")) == (Addresses.parse(["::/0"]), False)
    # an IPv4 address written in IPv6 is IPv6
    assert addresses_of(allow, ("IpAddress", IP, "::ffff:0:0/96")) == (Addresses.parse(["::ffff:0:0/96"]), False)


def test_two_denies_that_each_spare_another_way_leave_none():
    found = exactly(allow("s3:*"), deny(**conditions(("NotIpAddress", IP, OFFICE))), deny(**conditions(("StringNotEquals", VPC, "vpc-9"))))
    assert found.addresses.is_empty()
    assert found.endpoints.is_empty()


def test_what_a_service_asks_on_ones_behalf_comes_from_no_address_of_ours():
    spared = conditions(("NotIpAddress", IP, OFFICE), ("Bool", VIA, "false"))
    found = exactly(allow("s3:*"), deny(**spared))
    assert (found.addresses, found.by_services) == (Addresses.parse([OFFICE]), True)
    assert not inside(found)


def test_what_only_a_service_may_ask_comes_from_nowhere_else():
    found = exactly(allow("s3:*", **conditions(("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com"))))
    assert (found.addresses, inside(found), found.by_services) == (Addresses.nothing(), False, True)


@pytest.mark.parametrize(("key", "other"), [(VIA, "aws:PrincipalIsAWSService"), ("aws:PrincipalIsAWSService", VIA)])
def test_a_service_asks_for_itself_or_for_somebody(key, other):
    found = exactly(allow("s3:*", **conditions(("Bool", key, "true"))))
    assert exactly(allow("s3:*", **conditions(("Bool", key, "true"), ("Bool", other, "false")))) == found
    assert (found.addresses, inside(found), found.by_services) == (Addresses.nothing(), False, True)
    assert not exactly(allow("s3:*", **conditions(("Bool", VIA, "false"), ("Bool", "aws:PrincipalIsAWSService", "false")))).by_services


def test_a_service_that_tells_not_who_asks_is_not_covered_by_a_deny_that_wants_it_told():
    spared = conditions(("NotIpAddress", IP, OFFICE), ("Bool", VIA, "false"))
    assert exactly(allow("ec2:*"), deny(**spared)).addresses == ALL
    assert exactly(
        allow("ec2:*"), deny(**conditions(("NotIpAddress", IP, OFFICE), ("BoolIfExists", VIA, "false")))
    ).addresses == Addresses.parse([OFFICE])


@pytest.mark.parametrize("service", ["ec2", "glue", "lakeformation", "opsworks", "opsworks-cm"])
def test_a_service_that_may_tell_who_asks_is_reached_by_what_wants_it_told(service):
    assert exactly(allow(f"{service}:*", **conditions(("Bool", VIA, "false")))).addresses == ALL
    assert exactly(allow(f"{service}:*", **conditions(("Null", VIA, "true")))).addresses == ALL


def test_any_other_service_tells_who_asks():
    assert exactly(allow("s3:*", **conditions(("Null", VIA, "true")))).addresses.is_empty()


def test_one_action_that_is_left_open_is_enough():
    closed = conditions(("NotIpAddress", IP, OFFICE))
    assert exactly(allow("s3:*"), deny("s3:Get*", **closed)).addresses == ALL
    assert exactly(allow("s3:Get*"), deny("s3:Get*", **closed)).addresses == Addresses.parse([OFFICE])


def test_what_nobody_could_ask_for_lets_nobody_in():
    """An object is no bucket: the Deny of each action where it can be asked is enough."""
    closed = conditions(("NotIpAddress", IP, OFFICE))
    policy = [allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])]
    policy += [deny("s3:GetObject", "arn:aws:s3:::b/*", **closed), deny("s3:ListBucket", "arn:aws:s3:::b", **closed)]
    assert exactly(*policy).addresses == Addresses.parse([OFFICE])


def test_some_actions_on_some_resources_are_asked_for_by_their_region():
    found = bounds(statements(json.dumps(document(allow("s3:*"), deny("s3:Get*", **conditions(("NotIpAddress", IP, OFFICE)))))))
    region = found.lower & Declared(actions=("s3:GetObject",), resources=frozenset({"arn:aws:s3:::b/*"})).region()
    assert reach(region).addresses == Addresses.parse([OFFICE])


def test_what_is_not_understood_leaves_two_bounds():
    lower, upper = reached(allow("s3:*"), deny(**conditions(("NotIpAddress", IP, OFFICE), ("StringMatches", "aws:Referer", "x"))))
    assert (lower.addresses, upper.addresses) == (Addresses.parse([OFFICE]), ALL)
    lower, upper = reached(allow("s3:*", **conditions(("IpAddress", IP, OFFICE), ("StringMatches", "aws:Referer", "x"))))
    assert (lower.addresses, upper.addresses) == (Addresses.nothing(), Addresses.parse([OFFICE]))


def test_what_is_too_intricate_is_not_answered(monkeypatch):
    one, two = [allow("s3:GetObject")], [allow("s3:*"), deny("s3:Get*", **conditions(("NotIpAddress", IP, OFFICE)))]
    for pieces, policy in enumerate((one, two), start=1):
        region = bounds(statements(json.dumps(document(*policy)))).lower
        monkeypatch.setattr(networks, "_BUDGET", pieces)
        assert reach(region).addresses == ALL
        monkeypatch.setattr(networks, "_BUDGET", pieces - 1)
        with pytest.raises(BudgetExceededError):
            reach(region)


def test_a_reach_covers_what_comes_from_nowhere_else():
    office, home = Reach(addresses=Addresses.parse([OFFICE])), Reach(addresses=Addresses.parse(["10.0.0.0/8"]))
    inner, other = (
        Reach(endpoints=Contexts.of({"aws:sourcevpc": domain("aws:sourcevpc").one(Language.of(Pattern.literal(vpc)))}))
        for vpc in ("vpc-9", "vpc-1")
    )
    services = Reach(by_services=True)
    every = (office, home, inner, other, services)
    for one in every:
        assert one.covers(one)
        assert one.covers(Reach())
        assert not Reach().covers(one)
        assert not any(one.covers(another) for another in every if another is not one)
        assert all((one | another).covers(another) and (another | one).covers(another) for another in every)
    assert not (office | home).by_services
    assert (office | services).by_services
    assert (services | office).by_services
    assert not (office | inner).covers(office | other)
    assert not (office | services).covers(home | services)
    assert office | home == home | office
