"""GR201: somebody who left can still act."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, disabled, person, token
from guardrails.model.words import Kind, Severity, State, Verdict

_PEOPLE = """\
people: {sources: {directory: {key: entryUUID, name: uid}}, leaver: disabled-in-any, join: {aws: {iam-user: tag/uid}}}
"""
_BOB = account_of("bob")

CONTROL = Control(
    code="GR201",
    kind=Kind.LEAVER,
    severity=Severity.CRITICAL,
    title="Somebody who left can still act",
    why="The directory says that the person has left, and an account of theirs elsewhere can still be used. They know our systems, and "
    "nobody watches what they do. It is one finding for the person, with all the accounts, and with the tokens that are out: one of an "
    "account that is disabled is refused, but what was handed out under a lease by it lives on.",
    clause="Access control",
    iso="5.11, 5.18, 6.5",
    remedy="Disable the accounts, revoke their tokens and end their sessions, and take them out of every group",
    allows=(
        Example(title="Bob works here", declared=_PEOPLE, seen=(person("bob"), _BOB)),
        Example(
            title="Bob has left, and his account is disabled",
            declared=_PEOPLE,
            seen=(person("bob", State.DISABLED), disabled(_BOB)),
            out=(token(_BOB, usable=False),),
        ),
    ),
    forbids=(
        Forbidden(
            title="Bob has left, and his account is active",
            declared=_PEOPLE,
            seen=(person("bob", State.DISABLED), _BOB),
            says="person bob has left and still holds aws@111122223333:user/bob",
        ),
        Forbidden(
            title="Bob has left, his account is disabled, and a token of it may have left something behind",
            declared=_PEOPLE,
            seen=(person("bob", State.DISABLED), disabled(_BOB)),
            out=(token(_BOB, usable=False, leaves="may have left leases, which were not seen"),),
            says="person bob has left: aws@111122223333:token/bob (accessor a-1, had by a login) may have left leases, which were not seen",
            verdict=Verdict.UNKNOWN,
        ),
        Forbidden(
            title="The directory does not let the reader see whether Bob has left",
            declared=_PEOPLE,
            seen=(person("bob", State.UNKNOWN), _BOB),
            says="whether person bob has left was not seen; they hold aws@111122223333:user/bob",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
