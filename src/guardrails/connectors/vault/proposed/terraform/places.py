"""In which observed namespace a provider makes what it makes."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.connectors.vault.proposed.namespaces import Namespaces, server_of
from guardrails.proposals.terraform import Plan, Resource

__all__ = ["Places"]


class Places:
    """The places of a plan, by the configuration of the provider.

    Its address and namespace count where they are written out. Both may come from the environment instead, which no plan tells, and the
    namespace from the token; then it is the system that was `given`.
    """

    def __init__(self, plan: Plan, namespaces: Namespaces, given: Mapping[str, str]) -> None:
        self._plan = plan
        self._namespaces = namespaces
        self._given = given

    def of(self, resource: Resource) -> Namespace | str:
        """The namespace, or why it is not known."""
        base = self._base(resource.provider)
        own = resource.now.get("namespace")
        if isinstance(base, str) or own in {None, ""}:
            return base
        if not isinstance(own, str):
            return "its namespace is not known before it is made"
        if not base.server:
            return f"the server of {base.system} is not told, so its other namespaces are not known"
        return self._namespaces.at(base.server, "/".join(filter(None, (base.realm, own.strip("/")))))

    def _base(self, provider: str) -> Namespace | str:
        name = self._given.get(provider) or self._given.get("")
        told = self._told(provider)
        if not name:
            return told
        given = self._namespaces.system(name)
        if isinstance(told, Namespace) and isinstance(given, Namespace) and told is not given:
            return f"provider {provider} is said to be in two systems: {told.system} and {given.system}"
        if isinstance(given, Namespace) and self._contradicts(provider, given):
            return f"the configuration of provider {provider} names another server or namespace than that of {name}"
        return given

    def _contradicts(self, provider: str, given: Namespace) -> bool:
        settings = self._plan.configured.get(provider, {})
        server, realm = server_of(settings.get("address", "")), settings.get("namespace")
        return bool(server and given.server and server != given.server) or (realm is not None and realm.strip("/") != given.realm)

    def _told(self, provider: str) -> Namespace | str:
        settings = self._plan.configured.get(provider, {})
        expressions = (self._plan.providers.get(provider) or {}).get("expressions") or {}
        server = server_of(settings.get("address", ""))
        if not server:
            return f"nothing tells the server of provider {provider}; name its system with --system"
        if not self._namespaces.has(server):
            return f"the server of provider {provider} was not observed"
        if "namespace" in settings:
            return self._namespaces.at(server, settings["namespace"].strip("/"))
        if "namespace" in expressions or not self._namespaces.is_alone(server):
            return f"nothing tells the namespace of provider {provider}; name its system with --system"
        return self._namespaces.at(server, "")
