"""Each format is what its own readers take, says everything, and lets no foreign text out of its place."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from dataclasses import replace

import junitparser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from sarif_pydantic import Sarif

from guardrails import reports
from guardrails.controls import CONTROLS
from guardrails.model.words import Verdict
from guardrails.reports.markdown import as_markdown
from guardrails.reports.sarif import MOST_RESULTS
from guardrails.reports.table import COLUMNS
from reports.assessments import GAP, HOSTILE, SEEN, assessed, everything, finding, hostile

WORLDS = pytest.mark.parametrize("world", [everything, hostile, assessed], ids=["everything", "hostile", "clean"])
CLEAN, NOTHING = assessed(), assessed(seen=())
UNKNOWN = assessed(finding(verdict=Verdict.UNKNOWN), gaps=(GAP,))


def junit(assessment):
    return junitparser.JUnitXml.fromstring(reports.rendered(assessment, "junit").encode())


@WORLDS
@pytest.mark.parametrize("form", reports.FORMATS)
def test_the_same_run_gives_the_same_text_and_nothing_that_a_terminal_or_parser_obeys(world, form):
    shown = reports.rendered(world(), form)

    assert shown == reports.rendered(world(), form)
    shown.encode()
    allowed = "\r\n" if form == "csv" else "\n"
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", re.sub(f"[{allowed}]", "", shown))


@WORLDS
@pytest.mark.parametrize("form", [form for form in reports.FORMATS if form != "prometheus"])
def test_no_finding_is_lost(world, form):
    shown = reports.rendered(world(), form)

    assert all(form == "markdown" or one.id in shown or form == "oscal" for one in world().findings)
    assert form != "markdown" or shown.count("| GR") == len(world().findings)


@WORLDS
def test_sarif_is_sarif_and_points_at_lines_of_the_declaration(world):
    document = json.loads(reports.rendered(world(), "sarif"))
    Sarif.model_validate(document)
    (run,) = document["runs"]

    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [one.control for one in world().findings]
    assert all(
        location["physicalLocation"]["artifactLocation"]["uri"] and location["physicalLocation"]["region"]["startLine"] > 0
        for result in run["results"]
        for location in result["locations"]
    )
    assert [result["partialFingerprints"]["guardrails/v1"] for result in run["results"]] == [one.id for one in world().findings]


def test_in_sarif_what_could_not_be_told_is_as_loud_as_a_violation():
    (result,) = json.loads(reports.rendered(UNKNOWN, "sarif"))["runs"][0]["results"]

    assert (result["level"], result.get("kind", "fail")) == ("error", "fail")
    assert result["message"]["text"].startswith("unknown: ")
    assert json.loads(reports.rendered(UNKNOWN, "sarif"))["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_in_sarif_a_known_gap_is_suppressed_and_still_there():
    (result,) = json.loads(reports.rendered(assessed(finding("EX", verdict=Verdict.UNKNOWN, known=True)), "sarif"))["runs"][0]["results"]

    assert [one["status"] for one in result["suppressions"]] == ["accepted"]


def test_sarif_keeps_what_code_scanning_takes_and_says_what_it_left_out():
    many = assessed(*(finding(number=number) for number in range(MOST_RESULTS + 3)))
    (run,) = json.loads(reports.rendered(many, "sarif"))["runs"]

    assert len(run["results"]) == MOST_RESULTS
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].startswith("3 findings")


@WORLDS
def test_junit_is_read_with_a_case_for_each_finding(world):
    read = junit(world())
    bad = [case for suite in read for case in suite if case.result]

    assert len(bad) == len(world().findings)
    assert read.failures + read.errors + read.skipped == len(world().findings)
    assert read.tests == sum(len(list(suite)) for suite in read)


def test_junit_passes_what_was_judged_and_nothing_where_nothing_was_seen():
    passed = [case for suite in junit(CLEAN) for case in suite]
    nothing = junit(NOTHING)

    assert len(passed) == len(CONTROLS)
    assert (nothing.tests, nothing.errors) == (1, 1)


def test_in_junit_what_could_not_be_told_is_an_error():
    read = junit(UNKNOWN)

    assert (read.errors, read.failures) == (1, 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_foreign_text_as_text(text):
    shown = reports.rendered(assessed(finding(text)), "markdown")
    (row,) = [line for line in shown.splitlines() if line.startswith("| GR")]

    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert re.sub(r"<br>", "", row).count("<") == 0
    assert not re.search(r"(?<!\\)[`\[\]*]", row)
    assert "https://" not in shown
    assert "@everyone" not in shown


def test_markdown_is_cut_where_its_reader_would_refuse_it_and_says_so():
    many = assessed(*(finding("ä" * 50, number=number) for number in range(1000)))
    shown = as_markdown(many, most_bytes=50_000)
    kept = shown.count("| GR")

    assert len(shown.encode()) <= 50_000
    assert 0 < kept < 1000
    assert f"**{1000 - kept} more findings" in shown


def test_markdown_says_that_nothing_was_observed():
    assert "nothing evaluated never passes" in reports.rendered(NOTHING, "markdown")


@WORLDS
def test_csv_is_read_back_and_holds_no_formula(world):
    names, *rows = csv.reader(io.StringIO(reports.rendered(world(), "csv"), newline=""))

    assert tuple(names) == COLUMNS
    assert [row[0] for row in rows] == [one.id for one in world().findings]
    assert not any(cell.lstrip()[:1] in set("=+-@|%") for row in rows for cell in row if cell.strip())


@WORLDS
def test_ocsf_events_are_compliance_findings(world):
    events = json.loads(reports.rendered(world(), "ocsf"))
    for event in events:
        ComplianceFinding.model_validate(event)

    assert [event["finding_info"]["uid"] for event in events] == [one.id for one in world().findings]
    assert {event["compliance"]["status"] for event in events} <= {"Fail", "Warning"}


@WORLDS
def test_oscal_is_assessment_results(world):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trestle.oscal.assessment_results import Model  # noqa: PLC0415  # it warns of its own dependencies

        read = Model.model_validate(json.loads(reports.rendered(world(), "oscal")))
    (result,) = read.assessment_results.results

    assert len(result.findings or []) == len(world().findings)


@WORLDS
def test_prometheus_reads_the_metrics(world):
    families = {family.name: family.samples for family in text_string_to_metric_families(reports.rendered(world(), "prometheus"))}

    assert sum(sample.value for sample in families["guardrails_findings"]) == len(world().findings)
    assert [sample.value for sample in families["guardrails_exit_code"]] == [world().exit_code]
    assert [sample.value for sample in families["guardrails_last_run_timestamp_seconds"]] == [world().at.timestamp()]


def test_a_hostile_name_makes_no_metric_of_its_own():
    evil = finding('"} 1\nguardrails_exit_code 0')
    evil = replace(evil, difference=replace(evil.difference, system='"} 1\nguardrails_exit_code 0'))
    families = {f.name: f.samples for f in text_string_to_metric_families(reports.rendered(assessed(evil), "prometheus"))}

    assert [sample.value for sample in families["guardrails_exit_code"]] == [1]


def test_the_system_that_was_seen_is_in_the_metrics():
    samples = list(text_string_to_metric_families(reports.rendered(CLEAN, "prometheus")))

    assert {s.labels["system"]: s.value for family in samples if family.name == "guardrails_facts" for s in family.samples} == {
        SEEN.system: SEEN.facts
    }
