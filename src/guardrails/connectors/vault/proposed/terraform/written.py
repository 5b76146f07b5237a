"""What a plan writes of one login, field by field, in the form in which servers answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from guardrails.connectors.vault.exposures import BOUND
from guardrails.connectors.vault.proposed.defaults import RENAMED, STAYS
from guardrails.connectors.vault.proposed.terraform.context import Said, known
from guardrails.proposals.values import Unknown, Value

__all__ = ["POLICIES", "Written"]

POLICIES = frozenset({"token_policies", "policies", "allowed_policies", "allowed_policies_glob"})
"""The fields in which names of policies stand."""
_SMALL = frozenset({"policies", "allowed_policies"})
"""Names that servers keep in small letters only."""


class Written:
    """The fields of a login; `unknown` has those of which not all is known, once they were asked for."""

    def __init__(self, new: Mapping[str, Any], said: Said, method: str, *, updates: bool) -> None:
        self._new = new
        self._said = said
        self._updates = updates
        self._stays = STAYS.get(method, frozenset())
        self._method = method
        self.unknown: dict[str, Unknown] = {}

    def each(self) -> Iterator[tuple[str, Any]]:
        """Each field that the provider sends, with as much of its value as is known."""
        for attribute in self._said.resource.after:
            field = RENAMED.get(attribute, attribute)
            if (field in self._new or field in BOUND) and self._is_sent(attribute, field):
                yield from self._field(attribute, field)

    def _is_sent(self, attribute: str, field: str) -> bool:
        value, before = self._said.value(attribute), self._said.resource.before.get(attribute)
        if isinstance(value, Unknown) and not value.is_declared:
            return False
        if self._updates and value == before:
            return False
        # a flag that is off is said, everything else that is empty is only said to take something away
        return bool(value) or value is False or (self._updates and field not in self._stays)

    def _field(self, attribute: str, field: str) -> Iterator[tuple[str, Any]]:
        value = self._said.value(attribute)
        if isinstance(value, tuple) or (isinstance(value, Unknown) and isinstance(self._new.get(field), list)):
            texts, unknown = known(self._said.texts(attribute, "name" if field in POLICIES else "id"))
            if unknown:
                self.unknown[field] = unknown[0]
            yield field, self._listed(field, texts)
        elif isinstance(value, Unknown):
            found = self._said.text(attribute)
            if isinstance(found, Unknown):
                self.unknown[field] = found
            else:
                yield field, found
        elif isinstance(value, Mapping):
            if inner := next((one for one in value.values() if isinstance(one, Unknown)), None):
                self.unknown[field] = inner
            yield field, self._mapped(field, value)
        else:
            yield field, self._new.get(field) if value is None else value

    def _listed(self, field: str, texts: list[str]) -> Any:  # noqa: ANN401  # as servers answer
        if field in _SMALL:
            texts = sorted({text.lower() for text in texts})
        if field == "groups":
            return ",".join(sorted(text.lower() for text in texts))
        if field in BOUND:
            texts = sorted(map(_address, texts))
        return texts or self._new.get(field, [])

    def _mapped(self, field: str, value: Mapping[str, Value]) -> Mapping[str, Any]:
        known_values = {name: str(one) for name, one in value.items() if not isinstance(one, Unknown)}
        if field != "bound_claims":
            return known_values
        whole = self._said.flag("disable_bound_claims_parsing", default=False) is True
        return {name: [one.strip() for one in ([text] if whole else text.split(","))] for name, text in known_values.items()}


def _address(text: str) -> str:
    """A single address without its mask, as servers answer it."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return text
    return str(network.network_address) if network.num_addresses == 1 else text
