"""What policy documents of AWS say, so that two spellings of one are alike: a list of one and itself, lists in another order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["alike", "one_form"]

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def alike(one: object, other: object) -> bool:
    """Whether both say the same."""
    return one_form(one) == one_form(other)


def one_form(value: object) -> str:
    """A document or a part of one as canonical text."""
    return json.dumps(_formed(value), sort_keys=True, separators=(",", ":"))


def _formed(value: object) -> object:
    match value:
        case Mapping():
            found = {str(key): _of_key(str(key), inner) for key, inner in value.items() if not (key == "Sid" and inner == "")}
            return found if any(key in found for key in ("Statement", "Effect")) else {key: found[key] for key in sorted(found)}
        case list():
            formed = [_formed(item) for item in value]
            flat = [item for one in formed for item in (one if isinstance(one, list) else [one])]
            return [json.loads(text) for text in sorted({json.dumps(item, sort_keys=True) for item in flat})]
        case bool():
            return [str(value).lower()]
        case None:
            return [None]
        case _:
            return [str(value)]


def _of_key(key: str, value: object) -> object:
    if key == "Statement" and isinstance(value, Mapping):
        return _formed([value])
    if key == "AWS":
        names = value if isinstance(value, list) else [value]
        return _formed([f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(str(name)) else name for name in names])
    return _formed(value)
