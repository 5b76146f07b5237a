"""GR110: a login that lets in more than it seems to."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("role", "pods")

CONTROL = Control(
    code="GR110",
    kind=Kind.LOGIN_OPEN,
    severity=Severity.HIGH,
    title="A login lets in more than it seems to",
    why="Policies say what a token may do, and a login who gets one. A login that binds neither a name, an audience nor a secret gives "
    "its policies to everybody whom its issuer, cluster or authority knows. A filter of groups that names nobody gives everybody "
    "all groups.",
    clause="Access control",
    iso="5.15, 8.5",
    remedy="Bind the login to whom it is for, or take it away",
    allows=(Example(title="A login without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="A role of a cluster without bounds",
            seen=(_SEEN,),
            remarked=(
                Remark(
                    ref=_SEEN.ref,
                    kind=Kind.LOGIN_OPEN,
                    facet="bound_service_account",
                    message=f"{_SEEN.ref} lets in every service account of every namespace",
                ),
            ),
            says="aws@111122223333:role/pods lets in every service account of every namespace",
        ),
    ),
)
