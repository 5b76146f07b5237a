"""The page without a browser: what is in it, what its policy forbids, and that no name leaves its place."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.declaration import Adopted
from guardrails.model.facts import Gap
from guardrails.model.findings import Details, Narrowed
from guardrails.model.reference import Place, Ref
from guardrails.model.words import GapReason, Kind, Severity, Verdict
from guardrails.reports import content, html
from guardrails.reports.before import WORDS, Before, Changed
from guardrails.reports.html import MOST_ROWS, as_html
from guardrails.reports.parties import assets, people
from guardrails.reports.safe import show
from guardrails.reports.trend import Earlier
from guardrails.reports.why import layers
from reports.assessments import AT, GAP, HOSTILE, SEEN, assessed, copied, everything, finding, hostile
from reports.mass import mass

WORLDS = pytest.mark.parametrize("world", [everything, hostile, assessed], ids=["everything", "hostile", "clean"])
VOID = {"meta", "br", "input", "img", "link"}


class Read(HTMLParser):
    """The tree as a list of elements; fails on what is not well nested."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts = [], [], {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def policy(page):
    (meta,) = (one for one in Read(page).all("meta") if one.get("http-equiv"))
    return dict(part.strip().partition(" ")[::2] for part in meta["content"].split(";"))


def digest(text):
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def texts(document):
    found = []
    listed = iter(document["texts"])
    for one in listed:
        # as the page does it, in UTF-16
        found.append(found[-1].encode("utf-16-le")[: 2 * one].decode("utf-16-le") + next(listed) if isinstance(one, int) else one)
    return found


def read(assessment):
    """What the page's script reads: each finding with its texts instead of their numbers."""
    document = json.loads(content.as_content(assessment))
    known = texts(document)

    def told(value):
        return [told(one) for one in value] if isinstance(value, list) else known[value]

    plain = content.COLUMNS.index("system")  # what stands before is no text
    return [dict(zip(document["columns"], [*row[:plain], *map(told, row[plain:])], strict=True)) for row in document["findings"]]


@WORLDS
def test_the_page_is_well_nested_and_has_its_landmarks(world):
    page = Read(as_html(world()))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]

    assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1", "title")] == [1] * 5
    assert page.all("html") == [{"lang": "en"}]
    assert len(set(ids)) == len(ids)
    assert all(attrs["aria-labelledby"] in ids for _, attrs in page.elements if "aria-labelledby" in attrs)
    assert page.all("a")[0] == {"class": "skip", "href": "#findings"}
    assert "findings" in ids


