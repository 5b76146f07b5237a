"""What the policies of things mean: of roles that somebody may become, of buckets, and of keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from guardrails.connectors.aws.meaning.administering import administers, restores
from guardrails.connectors.aws.meaning.guarded import demanding, opening, shut_out
from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.connectors.aws.meaning.losing import losing, tended
from guardrails.connectors.aws.meaning.opened import Opened
from guardrails.connectors.aws.meaning.refused import coming, emptied, refusing
from guardrails.connectors.aws.meaning.restricted import left_of
from guardrails.connectors.aws.meaning.transit import demanded
from guardrails.connectors.aws.meaning.trust import let_in, trusts_of
from guardrails.model.facts import Asset, Key, Protection, Unit
from guardrails.model.findings import Comparison
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Transit, Verdict
from guardrails.ports import Meaning, TransitSeen, TrustSeen
from guardrails.ports.meanings import NOBODY

__all__ = ["OfThings"]

_ANOTHER = Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
Instead = Mapping[str, Sequence[tuple[str, str]]]
"""Who takes the place of everybody, by the pointer of the entry."""


class OfThings:
    """The part of the meaning of one observation of AWS that is about what has a policy of its own."""

    def __init__(self, observation: Observation) -> None:
        self._holdings = Holdings(observation)
        # policies know a key by its ARN alone, settings by its id and aliases as well
        arns = {(key.ref.realm, name): key.resource for key in observation.facts if isinstance(key, Key) for name in key.aliases}
        protected = (fact for fact in observation.facts if isinstance(fact, Protection) and fact.key)
        self._keys = {fact.asset: arns.get((fact.asset.realm, fact.key), fact.key) for fact in protected}
        self._buckets = {fact.ref: fact.resource for fact in observation.facts if isinstance(fact, Asset) and fact.ref.kind == "bucket"}
        self._organisation = next((fact.resource for fact in observation.facts if isinstance(fact, Unit) and fact.resource), "")
        self._unread = {gap.subject for gap in observation.gaps if gap.what == "s3:policy"}

    def demanding(self, asset: Ref, level: Transit) -> tuple[Ref, str] | None:
        """The policy of a bucket, with what it would say; `None` for what has none, or one that was not seen or understood."""
        return None if asset not in self._buckets or asset in self._unread else demanding(self._holdings, asset, level)

    def opened(self, asset: Ref, before: Meaning) -> Comparison:
        """By the words of both policies alone: what is added may only deny, no Deny may go, and an Allow only lose principals.

        Of a list grants may only go.
        """
        if not isinstance(before, OfThings):
            return _ANOTHER
        if self._holdings.lists.grows(asset, before._holdings.lists):  # noqa: SLF001  # its own kind
            return Comparison(verdict=Verdict.UNDECIDED, reason="its access control list gives more")
        return opening(asset, self._holdings, before._holdings)  # noqa: SLF001  # likewise

    def shut_out(self, asset: Ref, key: Ref) -> tuple[str, ...]:
        """Everybody of whom it is not certain that they use nothing of the bucket, or may use the key for it."""
        strangers = (seen.name for seen in self.shares(Asset(ref=asset, resource=asset.id)))
        return (*strangers, *shut_out(self._holdings, asset, key))

    def refusing(self, guarded: Ref, whom: Sequence[TrustSeen], instead: Instead = NOBODY) -> tuple[Ref, str]:
        """The trust policy of a role, or that of a bucket or key, without some of its principals; a list where they come in by that."""
        if listed := [seen.pointer for seen in whom if seen.by_list]:
            return self._holdings.lists.without(guarded, listed)
        return refusing(self._holdings, guarded, whom, instead)

    def emptied(self, guarded: Ref, seen: TrustSeen, instead: Sequence[tuple[str, str]] = ()) -> tuple[Ref, str] | None:
        """The same policy, with a statement for everybody that is for some, or for nobody; a list can name none of ours."""
        if seen.by_list:
            return None
        return emptied(self._holdings, guarded, seen, instead)

    def tending(self, holder: Ref, guarded: Ref, before: Meaning) -> Comparison:
        """Whether the holder may still read and write a bucket or key itself as far as it might in `before`."""
        if not isinstance(before, OfThings):
            return _ANOTHER
        return losing(holder, guarded, self._holdings, before._holdings, tended(guarded))  # noqa: SLF001  # its own kind

    def administers(self, holder: Ref, guarded: Ref) -> bool:
        """Whether it is certain of a key."""
        return guarded.kind == "key" and administers(self._holdings, holder, guarded)

    def restores(self, holder: Ref, guarded: Ref) -> bool:
        """Whether it is certain of a key, without a second factor or anything else that is not always there."""
        return guarded.kind == "key" and restores(self._holdings, holder, guarded)

    def coming(self, guarded: Ref, seen: TrustSeen) -> tuple[Ref, ...]:
        """Whoever is named, or is of a whole account that is named and may, or perhaps may, ask for the role."""
        return coming(self._holdings, guarded, seen)

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:
        """Who may become a role."""
        return trusts_of(self._holdings.of_objects(EdgeKind.TRUST_POLICY, [holder], whoever=True))

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:
        """Whom the policy of a bucket or key lets in, and what is given beside it."""
        told = (*self._by_policy(asset), *self._by_list(asset.ref))
        owners = self._holdings.lists.owners
        return tuple(replace(each, account=owners[each.name]) if each.name in owners else each for each in told)

    def _by_policy(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:
        texts = [self._holdings.texts[policy] for policy in self._holdings.targets(EdgeKind.RESOURCE_POLICY, asset.ref)]
        grants = list(self._holdings.grants.statements(asset.ref))
        found = [*self._holdings.of_objects(EdgeKind.RESOURCE_POLICY, [asset.ref], whoever=True), *grants]
        if not found:
            return ()
        text = self._holdings.grants.beside(texts[0] if texts else "", asset.ref)
        if self._holdings.lists.restricts(asset.ref):
            found, text = left_of(found, text, asset.resource)
        given = {statement.pointer for statement in grants}
        told = let_in(found, Opened(text, asset.resource, self._organisation))
        seen = tuple(replace(each, by_grant=each.pointer in given) for each in told)
        # a policy that was not seen may take away what a grant gives
        return seen if texts else tuple(replace(each, conditional=True) for each in seen)

    def _by_list(self, bucket: Ref) -> tuple[TrustSeen, ...]:
        """Whom the access control list lets in, less what the policy denies."""
        given = self._holdings.lists.statements(bucket)
        if not given:
            return ()
        policies = self._holdings.targets(EdgeKind.RESOURCE_POLICY, bucket)
        document = json.loads(self._holdings.texts[policies[0]]) if policies else {"Version": "2012-10-17"}
        denies = [one for one in self._holdings.of_objects(EdgeKind.RESOURCE_POLICY, [bucket]) if not one.allow]
        text = json.dumps({**document, "Statement": [one.entry for one in (*given, *denies)]})
        told = let_in((*given, *denies), Opened(text, bucket.id, self._organisation))
        doubted = {one.pointer for one in given if one.doubts or bucket in self._unread}
        found: dict[str, TrustSeen] = {}
        for each in told:
            was = found.get(each.pointer, each)
            reads, asks = each.reads_only and was.reads_only, each.conditional and was.conditional
            found[each.pointer] = replace(each, by_list=True, reads_only=reads, conditional=asks)
        return tuple(replace(each, conditional=each.conditional or pointer in doubted) for pointer, each in found.items())

    def in_transit(self, asset: Asset) -> TransitSeen | None:
        """What a bucket's policy demands; `None` for anything that is no bucket."""
        if asset.ref.kind != "bucket":
            return None
        return demanded(self._holdings.of_objects(EdgeKind.RESOURCE_POLICY, [asset.ref]), asset.resource)
