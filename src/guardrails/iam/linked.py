"""Roles that AWS keeps in an account: known by their path and by whom they trust, never by their name.

A service-linked role stands under `/aws-service-role/SERVICE/` and trusts exactly that service, which is one of a shipped table. A role of
a permission set stands under the path of IAM Identity Center and trusts exactly its SAML provider. Whatever else has such a name or path
is a role like any other. IAM User Guide, "Service-linked roles"; IAM Identity Center User Guide, "Referencing permission sets".
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from guardrails.iam.documents import Kind
from guardrails.iam.rules import rules
from guardrails.iam.trust import Trusted, admitted, may_assume

__all__ = ["permission_set_of", "service_of", "services"]

_SERVICE_PATH = re.compile(r"/aws-service-role/([^/]+)/")
_CENTER_PATH = "/aws-reserved/sso.amazonaws.com/"
_PERMISSION_SET = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
"""How IAM Identity Center names the role that it makes of a permission set, which people of the company write."""
_CENTER_PROVIDER = re.compile(r"arn:[^:]+:iam::(\d{12}):saml-provider/AWSSSO_[0-9a-f]+_DO_NOT_DELETE", re.ASCII)


@cache
def services() -> frozenset[str]:
    """The services that have service-linked roles."""
    return frozenset(files("guardrails.iam").joinpath("linked_services.txt").read_text().split())


def service_of(path: str, trust: str) -> str:
    """The service whose service-linked role it is, by its path and its trust policy (JSON text); nothing when it is none."""
    found = _SERVICE_PATH.fullmatch(path)
    if found is None or found[1] not in services():
        return ""
    return found[1] if {(seen.kind, seen.name) for seen in _trusted(trust)} == {("service", found[1])} else ""


def permission_set_of(name: str, path: str, account: str, trust: str) -> str:
    """The permission set of which IAM Identity Center made the role; nothing when it is no such role."""
    found = _PERMISSION_SET.fullmatch(name)
    if found is None or not path.startswith(_CENTER_PATH):
        return ""
    providers = [_CENTER_PROVIDER.fullmatch(seen.name) for seen in _trusted(trust)]
    return found[1] if providers and all(provider and provider[1] == account for provider in providers) else ""


def _trusted(trust: str) -> tuple[Trusted, ...]:
    return tuple(admitted(rules(trust, Kind.TRUST) or (), may_assume))
