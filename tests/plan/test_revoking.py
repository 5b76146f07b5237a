"""What a leaver has out and hangs on no account of theirs is revoked, last of all; and never what somebody else stands on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardrails import declare
from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.images import ENDED, token_image
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.drift.covers import Covers
from guardrails.model.changes import Cas, Disable, Effect, Image, Irreversible, RemoveMember, Revoke
from guardrails.model.facts import Account, Edge, Gap, Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm
from guardrails.plan.hazards import hazards
from guardrails.plan.planning import Planning, objects
from guardrails.plan.proposals import proposals
from guardrails.plan.protection import NOBODY, Protected
from guardrails.plan.stage import Stage
from guardrails.testing.remedied import MemorySystem, memory_meaning
from plan.plans import AT

DECLARED = """\
guardrails: 1
systems: {dir: {connector: ldap}, vault: {connector: vault}}
people: {sources: {dir: {key: entryUUID, name: uid}}, join: {vault: {alias: uid}}, leaver: disabled-in-any}
"""


def ref(kind, name):
    return Ref(system="vault", realm="", kind=kind, id=f"id-of-{name}", name=name)


def entity(name, alias=""):
    return Principal(ref=ref("entity", name), form=PrincipalForm.USER, names=(("alias", alias),) if alias else ())


def token(name, *, of="", path="auth/userpass/login/fay", born=100, orphan=True):
    entry = {"accessor": f"id-of-{name}", "entity_id": f"id-of-{of}" if of else "", "path": path, "policies": ["default"]}
    entry |= {"creation_time": born, "orphan": orphan, "display_name": name}
    return Setting(ref=ref("token", name), form="service", text=json.dumps(entry, sort_keys=True))


FAY, LOST, BOB = entity("fay", "fay"), entity("lost"), entity("bob", "bob")
OPS = Principal(ref=ref("group", "ops"), form=PrincipalForm.GROUP)
IN_OPS = tuple(Edge(kind=EdgeKind.MEMBER, source=one.ref, target=OPS.ref) for one in (FAY, BOB))
OUT, HANGS = token("out", of="lost"), token("hangs", of="fay")
MADE = token("made", of="lost", path="auth/token/create", born=200, orphan=False)
THEIRS = token("theirs", of="bob", path="auth/token/create/ci", born=200, orphan=False)
OTHERS = tuple(token(f"other-{number}", of="bob", path="auth/userpass/login/bob") for number in range(60))


def meant(seen):
    return CONNECTOR.meaning(seen) if seen.system == "vault" else memory_meaning(seen)


def world(*said, declared=""):
    directory = MemorySystem("dir")
    directory.add("user", "fay", uid=("fay",), disabled=("true",))
    directory.add("user", "bob", uid=("bob",))
    account = Account(ref=ref("account", "vault"), sets=())
    vault = fold([account, BOB, LOST, *said], system="vault", connector="vault", taken_at=AT)
    seen = {"dir": directory.observed(AT), "vault": vault}
    declaration = declare.loads([("f.yaml", (DECLARED + declared).encode())])
    return World(declaration, seen, {name: meant(found) for name, found in seen.items()}, AT, lambda *_: "")


def image_of(fact):
    if fact.ref.kind == "token":
        return token_image(fact.ref, json.loads(fact.text))
    members = {"member_entity_ids": ("id-of-bob", "id-of-fay")} if fact.ref.kind == "group" else {}
    return Image.of({"disabled": ("false",), "type": ("internal",), **members})


def planned(found, protected=NOBODY, **images):
    findings = judged(differences(found))
    facts = {fact.ref: fact for fact in (*found.facts(Principal, "vault"), *found.facts(Setting, "vault"))}
    read = {one: images.get(one.name, image_of(facts[one])) for one in objects(found, findings, {"vault": CONNECTOR}) if one in facts}
    planning = Planning(found, read, {"vault": CONNECTOR}, meant, protected)
    planning.plan(findings)
    return planning


def held(planning):
    return [one.reason for one in planning.held if one.control == "GR201"]


def test_what_hangs_on_no_account_is_revoked_after_all_that_can_be_taken_back():
    planning = planned(world(FAY, OPS, *IN_OPS, OUT, HANGS))

    assert [change.action for change in planning.changes] == [
        Disable(ref=FAY.ref),
        RemoveMember(group=OPS.ref, member=FAY.ref),
        Revoke(ref=OUT.ref, holder=LOST.ref),
    ]
    last = planning.changes[-1]
    assert (last.effect, last.cas, last.subject) == (Effect.NARROWS, Cas.NATIVE, "person:fay")
    assert isinstance(last.undo, Irreversible)
    assert "does not come again" in last.undo.reason
    assert [edit.reads for edit in last.edits if edit.field != "others"] == [
        "- ended false, + ended true",
        "- path auth/userpass/login/fay",
        "- policies default",
    ]
    assert last.after == ENDED.fingerprint
    assert "accessor id-of-out, had by auth/userpass/login/fay" in last.breaks[0]
    assert "acts as vault:entity/lost" in last.breaks[0]


def test_a_token_that_is_gone_is_not_seen_any_more_and_the_finding_ends():
    found = world(OUT)
    after = Stage.of(found, meant).after(Revoke(ref=OUT.ref)).whole()

    assert [one.control for one in judged(differences(found)) if one.control == "GR201"] == ["GR201"]
    assert "GR201" not in {one.control for one in judged(differences(after))}


def test_what_it_may_have_made_is_told_and_ends_first():
    planning = planned(world(OUT, MADE, THEIRS))

    (only,) = planning.changes
    assert only.action == Revoke(ref=OUT.ref, holder=LOST.ref, ends=(MADE.ref, THEIRS.ref))
    assert only.breaks[1] == "perhaps it made, and ends with it: vault:token/made (id-of-made) and vault:token/theirs (id-of-theirs)"

    younger = token("younger", of="lost", born=300)
    assert [change.ref.name for change in planned(world(OUT, younger)).changes] == ["younger", "out"]


@pytest.mark.parametrize(
    "other",
    [
        replace(MADE, text=MADE.text.replace('"orphan": false', '"orphan": true')),
        replace(MADE, text=MADE.text.replace("200", "99")),
        replace(MADE, text=MADE.text.replace("id-of-lost", "id-of-bob")),
        replace(MADE, text=MADE.text.replace("auth/token/create", "auth/userpass/login/eve")),
    ],
)
def test_what_it_cannot_have_made_does_not_end_with_it(other):
    assert CONNECTOR.meaning(world(OUT, other).observations["vault"]).made(OUT.ref) == ()


@pytest.mark.parametrize(
    ("said", "protected", "declared", "why"),
    [
        ((OUT,), Protected(own=frozenset({OUT.ref})), "", "vault:token/out is guardrails itself"),
        ((OUT,), Protected(own=frozenset({LOST.ref})), "", "vault:entity/lost is guardrails itself"),
        ((OUT, MADE), Protected(own=frozenset({MADE.ref})), "", "vault:token/made is guardrails itself"),
        ((OUT, THEIRS), Protected(own=frozenset({BOB.ref})), "", "vault:entity/bob is guardrails itself"),
        ((OUT,), Protected(approvers=frozenset({"fay"})), "", "whose signature counts"),
        ((OUT, THEIRS), Protected(approvers=frozenset({"bob"})), "", "is of bob, whose signature counts"),
        ((OUT,), NOBODY, 'apply: {never: {"vault:entity/lost": any}}', "vault:entity/lost is protected"),
        ((OUT, THEIRS), NOBODY, 'apply: {never: {"vault:entity/bob": any}}', "vault:entity/bob is protected"),
        ((OUT, FAY), NOBODY, 'emergency: {bg-1: {principals: ["vault:entity/fay"]}}', "vault:entity/fay is protected"),
    ],
)
def test_what_others_stand_on_is_never_revoked(said, protected, declared, why):
    planning = planned(world(*said, declared=declared), protected)

    assert [change for change in planning.changes if isinstance(change.action, Revoke)] == []
    assert any(reason.startswith("vault:token/out (id-of-out): ") and why in reason for reason in held(planning)), held(planning)


def test_nothing_is_revoked_while_tokens_were_not_seen_that_could_end_with_it():
    gap = Gap(system="vault", realm="", what="tokens", reason=GapReason.NOT_READ, message="of 500 tokens 100 were read")
    planning = planned(world(OUT, gap))

    assert planning.changes == []
    assert any("of 500 tokens 100 were read" in reason for reason in held(planning))


@pytest.mark.parametrize(("image", "why"), [(ENDED, "it has ended already"), ("it could not be read: status 403", "status 403")])
def test_what_has_ended_or_was_not_read_is_held(image, why):
    planning = planned(world(OUT), out=image)

    assert planning.changes == []
    assert any(why in reason for reason in held(planning))


def test_what_is_revoked_counts_among_what_is_out_with_all_that_may_end_with_it():
    found = world(OUT, MADE, *OTHERS)
    changes = planned(found).changes
    assert [one.rule for one in hazards(changes, found, {})] == []

    found = world(OUT, MADE, THEIRS, *OTHERS, token("more", of="lost", path="auth/token/create", born=300, orphan=False))
    (hazard,) = hazards(planned(found).changes, found, {})
    assert (hazard.rule, hazard.message[:30]) == ("changes-in-percent", "4 of 64 token of vault lose so")

    alone = world(OUT)
    assert [one.rule for one in hazards(planned(alone).changes, alone, {})] == ["all-of-a-kind"]


def test_a_token_of_an_account_that_is_closed_is_left_alone():
    found = world(FAY, HANGS)
    (finding,) = (one for one in judged(differences(found)) if one.control == "GR201")

    assert [one.action for one in proposals(found, Covers(found), finding)] == [Disable(ref=FAY.ref)]
