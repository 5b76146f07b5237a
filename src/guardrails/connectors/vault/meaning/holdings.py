"""Who holds which policies, and what is known of the values that stand in their paths."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guardrails.connectors.vault.meaning.values import EntityValues
from guardrails.model.facts import Policy as PolicyFact
from guardrails.model.facts import Principal, Setting
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.vault.acl import ROOT
from guardrails.vault.profiles import Profile
from guardrails.vault.rules import Policy
from guardrails.vault.stored import accepting, restored
from guardrails.vault.templates import Known, Missing, expressions

__all__ = ["CARRIED", "Bearer", "Holdings", "Knowledge", "as_list", "has_ended"]

CARRIED = ("token_policies", "policies")
"""The fields in which names of policies stand."""

Knowledge = tuple[tuple[str, Known], ...]
"""What is known of the expressions of some policies."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token as it was looked up, and the entity that it acts as; none where it is nobody's or that was not seen."""

    ref: Ref
    entry: Mapping[str, Any]
    entity: Ref | None


class Holdings:
    """One namespace, as it was seen."""

    def __init__(self, observation: Observation) -> None:
        self._policies = {(fact.ref.realm, fact.ref.name): fact for fact in observation.facts if isinstance(fact, PolicyFact)}
        self.principals = {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}
        self._edges: dict[tuple[EdgeKind, Ref], list[Ref]] = {}
        for edge in observation.edges:
            self._edges.setdefault((edge.kind, edge.source), []).append(edge.target)
        self._settings: dict[str, list[Setting]] = {}
        for fact in observation.facts:
            if isinstance(fact, Setting):
                self._settings.setdefault(fact.ref.kind, []).append(fact)
        self._set_up = {fact.ref: fact for facts in self._settings.values() for fact in facts}
        self._values = EntityValues(self.principals, self.settings("entity-alias"), self.settings("group"))
        self.bearers = tuple(self._bearers())
        self._of_tokens = {one.ref: one for one in self.bearers}
        self._by_entity: dict[Ref, frozenset[str]] = {}
        for one in self.bearers:
            own, shown = (_folded(one.entry.get(field)) for field in ("policies", "identity_policies"))
            self._edges[(EdgeKind.IDENTITY_POLICY, one.ref)] = [_policy(one.ref, name) for name in sorted(own | shown)]
            self._by_entity[one.ref] = shown - own if one.entity else frozenset()
            self._edges[(EdgeKind.MEMBER, one.ref)] = [one.entity] if one.entity else []
        self.engines: tuple[Profile, ...] = accepting(fact.text for fact in self._policies.values() if fact.ref.name != ROOT)

    def _bearers(self) -> Iterator[Bearer]:
        entities = {ref.id: ref for ref in self.principals if ref.kind == "entity"}
        for fact in self.settings("entity"):  # tokens keep the id of an entity that was merged into another
            if survivor := entities.get(fact.ref.id):
                entities |= dict.fromkeys(as_list(json.loads(fact.text).get("merged_entity_ids")), survivor)
        for fact in self.settings("token"):
            entry = json.loads(fact.text)
            yield Bearer(fact.ref, entry, entities.get(str(entry.get("entity_id") or "")))

    def add(self, bearer: Bearer, groups: Sequence[Ref], policies: Sequence[Ref]) -> None:
        """One more who acts as an entity, with what it belongs to and carries."""
        self._of_tokens[bearer.ref] = bearer
        self._edges[(EdgeKind.MEMBER, bearer.ref)] = [*groups]
        self._edges[(EdgeKind.IDENTITY_POLICY, bearer.ref)] = [*policies]

    def member_of(self, source: Ref) -> list[Ref]:
        """To what it belongs directly."""
        return self._edges.get((EdgeKind.MEMBER, source), [])

    def sources(self, holder: Ref) -> list[Ref]:
        """The holder and every group that it belongs to, upwards."""
        found = [holder]
        for source in found:  # grows while it is read
            found += [group for group in self._edges.get((EdgeKind.MEMBER, source), ()) if group not in found]
        return found

    def attached(self, source: Ref) -> list[Ref]:
        """The policies that one of the sources carries itself."""
        return self._edges.get((EdgeKind.IDENTITY_POLICY, source), [])

    def names(self, holder: Ref) -> frozenset[str]:
        """Of all policies that it holds."""
        return frozenset(policy.name for source in self.sources(holder) for policy in self.attached(source))

    def settings(self, kind: str) -> list[Setting]:
        """How objects of a kind are set up."""
        return self._settings.get(kind, [])

    def set_up(self, ref: Ref) -> Setting | None:
        """How one object is set up."""
        return self._set_up.get(ref)

    def carried(self, holder: Ref) -> frozenset[str]:
        """Names of policies that stand at the holder or its groups, also those that no policy has."""
        entries = [json.loads(self._set_up[source].text) for source in self.sources(holder) if source in self._set_up]
        found = {str(name).strip().lower() for entry in entries for field in CARRIED for name in as_list(entry.get(field))}
        return frozenset(found - {"", ROOT})

    def way(self, holder: Ref, policy: str) -> tuple[Ref, ...]:
        """The groups by which a holder has a policy, from its own outwards; none when it carries the policy itself."""
        ways: dict[Ref, tuple[Ref, ...]] = {holder: ()}
        todo = [holder]
        for source in todo:  # grows while it is read
            if any(ref.name == policy for ref in self.attached(source)):
                return ways[source]
            for group in self._edges.get((EdgeKind.MEMBER, source), ()):
                if group not in ways:
                    ways[group] = (*ways[source], group)
                    todo.append(group)
        return ()

    def all_policies(self) -> Iterator[tuple[Ref, Policy]]:
        """Everything that was read, but `root`."""
        for (_, name), fact in sorted(self._policies.items()):
            if name != ROOT:
                yield fact.ref, restored(fact.text, name)

    def ref_of(self, realm: str, name: str) -> Ref | None:
        """The policy of a name."""
        fact = self._policies.get((realm, name))
        return fact.ref if fact else None

    def fact(self, realm: str, name: str) -> PolicyFact:
        """A policy that was read, as it was."""
        return self._policies[realm, name]

    def combinations(self) -> frozenset[tuple[str, frozenset[str]]]:
        """The policies that somebody holds together, each combination once, with its realm."""
        return frozenset((ref.realm, self.names(ref)) for ref in self.principals)

    def is_seen(self, realm: str, name: str) -> bool:
        """Whether a policy was read."""
        return (realm, name) in self._policies

    def policies(self, realm: str, names: Iterable[str]) -> tuple[Policy, ...]:
        """Those of the names that were read, in order; `root` alone, for it gives everything."""
        found = sorted(set(names))
        if ROOT in found:
            return (Policy(name=ROOT, rules=()),)
        return tuple(restored(self._policies[realm, name].text, name) for name in found if (realm, name) in self._policies)

    def of(self, holder: Ref) -> tuple[Policy, ...]:
        """All that a holder has."""
        return self.policies(holder.realm, self.names(holder))

    def standing(self, holder: Ref) -> tuple[Policy, ...]:
        """All that a holder has; of a token not what it once was shown to have by its entity, which changes with that one."""
        shown = self._by_entity.get(holder, frozenset())
        by = ((source, policy.name) for source in self.sources(holder) for policy in self.attached(source))
        return self.policies(holder.realm, {name for source, name in by if source != holder or name not in shown})

    def known(self, holder: Ref, policies: Iterable[Policy]) -> Knowledge:
        """What the holder's own values are, as far as they were seen, of the expressions in these policies."""
        names = {name for policy in policies for rule in policy.rules if rule.is_templated for name in expressions(rule.path)}
        return tuple((name, self._known(holder, name)) for name in sorted(names))

    def _known(self, holder: Ref, expression: str) -> Known:
        """Of an entity, or of the one that a token acts as; a token of nobody has no values at all."""
        bearer = self._of_tokens.get(holder)
        if bearer is not None and not bearer.entry.get("entity_id"):
            return Missing.ABSENT
        entity = bearer.entity if bearer is not None else holder
        if entity is None or entity.kind != "entity":
            return Missing.UNKNOWN
        return self._values.value(entity, self.sources(holder)[1:], expression)


def _policy(of: Ref, name: str) -> Ref:
    return Ref(system=of.system, realm=of.realm, kind="policy", id=name, name=name)


def _folded(names: object) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in as_list(names))


def as_list(value: object) -> list[str]:
    """Names, which servers give as a list or with commas between."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(one) for one in value] if isinstance(value, list) else []


def has_ended(entry: Mapping[str, Any], at: datetime) -> bool:
    """Whether a token had ended at a moment; one without an end, or with one that is no moment, had not."""
    end = entry.get("expire_time")
    try:
        return isinstance(end, str) and datetime.fromisoformat(end) < at
    except ValueError:
        return False
