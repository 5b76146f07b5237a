"""One namespace while a change is put into it: what each object would say of itself, as the connector would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from guardrails.connectors.vault.answers import Found
from guardrails.connectors.vault.asking import Said, Speaker
from guardrails.connectors.vault.exposures import BOUND
from guardrails.connectors.vault.identities import identity_said
from guardrails.connectors.vault.logins import login_said
from guardrails.connectors.vault.mappings import anybody_said, mapping_said, of_tokens
from guardrails.connectors.vault.methods import MAPPINGS, SECRET_IDS
from guardrails.model.facts import Account, Edge, Fact, Gap, Policy, Principal, Setting
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.proposals.draft import Draft
from guardrails.vault.acl import ROOT
from guardrails.vault.stored import stored

__all__ = ["IDENTITIES", "Namespace"]

IDENTITIES = ("entity", "group")
_LOGINS = ("role", "user", "ldap-group", "login-group")
_OF_LOGINS = frozenset({"iam", "network"})
"""What may be unknown of a single login."""


class Namespace(Draft):
    """What is said of an object is made anew of its entry, with the same words as when it is observed."""

    def __init__(self, observation: Observation) -> None:
        self._called: dict[tuple[str, str], dict[Ref, None]] = {}
        self._pointed: dict[str, dict[Ref, None]] = {}
        super().__init__(observation)
        own = next((fact for fact in observation.facts if isinstance(fact, Account)), None)
        self.is_read = own is not None
        self.realm = own.ref.realm if own else ""
        self.server = own.within.id if own and own.within else ""
        self.speaker = Speaker(system=observation.system, realm=self.realm)

    @property
    def engine(self) -> str:
        """Which one it is and of which version, as its policies are decided; empty when that was not told."""
        told = self.get(Setting, self.speaker.ref("server", "engine", "engine"))
        entry = json.loads(told.text) if told else {}
        return f"{entry['engine']}-{entry['version']}" if entry else ""

    @property
    def namespace_id(self) -> str:
        """By which entities and groups name it; empty where nobody told."""
        told = (fact for fact in self.each(Setting) if fact.ref.kind in IDENTITIES)
        return next((str(json.loads(fact.text).get("namespace_id") or "") for fact in told), "" if self.realm else "root")

    def put(self, fact: Fact) -> None:
        """A fact in place of the one about the same, and how it is found."""
        super().put(fact)
        if isinstance(fact, Principal | Setting):
            self._called.setdefault((fact.ref.kind, fact.ref.name.casefold()), {})[fact.ref] = None
        if isinstance(fact, Setting):
            self._pointed.setdefault(fact.pointer, {})[fact.ref] = None

    def _of_name(self, kind: str, name: str) -> Iterator[Ref]:
        """What is called so, in any letters; it may be there no longer, or be called otherwise by now."""
        return iter(self._called.get((kind, name.casefold()), ()))

    def identity(self, kind: str, *, identifier: str = "", name: str = "") -> Ref | None:
        """An entity or group that is there, by its id or by its name in any letters."""
        refs = [self.speaker.ref(kind, identifier, "")] if identifier else self._of_name(kind, name)
        found = (fact.ref for fact in (self.get(Principal, ref) for ref in refs) if fact)
        return next((ref for ref in found if identifier or ref.name.casefold() == name.casefold()), None)

    def has_alias(self, kind: str, name: str, accessor: str) -> bool:
        """Whether an auth method knows an entity or group by a name already."""
        told = (self.get(Setting, ref) for ref in self._of_name(f"{kind}-alias", name))
        return any(fact is not None and json.loads(fact.text).get("mount_accessor") == accessor for fact in told)

    def mount(self, path: str) -> Setting | None:
        """The auth mount at a path, which has no slash at its end."""
        told = (self.get(Setting, ref) for ref in self._of_name("auth-mount", f"{path}/"))
        return next((fact for fact in told if fact and fact.ref.name == f"{path}/"), None)

    def _settings_at(self, pointer: str) -> list[Setting]:
        found = (self.get(Setting, ref) for ref in self._pointed.get(pointer, ()))
        return [fact for fact in found if fact and fact.pointer == pointer]

    def entry(self, ref: Ref) -> dict[str, Any] | None:
        """How an object is set up; of an entity or group with its aliases. Nothing where that was not seen."""
        own = self.get(Setting, ref)
        if own is None:
            return None
        entry: dict[str, Any] = json.loads(own.text)
        if ref.kind in IDENTITIES:
            entry["aliases"] = [{**json.loads(one.text), "id": one.ref.id} for one in self.aliases(ref)]
        return entry

    def aliases(self, ref: Ref) -> list[Setting]:
        """Those of an entity or group."""
        return [fact for fact in self._settings_at(f"identity/{ref.kind}/id/{ref.id}") if fact.ref.kind == f"{ref.kind}-alias"]

    def say(self, ref: Ref, entry: Mapping[str, Any], method: str = "") -> None:
        """An object as its entry says, in place of what was said of it before; who belongs to it stays."""
        was = self.get(Principal, ref)
        self._unsay(ref)
        for item in self._told(ref, entry, method):
            match item:
                case Edge():
                    self.hang(item)
                case Gap():
                    self._gaps.append(item)
                case Principal() if was is not None:
                    self.put(replace(item, created_at=was.created_at))
                case _:
                    self.put(item)  # type: ignore[arg-type]  # no readings are said of one object

    def _told(self, ref: Ref, entry: Mapping[str, Any], method: str) -> Iterator[Said]:
        if ref.kind in IDENTITIES:
            return identity_said(self.speaker, ref, entry)
        if method not in MAPPINGS:
            return login_said(self.speaker, ref, method, Found(entry))
        config = f"{_mount_of(ref)}/config"
        told = self.get(Setting, self.speaker.ref("auth-config", config, config))
        return mapping_said(self.speaker, ref, method, Found(entry), of_tokens(json.loads(told.text) if told else {}))

    def give(self, policy: Ref) -> None:
        """A policy that was not there, to all who carry its name already."""
        for ref in self.carriers():
            own = self.get(Setting, ref)
            if own is not None:
                self._hang_one(self._told(ref, json.loads(own.text), own.form), policy)
        for fact in self.each(Setting):
            if fact.ref.kind == "auth-config" and fact.form in MAPPINGS:
                mount = fact.ref.id.removeprefix("auth/").removesuffix("/config")
                self._hang_one(anybody_said(self.speaker, mount, json.loads(fact.text)), policy)

    def _hang_one(self, told: Iterator[Said], policy: Ref) -> None:
        for item in told:
            if isinstance(item, Edge) and item.target == policy:
                self.hang(item)

    def forget_gaps(self, ref: Ref) -> None:
        """What was not known of an object counts no longer."""
        self._gaps = [gap for gap in self._gaps if gap.subject != ref]

    def unbind(self, ref: Ref, field: str) -> None:
        """Without what a login says of the addresses of one field."""
        self.remove(self.speaker.ref("bound-cidrs", f"{ref.id}/{field}", ""))

    def _unsay(self, ref: Ref) -> None:
        for fact in self.aliases(ref):
            self.remove(fact.ref)
        for field in BOUND:
            self.unbind(ref, field)
        self.remove(ref, Principal, Setting)
        self.unlink(EdgeKind.IDENTITY_POLICY, ref)
        if ref.kind not in IDENTITIES:  # a user of a mapping names its groups itself
            self.unlink(EdgeKind.MEMBER, ref)
            own = [gap for gap in self._was.gaps if gap.subject == ref and gap.what in _OF_LOGINS]
            self._gaps = [gap for gap in self._gaps if gap not in own]

    def end(self, ref: Ref) -> None:
        """An object that is there no longer, with whatever hangs on it alone."""
        self._unsay(ref)
        self.remove(ref)
        self.forget_gaps(ref)
        for fact in self._settings_at(f"{ref.id}/{SECRET_IDS}"):
            self.remove(fact.ref)

    def carriers(self) -> list[Ref]:
        """Everything that can carry policies."""
        return [fact.ref for fact in self.each(Principal) if fact.ref.kind in {*_LOGINS, *IDENTITIES}]

    def result(self) -> Observation:
        """The observation as it would be: names that no policy has fall away, as servers skip them."""
        self._give_root()
        gaps = [gap for gap in self._gaps if gap.what == "iam"]
        unread = {gap.subject for gap in gaps}
        for ref in self.carriers() if None not in unread else ():
            for policy in self.linked(EdgeKind.IDENTITY_POLICY, ref):
                if self.get(Policy, policy) is None and policy not in unread:
                    self.unlink(EdgeKind.IDENTITY_POLICY, ref, policy)
        return super().result()

    def _give_root(self) -> None:
        """The policy that gives everything is never asked for, and there where somebody carries it."""
        root = self.speaker.ref("policy", ROOT, ROOT)
        if self.linking(EdgeKind.IDENTITY_POLICY, root) and self.get(Policy, root) is None:
            self.put(Policy(ref=root, text=stored("", self.engine, name=ROOT)))


def _mount_of(ref: Ref) -> str:
    """The mount of a mapping, as a path: its folder has one part, or two below `map`."""
    folder = next(one for folders in MAPPINGS.values() for one in folders if f"/{one}/" in ref.id)
    return ref.id.rpartition(f"/{folder}/")[0]
