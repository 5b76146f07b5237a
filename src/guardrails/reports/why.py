"""Why a finding is so, as layers of a graph: who, by what, may what, on what, and what the declaration says to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.model.findings import Difference
from guardrails.model.words import Kind

__all__ = ["Layer", "layers"]

_SHARED = {Kind.TRUST_EXCESS, Kind.TRUST_WITHOUT_EXTERNAL_ID, Kind.ASSET_SHARED}
"""Their facet is who is let in, and their subject what lets in."""
_MISSING = {Kind.ACCESS_MISSING, Kind.EXPOSURE_MISSING}
_ANYBODY = "*"


@dataclass(frozen=True, slots=True)
class Layer:
    """What stands side by side in the chain; everything in it hangs together with everything in the next."""

    name: str
    labels: tuple[str, ...]


def layers(difference: Difference) -> tuple[Layer, ...]:
    """From whom it is about to what the declaration says; empty where there is nothing between the two."""
    if path := difference.details.path:
        who, *steps = path
        along = (Layer(("comes to", "by")[at % 2 == 0], (label,)) for at, label in enumerate(steps))
        return (Layer("who", (who,)), *along, Layer("declared", (_declared(difference),)))
    told: set[str] = set()
    found = []
    for name, labels in _chain(difference):
        new = tuple(dict.fromkeys(label for label in labels if label and label not in told))
        told.update(new)
        if new:
            found.append(Layer(name, new))
    return (*found, Layer("declared", (_declared(difference),))) if found[1:] else ()


def _chain(difference: Difference) -> Iterator[tuple[str, tuple[str, ...]]]:
    places = tuple(str(place) for place in difference.places)
    by = tuple(difference.actual.split("; "))
    witness = difference.witness
    if difference.kind in _SHARED and difference.subject in places:
        yield "who", ("anybody" if difference.facet == _ANYBODY else difference.facet,)
        yield "by", by
        yield "comes to", (difference.subject,)
        return
    yield (
        "who",
        (difference.subject,) if places and difference.subject not in places else (witness.principal if witness else difference.subject,),
    )
    yield "holds", () if witness and difference.subject in places else places
    on = (witness.resource,) if witness else ()
    yield "by", tuple(label for label in by if label not in on and not _names_it_again(label, difference))
    if witness:
        yield "may not" if difference.kind in _MISSING else "may", (witness.action,)
        yield "on", on
        yield "when", (", ".join(f"{key} = {value}" for key, value in witness.context),)


def _names_it_again(label: str, difference: Difference) -> bool:
    """Whether it is only another name of the subject, such as its ARN, which is told anyway."""
    return label == difference.subject or label.endswith(tuple(f"{end}{difference.subject.rpartition('/')[2]}" for end in "/:"))


def _declared(difference: Difference) -> str:
    place = str(difference.declared_at)
    if difference.kind in _MISSING:
        return f"demanded at {place}" if place else "demanded"
    return f"not so at {place}" if place else "nowhere declared"
