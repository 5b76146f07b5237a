"""What the policies of keys say. Without a word of its own policy nobody may use a key, whatever policies of identities allow.

AWS KMS Developer Guide, "Key policies": a key has exactly one. It gives a key to whom it names, or leaves it to the policies of an account
by naming that account. What nobody has read is left out here: keys that AWS made, those of regions that are not read, and those of accounts
that were not seen. Of such it is assumed that their policy leaves them to the account, as that of a new key does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import among
from guardrails.iam.proof.statements import Statement, statements
from guardrails.model.facts import Key
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.sets import Contexts, Language, Pattern

__all__ = ["CALLER", "Keys", "is_for_all"]

CALLER = "kms:calleraccount"
"""What every request for a key tells: the account that asks."""

_KEY = re.compile(r"arn:[^:]+:kms:[^:]*:([0-9]{12}):key/.+")
_ALL = '{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"}'
_NOT_SEEN = "kms:policy"


@dataclass(frozen=True, slots=True)
class _Policied:
    """The keys that something is said about, by their names; `says` is `None` for what was not seen."""

    where: Language
    says: tuple[Statement, ...] | None


class Keys:
    """The keys of one observation whose policies were read or should have been. `read` gives the statements of an object's policies."""

    def __init__(self, observation: Observation, read: Callable[[Ref], Iterable[Statement]]) -> None:
        self._by_name: dict[str, Ref] = {}
        self._by_account: dict[str, Ref] = {}
        self._found: dict[Ref, _Policied] = {}
        unread = {gap.subject for gap in observation.gaps if gap.subject is not None and gap.what in {"kms", _NOT_SEEN}}
        seen = {fact.ref: fact.resource for fact in observation.facts if isinstance(fact, Key)}
        for ref in sorted({*seen, *unread}):
            if (said := tuple(read(ref))) or ref in unread:
                name = seen.get(ref, ref.id)
                self._by_name[name] = ref
                self._found[ref] = _Policied(Language.of(Pattern.literal(name)), None if ref in unread else said)
        for gap in observation.gaps:
            if gap.what == "kms" and gap.subject is None:
                others = Ref(system=gap.system, realm=gap.realm, kind="key", id=f"{gap.realm}/others", name="others")
                listed = Language.of(*(Pattern.literal(name) for ref, name in seen.items() if ref.realm == gap.realm))
                self._by_account[gap.realm] = others
                self._found[others] = _Policied(Language.of(Pattern.arn(f"arn:*:kms:*:{gap.realm}:key/*")) - listed, None)

    def at(self, resource: str, account: str = "") -> Ref | None:
        """The key that a request is about, unless nobody has to ask what its policy says: it leaves it to the account that asks."""
        found = self._by_name.get(resource)
        if found is None and (key := _KEY.fullmatch(resource)):
            found = self._by_account.get(key[1])
        return None if found is None or (account == found.realm and self._is_left_to(found)) else found

    def within(self, resources: Iterable[Language], account: str) -> list[Ref]:
        """The keys among some resources, likewise."""
        listed = list(resources)
        found = (ref for name, ref in self._by_name.items() if any(name in one for one in listed) and self.at(name, account))
        return [*found, *(ref for ref in self._by_account.values() if any(not (one & self._found[ref].where).is_empty() for one in listed))]

    def is_known(self, ref: Ref) -> bool:
        """Whether the policy of a key was seen."""
        return ref in self._found and self._found[ref].says is not None

    def is_unread(self, resource: str) -> bool:
        """Whether nobody has seen the policy of the key that a request is about."""
        found = self.at(resource)
        return found is not None and self._found[found].says is None

    def has(self, ref: Ref) -> bool:
        """Whether something is said of a key, or should have been seen."""
        return ref in self._found

    @property
    def unread(self) -> frozenset[Ref]:
        """The keys whose policies were not seen, and of an account where some were not, those."""
        return frozenset(ref for ref, key in self._found.items() if key.says is None)

    def where(self, ref: Ref) -> Language:
        """The names of a key."""
        return self._found[ref].where

    def layer(self, asked: Sequence[Ref], heard: Callable[[Statement], Statement]) -> list[Statement]:
        """What has to allow a request for one of some keys besides; everything else it allows. Denies are among it.

        Args:
            asked: Keys that were named by `at`.
            heard: A statement as it stands for the requests of who asks.
        """
        if not asked:
            return []
        whole = statements(_ALL)[0]
        others = Language.everything()
        for ref in asked:
            others -= self._found[ref].where
        return [whole.within(others), *(each for ref in asked for each in self._said(ref, heard))]

    def given_to_all(self, asked: Iterable[Ref], heard: Callable[[Statement], Statement]) -> list[Statement]:
        """What keys give to everybody at once, so that nobody in their account needs a policy of its own."""
        found = (each for ref in asked for each in self._said(ref, heard))
        return [each for each in found if each.allow and is_for_all(each)]

    def _said(self, ref: Ref, heard: Callable[[Statement], Statement]) -> Iterator[Statement]:
        key = self._found[ref]
        if key.says is None:
            yield from statements(_ALL)[0].within(key.where).either_way(f"what the policy of {ref} says")
            return
        for statement in key.says:
            said = heard(among(statement))
            if not said.context.is_empty():
                yield said.within(key.where)

    def _is_left_to(self, ref: Ref) -> bool:
        """Whether the account of a key decides alone."""
        says = self._found[ref].says
        return says is not None and all(one.allow and not is_for_all(one) for one in says) and any(_leaves(one, ref.realm) for one in says)


def is_for_all(statement: Statement) -> bool:
    """Whether it names everybody there is."""
    return any(name == "*" for _, name in statement.principals)


def _leaves(statement: Statement, account: str) -> bool:
    """Whether a statement leaves all of a key to an account."""
    named = {name for kind, name in statement.principals if kind == "AWS"}
    whole = any(name == account or name.endswith(f":iam::{account}:root") for name in named)
    everything = statement.exact and statement.context == Contexts.everything() and statement.loose == Language.everything()
    return whole and everything and (Actions.of(["kms:*"]) - statement.actions).is_empty()
