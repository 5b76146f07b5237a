"""Requests as witnesses, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from guardrails.model.findings import Witness
from guardrails.vault.containment import Containment
from guardrails.vault.decisions import Request
from guardrails.vault.templates import Known, Missing

__all__ = ["asked_by", "values_of", "witness"]

_PARAMETERS, _WRAPPED = "parameters", "wrapped for seconds"


def witness(principal: str, found: Containment) -> Witness:
    """The request that a refutation shows, and for which values in paths."""
    request = found.witness
    assert request is not None  # noqa: S101  # the caller has a refutation
    context = [(f"{{{{{name}}}}}", value) for name, value in found.values]
    if request.parameters:
        context.append((_PARAMETERS, json.dumps(request.parameters, sort_keys=True)))
    if request.wrap_seconds is not None:
        context.append((_WRAPPED, str(request.wrap_seconds)))
    return Witness(principal=principal, action=request.operation, resource=request.path, context=tuple(sorted(context)))


def asked_by(shown: Witness) -> Request:
    """The request of a witness."""
    context = dict(shown.context)
    seconds = context.get(_WRAPPED)
    return Request(
        operation=shown.action,
        path=shown.resource,
        parameters=json.loads(context.get(_PARAMETERS, "{}")),
        wrap_seconds=int(seconds) if seconds else None,
    )


def values_of(shown: Witness) -> Mapping[str, Known]:
    """The values for which it was shown."""
    return {name[2:-2]: value or Missing.ABSENT for name, value in shown.context if name.startswith("{{")}
