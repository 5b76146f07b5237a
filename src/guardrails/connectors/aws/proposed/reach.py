"""Security groups and lists of addresses, as they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guardrails.connectors.aws.proposed.draft import Draft, Text
from guardrails.connectors.aws.rules import rules
from guardrails.model.facts import AddressList, Exposure, Pairs
from guardrails.model.reference import Ref
from guardrails.model.words import Direction
from guardrails.proposals.values import Unknown
from guardrails.sets import Addresses, Ports

__all__ = ["Reach", "Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One incoming rule. What of it is not known lets in everything at most."""

    protocol: str
    low: int | None
    high: int | None
    cidrs: Sequence[Text] = ()
    lists: Sequence[Text] = ()
    groups: Sequence[Text] = ()
    description: str = ""


class Reach:
    """The network rules of one account in a draft."""

    def __init__(self, draft: Draft, account: str) -> None:
        self._draft = draft
        self._account = account
        self._names: dict[str, str] = {rule.target.id: rule.target.name for rule in draft.each(Exposure)}

    def call(self, group: str, name: str) -> None:
        """The name of a group, by its id."""
        self._names[group] = name

    def has(self, group: str) -> bool:
        """Whether anything is known of a group."""
        return group in self._names

    def add(self, group: str, rule: Rule, address: str) -> None:
        """A group lets in what a rule says."""
        rule = self._valid(group, rule)
        for fact in self._facts(group, rule):
            self._draft.put(fact)
        unknown = [one for one in (*rule.cidrs, *rule.lists, *rule.groups) if isinstance(one, Unknown)]
        for at in range(len(unknown)):
            self._draft.put(self._unknown(group, rule, f"{address}/{at}"))

    def drop(self, group: str, rule: Rule) -> None:
        """A group lets that in no longer."""
        for fact in self._facts(group, self._valid(group, rule)):
            self._draft.remove(fact.ref)

    def clear(self, group: str) -> None:
        """A group lets in nothing."""
        for fact in self._draft.each(Exposure):
            if fact.target.id == group and fact.target.realm == self._account:
                self._draft.remove(fact.ref)

    def _valid(self, group: str, rule: Rule) -> Rule:
        """What is no address may be any. What are no ports are all of them, and nothing tells to whom."""
        try:
            for fact in self._facts(group, rule):
                Ports.parse(fact.ports)
        except ValueError:
            return Rule(protocol="-1", low=None, high=None, cidrs=(Unknown("its ports are no ports"),))
        return replace(rule, cidrs=tuple(map(_address, rule.cidrs)))

    def _facts(self, group: str, rule: Rule) -> list[Exposure]:
        said: Mapping[str, Any] = {
            "GroupId": group,
            "GroupName": self._names.get(group, group),
            "IpPermissions": [
                {
                    "IpProtocol": rule.protocol,
                    "FromPort": rule.low,
                    "ToPort": rule.high,
                    "IpRanges": [{"CidrIp": one, "Description": rule.description} for one in rule.cidrs if isinstance(one, str)],
                    "PrefixListIds": [{"PrefixListId": one} for one in rule.lists if isinstance(one, str)],
                    "UserIdGroupPairs": [{"GroupId": one} for one in rule.groups if isinstance(one, str)],
                }
            ],
        }
        return list(rules(self._draft.system, self._account, said))

    def _unknown(self, group: str, rule: Rule, address: str) -> Exposure:
        """What is not known may be everybody; the name of who it is is the address that says so."""
        whom = self._draft.ref(self._account, "planned", address, address)
        (one,) = self._facts(group, replace(rule, cidrs=("0.0.0.0/0",), lists=(), groups=()))
        ref = self._draft.ref(self._account, "rule", f"{group}/{address}", address)
        return replace(one, ref=ref, direction=Direction.IN, addresses=("0.0.0.0/0", "::/0"), through=whom)

    def make_list(self, identifier: str, name: str, addresses: Sequence[Text] | None, tags: Pairs | None) -> None:
        """A list of addresses. One that is not known whole is not known."""
        ref = self._draft.ref(self._account, "prefix-list", identifier, name)
        was = self._draft.get(AddressList, ref)
        base = replace(was, ref=ref) if was else AddressList(ref=ref, addresses=())
        if tags is not None:
            base = replace(base, tags=tags)
        if addresses is not None and any(isinstance(_address(one), Unknown) for one in addresses):
            self._draft.remove(ref, AddressList)
            return
        known = base.addresses if addresses is None else tuple(sorted(str(one) for one in addresses))
        self._draft.put(replace(base, addresses=known))

    def entry(self, identifier: str, cidr: Text, *, there: bool) -> None:
        """An address is in a list, or is not. A list that no rule names was not read, and stays unknown."""
        ref: Ref = self._draft.ref(self._account, "prefix-list", identifier, identifier)
        was = self._draft.get(AddressList, ref)
        if was is None:
            return
        if isinstance(cidr, Unknown) or isinstance(_address(cidr), Unknown):
            self._draft.remove(ref, AddressList)
        else:
            others = set(was.addresses) - {cidr}
            self._draft.put(replace(was, addresses=tuple(sorted(others | {cidr} if there else others))))

    def end_list(self, identifier: str) -> None:
        """A list is gone."""
        self._draft.remove(self._draft.ref(self._account, "prefix-list", identifier, identifier))


def _address(text: Text) -> Text:
    if isinstance(text, Unknown):
        return text
    try:
        Addresses.parse([text])
    except ValueError:
        return Unknown("it is no address")
    return text
