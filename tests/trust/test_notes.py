"""Signed notes: what Go's own implementation signed verifies here, and nothing that was changed does."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from guardrails.trust.errors import MalformedNote
from guardrails.trust.log.note import Checkpoint, Note, Verifier, cosigned, read_note, signed

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
# the example of the documentation of golang.org/x/mod/sumdb/note
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"


def test_a_note_that_another_program_signed_verifies():
    assert Verifier.read(PUBLIC).has_signed(read_note(f"{TEXT}\n{LINE}"))


def test_the_same_key_signs_the_same_line_as_the_other_program():
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(PRIVATE)[1:])

    assert signed(TEXT, "PeterNeumann", key).written() == f"{TEXT}\n{LINE}"
    assert Verifier.of("PeterNeumann", key).written() == PUBLIC


def test_a_note_is_read_as_it_was_written():
    note = cosigned(signed("log\n", "log", KEY), "witness", OTHER, AT)

    assert read_note(note.written()) == note


@given(st.integers(0, len(TEXT) - 2), st.integers(1, 127))
def test_a_changed_text_is_not_signed(at, by):
    changed = TEXT[:at] + chr(ord(TEXT[at]) ^ by) + TEXT[at + 1 :]

    assert not Verifier.read(PUBLIC).has_signed(Note(changed, read_note(f"{TEXT}\n{LINE}").signatures))


def test_a_signature_counts_for_its_own_key_and_name_only():
    note = signed("log\n", "log", KEY)

    assert Verifier.of("log", KEY).has_signed(note)
    assert not Verifier.of("log", OTHER).has_signed(note)
    assert not Verifier.of("other", KEY).has_signed(note)


def test_lines_of_keys_that_nobody_knows_are_left_alone():
    note = signed("log\n", "log", KEY)
    both = Note(note.text, (*signed("log\n", "stranger", OTHER).signatures, *note.signatures))

    assert Verifier.of("log", KEY).has_signed(read_note(both.written()))


def test_a_witness_says_when_it_saw_the_text():
    note = cosigned(signed("log\n", "log", KEY), "witness", OTHER, AT)

    assert Verifier.of("witness", OTHER).cosigned_at(note) == AT
    assert Verifier.of("witness", KEY).cosigned_at(note) is None
    assert Verifier.of("log", KEY).cosigned_at(note) is None


def test_of_several_cosignatures_the_latest_counts():
    later = AT.replace(hour=13)
    note = cosigned(cosigned(cosigned(signed("log\n", "log", KEY), "witness", OTHER, AT), "witness", OTHER, later), "witness", OTHER, AT)

    assert Verifier.of("witness", OTHER).cosigned_at(note) == later


def test_the_moment_of_a_cosignature_cannot_be_changed():
    note = cosigned(signed("log\n", "log", KEY), "witness", OTHER, AT)
    mine, witness = note.signatures
    moved = type(witness)(witness.name, witness.key, (int.from_bytes(witness.value[:8]) + 1).to_bytes(8) + witness.value[8:])

    assert Verifier.of("witness", OTHER).cosigned_at(Note(note.text, (mine, moved))) is None


def test_a_cosignature_is_no_signature_of_the_log():
    note = cosigned(Note("log\n", ()), "log", KEY, AT)

    assert not Verifier.of("log", KEY).has_signed(note)


@pytest.mark.parametrize(
    "text",
    ["", "text\n", "text\n\n", "\n\n— a YWJjZGVm\n", "text\n\n— a YWJjZGVm", "text\n\n- a YWJjZGVm\n", "text\n\n— a\n", "text\n\n— a b YWJjZGVm\n",
     "text\n\n— a YWJj\n", "text\n\n— a YWJjZGVm\n\n", "text\r\n\n— a YWJjZGVm\n", "text\n\n— a YWJjZGV\n", "text\n\n— a YWJjZGVmZx==\n", "text\n\n— a+b YWJjZGVm\n"],
)  # fmt: skip
def test_what_is_no_note_is_refused(text):
    with pytest.raises(MalformedNote):
        read_note(text)


def test_a_note_with_hundreds_of_signatures_is_refused():
    with pytest.raises(MalformedNote, match="101 signatures"):
        read_note("text\n\n" + "— a YWJjZGVm\n" * 101)


def test_the_text_may_hold_empty_lines():
    assert read_note("a\n\nb\n\n— a YWJjZGVm\n").text == "a\n\nb\n"


@pytest.mark.parametrize(
    "text", ["", "log", "log+c74f20a3", "log+c74f20a3+AYEK", PUBLIC.replace("c74f", "c74e"), PUBLIC.replace("Peter", "Piter"), f"{PUBLIC}A"]
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(MalformedNote, match="no public key"):
        Verifier.read(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_a_name_that_a_line_could_not_hold_is_refused(name):
    with pytest.raises(MalformedNote, match="no name"):
        Verifier.of(name, KEY)


def test_a_checkpoint_is_read_as_it_was_written():
    found = Checkpoint("log", 7, b"r" * 32)

    assert Checkpoint.read(Note(found.written(), ())) == found


@pytest.mark.parametrize(
    ("was", "now"),
    [("log", ""), ("\n7\n", "\n07\n"), ("\n7\n", "\n-7\n"), ("\n7\n", "\n7 \n"), ("\n7\n", "\n٧\n"), ("=\n", "\n"), ("=\n", "=\nmore\n"), ("cnJy", "cnJ"), ("=\n", "=")],
)  # fmt: skip
def test_a_checkpoint_in_another_spelling_is_none(was, now):
    text = Checkpoint("log", 7, b"r" * 32).written()
    assert was in text

    with pytest.raises(MalformedNote, match="no checkpoint"):
        Checkpoint.read(Note(text.replace(was, now, 1), ()))
