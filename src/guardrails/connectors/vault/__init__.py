"""Vault and OpenBao: policies, auth roles, identities, transit keys and secret mounts of one namespace, live or from an export."""
