"""Observations as JSON and back, for a file that outlives the run. Pure: files are written elsewhere.

The envelope names its version, carries a digest of what it holds and has a place for a seal. What was changed, cut or written by a newer
version is refused whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from guardrails.errors import SnapshotError
from guardrails.model.observation import Observation

__all__ = ["SCHEMA", "dump_observations", "load_observations"]

SCHEMA = "guardrails.observation/1"
_REMEDY = "observe again; a snapshot cannot be mended"


def dump_observations(observations: Iterable[Observation]) -> str:
    """One line of JSON with sorted keys; equal observations give equal text."""
    held = [_encoded(observation) for observation in sorted(observations, key=lambda observation: observation.system)]
    return _canonical({"schema": SCHEMA, "digest": _digest(held), "seal": None, "observations": held}) + "\n"


def load_observations(text: str) -> tuple[Observation, ...]:
    """What `dump_observations` wrote.

    Raises:
        SnapshotError: It is damaged, foreign or of a newer version.
    """
    try:
        envelope = json.loads(text)
    except ValueError as error:
        raise SnapshotError(f"the snapshot is not JSON: {error}", remedy=_REMEDY) from None
    if not isinstance(envelope, dict) or envelope.get("schema") != SCHEMA:
        found = envelope.get("schema") if isinstance(envelope, dict) else None
        raise SnapshotError(f"the snapshot is of {found or 'no schema'}, and this version reads {SCHEMA}", remedy="update guardrails")
    if envelope.get("seal") is not None:
        raise SnapshotError("the snapshot is sealed, and no key to open it is configured", remedy="open it where it was sealed")
    if envelope.get("digest") != _digest(envelope.get("observations")):
        raise SnapshotError("the snapshot does not match its digest: it was changed or cut", remedy=_REMEDY)
    try:
        return tuple(_decoded(Observation, held) for held in envelope["observations"])
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise SnapshotError(f"the snapshot does not hold observations: {error!r}", remedy=_REMEDY) from error


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest(held: object) -> str:
    return hashlib.sha256(_canonical(held).encode()).hexdigest()


def _encoded(value: Any) -> Any:  # noqa: ANN401  # JSON
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case tuple():
            return [_encoded(item) for item in value]
        case _ if is_dataclass(value):
            # the name tells the members of a union apart; what has its default is left out
            kept = {f.name: _encoded(v) for f in fields(value) if (v := getattr(value, f.name)) != f.default}
            return {"is": type(value).__name__, **kept}
        case _:
            return value


@cache
def _hints(form: Any) -> Mapping[str, Any]:  # noqa: ANN401  # a dataclass
    return get_type_hints(form)


def _decoded(form: Any, value: Any) -> Any:  # noqa: ANN401  # a type as written in an annotation, and JSON
    if get_origin(form) in {Union, UnionType}:
        return _decoded(_member(get_args(form), value), value)
    if get_origin(form) is tuple:
        first, *rest = get_args(form)
        forms = [first] * len(value) if rest == [Ellipsis] else [first, *rest]
        return tuple(_decoded(part, item) for part, item in zip(forms, value, strict=True))
    if is_dataclass(form) and isinstance(form, type):
        hints = _hints(form)
        return form(**{name: _decoded(hints[name], held) for name, held in value.items() if name != "is"})
    if issubclass(form, Enum):
        return form(value)
    if form is datetime:
        value = datetime.fromisoformat(value)
    if not isinstance(value, form):
        raise TypeError(f"{value!r} is no {form.__name__}")
    return value


def _member(forms: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401  # likewise
    """The member of a union that a value is: objects say so themselves, and of the others there is one in each union."""
    if value is None:
        return NoneType
    name = value.get("is") if isinstance(value, dict) else None
    return next(form for form in forms if form is not NoneType and (form.__name__ == name if name else not is_dataclass(form)))
