"""The two questions that people ask of policies by themselves: may this request pass, and is all of this allowed by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from guardrails.errors import AuthorError
from guardrails.vault.containment import Containment, contained
from guardrails.vault.decisions import NOTHING, Decision, Request, evaluate_policies
from guardrails.vault.documents import read
from guardrails.vault.profiles import Profile
from guardrails.vault.profiles import profile as profile_of
from guardrails.vault.rules import Policy
from guardrails.vault.templates import Known, Missing, Values, nothing_known

__all__ = ["NEWEST", "Source", "contains", "evaluate"]

NEWEST = "openbao-2.7.2"
"""The engine that is meant when none is named."""

Source = str | Policy
"""A policy as text, HCL or JSON, or as read."""


def evaluate(
    policies: Source | Sequence[Source],
    operation: str,
    path: str,
    *,
    profile: str | Profile = NEWEST,
    parameters: Mapping[str, object] | None = None,
    wrap_seconds: float | None = None,
    values: Mapping[str, str | None] | None = None,
    at: datetime | None = None,
) -> Decision:
    """Whether whoever has these policies and no others may do something.

    Remember `default`, which most tokens have beside their own.

    Args:
        policies: Texts of policies, or one.
        operation: `read`, `create`, `update`, `patch`, `delete`, `list` and so on; a write is `create` where nothing is yet, else `update`.
        path: Without `v1/`.
        profile: Whose server: an engine and version, such as `vault-1.21.0`.
        parameters: The body of the request.
        wrap_seconds: For how long the answer is to be wrapped.
        values: Of expressions in templated paths, such as `identity.entity.name`; `None` for one that is known to be missing. An expression
            that is not named here is not known, and makes the decision `None` where it matters.
        at: The moment, for rules that end.

    Raises:
        PolicyError: A text is no policy of that engine.
        AuthorError: An unknown engine or operation, `root` beside others, or a rule that ends and no moment.
    """
    engine = _engine(profile)
    request = Request(operation=operation, path=path, parameters=parameters or NOTHING, wrap_seconds=wrap_seconds)
    return evaluate_policies(_read(policies, "policy", engine), request, engine, at=at, values=_values(values))


def contains(
    actual: Source | Sequence[Source],
    declared: Source | Sequence[Source],
    *,
    profile: str | Profile = NEWEST,
    values: Mapping[str, str | None] | None = None,
    at: datetime | None = None,
) -> Containment:
    """Whether everything that the actual policies allow is allowed by the declared ones, held by the same somebody.

    Args:
        actual: Texts of policies, or one. Several count as held together.
        declared: Likewise.
        profile: Whose server: an engine and version, such as `vault-1.21.0`.
        values: As for `evaluate`; for those that are not known all count.
        at: The moment, for rules that end.

    Raises:
        PolicyError: A text is no policy of that engine.
        AuthorError: An unknown engine, `root` beside others, or a rule that ends and no moment.
    """
    engine = _engine(profile)
    left, right = _read(actual, "actual", engine), _read(declared, "declared", engine)
    return contained(left, right, engine, at=at, values=_values(values))


def _engine(profile: str | Profile) -> Profile:
    return profile if isinstance(profile, Profile) else profile_of(profile)


def _read(given: Source | Sequence[Source], name: str, engine: Profile) -> tuple[Policy, ...]:
    listed: object = [given] if isinstance(given, str | Policy) else given
    if not isinstance(listed, Sequence) or not all(isinstance(one, str | Policy) for one in listed):
        raise AuthorError(
            f"{name} is neither a policy nor a list of them", remedy='give texts, such as path "kv/*" { capabilities = ["read"] }'
        )
    return tuple(
        one if isinstance(one, Policy) else read(one, profile=engine, name=f"{name}[{number}]") for number, one in enumerate(listed)
    )


def _values(given: Mapping[str, str | None] | None) -> Values:
    if given is None:
        return nothing_known
    told: Mapping[str, Known] = {name: Missing.ABSENT if value is None else value for name, value in given.items()}
    return lambda expression: told.get(expression, Missing.UNKNOWN)
