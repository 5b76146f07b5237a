"""Our verdicts against those of the npm package iam-simulate: every difference has a reading that explains it.

The recorded sample needs no node; `make deep` asks the package itself, where node is found.
"""

from __future__ import annotations

import gzip
import json
import os

import pytest
from iam_cases import cases
from iam_peer import RECORDED, VERSION, ask, missing, ours
from iam_readings import explained

_LIVE = 50_000 if os.environ.get("GUARDRAILS_DEEP_CASES") else 0


def _differences(asked, results):
    return [(case, theirs) for case, theirs in zip(asked, results, strict=True) if ours(case) is not (theirs == "Allowed")]


def _unexplained(differences):
    return [(theirs, json.dumps(case)) for case, theirs in differences if explained(case, theirs) is None]


@pytest.fixture(scope="module")
def recorded():
    return json.loads(gzip.decompress(RECORDED.read_bytes()))


def test_every_recorded_difference_is_explained(recorded):
    differences = _differences(recorded["cases"], recorded["results"])

    assert 0 < len(differences) < len(recorded["cases"]) / 20
    assert _unexplained(differences) == []


def test_the_sample_was_recorded_with_the_version_that_is_locked(recorded):
    assert recorded["iam-simulate"] == VERSION


def test_readings_do_not_explain_just_anything(recorded):
    same = [
        case for case, theirs in list(zip(recorded["cases"], recorded["results"], strict=True))[:60] if ours(case) is (theirs == "Allowed")
    ]
    false = [case for case in same if explained(case, "ImplicitlyDenied" if ours(case) else "Allowed")]

    assert len(false) < len(same) / 10


@pytest.mark.deep
def test_every_live_difference_is_explained():
    if not _LIVE or missing():
        pytest.skip(f"asked only by make deep, with node: {missing()}")
    for number, start in enumerate(range(0, _LIVE, 2000)):
        batch = list(cases(500 + number, min(2000, _LIVE - start)))

        assert _unexplained(_differences(batch, ask(batch))) == []
