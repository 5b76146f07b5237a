"""Plans for tests: small, whole, and the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from guardrails.model.changes import Cas, Change, Disable, Edit, Effect, Held, Image, Plan, Read, Restore, edited
from guardrails.model.reference import Ref

__all__ = ["AT", "change_of", "plan_of", "ref"]

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def ref(name: str, kind: str = "entity", system: str = "vault") -> Ref:
    return Ref(system=system, realm="", kind=kind, id=f"id-of-{kind}-{name}", name=name)


def change_of(name: str, image: Image | None = None) -> Change:
    """Somebody is disabled."""
    before = image or Image.of({"disabled": ("false",), "name": (name,)})
    edits = (Edit(field="disabled", removes=("false",), adds=("true",)),)
    return Change(
        action=Disable(ref=ref(name)),
        ref=ref(name),
        before=before.fingerprint,
        after=edited(before, edits).fingerprint,
        edits=edits,
        effect=Effect.NARROWS,
        proof="it may do nothing afterwards",
        breaks=(f"{name} can no longer log in",),
        subject=f"person:{name}",
        cas=Cas.EMULATED,
        undo=Restore(),
        control="GR201",
        finding=f"finding-{name}",
        why=f"person {name} has left",
    )


def plan_of(*changes: Change, **more: object) -> Plan:
    given: dict[str, object] = {
        "id": "0" * 32,
        "environment": "prod",
        "version": "1",
        "author": "erin",
        "declaration": "d" * 64,
        "roster": "e" * 64,
        "observed_at": AT,
        "expires_at": AT + timedelta(hours=24),
        "reads": (Read(system="vault", taken_at=AT, source="live", identity="reader", facts=10, gaps=0),),
        "changes": changes,
        "held": (Held(control="GR901", finding="f", subject="vault", reason="not seen"),),
    }
    return Plan(**given | more)  # type: ignore[arg-type]  # as given
