"""What the grants of keys give, and to whom. A grant is no policy: who has one needs no other, in whatever account that is.

Only to users, roles and sessions of roles. What a grant gives to a service is the service's, and to a federated user nobody's here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrails.connectors.aws.meaning.sessions import behind, in_sessions, role_of
from guardrails.iam.grants import document_of
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.texts import text_of
from guardrails.model.facts import Key, Policy, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

__all__ = ["Grants", "unlimited"]

_NOT_SEEN = "kms:grants"
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
_WITHIN_A_BOUNDARY = "whether a boundary limits what a grant gives"


class Grants:
    """Those of the keys of one observation."""

    def __init__(self, observation: Observation) -> None:
        texts = {fact.ref: fact.text for fact in observation.facts if isinstance(fact, Policy)}
        names = {fact.ref: fact.resource for fact in observation.facts if isinstance(fact, Key)}
        self._said: dict[Ref, list[tuple[str, str]]] = {}
        for edge in observation.edges:
            if edge.kind is EdgeKind.GRANT and edge.source.kind == "key":
                document = document_of(json.loads(texts[edge.target]), names.get(edge.source, edge.source.id))
                self._said.setdefault(edge.source, []).append((str(edge.target), text_of(document)))
        self._unread = {names.get(gap.subject, gap.subject.id) for gap in observation.gaps if gap.what == _NOT_SEEN and gap.subject}
        self._keys = {names.get(key, key.id): key for key in self._said}
        self._to: dict[str, list[Statement]] = {}
        self._to_accounts: dict[Ref, list[Statement]] = {}
        for key in self._said:
            for statement in self.statements(key):
                self._sort(key, statement)

    def _sort(self, key: Ref, statement: Statement) -> None:
        for kind, name in statement.principals:
            if kind == "AWS" and _ACCOUNT.fullmatch(name):
                doubted = statement.doubted("what a grant to an account gives")
                self._to_accounts.setdefault(key, []).append(doubted)
            elif kind == "AWS":
                self._to.setdefault(behind(name) or name, []).append(statement)

    def statements(self, key: Ref) -> Iterator[Statement]:
        """What the grants of a key say, as if its policy said so."""
        for grant, text in self._said.get(key, ()):
            yield from (replace(one, pointer=f"{grant} {one.pointer}") for one in statements(text, padded=False))

    def beside(self, policy: str, key: Ref) -> str:
        """The policy of a key, or an empty text, with what its grants say as further statements of it."""
        if key not in self._said:
            return policy
        document = json.loads(policy or '{"Version": "2012-10-17", "Statement": []}')
        own = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        return json.dumps(document | {"Statement": [*own, *(one.entry for one in self.statements(key))]})

    def documents(self, resource: str) -> list[str]:
        """The same as documents, of what a request is about."""
        key = self._keys.get(resource)
        return [text for _, text in self._said.get(key, ())] if key else []

    def to_accounts(self, key: Ref) -> list[Statement]:
        """What they give to accounts at once, so that the policies there decide; in doubt, for that is not documented."""
        return self._to_accounts.get(key, [])

    def to(self, principal: Principal | None) -> Iterator[Statement]:
        """What somebody is given; by a grant to one session of a role the role holds it in that session alone."""
        if principal is None:
            return
        yield from self._to.get(principal.resource, ())
        yield from (in_sessions(statement, principal) for statement in self._to.get(role_of(principal) or "", ()))

    def is_unread(self, resource: str) -> bool:
        """Whether nobody has seen the grants of the key that a request is about."""
        return resource in self._unread


def unlimited(found: Iterable[Statement]) -> list[Statement]:
    """What is given to somebody with a boundary, beyond what that lets pass: nobody says whether it is."""
    return [statement.doubted(_WITHIN_A_BOUNDARY) for statement in found]
