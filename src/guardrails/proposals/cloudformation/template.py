"""A template and the stack that it is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from guardrails.proposals.values import Unknown

__all__ = ["Stack", "Template", "plain_text"]

_SECRET = Unknown("it is a parameter with NoEcho, so it is not read")
_BY_CHOICE = frozenset({"Fn::If", "Fn::FindInMap"})
_STORED = "AWS::SSM::Parameter::Value"


def plain_text(value: object) -> str:
    """A plain value of a template as CloudFormation knows it: in JSON as in YAML `true` is a text of four letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Where a template is deployed, and with which parameters; they may hold secrets.

    `physical` is what AWS calls each resource that is there already, by its logical id.
    """

    account: str
    region: str
    name: str = ""
    partition: str = "aws"
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    physical: Mapping[str, str] = field(default_factory=dict)


def _hangs_on(found: object, chosen: Collection[str]) -> bool:
    """Whether anything in it comes out by a parameter, a mapping or a condition."""
    match found:
        case Mapping():
            named = {found.get("Ref")} & {*chosen}
            return bool(named or found.keys() & _BY_CHOICE) or any(_hangs_on(one, chosen) for one in found.values())
        case list():
            return any(_hangs_on(one, chosen) for one in found)
        case str():
            return "${" in found and any(name in found for name in chosen)
        case _:
            return False


def _is_secret(parameter: Mapping[str, Any]) -> bool:
    return str(parameter.get("NoEcho", "")).lower() == "true"


class Template:
    """The sections of a template, each as it stands."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def _section(self, name: str) -> Mapping[str, Any]:
        section = self._found.get(name)
        return section if isinstance(section, Mapping) else {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Each resource by its logical id."""
        return {
            name: one for name, one in self._section("Resources").items() if isinstance(one, Mapping) and isinstance(one.get("Type"), str)
        }

    def properties(self, logical: str) -> Mapping[str, Any]:
        """What a resource says of itself; nothing when that is no map."""
        found = self.resources[logical].get("Properties")
        return found if isinstance(found, Mapping) else {}

    def means_the_same(self, logical: str, other: Template) -> bool:
        """Whether a resource is certainly the same in both, whatever the parameters, mappings and conditions of each are."""
        mine, theirs = self.resources[logical], other.resources.get(logical)
        if theirs is None or "Condition" in mine or "Condition" in theirs:
            return False
        chosen = {*self._section("Parameters"), *other._section("Parameters")}
        same = mine["Type"] == theirs["Type"] and self.properties(logical) == other.properties(logical)
        return same and not _hangs_on(mine.get("Properties"), chosen)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The conditions by name."""
        return self._section("Conditions")

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The mappings by name."""
        return self._section("Mappings")

    @property
    def transforms(self) -> tuple[str, ...]:
        """The macros that AWS runs over it, which may make anything of it."""
        found = self._found.get("Transform")
        return tuple(map(str, found)) if isinstance(found, list) else (str(found),) if found else ()

    @property
    def secret_parameters(self) -> frozenset[str]:
        """The parameters with `NoEcho`, which are never read."""
        return frozenset(name for name, said in self._section("Parameters").items() if isinstance(said, Mapping) and _is_secret(said))

    def parameter(self, name: str, given: Mapping[str, str]) -> object:
        """The value of a parameter, unknown where it is a secret or kept elsewhere; nothing when there is no such one."""
        said = self._section("Parameters").get(name)
        if not isinstance(said, Mapping):
            return None
        if _is_secret(said):
            return _SECRET
        if str(said.get("Type", "")).startswith(_STORED):
            return Unknown(f"parameter {name} is kept in the Parameter Store")
        value = given.get(name, said.get("Default"))
        if value is None:
            return Unknown(f"parameter {name} has no value; give --parameter {name}=VALUE")
        is_list = "List" in str(said.get("Type", ""))
        return tuple(one.strip() for one in plain_text(value).split(",")) if is_list else plain_text(value)
