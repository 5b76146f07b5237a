"""Rules of security groups, entries of prefix lists and addresses of IP sets in sources of Terraform, in each of their forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from guardrails.connectors.aws.rules import ports_of
from guardrails.connectors.aws.written.finding import BY_NAME, Object
from guardrails.connectors.aws.written.members import without_block
from guardrails.hcl.blocks import Block
from guardrails.hcl.tree import Items, Node, Plain, Text
from guardrails.model.written import Wanted
from guardrails.written.cuts import Cut
from guardrails.written.dialects import HCL
from guardrails.written.listed import Span, lines_of, removed
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource

__all__ = ["EntriesAim", "IpSetAim", "RuleAim"]

_LISTS = ("cidr_blocks", "ipv6_cidr_blocks")
_SINGLE = ("cidr_ipv4", "cidr_ipv6", "cidr")
_SOURCES = (*_LISTS, "security_groups", "source_security_group_id", "prefix_list_ids", "self")
_PROTOCOLS = {"all": "-1"}
_FROM = " from "
_ENTRY, _ADDRESS = "entry ", "address "


@dataclass(frozen=True, slots=True)
class _Rule:
    """One address of a rule: the block that is the rule, and the text of the address; `listed` is the list that it is in.

    `at` is the block where the address is written out, and `named` how the rule says it.
    """

    resource: Resource
    block: Block
    at: Resource
    named: Node
    text: Text
    listed: Items | None = None

    def cut(self, new: str | None) -> Iterator[Cut]:
        """Another address in its place; `None` takes it out, and the rule with it where it is the last."""
        if new is not None:
            yield Cut(self.text.start, self.text.end, HCL.render(new))
        elif self.is_of_several:
            assert self.listed is not None  # noqa: S101  # as was just seen
            spans = [Span(item.start, item.end) for item in self.listed.items]
            gone = {at for at, item in enumerate(self.listed.items) if item is self.text}
            yield from removed(self.at.text, Span(self.listed.start, self.listed.end), spans, gone, may_trail=True)
        elif self.block is self.resource.block:
            yield without_block(self.resource)
        else:
            lines = lines_of(self.resource.text, Span(self.block.start, self.block.end))
            if lines is None:
                raise NoPatch("something else stands in its lines", self.resource.at(self.block.start))
            yield lines

    @property
    def is_of_several(self) -> bool:
        """Whether the rule says something without it."""
        return self.listed is not None and (len(self.listed.items) > 1 or self._has_others())

    def _has_others(self) -> bool:
        found = [self.block.body.get(name) for name in _SOURCES]
        return any(node is not None and node is not self.named for node in found)


def _addresses(sources: Configuration, resource: Resource, block: Block) -> Iterator[_Rule]:
    for name in (*_LISTS, *_SINGLE):
        named = block.body.get(name)
        if named is None:
            continue
        found = sources.behind(resource, named)
        listed = found.node if isinstance(found.node, Items) else None
        texts = listed.items if listed is not None else (found.node,)
        yield from (_Rule(resource, block, found.at, named, text, listed) for text in texts if isinstance(text, Text))


def _is(text: str, cidr: str) -> bool:
    try:
        return ip_network(text, strict=False) == ip_network(cidr, strict=False)
    except ValueError:
        return False


def _ports(block: Block) -> str:
    """As everywhere here; empty where they are not written out."""
    found: dict[str, object] = {}
    for name, key in (("protocol", "IpProtocol"), ("ip_protocol", "IpProtocol"), ("from_port", "FromPort"), ("to_port", "ToPort")):
        node = block.body.get(name)
        if isinstance(node, Text | Plain):
            found[key] = node.value
        elif node is not None:
            return ""
    protocol = str(found.get("IpProtocol", ""))
    if not protocol:
        return ""
    numbers = {key: int(str(value)) for key, value in found.items() if key != "IpProtocol" and str(value).lstrip("-").isdigit()}
    return ports_of({"IpProtocol": _PROTOCOLS.get(protocol, protocol), **numbers})


class RuleAim:
    """A rule of a security group lets in others, or is not there any more."""

    def __init__(self, wanted: Wanted) -> None:
        (gone,) = [edit.field for edit in wanted.edits if edit.removes]
        self._ports, _, self._gone = gone.partition(_FROM)
        self._come = next((edit.field.partition(_FROM)[2] for edit in wanted.edits if edit.adds), None)
        self._group = Object.of("aws_security_group", wanted, ("id", wanted.ref.id))
        self._what = f"{gone} of {wanted.ref.name}"

    def _rules(self, sources: Configuration) -> Iterator[_Rule]:
        own = self._group.resource(sources)
        if own is not None:
            for block in own.body.of("ingress"):
                yield from _addresses(sources, own, block)
        for one in sources.of("aws_security_group_rule", "aws_vpc_security_group_ingress_rule"):
            kind = one.body.get("type")
            is_in = one.type != "aws_security_group_rule" or (isinstance(kind, Text) and kind.value == "ingress")
            if is_in and self._group.is_meant(sources, one, one.body.get("security_group_id")):
                yield from _addresses(sources, one, one.block)

    def _found(self, sources: Configuration, cidr: str) -> list[_Rule]:
        return [rule for rule in self._rules(sources) if _is(rule.text.value, cidr) and _ports(rule.block) == self._ports]

    def sketch(self, sources: Configuration) -> Sketch:
        """The address goes, or becomes the other one."""
        found = self._found(sources, self._gone)
        own = self._group.resource(sources)
        if len(found) != 1:
            raise NoPatch(sources.problem or f"{self._what} is written out in {len(found)} places", own.place if own else "")
        (rule,) = found
        sources.require_once(rule.resource)
        if self._come is None and rule.block is rule.resource.block and (uses := sources.uses(rule.resource)):
            raise NoPatch(f"other blocks name it: {', '.join(uses[:3])}", rule.resource.place)
        return self._sketch(sources, rule)

    def _sketch(self, sources: Configuration, rule: _Rule) -> Sketch:
        """In the block where the address is written out, or the rule goes, with the name of what it lets in."""
        notes = ["" if self._group.is_sure(sources) else BY_NAME]
        at, place = rule.resource, rule.block.start
        if self._come is not None or rule.is_of_several:
            notes.append(sources.alone(rule.resource, rule.named).note)
            at, place = rule.at, rule.text.start
        elif rule.named is rule.text or rule.named is rule.listed:
            place = rule.text.start
        return Sketch(path=at.path, place=at.at(place), cuts=list(rule.cut(self._come)), note="; ".join(filter(None, notes)))

    def is_met(self, sources: Configuration) -> bool:
        """The old one is nowhere, and the new one is there."""
        return not self._found(sources, self._gone) and (self._come is None or len(self._found(sources, self._come)) == 1)


class EntriesAim:
    """Entries of a managed prefix list go, and others come."""

    def __init__(self, wanted: Wanted) -> None:
        self._gone = [edit.field.removeprefix(_ENTRY) for edit in wanted.edits if edit.removes]
        self._come = [edit.field.removeprefix(_ENTRY) for edit in wanted.edits if edit.adds]
        self._list = Object.of("aws_ec2_managed_prefix_list", wanted, ("id", wanted.ref.id))

    def _entries(self, sources: Configuration) -> list[_Rule]:
        own = self._list.resource(sources)
        found = [rule for block in (own.body.of("entry") if own else ()) for rule in _addresses(sources, own, block)] if own else []
        for one in sources.of("aws_ec2_managed_prefix_list_entry"):
            if self._list.is_meant(sources, one, one.body.get("prefix_list_id")):
                found += _addresses(sources, one, one.block)
        return found

    def sketch(self, sources: Configuration) -> Sketch:
        """Each old one goes, or becomes a new one."""
        own = self._list.required(sources)
        sources.require_once(own)
        held = self._entries(sources)
        if any(rule.resource is not own or rule.named is not rule.text for rule in held) or own.body.of("dynamic"):
            raise NoPatch("its entries stand in several resources, or are made by a loop", own.place)
        rules = [next((rule for rule in held if _is(rule.text.value, cidr)), None) for cidr in self._gone]
        known = [rule for rule in rules if rule is not None]
        if len(known) != len(rules) or not known:
            raise NoPatch("not all entries that should go are written out", own.place)
        cuts = list(self._cuts(known))
        note = "" if self._list.is_sure(sources) else BY_NAME
        return Sketch(path=own.path, place=own.at(known[0].text.start), cuts=cuts, note=note)

    def _cuts(self, gone: Sequence[_Rule]) -> Iterator[Cut]:
        if len(self._come) > len(gone):
            first, *others = gone
            for rule in others:
                yield from rule.cut(None)
            yield from _several(first, self._come)
            return
        for at, rule in enumerate(gone):
            yield from rule.cut(self._come[at] if at < len(self._come) else None)

    def is_met(self, sources: Configuration) -> bool:
        """The old ones are gone, and the new ones there."""
        held = [rule.text.value for rule in self._entries(sources)]
        gone = not any(_is(one, cidr) for one in held for cidr in self._gone)
        return gone and all(any(_is(one, cidr) for one in held) for cidr in self._come)


class IpSetAim:
    """Addresses of an IP set go, and others come; the list may become empty, and the set stays."""

    def __init__(self, wanted: Wanted) -> None:
        self._gone = [edit.field.removeprefix(_ADDRESS) for edit in wanted.edits if edit.removes]
        self._come = [edit.field.removeprefix(_ADDRESS) for edit in wanted.edits if edit.adds]
        self._set = Object.of("aws_wafv2_ip_set", wanted, ("arn", wanted.ref.id))

    def sketch(self, sources: Configuration) -> Sketch:
        """What comes stands where the first one goes."""
        own = self._set.required(sources)
        sources.require_once(own)
        listed = own.body.get("addresses")
        texts = _texts(listed)
        if not isinstance(listed, Items) or texts is None:
            raise NoPatch("its addresses are not all written out", own.place)
        gone = [at for at, text in enumerate(texts) if any(_is(text, cidr) for cidr in self._gone)]
        if len(gone) != len(self._gone) or not gone:
            raise NoPatch("not all addresses that should go are written out", own.place)
        first, spans = listed.items[gone[0]], [Span(item.start, item.end) for item in listed.items]
        cuts = [Cut(first.start, first.end, ", ".join(map(HCL.render, self._come)))] if self._come else []
        out = set(gone[1:] if self._come else gone)
        cuts += removed(own.text, Span(listed.start, listed.end), spans, out, may_trail=True) if out else ()
        return Sketch(path=own.path, place=own.at(first.start), cuts=cuts, note="" if self._set.is_sure(sources) else BY_NAME)

    def is_met(self, sources: Configuration) -> bool:
        """The old ones are gone, and the new ones there."""
        own = self._set.resource(sources)
        texts = _texts(own.body.get("addresses")) if own else None
        if texts is None or any(_is(text, cidr) for text in texts for cidr in self._gone):
            return False
        return all(any(_is(text, cidr) for text in texts) for cidr in self._come)


def _texts(listed: object) -> list[str] | None:
    """The texts of a list that is written out whole."""
    items = listed.items if isinstance(listed, Items) else ()
    found = [item.value for item in items if isinstance(item, Text)]
    return found if isinstance(listed, Items) and len(found) == len(items) else None


def _several(rule: _Rule, cidrs: Sequence[str]) -> Iterator[Cut]:
    """One block as often as there are addresses."""
    text, lines = rule.resource.text, lines_of(rule.resource.text, Span(rule.block.start, rule.block.end))
    if lines is None:
        raise NoPatch("something else stands in its lines", rule.resource.at(rule.block.start))
    before, after = text[lines.start : rule.text.start], text[rule.text.end : lines.end]
    yield Cut(lines.start, lines.end, "".join(f"{before}{HCL.render(cidr)}{after}" for cidr in cidrs))
