"""What is told of all engines and all values alike, with a request that shows it and is decided once more; otherwise nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guardrails.connectors.vault.meaning.answers import OTHER_ENGINES
from guardrails.connectors.vault.meaning.holdings import Holdings, Knowledge
from guardrails.connectors.vault.meaning.witnesses import asked_by, values_of, witness
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.vault.acl import ROOT, acl
from guardrails.vault.containment import Containment, Declared, outcomes
from guardrails.vault.decisions import decided
from guardrails.vault.rules import Policy
from guardrails.vault.templates import Known, Missing

__all__ = ["Verdicts"]

_OTHER_VALUES = "a value in a path decides whether"


class Verdicts:
    """Makes one verdict of what several engines would say of the policies of one namespace."""

    def __init__(self, held: Holdings, at: datetime) -> None:
        self._held, self._at = held, at

    def told(self, held: tuple[Policy, ...], declared: Declared, known: Knowledge) -> tuple[tuple[Containment, ...], ...]:
        """Whether policies stay within what is declared: for each engine an answer for each way that what is not known may be."""
        values = dict(known)

        def value(name: str) -> Known:
            return values.get(name, Missing.UNKNOWN)

        return tuple(tuple(outcomes(held, declared, engine, at=self._at, values=value)) for engine in self._held.engines)

    def compared(self, holder: Ref, told: Sequence[tuple[Containment, ...]], *, is_floor: bool = False) -> Comparison:
        """What all engines and all values say alike; where they differ nobody can tell."""
        found = [one for answers in told for one in answers]
        beyond = [one for one in found if one.verdict == "not-covered" and not (is_floor and one.is_limited)]
        if found and len(beyond) == len(found):
            # of several engines each may have its own request
            told_of = (self._violation(holder, one, is_floor=is_floor) for one in beyond)
            shown = next((one for one in told_of if one.witness and self.replay(holder, one.witness) is not is_floor), None)
            if shown:
                return shown
        if not beyond and all(one.verdict == "covered" for one in found):
            return Comparison(verdict=Verdict.OK)
        refuted = next((one for one in found if one.verdict == "not-covered"), None)
        if refuted is None or refuted.witness is None:
            return Comparison(verdict=Verdict.UNDECIDED, reason=next(reason for one in found for reason in one.reasons))
        what = f"{refuted.witness.operation} on {refuted.witness.path} is allowed"
        alike = all(len({one.verdict for one in answers}) == 1 for answers in told)
        why = refuted.reasons[-1] if refuted.is_limited else f"{OTHER_ENGINES if alike else _OTHER_VALUES} {what}"
        return Comparison(verdict=Verdict.UNDECIDED, reason=why)

    def _violation(self, holder: Ref, found: Containment, *, is_floor: bool) -> Comparison:
        principal = self._held.principals.get(holder)
        shown = witness(principal.resource if principal else str(holder), found)
        granted = [reason.removeprefix("actual: ") for reason in found.reasons if reason.startswith("actual: ")]
        if is_floor:  # the one side is what must be, and what decides is on the other
            granted = [reason.removeprefix("declared: ") for reason in found.reasons if reason.startswith("declared: policy")]
        if ROOT in self._held.names(holder):
            granted = [f"policy {ROOT}"]
        return Comparison(verdict=Verdict.VIOLATION, witness=shown, granted_by=tuple(sorted(granted)))

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Decide the one request as a server does: by the one rule that comes first; for every engine that it may be."""
        held = self._held.of(holder)
        known = {**dict(self._held.known(holder, held)), **values_of(witness)}
        lists = [
            acl(held, engine, at=self._at, values=lambda name: known.get(name, Missing.UNKNOWN))
            for engine in self._held.engines
            if witness.action in engine.capabilities
        ]
        return bool(lists) and all(decided(found, asked_by(witness)).allowed is True for found in lists)
