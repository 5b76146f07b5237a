"""Changing a real slapd: a group lets somebody go, on the condition that nobody else has touched it, and takes them back."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime

import ldap3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import compile_filter, parse_filter
from pyasn1.codec.ber.encoder import encode
from pytest_socket import enable_socket

from guardrails.connectors.ldap import CONNECTOR
from guardrails.connectors.ldap.ber import equality
from guardrails.errors import Conflict, ConnectorError, DeclarationError
from guardrails.model.changes import Cas, DetachPolicy, Disable, Image, RemoveMember, difference, edited
from guardrails.model.declaration import System
from guardrails.model.facts import Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm, Verdict
from guardrails.notation.document import read
from guardrails.ports import Narrowing, Writer
from guardrails.testing.slapd import slapd

AT = datetime(2026, 11, 25, tzinfo=UTC)
SUFFIX = "dc=example,dc=se"
PASSWORD = "canary-hunter2"
pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":
    pytestmark.append(
        pytest.mark.skip(reason="slapd IS NOT INSTALLED: nothing of the live directory was changed (packages slapd, ldap-utils)")
    )

LDIF = (
    f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{SUFFIX}
objectClass: organizationalUnit
ou: groups

dn: cn=writer,{SUFFIX}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: writer
userPassword: {PASSWORD}

"""
    + "".join(
        f"""\
dn: uid={name},ou=people,{SUFFIX}
objectClass: inetOrgPerson
uid: {name}
cn: {name.title()}
sn: {name.title()}
userPassword: {PASSWORD}

"""
        for name in ("carol", "bob", "reader")
    )
    + f"""\
dn: cn=ops,ou=groups,{SUFFIX}
objectClass: groupOfNames
cn: ops
member: uid=Carol, ou=people,{SUFFIX}
member: uid=bob,ou=people,{SUFFIX}

dn: cn=alone,ou=groups,{SUFFIX}
objectClass: groupOfNames
cn: alone
member: uid=carol,ou=people,{SUFFIX}

dn: cn=posix,ou=groups,{SUFFIX}
objectClass: posixGroup
cn: posix
gidNumber: 1000
memberUid: carol
"""
)
ACCESS = (
    f'access to dn.subtree="ou=groups,{SUFFIX}" by dn.exact="cn=writer,{SUFFIX}" write by users read',
    f'access to * by dn.exact="cn=writer,{SUFFIX}" read by dn.exact="uid=reader,ou=people,{SUFFIX}" read by anonymous auth',
)


@pytest.fixture(scope="module")
def server():
    enable_socket()
    with slapd(SUFFIX, LDIF, password=PASSWORD, settings=ACCESS) as running:
        yield running


@pytest.fixture
def system(server, monkeypatch):
    monkeypatch.setenv("P", PASSWORD)
    return declared(f'url: "{server.ldap}", write: {{bind: "cn=writer,{SUFFIX}", password: "env:P"}}')


def declared(more: str) -> System:
    reader = f'read: {{bind: "uid=reader,ou=people,{SUFFIX}", password: "env:P"}}'
    text = f'{{connector: ldap, base: "ou=people,{SUFFIX}", groups: "ou=groups,{SUFFIX}", {reader}, {more}}}'
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="directory", connector="ldap", settings=node)


@pytest.fixture
def seen(system):
    said = list(CONNECTOR.observer(system, AT).observe())
    return fold(said, system="directory", connector="ldap", taken_at=AT)


def people(observation):
    return {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}


def named(observation, kind: str, name: str) -> Ref:
    return next(ref for ref in people(observation) if (ref.kind, ref.name) == (kind, name))


def leaves(observation, group: str, member: str = "carol") -> RemoveMember:
    return RemoveMember(group=named(observation, "group", group), member=named(observation, "person", member))


def content(server) -> list[str]:
    """The directory without what the server writes about writing, and with names spaced as it spells what comes back to it."""
    times = ("entryCSN", "modifyTimestamp", "modifiersName")
    return sorted(line.replace(", ", ",") for line in server.export().decode().splitlines() if not line.startswith(times))


@pytest.mark.parametrize("group", ["ops", "posix"])
def test_a_group_lets_somebody_go_and_takes_them_back(server, system, seen, group):
    action, before_all = leaves(seen, group), content(server)
    reader, writer = CONNECTOR.objects(system), CONNECTOR.remediator(system)
    before = reader.current(action.group)
    after = edited(before, CONNECTOR.edits(action, before, people(seen)))

    writer.write(action.group, before, after)
    assert reader.current(action.group) == after
    assert len(set(before_all) - set(content(server))) == 1
    writer.write(action.group, before, after)

    writer.write(action.group, after, before)
    assert reader.current(action.group) == before
    assert content(server) == before_all


