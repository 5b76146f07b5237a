"""GR206: tokens that live longer than declared."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import UNREAD, Example, Forbidden, machine
from guardrails.model.words import Kind, Severity, Verdict

_LOAD = """\
workloads:
  ci: {is: ["aws@prod:user/ci"], credentials: {max-age: 12h}, owner: "team:data"}
"""
_CI = machine("ci")

CONTROL = Control(
    code="GR206",
    kind=Kind.CREDENTIAL_LIVES,
    severity=Severity.MEDIUM,
    title="Tokens that live longer than declared",
    why="Whoever comes by a token can use it until it ends. How long that may be is set where the workload logs in, by its mount or by the "
    "server; a token that may be renewed without end has none.",
    clause="Access control",
    iso="5.17, 8.5",
    remedy="Set token_explicit_max_ttl or token_max_ttl of the role, or declare the longer life",
    allows=(Example(title="Its tokens live an hour", declared=_LOAD, seen=(_CI,), living=((_CI.ref, 3600),)),),
    forbids=(
        Forbidden(
            title="Its tokens live a month",
            declared=_LOAD,
            seen=(_CI,),
            living=((_CI.ref, 30 * 86400),),
            says="tokens of aws@111122223333:user/ci live 30 days at most; workload ci declares 12 hours",
        ),
        Forbidden(
            title="Its tokens can be renewed for ever",
            declared=_LOAD,
            seen=(_CI,),
            living=((_CI.ref, 0),),
            says="tokens of aws@111122223333:user/ci live as long as they are renewed; workload ci declares 12 hours",
        ),
        Forbidden(
            title="Nobody can tell",
            declared=_LOAD,
            seen=(_CI,),
            living=((_CI.ref, UNREAD),),
            says="how long tokens of aws@111122223333:user/ci live was not seen: AccessDenied",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
