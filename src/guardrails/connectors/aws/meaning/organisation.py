"""What an organisation takes away from its accounts: every level of service control policies must allow, and no policy at any level deny.

AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation". Service control policies bind the principals of an account. Resource
control policies bind the resources in it, and of those only a Deny counts: the Allow of everything cannot be detached. Neither binds the
management account, above which no level is read, nor service-linked roles. A policy that was not seen may allow and may deny everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from math import prod
from operator import and_

from guardrails.connectors.aws.meaning.holders import brought, seen_by, usual
from guardrails.connectors.aws.meaning.plainly import allows, speaks_of
from guardrails.connectors.aws.meaning.tree import Document, Level, Tree
from guardrails.iam.layers import UNKNOWN, Sources
from guardrails.iam.proof.access import Bounds, bounds
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.floors import Layer
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.model.facts import Asset, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.sets import BudgetExceededError, Language, Pattern

__all__ = ["Organisation"]

_UNDER_RCPS = ("s3:*", "sts:*", "kms:*", "sqs:*", "secretsmanager:*")
"""What resource control policies surely bind; the list grows, so for any other service it is not known."""

_MOST = 10_000
"""Combinations of an Allow at each level that are still put together."""

_COLONS = 5
"""Of an ARN, at least."""

_ALL = statements('{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"}')[0]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The statements of one level as they stand for one holder."""

    name: str
    statements: tuple[Statement, ...]


