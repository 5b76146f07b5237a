"""The live reader against a real slapd: the same facts as its export, its own answers about memberships, and never fewer people in silence."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_socket import enable_socket

from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.meaning import LdapMeaning
from guardrails.connectors.ldap.observe import LdapObserver
from guardrails.drift.people import groups_of, memberships
from guardrails.errors import ConnectorError
from guardrails.model import dn
from guardrails.model.facts import Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.words import GapReason, State, Verdict
from guardrails.secret import SecretRef
from guardrails.testing.faults import Cut, Reset
from guardrails.testing.proxy import tcp_proxy
from guardrails.testing.slapd import slapd

AT = datetime(2026, 11, 25, tzinfo=UTC)
SUFFIX = "dc=example,dc=se"
BASES = {"base": f"ou=people,{SUFFIX}", "groups": f"ou=groups,{SUFFIX}"}
PASSWORD = "canary-hunter2"

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":  # in CI the tests fail instead
    pytestmark.append(
        pytest.mark.skip(reason="slapd IS NOT INSTALLED: nothing of the live directory was tried (packages slapd, ldap-utils)")
    )


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("LDAP_PASSWORD", PASSWORD)


def record(name: str, *lines: tuple[str, str]) -> str:
    def line(kind, value):
        return f"{kind}:: {base64.b64encode(value.encode()).decode()}\n"

    return line("dn", name) + "".join(line(kind, value) for kind, value in lines) + "\n"


def unit(name: str) -> str:
    return record(f"ou={name},{SUFFIX}", ("objectClass", "organizationalUnit"), ("ou", name))


TREE = record(SUFFIX, ("objectClass", "dcObject"), ("objectClass", "organization"), ("dc", "example"), ("o", "x")) + "".join(
    map(unit, ("people", "groups", "svc"))
)


def person(uid: str, *more: tuple[str, str], name: str = "") -> str:
    kinds = (("objectClass", "inetOrgPerson"), ("uid", uid), ("cn", uid), ("sn", uid))
    return record(name or f"uid={uid},ou=people,{SUFFIX}", *kinds, *more)


def group(name: str, *members: str, written: str = "") -> str:
    kinds = (("objectClass", "groupOfNames"), ("cn", name))
    return record(written or f"cn={name},ou=groups,{SUFFIX}", *kinds, *(("member", member) for member in members))


READER = f"cn=reader,ou=svc,{SUFFIX}"
SERVICE = record(
    READER, ("objectClass", "organizationalRole"), ("objectClass", "simpleSecurityObject"), ("cn", "reader"), ("userPassword", PASSWORD)
)
STAFF = [f"uid=p{number},ou=people,{SUFFIX}" for number in range(12)]
COMPANY = TREE + SERVICE + "".join(person(f"p{number}", ("mail", f"p{number}@example.se")) for number in range(12))
COMPANY += group("ops", STAFF[0], f"cn=all,ou=groups,{SUFFIX}") + group("all", *STAFF)


def observer(url, **more):
    return LdapObserver(
        "directory", Settings(**{**BASES, "bind": READER, "password": SecretRef.parse("env:LDAP_PASSWORD"), "url": url, **more}), AT
    )


def observed(reader):
    said = list(reader.observe())
    return fold(said, system="directory", connector="ldap", taken_at=AT, identity=reader.identity, source=reader.source, calls=reader.calls)


def served(*lines, ldif=COMPANY, modules=()):
    return slapd(SUFFIX, ldif, password=PASSWORD, settings=lines, modules=modules)


def people(observation):
    return {fact.ref.name for fact in observation.facts if isinstance(fact, Principal) and fact.ref.kind == "person"}


def gaps(observation):
    return {(gap.what, gap.reason) for gap in observation.gaps}


@pytest.fixture(scope="module")
def company():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served() as server:
        yield server


def exported(content: bytes, tmp_path, **bases):
    (tmp_path / "directory.ldif").write_bytes(content)
    return observed(LdapObserver("directory", Settings(**{**BASES, **bases}, export=str(tmp_path / "directory.ldif")), AT))


def same(one, other):
    assert (one.facts, one.edges, one.gaps) == (other.facts, other.edges, other.gaps)


def ldapsearch(server, *arguments, scope=SUFFIX):
    command = ["ldapsearch", "-x", "-H", server.ldap, "-D", server.root, "-w", server.password, "-b", scope, *arguments]
    return subprocess.run(command, capture_output=True, check=False)


@pytest.mark.parametrize("bases", [{}, {"base": SUFFIX}, {"base": SUFFIX, "groups": SUFFIX}])
def test_live_and_export_say_the_same(company, tmp_path, bases):
    live = observed(observer(company.ldap, **bases))
    same(live, exported(company.export(), tmp_path, **bases))
    found = ldapsearch(company, "-E", "pr=4/noprompt", "(objectClass=*)", "*", "+")
    same(live, exported(found.stdout, tmp_path, **bases))
    assert len(live.edges) == 14
    assert not live.gaps
    assert live.calls == 1 + sum({reading.what: reading.pages for reading in live.readings}.values()) / (1 if not bases else 2)


def test_a_search_that_the_server_cut_short_exports_as_a_gap(company, tmp_path):
    cut = exported(ldapsearch(company, "-z", "5", "(objectClass=*)", "*", "+").stdout, tmp_path)
    assert {("people", GapReason.INCOMPLETE), ("groups", GapReason.INCOMPLETE)} <= gaps(cut)


@pytest.mark.parametrize(
    ("address", "more"),
    [("ldaps", {}), ("ldap", {"start_tls": True})],
)
def test_the_talk_is_over_tls_that_is_verified(company, address, more):
    url = company.ldaps if address == "ldaps" else company.ldap.replace("127.0.0.1", "localhost")
    assert len(people(observed(observer(url, ca=company.ca, **more)))) == 12
    for wrong in (observer(url, **more), observer(url.replace("localhost", "127.0.0.1"), ca=company.ca, **more)):
        with pytest.raises(ConnectorError, match="certificate was refused") as caught:
            observed(wrong)
        assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_an_error_with_a_remedy_and_without_the_password(company, monkeypatch):
    monkeypatch.setenv("LDAP_PASSWORD", "canary-wrong")
    with pytest.raises(ConnectorError, match="invalidCredentials") as caught:
        observed(observer(company.ldap))
    assert caught.value.remedy
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert "canary" not in "".join(map(repr, chain)) + "".join(map(str, chain))


def test_an_unreachable_server_is_an_error(company):
    with pytest.raises(ConnectorError, match="cannot be reached") as caught:
        observed(observer("ldap://127.0.0.1:1"))
    assert caught.value.remedy


def test_without_a_password_nobody_is_asked(company):
    with pytest.raises(ConnectorError, match="no password"):
        observed(observer(company.ldap, password=None))


def test_an_authority_that_is_not_there_is_an_error(company):
    with pytest.raises(ConnectorError, match="no such file"):
        observed(observer(company.ldaps, ca="/nowhere/ca.pem"))


def test_no_password_is_ever_asked_for_or_kept(company):
    live = observed(observer(company.ldap, bind=company.root, base=SUFFIX))
    assert PASSWORD not in repr(live)
    assert base64.b64encode(PASSWORD.encode()).decode() not in repr(live)


@pytest.mark.parametrize("limit", ["sizelimit 5", "limits * size=5", "limits * size.pr=4 size.prtotal=5", "limits * size.prtotal=disabled"])
def test_a_limit_of_the_server_is_a_gap_and_never_fewer_people(limit):
    with served(limit) as server:
        live = observed(observer(server.ldap))
    told = [gap.message for gap in live.gaps if (gap.what, gap.reason) == ("people", GapReason.INCOMPLETE)]
    assert any("the search ended with" in message for message in told)
    assert "people" not in {reading.what for reading in live.readings}


def test_many_pages_are_read_to_the_end():
    many = TREE + SERVICE + "".join(person(f"q{number}") for number in range(1234)) + group("all", f"uid=q7,ou=people,{SUFFIX}")
    with served("limits * size=unlimited", ldif=many) as server:
        live = observed(observer(server.ldap))
    assert len(people(live)) == 1234
    assert not live.gaps
    assert {(reading.what, reading.pages) for reading in live.readings} == {("people", 3), ("groups", 1)}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # nothing at all may be seen: the server says that there is no such object
        ((f'access to dn.subtree="ou=people,{SUFFIX}" by * auth',), {("people", GapReason.EMPTY), ("members", GapReason.INCOMPLETE)}),
        ((f'access to dn.subtree="ou=groups,{SUFFIX}" by * none',), {("groups", GapReason.EMPTY), ("groups", GapReason.INCOMPLETE)}),
        # one person is hidden, and the group that lists them gives it away
        ((f'access to dn.exact="{STAFF[3]}" by * none',), {("members", GapReason.INCOMPLETE)}),
        (("access to attrs=member by * none",), {("groups", GapReason.DENIED)}),
        (("access to attrs=entryUUID by * none",), {("identity", GapReason.INCOMPLETE)}),
        (("access to attrs=objectClass by * search", "access to attrs=uid,member by * none"), {("entries", GapReason.UNSUPPORTED)}),
    ],
)
def test_what_the_reader_may_not_see_is_a_gap(rules, expected):
    with served(*rules, "access to attrs=userPassword by * auth", "access to * by * read") as server:
        assert expected <= gaps(observed(observer(server.ldap)))


def test_a_base_that_does_not_exist_is_a_gap_and_not_an_empty_company(company):
    live = observed(observer(company.ldap, base=f"ou=nowhere,{SUFFIX}"))
    assert {("people", GapReason.INCOMPLETE), ("people", GapReason.EMPTY)} <= gaps(live)


def test_a_referral_is_a_gap_and_is_not_followed(company):
    elsewhere = record(
        f"ou=far,ou=people,{SUFFIX}",
        ("objectClass", "referral"),
        ("objectClass", "extensibleObject"),
        ("ou", "far"),
        ("ref", f"{company.ldap}/{SUFFIX}"),
    )
    with served(ldif=COMPANY + elsewhere) as server:
        live = observed(observer(server.ldap))
    assert len(people(live)) == 12
    assert ("people", GapReason.INCOMPLETE) in gaps(live)


def test_a_locked_account_is_disabled():
    locked = (
        TREE
        + SERVICE
        + person("ann", ("pwdAccountLockedTime", "000001010000Z"))
        + person("bob")
        + group("all", f"uid=bob,ou=people,{SUFFIX}")
    )
    with served("overlay ppolicy", ldif=locked, modules=["ppolicy"]) as server:
        live = observed(observer(server.ldap))
    assert {fact.ref.name: fact.state for fact in live.facts if isinstance(fact, Principal) and fact.ref.kind == "person"} == {
        "ann": State.DISABLED, "bob": State.ACTIVE,
    }  # fmt: skip


@pytest.mark.parametrize("after", [0, 10, 40, 200, 800, 1500, 2500])
def test_an_answer_that_ends_in_the_middle_is_never_a_smaller_company(company, after):
    whole = observed(observer(company.ldap))
    with tcp_proxy(int(company.ldap.rpartition(":")[2])) as proxy, proxy.breaking(Cut(after) if after else Reset()) as rule:
        try:
            live = observed(observer(f"ldap://127.0.0.1:{proxy.port}"))
        except ConnectorError as error:
            assert error.remedy  # noqa: PT017  # either outcome is right
        else:
            assert live.gaps or live.facts == whole.facts
        assert rule.hits


LETTERS = st.text(st.sampled_from("aB,+\"\\<>;=# éßÅλ語\U0001f600/*()'-"), min_size=1, max_size=6).filter(lambda text: text.strip())


@st.composite
def directories(draw):
    """People and groups with odd names, each spelled in some way wherever it is written."""

    def spelled(value):
        return "".join(draw(st.sampled_from([escaped, hexed]))(letter) for letter in value)

    names = draw(st.lists(LETTERS, min_size=3, max_size=9, unique_by=dn.normal))
    split = draw(st.integers(1, len(names) - 1))
    mine = {name: ("uid", "people") if at < split else ("cn", "groups") for at, name in enumerate(names)}

    def written(name):
        kind, place = mine[name]
        kind, comma = draw(st.sampled_from([(kind, ","), (kind.upper(), " , ")]))
        return f"{kind}={spelled(name)}{comma}ou={place},{SUFFIX}"

    ldif = TREE + SERVICE + "".join(person(name, name=written(name)) for name in names[:split])
    for name in names[split:]:
        members = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
        ldif += group(name, *map(written, members), written=written(name))
    return ldif


def escaped(letter: str) -> str:
    return f"\\{letter}" if letter in '"+,;<>\\=# ' else letter


def hexed(letter: str) -> str:
    return "".join(f"\\{byte:02x}" for byte in letter.encode())


def told(server, scope, query):
    """The ids of the entries that a filter finds, with their names, by the server's own tool."""
    found = ldapsearch(server, "-LLL", "-o", "ldif-wrap=no", query, "entryUUID", scope=f"{scope},{SUFFIX}")
    assert found.returncode == 0, found.stderr
    names = [
        base64.b64decode(name[2:]).decode() if name.startswith(": ") else name[1:]
        for name in re.findall(r"^dn:(.*)$", found.stdout.decode(), re.MULTILINE)
    ]
    return dict(zip(re.findall(r"^entryUUID: (.*)$", found.stdout.decode(), re.MULTILINE), names, strict=True))


