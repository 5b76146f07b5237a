"""Who may become a role, and whom the policy of an asset lets in: what `iam.trust` tells, in the words of the port."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from guardrails.connectors.aws.meaning.opened import ANY_SERVICE, Opened
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Kind
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement
from guardrails.iam.rules import rule_of
from guardrails.iam.trust import Trusted, admitted, may_assume
from guardrails.model.findings import Witness
from guardrails.ports import ClaimSeen, TrustSeen

__all__ = ["is_token", "let_in", "lets_in", "trusts_of"]

_SAML = ":saml-provider/"
_ROLE = "arn:aws:iam::000000000000:role/of-the-policy"
"""A trust policy speaks of the role that it stands at, whatever its name."""


def trusts_of(found: Iterable[Statement]) -> tuple[TrustSeen, ...]:
    """Every principal that may become the role, less those from whom a Deny surely takes it.

    Everybody under conditions that anybody can bring about is everybody, or any service where none but services can.
    """
    said = tuple(found)
    admissions = tuple(admitted([rule_of(statement, Kind.TRUST) for statement in said], may_assume))
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement.entry for statement in said]})
    opened = Opened(text, _ROLE, kind=Kind.TRUST)
    return tuple(_becoming(each, opened) for each in admissions)


def _becoming(found: Trusted, opened: Opened) -> TrustSeen:
    if found.kind != "any" or not found.is_conditional:
        return _seen(found, conditional=found.is_conditional)
    whom = opened.whom(found)
    if whom == (ANY_SERVICE,):
        return replace(_seen(found, conditional=False), kind="service", is_deputy=True)
    return _seen(found, conditional=whom != ((found.kind, found.name),))


def let_in(found: Iterable[Statement], opened: Opened) -> tuple[TrustSeen, ...]:
    """Every principal to whom anything is left."""
    rules = [rule_of(statement, Kind.RESOURCE) for statement in found]
    return tuple(seen for each in admitted(rules, lambda *_: Actions.everything()) for seen in _who_of(each, opened))


def _who_of(found: Trusted, opened: Opened) -> Iterator[TrustSeen]:
    """It, or in its place those whom its conditions leave."""
    if found.kind == "any" and found.name != "*":  # an account, by the canonical id that S3 knows it by
        yield replace(_seen(found, conditional=found.is_conditional), kind="aws")
        return
    asks = found.kind == "any" or (found.kind == "aws" and found.is_conditional)
    whom = opened.whom(found) if asks else ((found.kind, found.name),)
    if whom is None:
        yield _seen(found, conditional=True)
    for kind, name in whom or ():
        known = replace(_seen(found, conditional=False), is_deputy=kind == "service" and opened.is_deputy(found, name))
        yield (
            known
            if (kind, name) == (found.kind, found.name)
            else replace(known, kind=kind, name=name, account=name if kind == "aws" else "")
        )


def _seen(found: Trusted, *, conditional: bool) -> TrustSeen:
    return TrustSeen(
        kind=found.kind,
        name=found.name,
        account=found.account,
        external_id=found.external_id,
        pointer=found.pointer,
        conditional=conditional,
        subjects=found.subjects if found.kind == "federated" else None,
        audiences=found.audiences if found.kind == "federated" else None,
        claims=tuple(ClaimSeen(name=one.name, values=one.values, may_lack=one.may_lack) for one in found.claims),
        how=_how(found.name) if found.kind == "federated" else "",
        reads_only=(found.says.actions - _reads()).is_empty(),
    )


def _how(provider: str) -> str:
    return "sts:AssumeRoleWithSAML" if _SAML in provider else "sts:AssumeRoleWithWebIdentity"


def is_token(witness: Witness) -> bool:
    """Whether a witness is a token of an identity provider, and no request of a principal."""
    if witness.action not in {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}:
        return False
    return _SAML in witness.principal or ":oidc-provider/" in witness.principal or not witness.principal.startswith("arn:")


def lets_in(trust: str, witness: Witness) -> bool:
    """Whether a trust policy lets in one token, whose claims are the context of the witness."""
    prefix = "saml" if _SAML in witness.principal else witness.principal.rpartition("oidc-provider/")[2]
    context = {f"{prefix}:{claim}": value for claim, value in witness.context}
    who = f"Federated:{witness.principal}"
    request = Request(principal=who, action=witness.action, resource=witness.resource, context=context)
    return evaluate(request, Policies(resource=trust)).allowed is True


@cache
def _reads() -> Actions:
    """What looks at the content of a bucket."""
    lists = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")
    return Actions.of(("s3:GetObject", "s3:GetObjectVersion", *lists))