@WORLDS
def test_the_policy_allows_its_own_script_and_style_by_hash_and_nothing_else(world):
    page = as_html(world())
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)

    assert policy(page) == {
        "default-src": "'none'",
        "script-src": digest(script),
        "style-src": digest(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


@WORLDS
def test_nothing_on_the_page_is_fetched_or_run_from_an_attribute(world):
    page = Read(as_html(world()))

    assert not [attrs for _, attrs in page.elements if {"src", "srcset", "style", "action", "data", "poster"} & set(attrs)]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert all(attrs["href"].startswith("#") for attrs in page.all("a"))
    assert {tag for tag, _ in page.elements} & {"img", "iframe", "object", "embed", "link", "base", "form"} == set()


def test_the_script_writes_text_and_never_markup():
    script = html._script()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|\bfetch\b|XMLHttp|import\(", script)
    assert "</" not in script
    assert "</" not in html._style()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_adds_no_element_to_the_page(text):
    def of(name):
        found = replace(finding(name), id="0" * 16)
        gap = replace(GAP, realm=name, what=name, message=name, rights=(name,))
        seen = replace(SEEN, system=name, identity=name, source=name, basis=name)
        return as_html(assessed(found, gaps=(gap,), seen=(seen,)))

    tags = [tag for tag, _ in Read(of(text)).elements]

    assert tags == [tag for tag, _ in Read(of("m")).elements]


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_every_text_comes_back_from_the_page_and_none_can_leave_its_element(names):
    found = assessed(*(finding(name, number=number) for number, name in enumerate(names)))
    shown = content.as_content(found)

    assert not re.search("[<>&\u2028\u2029]", shown)
    assert [one["subject"] for one in read(found)] == [show(name) for name in names]


def test_names_that_begin_alike_with_an_emoji_come_back_as_they_are():
    names = ["\U0001f600" * 5 + end for end in ("a", "b", "\U0001f601")]

    assert [one["subject"] for one in read(assessed(*map(finding, names)))] == names


@WORLDS
def test_all_that_is_known_of_a_finding_is_there_for_the_script(world):
    for told, one in zip(read(world()), world().findings, strict=True):
        difference = one.difference
        assert (told["id"], told["severity"]) == (one.id, one.severity)
        assert told["message"] == show(difference.message)
        assert told["places"] == [show(str(place)) for place in difference.places]
        assert told["owner"] == show(difference.owner)
        assert told["why"] == [[layer.name, [show(label) for label in layer.labels]] for layer in layers(difference)]


@WORLDS
def test_without_javascript_it_is_a_table_with_a_row_for_each_finding(world):
    (table,) = re.findall(r"<noscript>(.*?)</noscript>", as_html(world()), re.DOTALL)

    assert table.count('<th scope="row">') == len(world().findings)
    assert all(one.id in table for one in world().findings)


def test_the_table_says_how_many_findings_it_leaves_out():
    page = as_html(assessed(*(finding(number=number) for number in range(MOST_ROWS + 3))))

    assert page.count('<th scope="row">GR') == MOST_ROWS
    assert "3 more findings" in page


def test_ten_thousand_findings_are_less_than_five_megabytes_and_all_there():
    page = as_html(mass(10_000))

    assert len(page.encode()) < 5_000_000
    assert all(one.id in page for one in mass(10_000).findings)


def test_policies_beyond_what_a_page_holds_are_left_out_and_it_is_said(monkeypatch):
    policies = Details(narrowed=(Narrowed(policy="p", document="d" * 6, before="b" * 6, note="n"),))
    first, second = (replace(finding(number=n), difference=replace(finding().difference, details=policies)) for n in range(2))
    monkeypatch.setattr(content, "MOST_POLICY_TEXT", 12)

    assert [one["narrowed"] for one in read(assessed(first, second))] == [
        [["p", "b" * 6, "d" * 6, "n"]],
        [["p", "", "", "n; it is left out of this page for its size; the JSON report has it"]],
    ]


@pytest.mark.parametrize("text", ["m", *HOSTILE])
def test_every_step_of_a_copy_is_on_the_page_and_adds_nothing_else(text):
    page, plain = (Read(as_html(replace(assessed(), copies=(copied(one),)))) for one in (text, "m"))

    told = "\n".join("".join(texts) for tag, texts in page.texts.items() if tag != "script")
    assert "next" in told
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert told.count(show(text)) >= 11
    assert {"class": "next"} in page.all("li")


def test_with_nothing_to_copy_nothing_is_said_of_it():
    assert "To copy by hand" not in as_html(assessed())


def test_what_was_not_seen_is_told_before_anything_is_counted():
    gap = Gap(system="aws", realm="1", what="account", reason=GapReason.DENIED, message="no", rights=("sts:AssumeRole",))
    page = as_html(assessed(finding(verdict=Verdict.UNKNOWN), gaps=(gap,)))

    assert "It cannot be told" in page
    assert page.index("What was not seen") < page.index('aria-label="Counts"')
    assert "Needs sts:AssumeRole." in page
    assert '<a href="#verdict=open">1 finding</a>' in page


def test_a_run_that_saw_nothing_does_not_look_clean():
    page = as_html(assessed(seen=()))

    assert "nothing evaluated never passes" in page
    assert "As declared" not in page


def test_a_clean_run_has_nothing_that_was_not_seen():
    page = as_html(assessed())

    assert '<h1 id="verdict">As declared</h1>' in page
    assert "What was not seen" not in page


def test_known_gaps_and_several_kinds_of_verdict_are_counted():
    page = as_html(assessed(finding("EX", known=True), finding(verdict=Verdict.UNDECIDED, number=1), finding(number=2)))

    assert "<b>2</b> violations, <b>1</b> undecided; 1 of them known gaps." in page


def test_adopted_entries_are_told_with_the_first_day_of_review():
    entries = tuple(Adopted(section="roles", name=f"r{n}", review_by=date(2027, 1, 9 - n), place=Place("a.yaml", n)) for n in range(8))
    page = as_html(replace(assessed(), adopted=entries))

    assert "8 entries, the first by 2027-01-02" in page
    assert "<summary>2 more entries</summary>" in page


def test_without_history_there_is_no_trend():
    assert 'class="trend"' not in as_html(everything())


@pytest.mark.parametrize(("before", "said"), [(5, "-4 since"), (0, "+1 since"), (1, "as many as")])
def test_the_trend_compares_with_the_run_before(before, said):
    runs = [Earlier(at=AT - timedelta(days=days), verdict=Verdict.VIOLATION, findings=9 if days else before, not_told=1) for days in (3, 2)]
    runs.append(Earlier(at=AT - timedelta(days=1), verdict=Verdict.VIOLATION, findings=before))
    page = as_html(assessed(finding()), Before(earlier=tuple(reversed(runs))))

    assert f"<b>1</b> findings, {said} 2026-11-24" in page
    assert page.count('<rect class="all"') == 4
    assert Read(page).all("section")


def access(**more):
    place = Ref(system="aws", realm="1", kind="role", id="R", name="ci")
    witness = finding("m").difference.witness
    told = {
        "kind": Kind.ACCESS_EXCESS,
        "subject": "aws@1:role/ci",
        "places": (place,),
        "facet": "",
        "witness": replace(witness, context=()),
    }
    return replace(finding("m").difference, **{**told, **more})


def test_the_chain_goes_from_who_to_what_the_declaration_says():
    found = access(actual="p statement 0; q statement 1")

    assert [(layer.name, layer.labels) for layer in layers(found)] == [
        ("who", ("m",)),
        ("by", ("p statement 0", "q statement 1")),
        ("declared", ("not so at d.yaml:3",)),
    ]


def test_what_lets_somebody_in_stands_behind_them():
    found = access(kind=Kind.TRUST_EXCESS, facet="*", actual="trust statement 0", witness=None)

    assert [layer.labels for layer in layers(found)][:-1] == [("anybody",), ("trust statement 0",), ("aws@1:role/ci",)]


def test_who_comes_to_more_goes_step_by_step():
    found = access(kind=Kind.ACCESS_ESCALATION, details=Details(path=("a", "becoming", "b", "becoming", "c")))

    assert [(layer.name, *layer.labels) for layer in layers(found)] == [
        ("who", "a"),
        ("by", "becoming"),
        ("comes to", "b"),
        ("by", "becoming"),
        ("comes to", "c"),
        ("declared", "not so at d.yaml:3"),
    ]


def test_a_person_holds_accounts():
    found = access(kind=Kind.LEAVER, subject="person:lars", declared_at=Place("", 0), witness=None, actual="")

    assert [(layer.name, layer.labels) for layer in layers(found)] == [
        ("who", ("person:lars",)),
        ("holds", ("aws@1:role/ci",)),
        ("declared", ("nowhere declared",)),
    ]


def test_what_is_missing_is_demanded_somewhere():
    found = access(kind=Kind.ACCESS_MISSING, witness=replace(access().witness, resource="r"))

    assert [layer.name for layer in layers(found)] == ["who", "on", "declared"]
    assert layers(found)[-1].labels == ("demanded at d.yaml:3",)
    assert layers(replace(found, declared_at=Place("", 0)))[-1].labels == ("demanded",)


def test_where_nothing_lies_between_there_is_no_chain():
    assert layers(access(places=(), witness=None, actual="", subject="network:lab")) == ()


def test_a_finding_about_a_credential_is_about_its_holder():
    key, holder = (Ref(system="aws", realm="1", kind=kind, id=kind, name="x") for kind in ("access-key", "user"))

    assert people(access(kind=Kind.CREDENTIAL_OLD, subject=str(key), places=(key, holder))) == ("aws@1:user/x",)
    assert people(access(kind=Kind.AT_REST_WEAK)) == ()


def test_a_bucket_is_one_asset_whatever_names_it():
    bucket = Ref(system="aws", realm="1", kind="bucket", id="b", name="cdr")
    weak = access(kind=Kind.AT_REST_WEAK, subject=str(bucket), places=(bucket,), witness=None)
    reached = access(witness=replace(access().witness, resource="arn:aws:s3:::cdr/x"))

    assert assets(weak) == assets(reached) == ("bucket/cdr",)


def changed(text, number=0):
    return Changed(id=f"{number:016x}", control="GR101", severity=Severity.HIGH, verdict=Verdict.VIOLATION, subject=text)


@given(st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_a_hostile_name_of_what_changed_adds_no_element_either(text):
    def page(name):
        past = Before(since=AT, changed={word: (changed(name),) for word in WORDS}, missed=AT)
        return as_html(replace(assessed(), troubles=(name,)), past)

    plain, hostile_one = Read(page("x")), Read(page(text))
    assert [tag for tag, _ in hostile_one.elements] == [tag for tag, _ in plain.elements]
    assert [attrs for _, attrs in hostile_one.elements] == [attrs for _, attrs in plain.elements]


def test_what_is_gone_is_named_and_what_is_still_there_leads_to_its_finding():
    page = Read(as_html(assessed(), Before(since=AT, changed={"new": (changed("here", 1),), "gone": (changed("there", 2),)})))
    assert [one["href"] for one in page.all("a") if "#f=" in one.get("href", "")] == ["#f=0000000000000001"]
    assert any("there" in told for told in page.texts["li"])


def test_of_very_much_that_changed_the_worst_is_listed_and_the_rest_counted():
    page = as_html(assessed(), Before(since=AT, changed={"gone": tuple(changed("x", number) for number in range(250))}))
    assert page.count("<li>GR101 high x</li>") == 200
    assert "50 more are in the JSON report" in page
