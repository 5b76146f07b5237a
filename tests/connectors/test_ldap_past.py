"""Memberships that an application asked the directory for: read from what the overlay accesslog of a real slapd wrote."""

from __future__ import annotations

import contextlib
import gzip
import os
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3 import BASE, MODIFY_ADD, MODIFY_REPLACE, NONE, SUBTREE, Connection, Server
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.cli.logs import logs_of
from guardrails.connectors.ldap import CONNECTOR
from guardrails.connectors.ldap.accesslog import records
from guardrails.connectors.ldap.lines import LONGEST, unfolded
from guardrails.connectors.ldap.sought import equal, sought
from guardrails.errors import AuthorError
from guardrails.model.past import gathered
from guardrails.testing.slapd import slapd

SUFFIX = "dc=example,dc=se"
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
PASSWORD, SECRET = "canary-of-the-directory", "canary-in-the-log"
ROOT = f"cn=root,{SUFFIX}"
APP = f"uid=app,{PEOPLE}"
ANN, BOB, OPS, SHELL = f"uid=ann,{PEOPLE}", f"uid=böb,{PEOPLE}", f"cn=ops,{GROUPS}", f"cn=shell,{GROUPS}"
RECORDED = Path(__file__).parent / "recorded/slapd-2.5.13-accesslog.ldif"
"""What `slapcat -b cn=accesslog` wrote of slapd 2.5.13 (Debian 12) after `asks`; the first line is ours."""


def recorded():
    return RECORDED.read_bytes().splitlines(keepends=True)


DECLARED = """
guardrails: 1
systems: {{directory: {{connector: ldap, base: "ou=people,dc=example,dc=se", groups: "ou=groups,dc=example,dc=se", export: "{file}"}}}}
"""


def _entry(name, **more):
    lines = [f"{key}: {value}" for key, values in more.items() for value in (values if isinstance(values, list) else [values])]
    number = sum(name.encode())
    return "\n".join([f"dn: {name}", *lines, f"entryUUID: 00000000-0000-4000-8000-{number:012}", "", ""])


def _person(uid):
    return _entry(f"uid={uid},{PEOPLE}", objectClass="inetOrgPerson", uid=uid, cn=uid, sn=uid, userPassword=PASSWORD)


LDIF = "".join((
    _entry(SUFFIX, objectClass=["dcObject", "organization"], dc="example", o="x"),
    *(_entry(name, objectClass="organizationalUnit", ou=name[3:].partition(",")[0]) for name in (PEOPLE, GROUPS)),
    *map(_person, ("ann", "böb", "app")),
    _entry(OPS, objectClass="groupOfNames", cn="ops", member=[ANN, BOB]),
    _entry(f"cn=second,{GROUPS}", objectClass="groupOfUniqueNames", cn="second", uniqueMember=[ANN]),
    _entry(SHELL, objectClass="posixGroup", cn="shell", gidNumber="5", memberUid=["ann"]),
))  # fmt: skip
OVERLAYS = (
    "overlay memberof", "overlay accesslog", "logdb cn=accesslog", "logops all", "logold (objectClass=*)",
    "access to * by * write",
    "database mdb", "maxsize 104857600", "suffix cn=accesslog", "rootdn cn=accesslog",
)  # fmt: skip