def groups_told(server, name):
    """Every group of an entry, level by level, each asked of the server."""
    found, ahead = {}, [name]
    while ahead:
        asked = "".join(f"\\{byte:02x}" for byte in ahead.pop().encode())
        new = {key: value for key, value in told(server, "ou=groups", f"(member={asked})").items() if key not in found}
        found |= new
        ahead += new.values()
    return set(found)


@pytest.mark.timeout(600)
@settings(
    max_examples=max(12, int(os.environ.get("GUARDRAILS_DEEP_CASES", "0")) // 200), suppress_health_check=list(HealthCheck), deadline=None
)
@given(directories())
def test_memberships_are_what_the_server_itself_says(ldif):
    with served(ldif=ldif) as server:
        live = observed(observer(server.ldap, bind=server.root))
        asked = {key: groups_told(server, name) for key, name in told(server, "ou=people", "(uid=*)").items()}
    assert not live.gaps
    members, meaning = memberships(live.edges), LdapMeaning(live)
    people = [fact for fact in live.facts if isinstance(fact, Principal) and fact.ref.kind == "person"]
    assert {fact.ref.id for fact in people} == asked.keys()
    for fact in people:
        held = groups_of(fact.ref, members)
        assert {group.id for group in held} == asked[fact.ref.id]
        assert (meaning.excess(fact.ref, ()).verdict is Verdict.OK) == (not held)
        for group in held:
            assert meaning.replay(fact.ref, Witness(principal="", action="member-of", resource=f"group/{group.name}"))
