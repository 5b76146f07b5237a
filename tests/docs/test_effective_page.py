"""The page about effective permissions: its examples, and the names that it gives."""

from __future__ import annotations

import inspect
import re

from doc_pages import ROOT
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from guardrails.iam.permissions import Effective
from guardrails.iam.possible import Allowed
from guardrails.iam.public import opening
from guardrails.iam.trust import Trusted
from guardrails.iam.ways import Escalation

PAGE = ROOT / "docs/effective.md"


def test_the_examples_run():
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE).examples())
    assert len(examples) > 5
    for example in examples:
        example.evaluate()


def test_every_name_that_is_given_is_there():
    named = set(re.findall(r"`([a-z_]+)`", PAGE.read_text()))
    known = {name for one in (Effective, Escalation, Allowed, Trusted, opening) for name in (*dir(one), *inspect.signature(one).parameters)}

    assert {"becomes", "escalations", "reaches", "needs", "subjects", "asks", "ours"} <= named
    assert named <= known
