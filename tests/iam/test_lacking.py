"""Why something that must be allowed is not: the layer, the statement that denies it, or the condition that it is under."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny, document

from guardrails.iam.proof.conditions import contexts
from guardrails.iam.proof.floors import Layer, lacking
from guardrails.iam.proof.statements import statements
from guardrails.sets import Contexts

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
NEVER = MFA | {"Null": {"aws:MultiFactorAuthPresent": "true"}}
ODD = {"StringMatches": {"aws:Referer": "x"}}
ASKED = "s3:GetObject on arn:aws:s3:::b/x"


def layer(*entries, name=""):
    return Layer(name, statements(json.dumps(document(*entries))))


def why(*layers, wanted=None):
    when = contexts([wanted])[0] if wanted else Contexts.everything()
    return lacking(layers, "s3:GetObject", "arn:aws:s3:::b/x", when)


def given(condition=None, sid="Read"):
    return allow("s3:Get*", "arn:aws:s3:::b/*", Sid=sid, **({"Condition": condition} if condition else {}))


def denied(condition=None, sid="Stop", action="s3:*"):
    return deny(action, Sid=sid, **({"Condition": condition} if condition else {}))


@pytest.mark.parametrize("entries", [[], [denied()], [allow("s3:Put*")], [allow("s3:*", "arn:aws:s3:::c/*")], [given(NEVER)]])
def test_what_no_statement_allows_is_said_with_the_layer(entries):
    assert why(layer(*entries)) == "no statement allows it"
    assert why(layer(given()), layer(*entries, name="the boundary")) == "the boundary does not allow it"
    assert why(layer(*entries), layer(name="the boundary")) == "no statement allows it"


def test_who_denies_it_is_named_each_once():
    assert why(layer(given(), denied(), denied(action="*"))) == "Stop denies it"
    assert why(layer(given(), denied()), layer(given(), denied(sid="Never"), name="the boundary")) == "Stop and Never deny it"


def test_a_deny_of_something_else_is_not_named():
    others = [denied(sid="Put", action="s3:Put*"), deny("s3:*", "arn:aws:s3:::c/*", Sid="Other"), denied(NEVER, sid="Unmet")]
    assert why(layer(given(), denied(), *others)) == "Stop denies it"
    # nor one that denies only what is not asked for, or not given
    mfa = ("Bool", "aws:multifactorauthpresent", ("true",))
    assert why(layer(given(), denied(MFA), denied(NO_MFA, sid="Other")), wanted=mfa) == "Stop denies it"
    assert why(layer(given(MFA), denied(), denied(NO_MFA, sid="Other"))) == "Stop denies it"


def test_what_is_left_after_a_deny_is_told_with_what_leaves_it():
    assert why(layer(given(), denied(NO_MFA))) == f"{ASKED} is allowed only when MFA was used, by Stop"
    assert why(layer(given(MFA))) == f"{ASKED} is allowed only when MFA was used, by Read"
    assert why(layer(given(MFA), given(OFFICE, sid="Home"))) == (
        f"{ASKED} is allowed only when MFA was used, or aws:SourceIp is in 10.0.0.0/8, by Read and Home"
    )
    both = layer(given(MFA), denied({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    assert why(both) == f"{ASKED} is allowed only when MFA was used and aws:SourceIp is in 10.0.0.0/8, by Stop and Read"


def test_every_layer_bounds_what_is_given():
    assert why(layer(given(MFA)), layer(given(OFFICE, sid="Limit"), name="the boundary")) == (
        f"{ASKED} is allowed only when MFA was used and aws:SourceIp is in 10.0.0.0/8, by Read and Limit"
    )
    # a giver without a condition bounds nothing
    assert why(layer(given(MFA)), layer(given(sid="Limit"), name="the boundary")) == f"{ASKED} is allowed only when MFA was used, by Read"


def test_what_is_allowed_in_no_context_that_is_wanted_is_told_with_when_it_is():
    no_mfa = ("Bool", "aws:multifactorauthpresent", ("false",))
    assert why(layer(given(MFA)), wanted=no_mfa) == "it is allowed only when MFA was used, by Read"


def test_what_is_not_understood_decides():
    assert why(layer(given(ODD))) == f"what is not understood of Read decides whether {ASKED} is allowed"
    assert why(layer(given(), denied(ODD))) == f"what is not understood of Stop decides whether {ASKED} is allowed"
    assert why(layer(given()), layer(given(ODD, sid="Limit"), name="the boundary")) == (
        f"what is not understood of Limit decides whether {ASKED} is allowed"
    )
    # what is understood is told where it leaves something
    assert why(layer(given(MFA), given(ODD, sid="Odd"))) == f"{ASKED} is allowed only when MFA was used, by Read"


def test_an_action_has_no_case():
    assert lacking([layer(given(MFA))], "S3:GETOBJECT", "arn:aws:s3:::b/x", Contexts.everything()).startswith("S3:GETOBJECT on")
