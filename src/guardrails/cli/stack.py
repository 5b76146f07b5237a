"""A template of CloudFormation as somebody gives it on the command line: the template, what is deployed, and what AWS calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from guardrails.cli.sources import Sources
from guardrails.connectors.aws.proposed.cloudformation import load, with_template
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.proposals.cloudformation import Stack, Template
from guardrails.proposals.outcome import Outcome

__all__ = ["NEW", "parameter", "secret_parameters", "with_stack"]

NEW = "none"
"""In place of the deployed template of a stack that is not there yet."""


def with_stack(
    world: World,
    sources: Sources,
    *,
    path: Path,
    deployed: str | None,
    resources: Path | None,
    parameters: tuple[str, ...],
    region: str,
    accounts: Mapping[str, str],
    now: Path | None = None,
) -> Outcome:
    """The accounts as they would be once the template is deployed.

    Raises:
        AuthorError: It is no template, or it is not told where the stack is.
    """
    account = accounts.get("")
    if account is None or len(accounts) > 1:
        raise AuthorError(f"{path}: the account of the stack is not told", remedy="give --account with twelve digits")
    given = dict(map(parameter, parameters))
    name, physical = _resources(sources, resources)
    stack = Stack(account=account, region=region, name=name, parameters=given, physical=physical)
    template, before = load(sources.read(path), str(path)), _deployed(sources, deployed)
    return with_template(world.observations.values(), template, stack, before, _held(sources, now))


def _held(sources: Sources, path: Path | None) -> Mapping[str, str] | None:
    """The values that the parameters of the stack have now."""
    if path is None:
        return None
    try:
        (stack,) = json.loads(sources.read(path))["Stacks"]
        return {str(one["ParameterKey"]): str(one["ParameterValue"]) for one in stack.get("Parameters") or ()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AuthorError(
            f"{path}: not one stack", remedy="give what aws cloudformation describe-stacks --stack-name NAME --output json writes"
        ) from None


def _deployed(sources: Sources, text: str | None) -> Template | None:
    if text is None:
        return None
    return Template({"Resources": {}}) if text == NEW else load(sources.read(Path(text)), text)


def parameter(text: str) -> tuple[str, str]:
    """The name and the value of a `--parameter`.

    Raises:
        AuthorError: It has none.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise AuthorError("a --parameter has no name and value", remedy="write NAME=VALUE")
    return name, value


def secret_parameters(sources: Sources, path: Path) -> frozenset[str]:
    """The parameters of a template that are never read."""
    return load(sources.read(path), str(path)).secret_parameters


def _resources(sources: Sources, path: Path | None) -> tuple[str, Mapping[str, str]]:
    """The name of the stack, and what AWS calls each of its resources."""
    if path is None:
        return "", {}
    try:
        found = json.loads(sources.read(path))["StackResources"]
        names = {str(one["LogicalResourceId"]): str(one["PhysicalResourceId"]) for one in found if one.get("PhysicalResourceId")}
        return next((str(one["StackName"]) for one in found), ""), names
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AuthorError(
            f"{path}: not the resources of a stack", remedy="give what aws cloudformation describe-stack-resources --output json writes"
        ) from None
