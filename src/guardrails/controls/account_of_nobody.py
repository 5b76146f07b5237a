"""GR202: an account whose person is in no directory."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, gap, person
from guardrails.model.words import Kind, Severity, Verdict

_PEOPLE = """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {iam-user: tag/uid}}}
"""

CONTROL = Control(
    code="GR202",
    kind=Kind.ACCOUNT_OF_NOBODY,
    severity=Severity.HIGH,
    title="An account whose person is in no directory",
    why="The account says whose it is, and there is no such person: they were deleted from the directory, or never were in it. Nothing "
    "will disable the account when they leave, because as far as anybody can tell they have.",
    clause="Access control",
    iso="5.16, 5.18",
    remedy="Remove the account, or correct the key that joins it to its person",
    allows=(Example(title="Bob's account, and Bob", declared=_PEOPLE, seen=(person("bob"), account_of("bob"))),),
    forbids=(
        Forbidden(
            title="Eve's account, and no Eve",
            declared=_PEOPLE,
            seen=(person("bob"), account_of("eve")),
            says="aws@111122223333:user/eve belongs to uid eve, who is in no directory",
        ),
        Forbidden(
            title="No Eve was seen, and the directory was not read whole",
            declared=_PEOPLE,
            seen=(person("bob"), account_of("eve"), gap("people", "size limit", system="directory")),
            says="aws@111122223333:user/eve belongs to uid eve, who is in no directory",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
