"""JUnit XML, which every CI reads: one suite for each control, a case for each finding, and one that passes where there is none.

A violation is a failure; what could not be told is an error; a known gap is skipped. Where nothing was observed nothing passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from guardrails.controls import CONTROLS
from guardrails.controls.control import Control
from guardrails.model.findings import Assessment, Finding
from guardrails.reports.safe import show
from guardrails.reports.told import is_open, remedy, request

__all__ = ["as_junit"]


def as_junit(assessment: Assessment) -> str:
    """The whole as one document, in UTF-8."""
    root = ET.Element("testsuites", name="guardrails")
    found: dict[str, list[Finding]] = {}
    for finding in assessment.findings:
        found.setdefault(finding.control, []).append(finding)
    at = assessment.at.strftime("%Y-%m-%dT%H:%M:%S")
    for control in CONTROLS:
        if findings := found.get(control.code, []):
            _counted(root, control, at, [_case(finding) for finding in findings])
        elif assessment.seen:
            _counted(root, control, at, [ET.Element("testcase", classname=control.code, name=control.title)])
    if not assessment.seen:
        _nothing(root, at)
    for word in ("tests", "failures", "errors", "skipped"):
        root.set(word, str(sum(int(suite.get(word, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counted(root: ET.Element, control: Control, at: str, cases: Iterable[ET.Element]) -> None:
    _suite(root, f"{control.code} {control.title}", at, cases)


def _nothing(root: ET.Element, at: str) -> None:
    case = ET.Element("testcase", classname="guardrails", name="something was observed")
    ET.SubElement(case, "error", message="nothing was observed, and nothing evaluated never passes", type="unknown")
    _suite(root, "guardrails", at, [case])


def _suite(root: ET.Element, name: str, at: str, cases: Iterable[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=name, timestamp=at, time="0")
    suite.extend(cases)
    suite.set("tests", str(len(suite)))
    for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(word, str(len(suite.findall(f"testcase/{tag}"))))


def _case(finding: Finding) -> ET.Element:
    difference = finding.difference
    facet = f" {difference.facet}" if difference.facet else ""
    case = ET.Element("testcase", classname=finding.control, name=show(f"{difference.subject}{facet} [{finding.id}]"))
    if difference.declared_at.file:
        case.set("file", show(difference.declared_at.file))
        case.set("line", str(difference.declared_at.line))
    if difference.known:
        ET.SubElement(case, "skipped", message=show(f"known gap {difference.exception}: {difference.message}"))
        return case
    form = "error" if is_open(finding) else "failure"
    told = ET.SubElement(case, form, message=show(difference.message), type=difference.verdict.value)
    lines = (
        ("severity", finding.severity.label),
        ("witness", request(finding)),
        ("at", difference.actual),
        ("declared", str(difference.declared_at)),
        ("owner", difference.owner),
        ("do", remedy(finding)),
    )
    told.text = "\n".join(f"{label}: {show(value)}" for label, value in lines if value)
    return case
