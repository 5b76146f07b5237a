"""In what Vault and OpenBao differ where they decide, by engine and version. The server's own answer selects the profile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from guardrails.errors import AuthorError

__all__ = ["Engine", "Lists", "Profile", "profile"]

_COMMON = frozenset({"create", "read", "update", "delete", "list", "sudo", "patch", "deny"})
_FORM = re.compile(r"(?P<engine>vault|openbao)[ -]v?(?P<version>\d+(\.\d+){0,2})([-+.].*)?", re.IGNORECASE)


class Engine(Enum):
    """Who made the server."""

    VAULT = "vault"
    OPENBAO = "openbao"


class Lists(Enum):
    """How a list that is sent as a parameter is compared with the values of a rule."""

    WHOLE = "whole"
    ELEMENTS = "elements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One engine in one version, and what follows from it.

    Attributes:
        engine: Who made it.
        version: Major, minor, patch.
        slash_first: A LIST is looked up with its final slash first.
        best_of_both: Of a LIST, all rules that match with the slash or without are put side by side: of those that deny or give it, the one
            that comes first decides.
        folds_denies: A path that is denied is denied in whatever letters.
        second_factors: A rule can ask for a second factor.
        lists: How lists in parameters are compared.
        blocked: Letters that a value may not bring into a templated path.
        refuses_blocked: A request with such a value is refused whole; else only the rule falls away.
        duplicates: The same key may stand twice in one block.
        control_groups: A rule can ask for the approval of others.
    """

    engine: Engine
    version: tuple[int, int, int]
    slash_first: bool
    lists: Lists
    blocked: frozenset[str] = frozenset()
    refuses_blocked: bool = False
    duplicates: bool = True
    control_groups: bool = True
    best_of_both: bool = False
    folds_denies: bool = False
    second_factors: bool = True
    capabilities: frozenset[str] = field(default=_COMMON)

    def __str__(self) -> str:
        return f"{self.engine.value}-{'.'.join(map(str, self.version))}"


def profile(text: str) -> Profile:
    """The profile of a server, from words like `openbao-2.7.2`, `vault 1.21` or what the server says of its version with the engine's name.

    Raises:
        AuthorError: It is no version of an engine that is known.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise AuthorError(f"{text!r} names no engine and version", remedy="write openbao-2.7.2 or vault-1.21.0")
    numbers = [int(part) for part in found["version"].split(".")]
    version = (numbers[0], numbers[1] if len(numbers) > 1 else 0, numbers[2] if len(numbers) > 2 else 0)  # noqa: PLR2004  # the parts
    return _openbao(version) if found["engine"].lower() == "openbao" else _vault(version)


def _openbao(version: tuple[int, int, int]) -> Profile:
    new = version >= (2, 6, 0)
    return Profile(
        engine=Engine.OPENBAO,
        version=version,
        slash_first=new,
        lists=Lists.WHOLE,
        blocked=frozenset("*+/") if new else frozenset(),
        refuses_blocked=version >= (2, 7, 0),
        control_groups=version >= (2, 7, 0),
        second_factors=False,  # it reads them and asks for none; seen on 2.6.2 and 2.7.2
        capabilities=_COMMON | ({"scan"} if version >= (2, 2, 0) else set()),
    )


def _vault(version: tuple[int, int, int]) -> Profile:
    """By its release notes: 1.21.0 compares lists by element, 2.0.3 looks a LIST up anew, 2.2.2 denies in any letters. None was asked."""
    wildcards = version >= (2, 0, 0)
    return Profile(
        engine=Engine.VAULT,
        version=version,
        slash_first=False,
        lists=Lists.ELEMENTS if version >= (1, 21, 0) else Lists.WHOLE,
        blocked=frozenset("*+/" if version >= (2, 0, 4) else "*+") if wildcards else frozenset(),
        refuses_blocked=wildcards,
        duplicates=version < (1, 21, 0),
        best_of_both=version >= (2, 0, 3),
        folds_denies=version >= (2, 2, 2) or (1, 21, 14) <= version < (2, 0, 0) or (1, 19, 25) <= version < (1, 20, 0),
        capabilities=_COMMON | {"subscribe", "recover"},
    )
