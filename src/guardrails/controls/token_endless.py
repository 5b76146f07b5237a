"""GR205: a token that does not end."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("token", "root")

CONTROL = Control(
    code="GR205",
    kind=Kind.TOKEN_ENDLESS,
    severity=Severity.HIGH,
    title="A token that does not end",
    why="A token without an end is a password that nobody changes. A root token may do everything in every namespace, is bound to no "
    "address and to nobody. Root tokens are made for a task and revoked after it.",
    clause="Access control",
    iso="5.17, 8.2",
    remedy="Revoke it, and issue one that ends where it is needed",
    allows=(Example(title="A token without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="A root token is alive",
            seen=(_SEEN,),
            remarked=(
                Remark(
                    ref=_SEEN.ref,
                    kind=Kind.TOKEN_ENDLESS,
                    facet="root",
                    message=f"{_SEEN.ref} is a root token that is alive: it may do everything, from anywhere",
                ),
            ),
            says="aws@111122223333:token/root is a root token that is alive: it may do everything, from anywhere",
        ),
    ),
)
