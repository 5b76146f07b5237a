"""Whether one statement speaks of one request, leaving to whom it applies to `principals`.

IAM User Guide, "IAM JSON policy elements: Resource", "NotResource" and "NotAction".
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.iam.comparisons import NoMatch, like_arn
from guardrails.iam.conditions import holds
from guardrails.iam.context import Context, Template
from guardrails.iam.documents import Kind, Patterns, Statement
from guardrails.iam.patterns import ARN_PARTS, action_among, split_arn
from guardrails.iam.truth import Doubt, Truth, every, negate, some

__all__ = ["speaks_of"]


def speaks_of(statement: Statement, kind: Kind, *, action: str, resource: str, context: Context) -> Truth:
    """Whether action, resource and condition match. A statement with a mistake never surely does, but it may surely not."""
    return every(_parts(statement, kind, action, resource, context))


def _parts(statement: Statement, kind: Kind, action: str, resource: str, context: Context) -> Iterator[Truth]:
    if statement.mistakes:
        yield Doubt.of(*statement.mistakes)
    if statement.actions is not None:
        yield _on_action(statement.actions, action)
    if statement.resources is not None:
        yield _on_resource(statement.resources, kind, resource, Template(text="", context=context, variables=statement.variables))
    for test in statement.tests:
        yield holds(test, context, variables=statement.variables)


def _on_action(patterns: Patterns, action: str) -> Truth:
    found = action_among(patterns.texts, action)
    return negate(found) if patterns.negated else found


def _on_resource(patterns: Patterns, kind: Kind, resource: str, blank: Template) -> Truth:
    found = "*" in patterns.texts or some(
        _resource_matches(blank.reads(text), kind, resource, negated=patterns.negated) for text in patterns.texts
    )
    return negate(found) if patterns.negated else found


def _resource_matches(pattern: Template, kind: Kind, resource: str, *, negated: bool) -> Truth:
    """An action that has no resource is asked for on `*`, and no other pattern than `*` matches that."""
    if not pattern.text.strip("*") and pattern.text:
        return True
    parts = split_arn(pattern.text, variables=pattern.variables)
    if parts[0] != "arn":
        return Doubt.of(f"malformed resource {pattern.text!r}")
    short = len(parts) < ARN_PARTS
    found = like_arn(pattern.reads(pattern.text + ":*" * (ARN_PARTS - len(parts))) if short else pattern, resource)
    if isinstance(found, NoMatch):
        # A variable without a value matches nothing; whether NotResource then matches is disputed. `*` is no ARN: that is no dispute.
        return Doubt.of(found.why) if negated and resource != "*" else False
    if short and found is True and not kind.pads_arns and not pattern.text.endswith("*"):
        return Doubt.of(f"short ARN {pattern.text!r} in a policy of kind {kind.value}")
    return found
