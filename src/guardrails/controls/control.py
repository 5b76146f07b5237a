"""What a control is: a code for one kind of difference, words for whoever must act, and the examples that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.controls.examples import Example, Forbidden
from guardrails.model.words import Kind, Severity

__all__ = ["Control"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control. `clause` is of the policy, `iso` of ISO/IEC 27001:2022 Annex A.

    Attributes:
        code: Never reused, also when the control is gone.
        why: For the reader at night: what it means, and what could go wrong.
        remedy: An instruction; a difference that knows better carries its own.
        allows: Worlds in which it finds nothing.
        forbids: Worlds in which it finds what the example says.
    """

    code: str
    kind: Kind
    severity: Severity
    title: str
    why: str
    clause: str
    iso: str
    remedy: str
    allows: tuple[Example, ...]
    forbids: tuple[Forbidden, ...]