def asks(directory):
    """What applications ask, and what has nothing to do with it."""
    with contextlib.ExitStack() as ending:

        def bound(name, password=PASSWORD):
            connection = Connection(Server(directory.ldap, get_info=NONE), name, password)
            ending.callback(connection.unbind)
            connection.bind()
            return connection

        root, app = bound(ROOT), bound(APP)
        bound(ANN), bound(ANN, "wrong")
        root.modify(OPS, {"member": [(MODIFY_ADD, [APP])]})  # which tells the overlay memberof of it
        root.modify(ANN, {"userPassword": [(MODIFY_REPLACE, [SECRET])], "description": [(MODIFY_REPLACE, ["x" * 300])]})
        for group, kind, value in (
            (OPS, "member", ANN), (OPS, "member", ANN), (OPS, "member", BOB), (OPS, "member", f"uid=eve,{PEOPLE}"),
            ("CN=Shell,ou=groups,dc=example,dc=se", "memberUid", "ann"), (f"cn=gone,{GROUPS}", "memberUid", "ann"),
            (APP, "memberOf", OPS), (ANN, "userPassword", SECRET),
        ):  # fmt: skip
            app.compare(group, kind, value)
        for base, text, scope in (
            (GROUPS, f"(&(objectClass=groupOfUniqueNames)(cn=second)(uniqueMember={ANN}))", SUBTREE),
            (OPS, f"(member=UID=Ann, {PEOPLE})", BASE),
            (PEOPLE, f"(&(uid=app)(memberOf={OPS}))", SUBTREE),
            (PEOPLE, f"(&(uid=ann)(memberOf={SHELL}))", SUBTREE),  # is not found
            (GROUPS, f"(|(member={ANN})(memberUid=ann))", SUBTREE),  # all groups of somebody
            (GROUPS, f"(&(cn=ops)(|(member={ANN})(member={APP})))", SUBTREE),  # one of two
            (GROUPS, f"(&(cn=shell)(!(member={ANN})))", SUBTREE),
            (GROUPS, "(&(cn=shell)(|(memberUid=ann)(bogus=x)))", SUBTREE),
        ):  # fmt: skip
            app.search(base, text, scope, attributes=["cn"])
        anonymous = Connection(Server(directory.ldap, get_info=NONE))
        ending.callback(anonymous.unbind)
        anonymous.bind()
        anonymous.compare(SHELL, "memberUid", "ann")


FOUND = {
    ("ann", "ops", APP): 3,
    ("böb", "ops", APP): 1,
    ("ann", "shell", APP): 2,
    ("app", "ops", APP): 2,
    ("ann", "second", APP): 1,
    ("ann", "shell", "somebody anonymous"): 1,
}
NOT_KNOWN = 2
"""All groups of somebody, and one of two members."""


def seen_of(file):
    declared = declare.loads([("g.yaml", DECLARED.format(file=file).encode())])
    return declared, workflow.observe(declared, datetime.now(UTC))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    file = tmp_path_factory.mktemp("directory") / "all.ldif"
    file.write_text(LDIF)
    return seen_of(file)


def told(log):
    return {(past.holders[0].name, past.request.resource.removeprefix("group/"), past.asked_by): past.times for past in log.requests}


def read(lines, seen):
    declared, (observation,) = seen
    return gathered("directory", CONNECTOR.past(declared.systems[0], observation, records(lines)))


def test_a_recorded_log_tells_which_memberships_were_asked_for_and_found(seen):
    log = read(recorded(), seen)

    assert told(log) == FOUND
    assert log.others == NOT_KNOWN
    assert log.until - log.since < timedelta(minutes=1)


@pytest.mark.server
@pytest.mark.timeout(600)
def test_a_real_server_writes_what_was_recorded(seen, tmp_path):
    enable_socket()
    with slapd(SUFFIX, LDIF, password=PASSWORD, settings=(*OVERLAYS, f"directory {tmp_path}"), modules=["accesslog", "memberof"]) as server:
        asks(server)
        content = server.export("cn=accesslog")
    if target := os.environ.get("RECORD_ACCESSLOG"):
        Path(target).write_bytes(b"# recorded: slapcat of slapd " + server.version.encode() + b"\n" + content)
    log = read(content.splitlines(keepends=True), seen)

    assert told(log) == FOUND
    assert log.others == NOT_KNOWN


