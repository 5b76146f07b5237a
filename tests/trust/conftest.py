"""Keys of a security group, made once for each run, and an agent that holds some of them for one test."""

from __future__ import annotations

import subprocess

import pytest

from trust.group import make_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def agent(tmp_path_factory, monkeypatch):
    socket = tmp_path_factory.mktemp("a") / "s"
    server = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))

    def hold(key):
        while not socket.exists():
            assert server.poll() is None
        subprocess.run(["ssh-add", "-q", str(key)], check=True, stderr=subprocess.DEVNULL)

    yield hold
    server.terminate()
    server.wait()
