"""What reaches a target already, and from more or fewer addresses after a change: certain, untold, or no worse."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from drift.test_exposure import LISTED, MUST, VPN, seen_as
from drift.test_inventory import API, TARGET, rule
from guardrails import declare
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.drift import World
from guardrails.model.facts import Setting
from guardrails.model.findings import Difference, ExitCode, Finding, Severity
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Kind
from guardrails.proposals.grown import grown
from guardrails.proposals.judgement import judge
from plan.plans import AT

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


def vault(*settings):
    """A Vault in which nothing is but how some things are set up."""
    facts = [Setting(ref=ref, form=form, text=json.dumps(told, sort_keys=True), pointer=ref.id) for ref, form, told in settings]
    seen = fold(facts, system="vault", connector="vault", taken_at=AT)
    declaration = declare.loads([("file.yaml", b"guardrails: 1\nsystems: {vault: {connector: vault}}\n")])
    return World(declaration, {"vault": seen}, {"vault": VaultMeaning(seen)}, AT, lambda *_: "")


def at(kind, path, realm=""):
    return Ref(system="vault", realm=realm, kind=kind, id=path, name=path)


ROLE, CONFIG, ISSUER = at("role", "auth/jwt/role/ci"), at("auth-config", "auth/jwt/config"), at("pki-role", "pki/roles/any")
OPEN = {"bound_audiences": [], "bound_claims": None, "bound_subject": "", "role_type": "jwt"}
BOUND = {"bind_secret_id": False, "token_bound_cidrs": ["10.0.0.0/24"]}


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("GR110", (ROLE, "approle", BOUND), BOUND | {"token_bound_cidrs": ["0.0.0.0/0"]}),
        ("GR110", (ROLE, "approle", BOUND), BOUND | {"token_policies": ["root"]}),
        ("GR110", (ROLE, "jwt", OPEN), OPEN | {"user_claim": "email"}),
        ("GR110", (at("role", "auth/cert/certs/x"), "cert", {"token_ttl": 60}), {"token_ttl": 600}),
        ("GR110", (CONFIG, "ldap", {"deny_null_bind": False, "url": "ldaps://a"}), {"deny_null_bind": False, "url": "ldaps://b"}),
        ("GR407", (CONFIG, "ldap", {"url": "ldap://a"}), {"url": "ldap://b"}),
        ("GR409", (ISSUER, "pki", {"allow_any_name": True}), {"allow_any_name": True, "client_flag": True}),
    ],
)
def test_what_is_open_and_set_up_otherwise_is_told_though_it_reads_the_same(code, before, after):
    ref, form, _ = before

    told = judge(vault(before), vault((ref, form, after)))

    assert [(one.finding.control, one.why, one.is_sure) for one in told.blocking] == [(code, *UNTOLD)]
    assert judge(vault(before), vault(before)).exit_code == ExitCode.CLEAN


def test_what_is_set_for_a_whole_method_bears_on_its_roles_and_on_no_others():
    role, other = (ROLE, "jwt", OPEN), (at("role", "auth/jwt/role/other"), "jwt", {"bound_audiences": ["us"]})
    one, two = ({"oidc_discovery_url": f"https://{name}"} for name in ("a", "b"))

    def code(before, after):
        return judge(vault(role, *before), vault(role, *after)).exit_code

    assert code([(CONFIG, "jwt", one)], [(CONFIG, "jwt", two)]) != ExitCode.CLEAN
    assert code([other], [(*other[:2], {"bound_audiences": ["them"]})]) == ExitCode.CLEAN
    assert (
        code([(at("auth-config", "auth/jwt2/config"), "jwt", one)], [(at("auth-config", "auth/jwt2/config"), "jwt", two)]) == ExitCode.CLEAN
    )
    far = at("auth-config", "auth/jwt/config", "team")
    assert code([(far, "jwt", one)], [(far, "jwt", two)]) == ExitCode.CLEAN
