"""What every format says of a finding, in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from guardrails.controls import CONTROLS
from guardrails.controls.control import Control
from guardrails.model.findings import Finding, Witness
from guardrails.model.words import Kind, Verdict

__all__ = ["control_of", "is_open", "remedy", "request", "title"]

_SAYS = {
    Kind.ACCESS_MISSING: "may not {action} on {resource}",
    Kind.EXPOSURE_MISSING: "does not reach {action} of {resource}",
    Kind.EXPOSURE_EXCESS: "reaches {action} of {resource}",
    Kind.EXPOSURE_UNDECLARED: "reaches {action} of {resource}",
}
_OTHERWISE = "may {action} on {resource}"


@cache
def _controls() -> Mapping[str, Control]:
    return {control.code: control for control in CONTROLS}


def control_of(finding: Finding) -> Control:
    """The control that judged it."""
    return _controls()[finding.control]


def title(finding: Finding) -> str:
    """What the control is called."""
    return control_of(finding).title


def remedy(finding: Finding) -> str:
    """What to do: as the finding knows better, or as its control says."""
    return finding.difference.remedy or control_of(finding).remedy


def is_open(finding: Finding) -> bool:
    """Whether it could not be told, which is no better than a violation."""
    return finding.difference.verdict in {Verdict.UNDECIDED, Verdict.UNKNOWN}


def request(finding: Finding) -> str:
    """The witness as a sentence; empty when there is none."""
    witness = finding.difference.witness
    if witness is None:
        return ""
    said = _SAYS.get(finding.difference.kind, _OTHERWISE).format(action=witness.action, resource=witness.resource)
    return f"{witness.principal} {said}{_when(witness)}"


def _when(witness: Witness) -> str:
    context = ", ".join(f"{key}={value}" for key, value in witness.context)
    return f" when {context}" if context else ""
