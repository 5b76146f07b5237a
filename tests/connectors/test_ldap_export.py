"""A directory's export: exactly its people, groups and memberships, or an error, or a gap; never fewer people without a word."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare, workflow
from guardrails.connectors.ldap import CONNECTOR, ldif
from guardrails.connectors.ldap.entry import entry
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.observe import LdapObserver
from guardrails.connectors.ldap.state import state
from guardrails.errors import ConnectorError, DeclarationError
from guardrails.model import dn
from guardrails.model.declaration import System
from guardrails.model.facts import Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Scope
from guardrails.model.words import GapReason, State
from guardrails.notation.document import read

AT = datetime(2026, 11, 25, tzinfo=UTC)
BASES = {"base": "ou=people,dc=example,dc=se", "groups": "ou=groups,dc=example,dc=se"}
PEOPLE = """\
dn: ou=people,dc=example,dc=se
objectClass: organizationalUnit

dn: uid=ann,ou=people,dc=example,dc=se
objectClass: inetOrgPerson
uid: ann
mail: ann@example.se
entryUUID: 00000000-0000-0000-0000-00000000000a

dn: uid=bob,ou=people,dc=example,dc=se
objectClass: inetOrgPerson
uid: bob
entryUUID: 00000000-0000-0000-0000-00000000000b

