"""What a meaning answers with: values alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Transit, Verdict
from guardrails.sets import Language

__all__ = ["BoundClause", "Ceiling", "ClaimSeen", "Grant", "Onward", "Permit", "Remark", "Step", "TransitSeen", "TrustSeen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundClause:
    """A clause with the names that its asset has in the scope: selectors as declared, and assets as observed."""

    clause: Clause
    entitlement: str
    selectors: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSeen:
    """What is asked of one claim of a token, exactly: its values, and whether the token `may_lack` it."""

    name: str
    values: Language
    may_lack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSeen:
    """Somebody who may become a principal.

    `kind` is `aws`, `service`, `federated` or `any`; `name` an account id, ARN, service or provider. `external_id` says whether a secret
    shared with a third party is demanded; `None` when that could not be told. `conditional`: only under further conditions, which were
    not evaluated. `reads_only`: they may look at an asset and not change it.
    """

    kind: str
    name: str
    account: str
    external_id: bool | None
    pointer: str
    conditional: bool = False
    reads_only: bool = False
    subjects: tuple[str, ...] | None = None
    """For `federated`: patterns of the subjects that the provider may name; `None` for all of them."""
    audiences: tuple[str, ...] | None = None
    """Likewise of those for whom its tokens may be."""
    claims: tuple[ClaimSeen, ...] = ()
    """Likewise of whatever is asked of a token, these two among it. A claim that is not named may be anything."""
    how: str = ""
    """The action by which it comes in; empty where there is none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitSeen:
    """What an asset's own policy demands of the way to it.

    `level` is the weakest transport that it surely lets through, and `witness` a request that comes by it. It may let through what is
    weaker still, `at_worst`, and `doubt` says why that is not certain; `None` when nothing weaker is.
    """

    level: Transit
    witness: Witness | None = None
    at_worst: Transit | None = None
    doubt: str = ""

    @property
    def certain(self) -> Transit:
        """What is demanded for certain."""
        return self.level if self.at_worst is None else self.at_worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A part of what a principal may do, as an entitlement would say it.

    `name` is what people call it, such as the policy's; `says` is the entitlement's entry in the system's words, as JSON. What is held
    `by_nature` comes with being in the system at all.
    """

    name: str
    says: str
    by_nature: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How `source` comes to the permissions of `target`, and the statements with their policies by which it does."""

    source: str
    how: str
    target: str
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.source} comes to {self.target} by {self.how}" + (f" ({', '.join(self.by)})" if self.by else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """Whether somebody can come to more than is declared for them, one step after the other, and by which.

    The witness is the first request of the path; `granted_by` points at what grants it.
    """

    comparison: Comparison
    path: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Whether somebody may make one request; `allowed` is `None` when nobody can tell, and `why` says what stands in the way.

    `chain` leads from the holder to what decides, in the system's words: groups, policies, rules.
    """

    allowed: bool | None
    chain: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something in a document that does not do what it seems to.

    `facet` tells apart what is remarked of one object, `message` is the sentence about it, `actual` where it stands.
    """

    ref: Ref
    kind: Kind
    facet: str
    message: str
    actual: str = ""
    verdict: Verdict = Verdict.VIOLATION


Ceiling = Callable[[Ref], Sequence[BoundClause]]
"""What may be held where somebody is."""
