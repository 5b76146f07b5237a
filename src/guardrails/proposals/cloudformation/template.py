"""A template and the stack that it is for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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

    `physical` is what AWS calls each resource that is there already, by its logical id. Of `unsure` parameters it is not told which value
    the stack would have, or has.
    """

    account: str
    region: str
    name: str = ""
    partition: str = "aws"
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    physical: Mapping[str, str] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()


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


def _macros(found: object) -> Iterator[str]:
    """The names of macros that are called in a part of a template, and of loops."""
    if isinstance(found, Mapping):
        for key, inner in found.items():
            if key == "Fn::Transform":
                yield str(inner.get("Name")) if isinstance(inner, Mapping) else str(key)
            elif str(key).startswith("Fn::ForEach"):
                yield str(key)
            yield from _macros(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from _macros(inner)


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
        """The macros that AWS runs over it or over a part of it, which may make anything of it."""
        found = self._found.get("Transform")
        whole = tuple(map(str, found)) if isinstance(found, list) else (str(found),) if found else ()
        return (*whole, *sorted(set(_macros(self._found))))

    @property
    def misread(self) -> tuple[str, ...]:
        """What stands among the resources and is none, so that it is not known what comes of it."""
        return tuple(sorted(self._section("Resources").keys() - self.resources.keys()))

    @property
    def secret_parameters(self) -> frozenset[str]:
        """The parameters with `NoEcho`, which are never read."""
        return frozenset(name for name, said in self._section("Parameters").items() if isinstance(said, Mapping) and _is_secret(said))

    @property
    def defaults(self) -> Mapping[str, str | None]:
        """The parameters with their defaults as text, where they have any."""
        found = {name: said.get("Default") for name, said in self._section("Parameters").items() if isinstance(said, Mapping)}
        return {name: None if value is None else plain_text(value) for name, value in found.items()}

    def parameter(self, name: str, stack: Stack) -> object:
        """The value of a parameter, unknown where it is a secret or kept elsewhere; nothing when there is no such one."""
        said = self._section("Parameters").get(name)
        if not isinstance(said, Mapping):
            return None
        if _is_secret(said):
            return _SECRET
        if str(said.get("Type", "")).startswith(_STORED):
            return Unknown(f"parameter {name} is kept in the Parameter Store")
        if name in stack.unsure:
            return Unknown(f"parameter {name} may keep the value that the stack has; give --parameter {name}=VALUE, or --stack")
        value = stack.parameters.get(name, said.get("Default"))
        if value is None:
            return Unknown(f"parameter {name} has no value; give --parameter {name}=VALUE")
        is_list = "List" in str(said.get("Type", ""))
        return tuple(one.strip() for one in plain_text(value).split(",")) if is_list else plain_text(value)