def record(kind="compare", **more):
    fields = {"reqStart": "20261126110000.000001Z", "reqType": kind, "reqAuthzID": APP, "reqDN": OPS, "reqResult": "6", **more}
    lines = (f"{name}: {value}" for name, value in fields.items() if value is not None)
    return "\n".join([f"dn: reqStart={fields['reqStart']},cn=accesslog", "objectClass: auditCompare", *lines, "", ""])


def lines_of(*texts):
    return "".join(texts).encode().splitlines(keepends=True)


ASKED = record(reqAssertion=f"member={ANN}")


def test_who_asked_how_often_and_when_last_is_kept(seen):
    (past,) = read(lines_of(ASKED, ASKED.replace("20261126", "20261127")), seen).requests

    assert (past.asked_by, past.times, past.last) == (APP, 2, datetime(2026, 11, 27, 11, microsecond=1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        record(reqAssertion=f"member={ANN}", reqResult="5"),
        record(reqAssertion=f"member={ANN}", reqResult="50"),
        record(reqAssertion=f"member={ANN}", reqResult=None),
        record("search", reqFilter=f"(member={ANN})", reqEntries="0"),
        record("search", reqFilter=f"(member={ANN})"),
        record("bind", reqDN=ANN, reqResult="0"),
        record(reqAssertion="description=x"),
        record("extended{1.3.6.1.4.1.4203.1.11.3}"),
    ],
)
def test_what_was_not_found_and_what_asks_for_no_membership_is_no_use(seen, text):
    assert read(lines_of(text), seen) == gathered("directory", [])


@pytest.mark.parametrize(
    "text",
    [
        record(reqAssertion=f"member=uid=eve,{PEOPLE}"),
        record(reqAssertion=f"member={ANN}", reqDN=f"cn=gone,{GROUPS}"),
        record(reqAssertion=f"member={ANN}", reqDN=PEOPLE),
        record(reqAssertion="member=no name"),
        record("search", reqDN=GROUPS, reqFilter=f"(&(cn=none)(member={ANN}))", reqEntries="1"),
        record("search", reqDN=PEOPLE, reqFilter=f"(&(cn=ops)(member={ANN}))", reqEntries="1"),  # no group is below it
        record("search", reqDN=GROUPS, reqFilter=f"(&(|(cn=ops)(cn=second))(member={ANN}))", reqEntries="2"),
    ],
)
def test_a_membership_of_nobody_or_of_no_one_group_is_counted(seen, text):
    log = read(lines_of(text), seen)

    assert (log.requests, log.others) == ((), 1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("(member=a)", [("member", "a")]),
        ("(&(CN=a b)(|(member=c)(!(member=d))))", [("cn", "a b"), ("member", "c")]),
        ("(!(&(a=b)(c=d)))", []),
        ("(&(!(a=b))(c=d))", [("c", "d")]),
        ("(memberOf:1.2.840.113556.1.4.1941:=cn=x)", [("memberof", "cn=x")]),
        ("(?=undefined)", []),
        ("(?bogus=x)", [("bogus", "x")]),
        ("(cn;lang-se=\\28b\\C3\\B6b\\29)", [("cn", "(böb)")]),
        ("(a=b*)(c=d)", [("c", "d")]),
        ("(a>=b)", []),
        ("(a~=b)", []),
        ("(a=)", []),
        ("(&(a=b)", []),
        ("(a=b))", []),
        ("(a=b)x", []),
        ("a=b", []),
        ("", []),
        ("(" * 100_000, []),
    ],
)
def test_what_a_filter_names(text, named):
    assert list(sought(text)) == named


@given(st.text("(&|!)ab=*\\2", max_size=30))
def test_any_filter_names_something_or_nothing(text):
    assert all(kind and value for kind, value in sought(text))


