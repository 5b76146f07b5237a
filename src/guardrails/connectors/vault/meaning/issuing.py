"""Which tokens are out, as whom each acts, by whose name it was had, and what may still be used when it is refused itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.meaning.holdings import Bearer, Holdings, has_ended
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import State
from guardrails.ports import Issued
from guardrails.vault.decisions import Decision, Request

__all__ = ["Issuing"]

_PEOPLE = frozenset({"cert", "github", "jwt", "kerberos", "ldap", "oidc", "okta", "radius", "userpass"})
"""Methods that show a token by the name of who logged in, which is the name of their alias too."""
_ENTITIES = "identity/entity/id"
_NOT_LEASES = ("auth/", "sys/")
"""Under these stand tokens themselves, and answers that are wrapped."""
_ORPHANS = (
    ("auth/token/create-orphan", ("update",)),
    ("auth/token/create", ("update", "sudo")),
)
"""Where a token makes one that does not end with it, and what that takes."""


class Issuing:
    """The tokens of one observation; `decide` puts a request to the evaluator."""

    def __init__(self, held: Holdings, seen: Observation, decide: Callable[[Ref, Request], Decision]) -> None:
        self._held, self._at, self._decide = held, seen.taken_at, decide
        told = {gap.what for gap in seen.gaps}
        # a token of a namespace can act as an entity of the one above, which is not read here
        self._all_entities = any(one.what == _ENTITIES and not one.realm for one in seen.readings) and "iam" not in told
        self._mounts = sorted(((mount.ref.name, mount.form) for mount in held.settings("auth-mount")), key=lambda mount: -len(mount[0]))
        self._leases = _leases(held)
        self._found: tuple[Issued, ...] | None = None

    def issued(self) -> tuple[Issued, ...]:
        """All that have not ended, with what is known of whose they are."""
        if self._found is None:
            self._found = tuple(self._issued(one) for one in sorted(self._alive(), key=_born, reverse=True))
        return self._found

    def _alive(self) -> Iterator[Bearer]:
        return (one for one in self._held.bearers if not has_ended(one.entry, self._at))

    def made(self, ref: Ref) -> tuple[Ref, ...]:
        """Tokens that one may have made and that end with it then."""
        alive = tuple(self._alive())
        makers = [one for one in alive if one.ref == ref]
        return tuple(other.ref for one in makers for other in alive if other.ref != ref and _may_have_made(one, other))

    def _issued(self, one: Bearer) -> Issued:
        doubt = "" if one.entity or not one.entry.get("entity_id") or self._all_entities else "may be used: as whom it acts was not seen"
        disabled = one.entity is not None and self._held.principals[one.entity].state is State.DISABLED
        lost = one.entity is None and bool(one.entry.get("entity_id"))
        name = self._name(one.entry)
        end = one.entry.get("expire_time") or "it is revoked"
        return Issued(
            ref=one.ref,
            holder=one.entity,
            policies=tuple(self._held.attached(one.ref)),
            names=(("alias", name),) if name else (),
            usable=not (disabled or lost),
            leaves=(doubt or self._leases) if disabled or lost else "",
            nobodys=not one.entry.get("entity_id") and not name and one.entry.get("orphan") is True,
            how=f"accessor {one.ref.id}, had by {one.entry.get('path') or 'nobody knows what'}, until {end}",
        )

    def _name(self, entry: Mapping[str, Any]) -> str:
        """Of who logged in; of what another token made nobody's."""
        path, shown = str(entry.get("path") or ""), str(entry.get("display_name") or "")
        if "/login/" in path and not path.startswith("auth/token/"):
            return path.partition("/login/")[2]
        for mount, method in self._mounts:
            if path.startswith(f"auth/{mount}"):
                source = mount.replace("/", "-")
                return shown.removeprefix(source) if method in _PEOPLE and shown.startswith(source) else ""
        return ""

    def issues(self, holder: Ref) -> bool:
        """Whether it may make a token that outlives everything of it and bears nobody's name."""
        roles = [(fact.ref.id, json.loads(fact.text)) for fact in self._held.settings("role") if fact.form == "token"]
        through = (("auth/token/create/" + path.rpartition("/")[2], ("update",)) for path, entry in roles if entry.get("orphan"))
        return any(self._may(holder, path, words) for path, words in (*_ORPHANS, *through))

    def _may(self, holder: Ref, path: str, words: Iterable[str]) -> bool:
        return all(self._decide(holder, Request(operation=word, path=path)).allowed is not False for word in words)


def _born(one: Bearer) -> tuple[int, str]:
    """When it was made: in seconds, and finer where the server tells; before all others where it does not tell."""
    created, issued = one.entry.get("creation_time"), one.entry.get("issue_time")
    return created if isinstance(created, int) else 0, str(issued or "")


def _may_have_made(one: Bearer, other: Bearer) -> bool:
    """Whether a token may have been made by another one and end with it. No server tells which did.

    It acts as the same entity then, unless a role of tokens gives it another one.
    """
    path = str(other.entry.get("path") or "")
    if other.entry.get("orphan") is True or not path.startswith("auth/token/create") or _born(other)[0] < _born(one)[0]:
        return False
    return path != "auth/token/create" or (other.entry.get("entity_id") or "") == (one.entry.get("entity_id") or "")


def _leases(held: Holdings) -> str:
    """Why something that was handed out may still be used; empty when nothing is out."""
    read = [json.loads(fact.text)["folders"] for fact in held.settings("leases")]
    if not read:
        return "may have left leases, which were not seen"
    folders = sorted(folder for folders in read for folder in folders if folder not in _NOT_LEASES)
    return f"may have left leases: some under {', '.join(folders)} have not ended, and whose they are no server tells" if folders else ""
