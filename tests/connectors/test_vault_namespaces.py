"""Namespaces beside the one that a system reads: each that no system of the same server reads is told, live and from exports."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.test_vault_export import WHOLE, write
from guardrails import declare, workflow
from guardrails.connectors.vault.answers import Absent, Failed, Found
from guardrails.connectors.vault.asking import Asker
from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.namespaces import namespaces
from guardrails.drift.unread import unread
from guardrails.model.facts import Gap, Setting
from guardrails.model.findings import ExitCode
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, Kind
from guardrails.ports import Realms
from guardrails.testing.memory import MemoryMeaning
from guardrails.testing.openbao import openbao
from staged import staged

AT = datetime(2026, 11, 25, tzinfo=UTC)
UNSUPPORTED = Failed(GapReason.UNSUPPORTED, "LIST sys/namespaces: this server has no such path")
DENIED = Failed(GapReason.DENIED, "LIST sys/namespaces: status 403", ("list sys/namespaces/",))


def assessed(systems, more=""):
    text = f"guardrails: 1\nteams: {{t: {{}}}}\nsystems: {{{', '.join(f'{name}: {{connector: vault, {said}}}' for name, said in systems.items())}}}\n"
    declaration = declare.loads([("guardrails.yaml", (text + more).encode())])
    found = workflow.assess(declaration, workflow.observe(declaration, AT), AT, lambda *_: "")
    return found, {gap.realm: gap for gap in found.gaps if gap.what == "namespace"}


def exported(folder, below, extra=""):
    write(folder, {**WHOLE, "namespaces.json": below})
    return f'export: "{folder}"{extra}'


def told(finding):
    return finding.control, finding.difference.subject, finding.difference.known


def said(answer, realm=""):
    class Fixed:
        calls, parallel = 0, 1

        def listed(self, path):
            assert path == "sys/namespaces"
            return answer

    return list(namespaces(Asker(system="v", realm=realm, source=Fixed())))


def below(found):
    return [json.loads(fact.text)["below"] for fact in found if isinstance(fact, Setting)]


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize("stage", ["", "openbao-2.6.2"])
def test_each_namespace_that_no_system_reads_is_a_gap(stage, monkeypatch):
    with openbao(staged(stage, "bao") if stage else None) as server:
        monkeypatch.setenv("TEST_VAULT_TOKEN", server.token)
        live = f'address: "{server.url}", read: {{token: "env:TEST_VAULT_TOKEN"}}'
        assert assessed({"root": live})[1] == {}
        for name in ("team", "Team", "other"):
            server.ask("POST", f"sys/namespaces/{name}", {})
        alone, gaps = assessed({"root": live})
        assert sorted(gaps) == ["Team", "other", "team"]
        assert alone.exit_code is ExitCode.CANNOT_TELL
        assert {told(one)[1] for one in alone.findings if one.control == "GR901"} >= {f"root@{name}:namespace/{name}" for name in gaps}
        _, gaps = assessed({"root": live, "team": f"{live}, namespace: team", "other": f"{live}, namespace: /other/"})
        assert sorted(gaps) == ["Team"]
        assert gaps["Team"].message == "namespace Team is read by no declared system, nor is anything below it seen"
        assert "with the same address" in gaps["Team"].remedy


@pytest.mark.server
def test_a_namespace_below_a_namespace_is_told_by_its_whole_path(monkeypatch):
    with openbao() as server:
        monkeypatch.setenv("TEST_VAULT_TOKEN", server.token)
        server.ask("POST", "sys/namespaces/team", {})
        server.ask("PUT", "team/sys/namespaces/sub", {})
        live = f'address: "{server.url}", read: {{token: "env:TEST_VAULT_TOKEN"}}'
        systems = {"root": live, "team": f"{live}, namespace: team"}
        assert sorted(assessed(systems)[1]) == ["team/sub"]
        assert assessed({**systems, "sub": f"{live}, namespace: team/sub"})[1] == {}


@pytest.mark.server
def test_a_list_that_is_denied_is_a_gap_with_the_right_and_the_namespace_still_counts_as_read(monkeypatch):
    with openbao() as server:
        server.ask("POST", "sys/namespaces/team", {})
        monkeypatch.setenv("TEST_VAULT_TOKEN", server.token)
        made = server.ask("POST", "team/auth/token/create", {"policies": ["default"]})
        monkeypatch.setenv("TEST_TEAM_TOKEN", made["auth"]["client_token"])
        systems = {
            name: f'address: "{server.url}", read: {{token: "env:{secret}"}}'
            for name, secret in {"root": "TEST_VAULT_TOKEN", "team": "TEST_TEAM_TOKEN"}.items()
        }
        systems["team"] += ", namespace: team"
        found, gaps = assessed(systems)
        assert gaps == {}
        assert [gap.rights for gap in found.gaps if gap.what == "namespaces"] == [("list sys/namespaces/",)]


def test_exports_are_of_one_server_by_the_address_that_both_name(tmp_path):
    where = ', address: "https://vault.example"'
    root, team = exported(tmp_path / "root", ["team/"], where), exported(tmp_path / "team", {}, ", namespace: team")
    assert sorted(assessed({"root": root})[1]) == ["team"]
    assert sorted(assessed({"root": root, "team": team})[1]) == ["team"]
    assert sorted(assessed({"root": root, "team": f'{team}, address: "https://other.example"'})[1]) == ["team"]
    assert assessed({"root": root, "team": f'{team}, address: "HTTPS://Vault.example:443/"'})[1] == {}


def test_two_exports_without_an_address_are_never_taken_for_one_server(tmp_path):
    root, team = exported(tmp_path / "root", ["team/"]), exported(tmp_path / "team", {}, ", namespace: team")
    (gap,) = assessed({"root": root, "team": team})[1].values()
    assert "write the address in both systems" in gap.remedy


@pytest.mark.parametrize(("of", "known"), [("namespace/team", True), ("team", True), ("other/team", False), ("namespace/x", False)])
def test_a_known_gap_accepts_one_namespace(tmp_path, of, known):
    more = f'exceptions: {{N: {{gap: {{of: "root:{of}", what: namespace}}, approved: ISG-1, risk-owner: "team:t", until: 2026-12-31}}}}\n'
    found, _ = assessed({"root": exported(tmp_path, ["team/", "more/"])}, more)
    assert {told(one) for one in found.findings if "namespace/" in one.difference.subject} == {
        ("GR901", "root@team:namespace/team", known),
        ("GR901", "root@more:namespace/more", False),
    }


def test_an_unread_namespace_hides_nothing_of_the_one_that_was_read(tmp_path):
    more = 'workloads: {gone: {is: ["root:role/approle/gone"], owner: "team:t"}}\n'
    found, gaps = assessed({"root": exported(tmp_path, ["team/"])}, more)
    (absent,) = [one.difference for one in found.findings if one.difference.kind is Kind.DECLARED_ABSENT]
    assert gaps
    assert absent.verdict.value == "violation"


@pytest.mark.parametrize(
    ("saved", "reason"),
    [(None, GapReason.NOT_READ), ({"keys": []}, GapReason.MALFORMED), ([1], GapReason.MALFORMED), ("", GapReason.MALFORMED)],
)
def test_an_export_that_does_not_tell_them_is_a_gap(tmp_path, saved, reason):
    write(tmp_path, {name: content for name, content in WHOLE.items() if name != "namespaces.json"})
    if saved is not None:
        write(tmp_path, {"namespaces.json": saved})
    found, _ = assessed({"root": f'export: "{tmp_path}"'})
    assert [(gap.what, gap.reason) for gap in found.gaps] == [("namespaces", reason)]


def test_a_vault_without_namespaces_has_none_and_a_declared_one_cannot_be_on_it():
    assert below(said(UNSUPPORTED)) == [[]]
    assert not [item for item in said(UNSUPPORTED) if isinstance(item, Gap)]
    (gap,) = said(UNSUPPORTED, "team")
    assert (gap.what, gap.reason) == ("namespaces", GapReason.UNSUPPORTED)


def test_a_denied_list_is_a_gap_and_says_nothing_of_what_is_below():
    (gap,) = said(DENIED)
    assert (gap.reason, gap.rights, gap.remedy) == (GapReason.DENIED, ("list sys/namespaces/",), "give the reader: list sys/namespaces/")


def test_no_namespace_is_an_answer_and_names_are_whole_paths():
    assert below(said(Absent())) == [[]]
    assert below(said(Found({"keys": ["b/", "a/"]}), "team")) == [["team/a", "team/b"]]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("https://V.example:8200", "https://v.example:8200", True), ("https://v", "https://v:443", True), ("http://[::1]:80", "http://[::1]", True),
    ("https://v:8200", "https://v:8201", False), ("http://127.0.0.1:443", "https://127.0.0.1:443", False), ("https://v:80", "https://v", False),
])  # fmt: skip
def test_an_address_in_another_spelling_is_the_same_server(one, other, same):
    assert (Settings(address=one).server == Settings(address=other).server) is same
    assert Settings().server == ""


class Within(MemoryMeaning):
    """A meaning that says which realm it is of."""

    def realms(self):
        return self.ways[0]


NAMES = st.sampled_from(["", "a", "b", "a/c"])
MEANINGS = st.lists(st.tuples(st.sampled_from(["", "s", "t"]), NAMES, st.sets(NAMES)), max_size=5)


@given(MEANINGS)
def test_what_is_listed_is_read_by_a_system_of_that_server_or_told_once(drawn):
    """Nothing else is told, and a server that is not known is nobody's."""
    meanings = []
    for at, (server, realm, names) in enumerate(drawn):
        refs = tuple(Ref(system=f"v{at}", realm=name, kind="namespace", id=name, name=name) for name in sorted(names))
        meanings.append(Within({}, ways=(Realms(server=server, realm=realm, below=refs),)))
    expected = [
        (f"v{at}", name)
        for at, (server, _, names) in enumerate(drawn)
        for name in sorted(names)
        if not any(server and (server, name) == (other, realm) for other, realm, _ in drawn)
    ]
    assert [(gap.system, gap.realm) for gap in unread(meanings)] == expected
