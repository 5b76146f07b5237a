"""A snapshot of the actions that AWS publishes, with the ARN forms of their resources.

Only for witnesses and shapes: an action that is not in it is judged all the same.
"""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from importlib.resources import files

from guardrails.sets import Language, Pattern

__all__ = ["formats", "matching", "named", "snapshot_date"]

_FEW = 400
"""A language that names more actions than this gets a sample: the telling ones and the first of the catalogue."""


@cache
def _snapshot() -> tuple[str, dict[str, tuple[str, tuple[str, ...]]]]:
    content = files("guardrails.connectors.aws").joinpath("actions.json.gz").read_bytes()
    found = json.loads(gzip.decompress(content))
    forms = found["forms"]
    actions = {
        f"{service}:{name}".lower(): (f"{service}:{name}", tuple(forms[number] for number in numbers))
        for service, listed in found["actions"].items()
        for name, numbers in listed.items()
    }
    return str(found["date"]), actions


def snapshot_date() -> str:
    """When the catalogue was taken."""
    return _snapshot()[0]


def named(action: str) -> str:
    """The published spelling of an action; one that is not published stays as it is."""
    return _snapshot()[1].get(action, (action, ()))[0]


@lru_cache(maxsize=4096)
def formats(action: str, account: str) -> tuple[Language, ...]:
    """The forms of resources that an action is asked for; `*` for an action without resources, nothing for an unknown action."""
    found = _snapshot()[1].get(action)
    if found is None:
        return ()
    return tuple(Language.of(Pattern.arn(_filled(form, account))) for form in found[1]) or (Language.of(Pattern.literal("*")),)


def _filled(form: str, account: str) -> str:
    known = {"${Partition}": "aws", "${Account}": account or "*", "${Region}": "*"}
    for name, value in known.items():
        form = form.replace(name, value)
    while (start := form.find("${")) >= 0 and (end := form.find("}", start)) >= 0:
        form = f"{form[:start]}?*{form[end + 1 :]}"
    return form


@lru_cache(maxsize=4096)
def matching(actions: Language) -> tuple[str, ...]:
    """Catalogued actions of a language, at most a few hundred."""
    found: list[str] = []
    for action in _snapshot()[1]:
        if action in actions:
            found.append(action)
            if len(found) == _FEW:
                break
    return tuple(found)
