"""Remarks on how a server is set up, each by name; and that what is set up well has none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.facts import Gap, Policy, Reading, Setting, Trail
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, Kind
from guardrails.vault.stored import stored

AT = datetime(2026, 11, 26, tzinfo=UTC)


def ref(kind):
    return Ref(system="vault", realm="", kind=kind, id=kind, name="x")


def remarks(*said):
    return list(VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT)).remarks())


def told(kind, form, entry):
    return [(one.kind, one.facet) for one in remarks(Setting(ref=ref(kind), form=form, text=json.dumps(entry)))]


SAFE = {
    "groupfilter": "(&(objectClass=group)(member={{.UserDN}}))",
    "deny_null_bind": True,
    "url": "ldaps://a,ldaps://b",
    "tls_min_version": "tls12",
}


@pytest.mark.parametrize(
    ("kind", "form", "entry", "expected"),
    [
        ("auth-config", "ldap", SAFE, []),
        ("auth-config", "ldap", SAFE | {"groupfilter": "(objectClass=group)"}, [(Kind.LOGIN_OPEN, "groupfilter")]),
        ("auth-config", "ldap", SAFE | {"groupfilter": "(member={{ .Username }})"}, []),
        ("auth-config", "ldap", SAFE | {"deny_null_bind": False}, [(Kind.LOGIN_OPEN, "deny_null_bind")]),
        ("auth-config", "ldap", SAFE | {"url": "ldaps://a,ldap://b"}, [(Kind.LOGIN_IN_THE_CLEAR, "url")]),
        ("auth-config", "ldap", SAFE | {"url": "ldap://b", "starttls": True}, []),
        ("auth-config", "ldap", SAFE | {"insecure_tls": True}, [(Kind.LOGIN_IN_THE_CLEAR, "insecure_tls")]),
        ("auth-config", "ldap", SAFE | {"tls_min_version": "tls11"}, [(Kind.LOGIN_IN_THE_CLEAR, "tls_min_version")]),
        ("role", "approle", {"bind_secret_id": True}, []),
        ("role", "approle", {"bind_secret_id": False}, [(Kind.LOGIN_OPEN, "bind_secret_id")]),
        (
            "role",
            "kubernetes",
            {"bound_service_account_names": ["*"], "bound_service_account_namespaces": ["*"]},
            [(Kind.LOGIN_OPEN, "bound_service_account")],
        ),
        ("role", "kubernetes", {"bound_service_account_names": ["*"], "bound_service_account_namespaces": ["a"]}, []),
        ("role", "jwt", {"bound_audiences": [], "bound_claims": None, "bound_subject": ""}, [(Kind.LOGIN_OPEN, "bound_claims")]),
        ("role", "jwt", {"bound_subject": "x"}, []),
        ("role", "oidc", {"role_type": "oidc"}, []),
        ("role", "cert", {"allowed_names": [], "required_extensions": []}, [(Kind.LOGIN_OPEN, "allowed_names")]),
        ("role", "cert", {"allowed_common_names": ["a"]}, []),
        ("token", "service", {"policies": ["root"], "expire_time": None}, [(Kind.TOKEN_ENDLESS, "root")]),
        ("token", "service", {"policies": ["a"], "expire_time": None}, [(Kind.TOKEN_ENDLESS, "expire_time")]),
        ("token", "service", {"policies": ["a"], "expire_time": "2026-12-01T00:00:00Z"}, []),
        ("server", "sanitized", {"listeners": [{"address": "127.0.0.1:8200", "tls_disable": True}]}, []),
        ("server", "sanitized", {"listeners": [{"address": "[::1]:8200", "tls_disable": 1}]}, []),
        (
            "server",
            "sanitized",
            {"listeners": [{"address": "0.0.0.0:8200", "tls_disable": "1"}]},
            [(Kind.LOGIN_IN_THE_CLEAR, "tls_disable 0.0.0.0:8200")],
        ),
        *(
            (
                "server",
                "sanitized",
                {"listeners": [{"address": ":8200", "tls_disable": on}]},
                [(Kind.LOGIN_IN_THE_CLEAR, "tls_disable :8200")],
            )
            for on in (True, 1, "t", "T", "TRUE", "True")
        ),
        *(
            ("server", "sanitized", {"listeners": [{"address": ":8200", "tls_disable": off}]}, [])
            for off in (None, False, 0, "", "0", "f", "F", "FALSE")
        ),
        (
            "server",
            "sanitized",
            {"listeners": [{"address": "10.0.0.1:8200", "x_forwarded_for_authorized_addrs": "0.0.0.0/0"}]},
            [(Kind.LOGIN_OPEN, "x_forwarded_for 10.0.0.1:8200")],
        ),
        ("server", "cors", {"enabled": True}, []),
    ],
)
def test_a_setting_has_the_remarks_that_it_deserves(kind, form, entry, expected):
    assert told(kind, form, entry) == expected


def test_a_server_that_writes_nothing_down_is_told_and_one_that_was_not_read_is_not():
    assert [one.kind for one in remarks(Reading(system="vault", realm="", what="sys/audit", items=0))] == [Kind.AUDIT_WEAK]
    assert remarks(Reading(system="vault", realm="", what="sys/audit", items=1)) == []
    assert remarks() == []


def test_secrets_in_the_log_are_told():
    (found,) = remarks(Trail(ref=ref("audit-device"), form="file", attributes=(("log_raw", "true"),)))
    assert (found.kind, found.facet) == (Kind.AUDIT_WEAK, "log_raw")
    assert remarks(Trail(ref=ref("audit-device"), form="file")) == []


def test_a_name_that_no_policy_has_is_told_unless_policies_were_not_read():
    policy = Policy(ref=Ref(system="vault", realm="", kind="policy", id="app", name="app"), text=stored("", "openbao-2.7.2", name="app"))
    role = Setting(ref=ref("role"), form="approle", text='{"bind_secret_id": true, "token_policies": ["App", "gone", "root"]}')
    gap = Gap(system="vault", realm="", what="iam", reason=GapReason.DENIED, message="denied")
    unread = Gap(system="vault", realm="", what="iam", reason=GapReason.DENIED, message="denied", subject=policy_ref("gone"))
    assert [(one.kind, one.facet) for one in remarks(policy, role)] == [(Kind.POLICY_ABSENT, "gone")]
    assert remarks(policy, role, gap) == []
    assert remarks(policy, role, unread) == []


def test_a_name_that_claims_fill_in_is_no_name():
    role = Setting(
        ref=ref("role"),
        form="jwt",
        text='{"bound_subject": "x", "token_policies": ["team-{{.team}}"], "token_policies_template_claims": true}',
    )
    assert remarks(role) == []


def policy_ref(name):
    return Ref(system="vault", realm="", kind="policy", id=name, name=name)
