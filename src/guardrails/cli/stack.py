"""A template of CloudFormation as somebody gives it on the command line: the template, what is deployed, and what AWS calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from guardrails.connectors.aws.proposed.cloudformation import load, with_template
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.proposals.cloudformation import Stack, Template
from guardrails.proposals.outcome import Outcome

__all__ = ["with_stack"]

_NEW = "none"


def with_stack(
    world: World,
    *,
    path: Path,
    deployed: str | None,
    resources: Path | None,
    parameters: tuple[str, ...],
    region: str,
    accounts: Mapping[str, str],
) -> Outcome:
    """The accounts as they would be once the template is deployed.

    Raises:
        AuthorError: It is no template, or it is not told where the stack is.
    """
    account = accounts.get("")
    if account is None or len(accounts) > 1:
        raise AuthorError(f"{path}: the account of the stack is not told", remedy="give --account with twelve digits")
    given = dict(map(_parameter, parameters))
    name, physical = _resources(resources)
    stack = Stack(account=account, region=region, name=name, parameters=given, physical=physical)
    return with_template(world.observations.values(), load(_read(path), str(path)), stack, _deployed(deployed))


def _deployed(text: str | None) -> Template | None:
    if text is None:
        return None
    return Template({"Resources": {}}) if text == _NEW else load(_read(Path(text)), text)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise AuthorError("a --parameter has no name and value", remedy="write NAME=VALUE")
    return name, value


def _resources(path: Path | None) -> tuple[str, Mapping[str, str]]:
    """The name of the stack, and what AWS calls each of its resources."""
    if path is None:
        return "", {}
    try:
        found = json.loads(_read(path))["StackResources"]
        names = {str(one["LogicalResourceId"]): str(one["PhysicalResourceId"]) for one in found if one.get("PhysicalResourceId")}
        return next((str(one["StackName"]) for one in found), ""), names
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AuthorError(
            f"{path}: not the resources of a stack", remedy="give what aws cloudformation describe-stack-resources --output json writes"
        ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror}", remedy="name a file that can be read") from error
