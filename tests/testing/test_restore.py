"""An export of Vault that is written into a server; that both say the same of the whole example stands in tests/test_demo.py."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from guardrails.errors import OperatorError
from guardrails.testing.openbao import OpenBao, openbao
from guardrails.testing.restore import restore

EXPORT = Path(__file__).parent.parent.parent / "examples/connectel/exports/vault"


def exported(room: Path, **files: str) -> Path:
    folder = Path(shutil.copytree(EXPORT, room / "vault"))
    for name, text in files.items():
        (folder / name.replace("__", "/").replace("_", ".")).write_text(text)
    return folder


@pytest.mark.server
def test_a_group_within_a_group_has_it_as_a_member_whatever_the_server_calls_it(tmp_path):
    child = json.loads((EXPORT / "identity/group/sms-oncall.json").read_text())["data"]["id"]
    parent = {"data": {"id": "0", "name": "everybody", "type": "internal", "policies": [], "member_group_ids": [child]}}
    with openbao() as server:
        restore(server, exported(tmp_path, identity__group__everybody_json=json.dumps(parent)))
        found = server.ask("GET", "identity/group/name/everybody")["data"]["member_group_ids"]
        named = server.ask("GET", "identity/group/name/sms-oncall")["data"]
    assert found == [named["id"]]
    assert named["id"] != child
    assert len(named["member_entity_ids"]) == 3


@pytest.mark.server
def test_what_the_server_refuses_is_an_error_that_names_it_and_no_token(tmp_path):
    with openbao() as server, pytest.raises(OperatorError, match="refuses POST sys/policies/acl/bad: 400") as refused:
        restore(server, exported(tmp_path, policies__bad_hcl='path "a" { capabilities = ["fly"] }'))
    assert server.token not in str(refused.value)
    assert server.token not in repr(server)


def test_an_export_that_lacks_its_mounts_is_refused_before_anything_is_written(tmp_path):
    folder = exported(tmp_path)
    (folder / "mounts.json").unlink()
    nowhere = OpenBao(url="http://127.0.0.1:1", token="unused", audit=tmp_path)
    with pytest.raises(OperatorError, match="holds no sys/mounts"):
        restore(nowhere, folder)


@pytest.mark.server
def test_a_server_that_is_gone_is_an_error(tmp_path):
    with openbao() as server:
        pass
    with pytest.raises(OperatorError, match="does not answer GET sys/mounts"):
        restore(server, EXPORT)
