"""Data keys wrapped by a real OpenBao and by a KMS: given back for what they were made for, by the key that made them, and by nobody else."""

from __future__ import annotations

import io
from dataclasses import replace

import boto3
import pytest
from pytest_socket import enable_socket

from guardrails.connectors.vault.language import Settings
from guardrails.errors import ConnectorError
from guardrails.secret import SecretRef
from guardrails.testing.openbao import openbao
from guardrails.testing.servers import aws_credentials, moto
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.head import Kind
from guardrails.trust.sealed.keys import Keys
from guardrails.trust.sealed.segments import read_head, sealed, unsealed
from guardrails.wrapping.kms import KmsKey
from guardrails.wrapping.transit import TransitKey

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
CONTENT = b"canary " * 400
POLICY = 'path "transit/encrypt/seals" { capabilities = ["update"] }\npath "transit/decrypt/seals" { capabilities = ["update"] }\n'


def packed(keys):
    return b"".join(sealed(CONTENT, keys.fresh(Kind.SNAPSHOT, "one")))


def opened(keys, file):
    return unsealed(io.BytesIO(file), keys, Kind.SNAPSHOT)


@pytest.fixture(scope="module")
def bao():
    enable_socket()
    with openbao() as server:
        server.ask("POST", "sys/mounts/transit", {"type": "transit"})
        for name in ("seals", "others"):
            server.ask("POST", f"transit/keys/{name}", {"type": "aes256-gcm96"})
        server.ask("PUT", "sys/policies/acl/seals", {"policy": POLICY})
        yield server


@pytest.fixture
def transit(bao, monkeypatch):
    made = bao.ask("POST", "auth/token/create", {"policies": ["seals"]})["auth"]["client_token"]
    monkeypatch.setenv("SEAL_TOKEN", made)
    return TransitKey(Settings(address=bao.url, token=SecretRef.parse("env:SEAL_TOKEN")), "transit", "seals")


def test_transit_gives_back_what_it_wrapped_through_a_rotation(bao, transit):
    keys = Keys(transit)
    first = packed(keys)
    assert read_head(io.BytesIO(first)).wrapped.version == "v1"
    bao.ask("POST", "transit/keys/seals/rotate")
    second = packed(keys)
    assert read_head(io.BytesIO(second)).wrapped.version == "v2"
    assert opened(keys, first) == opened(keys, second) == CONTENT
    bao.ask("POST", "transit/keys/seals/config", {"min_decryption_version": 2})
    with pytest.raises(ConnectorError, match="does not decrypt"):
        opened(keys, first)
    bao.ask("POST", "transit/keys/seals/config", {"min_decryption_version": 1})
    assert opened(keys, first) == CONTENT


def test_transit_gives_a_key_back_for_its_context_alone(transit):
    context = {"kind": "snapshot", "id": "one"}
    _, wrapped = transit.fresh(context)
    with pytest.raises(ConnectorError, match="does not decrypt"):
        transit.unwrapped(wrapped, {**context, "id": "two"})
    with pytest.raises(ConnectorError, match="does not decrypt"):
        transit.unwrapped(replace(wrapped, content=wrapped.content[:-3] + "A=="), context)


def test_a_token_without_the_right_is_told_the_right(bao, transit):
    settings = Settings(address=bao.url, token=SecretRef.parse("env:SEAL_TOKEN"))
    with pytest.raises(ConnectorError, match="give the token update on transit/encrypt/others"):
        TransitKey(settings, "transit", "others").fresh({})


def test_a_server_that_is_away_is_no_key(monkeypatch):
    monkeypatch.setenv("SEAL_TOKEN", "t")
    away = TransitKey(Settings(address="http://127.0.0.1:9", token=SecretRef.parse("env:SEAL_TOKEN"), per_second=100), "transit", "seals")
    with pytest.raises(ConnectorError, match="does not encrypt"):
        away.fresh({})


@pytest.fixture(scope="module")
def kms():
    enable_socket()
    with moto() as url, aws_credentials():
        client = boto3.client("kms", "eu-north-1", endpoint_url=url)
        arns = [client.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
        yield client, url, arns


def test_kms_gives_back_what_it_wrapped_and_for_its_context_alone(kms):
    _, url, (arn, other) = kms
    keeper = KmsKey(arn, url)
    file = packed(Keys(keeper))
    assert opened(Keys(KmsKey(other, url), (keeper,)), file) == CONTENT
    assert read_head(io.BytesIO(file)).wrapped.key == arn
    with pytest.raises(SealError, match="no such key is at hand"):
        opened(Keys(KmsKey(other, url)), file)
    _, wrapped = keeper.fresh({"id": "one"})
    with pytest.raises(ConnectorError, match="Decrypt: InvalidCiphertext"):
        keeper.unwrapped(wrapped, {"id": "two"})
    with pytest.raises(SealError, match="no base64"):
        keeper.unwrapped(replace(wrapped, content="?"), {"id": "one"})


def test_a_key_that_is_not_there_seals_nothing(kms):
    _, url, (arn, _) = kms
    with pytest.raises(
        ConnectorError, match=r"GenerateDataKey: NotFoundException \(give the identity kms:GenerateDataKey and kms:Decrypt on it"
    ):
        KmsKey(arn[:-12] + "0" * 12, url).fresh({})
