"""Whether a kind of resource that nobody here understands could be about access, exposure or encryption. When in doubt it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_of_concern"]

_HARMLESS = frozenset({"archive", "cloudinit", "external", "http", "local", "null", "random", "template", "terraform", "time", "tls"})
"""Providers that make nothing in any system."""
_CUSTOM = "custom"
"""What a template has made by a program of its own, which may do anything."""
_JUDGED = frozenset({"activedirectory", "ad", "ldap", "netbox", "openldap"})
"""Providers that write into a directory or an inventory, where all that they make is about what is judged."""
_WORDS = re.compile(
    r"access|acls?|accounts?|alias|apikey|approle|auth|authorization|authorizer|boundary|credentials?|custom|ecrpublic|encryption|endpoint|entity|entitlement|firewall|"
    r"grants?|groups?|iam|identity|identitystore|ingress|invocation|keys?|kms|ldap|members?|membership|oidc|organizations|peering|permissions?|"
    r"policy|policies|principals?|public|ram|roles?|saml|scim|secrets?|secretsmanager|shares?|sharing|sso|ssoadmin|stack|stacks|tokens?|trust|users?|vault|vpn"
)
_NOT_GROUPS = frozenset(
    {"log_group", "target_group", "placement_group", "subnet_group", "parameter_group", "option_group", "autoscaling_group"}
)
_ATTRIBUTE = re.compile(
    r"(.*_)?(policy|policies|policy_document|policy_json|acl|kms.*|encrypted|encryption.*|.*_encryption.*|sse.*|cidr_blocks|ingress|"
    r"public.*|.*_public.*|principal|principals|role_arn|iam_.*|execution_role.*|permissions_boundary|security_groups|allowed_.*|permission.*|"
    r"member|members|grantee.*|cidr_ipv4|cidr_ipv6|source_ranges|authorized_.*|"
    r"authori[sz]ation.*|authentication.*|auth_type|shared_.*|share_.*|account_ids|roles?|role_arns|admins?)"
)


def is_of_concern(kind: str, attributes: Iterable[str]) -> bool:
    """By the words of its name, and by the names of its attributes at any depth; `kind` is as `aws_sqs_queue`."""
    provider, _, rest = kind.lower().partition("_")
    if provider in _HARMLESS:
        return False
    if provider in _JUDGED or provider == _CUSTOM:
        return True
    for plain in _NOT_GROUPS:
        rest = rest.replace(plain, "")
    return any(map(_WORDS.fullmatch, rest.split("_"))) or any(_ATTRIBUTE.fullmatch(name) for name in attributes)
