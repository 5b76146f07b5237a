"""GR407: logins that travel in the clear."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("auth-config", "ldap")

CONTROL = Control(
    code="GR407",
    kind=Kind.LOGIN_IN_THE_CLEAR,
    severity=Severity.HIGH,
    title="Logins travel in the clear",
    why="Whoever can listen on the way has every password and token that passes. The server hands passwords on to a directory, and its "
    "own listeners take tokens.",
    clause="Cryptography",
    iso="8.24, 8.20",
    remedy="Use TLS 1.2 or later with a verified certificate",
    allows=(Example(title="A listener without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="The directory is asked without encryption",
            seen=(_SEEN,),
            remarked=(
                Remark(
                    ref=_SEEN.ref,
                    kind=Kind.LOGIN_IN_THE_CLEAR,
                    facet="url",
                    message=f"{_SEEN.ref} sends passwords to the directory in the clear: ldap:// without starttls",
                ),
            ),
            says="aws@111122223333:auth-config/ldap sends passwords to the directory in the clear: ldap:// without starttls",
        ),
    ),
)
