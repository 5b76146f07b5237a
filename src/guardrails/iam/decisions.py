"""One request against everything that decides it: no deny anywhere, a grant, and every limit lets it pass.

IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic" and "Permissions boundaries for IAM entities"; AWS
Organizations User Guide, "SCP evaluation" and "RCP evaluation"; AWS KMS Developer Guide, "Troubleshooting AWS KMS permissions". Left to
others: access points, public access blocks of S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from guardrails.iam.context import Context, Values
from guardrails.iam.documents import Kind
from guardrails.iam.layers import UNKNOWN, Asked, Layer, Sources, Unknown, is_silent
from guardrails.iam.principals import ANONYMOUS, Caller, Reach, caller
from guardrails.iam.truth import Doubt, Reason, Truth, every, negate, some

__all__ = ["UNKNOWN", "Decision", "Policies", "Reason", "Request", "Unknown", "evaluate", "said_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks for what, on what, in which context.

    `principal` is a text as `principals.caller` reads it. A role's ARN is any session of it. `resource` is an ARN, or `*` for an action
    that has none. A key that `context` does not hold is absent, but for those that the principal decides (`aws:PrincipalArn`,
    `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, `aws:username`). A resource
    whose ARN tells no account is in the principal's, unless `aws:ResourceAccount` says otherwise.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that is attached. `None`: nothing of that kind applies. `UNKNOWN`: something does, and it was not seen.

    `scps` and `rcps` have one member for each level, root first; for the management account and for service-linked roles no SCP applies.
    `resource` is the policy of the resource: of a role that is assumed, its trust policy. `grants` are those of the key that is asked for,
    as `guardrails.iam.grants.document_of` makes them.
    """

    identity: Sources = None
    boundary: Sources = None
    session: Sources = None
    scps: tuple[Sources, ...] | list[Sources] | Unknown | None = None
    rcps: tuple[Sources, ...] | list[Sources] | Unknown | None = None
    resource: Sources = None
    endpoint: Sources = None
    grants: Sources = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed` is `None` when it cannot be said; `because` names the statements that decide, or the layers that have none."""

    allowed: bool | None
    because: tuple[Reason, ...]


def evaluate(request: Request, policies: Policies) -> Decision:
    """The decision on one request.

    Raises:
        AuthorError: the principal of the request names nobody.
    """
    who = caller(request.principal)
    asked = Asked(who=who, action=request.action, resource=request.resource, context=Context.of({**who.keys(), **request.context}))
    if request.action.lower() == "sts:getcalleridentity" and who.kind != ANONYMOUS:
        return Decision(allowed=True, because=(Reason(layer="sts", says="everyone may ask who they are"),))
    court = _Court(asked, policies)
    denied, granted = some(layer.denies() for layer in court.layers), court.granted()
    allowed = every([negate(denied), granted])
    if isinstance(allowed, Doubt):
        return Decision(allowed=None, because=allowed.why)
    if denied is True:
        return Decision(allowed=False, because=tuple(reason for layer in court.layers for reason in layer.spoken("Deny")))
    return Decision(allowed=allowed, because=tuple(court.grants() if allowed else court.lacks()))


def said_by(request: Request, kind: Kind, documents: Sources) -> Decision:
    """What some documents of one kind say by themselves, as if nothing else were attached; a request without a principal asks for nobody.

    Raises:
        AuthorError: the principal of the request names nobody.
    """
    who = caller(request.principal) if request.principal else Caller(ANONYMOUS, "")
    if is_silent(kind, documents, request.action):
        return _silence(kind)
    keys = who.keys() if request.principal else {}
    asked = Asked(who=who, action=request.action, resource=request.resource, context=Context.of({**keys, **request.context}))
    return _said(Layer(asked, kind, documents))


def _said(layer: Layer) -> Decision:
    denied = layer.denies()
    allowed = every([negate(denied), layer.allows()])
    if isinstance(allowed, Doubt):
        return Decision(allowed=None, because=allowed.why)
    spoken = tuple(layer.spoken("Allow" if allowed else "Deny"))
    return Decision(allowed=allowed, because=spoken or (Reason(layer=layer.name, says="no statement allows it"),))


@cache
def _silence(kind: Kind) -> Decision:
    return Decision(allowed=False, because=(Reason(layer=kind.value, says="no statement allows it"),))


class _Court:
    """The layers of one request."""

    def __init__(self, asked: Asked, policies: Policies) -> None:
        self._asked = asked
        ours = asked.who.kind == "AWS"
        organised = ours and not asked.who.is_service_linked
        self._identity = Layer(asked, Kind.IDENTITY, policies.identity if ours else None)
        self._boundary = Layer(asked, Kind.BOUNDARY, policies.boundary if ours else None)
        self._session = Layer(asked, Kind.SESSION, policies.session if ours else None)
        self._resource = Layer(asked, asked.resource_kind, asked.needs(policies.resource), bounded=self._boundary.present)
        self._grants = Layer(asked, Kind.RESOURCE, policies.grants, at=" grant")
        self._endpoint = Layer(asked, Kind.ENDPOINT, policies.endpoint)
        self._scps = [Layer(asked, Kind.SCP, level, at=at) for at, level in _levels(policies.scps if organised else None)]
        self._rcps = [
            Layer(asked, Kind.RCP, level, at=at) for at, level in _levels(policies.rcps if not asked.who.is_service_linked else None)
        ]
        self._own = [self._identity, self._boundary, self._session]
        self.layers = [*self._own, self._resource, self._grants, self._endpoint, *self._scps, *self._rcps]

    def granted(self) -> Truth:
        """Whether someone grants it and every limit lets it pass. RCPs limit by Deny only: their FullAWSAccess cannot be taken away."""
        given = some([self._by_policies(), self._by_grants()])
        return every([given, *(layer.limits() for layer in (*self._scps, self._endpoint))])

    def _by_grants(self) -> Truth:
        """A grant needs no policy of who it is for. What else limits that one is not documented, nor what a grant to an account gives."""
        if not self._grants.present:
            return False
        behind, named = (self._grants.allows(reach) for reach in (Reach.BEHIND, Reach.ACCOUNT))
        passed = every([self._boundary.limits(), self._session.limits()])
        unsure = every([named, Doubt.of("what a grant gives to an account, or within a boundary, is not documented")])
        return some([every([behind, passed]), unsure])

    def _by_policies(self) -> Truth:
        limits = [self._boundary.limits(), self._session.limits()]
        itself, behind, named = (self._resource.allows(reach) for reach in (Reach.ITSELF, Reach.BEHIND, Reach.ACCOUNT))
        if self._asked.who.kind != "AWS":
            return itself
        own = every([self._asked.who.is_root or self._identity.allows(), *limits])
        if not self._asked.in_own_account:
            return every([own, named])
        by_resource = some([itself, every([behind, *limits])])
        # A key or a role is used by those only whom its own policy lets in, or whose account it does.
        return some([by_resource, every([own, named]) if self._asked.is_explicit_trust else own])

    def grants(self) -> Iterator[Reason]:
        if self._asked.who.is_root:
            yield Reason(layer="identity", says="the root user may do everything in its account")
        for layer in self.layers:
            yield from layer.spoken("Allow")

    def lacks(self) -> Iterator[Reason]:
        limits = [layer for layer in (self._boundary, self._session, self._endpoint, *self._scps) if layer.present]
        givers = [self._identity, self._resource] if self._by_policies() is False else []
        for layer in (*givers, *limits):
            if layer.allows() is False:
                yield Reason(layer=layer.name, says="no statement allows it")


def _levels(levels: tuple[Sources, ...] | list[Sources] | Unknown | None) -> Iterator[tuple[str, Sources]]:
    if isinstance(levels, Unknown):
        yield "", UNKNOWN
    elif levels is not None:
        for number, level in enumerate(levels):
            yield f" level {number}", level if level is not None else ()
