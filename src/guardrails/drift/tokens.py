"""Which tokens of an identity provider let somebody in, against those that the declaration admits: all claims together, as exact sets.

One entry of the declaration admits a product: any of its subjects of the provider, for any of its audiences, with any of the values of each
claim that it names. So each claim can be held against it by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guardrails.drift.covers import Cover
from guardrails.model.findings import Witness
from guardrails.model.reference import ANYBODY, Reference
from guardrails.ports import ClaimSeen, TrustSeen
from guardrails.sets import Language, Pattern

__all__ = ["AUDIENCE", "SUBJECT", "Beyond", "beyond", "meet", "subjects"]

SUBJECT, AUDIENCE = "sub", "aud"
_SOME = Language.of(Pattern.glob("?*"))


@dataclass(frozen=True, slots=True)
class Beyond:
    """A claim of which more is let in than is declared: values, or tokens without it."""

    claim: str
    values: Language
    seen: TrustSeen

    def witness(self, resource: str) -> Witness | None:
        """A token that is let in and not declared, so far as each claim can have a value."""
        texts = {each.name: _value(each.values) for each in self.seen.claims}
        texts[self.claim] = _value(self.values)
        if self.values.is_empty():
            del texts[self.claim]
        if any(text is None for text in texts.values()):
            return None
        context = tuple((claim, text) for claim, text in sorted(texts.items()) if text is not None)
        return Witness(principal=self.seen.name, action=self.seen.how, resource=resource, context=context)

    @property
    def said(self) -> str:
        """The values that are let in, in words."""
        if self.values.is_empty():
            return "absent"
        patterns = sorted({max((pattern.text for pattern in term.included), key=len) for term in _seen(self.seen, self.claim).values.terms})
        return "anything" if "*" in patterns else ", ".join(patterns)


def beyond(cover: Cover, seen: TrustSeen) -> Beyond | None:
    """The first claim by which tokens are let in that an entry does not admit; `None` when there is none."""
    for claim, admitted in _admitted(cover, seen):
        found = _seen(seen, claim)
        left = found.values - admitted
        if not left.is_empty() or (found.may_lack and not admitted.is_whole):
            return Beyond(claim, left, seen)
    return None


def _admitted(cover: Cover, seen: TrustSeen) -> Iterator[tuple[str, Language]]:
    references = cover.assumed_by or ()
    yield SUBJECT, Language.everything() if ANYBODY in references else subjects(references, seen)
    for claim, texts in ((AUDIENCE, cover.audiences), *cover.claims):
        yield claim, Language.of(*map(Pattern.glob, texts or ("*",)))


def _seen(seen: TrustSeen, claim: str) -> ClaimSeen:
    """What is asked of a claim; of one that no policy speaks of, nothing."""
    shown = {SUBJECT: seen.subjects, AUDIENCE: seen.audiences}.get(claim)
    usual = ClaimSeen(name=claim, values=Language.of(*map(Pattern.glob, shown or ("*",))))
    return next((each for each in seen.claims if each.name == claim), usual)


def subjects(references: Iterable[Reference], seen: TrustSeen) -> Language:
    """Whom references admit of the provider: `oidc:PROVIDER/SUBJECT` these subjects, `oidc:PROVIDER/*` all, and `saml:PROVIDER` all."""
    found = (_subject(reference, seen) for reference in references)
    return Language.of(*(Pattern.glob(text) for text in found if text))


def meet(references: Iterable[Reference], seen: TrustSeen) -> bool:
    """Whether references admit any subject of the provider that is let in."""
    return not (subjects(references, seen) & _seen(seen, SUBJECT).values).is_empty()


def _subject(reference: Reference, seen: TrustSeen) -> str:
    if reference.scope is None or reference.scope.system not in {"oidc", "saml"}:
        return ""
    # providers that everybody shares, such as accounts.google.com, have no ARN
    _, form, provider = seen.name.rpartition(f":{reference.scope.system}-provider/")
    if not form and provider.startswith("arn:"):
        return ""
    if reference.scope.system == "saml":
        return "*" if provider == reference.local else ""
    subject = reference.local.removeprefix(f"{provider}/")
    return "" if subject == reference.local else subject


def _value(values: Language) -> str | None:
    return (values & _SOME).witness()
