"""Values of entities, aliases and groups in templated paths: what is filled in is what a real server fills in, case by case."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from connectors.vault_asked import ask
from guardrails.connectors.vault import CONNECTOR
from guardrails.model.declaration import System
from guardrails.model.facts import Policy, Setting
from guardrails.model.observation import fold
from guardrails.notation.document import read
from guardrails.testing.openbao import openbao
from guardrails.vault.stored import stored
from staged import staged

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
OLDER = staged("openbao-2.6.2", "bao")
PEOPLE = {"ann": {"team": "a", "a_b": "under"}, "bob": {}, "cid": {"team": "a/b"}}
MOUNTS = ("up1", "up2")
CASES = 150


class World:
    """People with aliases and groups within groups, and a token of each."""

    def __init__(self, server):
        self.server, self.tokens, self.entities, self.version = server, {}, {}, server.version
        self.accessors = {}
        for mount in MOUNTS:
            ask(server, "POST", f"sys/auth/{mount}", {"type": "userpass"})
            self.accessors[mount] = ask(server, "GET", "sys/auth")["data"][f"{mount}/"]["accessor"]
        for name, metadata in PEOPLE.items():
            entity = ask(server, "POST", "identity/entity", {"name": name, "metadata": metadata})["data"]["id"]
            self.entities[name] = entity
            for mount in MOUNTS if name == "ann" else MOUNTS[:1]:
                alias = {
                    "name": f"as-{name}",
                    "canonical_id": entity,
                    "mount_accessor": self.accessors[mount],
                    "custom_metadata": {"k": f"c-{name}", "u": "http://x:y@z"},
                }
                ask(server, "POST", "identity/entity-alias", alias)
                ask(
                    server,
                    "POST",
                    f"auth/{mount}/users/as-{name}",
                    {"password": "x", "token_policies": ["drawn", "self"], "token_no_default_policy": True},
                )
            self.tokens[name] = ask(server, "POST", f"auth/up1/login/as-{name}", {"password": "x"})["auth"]["client_token"]
        self.groups = {}
        for name, more in {
            "inner": {"member_entity_ids": [self.entities["ann"], self.entities["cid"]], "metadata": {"level": "1"}},
            "outer": {"metadata": {"level": "2"}},
            "dot.ted": {"member_entity_ids": [self.entities["ann"]]},
            "others": {"member_entity_ids": [self.entities["bob"]]},
        }.items():
            if name == "outer":
                more["member_group_ids"] = [self.groups["inner"]]
            self.groups[name] = ask(server, "POST", "identity/group", {"name": name, **more})["data"]["id"]
        ask(server, "PUT", "sys/policies/acl/self", {"policy": 'path "sys/capabilities-self" { capabilities = ["update"] }'})

    def expressions(self):
        entity = ["id", "name", "metadata.team", "metadata.a_b", "metadata.none", "metadata", "other", ""]
        alias = ["id", "name", "metadata.username", "metadata.none", "custom_metadata.k", "custom_metadata", ""]
        group = ["id", "name", "metadata.level", "metadata.none", "metadata", ""]
        yield from (f"identity.entity.{word}" for word in entity)
        yield from (f"identity.entity.aliases.{accessor}.{word}" for accessor in (*self.accessors.values(), "gone") for word in alias)
        for name, identifier in (*self.groups.items(), ("Inner", "gone")):
            yield from (f"identity.groups.names.{name}.{word}" for word in group)
            yield from (f"identity.groups.ids.{identifier}.{word}" for word in group)
        yield from ("identity.groups.other.inner.id", "identity.groups.names", "identity.other", "other")

    def values(self):
        """Everything that may stand in a path for somebody."""
        yield from (*PEOPLE, *self.entities.values(), *self.groups, *self.groups.values(), "a", "under", "1", "2", "")
        for name, entity in self.entities.items():
            yield from (f"as-{name}", f"c-{name}")
            yield from (alias["id"] for alias in ask(self.server, "GET", f"identity/entity/id/{entity}")["data"]["aliases"])

    def may(self, name, paths):
        told = ask(self.server, "POST", "sys/capabilities-self", {"paths": paths}, self.tokens[name])
        return told if isinstance(told, int) else {path: set(told["data"][path]) - {"deny"} for path in paths}


@pytest.fixture(scope="module", params=[None, OLDER], ids=["installed", "older"])
def world(request):
    enable_socket()
    with openbao(request.param) as server:
        yield World(server)


def seen(world, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", world.server.token)
    node, _ = read(f'address: "{world.server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}'.encode(), "g.yaml")
    observer = CONNECTOR.observer(System(name="vault", connector="vault", settings=node), datetime.now(UTC))
    return fold(observer.observe(), system="vault", connector="vault", taken_at=datetime.now(UTC))


def with_policy(observation, policy, engine):
    """The same, but for the text of one policy."""
    facts = (
        replace(fact, text=stored(policy, engine, name="drawn")) if isinstance(fact, Policy) and fact.ref.name == "drawn" else fact
        for fact in observation.facts
    )
    return replace(observation, facts=tuple(facts))


def text(expressions):
    return "".join(f'path "kv/{n}/{{{{{expression}}}}}" {{ capabilities = ["read"] }}\n' for n, expression in enumerate(expressions))


def test_what_is_filled_in_is_what_the_server_fills_in(world, monkeypatch):
    dice = random.Random(20261126)  # noqa: S311  # cases, not keys
    expressions, values = [*world.expressions()], sorted(set(world.values()))
    ask(world.server, "PUT", "sys/policies/acl/drawn", {"policy": text(expressions)})
    observation = seen(world, monkeypatch)
    engine = next(fact.form for fact in observation.facts if isinstance(fact, Setting) and fact.ref.id == "engine")
    tokens = {
        json.loads(fact.text)["entity_id"]: fact.ref for fact in observation.facts if isinstance(fact, Setting) and fact.ref.kind == "token"
    }
    decided = {True: 0, False: 0, None: 0}
    for _ in range(CASES):
        chosen = dice.sample(expressions, 3)
        ask(world.server, "PUT", "sys/policies/acl/drawn", {"policy": text(chosen)})
        meaning = CONNECTOR.meaning(with_policy(observation, text(chosen), f"{engine}-{world.version}"))
        name = dice.choice([*PEOPLE])
        paths = [f"kv/{number}/{value}" for number in range(3) for value in values]
        told = world.may(name, paths)
        for path in paths:
            found = meaning.permit(tokens[world.entities[name]], "read", path)
            decided[found.allowed] += 1
            if found.allowed is not None:
                assert found.allowed is (not isinstance(told, int) and "read" in told[path]), (chosen, name, path, told, found)
    assert decided[True] > CASES / 4
    assert decided[None] < decided[True] + decided[False]


def test_a_value_that_was_not_seen_or_cannot_be_told_is_undecided(world, monkeypatch):
    for expression in ("identity.entity.metadata", f"identity.entity.aliases.{world.accessors['up1']}.custom_metadata.u", "time.now"):
        ask(world.server, "PUT", "sys/policies/acl/drawn", {"policy": text([expression])})
        observation = seen(world, monkeypatch)
        holder = next(fact.ref for fact in observation.facts if isinstance(fact, Setting) and fact.ref.name == "up1-as-ann")
        assert CONNECTOR.meaning(observation).permit(holder, "read", "kv/0/x").allowed is None
