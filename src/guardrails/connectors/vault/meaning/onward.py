"""To whose permissions somebody can come, step by step: by writing policies, identities and logins, and by issuing credentials."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.connectors.vault.methods import MAPPINGS, ROLES
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm, State, Verdict
from guardrails.ports import BoundClause, Ceiling, Onward, Step
from guardrails.sets import Language, Pattern
from guardrails.vault.acl import ROOT
from guardrails.vault.decisions import Decision, Request
from guardrails.vault.escalation import WAYS, Gain, Way
from guardrails.vault.rules import is_exact

__all__ = ["Becoming"]

_MOST_STEPS = 4
_ANY = "guardrails-probe"
"""In the place of a name that is not known or not taken yet: what may be done to this may be done to any."""
_OK = Comparison(verdict=Verdict.OK)
_MOST_TRIED = 2000
"""Requests that are put to the evaluator for one principal before it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A step that somebody may take; `target` is whom it leads to, nobody for any permission at all."""

    request: Request
    decision: Decision
    way: Way
    target: Ref | None
    name: str


class Becoming:
    """What the principals of one observation can come to.

    `decide` puts a request to the evaluator, `excess` compares a principal, `anything` whether a ceiling gives everything.
    """

    def __init__(
        self,
        held: Holdings,
        decide: Callable[[Ref, Request], Decision],
        excess: Callable[[Ref, Sequence[BoundClause]], Comparison],
        anything: Callable[[str, Sequence[BoundClause]], Comparison],
    ) -> None:
        self._held, self._decide, self._excess, self._anything = held, decide, excess, anything
        self._targets = [
            ref
            for ref, principal in held.principals.items()
            if principal.form is not PrincipalForm.PROVIDER and principal.state is not State.DISABLED
        ]
        self._risky: dict[tuple[str, frozenset[str]], tuple[Way, ...]] = {}

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """The first step of the shortest path to somebody beyond the ceiling, and those after it."""
        todo: list[tuple[Ref, tuple[tuple[Ref, _Found], ...]]] = [(holder, ())]
        seen = {holder, *expected}
        doubt = ""
        for who, before in todo:  # grows while it is read
            for found in self._steps(who):
                if found is None:
                    doubt = doubt or f"there are more ways from {who} than are looked at"
                    continue
                if found.target in seen:
                    continue
                path = (*before, (who, found))
                compared = self._compared(holder, found, ceiling)
                if compared.verdict is Verdict.VIOLATION and all(step.decision.allowed for _, step in path):
                    return self._told(path)
                if compared.verdict is not Verdict.OK:
                    doubt = doubt or _doubt(path, compared)
                if found.target is not None and len(path) < _MOST_STEPS:
                    seen.add(found.target)
                    todo.append((found.target, path))
        return Onward(comparison=Comparison(verdict=Verdict.UNDECIDED, reason=doubt) if doubt else _OK)

    def _compared(self, holder: Ref, found: _Found, ceiling: Ceiling) -> Comparison:
        if found.target is None:
            return self._anything(holder.realm, ceiling(holder))
        return self._excess(found.target, ceiling(found.target))

    def _steps(self, who: Ref) -> Iterator[_Found | None]:
        """Everything that somebody may do, or perhaps may do, which leads to more; `None` at the end where that is not all."""
        names = self._held.names(who)
        if ROOT in names:
            return
        tried = 0
        for way in self._ways(who.realm, names):
            for target, filled in self._places(way, who, names):
                tried += 1
                if tried > _MOST_TRIED:
                    yield None
                    return
                found = self._asked(way, who, target, filled)
                if found is not None:
                    yield found

    def _asked(self, way: Way, who: Ref, target: Ref | None, filled: dict[str, str]) -> _Found | None:
        """The step, unless it surely may not be taken."""
        further = [Request(operation=operation, path=path.format(**filled)) for operation, path in way.needs]
        path = way.path.format(**filled)
        if way.sudo:
            further.append(Request(operation="sudo", path=path))
        if any(self._decide(who, one).allowed is False for one in further):
            return None
        for operation in way.operations:
            request = Request(operation=operation, path=path, parameters=dict(way.parameters))
            decision = self._decide(who, request)
            if decision.allowed is not False:
                name = next(iter(filled.values()), "")
                return _Found(request=request, decision=decision, way=way, target=target, name=name)
        return None

    def _ways(self, realm: str, names: frozenset[str]) -> tuple[Way, ...]:
        """Those of which some rule of the policies speaks; most have none."""
        key = (realm, names)
        if key not in self._risky:
            paths = {
                rule.path
                for policy in self._held.policies(realm, names)
                for rule in policy.rules
                if rule.capabilities & {"create", "update", "patch"}
            }
            self._risky[key] = tuple(way for way in WAYS if any(_touches(path, way.path) for path in paths))
        return self._risky[key]

    def _places(self, way: Way, who: Ref, names: frozenset[str]) -> Iterator[tuple[Ref | None, dict[str, str]]]:
        """To whom or what it can be done, and what stands in its path then."""
        if "{policy}" in way.path:
            yield from ((None, {"policy": name}) for name in sorted(names | self._held.carried(who)))
        elif way.gain is Gain.GROUP:
            yield from ((ref, {"group": ref.id}) for ref in self._kind("group", who))
        elif way.gain is Gain.ENTITY:
            aliases = (_ANY, *(fact.ref.id for fact in self._held.settings("entity-alias"))) if "{alias}" in way.path else (_ANY,)
            yield from ((ref, {"alias": alias}) for ref in self._kind("entity", who) for alias in aliases)
        elif way.logins:
            yield from self._logins(way, who)
        else:
            # of whoever is no entity itself the id is not known: it may do it when it may to any
            known = who.kind == "entity"
            yield None, {"entity": who.id if known else _ANY, "name": who.name if known else _ANY}

    def _kind(self, kind: str, who: Ref) -> Iterator[Ref]:
        return (ref for ref in self._targets if ref.kind == kind and ref.realm == who.realm and ref != who)

    def _logins(self, way: Way, who: Ref) -> Iterator[tuple[Ref | None, dict[str, str]]]:
        """Those that there are; and where any will do, one that is made anew in each folder of a mount."""
        for ref in self._targets:
            parts = ref.id.split("/")
            if ref.realm == who.realm and parts[0] == "auth" and parts[-2] in way.logins and ref != who:
                yield (ref if way.gain is Gain.LOGIN else None), {"login": ref.id, "role": parts[-1]}
        if way.gain is Gain.ANYTHING:
            for mount in self._held.settings("auth-mount"):
                for folder in (ROLES.get(mount.form, ""), *MAPPINGS.get(mount.form, {})):
                    if folder.rpartition("/")[2] in way.logins and mount.ref.realm == who.realm:
                        yield None, {"login": f"auth/{mount.ref.name}{folder}/{_ANY}", "role": _ANY}

    def _told(self, path: Sequence[tuple[Ref, _Found]]) -> Onward:
        who, first = path[0]
        principal = self._held.principals.get(who)
        context = (("parameters", json.dumps(dict(first.request.parameters), sort_keys=True)),) if first.request.parameters else ()
        shown = Witness(
            principal=principal.resource if principal else str(who),
            action=first.request.operation,
            resource=first.request.path,
            context=context,
        )
        steps = tuple(_step(source, found) for source, found in path)
        return Onward(comparison=Comparison(verdict=Verdict.VIOLATION, witness=shown, granted_by=first.decision.because), path=steps)


def _step(source: Ref, found: _Found) -> Step:
    target = str(found.target) if found.target else Gain.ANYTHING.value
    how = f"{found.way.how}{f' ({found.name})' if found.name and not found.target else ''}"
    return Step(source=str(source), how=how, target=target, by=found.decision.because)


def _doubt(path: Sequence[tuple[Ref, _Found]], compared: Comparison) -> str:
    unsure = next(
        (f"whether {who} may {found.request.operation} {found.request.path}" for who, found in path if not found.decision.allowed), ""
    )
    target = path[-1][1].target
    return f"it cannot be told {unsure}" if unsure else f"whether {target} may do more cannot be told: {compared.reason}"


@lru_cache(maxsize=131072)
def _touches(path: str, asked: str) -> bool:
    """Whether a rule may match the request of a way, whatever stands in its path."""
    rule = Pattern.glob(path.replace("{{", "*{{").split("{{", 1)[0]) if "{{" in path else _pattern(path)
    for name in ("policy", "entity", "name", "group", "alias", "role"):
        asked = asked.replace(f"{{{name}}}", "*")
    wanted = Pattern.glob(asked.replace("{login}", "auth/*"))
    return not (Language.of(rule) & Language.of(wanted)).is_empty()


def _pattern(path: str) -> Pattern:
    return Pattern.literal(path) if is_exact(path) else Pattern.segments(path)
