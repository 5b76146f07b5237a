"""Small documents and requests that tests read at a glance."""

from __future__ import annotations

from typing import Any

from guardrails.iam import Decision, Policies, Request, evaluate

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/run-7"
STRANGER = f"arn:aws:iam::{OTHER}:user/mallory"
BUCKET, OBJECT = "arn:aws:s3:::box", "arn:aws:s3:::box/a"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k1"


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A document of these statements."""
    return {"Version": version, "Statement": list(statements)}


def allow(action: str | list[str] = "*", resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """An Allow; elements that are given replace those of their kind."""
    return _statement("Allow", action, resource, more)


def deny(action: str | list[str] = "*", resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A Deny, likewise."""
    return _statement("Deny", action, resource, more)


def _statement(effect: str, action: Any, resource: Any, more: dict[str, Any]) -> dict[str, Any]:
    found = {"Effect": effect, "Action": action, "Resource": resource} | more
    for name in ("Action", "Resource", "Principal"):
        if f"Not{name}" in found:
            found.pop(name, None)
    return found


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A Condition of one test."""
    return {operator: {key: value}}


def ask(
    action: str = "s3:GetObject", target: str = OBJECT, *, by: str = USER, context: dict[str, Any] | None = None, **policies: Any
) -> Decision:
    """The decision on one request; a list of statements is a document."""
    made = {name: _documents(name, found) for name, found in policies.items()}
    return evaluate(Request(principal=by, action=action, resource=target, context=context or {}), Policies(**made))


def _documents(name: str, found: Any) -> Any:
    if name in {"scps", "rcps"} and isinstance(found, list):
        return [_documents("", level) for level in found]
    return document(*found) if isinstance(found, list) and (not found or "Effect" in found[0]) else found


def may(*args: Any, **more: Any) -> bool | None:
    """Its verdict."""
    return ask(*args, **more).allowed
