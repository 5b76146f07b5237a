"""A real OpenBao as tests ask it: each version that can be had here."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.testing.openbao import OpenBao, openbao
from guardrails.vault.profiles import Profile, profile
from staged import staged


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with a token."""

    server: OpenBao
    token: str
    profile: Profile

    def ask(self, method, path, body=None, headers=None, query=None):
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.server.url}/v1/{urllib.parse.quote(path)}{asked}",
            None if body is None else json.dumps(body).encode(),
            {"X-Vault-Token": self.token, **(headers or {})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except http.client.RemoteDisconnected:
            return 500, {"errors": ["it broke off without an answer, as where its HCL parser panics"]}

    def done(self, method, path, body=None):
        status, found = self.ask(method, path, body)
        assert status < 300, (method, path, status, found)
        return found

    def holding(self, *policies):
        """A client whose token has these policies and no other."""
        names = []
        for number, text in enumerate(policies):
            names.append(f"test-{number}")
            self.done("PUT", f"sys/policies/acl/{names[-1]}", {"policy": text})
        made = self.done("POST", "auth/token/create", {"policies": names, "no_default_policy": True})
        return Client(self.server, made["auth"]["client_token"], self.profile)


VERSIONS = ("2.7.2", "2.6.2")


@contextlib.contextmanager
def served(version: str) -> Iterator[Client]:
    """The root of a fresh server of a version."""
    program = None if version == "2.7.2" else staged(f"openbao-{version}", "bao")
    with openbao(program) as server:
        assert server.version == version
        yield Client(server, server.token, profile(f"openbao-{version}"))
