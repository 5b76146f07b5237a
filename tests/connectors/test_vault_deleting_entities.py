"""Why no entity is deleted after its quarantine: that it is disabled is what keeps its owner out, and deleting it lets the owner in again."""

from __future__ import annotations

import pytest

from guardrails.errors import OperatorError
from guardrails.testing.openbao import openbao

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


def test_whoever_is_disabled_logs_in_again_once_the_entity_is_deleted(socket_enabled):
    with openbao() as vault:
        vault.ask("POST", "sys/auth/userpass", {"type": "userpass"})
        vault.ask("POST", "auth/userpass/users/carol", {"password": "canary-hunter2", "token_policies": ["ops"]})

        def logs_in() -> str:
            return vault.ask("POST", "auth/userpass/login/carol", {"password": "canary-hunter2"})["auth"]["entity_id"]

        first = logs_in()
        vault.ask("POST", f"identity/entity/id/{first}", {"disabled": True})
        with pytest.raises(OperatorError, match=r"refuses POST auth/userpass/login/carol: 403"):
            logs_in()

        vault.ask("DELETE", f"identity/entity/id/{first}")

        second = logs_in()
        assert second != first
        assert vault.ask("GET", f"identity/entity/id/{second}")["data"]["disabled"] is False
