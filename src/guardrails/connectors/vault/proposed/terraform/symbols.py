"""What attributes of planned resources of Vault will be: the path of a mount, the name of a policy, an id for who is not there yet."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.proposals.terraform import Resource, symbols
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Target, Unknown

__all__ = ["Symbols"]

_GIVEN = frozenset(
    {
        ("vault_identity_entity", "id"),
        ("vault_identity_group", "id"),
        ("vault_identity_entity_alias", "id"),
        ("vault_identity_group_alias", "id"),
        ("vault_auth_backend", "accessor"),
        ("vault_mount", "accessor"),
    }
)
"""What the server gives, once for the life of an object."""
_NAMES: Mapping[tuple[str, str], str] = {
    ("vault_policy", "id"): "name",
    ("vault_auth_backend", "id"): "path",
    ("vault_auth_backend", "path"): "type",
    ("vault_mount", "id"): "path",
    ("vault_identity_group_policies", "id"): "group_id",
    ("vault_identity_entity_policies", "id"): "entity_id",
}
"""What is the same as another attribute; the path of an auth method that nobody chose is its type."""


class Symbols(symbols.Symbols):
    """The planned resources by address."""

    def derived(self, resource: Resource, attribute: str) -> str | None:
        """What an attribute will be that is not told: what is replaced under its name stays the same object."""
        if (resource.type, attribute) in _GIVEN:
            had = resource.before.get(attribute)
            return had if isinstance(had, str) and had else own_id(resource.address)
        value = resource.now.get(attribute)
        if attribute == "path" and isinstance(value, Unknown) and value.is_declared:
            return None  # somebody chose one, so it is not the usual one
        same = _NAMES.get((resource.type, attribute))
        return self.of(Target(resource.address, same), same) if same else None
