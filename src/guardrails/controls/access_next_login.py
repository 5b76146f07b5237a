"""GR112: the next login gives more than is declared."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, by_directory, group, login, member, named, person, setting
from guardrails.model.words import Kind, Severity, Verdict

_PEOPLE = """\
people: {sources: {directory: {key: entryUUID, name: uid}}}
"""
_BOB, _ONCALL = named(person("bob")), named(group("oncall"))
_SEEN = (_BOB, _ONCALL, member(_BOB, _ONCALL), setting("auth-config", "ldap"))
_READ = ((login("bob", "oncall"), "s3:GetObject", "arn:aws:s3:::cdr/*"),)
_ROLE = """\
roles: {analyst: {members: ["directory:group/oncall"], may: [read-cdr], owner: "team:data"}}
entitlements: {read-cdr: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}}
"""

CONTROL = Control(
    code="GR112",
    kind=Kind.ACCESS_NEXT_LOGIN,
    severity=Severity.HIGH,
    title="The next login gives more than is declared",
    why="A system that logs people in by a directory asks it for their groups at each login, and gives what its mappings and external "
    "groups hold. What somebody has now is as declared; once they log in again it is not, by one group or by several together. "
    "People and groups are found as the system is set up to find them, and what its filters leave open is undecided.",
    clause="Access control",
    iso="5.15, 5.18",
    remedy="Take the person out of the group, take the policy from its mapping, or declare the access",
    allows=(
        Example(title="Bob's group gives nothing", declared=_PEOPLE, seen=_SEEN, ways=(by_directory(),)),
        Example(title="What the group gives is declared", declared=_PEOPLE + _ROLE, seen=_SEEN, held=_READ, ways=(by_directory(),)),
    ),
    forbids=(
        Forbidden(
            title="Bob was put into a group that gives what is not declared",
            declared=_PEOPLE,
            seen=_SEEN,
            held=_READ,
            ways=(by_directory(),),
            says="person bob would hold more than anybody declares, after the next login by id-of-auth-config-ldap; memory",
        ),
        Forbidden(
            title="The login looks for people in a way that nobody reads",
            declared=_PEOPLE,
            seen=_SEEN,
            held=_READ,
            ways=(by_directory(untold="it is not read"),),
            says="what people hold after their next login by id-of-auth-config-ldap cannot be told: it is not read",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
