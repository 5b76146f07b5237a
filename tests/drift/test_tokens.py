"""Which tokens let somebody in is held against all claims that the declaration demands."""

from __future__ import annotations

import pytest

from drift.test_trust import ADMINS, who
from drift.worlds import account, judge
from guardrails.ports import ClaimSeen, TrustSeen
from guardrails.sets import Language, Pattern

PROVIDER = "arn:aws:iam::r:oidc-provider/git.example"
COMES = "sts:AssumeRoleWithWebIdentity"
LOAD = (
    'workloads: {l: {is: ["app:role/admins"], assumed-by: ["oidc:git.example/repo:ours/*", "oidc:git.example/main"], '
    'audience: [sts], claims: {owner: [ours], env: ["prod", "stage-*"]}}}\n'
)


def language(*texts):
    return Language.of(*map(Pattern.glob, texts))


def seen(may_lack=(), **claims):
    usual = {"sub": ["repo:ours/web"], "aud": ["sts"], "owner": ["ours"], "env": ["prod"]} | claims
    listed = [ClaimSeen(name=name, values=language(*texts), may_lack=name in may_lack) for name, texts in usual.items() if texts]
    return TrustSeen(
        kind="federated", name=PROVIDER, account="r", external_id=False, pointer="s", conditional=True, claims=tuple(listed), how=COMES
    )


def found(trusted, *, text=LOAD, confirms=True):
    held = {ADMINS.ref: {(COMES, ADMINS.resource)} if confirms else set()}
    differences = judge(text, ADMINS, account("x"), trusted={ADMINS.ref: (trusted,)}, held=held)
    return [one for one in differences if one.kind.value == "trust-excess"]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": ["repo:ours/a", "main"]},  # of two references each admits one
        {"env": ["stage-1", "prod"]},
        {"ref": ["refs/heads/main"]},  # a policy may ask for more
    ],
)
def test_tokens_that_say_what_is_declared_are_no_excess(claims):
    assert found(seen(**claims)) == []


@pytest.mark.parametrize(
    ("claims", "says", "token"),
    [
        ({"owner": ["ours", "theirs"]}, "with tokens of which owner is ours, theirs", {"owner": "theirs"}),
        ({"owner": None}, "with tokens of which owner is anything", {}),
        ({"env": ["stage*"]}, "with tokens of which env is stage*", {"env": "stage"}),
        ({"env": ["*"]}, "with tokens of which env is anything", {}),
        ({"aud": ["sts", "else"]}, "", {"aud": "else"}),
    ],
)
def test_a_claim_that_may_say_more_is_an_excess_with_a_token(claims, says, token):
    (one,) = found(seen(**claims))
    assert one.verdict.value == "violation"
    assert says in one.message
    told = dict(one.witness.context)
    assert one.witness.principal == PROVIDER
    assert told | token == told
    assert set(told) >= {"sub", "aud"}


def test_a_token_that_lacks_a_claim_is_an_excess():
    (one,) = found(seen(may_lack=("owner",)))
    assert "of which owner is absent" in one.message
    assert "owner" not in dict(one.witness.context)
    assert found(seen(may_lack=("owner",)), text=LOAD.replace("owner: [ours]", 'owner: ["*"]')) == []


def test_a_token_that_nobody_confirms_is_undecided():
    (one,) = found(seen(owner=None), confirms=False)
    assert (one.verdict.value, one.witness) == ("undecided", None)


def test_without_a_word_any_claim_may_be_anything():
    assert found(seen(owner=None, env=None), text=LOAD.replace(', claims: {owner: [ours], env: ["prod", "stage-*"]}', "")) == []


def test_other_subjects_are_told_as_before():
    (one,) = found(who("federated", PROVIDER, "r"))
    assert "as anybody, which is not declared" in one.message
    assert one.verdict.value == "violation"


def test_one_entry_that_admits_all_is_enough():
    other = LOAD.replace("{l: {", "{k: {").replace("owner: [ours]", "owner: [theirs]").removeprefix("workloads: {").rstrip("}\n") + "}}"
    both = LOAD.rstrip("}\n") + "}}, " + other + "}\n"
    assert found(seen(owner=["theirs"]), text=both) == []
    assert len(found(seen(owner=["theirs", "ours"]), text=both)) == 1
