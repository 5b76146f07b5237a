"""The ways of `escalation` that a user or role really has: each with the requests that it takes, all of them allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.iam.account import Body, Holder, Version
from guardrails.iam.escalation import WAYS, Gain, Need, Way
from guardrails.iam.possible import Allowed, Answer
from guardrails.iam.powers import Doubtful, Powers, Tried
from guardrails.sets import Context

__all__ = ["ANYTHING", "Escalation", "Finder", "Onward"]

ANYTHING = "*"
"""Whatever it likes, within what its boundary and the SCPs leave."""

_KEPT_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
"""Roles with such a path cannot be changed by anybody of the account."""
_AGAIN = frozenset({Gain.USER, Gain.ROLE, Gain.GROUP, Gain.OWN_BOUNDARY})
"""What counts even if whom it leads to is known: it makes another self, or a self that may do more."""
_EC2 = "ec2.amazonaws.com"
_NEW_PROFILE = (Need("iam:CreateInstanceProfile"), Need("iam:AddRoleToInstanceProfile"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A way that a principal has, and to what it leads.

    `target` is what it is done to. `leads_to` is the ARN of the user, role, group or managed policy whose permissions it gets so, or `*`;
    behind the ARN of a policy stands the version that comes into force, if it is another.
    `allowed` has each request that it takes, with the context that decides. What the way supposes must be there besides.
    """

    way: Way
    principal: str
    target: str
    leads_to: str
    allowed: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class Onward:
    """An escalation, and as whom it goes on; `None` where nobody is left to become."""

    found: Escalation
    holder: Holder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What a way is done to: `who` is the user or role that it is, if it is one."""

    arn: str
    leads_to: str
    who: Holder | None = None
    onward: Holder | None = None


class Finder:
    """Looks for the ways of one holder. `also` can be changed as its own: those whom it can become.

    What leads only to whom `known` holds of need not be proved again. `spend` is called before each thing that a way is tried on.
    """

    def __init__(
        self,
        powers: Powers,
        also: Iterable[Holder],
        known: Callable[[str], bool] = lambda _: False,
        *,
        ways: Sequence[Way] = WAYS,
        spend: Callable[[], None] = lambda: None,
    ) -> None:
        self._powers, self._known, self._spend = powers, known, spend
        self._ways = sorted(ways, key=lambda way: way.gain.is_anything)
        self._selves = {holder.arn: holder for holder in (powers.holder, *also)}
        self._account = powers.realm.of(powers.holder)
        self._anywhere: dict[Need, Answer] = {}
        self.doubts: list[Doubtful] = []
        self.perhaps: list[tuple[Onward, Doubtful]] = []
        """Where it cannot be told whether something leads, and why not."""
        self._targets: dict[Gain, Callable[[Way], Iterator[_Target]]] = {
            Gain.PASSED: self._trusting,
            Gain.RUNNING: self._trusting,
            Gain.OWN_USER: self._own,
            Gain.OWN_ROLE: self._own,
            Gain.OWN_GROUP: self._own_groups,
            Gain.OWN_POLICY: self._own_policies,
            Gain.OWN_VERSION: self._own_versions,
            Gain.OWN_BOUNDARY: self._own_boundaries,
            Gain.GROUP: self._groups,
            Gain.USER: self._others,
            Gain.ROLE: self._others,
        }

    def found(self) -> Iterator[Onward]:
        """The ways to become somebody first: whom it can become, it can change as itself."""
        for way in self._ways:
            again = way.gain in _AGAIN
            for target in self._targets[way.gain](way) if self._is_thinkable(way) else ():
                if not again and self._known(target.leads_to):
                    continue
                self._spend()
                tried = self._tried(way, target)
                self.doubts += tried.unknown
                if tried.unknown:
                    escalation = Escalation(
                        way=way, principal=self._powers.holder.arn, target=target.arn, leads_to=target.leads_to, allowed=()
                    )
                    self.perhaps.append((Onward(escalation, target.onward), tried.unknown[0]))
                elif tried.allowed:
                    yield self._onward(way, target, tuple(tried.allowed))

    def _is_thinkable(self, way: Way) -> bool:
        """Whether nothing that it takes whatever it is done to is surely lacking; quick, before all that it may be done to is tried."""
        own = [need.action for need in way.needs if "{target}" in need.on] + (["iam:PassRole"] if way.gain is Gain.PASSED else [])
        general = (need for need in way.needs if "{target}" not in need.on)
        return all(map(self._powers.hears, own)) and not any(self._is_no(self._ask(need)) for need in general)

    def _onward(self, way: Way, target: _Target, allowed: tuple[Allowed, ...]) -> Onward:
        leads_to = target.leads_to
        if leads_to == ANYTHING:
            attached = allowed[-1].request.context.get("iam:policyarn")
            leads_to = attached if isinstance(attached, str) and attached != self._administrator else ANYTHING
        if target.onward is not None and way.gain in {Gain.USER, Gain.ROLE}:
            self._selves.setdefault(target.onward.arn, target.onward)
        arn = self._powers.holder.arn
        return Onward(Escalation(way=way, principal=arn, target=target.arn, leads_to=leads_to, allowed=allowed), target.onward)

    @staticmethod
    def _is_no(answer: Answer) -> bool:
        return answer.allowed is None and not answer.unknown

    def _tried(self, way: Way, target: _Target) -> Tried:
        """Everything that the way takes; nothing at all as soon as one thing surely is not allowed."""
        tried = Tried()
        for subject, action, on, answer in self._questions(way, target):
            if self._is_no(answer):
                return Tried()
            tried.took(subject, action, on, answer)
        return tried

    def _questions(self, way: Way, target: _Target) -> Iterator[tuple[str, str, str, Answer]]:
        me = self._powers.holder.arn
        needs = way.needs
        if way.service and target.who is not None:
            yield way.service, "sts:AssumeRole", target.arn, self._powers.realm.lets_in(target.who, way.service)
            if way.gain is Gain.PASSED:
                yield me, "iam:PassRole", target.arn, self._pass(way, target)
                needs = (*needs, *(_NEW_PROFILE if way.service == _EC2 and not target.who.profiles else ()))
        for need in needs:
            yield me, need.action, self._place(need.on, target.arn), self._ask(need, target)
        if way.gain is Gain.ROLE and target.who is not None:
            yield me, "sts:AssumeRole", target.arn, self._powers.if_trusted(target.who)

    def _pass(self, way: Way, target: _Target) -> Answer:
        return self._powers.ask("iam:PassRole", target.arn, target=target.who, fixed={"iam:passedtoservice": way.service})

    def _ask(self, need: Need, target: _Target | None = None) -> Answer:
        if target is None or "{target}" not in need.on:
            if need not in self._anywhere:
                self._anywhere[need] = self._powers.ask(need.action, self._place(need.on, "") or None)
            return self._anywhere[need]
        answer = Answer()
        for fixed in self._fixed(need, target):
            answer = self._powers.ask(need.action, target.arn, target=target.who, fixed=fixed)
            if answer.allowed is not None:
                break
        return answer

    def _fixed(self, need: Need, target: _Target) -> Iterator[Context]:
        """What is attached is AdministratorAccess, or else whatever the conditions let be attached; the boundary is the target's."""
        limit = {"iam:permissionsboundary": (target.who.boundary_arn or None) if target.who else None}
        if "Attach" in need.action:
            yield {**limit, "iam:policyarn": self._administrator}
            yield limit
        else:
            yield {"iam:permissionsboundary": self._administrator} if "PermissionsBoundary" in need.action else limit

    @property
    def _administrator(self) -> str:
        return self._place("arn:{partition}:iam::aws:policy/AdministratorAccess", "")

    def _place(self, on: str, target: str) -> str:
        partition = self._powers.holder.arn.split(":")[1]
        return on.replace("{partition}", partition).replace("{account}", self._account.number).replace("{target}", target)

    def _trusting(self, way: Way) -> Iterator[_Target]:
        for role in self._powers.realm.naming(self._account.number, way.service):
            runs = way.gain is Gain.PASSED or way.service != _EC2 or role.profiles
            if role.arn == self._powers.holder.arn or not runs or self._known(role.arn):
                continue
            if not self._is_no(self._powers.realm.lets_in(role, way.service)):
                yield _Target(arn=role.arn, leads_to=role.arn, who=role, onward=role)

    def _mine(self, kind: str) -> Iterator[Holder]:
        """Itself and those whom it can become, of one kind and of the account that keeps them, but for what AWS keeps."""
        return (one for one in self._selves.values() if one.kind == kind and not one.path.startswith(_KEPT_BY_AWS))

    def _own(self, way: Way) -> Iterator[_Target]:
        for one in self._mine("user" if way.gain is Gain.OWN_USER else "role"):
            yield _Target(arn=one.arn, leads_to=ANYTHING, who=one)

    def _own_groups(self, _: Way) -> Iterator[_Target]:
        yield from (_Target(arn=arn, leads_to=ANYTHING) for arn in dict.fromkeys(arn for one in self._mine("user") for arn in one.groups))

    def _own_policies(self, _: Way) -> Iterator[_Target]:
        arns = dict.fromkeys(arn for one in self._selves.values() for arn in one.attached)
        yield from (_Target(arn=arn, leads_to=ANYTHING) for arn in arns if arn.split(":")[4] == self._account.number)

    def _own_versions(self, _: Way) -> Iterator[_Target]:
        # one at a time, as with groups
        for one in tuple(self._selves.values()):
            for arn in dict.fromkeys(one.attached):
                for version in self._account.versions.get(arn, ()) if arn.split(":")[4] == self._account.number else ():
                    onward = replace(one, identity=_with(one.identity, version))
                    yield _Target(arn=arn, leads_to=f"{arn} {version.id}", onward=onward)

    def _own_boundaries(self, way: Way) -> Iterator[_Target]:
        for one in self._mine("user" if "User" in way.name else "role"):
            if one.boundary is not None:
                yield _Target(arn=one.arn, leads_to=one.arn, who=one, onward=replace(one, boundary=None, boundary_arn=""))

    def _groups(self, _: Way) -> Iterator[_Target]:
        me = self._powers.holder
        # one at a time: of all the groups that somebody may join, every set would be somebody else to follow
        joins = me.kind == "user" and me.groups == self._account.holders[me.arn].groups
        for group in self._account.groups.values() if joins else ():
            if group.arn not in me.groups:
                wider = replace(me, identity=(*me.identity, *group.identity), attached=(*me.attached, *group.attached))
                yield _Target(arn=group.arn, leads_to=group.arn, onward=replace(wider, groups=(*me.groups, group.arn)))

    def _others(self, way: Way) -> Iterator[_Target]:
        kind = "user" if way.gain is Gain.USER else "role"
        for one in self._account.holders.values():
            if one.kind == kind and one.arn not in self._selves and not one.path.startswith(_KEPT_BY_AWS):
                yield _Target(arn=one.arn, leads_to=one.arn, who=one, onward=one)


def _with(identity: tuple[Body, ...], version: Version) -> tuple[Body, ...]:
    """Some policies with another version of one of them; of two that say the same, one stays."""
    if version.instead_of not in identity:
        return (*identity, version.body)
    place = identity.index(version.instead_of)
    return (*identity[:place], version.body, *identity[place + 1 :])
