"""What policies of Vault mean: the one rule that decides, containment with a witness, and never a silent doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Edge, Gap, Policy, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, GapReason, Kind, PrincipalForm, Verdict
from guardrails.ports import BoundClause
from guardrails.vault.rules import Rule
from guardrails.vault.stored import restored, stored

AT = datetime(2026, 11, 25, tzinfo=UTC)
ROLE = Ref(system="vault", realm="", kind="role", id="auth/approle/role/ci", name="approle/ci")
ENTITY = Ref(system="vault", realm="", kind="entity", id="e-1", name="bob")


def policy_ref(name):
    return Ref(system="vault", realm="", kind="policy", id=name, name=name)


def meaning(*texts, holder=ROLE, engine="openbao-2.7.2", gaps=(), tags=()) -> VaultMeaning:
    form = PrincipalForm.USER if holder is ENTITY else PrincipalForm.MACHINE
    said = [Principal(ref=holder, form=form, resource=holder.id, tags=tags), *gaps]
    for number, text in enumerate(texts):
        ref = policy_ref(f"p{number}")
        said += [
            Policy(ref=ref, text=stored(text, engine, name=ref.name)),
            Edge(kind=EdgeKind.IDENTITY_POLICY, source=holder, target=ref),
        ]
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


def path(text, *capabilities, more=""):
    return f'path "{text}" {{ capabilities = [{", ".join(f"{chr(34)}{c}{chr(34)}" for c in capabilities)}]\n{more} }}\n'


def clauses(entries):
    return tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=tuple(given), resources=(text,)), entitlement="e")
        for text, given in entries.items()
    )


NAMED = (BoundClause(clause=Clause(scope=Scope("vault"), actions=("policy",), resources=("p0",)), entitlement="e"),)
KEYS = 'allowed_parameters = { "a" = ["1"] }'


@pytest.mark.parametrize(
    ("policies", "declared", "verdict"),
    [
        ([path("kv/data/a", "read")], {"kv/data/*": ["read"]}, Verdict.OK),
        ([path("kv/data/a", "read")], {"kv/+/a": ["read"]}, Verdict.OK),
        ([path("kv/data/*", "read")], {"kv/+/a": ["read"]}, Verdict.VIOLATION),
        ([path("kv/data/a", "read", "update")], {"kv/data/a": ["read"]}, Verdict.VIOLATION),
        ([path("kv/*", "read") + path("kv/data/x/*", "deny")], {"kv/*": ["read"]}, Verdict.OK),
        ([path("kv/*", "read"), path("kv/*", "deny")], {}, Verdict.OK),
        # the rule that denies comes later in the order, so it never fires
        ([path("*", "read") + path("+/data/x", "deny")], {"+/data/x": ["read"]}, Verdict.VIOLATION),
        ([path("kv/data/a", "read"), path("kv/data/a", "update")], {"kv/data/a": ["read", "update"]}, Verdict.OK),
        ([path("kv/data/a", "read"), path("kv/data/a", "update")], {"kv/data/a": ["update"]}, Verdict.VIOLATION),
        # a folder is listed with its slash, whichever way the rule or the entitlement is written
        ([path("kv/metadata/a", "list")], {"kv/metadata/a/": ["list"]}, Verdict.OK),
        ([path("kv/metadata/a/", "list")], {"kv/metadata/a": ["list"]}, Verdict.OK),
        ([path("kv/metadata/a/", "read")], {"kv/metadata/a": ["read"]}, Verdict.VIOLATION),
        ([path("kv/metadata/+", "list")], {"kv/metadata/*": ["list"]}, Verdict.OK),
        # what is narrowed beyond its path is given to whoever brings along what it asks for
        ([path("kv/data/a", "update", more=KEYS)], {}, Verdict.VIOLATION),
        ([path("kv/data/a", "update", more=KEYS)], {"kv/data/a": ["update"]}, Verdict.OK),
        ([path("kv/data/a", "update", "delete", more=KEYS)], {"kv/data/a": ["update"]}, Verdict.VIOLATION),
        ([path("kv/data/a", "delete", more='min_wrapping_ttl = "1s"')], {}, Verdict.VIOLATION),
        ([path("kv/data/a", "update", more=KEYS), path("kv/data/a", "update")], {}, Verdict.VIOLATION),
        ([path("kv/data/a", "update", more='required_parameters = ["x"] denied_parameters = { "*" = [] }')], {}, Verdict.OK),
        # the value in the path is not known here
        ([path("kv/data/{{identity.entity.name}}", "read")], {}, Verdict.UNDECIDED),
        ([path("kv/data/{{identity.entity.name}}", "read")], {"kv/data/*": ["read"]}, Verdict.OK),
        ([path("kv/data/*", "read") + path("kv/data/{{identity.entity.name}}", "deny")], {"kv/data/*": ["read"]}, Verdict.OK),
        ([path("kv/data/*", "read") + path("kv/data/{{identity.entity.name}}", "deny")], {}, Verdict.VIOLATION),
        ([path("kv/data/a", "read", more='expiration = "2026-01-01T00:00:00Z"')], {}, Verdict.OK),
        ([path("kv/data/a", "read", more='expiration = "2027-01-01T00:00:00Z"')], {}, Verdict.VIOLATION),
        ([path("sys/auth/x", "sudo")], {"sys/auth/x": ["update"]}, Verdict.VIOLATION),
        ([], {}, Verdict.OK),
    ],
)
def test_everything_allowed_must_be_declared(policies, declared, verdict):
    found = meaning(*policies)

    compared = found.excess(ROLE, clauses(declared))

    assert compared.verdict is verdict, compared
    assert (compared.witness is not None) == (verdict is Verdict.VIOLATION)
    if compared.witness:
        assert found.replay(ROLE, compared.witness)
        assert compared.granted_by


@pytest.mark.parametrize(
    ("policies", "declared", "verdict"),
    [
        ([path("kv/data/*", "read")], {"kv/data/a": ["read"]}, Verdict.OK),
        ([path("kv/data/*", "read") + path("kv/data/a", "list")], {"kv/data/a": ["read"]}, Verdict.VIOLATION),
        ([path("kv/data/*", "read"), path("kv/data/a*", "deny")], {"kv/data/*": ["read"]}, Verdict.VIOLATION),
        ([path("kv/metadata/*", "list")], {"kv/metadata/*": ["list"]}, Verdict.OK),
        ([path("kv/metadata/", "list")], {"kv/metadata": ["list"]}, Verdict.OK),
        ([path("kv/data/a", "update", more=KEYS)], {"kv/data/a": ["update"]}, Verdict.UNDECIDED),
        ([], {"kv/data/a": ["read"]}, Verdict.VIOLATION),
        ([path("kv/data/{{identity.entity.id}}", "read")], {"kv/data/a": ["read"]}, Verdict.UNDECIDED),
    ],
)
def test_everything_that_must_be_is_allowed(policies, declared, verdict):
    found = meaning(*policies)

    compared = found.shortfall(ROLE, clauses(declared))

    assert compared.verdict is verdict, compared
    if compared.witness:
        assert not found.replay(ROLE, compared.witness)


def test_a_policy_that_is_declared_by_name_may_give_whatever_it_gives():
    text = path("kv/data/{{identity.entity.name}}", "read") + path("kv/data/a", "update", more=KEYS)
    assert meaning(text).excess(ROLE, NAMED).verdict is Verdict.OK
    assert meaning(text).shortfall(ROLE, NAMED).verdict is Verdict.OK


def test_a_named_policy_excuses_no_other_policy_that_lifts_its_limits():
    narrow, wide = path("kv/data/*", "update", more=KEYS), path("kv/data/a", "update")
    found = meaning(narrow, wide).excess(ROLE, NAMED)
    assert (found.verdict, found.witness.resource) == (Verdict.VIOLATION, "kv/data/a")
    assert meaning(path("kv/data/*", "read"), path("kv/data/a", "update")).excess(ROLE, NAMED).verdict is Verdict.VIOLATION


def test_what_an_entity_is_called_is_known():
    text = path("kv/data/{{identity.entity.name}}", "read") + path("kv/data/{{identity.entity.metadata.team}}", "read")
    found = meaning(text, holder=ENTITY, tags=(("team", "sms"),))
    assert found.excess(ENTITY, clauses({"kv/data/bob": ["read"], "kv/data/sms": ["read"]})).verdict is Verdict.OK
    assert found.excess(ENTITY, clauses({"kv/data/bob": ["read"]})).verdict is Verdict.VIOLATION


def test_a_rule_about_a_value_that_an_entity_lacks_falls_away():
    found = meaning(path("kv/*", "read") + path("kv/{{identity.entity.metadata.team}}", "deny"), holder=ENTITY)
    assert found.shortfall(ENTITY, clauses({"kv/*": ["read"]})).verdict is Verdict.OK


def test_what_a_value_with_a_wildcard_does_depends_on_the_engine():
    text = path("kv/{{identity.entity.metadata.team}}", "read")
    verdicts = {
        engine: meaning(text, holder=ENTITY, engine=engine, tags=(("team", "*"),)).excess(ENTITY, clauses({})).verdict
        for engine in ("openbao-2.7.2", "openbao-2.5.4", "vault-2.0.4", "")
    }
    assert verdicts == {
        "openbao-2.7.2": Verdict.OK,  # the rule falls away
        "openbao-2.5.4": Verdict.VIOLATION,  # the wildcard is one
        "vault-2.0.4": Verdict.OK,  # every request is refused
        "": Verdict.UNDECIDED,
    }


def test_engines_that_list_in_another_order_are_undecided_only_where_they_differ():
    text = path("kv/metadata/*", "list") + path("kv/metadata/x/*", "deny")
    private = clauses({"kv/metadata/*": ["list"]})
    assert meaning(text).shortfall(ROLE, private).witness == Witness(principal=ROLE.id, action="list", resource="kv/metadata/x/")
    other = meaning(text, engine="")
    assert not other.replay(ROLE, Witness(principal="", action="list", resource="kv/metadata/x/"))
    assert other.replay(ROLE, Witness(principal="", action="list", resource="kv/metadata/y/"))
    assert other.excess(ROLE, clauses({"kv/metadata/+": ["list"]})).verdict is Verdict.VIOLATION


def test_membership_in_groups_goes_upwards():
    inner, outer = (Ref(system="vault", realm="", kind="group", id=name, name=name) for name in ("inner", "outer"))
    text = stored(path("kv/data/a", "read"), "openbao-2.7.2", name="p0")
    said = [
        Principal(ref=ENTITY, form=PrincipalForm.USER),
        Policy(ref=policy_ref("p0"), text=text),
        Edge(kind=EdgeKind.MEMBER, source=ENTITY, target=inner),
        Edge(kind=EdgeKind.MEMBER, source=inner, target=outer),
        Edge(kind=EdgeKind.MEMBER, source=outer, target=inner),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=outer, target=policy_ref("p0")),
    ]
    found = VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))
    assert found.excess(ENTITY, ()).verdict is Verdict.VIOLATION


def test_a_question_beyond_its_budget_is_undecided_and_what_one_entry_covers_is_not():
    letters = "xyzabcdefghijklmno"  # in the order in which witnesses are tried, so that each entry takes the next one away
    narrow = {"/".join(letter if at == here else "+" for at in range(18)): ["read"] for here, letter in enumerate(letters)}
    held = meaning(path("/".join(["+"] * 18), "read"))
    compared = held.excess(ROLE, clauses(narrow))
    assert (compared.verdict, "budget" in compared.reason) == (Verdict.UNDECIDED, True)
    assert held.excess(ROLE, clauses({**narrow, "/".join(["+"] * 17) + "/*": ["read"]})).verdict is Verdict.OK


def test_a_debt_in_words_of_another_system_covers_nothing():
    assert meaning(path("kv/a", "read")).excess(ROLE, clauses({"kv/a": ["s3:*"]})).verdict is Verdict.VIOLATION


def test_nothing_in_a_policy_says_who_may_log_in_or_how_things_travel():
    assert meaning().trusts(ROLE) == ()
    assert meaning().in_transit(asset("mount", "kv/")) is None


def test_a_named_policy_that_could_not_be_seen_makes_the_answer_unknown():
    gap = Gap(system="vault", realm="", what="iam", reason=GapReason.DENIED, message="denied")
    assert meaning(gaps=(gap,)).excess(ROLE, NAMED).verdict is Verdict.UNKNOWN
    assert meaning().excess(ROLE, NAMED).verdict is Verdict.OK


def test_root_is_everything():
    said = [Principal(ref=ROLE, form=PrincipalForm.MACHINE), Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=policy_ref("root"))]
    found = VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))
    compared = found.excess(ROLE, clauses({"kv/*": ["read", "list", "create", "update", "delete"]}))
    assert compared.verdict is Verdict.VIOLATION
    assert found.replay(ROLE, compared.witness)
    assert found.shortfall(ROLE, clauses({"*": ["sudo"]})).verdict is Verdict.OK


@pytest.mark.parametrize("subject", [ROLE, policy_ref("p0")])
def test_what_was_not_read_is_unknown(subject):
    gap = Gap(system="vault", realm="", what="iam", reason=GapReason.DENIED, message="denied", subject=subject)
    found = meaning(path("kv/data/a", "read"), gaps=(gap,))
    assert found.excess(ROLE, ()).verdict is Verdict.UNKNOWN
    assert found.shortfall(ROLE, ()).verdict is Verdict.UNKNOWN


def asset(kind, resource):
    return Asset(ref=Ref(system="vault", realm="", kind=kind, id=resource, name=resource), resource=resource)


def test_a_selector_names_keys_by_path_and_a_mount_by_anything_inside():
    found = meaning()
    assert found.selects("transit/+/sms-*", asset("transit-key", "transit/keys/sms-a"))
    assert not found.selects("transit/+/sms-*", asset("transit-key", "transit/keys/other"))
    assert found.selects("kv/data/cdr/*", asset("mount", "kv/"))
    assert not found.selects("kv/data/cdr/*", asset("mount", "kv2/"))


@pytest.mark.parametrize(
    ("target", "guarded"), [("auth/+", True), ("auth/approle/role/ci", True), ("auth/approle/role/c", False), ("auth/ldap", False)]
)
def test_an_allowlist_guards_a_role_or_all_of_its_mount(target, guarded):
    assert meaning().guards(target, ROLE) is guarded


def test_denies_that_deny_nothing_are_remarked_once_each():
    own = path("*", "read") + path("+/data/x/*", "deny") + path("kv/{{identity.entity.name}}/*", "deny") + path("kv/a*b", "list")
    found = list(meaning(own).remarks())
    assert [(one.kind, one.facet) for one in found] == [
        (Kind.POLICY_DENIES_NOTHING, "unreached-deny +/data/x/*"),
        (Kind.POLICY_DENIES_NOTHING, "fails-open kv/{{identity.entity.name}}/*"),
        (Kind.POLICY_RULE_DEAD, "literal kv/a*b"),
    ]


def test_a_deny_that_another_policy_takes_away_is_remarked_with_it():
    (found,) = meaning(path("+/data/x/*", "deny") + path("kv/*", "read"), path("*", "read")).remarks()
    assert (found.kind, found.facet) == (Kind.POLICY_DENIES_NOTHING, "shadowed +/data/x/*")
    assert "whoever holds p1 as well" in found.message


def test_what_does_what_it_says_has_no_remark():
    assert list(meaning(path("kv/*", "read") + path("kv/secret/*", "deny"), path("sys/mounts", "read")).remarks()) == []


def would_do(found):
    return {one.policy: (one.document or one.note) for one in found.details().narrowed}


def test_an_excess_comes_with_the_policies_that_would_do():
    held = meaning(path("kv/data/*", "read", "update"), path("kv/data/app/x", "read"), path("sys/policies/acl/*", "update"))

    found = held.excess(ROLE, clauses({"kv/data/app/*": ["read"]}))

    assert would_do(found) == {
        "vault:policy/p0": 'path "kv/data/app/*" {\n  capabilities = ["read"]\n}\n',
        "vault:policy/p2": "nothing in it is declared; take it away",
    }


def test_what_a_declared_policy_gives_stays_in_the_others_alone():
    held = meaning(path("kv/data/*", "read"), path("kv/data/*", "read", "update"))

    assert would_do(held.excess(ROLE, NAMED)) == {"vault:policy/p1": 'path "kv/data/*" {\n  capabilities = ["read"]\n}\n'}


def test_a_policy_that_would_do_is_told_only_when_it_is_proved_to():
    # cut down, the second rule comes before the first, which kept it from deciding
    narrow = path("a/+/+/+/", "read", "sudo") + path("+/+/*", "delete", "list")
    found = meaning(narrow).excess(ROLE, clauses({"a/a/*": ["delete", "update"]}))

    assert list(would_do(found).values()) == ["what is declared cannot be said by cutting down the policies one by one"]


def test_when_a_policy_ends_and_what_its_values_bring_along_stay_with_it():
    ref = policy_ref("p0")
    text = stored(path("kv/data/*", "read"), "openbao-2.7.2", name="p0", expires_at=AT.replace(year=2030), unblocked=frozenset("/"))
    said = [Principal(ref=ROLE, form=PrincipalForm.MACHINE, resource=ROLE.id), Policy(ref=ref, text=text)]
    said.append(Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=ref))
    held = VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))

    (one,) = held.excess(ROLE, clauses({"kv/data/app": ["read"]})).details().narrowed

    assert restored(one.kept, "p0") == replace(
        restored(text, "p0"), rules=(Rule(path="kv/data/app", capabilities=frozenset({"read"}), policy="p0"),)
    )


def test_whoever_has_root_needs_another_policy_and_not_a_smaller_one():
    said = [
        Principal(ref=ROLE, form=PrincipalForm.MACHINE, resource=ROLE.id),
        Policy(ref=policy_ref("root"), text=stored("", "", name="root")),
    ]
    said.append(Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=policy_ref("root")))

    found = VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT)).excess(ROLE, clauses({"kv/*": ["read"]}))

    assert (found.verdict, would_do(found)) == (Verdict.VIOLATION, {})
