"""What servers say of a login of which nothing was said, by its method; and by which names a plan says it.

As OpenBao 2.6 and 2.7 answer. Of `aws`, which only Vault has, it is what its documentation says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["NEW", "RENAMED", "STAYS", "UNJUDGED"]

_TOKENS: Mapping[str, Any] = {
    "token_bound_cidrs": [],
    "token_explicit_max_ttl": 0,
    "token_max_ttl": 0,
    "token_no_default_policy": False,
    "token_num_uses": 0,
    "token_period": 0,
    "token_policies": [],
    "token_strictly_bind_ip": False,
    "token_ttl": 0,
    "token_type": "default",
}
_JWT: Mapping[str, Any] = {
    **_TOKENS,
    **dict.fromkeys(("allowed_redirect_uris", "bound_audiences", "bound_claims", "claim_mappings")),
    **dict.fromkeys(("clock_skew_leeway", "expiration_leeway", "max_age", "not_before_leeway"), 0),
    **dict.fromkeys(("bound_subject", "groups_claim", "user_claim"), ""),
    "bound_claims_type": "string",
    "role_type": "oidc",
    "token_policies_template_claims": False,
    "user_claim_json_pointer": False,
    "verbose_oidc_logging": False,
}
_CERT = (
    "allowed_common_names",
    "allowed_dns_sans",
    "allowed_email_sans",
    "allowed_names",
    "allowed_organizational_units",
    "allowed_uri_sans",
    "required_extensions",
)
_AWS = {
    "bound_account_ids": "bound_account_id",
    "bound_ami_ids": "bound_ami_id",
    "bound_ec2_instance_ids": "bound_ec2_instance_id",
    "bound_iam_instance_profile_arns": "bound_iam_instance_profile_arn",
    "bound_iam_principal_arns": "bound_iam_principal_arn",
    "bound_iam_role_arns": "bound_iam_role_arn",
    "bound_regions": "bound_region",
    "bound_subnet_ids": "bound_subnet_id",
    "bound_vpc_ids": "bound_vpc_id",
}

NEW: Mapping[str, Mapping[str, Any]] = {
    "approle": {
        **_TOKENS,
        "bind_secret_id": True,
        "local_secret_ids": False,
        "secret_id_bound_cidrs": None,
        "secret_id_num_uses": 0,
        "secret_id_ttl": 0,
    },
    "kubernetes": {
        **_TOKENS,
        "alias_name_source": "serviceaccount_uid",
        "bound_service_account_names": [],
        "bound_service_account_namespace_selector": "",
        "bound_service_account_namespaces": [],
    },
    "jwt": _JWT,
    "oidc": _JWT,
    "cert": {**_TOKENS, **dict.fromkeys(_CERT), "display_name": "", "ocsp_enabled": False, "ocsp_fail_open": False},
    "token": {
        "allowed_entity_aliases": None,
        "allowed_policies": [],
        "allowed_policies_glob": [],
        "disallowed_policies": [],
        "disallowed_policies_glob": [],
        "explicit_max_ttl": 0,
        "name": "",
        "orphan": False,
        "path_suffix": "",
        "period": 0,
        "renewable": True,
        "token_explicit_max_ttl": 0,
        "token_no_default_policy": False,
        "token_period": 0,
        "token_type": "default-service",
    },
    "aws": {
        **_TOKENS,
        **dict.fromkeys(_AWS.values(), ()),
        "auth_type": "iam",
        "inferred_aws_region": "",
        "inferred_entity_type": "",
        "resolve_aws_unique_ids": True,
    },
    "ldap-group": {"policies": []},
    "ldap-user": {"policies": [], "groups": ""},
}

RENAMED: Mapping[str, str] = _AWS
"""The field of an attribute, where it is called otherwise."""

STAYS: Mapping[str, frozenset[str]] = {
    "kubernetes": frozenset({"bound_service_account_names", "bound_service_account_namespaces"}),
    "cert": frozenset(_CERT) - {"allowed_organizational_units"},
    "jwt": frozenset({"allowed_redirect_uris", "claim_mappings"}),
    "oidc": frozenset({"allowed_redirect_uris", "claim_mappings"}),
}
"""What the provider does not send once it is empty, so that the server keeps what it has."""

UNJUDGED = frozenset({*_AWS.values(), "inferred_aws_region", "display_name", "user_claim", "groups_claim", "max_age", "alias_name_source"})
"""What no control reads: it may be not known."""
