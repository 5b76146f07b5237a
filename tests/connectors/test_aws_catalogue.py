"""The snapshot of what AWS publishes: whole, typed, small, and what the development package it was made from says."""

from __future__ import annotations

import gzip
import json
import runpy
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from guardrails.iam.catalogue import catalogue, listed, snapshot_date
from guardrails.iam.global_keys import GLOBAL_KEYS
from guardrails.iam.keys import _PLACE, KeyType, Presence, ValueType, key_type, keys_of, presence

ROOT = Path(__file__).parents[2]
FOLDER = files("guardrails.iam")
RECORDED = ROOT / "tests/connectors/recorded/aws-global-keys.txt"
UNTYPED = {"identitystore:UserId", "kms:RecipientAttestation:PCR8:ServiceName"}
"""Published with two types; published with none."""

TEXT, TEXTS = KeyType(), KeyType(is_list=True)
UNKNOWN = KeyType(known=False)


def published_types() -> dict[str, str]:
    return json.loads(gzip.decompress(FOLDER.joinpath("keys.json.gz").read_bytes()).splitlines()[1])["keys"]


@pytest.fixture(scope="module")
def rebuilt() -> dict[str, bytes]:
    return runpy.run_path(str(ROOT / "scripts/rebuild_catalogue.py"))["snapshot"]()


@pytest.mark.parametrize(("name", "most"), [("actions.json.gz", 200_000), ("keys.json.gz", 40_000)])
def test_the_snapshot_is_what_make_catalogue_writes_and_small(rebuilt, name, most):
    kept = FOLDER.joinpath(name).read_bytes()
    # the text and not the bytes: another zlib may pack it otherwise
    assert gzip.decompress(kept) == gzip.decompress(rebuilt[name]), "run `make catalogue`"
    assert len(kept) < most


def test_the_same_package_gives_the_same_bytes(rebuilt):
    assert runpy.run_path(str(ROOT / "scripts/rebuild_catalogue.py"))["snapshot"]() == rebuilt


def test_both_files_are_of_one_date():
    dates = {
        json.loads(gzip.decompress(FOLDER.joinpath(name).read_bytes()).splitlines()[0]) for name in ("actions.json.gz", "keys.json.gz")
    }
    assert dates == {snapshot_date()}


