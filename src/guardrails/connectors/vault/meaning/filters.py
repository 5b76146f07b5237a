"""What a filter of LDAP finds for somebody, as far as it can be told from by which attributes a group lists them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["USER_FILTER", "Filter", "filter_of"]

USER_FILTER = "({{.UserAttr}}={{.Username}})"
"""By which the engines find a person when nothing else is set."""
_TEMPLATE = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")
_ATOM = re.compile(r"([A-Za-z][\w.;-]*)(:1\.2\.840\.113556\.1\.4\.1941:)?=\{(UserDN|Username)\}", re.IGNORECASE)
_BY_NAME = frozenset({"member", "uniquemember", "roleoccupant"})
_Found = bool | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A part of a filter: an `&`, an `|`, a `!`, or a comparison; of one that is not understood nobody can tell."""

    word: str
    parts: tuple[Filter, ...] = ()
    deep: bool = False

    def finds(self, listed: frozenset[str], *, deeper: bool) -> _Found:
        """Whether it finds a group that lists somebody by these attributes, or, when `deeper`, lists a group that they are in."""
        found = [part.finds(listed, deeper=deeper) for part in self.parts]
        match self.word:
            case "&":
                return False if False in found else None if None in found else True
            case "|":
                return True if True in found else None if None in found else False
            case "!":
                return None if found[0] is None else not found[0]
            case "":
                return None
            case _:
                return True if self.word in listed else None if self.deep and deeper else False


def filter_of(text: str) -> Filter:
    """Take a filter apart; what is none, or is not understood, is a part of which nobody can tell."""
    plain = _TEMPLATE.sub(lambda found: f"{{{found[1]}}}", text.strip())
    found, rest = _part(plain if plain.startswith("(") else f"({plain})")
    return found if not rest else Filter("")


def _part(text: str) -> tuple[Filter, str]:
    if not text.startswith("("):
        return Filter(""), text
    inside = text[1:].lstrip()
    if inside[:1] in {"&", "|", "!"}:
        parts: list[Filter] = []
        rest = inside[1:].lstrip()
        while rest.startswith("("):
            part, rest = _part(rest)
            parts.append(part)
            rest = rest.lstrip()
        return _joined(inside[0], parts), rest[1:] if rest.startswith(")") else f"?{rest}"
    words, closed, rest = inside.partition(")")
    return _compared(words.strip()), rest if closed else "?"


def _joined(word: str, parts: Sequence[Filter]) -> Filter:
    return Filter(word, tuple(parts)) if parts and (word != "!" or len(parts) == 1) else Filter("")


def _compared(words: str) -> Filter:
    found = _ATOM.fullmatch(words)
    kind = found[1].lower() if found else ""
    wanted = "userdn" if kind in _BY_NAME else "username" if kind == "memberuid" else None
    if found is None or found[3].lower() != wanted:
        return Filter("")
    return Filter(kind, deep=found[2] is not None)
