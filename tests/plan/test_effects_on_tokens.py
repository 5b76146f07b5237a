"""Whoever narrows what somebody may do must not widen what a token may do that is out already, and carries policies of its own."""

from __future__ import annotations

import json

import pytest

from guardrails import declare
from guardrails.connectors.vault import CONNECTOR
from guardrails.drift import World
from guardrails.model.changes import DetachPolicy, Disable, Effect, RemoveMember, RewritePolicy
from guardrails.model.facts import Account, Edge, Policy, Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.plan.effect import effect
from guardrails.plan.protection import Protected, refusal
from guardrails.plan.stage import Stage
from guardrails.vault.stored import stored
from plan.plans import AT

ENGINE = "openbao-2.7.2"
WIDE = 'path "kv/*" { capabilities = ["read"] }'
SHUT = 'path "kv/secret" { capabilities = ["deny"] }'
LESS = 'path "kv/other" { capabilities = ["deny"] }'


def ref(kind, name):
    return Ref(system="vault", realm="", kind=kind, id=name if kind == "policy" else f"id-of-{name}", name=name)


BOB, OPS = ref("entity", "bob"), ref("group", "ops")


def token(*policies, of="bob", shown=()):
    entry = {"accessor": "id-of-t", "entity_id": f"id-of-{of}" if of else "", "path": "auth/token/create", "policies": [*policies]}
    entry |= {"identity_policies": [*shown], "creation_time": 100, "orphan": True}
    return Setting(ref=ref("token", "t"), form="service", text=json.dumps(entry, sort_keys=True))


def stage(*said):
    facts = [
        Account(ref=ref("account", "vault"), sets=()),
        Principal(ref=BOB, form=PrincipalForm.USER),
        Principal(ref=OPS, form=PrincipalForm.GROUP),
        *(Policy(ref=ref("policy", name), text=stored(text, ENGINE, name=name)) for name, text in {"wide": WIDE, "shut": SHUT}.items()),
        Edge(kind=EdgeKind.MEMBER, source=BOB, target=OPS),
        *(Edge(kind=EdgeKind.IDENTITY_POLICY, source=one, target=ref("policy", "shut")) for one in (BOB, OPS)),
        *said,
    ]
    seen = fold(facts, system="vault", connector="vault", taken_at=AT)
    declaration = declare.loads([("f.yaml", b"guardrails: 1\nsystems: {vault: {connector: vault}}\n")])
    return Stage.of(World(declaration, {"vault": seen}, {"vault": CONNECTOR.meaning(seen)}, AT, lambda *_: ""), CONNECTOR.meaning)


def told(action, before):
    return effect(action, before, before.after(action))


DETACHED = [DetachPolicy(holder=one, policy=ref("policy", "shut"), seen="") for one in (BOB, OPS)]
REWRITTEN = RewritePolicy(holder=BOB, policy=ref("policy", "shut"), text=stored(LESS, ENGINE, name="shut"))


def only_group(before):
    """Bob has the denial by the group alone."""
    return before.after(DETACHED[0])


def test_who_leaves_a_group_that_denies_has_a_token_that_gains():
    action = RemoveMember(group=OPS, member=BOB)
    assert told(action, only_group(stage()))[0] is Effect.NEUTRAL  # bob himself may do nothing, now or then

    before = only_group(stage(token("wide")))
    assert before.affected(action) == (BOB, ref("token", "t"))
    direction, why = told(action, before)
    assert (direction, "vault:token/t: read on kv/secret" in why) == (Effect.WIDENS, True), why


def test_what_a_token_was_shown_to_have_by_its_entity_goes_with_it():
    before = only_group(stage(token("wide", shown=("shut",))))

    assert told(RemoveMember(group=OPS, member=BOB), before)[0] in {Effect.WIDENS, Effect.UNPROVEN}


def test_what_a_token_has_by_whom_nobody_saw_stays():
    assert told(REWRITTEN, stage(token("wide", of="gone", shown=("shut",))))[0] is Effect.WIDENS


@pytest.mark.parametrize("holder", [BOB, OPS])
def test_a_denial_that_goes_off_somebody_is_asked_of_what_is_out(holder):
    before = stage(token("wide")).after(DETACHED[holder is BOB])

    assert told(DETACHED[holder is OPS], before)[0] is Effect.WIDENS


@pytest.mark.parametrize("mine", [token("wide"), token("wide", "shut", of="")], ids=["by acting as bob", "by itself"])
def test_a_policy_that_is_rewritten_is_asked_of_every_token_that_has_it(mine):
    assert told(REWRITTEN, stage(mine))[0] is Effect.WIDENS
    assert told(REWRITTEN, stage())[0] is Effect.NEUTRAL


def test_a_token_that_has_nothing_of_it_is_not_asked():
    assert stage(token("wide", of="")).affected(REWRITTEN) == (BOB, OPS)


def test_a_token_that_gains_nothing_holds_nothing_back():
    before = only_group(stage(token("wide", "shut")))

    assert told(RemoveMember(group=OPS, member=BOB), before)[0] is Effect.NEUTRAL


@pytest.mark.parametrize("action", [REWRITTEN, DETACHED[0], RemoveMember(group=OPS, member=BOB), Disable(ref=BOB)])
def test_the_token_of_guardrails_keeps_what_it_has(action):
    own = Protected(own=frozenset({ref("token", "t")}))

    assert "vault:token/t is guardrails itself" in refusal(action, stage(token("wide")), own)
    assert "vault:token/t is guardrails itself" in refusal(REWRITTEN, stage(token("shut", of="")), own)