def test_the_value_of_a_comparison_stands_as_it_is():
    assert equal("memberUid=a\\28=b*") == (("memberuid", "a\\28=b*"),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dn: cn=x\nobjectClass: person\n\n", "1: it is no record of an accesslog"),
        (ASKED + "dn: cn=x\nreqType: compare\n\n", "10: it is no record of an accesslog"),
        (ASKED[:-1], "8: the file ends inside a record"),
        (ASKED + "dn: cn=x", "10: the file ends inside a record"),
        ("dn: a=b\nreqStart 1\n\n", "2: this line is neither"),
        (ASKED + record(**{"reqDN:": "###"}), "17: the value of reqdn is broken base64"),
        (record(reqdn=ANN), "1: reqdn stands twice"),
        (record(dn="a=b"), "8: dn: stands where no record"),
        ("objectClass: x\n" + ASKED, "1: objectclass: stands where no record"),
        (record(changetype="add"), "8: changetype: stands where no record"),
        (record(**{"reqMod:<": "file:///etc/passwd"}), "stands elsewhere, and nothing is fetched"),
        (ASKED + "search: 2\nresult: 4 Size limit exceeded\n\n", "10: its search ended with 4 Size limit exceeded"),
        (ASKED + "search: 2\n\n", "10: its search ended with cut off"),
    ],
)
def test_what_is_no_log_is_told_with_its_line(seen, tmp_path, text, why):
    file = tmp_path / "access.ldif"
    file.write_text(text)
    declared, observed = seen

    with pytest.raises(AuthorError) as told_of:
        logs_of((f"directory={file}",), declared, observed)

    assert str(told_of.value).startswith(f"{file}:")
    assert why in str(told_of.value)


def test_a_moment_that_is_none_is_told(seen, tmp_path):
    file = tmp_path / "access.ldif"
    file.write_text(ASKED.replace("reqStart: 2026", "reqStart: soon"))
    declared, observed = seen

    with pytest.raises(AuthorError, match=r"entry 1 of .*: reqStart 'soon"):
        logs_of((f"directory={file}",), declared, observed)


def test_what_ldapsearch_writes_around_records_is_read_over(seen):
    text = f"# extended LDIF\n#\n\nversion: 1\n\n{ASKED}# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 2\n\n"

    assert len(read(lines_of(text), seen).requests) == 1


def test_a_folder_of_packed_logs_is_read(seen, tmp_path, capsys):
    with gzip.open(tmp_path / "a.ldif.gz", "wb") as packed:
        packed.write(RECORDED.read_bytes())
    (tmp_path / "b.ldif").write_text(ASKED.replace("\n", "\r\n"))
    declared, observed = seen

    (log,) = logs_of((f"directory={tmp_path}",), declared, observed)

    assert told(log) == FOUND | {("ann", "ops", APP): 4}
    assert "log of directory: 11 requests of 2026-11-" in capsys.readouterr().err


def test_nothing_that_somebody_wrote_into_the_directory_is_kept(seen):
    """What is compared is looked at, and no further: a request for a password is none for a membership."""
    assert SECRET in RECORDED.read_text()
    assert SECRET not in repr([one for one in records(recorded()) if one["reqtype"] != b"compare"])
    assert not {kind for one in records(recorded()) for kind in one} & {"reqmod", "reqold", "objectclass", "reqattr"}
    assert SECRET not in repr(read(recorded(), seen))


def test_a_line_that_never_ends_is_not_read_on():
    with pytest.raises(ValueError, match=rf"^2: a value has more than {LONGEST} bytes"):
        list(unfolded(chain([b"dn: a=b\n", b"reqOld: x\n"], repeat(b" " + b"x" * (1 << 20)))))


def test_many_long_lines_are_not_one():
    lines = repeat(b"reqOld: " + b"x" * (1 << 20) + b"\n", 1 + LONGEST // (1 << 20))

    assert sum(1 for _ in unfolded(lines)) > 1


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_a_mistake_with_its_line(content):
    line = ""
    try:
        list(records(content.splitlines(keepends=True)))
    except ValueError as error:
        line = str(error).partition(":")[0]
    assert not line or line.isdecimal()
