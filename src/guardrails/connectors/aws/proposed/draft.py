"""One observation of AWS while a change is put into it, by ARNs and names. What is not known of the change becomes a gap or a `NotSeen`."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed.wellformed import is_policy
from guardrails.iam.documents import parsed
from guardrails.model.facts import Account, Fact, Policy, Principal, Protection
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.proposals import draft
from guardrails.proposals.values import Text, Unknown

__all__ = ["Draft", "Text"]


class Draft(draft.Draft):
    """An account is found by its id, an object by its ARN or its name."""

    def __init__(self, observation: Observation) -> None:
        self._named: dict[tuple[str, str, str], Ref] = {}
        self._former: dict[tuple[str, str, str], Ref] = {}
        self._arns: dict[str, Ref] = {}
        self._names: dict[Ref, set[str]] = {}
        super().__init__(observation)

    @property
    def accounts(self) -> Iterator[str]:
        """The accounts that were observed."""
        return (fact.ref.realm for fact in self.each(Account))

    def put(self, fact: Fact) -> None:
        """A fact in place of the one about the same, and by which names it is found."""
        super().put(fact)
        ref = fact.asset if isinstance(fact, Protection) else fact.ref
        self._named[ref.realm, ref.kind, ref.name] = ref
        for arn in (getattr(fact, "resource", ""), ref.id):
            self._arns[arn] = ref
            self._names.setdefault(ref, set()).add(arn)

    def named(self, realm: str, kind: str, name: str) -> Ref | None:
        """What has a name in an account."""
        return self._named.get((realm, kind, name))

    def known(self, arn: str) -> Ref | None:
        """What has an ARN, or another id that is one of a kind."""
        return self._arns.get(arn)

    def at(self, realm: str, kind: str, name: str, identifier: str) -> Ref:
        """What has a name already, or had it before the change; else something new of that id."""
        key = (realm, kind, name)
        return self._named.get(key) or self._former.get(key) or self.ref(realm, kind, identifier, name)

    def remove(self, ref: Ref, *forms: type[Fact]) -> None:
        """Take away what is said about something, or only the facts of some forms."""
        super().remove(ref, *forms)
        if not forms:
            key = (ref.realm, ref.kind, ref.name)
            self._former[key] = ref
            if self._named.get(key) == ref:
                del self._named[key]
            for arn in self._names.pop(ref, ()):
                self._arns.pop(arn, None)

    def document(self, own: Ref, text: Text) -> str:
        """What a policy says; why that is not known, if it is not."""
        if isinstance(text, str) and (said := _document(text)):
            self.put(Policy(ref=own, text=said))
            return ""
        self.remove(own, Policy)
        why = text.why if isinstance(text, Unknown) else "it is no policy document"
        return f"the document of {own.name} is not known before it is made: {why}"

    def policy(self, holder: Ref, kind: EdgeKind, own: Ref, text: Text, address: str) -> None:
        """A document that hangs on something. One that is not known is a gap, and what was there before counts no longer."""
        if why := self.document(own, text):
            self.unlink(kind, holder, own)
            self.hole(holder, address, why)
        else:
            self.link(kind, holder, own, self.provenance(holder))

    def provenance(self, holder: Ref) -> str:
        """Where the connector would read it: at the ARN of the holder."""
        fact = self.get(Principal, holder)
        return fact.resource if fact else holder.id

    def hole(self, holder: Ref, address: str, why: str) -> None:
        """Something about an object is not known."""
        what = {"bucket": "s3:policy", "key": "kms:policy"}.get(holder.kind, "iam")
        self.gap(holder.realm, what, f"{address}: {why}", holder)


def _document(text: str) -> str:
    try:
        found = parsed(text)
        return canonical(found) if is_policy(found) else ""
    except (ValueError, RecursionError):
        return ""
