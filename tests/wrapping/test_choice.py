"""Keys in files and of age, and what a host file may say about them."""

from __future__ import annotations

import base64
from dataclasses import replace

import pyrage
import pytest

from guardrails.cli.host import read_host
from guardrails.errors import AuthorError, DeclarationError, OperatorError, SecretError
from guardrails.trust.errors import SealError
from guardrails.wrapping.age import AgeKey
from guardrails.wrapping.choice import key_of_argument
from guardrails.wrapping.key_file import KeyFile
from guardrails.wrapping.kms import KmsKey
from guardrails.wrapping.transit import TransitKey

CONTEXT = {"kind": "snapshot", "id": "one"}
ARN = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RECIPIENT = str(pyrage.x25519.Identity.from_str("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX").to_public())


def key_file(path, content=b"k" * 32, mode=0o600):
    path.write_text(base64.b64encode(content).decode() + "\n")
    path.chmod(mode)
    return path


def host(tmp_path, text):
    file = tmp_path / "host.yaml"
    file.write_text(text)
    file.chmod(0o600)
    return read_host(file)


def test_a_key_in_a_file_opens_what_it_wrapped_wherever_the_file_is(tmp_path):
    keeper = key_of_argument(f"file:{key_file(tmp_path / 'key')}").current
    key, wrapped = keeper.fresh(CONTEXT)
    moved = key_of_argument(f"file:{key_file(tmp_path / 'moved')}").current
    assert moved.has_wrapped(wrapped)
    assert moved.unwrapped(wrapped, CONTEXT).reveal() == key.reveal()
    other = key_of_argument(f"file:{key_file(tmp_path / 'other', b'o' * 32)}").current
    assert not other.has_wrapped(wrapped)
    assert b"k" * 8 not in repr((wrapped, keeper)).encode()


def test_a_wrapped_key_is_bound_to_its_context_and_every_byte(tmp_path):
    keeper = key_of_argument(f"file:{key_file(tmp_path / 'key')}").current
    _, wrapped = keeper.fresh(CONTEXT)
    raw = base64.b64decode(wrapped.content)
    for at in range(len(raw)):
        changed = base64.b64encode(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]).decode()
        with pytest.raises(SealError, match="its head was changed"):
            keeper.unwrapped(replace(wrapped, content=changed), CONTEXT)
    for content in ("", "AAAA", "?"):
        with pytest.raises(SealError):
            keeper.unwrapped(replace(wrapped, content=content), CONTEXT)
    with pytest.raises(SealError):
        keeper.unwrapped(wrapped, {**CONTEXT, "id": "two"})


@pytest.mark.parametrize(("content", "mode"), [(b"k" * 32, 0o640), (b"k" * 31, 0o600), (b"", 0o600)])
def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path, content, mode):
    keeper = key_of_argument(f"file:{key_file(tmp_path / 'key', content, mode)}").current
    with pytest.raises(SecretError):
        keeper.fresh(CONTEXT)


def identity(tmp_path):
    made = pyrage.x25519.Identity.generate()
    file = tmp_path / "identity"
    file.write_text(f"# created: today\n# public key: {made.to_public()}\n{made}\n")
    file.chmod(0o600)
    return str(made.to_public()), file


def test_age_seals_for_everybody_and_opens_for_who_has_the_identity(tmp_path):
    recipient, file = identity(tmp_path)
    sealing = key_of_argument(recipient).current
    key, wrapped = sealing.fresh(CONTEXT)
    assert not sealing.has_wrapped(wrapped)
    pinned = host(tmp_path, f'seal: {{age: ["{RECIPIENT}", "{recipient}"], identity: "file:{file}"}}\n')
    opening = pinned.keys.current
    assert opening.has_wrapped(wrapped)
    assert opening.unwrapped(wrapped, CONTEXT).reveal() == key.reveal()
    with pytest.raises(SealError, match="does not open the key"):
        opening.unwrapped(replace(wrapped, content=wrapped.content[:-4] + "AAA="), CONTEXT)
    _, foreign = key_of_argument(RECIPIENT).current.fresh(CONTEXT)
    with pytest.raises(SealError):
        opening.unwrapped(foreign, CONTEXT)


def test_what_is_no_recipient_and_no_identity_is_told(tmp_path):
    with pytest.raises(OperatorError, match="not a recipient of age"):
        key_of_argument("age1nobody").current.fresh(CONTEXT)
    file = key_file(tmp_path / "identity")
    keeper = host(tmp_path, f'seal: {{age: ["{RECIPIENT}"], identity: "file:{file}"}}\n').keys.current
    _, wrapped = keeper.fresh(CONTEXT)
    with pytest.raises(SecretError, match="not an identity of age"):
        keeper.unwrapped(wrapped, CONTEXT)


def test_a_host_that_only_seals_needs_no_roster_and_every_way_can_be_named(tmp_path):
    pinned = host(
        tmp_path,
        f'seal:\n  vault: {{address: "https://v:8200", key: g, token: "env:T"}}\n'
        f'  older: [{{file: "/etc/k"}}, {{kms: "{ARN}"}}, {{age: ["{RECIPIENT}"]}}]\n',
    )
    assert pinned.anchor is None
    assert isinstance(pinned.keys.current, TransitKey)
    assert pinned.keys.current.name == "https://v:8200/transit/g"
    assert [type(key) for key in pinned.keys.older] == [KeyFile, KmsKey, AgeKey]


@pytest.mark.parametrize(
    ("seal", "said"),
    [
        ("{}", "names 0 keys in place of one"),
        (f'{{file: "/k", kms: "{ARN}"}}', "names 2 keys in place of one"),
        ('{file: "k"}', "does not begin at the root"),
        ('{kms: "alias/k"}', "is not the ARN of a key"),
        ("{age: []}", "must be a list of recipients"),
        ('{age: ["ssh-ed25519 AAAA"]}', "must be a list of recipients"),
        ('{file: "/k", identity: "file:/i"}', "has no field identity"),
        ('{vault: {address: "http://v:8200", key: g, token: "env:T"}}', "is not https"),
        ('{vault: {address: "https://v:8200", key: g}}', "has not one way to log in"),
        ('{vault: {address: "https://v:8200", token: "env:T"}}', "lacks key"),
        ('{vault: {address: "https://v:8200", key: g, token: "hvs.secret"}}', "a secret must be given by reference"),
        ('{file: "/k", older: {file: "/o"}}', "must be a list"),
        ('{file: "/k", older: [{}]}', "seal.older names 0 keys"),
    ],
)
def test_a_mistake_about_keys_is_told_with_its_place(tmp_path, seal, said):
    with pytest.raises(DeclarationError, match=said) as caught:
        host(tmp_path, f"seal: {seal}\n")
    assert "host.yaml:1:" in str(caught.value)
    assert "hvs.secret" not in str(caught.value)


def test_without_a_key_the_roster_is_asked_for_as_before(tmp_path):
    with pytest.raises(DeclarationError, match="lacks roster-digest"):
        host(tmp_path, 'state: "/var/lib/guardrails"\n')


@pytest.mark.parametrize("text", ["key", "/path", "file:key", "kms:x", ""])
def test_an_argument_names_a_file_or_a_recipient(text):
    with pytest.raises(AuthorError, match="--seal names no key"):
        key_of_argument(text)
