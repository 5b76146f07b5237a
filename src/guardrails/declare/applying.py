"""The sections `apply` and `emergency`: how much may be changed at once, when, and what never."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time

from guardrails.declare.standing import read_managers, read_standing
from guardrails.model.applying import Applying, Guard, Never, Window
from guardrails.model.changes import Limits
from guardrails.model.reference import Place, Reference
from guardrails.notation.document import Node, Scalar
from guardrails.notation.shape import Fields, Notes, reference

__all__ = ["read_applying"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(rf"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_AUTHOR = "plan-author"
"""Whose signature never counts, declared or not; of no other is it known who that is."""
_DAY_HOURS = 24
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def read_applying(apply: Mapping[str, tuple[Node, Place]], emergency: Mapping[str, tuple[Node, Place]], notes: Notes) -> Applying:
    """Both sections, their fields gathered from all files."""
    fields, usual = Fields(None, notes, "apply"), Applying()
    fields.entries = {name: (Scalar(place=place, text=name, quoted=True), node) for name, (node, place) in apply.items()}
    never = (*_emergency(emergency, notes), *_never(fields.fields("never")))
    hours = fields.hours("expires") or usual.expires_hours
    standing, quarantine = fields.node("standing"), fields.hours("quarantine")
    approvals = fields.fields("approvals")
    found = Applying(
        environment=fields.text("environment") or usual.environment,
        freeze=fields.text("freeze"),
        limits=_limits(fields.fields("limits")),
        windows=fields.some("windows", _window, 'days and hours such as "Mon-Thu 08:00-15:00"'),
        never=tuple(sorted(never, key=lambda one: str(one.reference))),
        expires_hours=hours,
        standing=read_standing(standing, apply["standing"][1], notes) if standing is not None else None,
        managers=tuple(read_managers(fields.fields("managed-by"))),
        quorum=_number(approvals, "quorum", usual.quorum),
        quarantine_days=quarantine // _DAY_HOURS or None,
    )
    if not set(approvals.texts("not")) <= {_AUTHOR}:
        notes.unevaluated.append(("apply.approvals.not", approvals.place))
    approvals.done()
    for name, at, wrong, form in (
        ("environment", found.environment, not _ENVIRONMENT.fullmatch(found.environment), "a name such as prod"),
        ("expires", f"{hours}h", hours > usual.expires_hours, "24h at most"),
        ("quarantine", fields.text("quarantine"), bool(quarantine % _DAY_HOURS), "whole days, such as 30d"),
    ):
        if wrong:
            notes.add(apply[name][0].place, f"apply.{name}: {at} is not {form}", f"write {form}")
    fields.done()
    return found


def _emergency(entries: Mapping[str, tuple[Node, Place]], notes: Notes) -> Iterator[Never]:
    """Accounts for emergencies: nothing is ever taken from them."""
    for name, (node, place) in entries.items():
        fields = Fields(node, notes, f"emergency.{name}")
        for found in fields.some("principals", _of_a_system, "a reference such as aws@prod:user/bg-1", required=True):
            yield Never(reference=found, place=place)
        for field in ("custodians", "tested", "on-use"):
            if fields.node(field) is not None:
                notes.unevaluated.append((f"emergency.{name}.{field}", place))
        fields.done()


def _never(fields: Fields) -> Iterator[Never]:
    guards = {guard.value: guard for guard in Guard}
    for text, _, place in list(fields.each()):
        found = _of_a_system(text)
        guard = fields.choice(text, guards, default=Guard.ANY)
        if found is None:
            fields.notes.add(place, f"apply.never: {text} names nothing of a system", 'write {"vault:entity/guardrails": any}')
        else:
            yield Never(reference=found, guard=guard, place=place)


def _of_a_system(text: str) -> Reference | None:
    """Who is protected is protected by where it is: a person or a team is nothing that a plan takes from."""
    found = reference(text)
    return found if found is not None and found.scope is not None else None


def _limits(fields: Fields) -> Limits:
    usual = Limits()
    found = Limits(
        changes=_number(fields, "changes", usual.changes),
        percent=_number(fields, "percent", usual.percent),
        each_person=_number(fields, "per-person", usual.each_person),
        shrunk_percent=_number(fields, "shrunk-percent", usual.shrunk_percent),
    )
    fields.done()
    return found


def _number(fields: Fields, name: str, usual: int) -> int:
    value = fields.number(name)
    return usual if value is None else value


def _window(text: str) -> Window | None:
    form = _WINDOW.fullmatch(text)
    if form is None:
        return None
    first, last = _DAYS.index(form[1]), _DAYS.index(form[2] or form[1])
    since, until = time(int(form[3]), int(form[4])), time(int(form[5]), int(form[6]))
    days = range(first, last + 1 if last >= first else last + 1 + len(_DAYS))
    return Window(days=frozenset(day % len(_DAYS) for day in days), since=since, until=until) if since < until else None
