"""The section `notify`: who is told what changed, in which way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from guardrails.model.notifying import USUAL_EVENTS, Apprise, Event, Mail, Ping, Recipient, Way, Webhook
from guardrails.model.reference import Place
from guardrails.model.words import Severity
from guardrails.notation.document import Node, Scalar, integer
from guardrails.notation.shape import Fields, Notes
from guardrails.secret import SecretRef, Source

__all__ = ["read_recipient"]

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_SERVER = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]):([1-9][0-9]{0,4})")
_SEVERITIES = {severity.label: severity for severity in Severity}
_EVENTS = {event.value: event for event in Event}
_NOWHERE = SecretRef(Source.ENV, "")
"""Stands for what was noted as a mistake."""
_MOST_PER_HOUR = 60


def read_recipient(name: str, node: Node, place: Place, notes: Notes) -> Recipient | None:
    """One recipient; `None` without exactly one way to reach them."""
    fields = Fields(node, notes, f"notify.{name}")
    ways = [word for word in _WAYS if word in fields.entries]
    way = _WAYS[ways[0]](fields) if len(ways) == 1 else None
    events = fields.parsed("events", _EVENTS.get, f"one of {', '.join(_EVENTS)}")
    if Event.INCIDENT in events:
        notes.unevaluated.append((f"notify.{name}.events", place))
    severity, per_hour = fields.choice("severity", _SEVERITIES, default=Severity.LOW), _per_hour(fields)
    if way is None:
        notes.add(place, f"notify.{name} must name one way", f"write one of {', '.join(_WAYS)}")
        for word in fields.entries:
            fields.asked.add(word)
    fields.done()
    if way is None:
        return None
    return Recipient(name=name, way=way, events=frozenset(events) or USUAL_EVENTS, severity=severity, per_hour=per_hour, place=place)


def _webhook(fields: Fields) -> Way:
    url, key = fields.secret("webhook", required=True), fields.secret("key", required=True)
    return Webhook(url=url or _NOWHERE, key=key or _NOWHERE)


def _mail(fields: Fields) -> Way:
    inner = fields.fields("mail")
    server = inner.text("server", required=True)
    form = _SERVER.fullmatch(server)
    if server and form is None:
        inner.notes.add(inner.place, f"{inner.where}.server: {server} is no host and port", 'write "smtp.example:587"')
    to = inner.parsed("to", _address, "an address such as isg@example.com", required=True)
    sender = inner.parsed("from", _address, "an address such as guardrails@example.com", required=True)
    found = Mail(
        server=form[1].strip("[]") if form else "",
        port=int(form[2]) if form else 0,
        to=to,
        sender=sender[0] if sender else "",
        implicit=inner.choice("tls", {"starttls": False, "implicit": True}, default=False),
        user=inner.text("user"),
        password=inner.secret("password"),
    )
    if bool(found.user) != (found.password is not None):
        inner.notes.add(inner.place, f"{inner.where} has one of user and password", "write both, or neither")
    inner.done()
    return found


def _apprise(fields: Fields) -> Way:
    return Apprise(url=fields.secret("apprise", required=True) or _NOWHERE)


def _ping(fields: Fields) -> Way:
    return Ping(url=fields.secret("ping", required=True) or _NOWHERE)


def _address(text: str) -> str | None:
    """Nothing in it can begin another header or another address."""
    return text if _ADDRESS.fullmatch(text) else None


def _per_hour(fields: Fields) -> int:
    node = fields.node("per-hour")
    value = integer(node) if isinstance(node, Scalar) else None
    if node is not None and (value is None or not 1 <= value <= _MOST_PER_HOUR):
        fields.notes.add(node.place, f"{fields.where}.per-hour must be a number from 1 to {_MOST_PER_HOUR}", "write per-hour: 6")
        value = None
    return value or 6


_WAYS: Mapping[str, Callable[[Fields], Way]] = {"webhook": _webhook, "mail": _mail, "apprise": _apprise, "ping": _ping}
