"""What an organisation takes away from its accounts: every level of service control policies must allow, and no policy at any level deny.

AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation". Service control policies bind the principals of an account. Resource
control policies bind the resources in it, and of those only a Deny counts: the Allow of everything cannot be detached. Neither binds the
management account, above which no level is read, nor service-linked roles. A policy that was not seen may allow and may deny everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, reduce
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


@dataclass(frozen=True, slots=True)
class _Heard:
    """All that stands above one holder, as it stands for its requests: levels by name, and denies of resource control policies."""

    account: str
    levels: tuple[tuple[str, tuple[Statement, ...]], ...] = ()
    own: tuple[Statement, ...] = ()
    others: tuple[Statement, ...] = ()


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
        self._limits: dict[tuple[_Heard, frozenset[str]], Bounds | None] = {}
        self._own: dict[str, Language] = {}

    def limited(self, holder: Ref, held: Bounds, named: frozenset[str] = frozenset()) -> Bounds:
        """What is left of what somebody holds; `named` as for `bounds`."""
        heard = self._heard_by(holder)
        if (heard, named) not in self._limits:  # most principals of an account hear the same
            self._limits[heard, named] = self._limit(heard, named)
        limit = self._limits[heard, named]
        return held if limit is None else held & limit

    def above(self, holder: Ref) -> tuple[tuple[tuple[Statement, ...], ...], tuple[Statement, ...]]:
        """The levels of which each has to allow what somebody asks for, where that takes anything away, and what is denied beside them."""
        heard = self._heard_by(holder)
        narrowed = (_narrowing(level) for _, level in heard.levels)
        return tuple(kept for kept in narrowed if kept is not None), tuple(self._denies(heard))

    def layers(self, holder: Ref) -> Iterator[Layer]:
        """Each level by its name."""
        heard = self._heard_by(holder)
        for name, level in heard.levels:
            yield Layer(f"the level of service control policies at {name}", level)
        if denies := tuple(self._denies(heard)):
            yield Layer("the resource control policies", (_all(), *denies))

    def documents(self, holder: Ref, witness: Witness) -> tuple[list[Sources], list[Sources]]:
        """The same as documents for one request: the levels above the holder, and those above what it asks for."""
        bound = self._is_bound(holder)
        scps = self._tree.levels(EdgeKind.SERVICE_CONTROL, holder.realm) if bound else ()
        rcps = self._tree.levels(EdgeKind.RESOURCE_CONTROL, self._account_of(witness.resource, holder)) if bound else ()
        return [_sources(level) for level in scps], [_sources(level) for level in rcps]

    def controls(self, account: str) -> tuple[list[Sources], list[Sources]]:
        """The service and the resource control policies above an account, level by level."""
        scps, rcps = (self._tree.levels(kind, account) for kind in (EdgeKind.SERVICE_CONTROL, EdgeKind.RESOURCE_CONTROL))
        return [_sources(level) for level in scps], [_sources(level) for level in rcps]

    def _is_bound(self, holder: Ref) -> bool:
        principal = self._principals.get(holder)
        return principal is None or principal.form is not PrincipalForm.PROVIDER

    def _account_of(self, resource: str, holder: Ref) -> str:
        told = resource.split(":")[4] if resource.count(":") >= _COLONS else ""
        seen = (realm for realm, pattern in self._buckets if pattern.matches(resource))
        return told or next(seen, holder.realm)

    def against(self, holder: Ref, witness: Witness) -> tuple[str, ...]:
        """What takes one request away, or may."""
        heard = self._heard_by(holder)
        found = [each.pointer for each in self._denies(heard) if speaks_of(each, witness)]
        for name, level in heard.levels:
            denies = [each.pointer for each in level if not each.allow and speaks_of(each, witness)]
            lacks = not denies and not allows(level, witness)
            found += [f"the service control policies at {name}, none of which surely allows it"] if lacks else denies
        return tuple(dict.fromkeys(found))

    def _heard_by(self, holder: Ref) -> _Heard:
        account, principal = holder.realm, self._principals.get(holder)
        if not self._is_bound(holder):
            return _Heard(account)
        known, tags = brought(principal), usual(principal)

        def heard(documents: Iterable[Document]) -> tuple[Statement, ...]:
            found = (each for document in documents for each in _spoken(document, filled(document.text or "", {**tags, **known})))
            return tuple(seen_by(each, known, tags) for each in found)

        levels = self._tree.levels(EdgeKind.SERVICE_CONTROL, account)
        own = tuple(self._denying(account)) if self._elsewhere else ()
        return _Heard(account, tuple((level.name, heard(level.documents)) for level in levels), heard(own), heard(self._elsewhere))

    def _limit(self, heard: _Heard, named: frozenset[str]) -> Bounds | None:
        denies = tuple(self._denies(heard))
        narrowed = [kept for _, level in heard.levels if (kept := _narrowing(level)) is not None]
        found = [bounds(kept, named) for kept in narrowed]
        found += [bounds([_all(), *denies], named)] if denies else []
        if prod(len(each.upper.cubes) for each in found) > _MOST:
            raise BudgetExceededError
        return reduce(and_, found) if found else None

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
                if not all(statement.allow for statement in _spoken(document, document.text or "")):
                    yield document

    def _denies(self, heard: _Heard) -> Iterator[Statement]:
        """The denies of resource control policies: sure on resources of the holder's account, possible on those of others."""
        if not heard.others:
            return
        own = self._own_resources(heard.account)
        for statement in (each for each in heard.own if not each.allow):
            if {name for _, name in statement.principals} == {"*"}:
                yield replace(statement, actions=statement.actions & Actions.of(_UNDER_RCPS)).within(own)
            yield statement.doubted("whether it binds the service and the account")
        for statement in (each for each in heard.others if not each.allow):
            yield statement.within(~own).doubted("whether it is above the other account")

    def _own_resources(self, account: str) -> Language:
        """What is in an account: what says so, and what says nothing of any account, but for a bucket that was seen in another."""
        if account not in self._own:
            elsewhere = Language.of(*(pattern for realm, pattern in self._buckets if realm != account))
            tells_none = Language.of(Pattern.arn("arn:*:*:*::*")) - elsewhere
            self._own[account] = Language.of(Pattern.arn(f"arn:*:*:*:{account}:*")) | tells_none
        return self._own[account]


