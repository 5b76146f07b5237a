"""Bad input is told with its place and what to write instead, all of it at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare
from guardrails.errors import DeclarationError

HEAD = b"guardrails: 1\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        declare.loads([("a.yaml", HEAD + text.encode())])
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("teams: {a: &x {}}", "a.yaml:2:12: anchors"),
        ("teams: {a: *x}", "a.yaml:2:"),
        ("teams: !!python/object:x {}", "tags are not allowed"),
        ("teams: {a: {}, a: {}}", "stands here twice"),
        ("teams:\n  a: {}\n  <<: {}", "a.yaml:4:3: merge keys"),
        ("networks: {n: {cidrs: [::/0]}}", "a.yaml:2:"),
        ("networks: {n: {cidrs: ['10.0.0.1/8']}}", "write 10.0.0.0/8"),
        ("networks: {n: {cidrs: [22:22]}}", "read in more than one way"),
        ("networks: {n: {cidrs: ['10.0.0.0/8'], until: tomorrow}}", "is not a date"),
        ("networks: {n: {cidr: ['10.0.0.0/8']}}", "did you mean cidrs?"),
        ("teem: {}", "did you mean teams?"),
        ("teams: {a: 0755}", "read in more than one way"),
        ("teams: {a: }", "there is no value here"),
        ("workloads: {w: {is: ['aws:role/x'], may: [nothing]}}", "the entitlement nothing, which is not declared"),
        ("assets: {a: {class: secret, owner: 'team:x'}}", "the class secret"),
        ("classes: {a: {extends: b}, b: {extends: a}}", "leads back"),
        ("---\na: 1", "a second document"),
        ("teams: [", "broken YAML"),
        ("teams: " + "[" * 40 + "]" * 40, "nested more than"),
        ("teams: " + "[" * 5000, "a.yaml:2:"),
    ],
)
def test_a_mistake_is_told(text, said):
    assert any(said in mistake for mistake in mistakes(text)), mistakes(text)


def test_all_mistakes_of_all_files_are_told_at_once():
    files = [("a.yaml", HEAD + b"teams: {a: 0755}\n"), ("b.yaml", b"networks: {n: {cidr: []}}\n"), ("c.yaml", b"\xff\xfe\xfa")]
    with pytest.raises(DeclarationError) as caught:
        declare.loads(files)
    assert {mistake.file for mistake in caught.value.mistakes} == {"a.yaml", "b.yaml", "c.yaml"}


def test_no_is_text_and_not_false():
    node, found = declare.read(b"a: NO", "a.yaml")
    assert not found
    assert node.entries[0][1].text == "NO"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_told_with_a_place(content):
    node, found = declare.read(content, "a.yaml")
    assert node is not None or found


@given(st.text("ab:-[]{}&*!|>'\"#%@,? \n01", max_size=60))
def test_any_text_is_a_declaration_or_its_mistakes(text):
    try:
        declare.loads([("a.yaml", text.encode())])
    except DeclarationError as error:
        assert error.mistakes  # noqa: PT017  # either outcome is right, silence is not


def test_a_digest_covers_the_entry_and_not_its_claim():
    def digest(entry: str) -> str:
        text = f"classes: {{c: {{}}}}\nassets: {{a: {{class: c, owner: x, {entry}}}}}"
        return dict(declare.loads([("a.yaml", HEAD + text.encode())]).digests)["asset:a"]

    assert digest("accepted: ISG-1") == digest("accepted: ISG-2")
    assert digest("risk: R-1") != digest("risk: R-2")


def test_an_unevaluated_section_is_kept_as_such():
    declaration = declare.loads([("a.yaml", HEAD + b"registers: {nda: {}, changes: {path: x}}\nelevations: {e: {}}\n")])
    assert [name for name, _ in declaration.unevaluated] == ["elevations", "registers.nda"]
    assert declaration.changes is not None
    assert declaration.changes.path == "x"
