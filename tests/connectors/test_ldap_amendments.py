"""Changes of memberships as ldapmodify takes them: done on what was observed, or refused with the line."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare, workflow
from guardrails.connectors.ldap.amendments import amended
from guardrails.model.words import EdgeKind

EXPORT = Path(__file__).parents[2] / "examples/connectel/exports/directory.ldif"
BASE = "dc=connectel,dc=se"
GROUPS = ("sms-core", "platform", "finance", "sms-shell", "vpn-admin")
PEOPLE = ("sixten", "olle", "petra", "nils")


@pytest.fixture(scope="module")
def observation():
    text = (
        f'guardrails: 1\nsystems: {{dir: {{connector: ldap, base: "ou=people,{BASE}", groups: "ou=groups,{BASE}", export: "{EXPORT}"}}}}\n'
    )
    (seen,) = workflow.observe(declare.loads([("guardrails.yaml", text.encode())]), datetime.now(UTC))
    return seen


def group(name):
    return f"dn: cn={name},ou=groups,{BASE}\nchangetype: modify\n"


def person(name):
    return f"uid={name},ou=people,{BASE}"


def members(observation, name):
    edges = (edge for edge in observation.edges if edge.kind is EdgeKind.MEMBER and edge.target.name == name)
    return sorted(edge.source.name for edge in edges)


def test_who_is_added_is_in_it_and_told(observation):
    edited, moved = amended(f"{group('sms-shell')}add: member\nmember: {person('sixten')}\n", observation)

    assert set(members(edited, "sms-shell")) == {*members(observation, "sms-shell"), "sixten"}
    assert [ref.name for ref in moved] == ["sixten"]


def test_who_is_added_twice_is_in_it_once(observation):
    once, _ = amended(f"{group('sms-shell')}add: member\nmember: {person('olle')}\n", observation)

    assert once == observation


def test_names_are_compared_as_directories_do(observation):
    name = f"UID=Sixten , OU=people,{BASE.upper()}"
    edited, _ = amended(f"{group('sms-shell')}add: MEMBER\nmember: {name}\n-\n", observation)

    assert "sixten" in members(edited, "sms-shell")


def test_folded_lines_comments_base64_and_several_parts_are_read(observation):
    coded = base64.b64encode(person("sixten").encode()).decode()
    text = (
        f"version: 1\n\n# who asked\ndn: cn=sms-shell,ou=groups,\n {BASE}\nchangetype: modify\nadd: member\nmember:: {coded}\n-\n"
        f"delete: member\nmember: {person('olle')}\n-\n\n\n{group('vpn-admin')}add: member\nmember: {person('olle')}\n"
    )
    edited, moved = amended(text, observation)

    assert "sixten" in members(edited, "sms-shell")
    assert "olle" not in members(edited, "sms-shell")
    assert "olle" in members(edited, "vpn-admin")
    assert [ref.name for ref in moved] == ["olle", "sixten"]


def test_version_may_stand_in_the_first_record(observation):
    assert amended(f"version: 1\n{group('sms-shell')}add: member\nmember: {person('sixten')}\n", observation)[1]


@pytest.mark.parametrize("part", ["delete: member\n", "replace: member\n"])
def test_without_values_all_go(observation, part):
    edited, _ = amended(group("sms-shell") + part, observation)

    assert members(edited, "sms-shell") == []


def test_replaced_are_all_by_the_new(observation):
    edited, _ = amended(f"{group('sms-shell')}replace: member\nmember: {person('sixten')}\n", observation)

    assert members(edited, "sms-shell") == ["sixten"]


def test_another_attribute_of_the_group_says_what_it_said(observation):
    edited, _ = amended(f"{group('sms-shell')}add: memberUid\nmemberUid: sixten\n-\nreplace: member\n", observation)

    assert members(edited, "sms-shell") == ["sixten"]


def test_nothing_changes_nothing(observation):
    assert amended("# nothing\n", observation) == (observation, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"dn: cn=new,ou=groups,{BASE}\nchangetype: add\nobjectClass: groupOfNames\n", "1: a record begins with"),
        (f"dn: cn=sms-shell,ou=groups,{BASE}\nadd: member\n", "1: a record begins with"),
        (f"dn: cn=sms-shell,ou=groups,{BASE}\nchangetype: delete\n", "1: a record begins with"),
        (group("nobody") + "delete: member\n", "was observed 0 times"),
        (f"dn: {person('olle')}\nchangetype: modify\nadd: member\nmember: {person('olle')}\n", "is no group"),
        (group("sms-shell") + f"add: member\nmember: {person('stranger')}\n", "4: uid=stranger"),
        (group("sms-shell") + f"delete: member\nmember: {person('sixten')}\n", "is not in member of cn=sms-shell"),
        (group("sms-shell") + "replace: description\ndescription: x\n", "3: replace: description changes no membership"),
        (group("sms-shell") + "increment: member\n", "changes no membership"),
        (group("sms-shell") + f"add: member\nuniqueMember: {person('olle')}\n", "4: uniquemember: stands in a part about member"),
        (group("sms-shell") + "add: member\n", "3: nothing is added"),
        (group("sms-shell") + "add: member\nmember: x\n", "4: 'x' is not a distinguished name"),
        (group("sms-shell") + "add: member\nmember:< file:///etc/passwd\n", "4: this line is neither"),
        (group("sms-shell") + "add: member\nmember:: !\n", "4: "),
        (group("sms-shell") + "add: member\nnonsense\n", "4: this line is neither"),
    ],
)
def test_whatever_else_is_refused_with_its_line(observation, text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        amended(text, observation)


@given(st.sampled_from(GROUPS), st.sets(st.sampled_from(PEOPLE), min_size=1))
def test_who_is_added_and_taken_out_again_leaves_nothing_behind(observation, name, people):
    new = sorted(people - set(members(observation, name)))
    if not new:
        return
    values = "".join(f"member: {person(one)}\n" for one in new)
    there, _ = amended(f"{group(name)}add: member\n{values}", observation)
    back, _ = amended(f"{group(name)}delete: member\n{values}", there)

    assert back == observation
