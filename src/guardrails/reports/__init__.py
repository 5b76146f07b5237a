"""Assessments as text, one module for each format. Whatever came from a system is made safe for where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from guardrails.model.findings import Assessment
from guardrails.reports.before import NOTHING_BEFORE, Before
from guardrails.reports.machine import as_json
from guardrails.reports.safe import show
from guardrails.reports.text import as_text

__all__ = ["FORMATS", "as_json", "as_text", "rendered", "show"]

_HOMES: Mapping[str, tuple[str, str]] = {
    "text": ("text", "as_text"),
    "json": ("machine", "as_json"),
    "sarif": ("sarif", "as_sarif"),
    "junit": ("junit", "as_junit"),
    "markdown": ("markdown", "as_markdown"),
    "csv": ("table", "as_csv"),
    "ocsf": ("ocsf", "as_ocsf"),
    "oscal": ("oscal", "as_oscal"),
    "prometheus": ("prometheus", "as_prometheus"),
    "html": ("html", "as_html"),
}

_REMEMBERING = frozenset({"text", "json", "html", "prometheus"})
"""What tells of earlier runs; what is of the others has no place for it."""

FORMATS = tuple(_HOMES)
"""What an assessment can be shown as."""


def rendered(assessment: Assessment, form: str, before: Before = NOTHING_BEFORE) -> str:
    """The assessment in one of the `FORMATS`; the module of a format is loaded when it is first asked for."""
    home, name = _HOMES[form]
    writer: Callable[..., Any] = getattr(import_module(f"guardrails.reports.{home}"), name)
    return str(writer(assessment, before) if form in _REMEMBERING else writer(assessment))
