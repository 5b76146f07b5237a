"""A membership of a directory is used where a login elsewhere gave something by it: what the next login would refuse is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails import declare, workflow
from guardrails.connectors.ldap import CONNECTOR as LDAP
from guardrails.connectors.vault import CONNECTOR as VAULT
from guardrails.model.actions import RemoveMember
from guardrails.model.facts import Principal
from guardrails.model.past import gathered
from guardrails.plan.stage import Stage
from guardrails.plan.used import Used
from guardrails.remediation.making import meaning_of
from small_directory import BASE, group, ldif, person

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
DECLARED = """
guardrails: 1
systems:
  directory: {{connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: "{folder}/people.ldif"}}
  vault: {{connector: vault, export: "{folder}/vault"}}
people: {{sources: {{directory: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
"""
SEARCH = {
    "binddn": "cn=reader", "userattr": "uid", "userdn": BASE, "groupdn": BASE, "groupattr": "cn", "token_no_default_policy": True,
    "groupfilter": "(|(memberUid={{.Username}})(member={{.UserDN}})(uniqueMember={{.UserDN}}))", "userfilter": "({{.UserAttr}}={{.Username}})",
}  # fmt: skip
ANN, FAY = "e-ann", "e-fay"
LOCKED = "pwdAccountLockedTime: 000001010000Z"
REST = (person("eve", 9),)


def rule(path, *capabilities):
    return f'path "{path}" {{ capabilities = {json.dumps(list(capabilities or ("read",)))} }}\n'


def entity(name, **more):
    alias = {"id": f"a-{name}", "name": name, "mount_accessor": "ldap_1", "mount_type": "ldap"}
    return {"id": f"e-{name}", "name": name, "policies": [], "aliases": [alias], **more}


class Company:
    """A directory whose groups give policies of a Vault: `ops` and `second` by mappings, `outer` by an external group."""

    def __init__(self, folder):
        self.folder, self.config = folder, dict(SEARCH)
        self.people = [
            person("ann", 1),
            person("fay", 2, LOCKED),
            group("ops", 3, "ann", "fay", "eve"),
            group("second", 4, "ann", "eve"),
            group("outer", 5, "ann", "eve"),
        ]
        self.files = {
            "auth.json": {"ldap/": {"type": "ldap", "accessor": "ldap_1"}, "userpass/": {"type": "userpass", "accessor": "up_1"}},
            "mounts.json": {"sys/": {"type": "system", "running_plugin_version": "v2.6.2+builtin.bao"}},
            "auth/ldap/groups/ops.json": {"policies": ["app"]},
            "auth/ldap/groups/second.json": {"policies": ["app", "more"]},
            "auth/ldap/users/.keep": "",
            "auth/userpass/users/ann.json": {"token_policies": ["own"], "token_no_default_policy": True},
            "identity/entity/ann.json": entity("ann"),
            "identity/entity/fay.json": entity("fay"),
            "identity/group/out.json": {
                "id": "g-1", "name": "out", "type": "external", "policies": ["far"], "member_entity_ids": [ANN],
                "alias": {"id": "a-9", "name": "outer", "mount_accessor": "ldap_1", "mount_type": "ldap"},
            },
            **{f"policies/{name}.hcl": rule(f"kv/{name}") for name in ("app", "more", "far", "own", "default")},
        }  # fmt: skip

    def stage(self):
        (self.folder / "people.ldif").write_text(ldif(*self.people, *REST))
        for name, content in {"auth/ldap/config.json": self.config, **self.files}.items():
            path = self.folder / "vault" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps({"data": content}))
        declared = declare.loads([("g.yaml", DECLARED.format(folder=self.folder).encode())])
        self.system = next(system for system in declared.systems if system.name == "vault")
        return Stage.of(workflow.side_by_side(declared, workflow.observe(declared, AT), AT), meaning_of)

    def told(self, stage, action, *entries):
        log = gathered("vault", VAULT.past(self.system, stage.observations["vault"], entries))
        return Used([log]).told(action, stage, stage.after(action))


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path)


def out_of(stage, member, name):
    known = {fact.ref.name: fact.ref for fact in stage.facts(Principal, "directory")}
    return RemoveMember(group=known[name], member=known[member])


def asked(path, *, name="ann", **auth):
    by = {"display_name": f"ldap-{name}", "metadata": {"username": name}, "entity_id": f"e-{name}", **auth}
    request = {"client_token": "hmac-sha256:00", "operation": "read", "path": path, "namespace": {"id": "root"}}
    return {"type": "response", "time": "2026-11-26T11:00:00Z", "auth": by, "request": request}


def test_what_the_next_login_would_refuse_is_used_with_who_what_and_when(company):
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "ann", "second"), asked("kv/more"), asked("kv/more"), asked("kv/app"))

    assert told == (
        "used: vault:entity/ann was let read kv/more 2 times, last on 2026-11-26 11:00 UTC, "
        "which the next login of ann by auth/ldap/config would not give"
    )


def test_what_another_group_gives_as_well_is_not_taken_until_that_one_goes_too(company):
    stage = company.stage()
    first, then = out_of(stage, "ann", "ops"), out_of(stage, "ann", "second")

    assert company.told(stage, first, asked("kv/app")) == ()
    (told,) = company.told(stage.after(first), then, asked("kv/app"))
    assert "was let read kv/app once" in told


def test_what_an_external_group_gives_is_made_anew_at_a_login(company):
    """Its members stand in Vault still, so as it is the request would pass."""
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "ann", "outer"), asked("kv/far"))

    assert "kv/far" in told


def test_what_somebody_has_of_their_own_is_given_again(company):
    company.files["identity/entity/ann.json"] = entity("ann", policies=["more"])
    stage = company.stage()

    assert company.told(stage, out_of(stage, "ann", "second"), asked("kv/more")) == ()


@pytest.mark.parametrize(
    "entry",
    [
        asked("kv/more", name="eve"),  # somebody else
        asked("kv/none"),  # what nothing of all this gives
        asked("kv/more", display_name="userpass-ann", entity_id=""),
        asked("kv/more", display_name="gone-ann", entity_id=""),  # a method that is not there
    ],
)
def test_what_others_used_and_what_no_login_gives_keeps_nothing(company, entry):
    stage = company.stage()

    assert company.told(stage, out_of(stage, "ann", "second"), entry) == ()


def test_somebody_whom_vault_does_not_know_yet_is_known_by_the_login(company):
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "eve", "second"), asked("kv/more", name="EVE"))

    assert told.startswith("used: EVE by auth/ldap/config was let read kv/more once")


def test_a_token_that_a_token_made_is_of_whoever_it_acts_as(company):
    stage = company.stage()
    made = {"display_name": "token-job", "metadata": None}

    (told,) = company.told(stage, out_of(stage, "ann", "second"), asked("kv/more", **made))

    assert "vault:entity/ann was let read kv/more" in told


def test_what_another_login_of_the_same_entity_gave_keeps_no_membership(company):
    company.files["policies/own.hcl"] = rule("kv/more")
    stage = company.stage()

    assert company.told(stage, out_of(stage, "ann", "second"), asked("kv/more", display_name="userpass-ann")) == ()


def test_methods_whose_names_look_alike_are_all_asked(company):
    company.files["auth.json"] |= {"team/ldap/": {"type": "ldap", "accessor": "l_2"}, "team-ldap/": {"type": "ldap", "accessor": "l_3"}}
    for mount in ("team/ldap", "team-ldap"):
        company.files |= {f"auth/{mount}/config.json": SEARCH, f"auth/{mount}/users/.keep": "", f"auth/{mount}/groups/.keep": ""}
    company.files["auth/team/ldap/groups/second.json"] = {"policies": ["own"]}
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "eve", "second"), asked("kv/own", name="eve", display_name="team-ldap-eve", entity_id=""))

    assert "by auth/team/ldap/config would not give" in told


def test_a_login_by_one_way_is_not_put_to_another(company):
    company.files["auth.json"]["other/"] = {"type": "ldap", "accessor": "l_2"}
    company.files |= {"auth/other/config.json": SEARCH, "auth/other/users/.keep": "", "auth/other/groups/.keep": ""}
    stage = company.stage()

    assert company.told(stage, out_of(stage, "eve", "second"), asked("kv/more", name="eve", display_name="other-eve", entity_id="")) == ()


def test_whoever_is_in_a_group_that_goes_loses_by_it(company):
    company.config["groupfilter"] = "(member:1.2.840.113556.1.4.1941:={{.UserDN}})"
    company.people.append(group("upper", 6).replace("entryUUID", f"member: cn=second,{BASE}\nentryUUID"))
    company.files["auth/ldap/groups/upper.json"] = {"policies": ["own"]}
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "second", "upper"), asked("kv/own", name="eve"))

    assert told.startswith("used: ")


@pytest.mark.parametrize("own", [(), ("more",)])
def test_what_nobody_can_tell_holds_unless_it_is_given_all_the_same(company, own):
    """By which groups people are found: a class that is asked for is not read."""
    company.config["groupfilter"] = "(&(objectClass=groupOfNames)(member={{.UserDN}}))"
    company.files["identity/entity/ann.json"] = entity("ann", policies=list(own))
    stage = company.stage()

    told = company.told(stage, out_of(stage, "ann", "second"), asked("kv/more"))

    assert ["would not give" in line or "may not give" in line for line in told] == ([] if own else [True])


def test_among_many_groups_of_which_nobody_can_tell_the_one_that_goes_counts_by_itself(company):
    company.config["groupfilter"] = "(&(objectClass=groupOfNames)(member={{.UserDN}}))"
    for number in range(6):
        company.people.append(group(f"g{number}", 20 + number, "ann"))
        company.files[f"auth/ldap/groups/g{number}.json"] = {"policies": ["more"]}
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "ann", "second"), asked("kv/more"))

    assert "may not give" in told


@pytest.mark.parametrize(
    ("setting", "why"),
    [({"userattr": "cn"}, "people are found by cn, which is not read"), ({"groupattr": "ou"}, "groups are named by ou, which is not read")],
)
def test_a_way_that_is_not_understood_keeps_what_may_hang_on_it(company, setting, why):
    company.config |= setting
    company.files["identity/entity/ann.json"] = entity("ann", policies=["far"])
    stage = company.stage()
    action = out_of(stage, "ann", "second")

    (told,) = company.told(stage, action, asked("kv/more"))
    assert told.endswith(f"which the next login of ann by auth/ldap/config may not give: {why}")
    assert company.told(stage, action, asked("kv/far")) == ()
    assert company.told(stage, action, asked("kv/none")) == ()


def test_a_way_that_was_not_read_keeps_what_was_used_after_it(company):
    company.files["auth/ldap/config.json"] = "{"
    stage = company.stage()
    action = out_of(stage, "ann", "second")

    (told,) = company.told(stage, action, asked("kv/none"))
    assert told.endswith("by auth/ldap/config may not give: how it finds people was not read")
    assert company.told(stage, action, asked("kv/none", name="eve")) == ()


def test_where_a_mapping_was_not_read_whatever_is_not_certain_is_kept(company):
    company.files["auth/ldap/groups/second.json"] = "{"
    company.files["identity/entity/ann.json"] = entity("ann", policies=["far"])
    stage = company.stage()
    action = out_of(stage, "ann", "second")

    (told,) = company.told(stage, action, asked("kv/more"))
    assert "may not give: " in told
    assert company.told(stage, action, asked("kv/far")) == ()


def test_of_somebody_who_left_it_is_told(company):
    """Who cannot log in at all loses nothing more, and whoever signs sees what was used."""
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "fay", "ops"), asked("kv/app", name="fay"))

    assert "was let read kv/app once" in told


def test_a_directory_of_nobody_and_an_action_elsewhere_ask_no_login(company):
    stage = company.stage()
    ann = next(fact.ref for fact in stage.facts(Principal, "vault") if fact.ref.id == ANN)
    outer = next(fact.ref for fact in stage.facts(Principal, "vault") if fact.ref.id == "g-1")

    (told,) = company.told(stage, RemoveMember(group=outer, member=ann), asked("kv/far"))

    assert "next login" not in told


def compared(stage, action, member, name):
    """What is told of an action where the directory was asked for a membership."""
    log = gathered("directory", LDAP.past(None, stage.observations["directory"], [{
        "reqstart": b"20261126110000.000001Z", "reqtype": b"compare", "reqauthzid": b"uid=app", "reqresult": b"6",
        "reqdn": f"cn={name},{BASE}".encode(), "reqassertion": f"member={member},{BASE}".encode(),
    }]))  # fmt: skip
    return Used([log]).told(action, stage, stage.after(action))


def test_a_membership_that_an_application_asked_the_directory_for_is_used(company):
    stage = company.stage()
    action = out_of(stage, "ann", "ops")

    assert compared(stage, action, "uid=ann", "ops") == (
        "used: uid=app asked whether directory@dc=example,dc=se:person/ann is in group/ops once, last on 2026-11-26 11:00 UTC",
    )
    assert compared(stage, action, "uid=ann", "second") == compared(stage, action, "uid=eve", "ops") == ()
    (told,) = compared(stage, out_of(stage, "fay", "ops"), "uid=fay", "ops")
    assert told.startswith("used: ")


def test_who_is_found_in_a_group_itself_is_not_found_there_through_another(company):
    company.people.append(group("upper", 6, "ann").replace("entryUUID", f"member: cn=ops,{BASE}\nentryUUID"))
    stage = company.stage()

    assert len(compared(stage, out_of(stage, "ann", "upper"), "uid=ann", "upper")) == 1
    assert compared(stage, out_of(stage, "ann", "ops"), "uid=ann", "upper") == ()
    assert len(compared(stage, out_of(stage, "ops", "upper"), "cn=ops", "upper")) == 1


def test_what_hangs_on_a_value_that_nobody_knows_is_kept(company):
    """Of somebody whom Vault does not know yet no value is known."""
    company.files["policies/more.hcl"] = rule("kv/{{identity.entity.metadata.team}}")
    stage = company.stage()

    (told,) = company.told(stage, out_of(stage, "eve", "second"), asked("kv/red", name="eve"))

    assert "may not give" in told