@cache
def _all() -> Statement:
    """An Allow of everything, made when it is needed: it takes the catalogue."""
    return statements('{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"}')[0]


def _narrowing(level: tuple[Statement, ...]) -> tuple[Statement, ...] | None:
    """What of a level takes something away: beside an Allow of everything only a Deny does. `None` when nothing does."""
    if not any(each.allow and _is_everything(each) for each in level):
        return level
    denies = tuple(each for each in level if not each.allow)
    return (_all(), *denies) if denies else None


def _is_everything(statement: Statement) -> bool:
    whole = statement.exact and not statement.condition and (~statement.actions).is_empty()
    return whole and statement.loose.covers(Language.everything())


@lru_cache(maxsize=65536)
def _spoken(document: Document, text: str) -> tuple[Statement, ...]:
    """The statements of a document, `text` with what is known filled in. What was not seen or cannot be read may do either."""
    if document.text is None:
        return replace(_all(), pointer=f"{document.name}, which was not seen").either_way(f"what {document.name} says")
    names = document.name.startswith("resource")  # a resource control policy says for whom its statements are
    found = (
        replace(statement, pointer=f"{document.name}, {statement.pointer}") for statement in statements(text, padded=False, named=names)
    )
    return tuple(each for statement in found for each in statement.in_all_effects())


def _sources(level: Level) -> Sources:
    return [UNKNOWN if document.text is None else document.text for document in level.documents]
