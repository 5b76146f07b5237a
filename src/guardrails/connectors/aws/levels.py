"""What stands above an account: its organisational units up to the root, and the policies of the organisation at each of these levels.

AWS has at least one policy of each enabled kind at every level (AWS Organizations User Guide, "Attaching and detaching"), so a level
without any was not seen. The management account is bound by none, so nothing is read of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import canonical
from guardrails.model.facts import Edge, Gap, Policy, Reading, Unit
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason

__all__ = ["CONTROLS", "levels"]

Said = Edge | Gap | Policy | Reading | Unit


@dataclass(frozen=True, slots=True)
class _Control:
    """A kind of policy of organisations: `what` a gap calls it, the `type` that AWS calls it, the edge that attaches one."""

    what: str
    type: str
    edge: EdgeKind


CONTROLS = (
    _Control("scp", "SERVICE_CONTROL_POLICY", EdgeKind.SERVICE_CONTROL),
    _Control("rcp", "RESOURCE_CONTROL_POLICY", EdgeKind.RESOURCE_CONTROL),
)
_KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "organizational-unit"}


def levels(
    system: str, organization: str, api: AwsApi, accounts: Iterable[str], *, are_all: bool = True
) -> Generator[Said, None, Mapping[str, Ref]]:
    """Everything above some accounts; returns what each lies directly within. Only when they `are_all` is anything read to its end."""
    reader = _Levels(system, organization, api, are_all=are_all)
    return (yield from reader.read(tuple(accounts)))


class _Levels:
    def __init__(self, system: str, organization: str, api: AwsApi, *, are_all: bool) -> None:
        self._system, self._realm, self._api = system, organization, api
        self._above: dict[Ref, Ref | None] = {}
        self._bodies: set[Ref] = set()
        self._incomplete = set[str]() if are_all else {control.what for control in CONTROLS}

    def read(self, accounts: tuple[str, ...]) -> Generator[Said, None, Mapping[str, Ref]]:
        top = self._ref("organization", self._realm)
        answer = self._api.ask("organizations", "list_roots")
        found = list(listed(answer, "Roots"))
        if isinstance(answer, Failed) or len(found) != 1 or "PolicyTypes" not in found[0]:
            yield Unit(ref=top)
            failed = answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, "ListRoots: the answer tells no root")
            yield from (self._gap(control, top, failed) for control in CONTROLS)
            return dict.fromkeys((account for account in accounts if account != self._realm), top)
        # arn:PARTITION:organizations::MANAGEMENT:root/ORGANISATION/ROOT
        management, _, place = str(found[0]["Arn"]).split(":", 4)[4].partition(":")
        yield Unit(ref=top, resource=place.split("/")[1] if "/" in place else "")
        root = self._ref("root", str(found[0]["Id"]))
        states = {str(each["Type"]): str(each["Status"]) for each in found[0]["PolicyTypes"]}
        enabled = tuple(control for control in CONTROLS if control.type in states)
        bound = [self._account(account) for account in accounts if account != management and enabled]
        self._above[root] = top
        for account in bound:
            yield from self._climb(account, enabled)
        yield from (Unit(ref=ref, within=above) for ref, above in self._above.items() if ref.kind != "account")
        for control in enabled:
            yield from self._attached(control, root, states[control.type])
        return {account.realm: above for account in bound if (above := self._above[account]) is not None}

    def _ref(self, kind: str, identifier: str, name: str = "") -> Ref:
        return Ref(system=self._system, realm=self._realm, kind=kind, id=identifier, name=name or identifier)

    def _account(self, identifier: str) -> Ref:
        return Ref(system=self._system, realm=identifier, kind="account", id=identifier, name=identifier)

    def _gap(self, control: _Control, subject: Ref, failed: Failed) -> Gap:
        self._incomplete.add(control.what)
        return unseen(self._system, subject.realm, control.what, failed, subject)

    def _climb(self, child: Ref, controls: tuple[_Control, ...]) -> Iterator[Gap]:
        """Every level above an account, each once."""
        path = [child]
        while child not in self._above:
            answer = self._api.ask("organizations", "list_parents", ChildId=child.id)
            parents = [self._ref(_KINDS.get(str(each["Type"]), ""), str(each["Id"])) for each in listed(answer, "Parents")]
            if isinstance(answer, Failed) or len(parents) != 1 or parents[0] in path or not parents[0].kind:
                failed = answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, "ListParents: the answer tells no parent")
                self._above[child] = None
                yield from (self._gap(control, child, failed) for control in controls)
                return
            self._above[child] = parents[0]
            child = parents[0]
            path.append(child)

    def _attached(self, control: _Control, root: Ref, state: str) -> Iterator[Said]:
        if state != "ENABLED":
            yield self._gap(control, root, Failed(GapReason.INCOMPLETE, f"{control.type} is being switched on or off ({state})"))
        edges, calls = 0, 0
        for level in self._above:
            answer = self._api.ask("organizations", "list_policies_for_target", TargetId=level.id, Filter=control.type)
            found = list(listed(answer, "Policies"))
            if isinstance(answer, Failed) or {entry["Type"] for entry in found} != {control.type}:
                other = Failed(GapReason.INCOMPLETE, f"ListPoliciesForTarget: the answer tells no {control.type}, and every level has one")
                yield self._gap(control, level, answer if isinstance(answer, Failed) else other)
                continue
            for entry in found:
                policy = self._ref(control.type.lower().replace("_", "-"), str(entry["Arn"]), str(entry["Name"]))
                yield Edge(kind=control.edge, source=level, target=policy, provenance=str(entry["Arn"]))
                yield from self._body(control, policy, str(entry["Id"]))
            edges, calls = edges + len(found), calls + getattr(answer, "calls", 1)
        if control.what not in self._incomplete:
            yield Reading(system=self._system, realm=self._realm, what=control.what, items=edges, pages=calls, calls=calls)

    def _body(self, control: _Control, policy: Ref, identifier: str) -> Iterator[Policy | Gap]:
        """The document, asked for once whatever it is attached to."""
        if policy in self._bodies:
            return
        self._bodies.add(policy)
        answer = self._api.ask("organizations", "describe_policy", PolicyId=identifier)
        try:
            if isinstance(answer, Found):
                yield Policy(ref=policy, text=_document(answer.answer["Policy"]))
                return
            failed = answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, "DescribePolicy: no answer")
        except (KeyError, ValueError):
            failed = Failed(GapReason.MALFORMED, "DescribePolicy: the answer holds no document")
        yield self._gap(control, policy, failed)


def _document(policy: Mapping[str, Any]) -> str:
    return canonical(str(policy["Content"]))
