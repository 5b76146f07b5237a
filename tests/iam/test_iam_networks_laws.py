"""From where requests come, against asking the evaluator for every address and every endpoint of a small universe."""

from __future__ import annotations

import json
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from iam_small import USER, allow, deny, document
from test_iam_networks import IP, MFA, OFFICE, TLS, VIA, VPC, VPC_IP, VPCE, conditions, inside

from guardrails.iam import Policies, Request, evaluate
from guardrails.iam.proof.access import bounds
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.networks import reach
from guardrails.iam.proof.statements import statements

ADDRESSES = ("10.1.2.3", "198.51.100.7", "203.0.113.7", "2001:db8::1")
TESTS = st.one_of(
    st.tuples(
        st.sampled_from([f"{over}{name}" for over in ("", "ForAllValues:", "ForAnyValue:") for name in ("IpAddress", "NotIpAddress", "IpAddressIfExists")]),
        st.sampled_from([IP, VPC_IP]),
        st.lists(st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", OFFICE, "2001:db8::/32", "0.0.0.0/0"]), min_size=1, max_size=2),
    ),
    st.tuples(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringLike", "StringNotLike"]),
        st.sampled_from([VPC, VPCE]),
        st.sampled_from(["vpc-1", "vpce-1", "vpc*", ["vpc-1", "vpce-2"]]),
    ),
    st.tuples(st.just("Null"), st.sampled_from([IP, VPC, VPCE, VPC_IP, VIA, MFA]), st.sampled_from(["true", "false"])),
    st.tuples(st.sampled_from(["Bool", "BoolIfExists"]), st.sampled_from([VIA, TLS, MFA]), st.sampled_from(["true", "false"])),
)  # fmt: skip


@st.composite
def drawn(draw):
    action = draw(st.sampled_from(["s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "ec2:*", "*"]))
    resource = draw(st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/p/*"]))
    found = draw(st.sampled_from([allow, deny]))(action, resource)
    tests = draw(st.lists(TESTS, max_size=2, unique_by=lambda test: test[:2]))
    return found | conditions(*tests)


ASKED = (
    ("s3:GetObject", "arn:aws:s3:::b/p/x"),
    ("s3:PutObject", "arn:aws:s3:::b/p/x"),
    ("s3:GetObject", "arn:aws:s3:::b/x"),
    ("s3:PutObject", "arn:aws:s3:::b/x"),
)
EC2 = ("ec2:DescribeVpcs", "*")
OTHERS = tuple({TLS: tls} | mfa for tls in ("true", "false") for mfa in ({}, {MFA: "true"}, {MFA: "false"}))


def comes(policies, network):
    """Whether any request of the universe from there is allowed, the evaluator being asked for each."""
    own = {"aws:PrincipalIsAWSService": "false"} | network
    return any(
        evaluate(Request(principal=USER, action=action, resource=resource, context=own | told | others), policies).allowed
        for (action, resource), told in (*product(ASKED, ({VIA: "false"},)), (EC2, {}), (EC2, {VIA: "false"}))
        for others in OTHERS
    )


@given(st.lists(drawn(), min_size=1, max_size=4))
def test_the_projection_is_what_the_evaluator_says_address_by_address(policy):
    policy = [allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/*"), *policy]
    regions = [
        Declared(actions=("s3:GetObject", "s3:PutObject"), resources=frozenset({"arn:aws:s3:::b/*"})).region(),
        Declared(actions=("ec2:DescribeVpcs",), resources=frozenset({"*"})).region(),
    ]
    found = bounds(statements(json.dumps(document(*policy)))).lower
    seen = reach(found & (regions[0] | regions[1]))
    policies = Policies(identity=document(*policy))
    for address in ADDRESSES:
        assert (address in seen.addresses) == comes(policies, {IP: address}), address
    for vpc, vpce, address in product(("vpc-1", "vpc-2"), ("vpce-1", "other"), ("10.1.2.3", "10.9.9.9")):
        expected = comes(policies, {VPC: vpc, VPCE: vpce, VPC_IP: address})
        assert inside(seen, vpc=vpc, vpce=vpce, ip=address) == expected, (vpc, vpce, address)
