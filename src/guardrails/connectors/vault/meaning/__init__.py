"""What the policies of Vault and OpenBao mean. Pure: documents in, verdicts and witnesses out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from guardrails.connectors.vault.meaning.answers import Answers
from guardrails.connectors.vault.meaning.holdings import Holdings, Knowledge
from guardrails.connectors.vault.meaning.holes import Holes
from guardrails.connectors.vault.meaning.issuing import Issuing
from guardrails.connectors.vault.meaning.lifetimes import listened, lives
from guardrails.connectors.vault.meaning.narrowed import WouldDo
from guardrails.connectors.vault.meaning.nextlogin import NextLogin
from guardrails.connectors.vault.meaning.onward import Becoming
from guardrails.connectors.vault.meaning.own import own_policy
from guardrails.connectors.vault.meaning.providers import provided
from guardrails.connectors.vault.meaning.realms import realms
from guardrails.connectors.vault.meaning.remarked import remarked
from guardrails.connectors.vault.meaning.settings import settings_remarked
from guardrails.connectors.vault.meaning.verdicts import Verdicts
from guardrails.connectors.vault.meaning.wording import declared_by, said, wanted
from guardrails.connectors.vault.own import whose
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Asset, Exposure, Key, NotSeen
from guardrails.model.findings import Comparison, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.ports import (
    AtLogin,
    BoundClause,
    Ceiling,
    DirectoryLogin,
    Grant,
    Issued,
    Meaning,
    Onward,
    Permit,
    Provided,
    Realms,
    Remark,
    TransitSeen,
    TrustSeen,
)
from guardrails.sets import Language, Pattern
from guardrails.vault.containment import Containment, Declared, loss
from guardrails.vault.decisions import Request
from guardrails.vault.rules import Policy, Rule
from guardrails.vault.templates import Known, Missing

__all__ = ["VaultMeaning"]

_WRITING = frozenset({"create", "read", "update", "patch", "delete", "list"})
"""What everybody who may do everything may do."""
_Question = tuple[frozenset[str], Declared, Knowledge]


class VaultMeaning:
    """The meaning of one observation of a namespace."""

    def __init__(self, observation: Observation) -> None:
        self._seen, self._at = observation, observation.taken_at
        self._held = Holdings(observation)
        self._verdicts = Verdicts(self._held, self._at)
        self._holes = Holes(observation, self._held)
        self._told: dict[_Question, tuple[tuple[Containment, ...], ...]] = {}
        self._gains: dict[tuple[tuple[Policy, ...], Declared, Knowledge], tuple[tuple[Containment, ...], ...]] = {}
        self._before: set[tuple[frozenset[str], Declared]] = set()
        self._would_do = WouldDo(self._held, self._at)
        self._answers = Answers(self._held, self._at, self._holes.why)
        self._issuing = Issuing(self._held, observation, self._answers.decided)
        self._next = NextLogin(self._held)
        self._becoming = Becoming(self._held, self._answers.decided, self.excess, self._anything)

    def selects(self, selector: str, asset: Asset) -> bool:
        """A path pattern; it selects a mount when it names anything inside."""
        if asset.ref.kind != "mount":
            return Pattern.segments(selector).matches(asset.resource)
        inside = Language.of(Pattern.segments(f"{asset.resource}*"))
        return not (Language.of(Pattern.segments(selector)) & inside).is_empty()

    def guards(self, target: str, ref: Ref) -> bool:
        """A pattern over the path of a role, or of a mount that it is in."""
        parts = ref.id.split("/")
        return any(Pattern.segments(target).matches("/".join(parts[: at + 1])) for at in range(len(parts)))

    def rules(self, target: str) -> tuple[Exposure, ...]:  # noqa: ARG002  # its rules are facts
        """None: what logins are bound to is read as rules."""
        return ()

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether all that the holder may do is declared."""
        declared = declared_by(self._held, holder.realm, ceiling)
        if hole := self._holes.why(holder, declared.spared):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        names = self._held.names(holder)
        if names <= declared.spared:
            return Comparison(verdict=Verdict.OK)  # whatever decides is a rule of theirs, and is declared
        known = self._held.known(holder, self._involved(holder.realm, names, declared))
        if (names, declared, known) not in self._told and self._is_covered(holder.realm, names, declared):
            return Comparison(verdict=Verdict.OK)
        found = self._verdicts.compared(holder, self._told_of(holder.realm, names, declared, known))
        return found if found.witness is None else replace(found, details=partial(self._would_do.details, holder, declared, known))

    def _is_covered(self, realm: str, names: frozenset[str], declared: Declared) -> bool:
        """Whether it is declared whatever values stand in paths; looked into once a second holder asks the same."""
        if not self._asked(names, declared):
            return False
        anybody = self._told_of(realm, names, declared, ())
        return all(found.verdict == "covered" for told in anybody for found in told)

    def _asked(self, names: frozenset[str], declared: Declared) -> bool:
        before = (names, declared) in self._before
        self._before.add((names, declared))
        return before

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """Whether the holder may do nothing that it may not do in `before`."""
        if not isinstance(before, VaultMeaning):
            return Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
        if hole := self._holes.why(holder, ()) or before._holes.why(holder, ()):  # noqa: SLF001  # its own kind
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        held, had = self._held.standing(holder), before._held.standing(holder)  # noqa: SLF001  # likewise
        question = held, Declared(lists=(had,)), self._held.known(holder, (*held, *had))
        if question not in self._gains:  # many tokens carry the same
            self._gains[question] = self._verdicts.told(*question)
        return self._verdicts.compared(holder, self._gains[question])

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may still do what it may do in `before` of what is declared."""
        if not isinstance(before, VaultMeaning):
            return Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
        floor = declared_by(self._held, holder.realm, declared)
        if hole := self._holes.why(holder, floor.spared) or before._holes.why(holder, floor.spared):  # noqa: SLF001  # its own kind
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        held, had = self._held.of(holder), before._held.of(holder)  # noqa: SLF001  # likewise
        gone = next(filter(None, (self._loss(holder, part, had, held) for part in wanted(floor))), "")
        return Comparison(verdict=Verdict.UNDECIDED if gone else Verdict.OK, reason=gone)

    def _loss(self, holder: Ref, part: tuple[Policy, ...], had: tuple[Policy, ...], held: tuple[Policy, ...]) -> str:
        known = dict(self._held.known(holder, (*part, *had, *held)))

        def values(name: str) -> Known:
            return known.get(name, Missing.UNKNOWN)

        return next(filter(None, (loss(part, had, held, engine, at=self._at, values=values) for engine in self._held.engines)), "")

    def own_policy(self, holder: Ref, name: str) -> Ref | None:
        """Named for the holder, and there as long as it lists it."""
        return own_policy(self._held, holder, name)

    def stands_alone(self, policy: Ref) -> bool:
        """Each is an object that anybody could be given."""
        return bool(whose(policy.name))

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """By writing policies, identities and logins, and by issuing credentials."""
        return self._becoming.onward(holder, ceiling, expected)

    def _anything(self, realm: str, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether a ceiling gives everything, which whoever makes policies can come to."""
        declared = declared_by(self._held, realm, ceiling)
        everything = (Policy(name="", rules=(Rule(path="*", capabilities=_WRITING),)),)
        told = [found for answers in self._verdicts.told(everything, declared, ()) for found in answers]
        if doubt := next((found for found in told if found.verdict == "undecided"), None):
            return Comparison(verdict=Verdict.UNDECIDED, reason=doubt.reasons[0])
        return Comparison(verdict=Verdict.OK if all(found.verdict == "covered" for found in told) else Verdict.VIOLATION)

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do all that it must."""
        declared = declared_by(self._held, holder.realm, floor)
        if hole := self._holes.why(holder, declared.spared):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        held = self._held.of(holder)
        compared = [self._lacking(holder, part, held) for part in wanted(declared)]
        worst = (Verdict.VIOLATION, Verdict.UNKNOWN, Verdict.UNDECIDED)
        return next((one for verdict in worst for one in compared if one.verdict is verdict), Comparison(verdict=Verdict.OK))

    def _lacking(self, holder: Ref, wanted: tuple[Policy, ...], held: tuple[Policy, ...]) -> Comparison:
        told = self._verdicts.told(wanted, Declared(lists=(held,)), self._held.known(holder, (*wanted, *held)))
        return self._verdicts.compared(holder, told, is_floor=True)

    def _involved(self, realm: str, names: frozenset[str], declared: Declared) -> tuple[Policy, ...]:
        return (*self._held.policies(realm, names), *(policy for policies in declared.lists for policy in policies))

    def _told_of(self, realm: str, names: frozenset[str], declared: Declared, known: Knowledge) -> tuple[tuple[Containment, ...], ...]:
        """The answers for each engine that it may be; many hold the same policies, so each question is answered once."""
        question = (names, declared, known)
        if question not in self._told:
            self._told[question] = self._verdicts.told(self._held.policies(realm, names), declared, known)
        return self._told[question]

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Decide the one request as a server does: by the one rule that comes first; for every engine that it may be."""
        return self._verdicts.replay(holder, witness)

    def permit(self, holder: Ref, action: str, resource: str) -> Permit:
        """Decide one request, and tell by which groups and which rule; for every engine that it may be."""
        return self._answers.permit(holder, Request(operation=action, path=resource))

    def bearers(self, action: str, resource: str) -> Iterator[tuple[Ref, Ref | None, Permit]]:
        """Tokens that are alive and may make a request although their entity may not, or they are nobody's."""
        return self._answers.bearers(Request(operation=action, path=resource))

    def issued(self) -> tuple[Issued, ...]:
        """The tokens that have not ended."""
        return self._issuing.issued()

    def made(self, ref: Ref) -> tuple[Ref, ...]:
        """Tokens that one may have made and that end with it then."""
        return self._issuing.made(ref)

    def issues(self, holder: Ref) -> bool:
        """Whether it may make tokens that are nobody's."""
        return self._issuing.issues(holder)

    def directories(self) -> Iterator[DirectoryLogin]:
        """How each `ldap` mount finds people and their groups."""
        return self._next.directories()

    def at_login(self, way: Ref, name: str, groups: frozenset[str]) -> AtLogin:
        """What somebody will hold after a login."""
        return self._next.at_login(way, name, groups)

    def provided(self) -> tuple[Provided, ...]:
        """Groups that each login by their mount fills anew."""
        return tuple(provided(self._held, is_whole=self._holes.is_none))

    def realms(self) -> Realms | None:
        """The namespace, and those that its server lists below it."""
        return realms(self._seen)

    def remarks(self) -> Iterator[Remark]:
        """What policies do not do although they seem to, and what settings let happen."""
        yield from remarked(self._held, self._at)
        yield from settings_remarked(self._seen)

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # who may log in is told by exposures and settings
        """Nobody: logging in to a role is no trust of the kind that a policy gives."""
        return ()

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # paths have no policies of their own
        """Nobody is let in by an asset itself."""
        return ()

    def in_transit(self, asset: Asset) -> TransitSeen | None:  # noqa: ARG002  # the listener decides for all assets alike
        """What the weakest listener takes."""
        return listened(self._held)

    def lives(self, holder: Ref) -> int | NotSeen | None:
        """How long the tokens of a login live at most."""
        return lives(self._held, holder)

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """One for each policy. Which of two paths decides is left out, so together they may say more."""
        found = ((name, said(self._held, name, holder.realm)) for name in sorted(self._held.names(holder)))
        return tuple(Grant(name=name, says=json.dumps(says), by_nature=name == DEFAULT) for name, says in found if says)

    def selector(self, asset: Asset) -> str:
        """Its path; of a mount everything inside."""
        return f"{asset.resource}*" if asset.ref.kind == "mount" else asset.resource

    def target(self, ref: Ref) -> str:
        """The path of the role."""
        return json.dumps(ref.id)
