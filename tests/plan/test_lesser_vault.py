"""Access to Vault that is too much by a policy that others need: a policy of the holder's own in its place, and when there is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails import declare
from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.images import image, with_own
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.model.actions import ReplacePolicy, RewritePolicy
from guardrails.model.facts import Account, Edge, Policy, Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.plan.planning import Planning, objects
from guardrails.vault.stored import stored
from plan.plans import AT

ENGINE = "openbao-2.7.2"
DECLARED = """\
guardrails: 1
systems: {vault: {connector: vault}}
entitlements:
  app: {vault: {"kv/app/*": [read]}}
  all: {vault: {"kv/*": [read, update], "pki/*": [read, update]}}
workloads:
  app: {is: ["vault:entity/app", "vault:role/token/app", "vault:role/approle/App"], may: [app]}
  twin: {is: ["vault:entity/twin"], may: [app]}
  other: {is: ["vault:entity/other"], may: [all]}
"""
WIDE = 'path "kv/*" { capabilities = ["read", "update"] }'
APP, TWIN, OTHER = "app", "twin", "other"


def ref(kind, identifier, name=""):
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=name or identifier)


TOKEN_ROLE, CAPITAL = ref("role", "auth/token/roles/app", "token/app"), ref("role", "auth/approle/role/App", "approle/App")


class Company:
    """Entities and roles with policies, as they are seen and as they are read one by one."""

    def __init__(self, *, declared=DECLARED, ends=None, **policies) -> None:
        self.declaration = declare.loads([("f.yaml", declared.encode())])
        self.texts = {name: stored(text, ENGINE, name=name, expires_at=ends) for name, text in policies.items()}
        self.holders = {}

    def add(self, holder, *policies):
        self.holders[ref("entity", holder) if isinstance(holder, str) else holder] = policies

    def planned(self):
        facts = [Account(ref=ref("account", "vault"), sets=())]
        facts += [Policy(ref=ref("policy", name), text=text) for name, text in self.texts.items()]
        for holder, policies in self.holders.items():
            form = PrincipalForm.USER if holder.kind == "entity" else PrincipalForm.ROLE
            facts += [
                Principal(ref=holder, form=form, resource=holder.id),
                Setting(ref=holder, form="x", text=json.dumps({"policies": policies})),
            ]
            facts += [
                Edge(kind=EdgeKind.IDENTITY_POLICY, source=holder, target=ref("policy", name)) for name in policies if name in self.texts
            ]
        seen = fold(facts, system="vault", connector="vault", taken_at=AT)
        world = World(self.declaration, {"vault": seen}, {"vault": CONNECTOR.meaning(seen)}, AT, lambda *_: "")
        findings = [one for one in judged(differences(world)) if one.control == "GR101"]
        refs = objects(world, findings, {"vault": CONNECTOR})
        planning = Planning(world, {one: self.image(one) for one in refs}, {"vault": CONNECTOR}, CONNECTOR.meaning)
        planning.plan(findings)
        return planning

    def image(self, one):
        if one.kind == "policy":
            return image(one, {"name": one.name, "policy": self.text(one.name)})
        listed = list(self.holders[one])
        found = image(one, {"id": one.id, "name": one.name, "policies": listed} if one.kind == "entity" else {"token_policies": listed})
        own = [name for name in listed if name in self.texts and name.endswith(f"/entity/{one.id}")]
        return with_own(found, {name: image(ref("policy", name), {"name": name, "policy": self.text(name)}) for name in own})

    def text(self, name):
        return json.loads(self.texts[name])["policy"]


def told(planning):
    return [(type(one.action).__name__, str(one.ref), getattr(one.action, "own", one.action.policy).name) for one in planning.changes]


def test_each_of_two_who_are_declared_for_the_same_gets_one_of_its_own():
    company = Company(wide=WIDE)
    for holder in (APP, TWIN, OTHER):
        company.add(holder, "wide")

    planning = company.planned()

    assert told(planning) == [("ReplacePolicy", f"vault:entity/{name}", f"guardrails-declared/entity/{name}") for name in (APP, TWIN)]
    assert planning.held == []
    change = planning.changes[0]
    assert [(edit.field, edit.adds, edit.removes) for edit in change.edits] == [
        ("policies", ("guardrails-declared/entity/app",), ()),
        ("policy/guardrails-declared/entity/app", ('path "kv/app/*" {\n  capabilities = ["read"]\n}\n',), ()),
        ("policies", (), ("wide",)),
    ]
    assert change.breaks[0].startswith("vault:entity/app loses what is not declared for it, such as ")


def test_what_can_be_cut_for_all_is():
    company = Company(wide=WIDE)
    company.add(APP, "wide")
    company.add(TWIN, "wide")

    assert [type(one.action) for one in company.planned().changes] == [RewritePolicy]


def test_a_second_one_has_a_number_and_the_first_stays():
    first = "guardrails-declared/entity/app"
    company = Company(wide=WIDE, **{first: 'path "pki/none" { capabilities = ["deny"] }'})
    company.add(APP, "wide", first)
    company.add(OTHER, "wide")

    (change,) = company.planned().changes

    assert change.action.own.name == "guardrails-declared-2/entity/app"
    assert f"policy/{first}" not in {edit.field for edit in change.edits}


def test_a_name_that_a_policy_has_already_is_not_taken():
    company = Company(wide=WIDE, **{"guardrails-declared/entity/app": WIDE})
    company.add(APP, "wide")
    company.add(OTHER, "wide")

    assert [name for *_, name in told(company.planned())] == ["guardrails-declared-2/entity/app"]


def test_a_name_that_it_lists_without_a_policy_is_not_taken_either():
    company = Company(wide=WIDE)
    company.add(APP, "wide", "guardrails-declared/entity/app")
    company.add(OTHER, "wide")

    assert [name for *_, name in told(company.planned())] == ["guardrails-declared-2/entity/app"]


def test_its_own_is_cut_as_a_part_of_it():
    own = "guardrails-declared/entity/app"
    company = Company(**{own: WIDE})
    company.add(APP, own)

    (change,) = company.planned().changes

    assert isinstance(change.action, RewritePolicy)
    assert (change.ref, [edit.field for edit in change.edits]) == (ref("entity", APP), [f"policy/{own}"])


def test_its_own_goes_whole_when_nothing_in_it_is_declared():
    own = "guardrails-declared/entity/app"
    company = Company(**{own: 'path "pki/*" { capabilities = ["read"] }'})
    company.add(APP, own)

    (change,) = company.planned().changes

    assert (change.action.text, change.ref) == ("", ref("entity", APP))
    assert [(edit.field, edit.adds) for edit in change.edits] == [(f"policy/{own}", ()), ("policies", ())]


def test_its_own_that_somebody_gave_to_others_as_well_goes_for_nobody_who_needs_it():
    own = "guardrails-declared/entity/app"
    company = Company(**{own: 'path "pki/*" { capabilities = ["read"] }'})
    company.add(APP, own)
    company.add(OTHER, own)

    planning = company.planned()

    assert planning.changes == []
    assert any("vault:entity/other would lose all" in held.reason for held in planning.held)


def test_the_own_policy_of_somebody_else_is_not_written_for_who_should_not_have_it():
    own = "guardrails-declared/entity/twin"
    company = Company(**{own: WIDE})
    company.add(TWIN, own)
    company.add(APP, own)

    planning = company.planned()

    assert all(one.ref != ref("entity", APP) or not isinstance(one.action, RewritePolicy) for one in planning.changes)


@pytest.mark.parametrize(
    ("holder", "ends", "why"),
    [
        (TOKEN_ROLE, None, "tokens are asked for by the names of policies"),
        (ref("entity", APP), datetime(2099, 1, 1, tzinfo=UTC), "has settings that no policy of its own gets: expires_at"),
        (CAPITAL, None, "would lose all, or a part of it"),
    ],
)
def test_who_gets_none_is_told(holder, ends, why):
    company = Company(wide=WIDE, ends=ends)
    company.add(holder, "wide")
    company.add(OTHER, "wide")

    planning = company.planned()

    assert planning.changes == []
    assert any(why in held.reason for held in planning.held)


def test_who_is_protected_keeps_everything():
    company = Company(declared=DECLARED + 'apply: {environment: prod, never: {"vault:entity/app": any}}\n', wide=WIDE)
    company.add(APP, "wide")
    company.add(OTHER, "wide")

    planning = company.planned()

    assert planning.changes == []
    assert any("is protected" in held.reason for held in planning.held)


def test_a_denial_that_takes_from_others_stays():
    company = Company(
        wide=f'{WIDE}\npath "kv/app/sealed" {{ capabilities = ["deny"] }}', sealed='path "kv/app/sealed" { capabilities = ["read"] }'
    )
    company.add(APP, "wide", "sealed")
    company.add(OTHER, "wide")

    (change,) = (one for one in company.planned().changes if isinstance(one.action, ReplacePolicy))

    assert "deny" in change.action.text