"""


def group(name, *members, of="groupOfNames", kind="member", identifier=None):
    lines = [f"dn: cn={name},ou=groups,dc=example,dc=se", f"objectClass: {of}", f"cn: {name}"]
    lines += [f"entryUUID: {identifier or f'group-{name}'}", *(f"{kind}: {member}" for member in members)]
    return "\n".join(lines) + "\n\n"


ANN, BOB = "uid=ann,ou=people,dc=example,dc=se", "uid=bob,ou=people,dc=example,dc=se"


def observed(tmp_path, text, **settings):
    path = tmp_path / "directory.ldif"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    observer = LdapObserver("directory", Settings(**{**BASES, **settings}, export=str(path)), AT)
    return fold(observer.observe(), system="directory", connector="ldap", taken_at=AT, identity=observer.identity)


def memberships(observation):
    return {(edge.source.name, edge.target.name) for edge in observation.edges}


def gaps(observation):
    return {(gap.what, gap.reason, gap.subject.name if gap.subject else "") for gap in observation.gaps}


def test_an_export_tells_people_groups_and_memberships(tmp_path):
    seen = observed(tmp_path, "version: 1\n\n" + PEOPLE + group("ops", ANN, "cn=all,ou=groups,dc=example,dc=se") + group("all", BOB))
    ann = next(fact for fact in seen.facts if isinstance(fact, Principal) and fact.ref.name == "ann")
    assert (ann.ref.kind, ann.ref.realm, ann.ref.id) == ("person", "dc=example,dc=se", "00000000-0000-0000-0000-00000000000a")
    assert (ann.resource, ann.names) == (ANN, (("mail", "ann@example.se"), ("uid", "ann")))
    assert memberships(seen) == {("ann", "ops"), ("all", "ops"), ("bob", "all")}
    assert not seen.gaps
    assert {reading.what for reading in seen.readings} == {"people", "groups"}


@pytest.mark.parametrize(
    "written",
    [
        "UID=Ann, OU=People , dc=EXAMPLE,dc=se", r"uid=\61nn,ou=people,dc=example,dc=se", "uid=#0403616e6e,ou=people,dc=example,dc=se",
        "0.9.2342.19200300.100.1.1=ann,2.5.4.11=people,dc=example,dc=se", r"uid=\ ann\20,ou=people,dc=example,dc=se",
    ],
)  # fmt: skip
def test_one_name_has_many_spellings(tmp_path, written):
    assert memberships(observed(tmp_path, PEOPLE + group("ops", written))) == {("ann", "ops")}


@pytest.mark.parametrize(
    ("of", "kind", "member"),
    [
        ("groupOfUniqueNames", "uniqueMember", f"{ANN}#'0101'B"),
        ("posixGroup", "memberUid", "ann"),
        ("organizationalRole", "roleOccupant", ANN),
    ],
)
def test_every_class_of_group_is_read(tmp_path, of, kind, member):
    seen = observed(tmp_path, PEOPLE + group("ops", member, of=of, kind=kind))
    assert memberships(seen) == {("ann", "ops")}
    assert not seen.gaps


def test_a_primary_group_is_a_membership(tmp_path):
    text = PEOPLE.replace("uid: ann\n", "uid: ann\ngidNumber: 7\n") + group("ops", "7", of="posixGroup", kind="gidNumber")
    assert memberships(observed(tmp_path, text)) == {("ann", "ops")}


def test_the_primary_group_of_active_directory_is_a_membership(tmp_path):
    def sid(rid):
        return base64.b64encode(b"\1\5" + bytes(18) + rid.to_bytes(4, "little")).decode()

    person = f"primaryGroupID: 512\nobjectSid:: {sid(1104)}\n"
    admins = group("Domain Admins", sid(512), of="group", kind="objectSid:")
    assert memberships(observed(tmp_path, PEOPLE.replace("uid: ann\n", "uid: ann\n" + person) + admins)) == {("ann", "Domain Admins")}
    assert ("groups", GapReason.INCOMPLETE, "") in gaps(
        observed(tmp_path, PEOPLE.replace("uid: ann\n", "uid: ann\n" + person) + group("x", BOB))
    )


@pytest.mark.parametrize(
    ("extra", "gap"),
    [
        (group("ops", "uid=gone,ou=people,dc=example,dc=se"), ("members", GapReason.INCOMPLETE, "ops")),
        (group("ops", "nobody", of="posixGroup", kind="memberUid"), ("members", GapReason.INCOMPLETE, "ops")),
        # not where people are: it may be a group with members of its own
        (group("ops", "cn=gone,ou=groups,dc=example,dc=se"), ("groups", GapReason.INCOMPLETE, "ops")),
        (group("ops", "cn=x,ou=elsewhere,dc=example,dc=se"), ("groups", GapReason.INCOMPLETE, "ops")),
        (group("ops", "not a name"), ("groups", GapReason.INCOMPLETE, "ops")),
        (group("ops", "ldap:///ou=people??sub?(uid=*)", of="groupOfURLs", kind="memberURL"), ("groups", GapReason.UNSUPPORTED, "ops")),
        (group("ops", ANN, kind="member;range=0-1499"), ("groups", GapReason.INCOMPLETE, "ops")),
        (group("ops"), ("groups", GapReason.DENIED, "ops")),
        (group("ops", ANN, of="alias").replace("member:", "x:"), ("entries", GapReason.UNSUPPORTED, "")),
    ],
)
def test_what_a_group_may_hold_unseen_is_a_gap(tmp_path, extra, gap):
    assert gap in gaps(observed(tmp_path, PEOPLE + group("all", BOB) + extra))


def test_a_group_may_hold_a_placeholder_for_nobody(tmp_path):
    assert not observed(tmp_path, PEOPLE + group("ops", "")).gaps


def test_a_name_that_means_two_groups_means_neither(tmp_path):
    other = group("ops", BOB, identifier="other").replace("cn=ops,ou", "cn=OPS,ou=evil,ou").replace("cn: ops", "cn: OPS")
    names = {target for _, target in memberships(observed(tmp_path, PEOPLE + group("ops", ANN) + other))}
    assert names == {"cn=ops,ou=groups,dc=example,dc=se", "cn=OPS,ou=evil,ou=groups,dc=example,dc=se"}


def test_without_immutable_ids_the_names_stand_and_it_is_told(tmp_path):
    seen = observed(tmp_path, PEOPLE.replace("entryUUID", "x-entryUUID") + group("ops", ANN))
    assert gaps(seen) == {("identity", GapReason.INCOMPLETE, "")}
    assert ANN in {fact.ref.id for fact in seen.facts if isinstance(fact, Principal)}


def test_the_id_of_active_directory_is_written_as_everyone_writes_it(tmp_path):
    guid = base64.b64encode(bytes.fromhex("33221100554477668899aabbccddeeff")).decode()
    seen = observed(tmp_path, re.sub("entryUUID: 0.*a\n", f"objectGUID:: {guid}\n", PEOPLE) + group("ops", ANN))
    assert "00112233-4455-6677-8899-aabbccddeeff" in {fact.ref.id for fact in seen.facts if isinstance(fact, Principal)}


def test_what_has_no_short_name_and_no_good_id_is_known_by_its_whole_name(tmp_path):
    text = PEOPLE + "dn: c=se,ou=people,dc=example,dc=se\nobjectClass: account\nobjectGUID: short\n\n" + group("ops", ANN)
    odd = [fact.ref for fact in observed(tmp_path, text).facts if isinstance(fact, Principal) and fact.ref.name.startswith("c=")]
    assert [(ref.id, ref.name) for ref in odd] == [("c=se,ou=people,dc=example,dc=se", "c=se,ou=people,dc=example,dc=se")]


def test_one_base_may_lie_in_the_other(tmp_path):
    text = PEOPLE + group("ops", ANN)
    for bases in ({"base": "dc=example,dc=se"}, {"groups": "dc=example,dc=se"}):
        assert memberships(observed(tmp_path, text, **bases)) == {("ann", "ops")}


def test_an_export_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(ConnectorError, match="No such file"):
        list(LdapObserver("directory", Settings(**BASES, export=str(tmp_path / "none.ldif")), AT).observe())


def test_an_empty_export_is_not_an_empty_directory(tmp_path):
    assert gaps(observed(tmp_path, "version: 1\n\n")) == {("people", GapReason.EMPTY, ""), ("groups", GapReason.EMPTY, "")}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dn: uid=ann\nobjectClass person\n\n", 2), ("dn: uid=ann\nuid:: !!!!\n\n", 2), ("dn: uid=ann\nuid:: YW5\n\n", 2),
        ("dn: uid=ann\nuid:< file:///etc/passwd\n\n", 2), ("dn: uid=ann\nchangetype: delete\n\n", 2), ("dn: uid=ann\nuid: ann\n", 2),
        ("dn: uid=ann\nuid: ann", 2), ("", 1), ("uid: ann\n\n", 1), ("dn: ann\nuid: ann\n\n", 1), ("version: 2\n\n", 1), ("\n\ndn: uid=a\0\n\n", 3),
        ("dn:: /w==\nuid: ann\n\n", 1), ("dn: uid=ann\nuid: a\n\ndn: UID=ann\nuid: b\n\n", 4), (" x\n\n", 1), ("dn: uid=ann\n\n\n uid: ann\n\n", 4),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_its_line(text, line):
    with pytest.raises(ConnectorError, match=rf"^x\.ldif:{line}: ") as caught:
        ldif.read(text.encode(), "x.ldif")
    assert caught.value.remedy


@pytest.mark.parametrize("cut", range(1, len(PEOPLE.encode()) - 1))
def test_a_file_cut_anywhere_is_refused_unless_a_whole_entry_ends_there(cut):
    content = PEOPLE.encode()[:cut]
    if content.endswith(b"\n\n"):
        assert len(ldif.read(content, "x").entries) == content.count(b"dn: ")
    else:
        with pytest.raises(ConnectorError):
            ldif.read(content, "x")


def searched(entries, *, result="0 Success", count=3, head="# filter: (objectclass=*)", tail=""):
    whole = f"# extended LDIF\n#\n# LDAPv3\n# base <dc=example,dc=se> with scope subtree\n{head}\n#\n\n{entries}"
    return f"{whole}# search result\nsearch: 2\nresult: {result}\n{tail}\n# numResponses: 4\n# numEntries: {count}\n"


@pytest.mark.parametrize(
    "text",
    [
        searched(PEOPLE, result="4 Size limit exceeded"), searched(PEOPLE, result=""), searched(PEOPLE, count=5),
        searched(PEOPLE, head="# filter: (uid=a*)"), searched(PEOPLE, tail="pagedresults: cookie=AgAAAAAAAAA=\n"),
        searched(PEOPLE).partition("# search result")[0], searched(PEOPLE).replace("subtree", "oneLevel"),
        searched(PEOPLE + "# search reference\nref: ldap://other/dc=x\n\n"),
    ],
)  # fmt: skip
def test_a_search_that_did_not_end_well_is_a_gap(tmp_path, text):
    assert {("people", GapReason.INCOMPLETE, ""), ("groups", GapReason.INCOMPLETE, "")} <= gaps(
        observed(tmp_path, text + group("ops", ANN))
    )


def test_a_search_that_ended_well_is_whole():
    assert not ldif.read(searched(PEOPLE).encode(), "x").holes


@given(st.lists(st.binary(max_size=200), min_size=1), st.integers(1, 80), st.sampled_from([b"\n", b"\r\n"]))
def test_folding_and_base64_change_nothing(values, width, newline):
    lines = [b"dn: uid=x"]
    for value in values:
        line = b"mail:: " + base64.b64encode(value)
        lines += [line[:width], *(b" " + line[at : at + width] for at in range(width, len(line), width))]
    read_back = ldif.read(newline.join([*lines, b"", b""]), "x").entries
    assert read_back == (entry("uid=x", [("mail", values)]),)


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("pwdAccountLockedTime", "000001010000Z", State.DISABLED), ("pwdAccountLockedTime", "20261101000000Z", State.UNKNOWN),
        ("pwdStartTime", "20270101000000Z", State.UNKNOWN), ("pwdStartTime", "20260101000000Z", State.ACTIVE),
        ("pwdEndTime", "20261125000000Z", State.DISABLED), ("pwdEndTime", "20261125000001Z", State.ACTIVE), ("pwdEndTime", "soon", State.UNKNOWN),
        ("nsAccountLock", "TRUE", State.DISABLED), ("nsAccountLock", "false", State.ACTIVE), ("nsAccountLock", "1", State.UNKNOWN),
        ("loginDisabled", "TRUE", State.DISABLED), ("userAccountControl", "514", State.DISABLED), ("userAccountControl", "512", State.ACTIVE),
        ("userAccountControl", "x", State.UNKNOWN), ("accountExpires", "0", State.ACTIVE), ("accountExpires", "9223372036854775807", State.ACTIVE),
        ("accountExpires", "132537600000000000", State.DISABLED), ("accountExpires", "9223372036854775806", State.UNKNOWN),
        ("shadowExpire", "-1", State.ACTIVE), ("shadowExpire", "0", State.UNKNOWN), ("shadowExpire", "1", State.DISABLED),
        ("shadowExpire", "20782", State.DISABLED), ("shadowExpire", "20783", State.ACTIVE), ("mail", "x", State.ACTIVE),
    ],
)  # fmt: skip
def test_the_state_of_an_account_is_what_its_server_keeps(attribute, value, expected):
    assert state(entry("uid=x", [(attribute, [value.encode()])]), AT) is expected


def test_disabled_by_one_sign_is_disabled_whatever_another_leaves_open():
    assert state(entry("uid=x", [("nsAccountLock", [b"true"]), ("shadowExpire", [b"0"])]), AT) is State.DISABLED


def test_a_hidden_sign_is_unknown_and_never_active():
    assert state(entry("cn=x", [("objectClass", [b"user"]), ("sAMAccountName", [b"x"])]), AT) is State.UNKNOWN


def test_a_value_of_an_unknown_form_is_equal_only_to_itself():
    assert dn.parse("cn=#300041") == dn.parse("cn=#300041") != dn.parse(r"cn=\#300041")
    assert dn.parse(dn.text(dn.parse("cn=#300041"))) == dn.parse("cn=#300041")


def test_the_order_of_the_pairs_in_a_part_makes_no_difference():
    assert dn.parse("cn=a+uid=b,dc=x") == dn.parse("UID=B+CN=A,dc=x") != dn.parse("cn=b+uid=a,dc=x")


LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(LETTERS, LETTERS)
def test_names_are_equal_when_their_values_are(one, other):
    def written(value):
        return "cn=" + "".join(f"\\{byte:02x}" for byte in value.encode())

    assert (dn.parse(written(one)) == dn.parse(written(other))) == (dn.normal(one) == dn.normal(other))
    assert dn.parse(dn.text(dn.parse(written(one)))) == dn.parse(written(one))


def settings_of(text):
    node, _ = read(f"{{{text}}}".encode(), "x.yaml")
    return CONNECTOR.settings(System(name="directory", connector="ldap", settings=node))


NAMES = 'base: "ou=p,dc=x", groups: "ou=g,dc=x"'
READ = 'read: {bind: "cn=r,dc=x", password: "env:LDAP_PASSWORD"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'{NAMES}, {READ}, url: "ldap://ldap.example"', "clear text"),
        (f'{NAMES}, {READ}, url: "ldaps://ldap.example/dc=x"', "alone"),
        (f'{NAMES}, {READ}, url: "ldaps://u@ldap.example"', "alone"),
        (f'{NAMES}, {READ}, url: "ldaps://ldap.example:x"', "cannot be read"),
        (f'{NAMES}, {READ}, url: "ldaps://ldap.example", start-tls: true', "first byte"),
        (f"{NAMES}, {READ}", "lacks url"),
        (f'{NAMES}, url: "ldaps://ldap.example"', "lacks read"),
        (f'{NAMES}, read: {{bind: "r", password: "s3cret"}}, url: "ldaps://ldap.example"', "by reference"),
        ('base: "people", groups: "ou=g,dc=x", export: a.ldif', "not a distinguished name"),
        ('base: "ou=p,dc=x", groups: "ou=g,dc=y", export: a.ldif', "no suffix in common"),
        (f"{NAMES}, export: a.json", ".ldif"),
        (f"{NAMES}, export: a.ldif, bass: x", "no field bass"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(text, said):
    with pytest.raises(DeclarationError, match=re.escape(said)) as caught:
        settings_of(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ldaps://ldap.example", "ldaps://ldap.example:1636", "ldap://127.0.0.1:389", 'ldap://ldap.example", start-tls: true, ca: "x']
)
def test_settings_that_keep_the_password_private_are_taken(url):
    assert str(settings_of(f'{NAMES}, {READ}, url: "{url}"').password) == "env:LDAP_PASSWORD"


def test_an_entitlement_names_groups():
    node, _ = read(b'{member-of: ["group/sms-shell"]}', "x.yaml")
    (clause,) = CONNECTOR.clauses(node, Scope("directory"), "")
    assert (clause.actions, clause.resources) == (("member-of",), ("group/sms-shell",))


@pytest.mark.parametrize(
    "text", [b'{member-of: ["sms-shell"]}', b'{member-of: ["group/"]}', b"{}", b'{member-of: ["group/a"], allow: [x]}']
)
def test_an_entitlement_that_names_none_is_refused(text):
    node, _ = read(text, "x.yaml")
    with pytest.raises(DeclarationError):
        CONNECTOR.clauses(node, Scope("directory"), "")


def test_a_directory_has_no_assets_and_no_address_rules():
    assert "no assets" in CONNECTOR.mistaken("tag:a=b")
    with pytest.raises(DeclarationError, match="no rules about addresses"):
        CONNECTOR.target(None)


DECLARATION = """
guardrails: 1
systems: {directory: {connector: ldap, base: "ou=people,dc=example,dc=se", groups: "ou=groups,dc=example,dc=se", export: FILE}}
people: {sources: {directory: {key: entryUUID, name: uid}}}
teams: {ops: {directory: "group/ops"}}
entitlements: {shell: {directory: {member-of: ["group/shell"]}}}
roles: {ops: {members: ["directory:group/ops"], may: [shell], must: [shell], owner: "team:ops"}}
"""


@pytest.mark.parametrize(
    ("shell", "found"),
    [
        ([ANN], set()),
        (["cn=ops,ou=groups,dc=example,dc=se"], set()),
        ([ANN, BOB], {("access-excess", "bob", "group/shell")}),
        ([BOB], {("access-excess", "bob", "group/shell"), ("access-missing", "ann", "group/shell")}),
    ],
)
def test_the_declaration_rules_the_groups_that_it_names_and_leaves_the_others(tmp_path, shell, found):
    (tmp_path / "a.ldif").write_text(PEOPLE + group("ops", ANN) + group("shell", *shell) + group("choir", ANN, BOB))
    declaration = declare.loads([("guardrails.yaml", DECLARATION.replace("FILE", str(tmp_path / "a.ldif")).encode())])
    assessment = workflow.assess(declaration, workflow.observe(declaration, AT), AT)
    differences = [finding.difference for finding in assessment.findings]
    assert {(d.kind.value, d.subject.rpartition("/")[2], d.witness.resource) for d in differences} == found
    assert assessment.seen[0].source == "export a.ldif"