def test_an_import_and_the_date_read_nothing_of_it_and_the_actions_not_the_keys():
    program = """
import gzip
opened = []
packed = gzip.decompress
gzip.decompress = lambda data: opened.append(len(data)) or packed(data)
import guardrails
from guardrails.connectors.aws import CONNECTOR
from guardrails.iam import catalogue, keys
assert catalogue.snapshot_date() >= "2026-01-01"
keys.key_type("aws:SourceIp")
assert not opened
catalogue.catalogue()
assert len(opened) == 1
keys.key_type("s3:prefix")
assert len(opened) == 2
keys.keys_of("s3:GetObject")
assert len(opened) == 2
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_key_of_every_action_has_a_type():
    untyped = {key for action in listed() for key in keys_of(action) if not key_type(key).known}
    assert untyped == UNTYPED


def test_what_aws_gives_in_its_own_policies_and_does_not_publish_is_counted():
    documents = [policy["Document"] for policy in json.loads(aws_managed_policies_data).values()]
    literal = {action.lower() for document in documents for action in actions_of(document) if "*" not in action and "?" not in action}
    missing = {action for action in literal if action not in catalogue()}
    services = {action.partition(":")[0] for action in missing}
    unpublished = services - {name.partition(":")[0] for name in listed()}
    assert (len(literal), len(missing), len(services), len(unpublished)) == (11920, 121, 17, 8)


def actions_of(document):
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Action", "NotAction"):
            said = statement.get(element, [])
            yield from [said] if isinstance(said, str) else said


def test_the_keys_of_an_action_are_its_own_and_those_of_its_resources():
    found = keys_of("S3:getobject")
    assert {"s3:ResourceAccount", "s3:ExistingObjectTag/<key>", "s3:AccessPointNetworkOrigin", "aws:ResourceTag/${TagKey}"} <= found
    assert "s3:prefix" not in found
    assert "s3:prefix" in keys_of("s3:ListBucket")
    assert "kms:EncryptionContext:${EncryptionContextKey}" in keys_of("kms:Decrypt")


def test_an_action_that_is_not_published_has_no_published_keys():
    assert keys_of("brandnew:DoIt") == frozenset()


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("s3:prefix", TEXT),
        ("S3:PREFIX", TEXT),
        ("dynamodb:LeadingKeys", TEXTS),
        ("ec2:Vpc", KeyType(value=ValueType.ARN)),
        ("s3:max-keys", KeyType(value=ValueType.NUMERIC)),
        ("rds:MultiAz", KeyType(value=ValueType.BOOL)),
        ("s3:object-lock-retain-until-date", KeyType(value=ValueType.DATE)),
        ("aws:SourceIp", KeyType(value=ValueType.IP_ADDRESS)),
        ("aws:tagkeys", TEXTS),
        ("AWS:PrincipalTag/Team", TEXT),
        ("aws:PrincipalTag/a/b", TEXT),
        ("aws:ResourceTag/${TagKey}", TEXT),
        ("kms:EncryptionContext:Stage", TEXT),
        ("kms:EncryptionContextKeys", TEXTS),
        ("s3:ExistingObjectTag/class", TEXT),
        ("codebuild:secondarySources/one.insecureSsl", KeyType(value=ValueType.BOOL)),
        ("events:Metadata/source", TEXTS),
        ("events:Metadata/source/Matcher", TEXT),
        ("token.actions.githubusercontent.com:sub", TEXT),  # of any provider
        ("gitlab.example:8443:aud", UNKNOWN),
        ("gitlab:sub", UNKNOWN),
    ],
)
def test_a_key_holds_what_is_published_in_any_spelling(name, held):
    assert key_type(name) == held


@pytest.mark.parametrize(
    "name", ["s3:nonsense", "aws:Nonsense", "aws:SourceIp/x", "aws:PrincipalTag", "kms:EncryptionContext:", "", *sorted(UNTYPED)]
)
def test_a_key_of_no_or_of_two_types_is_not_known(name):
    assert key_type(name) == UNKNOWN


def test_each_pattern_has_one_place_and_tells_of_the_keys_that_it_fits_best():
    patterns = [name for name in published_types() if _PLACE.search(name)]
    assert len(patterns) > 100
    for name in patterns:
        assert len(_PLACE.findall(name)) == 1
        assert key_type(_PLACE.sub("x", name)) == key_type(name), name


def test_the_global_keys_are_those_that_another_list_has():
    told = dict(line.split() for line in RECORDED.read_text().splitlines() if not line.startswith("#"))
    assert told.pop("identitystore:UserId") == "String"  # the services that publish it tell a list
    mine = {key.name: ("ArrayOf" if key.type.is_list else "") + key.type.value.value for key in GLOBAL_KEYS.values()}
    assert mine == {name.removesuffix("tag-key"): value for name, value in told.items()}


def test_a_global_key_that_services_publish_as_well_has_the_same_type():
    both = {name: told for name, told in published_types().items() if is_global(name)}
    assert {"aws:TagKeys", "aws:RequestTag/${TagKey}", "lambda:SourceFunctionArn", "ec2:SourceInstanceARN"} <= set(both)
    for name, told in both.items():
        held = key_type(name)
        assert ("ArrayOf" if held.is_list else "") + held.value.value == told, name


def is_global(name):
    return any(name.lower() == key or (key.endswith("/") and name.lower().startswith(key)) for key in GLOBAL_KEYS)


@pytest.mark.parametrize("name", ["aws:SecureTransport", "AWS:CURRENTTIME", "aws:PrincipalArn", "aws:userid"])
def test_what_every_request_of_a_user_or_role_has_is_sure(name):
    assert presence(name) is Presence.ALWAYS


@pytest.mark.parametrize(
    "name",
    ["aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:username", "aws:PrincipalTag/a", "aws:ViaAWSService", "s3:prefix", "new:key"],
)
def test_what_some_requests_lack_is_not_sure(name):
    assert presence(name) is Presence.MAYBE


def test_the_page_about_connectors_counts_what_is_in_it():
    page = " ".join((ROOT / "docs/connectors.md").read_text().split())
    assert f"{len(listed()):,} actions with" in page
    assert f"and {len(published_types()):,} condition keys" in page
    assert f"actions as published {snapshot_date()}" in page