def test_the_server_itself_refuses_what_was_changed_in_between(server, system, seen):
    action = leaves(seen, "ops")
    writer = CONNECTOR.remediator(system)
    before = writer.current(action.group)
    after = edited(before, CONNECTOR.edits(action, before, people(seen)))
    assert CONNECTOR.cas(action.group, before) is Cas.NATIVE

    root = ldap3.Connection(ldap3.Server(server.ldap, get_info=ldap3.NONE), server.root, PASSWORD, auto_bind=True)
    name = before.values("dn")[0]
    image = writer._image

    def raced(api, ref):
        found = image(api, ref)
        root.modify(name, {"description": [(ldap3.MODIFY_REPLACE, ["by somebody else"])]})
        return found

    writer._image = raced
    with pytest.raises(Conflict, match="assertionFailed \\(122\\)"):
        writer.write(action.group, before, after)
    assert "uid=Carol" in str(CONNECTOR.objects(system).current(action.group).values("member"))
    root.modify(name, {"description": [(ldap3.MODIFY_DELETE, [])]})
    root.unbind()


def test_what_is_not_as_it_was_is_left_alone(system, seen):
    action = leaves(seen, "ops")
    writer = CONNECTOR.remediator(system)
    before = writer.current(action.group)
    other = Image.of({**dict(before.fields), "member": (f"uid=bob,ou=people,{SUFFIX}",)})

    with pytest.raises(Conflict):
        writer.write(action.group, other, edited(other, difference(other, Image.of({"member": ("uid=x",)}))))
    assert writer.current(action.group) == before


def test_the_last_member_of_a_class_that_demands_one_stays(system, seen):
    action = leaves(seen, "alone")
    image = CONNECTOR.objects(system).current(action.group)

    with pytest.raises(ValueError, match="is the last member of directory@dc=example,dc=se:group/alone"):
        CONNECTOR.edits(action, image, people(seen))


def test_the_reader_cannot_write_and_says_so(server, system, seen):
    swapped = declared(f'url: "{server.ldap}", write: {{bind: "uid=bob,ou=people,{SUFFIX}", password: "env:P"}}')
    action = leaves(seen, "ops")
    before = CONNECTOR.objects(system).current(action.group)
    writer = CONNECTOR.remediator(swapped)

    with pytest.raises(ConnectorError, match="refuses it: insufficientAccessRights"):
        writer.write(action.group, before, edited(before, CONNECTOR.edits(action, before, people(seen))))


def test_the_name_that_reads_is_known_as_itself(system, seen):
    assert CONNECTOR.objects(system).itself() == (named(seen, "person", "reader"),)


def test_leaving_a_group_is_no_gain_and_joining_one_is(seen):
    action = leaves(seen, "ops")
    less = fold([*seen.facts, *(e for e in seen.edges if e.target != action.group)], system="directory", connector="ldap", taken_at=AT)
    before, after = CONNECTOR.meaning(seen), CONNECTOR.meaning(less)

    assert isinstance(after, Narrowing)
    assert after.gained(action.member, before).verdict is Verdict.OK
    assert before.gained(action.member, after).witness.resource == "group/ops"


def test_nothing_else_is_done_to_a_directory():
    assert isinstance(CONNECTOR, Writer)
    ref = Ref(system="directory", realm="", kind="person", id="x", name="carol")
    for action, said in ((Disable(ref=ref), "by hand"), (DetachPolicy(holder=ref, policy=ref), "neither policies")):
        with pytest.raises(ValueError, match=said):
            CONNECTOR.touched(action)


def test_a_uid_that_two_people_have_is_nobodys_to_remove():
    one, two = (Ref(system="d", realm="", kind="person", id=name, name=name) for name in ("one", "two"))
    known = {ref: Principal(ref=ref, form=PrincipalForm.USER, names=(("uid", "carol"),)) for ref in (one, two)}
    group = Ref(system="d", realm="", kind="group", id="g", name="g")

    with pytest.raises(ValueError, match="alike"):
        CONNECTOR.edits(RemoveMember(group=group, member=one), Image.of({"memberuid": ("carol",)}), known)


def test_the_one_who_writes_is_not_the_one_who_reads(server):
    with pytest.raises(DeclarationError, match="is the name that reads"):
        CONNECTOR.settings(declared(f'url: "{server.ldap}", write: {{bind: "UID=reader, ou=people,{SUFFIX}", password: "env:P"}}'))


@given(
    st.text(
        st.characters(min_codepoint=33, codec="utf-8", exclude_characters="()\\*\x85\xa0", exclude_categories=["Z", "C"]),
        min_size=1,
        max_size=300,
    )
)
def test_an_assertion_is_encoded_as_ldap3_encodes_a_filter(value):
    parsed = parse_filter(f"(entryCSN={value})", None, auto_escape=False, auto_encode=False, validator=None, check_names=False)

    assert equality("entryCSN", value) == encode(compile_filter(parsed.elements[0]))
