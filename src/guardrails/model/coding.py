"""Frozen dataclasses as JSON and back, by their annotations: what stands in files that outlive a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

__all__ = ["decoded", "encoded"]


def encoded(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A value as JSON; equal values give equal JSON."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case tuple():
            return [encoded(item) for item in value]
        case _ if is_dataclass(value):
            # the name tells the members of a union apart; what has its default is left out
            kept = {f.name: encoded(v) for f in fields(value) if (v := getattr(value, f.name)) != f.default}
            return {"is": type(value).__name__, **kept}
        case _:
            return value


@cache
def _hints(form: Any) -> Mapping[str, Any]:  # noqa: ANN401  # a dataclass
    return get_type_hints(form)


def decoded(form: Any, value: Any) -> Any:  # noqa: ANN401  # a type as written in an annotation, and JSON
    """What `encoded` made of a value of some form.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, StopIteration: It is of another form.
    """
    if get_origin(form) in {Union, UnionType}:
        return decoded(_member(get_args(form), value), value)
    if get_origin(form) is tuple:
        first, *rest = get_args(form)
        forms = [first] * len(value) if rest == [Ellipsis] else [first, *rest]
        return tuple(decoded(part, item) for part, item in zip(forms, value, strict=True))
    if is_dataclass(form) and isinstance(form, type):
        hints = _hints(form)
        return form(**{name: decoded(hints[name], held) for name, held in value.items() if name != "is"})
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
