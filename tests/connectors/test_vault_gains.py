"""What dropping a policy gives: a policy less can be more, where a rule that comes later decides then."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.test_vault_laws import AT, ONE, REQUESTS, allows, policies
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.facts import Edge, Gap, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, Verdict
from guardrails.ports import Narrowing
from guardrails.vault.stored import stored

pytestmark = pytest.mark.timeout(3600)
HOLDER = Ref(system="vault", realm="", kind="role", id="auth/approle/role/ci", name="approle/ci")


@given(policies(), policies(), st.sampled_from(["k", "d"]))
@example('path "a/*" { capabilities = ["read"] }', 'path "a/b" { capabilities = ["list"] }', "k")
@example('path "a/*" { capabilities = ["read"] }', 'path "a/b" { capabilities = ["deny"] }', "k")
def test_what_is_said_to_be_gained_is_just_what_is(kept, dropped, left):
    texts = {"k": kept, "d": dropped}
    now = [left]
    compared = meaning(*now, **texts).gained(HOLDER, meaning("k", "d", **texts))
    after, before = [texts[name] for name in now], [kept, dropped]
    gained = [request for request in REQUESTS if allows(after, ONE, *request) and not allows(before, ONE, *request)]

    assert compared.verdict is (Verdict.VIOLATION if compared.witness else Verdict.OK)
    assert compared.witness or not gained
    if compared.witness:
        asked = (compared.witness.action, compared.witness.resource)
        assert allows(after, ONE, *asked)
        assert not allows(before, ONE, *asked)


def policy(name: str) -> Ref:
    return Ref(system="vault", realm="", kind="policy", id=name, name=name)


def meaning(*carried: str, gaps=(), **texts: str) -> VaultMeaning:
    said = [Principal(ref=HOLDER, form=PrincipalForm.MACHINE), *gaps]
    said += [Policy(ref=policy(name), text=stored(text, ONE, name=name)) for name, text in texts.items()]
    said += [Edge(kind=EdgeKind.IDENTITY_POLICY, source=HOLDER, target=policy(name)) for name in carried]
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


TEXTS = {
    "wide": 'path "kv/*" { capabilities = ["read"] }',
    "deny": 'path "kv/secret" { capabilities = ["deny"] }',
    "other": 'path "sys/x" { capabilities = ["read"] }',
    "own": 'path "identity/{{identity.entity.id}}" { capabilities = ["read"] }',
}


def gained(now, was, **more):
    return meaning(*now, **TEXTS, **more).gained(HOLDER, meaning(*was, **TEXTS))


def test_a_denial_that_goes_is_a_gain_with_its_witness():
    found = gained(["wide"], ["wide", "deny"])

    assert found.verdict is Verdict.VIOLATION
    assert (found.witness.action, found.witness.resource) == ("read", "kv/secret")


@pytest.mark.parametrize(
    ("now", "was"), [(["wide"], ["other", "wide"]), ([], ["wide"]), (["own"], ["other", "own"]), (["wide"], ["root"]), (["root"], ["root"])]
)
def test_what_only_falls_away_is_no_gain_whatever_a_template_means(now, was):
    assert gained(now, was).verdict is Verdict.OK


def test_root_is_a_gain_and_a_policy_that_was_not_read_tells_nothing():
    unread = Gap(system="vault", realm="", what="iam", reason=GapReason.DENIED, message="denied", subject=HOLDER)

    assert gained(["root"], ["wide"]).verdict is Verdict.VIOLATION
    assert gained([], ["wide"], gaps=(unread,)).verdict is Verdict.UNKNOWN
    assert isinstance(meaning(), Narrowing)


def test_a_template_that_goes_may_be_a_gain_where_it_denied():
    texts = {**TEXTS, "own": 'path "kv/{{identity.entity.id}}" { capabilities = ["deny"] }'}

    found = meaning("wide", **texts).gained(HOLDER, meaning("wide", "own", **texts))

    assert found.verdict is Verdict.UNDECIDED
