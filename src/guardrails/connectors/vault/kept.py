"""What is kept of how each kind of object is set up: lists of fields, so that whatever is not on one, secrets above all, stays behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["KEPT", "kept", "picked"]

_LOGIN = re.compile(r"(?<=://)[^/?#@\s]*@")

_TOKENS = (
    "bound_cidr_list", "bound_cidrs", "explicit_max_ttl", "max_ttl", "num_uses", "period", "policies", "token_bound_cidrs",
    "token_explicit_max_ttl", "token_max_ttl", "token_no_default_policy", "token_num_uses", "token_period", "token_policies",
    "token_policies_template_claims", "token_strictly_bind_ip", "token_ttl", "token_type", "ttl",
)  # fmt: skip
"""What every login says of the tokens that it gives, by present and older names."""

_DIRECTORY = (
    "anonymous_group_search", "binddn", "case_sensitive_names", "deny_null_bind", "dereference_aliases", "discoverdn",
    "enable_samaccountname_login", "groupattr", "groupdn", "groupfilter", "insecure_tls", "max_page_size", "starttls",
    "tls_max_version", "tls_min_version", "upndomain", "url", "use_token_groups", "userattr", "userdn", "userfilter",
    "username_as_alias",
)  # fmt: skip

_ISSUERS = (
    "bound_issuer", "default_role", "jwks_url", "jwt_supported_algs", "namespace_in_state", "oidc_client_id", "oidc_discovery_url",
    "oidc_response_mode", "oidc_response_types", "override_allowed_server_names", "unsupported_critical_cert_extensions",
)  # fmt: skip

_CLUSTERS = (
    "disable_iss_validation", "disable_local_ca_jwt", "issuer", "kubernetes_host", "use_annotations_as_alias_metadata",
)  # fmt: skip

_CLOUDS = (
    "allowed_sts_header_values", "client_email", "client_id", "ec2_alias", "ec2_metadata", "endpoint", "environment", "gce_alias",
    "gce_metadata", "iam_alias", "iam_endpoint", "iam_metadata", "iam_server_id_header_value", "project_id", "resource", "sts_endpoint",
    "tenant_id",
)  # fmt: skip

_SERVICES = (
    "add_group_aliases", "base_url", "bypass_okta_mfa", "disable_binding", "enable_identity_alias_metadata", "host", "org_name",
    "organization", "organization_id", "port", "remove_instance_name", "service_account", "unregistered_user_policies",
)  # fmt: skip

_ROLE = (
    "add_group_aliases", "alias_name_source", "allowed_common_names", "allowed_dns_sans", "allowed_email_sans",
    "allowed_entity_aliases", "allowed_names", "allowed_organizational_units", "allowed_policies", "allowed_policies_glob",
    "allowed_redirect_uris", "allowed_uri_sans", "audience", "auth_type", "bind_secret_id", "bound_account_id", "bound_ami_id",
    "bound_audiences", "bound_claims", "bound_claims_type", "bound_ec2_instance_id", "bound_group_ids",
    "bound_iam_instance_profile_arn", "bound_iam_principal_arn", "bound_iam_role_arn", "bound_instance_groups", "bound_labels",
    "bound_locations", "bound_projects", "bound_region", "bound_regions", "bound_resource_groups", "bound_scale_sets",
    "bound_service_account_names", "bound_service_account_namespace_selector", "bound_service_account_namespaces",
    "bound_service_accounts", "bound_service_principal_ids", "bound_subject", "bound_subnet_id", "bound_subscription_ids",
    "bound_vpc_id", "bound_zones", "claim_mappings", "clock_skew_leeway", "disallow_reauthentication", "disallowed_policies",
    "disallowed_policies_glob", "display_name", "expiration_leeway", "groups", "groups_claim", "inferred_aws_region",
    "inferred_entity_type", "local_secret_ids", "max_age", "name", "not_before_leeway", "ocsp_enabled", "ocsp_fail_open", "orphan",
    "path_suffix", "renewable", "required_extensions", "resolve_aws_unique_ids", "role_type", "secret_id_bound_cidrs",
    "secret_id_num_uses", "secret_id_ttl", "user_claim", "user_claim_json_pointer", "value", "verbose_oidc_logging",
)  # fmt: skip
"""Of a certificate only which names it may bear."""

_ALIAS = (
    "canonical_id", "custom_metadata", "id", "local", "merged_from_canonical_ids", "metadata", "mount_accessor", "mount_path",
    "mount_type", "name",
)  # fmt: skip

_MOUNT = (
    "accessor", "config", "local", "plugin_version", "running_plugin_version", "seal_wrap", "type",
)  # fmt: skip

_TUNE = (
    "allowed_response_headers", "audit_non_hmac_request_keys", "audit_non_hmac_response_keys", "default_lease_ttl", "force_no_cache",
    "listing_visibility", "max_lease_ttl", "passthrough_request_headers", "token_type",
)  # fmt: skip

_ENTITY = (
    "disabled", "id", "merged_entity_ids", "metadata", "name", "namespace_id", "policies",
)  # fmt: skip

_GROUP = (
    "id", "member_entity_ids", "member_group_ids", "metadata", "name", "namespace_id", "parent_group_ids", "policies", "type",
)  # fmt: skip

_TOKEN = (
    "accessor", "bound_cidrs", "creation_time", "creation_ttl", "display_name", "entity_id", "expire_time", "explicit_max_ttl",
    "external_namespace_policies", "identity_policies", "issue_time", "namespace_path", "num_uses", "orphan", "path", "period",
    "policies", "renewable", "role", "type",
)  # fmt: skip
"""Never `id`, which is the token; nor `ttl`, which is another one each second and follows from `expire_time`."""

_PKI_ROLE = (
    "allow_any_name", "allow_bare_domains", "allow_glob_domains", "allow_ip_sans", "allow_localhost", "allow_subdomains",
    "allow_wildcard_certificates", "allowed_domains", "allowed_domains_template", "allowed_ip_sans_cidr", "allowed_other_sans",
    "allowed_uri_sans", "allowed_user_ids", "basic_constraints_valid_for_non_ca", "client_flag", "cn_validations", "code_signing_flag",
    "enforce_hostnames", "generate_lease", "issuer_ref", "key_bits", "key_type", "max_ttl", "no_store", "server_flag", "signature_bits",
    "ttl",
)  # fmt: skip

_SECRET_ID = (
    "cidr_list", "creation_time", "expiration_time", "secret_id_accessor", "secret_id_num_uses", "secret_id_ttl", "token_bound_cidrs",
)  # fmt: skip

_SEAL = (
    "cluster_id", "cluster_name", "initialized", "migration", "n", "recovery_seal", "sealed", "storage_type", "t", "type", "version",
)  # fmt: skip

_KEYS = (
    "install_time", "term",
)  # fmt: skip
"""`encryptions` is left out: it is another one with each write."""

_SANITIZED = (
    "allow_audit_log_prefixing", "allow_unauthenticated_workflows", "api_addr", "cluster_addr", "cluster_name", "default_lease_ttl",
    "disable_printable_check", "disable_sealwrap", "enable_ui", "introspection_endpoint", "log_level", "max_lease_ttl",
    "plugin_directory", "raw_storage_endpoint",
)  # fmt: skip

_QUOTA = (
    "block_interval", "group_by", "inheritable", "interval", "max_leases", "name", "path", "rate", "role", "secondary_rate", "type",
)  # fmt: skip

_QUOTAS = (
    "absolute_rate_limit_exempt_paths", "enable_rate_limit_audit_logging", "enable_rate_limit_response_headers", "rate_limit_exempt_paths",
)  # fmt: skip

_LISTENER = (
    "address", "cluster_address", "proxy_protocol_authorized_addrs", "proxy_protocol_behavior", "tls_cipher_suites", "tls_disable",
    "tls_disable_client_certs", "tls_max_version", "tls_min_version", "tls_require_and_verify_client_cert",
    "x_forwarded_for_authorized_addrs", "x_forwarded_for_hop_skips", "x_forwarded_for_reject_not_authorized",
    "x_forwarded_for_reject_not_present",
)  # fmt: skip

KEPT: Mapping[str, tuple[str, ...]] = {
    "auth-mount": _MOUNT,
    "tune": _TUNE,
    "auth-config": (*_TOKENS, *_DIRECTORY, *_ISSUERS, *_CLUSTERS, *_CLOUDS, *_SERVICES),
    "login": (*_TOKENS, *_ROLE),
    "entity": _ENTITY,
    "entity-alias": _ALIAS,
    "group": _GROUP,
    "group-alias": _ALIAS,
    "token": _TOKEN,
    "pki-role": _PKI_ROLE,
    "secret-id": _SECRET_ID,
    "seal-status": _SEAL,
    "key-status": _KEYS,
    "rotation": ("enabled", "interval", "max_operations"),
    "cors": ("allowed_headers", "allowed_origins", "enabled"),
    "quota": _QUOTA,
    "quotas": _QUOTAS,
    "sanitized": _SANITIZED,
    "listener": _LISTENER,
}
"""The fields of each kind, by the names that both servers give them."""


def picked(kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a kind that an answer has."""
    return {name: _plain(entry[name]) for name in KEPT[kind] if name in entry}


def kept(kind: str, entry: Mapping[str, Any], **more: object) -> str:
    """Canonical JSON of them; `more` stands beside and in place of them."""
    return json.dumps(picked(kind, entry) | more, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    """An address without the name and password that may stand in it; of several texts the order tells nothing, for servers change it."""
    if isinstance(value, list):
        found = [_plain(item) for item in value]
        return sorted(found, key=str) if all(isinstance(item, str) for item in found) else found
    return _LOGIN.sub("", value) if isinstance(value, str) else value
