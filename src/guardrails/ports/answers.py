"""What a meaning answers with: values alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Pairs
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Transit, Verdict
from guardrails.sets import Language

__all__ = [
    "AtLogin",
    "BoundClause",
    "Ceiling",
    "ClaimSeen",
    "DirectoryLogin",
    "Grant",
    "Issued",
    "Onward",
    "Permit",
    "Provided",
    "Realms",
    "Remark",
    "Step",
    "TransitSeen",
    "TrustSeen",
]


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

    `kind` is `aws`, `service`, `federated` or `any`; `name` an account id, ARN, service or provider; `*` of a `service`
    is any service of the provider. `external_id` says whether a secret
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
    by_grant: bool = False
    """It is let in by a grant beside the policy, which is given and taken back by itself."""
    by_list: bool = False
    """It is let in by an access control list beside the policy."""

    is_deputy: bool = False
    """It is a service that also acts for strangers, and nothing says for whom it may here."""

    @property
    def is_any_service(self) -> bool:
        """Whether it is no certain service, but any."""
        return (self.kind, self.name) == ("service", "*")

    @property
    def shown(self) -> str:
        """Who that is, in words."""
        name = "any service of the provider" if self.is_any_service else self.name
        return f"{name}, whomever it acts for" if self.is_deputy else name


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
class Issued:
    """A credential that is out and has not ended.

    Attributes:
        ref: It, by what is no secret.
        holder: The principal that it acts as; `None` where it is nobody's, or that one was not seen.
        policies: Those that it carries itself, beside what it has by acting as somebody.
        names: By what name somebody logged in for it, as `Principal.names` has such names; empty where nobody did.
        usable: Whether a request comes by it now.
        leaves: Where no request comes by it: why something that was had by it may still be used, to be read behind it.
        nobodys: It acts as nobody, and whoever made it may be gone.
        how: How it was had and until when, for people.
    """

    ref: Ref
    holder: Ref | None
    policies: tuple[Ref, ...] = ()
    names: Pairs = ()
    usable: bool = True
    leaves: str = ""
    nobodys: bool = False
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryLogin:
    """How a system finds people of a directory, and the groups that they are in, when they log in.

    Attributes:
        ref: Where that is set.
        key: By which of `Principal.names` a person logs in.
        people: The name under which people are found.
        directly: Only those are found whose names are directly under it.
        groups: The name under which groups are found; empty for no groups at all.
        names: Of all groups that give something, folded.
        finds: Whether a group is found that lists somebody by these attributes, or lists a group that they are in.
            `None` when nobody can tell.
        folded: Names are made small before they are looked for.
        doubt: Why it is not certain that somebody who is found can log in, to be read by itself.
        untold: Why nothing of all this can be told.
    """

    ref: Ref
    key: str
    people: str
    directly: bool
    groups: str
    names: frozenset[str]
    finds: Callable[[frozenset[str], bool], bool | None]
    folded: bool = True
    doubt: str = ""
    untold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """A group whose members another system names, each at their login: somebody may be in it whom nothing that was read tells.

    Attributes:
        group: It.
        name: What the other system calls it.
        login: Where the way to log in is set up, as `DirectoryLogin.ref` names it.
        how: Who is in it, to be read by itself.
        by_directory: The other system is a directory, which may be declared.
    """

    group: Ref
    name: str
    login: str
    how: str
    by_directory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Realms:
    """The realm that was read, and those directly below it of which nothing but the name was.

    `server` tells one server from another; empty where that was not told. Each of `below` bears its own realm.
    """

    server: str
    realm: str
    below: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLogin:
    """Somebody as they will be after a login: a holder that may be asked about.

    Attributes:
        ref: The holder.
        by: Names of groups of the directory, with what each leads to.
        sources: Everything that it has permissions of, itself aside.
        entity: As whom it acts; `None` where that does not exist yet.
    """

    ref: Ref
    by: tuple[tuple[str, Ref], ...]
    sources: tuple[Ref, ...]
    entity: Ref | None = None


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
