"""Plans of Terraform as `terraform show -json` writes them: formats 0.1 to 1.x. No value of one that is refused stands in a message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from guardrails.errors import AuthorError
from guardrails.proposals.terraform.configuration import Address, Module, maximal, parsed
from guardrails.proposals.terraform.plan import Action, Plan, Resource
from guardrails.proposals.terraform.references import References, Scope
from guardrails.proposals.terraform.settling import Settling, masked
from guardrails.proposals.values import Target, Unknown, Value

__all__ = ["read_plan"]

_ACTIONS = {
    ("no-op",): Action.NOTHING,
    ("create",): Action.CREATE,
    ("read",): Action.READ,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("forget",): Action.FORGET,
    ("create", "forget"): Action.CREATE,
    ("open",): Action.READ,
    ("renew",): Action.READ,
    ("close",): Action.READ,
}
_REGION = "region"
_SETTINGS = (_REGION, "address", "namespace")
"""What tells in which system a provider makes what it makes."""
_REMEDY = "give what terraform show -json PLANFILE writes"


def read_plan(content: bytes, name: str) -> Plan:
    """The plan in a file.

    Raises:
        AuthorError: It is none, or of a format that is not known.
    """
    try:
        found = json.loads(content)
    except ValueError:
        raise AuthorError(f"{name}: not JSON", remedy=_REMEDY) from None
    except RecursionError:
        raise AuthorError(f"{name}: too deep", remedy=_REMEDY) from None
    version = found.get("format_version") if isinstance(found, dict) else None
    if not isinstance(version, str) or ("resource_changes" not in found and "planned_values" not in found):
        raise AuthorError(f"{name}: no plan of Terraform", remedy=_REMEDY)
    if version.partition(".")[0] not in {"0", "1"}:
        raise AuthorError(f"{name}: plans of this format are not understood", remedy="use a Terraform of 0.12 to 1.15")
    try:
        return _Reader(found).plan()
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        raise AuthorError(f"{name}: a plan of Terraform that is not well formed", remedy=_REMEDY) from None


class _Reader:
    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found
        configuration = found.get("configuration") or {}
        self._root = Module(configuration.get("root_module") or {})
        self._providers: Mapping[str, Any] = configuration.get("provider_config") or {}
        instances: dict[tuple[object, ...], dict[str, str]] = {}
        for entry in self._entries():
            address = parsed(str(entry["address"]))
            if address and not entry.get("deposed"):
                instances.setdefault(address.of_all, {})[address.key] = str(entry["address"])
        self._references = References(instances)

    def _entries(self) -> list[Mapping[str, Any]]:
        return list(self._found.get("resource_changes") or ())

    def plan(self) -> Plan:
        deferred = [one.get("resource_change") or {} for one in self._found.get("deferred_changes") or ()]
        resources = tuple(self._resource(entry) for entry in self._entries())
        known = {one.address: one for one in resources if not one.is_deposed}
        return Plan(
            version=str(self._found.get("terraform_version") or ""),
            resources=tuple(replace(one, after=_values(one.after, known)) for one in resources),
            deferred=tuple((str(one.get("type")), str(one.get("address"))) for one in deferred),
            invoked=tuple(str(one.get("address")) for one in self._found.get("action_invocations") or ()),
            drifted=len(self._found.get("resource_drift") or ()),
            is_complete=self._found.get("complete", True) is True,
            has_failed=self._found.get("errored", False) is not False,
            prior=tuple(self._prior((self._found.get("prior_state") or {}).get("values") or {})),
            providers=self._providers,
            variables=self._variables(),
            configured={key: self._configured(config) for key, config in self._providers.items()},
        )

    def _variables(self) -> dict[str, str]:
        said = (self._found.get("configuration") or {}).get("root_module", {}).get("variables") or {}
        given = {name: one.get("value") for name, one in (self._found.get("variables") or {}).items() if isinstance(one, dict)}
        return {name: one for name, one in given.items() if isinstance(one, str) and name in said and not said[name].get("sensitive")}

    def _resource(self, entry: Mapping[str, Any]) -> Resource:
        text, change = str(entry["address"]), entry["change"]
        address = parsed(text) or Address((), entry.get("mode") == "data", str(entry["type"]), str(entry.get("name")), "")
        module = self._root.at(address.modules)
        block = module.resource(address) if module else None
        for_each = maximal(((block or {}).get("for_each_expression") or {}).get("references"))
        scope = Scope(address.modules, module or self._root, address.key, for_each)
        expressions = None if block is None else block.get("expressions") or {}
        settling = Settling(self._references, scope)
        return Resource(
            address=text,
            type=str(entry["type"]),
            is_data=entry.get("mode") == "data",
            action=_ACTIONS.get(tuple(change["actions"]), Action.OTHER),
            before=_whole(masked(change.get("before"), change.get("before_sensitive"))),
            after=settling.settled(change.get("after"), change.get("after_unknown"), change.get("after_sensitive"), expressions),
            provider=self._provider(address, block, str(entry.get("provider_name") or "")),
            provider_name=str(entry.get("provider_name") or ""),
            is_deposed=bool(entry.get("deposed")),
            runs_programs=bool((block or {}).get("provisioners")) and change["actions"] != ["no-op"],
        )

    def _provider(self, address: Address, block: Mapping[str, Any] | None, name: str) -> str:
        """The configuration of the provider; one that a module has from above is that of the root."""
        key = str((block or {}).get("provider_config_key") or name.rpartition("/")[2] or address.type.partition("_")[0])
        if key in self._providers:
            return key
        short = key.rpartition(":")[2]
        return short if short in self._providers or ":" in key else key

    def _prior(self, values: Mapping[str, Any]) -> Iterator[Resource]:
        """What the state held of each, for the account that it is in."""
        yield from self._prior_of(values.get("root_module") or {})

    def _prior_of(self, module: Mapping[str, Any]) -> Iterator[Resource]:
        for entry in module.get("resources") or ():
            address = parsed(str(entry["address"]))
            found = self._root.at(address.modules) if address else None
            block = found.resource(address) if found and address else None
            name = str(entry.get("provider_name") or "")
            yield Resource(
                address=str(entry["address"]),
                type=str(entry["type"]),
                is_data=entry.get("mode") == "data",
                action=Action.NOTHING,
                before=_whole(masked(entry.get("values"), entry.get("sensitive_values"))),
                provider=self._provider(address, block, name) if address else name,
                provider_name=name,
            )
        for inner in module.get("child_modules") or ():
            yield from self._prior_of(inner)

    def _configured(self, config: Mapping[str, Any]) -> Mapping[str, str]:
        """Settings of a provider that are written out; of its region also the value of a variable, for nobody builds one of parts."""
        variables = self._found.get("variables") or {}
        found = {}
        for setting in _SETTINGS:
            expression = (config.get("expressions") or {}).get(setting) or {}
            value = expression.get("constant_value")
            names = [text.removeprefix("var.") for text in expression.get("references") or () if text.startswith("var.")]
            if value is None and setting == _REGION and len(names) == 1 and not config.get("module_address"):
                value = (variables.get(names[0]) or {}).get("value")
            if isinstance(value, str):
                found[setting] = value
        return found


def _whole(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _values(values: Mapping[str, Value], known: Mapping[str, Resource]) -> Mapping[str, Value]:
    """Without targets whose value is known: nothing unknown hangs on them."""
    return {key: _narrowed(one, known) for key, one in values.items()}


def _narrowed(value: Value, known: Mapping[str, Resource]) -> Value:
    match value:
        case Unknown(targets=targets) if targets:
            return replace(value, targets=tuple(one for one in targets if _is_unknown(one, known)))
        case tuple():
            return tuple(_narrowed(one, known) for one in value)
        case Mapping():
            return _values(value, known)
        case _:
            return value


def _is_unknown(target: Target, known: Mapping[str, Resource]) -> bool:
    found = known.get(target.address)
    if found is None or not target.attribute:
        return True
    value = found.after.get(target.attribute)
    return found.action is not Action.NOTHING and not isinstance(value, str | bool | int | float)
