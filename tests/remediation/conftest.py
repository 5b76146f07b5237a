"""A round against a real OpenBao and a real slapd, and the commands that are run in it."""

from __future__ import annotations

import pytest
from pytest_socket import enable_socket

from guardrails.cli import main
from guardrails.testing.openbao import openbao
from guardrails.testing.slapd import slapd
from remediation.rounds import LDIF, OVERLAY, PASSWORD, SUFFIX, Round
from trust.group import make_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def trip(tmp_path, keys, monkeypatch):
    enable_socket()
    with openbao() as vault, slapd(SUFFIX, LDIF, password=PASSWORD, settings=OVERLAY, modules=["ppolicy"]) as directory:
        made = Round(tmp_path, keys, vault, directory)
        for name, value in {**made.seed(), "LDAP_PASSWORD": PASSWORD}.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def run(capfd):
    """Runs a command; never does it crash, or show a password."""

    def ran(*arguments):
        enable_socket()
        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
        told = capfd.readouterr()
        assert "Traceback" not in told.err, told.err
        assert PASSWORD not in told.out + told.err
        return ended.value.code, told.out, told.err

    return ran
