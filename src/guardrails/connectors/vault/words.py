"""The words of Vault's policies that the declaration uses as well."""

from __future__ import annotations

__all__ = ["CAPABILITIES", "POLICY"]

CAPABILITIES = ("read", "create", "update", "patch", "delete", "list", "scan", "sudo", "recover", "subscribe")
"""Every capability of either engine, `deny` aside; the one that tells most comes first."""

POLICY = "policy"
"""The action of a clause that stands for whatever a named policy gives."""
