"""What commands of the AWS command line ask for, by the models of the SDK: an option that there is not, or a value of another form, fails."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

__all__ = ["Call", "calls", "waits"]


@dataclass(frozen=True)
class Call:
    """One call: its service, the operation as the SDK names it, where, and with what."""

    service: str
    operation: str
    region: str
    parameters: dict[str, Any]


@cache
def model(service: str):
    return botocore.session.get_session().get_service_model(service.removesuffix("api"))


def calls(command: str) -> list[Call]:
    """Those of a command, in their order, without the ones that ask in which account it is."""
    found: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return [call(words) for words in found if words[0] == "aws" and words[2] != "wait"]


def call(words: list[str]) -> Call:
    service, name, *rest = words[1:]
    operation = next(one for one in model(service).operation_names if xform_name(one, "-") == name)
    options = read(rest)
    region = options.pop("region", "")
    options.pop("query", None), options.pop("output", None)
    shape = model(service).operation_model(operation).input_shape
    members = {xform_name(member, "-"): (member, kind.type_name) for member, kind in shape.members.items()}
    given = {}
    for option, value in options.items():
        positive = option.removeprefix("no-") if value is None and option not in members else option
        member, kind = members[positive]
        given[member] = converted(kind, value, is_off=positive != option)
    report = ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()
    return Call(service, xform_name(operation), region, given)


def read(words: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    while words:
        option = words.pop(0)
        assert option.startswith("--"), option
        has_value = bool(words) and not words[0].startswith("--")
        found[option.removeprefix("--")] = words.pop(0) if has_value else None
    return found


def converted(kind: str, value: str | None, *, is_off: bool) -> Any:
    if value is None:
        assert kind == "boolean", kind
        return not is_off
    assert kind != "boolean", "a flag takes no value"
    if kind in {"list", "structure"}:
        return json.loads(value)
    return int(value) if kind in {"integer", "long"} else value


def waits(command: str) -> list[str]:
    """The waiters that a command names, which must be those of the SDK."""
    words = shlex.split(command)
    named = [words[at + 1] for at, word in enumerate(words) if word == "wait"]
    session = botocore.session.get_session()
    known = {xform_name(name, "-") for name in session.get_waiter_model("rds").waiter_names}
    assert set(named) <= known, named
    return named