class Organisation:
    """What stands above every account of one observation."""

    def __init__(self, observation: Observation) -> None:
        self._tree = Tree(observation)
        self._principals = {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}
        self._buckets = tuple(
            (fact.ref.realm, pattern)
            for fact in observation.facts
            if isinstance(fact, Asset) and fact.ref.kind == "bucket"
            for pattern in (Pattern.literal(fact.resource), Pattern.glob(f"{fact.resource}/*"))
        )
        self._limits: dict[tuple[str, bool, Ref | None], Bounds | None] = {}
        self._own: dict[str, Language] = {}

    def limited(self, holder: Ref, held: Bounds) -> Bounds:
        """What is left of what somebody holds."""
        key = (holder.realm, self._is_bound(holder), holder if self._is_personal(holder.realm) else None)
        if key not in self._limits:
            self._limits[key] = self._limit(holder)
        limit = self._limits[key]
        return held if limit is None else held & limit

    def above(self, holder: Ref) -> tuple[tuple[tuple[Statement, ...], ...], tuple[Statement, ...]]:
        """The levels of which each has to allow what somebody asks for, where that takes anything away, and what is denied beside them."""
        narrowed = (_narrowing(level.statements) for level in self._levels(holder))
        return tuple(kept for kept in narrowed if kept is not None), tuple(self._denies(holder))

    def layers(self, holder: Ref) -> Iterator[Layer]:
        """Each level by its name."""
        for level in self._levels(holder):
            yield Layer(f"the level of service control policies at {level.name}", level.statements)
        if denies := tuple(self._denies(holder)):
            yield Layer("the resource control policies", (_ALL, *denies))

    def documents(self, holder: Ref, witness: Witness) -> tuple[list[Sources], list[Sources]]:
        """The same as documents for one request: the levels above the holder, and those above what it asks for."""
        bound = self._is_bound(holder)
        scps = self._tree.levels(EdgeKind.SERVICE_CONTROL, holder.realm) if bound else ()
        rcps = self._tree.levels(EdgeKind.RESOURCE_CONTROL, self._account_of(witness.resource, holder)) if bound else ()
        return [_sources(level) for level in scps], [_sources(level) for level in rcps]

    def _account_of(self, resource: str, holder: Ref) -> str:
        told = resource.split(":")[4] if resource.count(":") >= _COLONS else ""
        seen = (realm for realm, pattern in self._buckets if pattern.matches(resource))
        return told or next(seen, holder.realm)

    def against(self, holder: Ref, witness: Witness) -> tuple[str, ...]:
        """What takes one request away, or may."""
        found = [each.pointer for each in self._denies(holder) if speaks_of(each, witness)]
        for level in self._levels(holder):
            denies = [each.pointer for each in level.statements if not each.allow and speaks_of(each, witness)]
            lacks = not denies and not allows(level.statements, witness)
            found += [f"the service control policies at {level.name}, none of which surely allows it"] if lacks else denies
        return tuple(dict.fromkeys(found))

    def _limit(self, holder: Ref) -> Bounds | None:
        denies = tuple(self._denies(holder))
        narrowed = [kept for level in self._levels(holder) if (kept := _narrowing(level.statements)) is not None]
        found = [bounds(kept) for kept in narrowed]
        found += [bounds([_ALL, *denies])] if denies else []
        if prod(len(each.upper.cubes) for each in found) > _MOST:
            raise BudgetExceededError
        return reduce(and_, found) if found else None

    def _is_bound(self, holder: Ref) -> bool:
        principal = self._principals.get(holder)
        return principal is None or principal.form is not PrincipalForm.PROVIDER

    def _levels(self, holder: Ref) -> tuple[_Heard, ...]:
        found = self._tree.levels(EdgeKind.SERVICE_CONTROL, holder.realm) if self._is_bound(holder) else ()
        return tuple(_Heard(level.name, tuple(self._heard(holder, level.documents))) for level in found)

    def _heard(self, holder: Ref, documents: Iterable[Document]) -> Iterator[Statement]:
        principal = self._principals.get(holder)
        known, tags = brought(principal), usual(principal)
        for document in documents:
            if document.text is None:
                yield from _unseen(document.name)
                continue
            yield from (seen_by(one, known, tags) for one in _pointed(document.name, filled(document.text, {**tags, **known})))

    def _is_personal(self, account: str) -> bool:
        """Whether what stands above an account is different from principal to principal."""
        documents = [document for level in self._tree.levels(EdgeKind.SERVICE_CONTROL, account) for document in level.documents]
        texts = {document.text for document in (*documents, *self._elsewhere) if document.text is not None}
        return any("${" in text or any(statement.context.names for statement in statements(text)) for text in texts)

    @cached_property
    def _elsewhere(self) -> tuple[Document, ...]:
        """Every resource control policy of the organisation that may deny something, once."""
        found: dict[str | None, Document] = {}
        for account in self._tree.accounts:
            for document in self._denying(account):
                found.setdefault(document.text, document)
        return tuple(found.values())

    def _denying(self, account: str) -> Iterator[Document]:
        for level in self._tree.levels(EdgeKind.RESOURCE_CONTROL, account):
            for document in level.documents:
                if document.text is None or any(not statement.allow or not statement.exact for statement in statements(document.text)):
                    yield document

    def _denies(self, holder: Ref) -> Iterator[Statement]:
        """The denies of resource control policies: sure on resources of the holder's account, possible on those of others."""
        if not self._elsewhere or not self._is_bound(holder):
            return
        own = self._own_resources(holder.realm)
        for statement in self._heard(holder, self._denying(holder.realm)):
            if not statement.allow:
                if {name for _, name in statement.principals} == {"*"}:
                    yield replace(statement, actions=statement.actions & Actions.of(_UNDER_RCPS)).within(own)
                yield statement.doubted("whether it binds the service and the account")
        for statement in self._heard(holder, self._elsewhere):
            if not statement.allow:
                yield statement.within(~own).doubted("whether it is above the other account")

    def _own_resources(self, account: str) -> Language:
        """What is in an account: what says so, and what says nothing of any account, but for a bucket that was seen in another."""
        if account not in self._own:
            elsewhere = Language.of(*(pattern for realm, pattern in self._buckets if realm != account))
            tells_none = Language.of(Pattern.arn("arn:*:*:*::*")) - elsewhere
            self._own[account] = Language.of(Pattern.arn(f"arn:*:*:*:{account}:*")) | tells_none
        return self._own[account]


def _narrowing(level: tuple[Statement, ...]) -> tuple[Statement, ...] | None:
    """What of a level takes something away: beside an Allow of everything only a Deny does. `None` when nothing does."""
    if not any(each.allow and _is_everything(each) for each in level):
        return level
    denies = tuple(each for each in level if not each.allow)
    return (_ALL, *denies) if denies else None


def _is_everything(statement: Statement) -> bool:
    whole = statement.exact and not statement.condition and (~statement.actions).is_empty()
    return whole and statement.loose.covers(Language.everything())


@lru_cache(maxsize=4096)
def _pointed(name: str, text: str) -> tuple[Statement, ...]:
    return tuple(replace(one, pointer=f"{name}, {one.pointer}") for one in statements(text, padded=False))


@lru_cache(maxsize=4096)
def _unseen(name: str) -> tuple[Statement, ...]:
    pointed = replace(_ALL, pointer=f"{name}, which was not seen")
    return pointed.doubted(f"what {name} allows"), replace(pointed, allow=False).doubted(f"what {name} denies")


def _sources(level: Level) -> Sources:
    return [UNKNOWN if document.text is None else document.text for document in level.documents]
