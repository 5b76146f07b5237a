"""Documents as text, and the collector that rests while many are read."""

from __future__ import annotations

import gc
import json
from collections import OrderedDict
from types import SimpleNamespace

import pytest

from guardrails.iam.collector import paused
from guardrails.iam.texts import parts_of, text_of, written

ONE, OTHER = ({"Effect": effect, "Action": "s3:*", "Resource": "*"} for effect in ("Allow", "Deny"))


def test_the_same_document_is_the_same_text_in_whatever_order_it_is_written():
    document = {"Version": "2012-10-17", "Statement": [ONE]}

    assert text_of(document) == text_of(dict(reversed(document.items()))) == json.dumps(document, sort_keys=True)
    assert text_of(OrderedDict(document)) == text_of(document)


def test_what_differs_by_type_alone_is_another_text():
    assert len({text_of({"Statement": value}) for value in (1, 1.0, True, "1", None, [1])}) == 6


def test_what_json_cannot_say_is_no_text():
    with pytest.raises(TypeError):
        text_of({"Statement": SimpleNamespace()})


def test_a_document_has_a_part_for_each_statement():
    whole = {"Version": "2012-10-17", "Statement": [ONE, OTHER]}
    parts = [written(part) for part in parts_of(json.dumps(whole))]

    assert parts == [text_of({**whole, "Statement": [each]}) for each in (ONE, OTHER)]


@pytest.mark.parametrize("document", [{"Statement": ONE}, {"Statement": []}, {"Version": "2012-10-17"}, [ONE], 1])
def test_what_has_no_list_of_statements_is_one_part(document):
    (part,) = parts_of(json.dumps(document))

    assert json.loads(written(part)) == document


def read():
    with paused():
        raise ValueError("not JSON" if not gc.isenabled() else "the collector is on")


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_as_it_was_when_all_is_read(was_on):
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ValueError, match="not JSON"):
            read()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
