"""Policies that do not do what they seem to, as their own system reads them."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.world import World
from guardrails.model.findings import Difference
from guardrails.ports import Remarking

__all__ = ["policies"]


def policies(world: World) -> Iterator[Difference]:
    """Each remark of each system on its own documents."""
    for system, meaning in world.meanings.items():
        if isinstance(meaning, Remarking):
            for remark in meaning.remarks():
                if remark.ref.system == system:
                    yield Difference(
                        kind=remark.kind,
                        system=system,
                        realm=remark.ref.realm,
                        cause=remark.ref.id,
                        facet=remark.facet,
                        subject=str(remark.ref),
                        message=remark.message,
                        verdict=remark.verdict,
                        places=(remark.ref,),
                        actual=remark.actual,
                    )
