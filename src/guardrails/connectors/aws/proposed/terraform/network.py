"""Security groups, their rules and managed prefix lists of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guardrails.connectors.aws.proposed.reach import Rule
from guardrails.connectors.aws.proposed.terraform.context import Context, Handler, Said
from guardrails.proposals.terraform import Action
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Unknown, Value, number

__all__ = ["ENDS", "LAST", "MAKES"]


def _id(said: Said) -> str:
    value = said.value("id")
    return value if isinstance(value, str) else own_id(said.address)


def _group(context: Context, said: Said) -> None:
    group, name = _id(said), said.text("name")
    context.reach.call(group, name if isinstance(name, str) and name else group)
    if said.changes("ingress"):
        context.reach.clear(group)
        for rule in _blocks(said, group, said.value("ingress")):
            context.reach.add(group, rule, said.address)


def _blocks(said: Said, group: str, blocks: Value) -> Iterator[Rule]:
    if isinstance(blocks, Unknown):
        yield _anything(blocks)
        return
    for block in blocks if isinstance(blocks, tuple) else ():
        yield _block(said, block, group) if isinstance(block, Mapping) else _anything(Unknown("a rule is not known"))


def _anything(unknown: Unknown) -> Rule:
    return Rule(protocol="-1", low=None, high=None, cidrs=(unknown,))


def _block(said: Said, block: Mapping[str, Value], group: str) -> Rule:
    """A rule as a block of a group, or as a resource of its own in the same words."""
    own = block.get("self")
    note = block.get("description")
    protocol, low, high = block.get("protocol"), number(block.get("from_port")), number(block.get("to_port"))
    if isinstance(protocol, Unknown) or isinstance(low, Unknown) or isinstance(high, Unknown):
        return _anything(next(one for one in (protocol, low, high) if isinstance(one, Unknown)))
    sources = tuple(one for name in ("cidr_blocks", "ipv6_cidr_blocks") for one in said.items(block.get(name), "cidr_block"))
    groups = (*said.items(block.get("security_groups"), "id"), *_single(said, block, "source_security_group_id"))
    return Rule(
        protocol=_protocol(protocol),
        low=low,
        high=high,
        cidrs=sources,
        lists=said.items(block.get("prefix_list_ids"), "id"),
        groups=(*groups, group) if own is True or (isinstance(own, Unknown) and own.is_declared) else groups,
        description=note if isinstance(note, str) else "",
    )


def _single(said: Said, block: Mapping[str, Value], name: str) -> tuple[str | Unknown, ...]:
    value = block.get(name)
    if value is None or (isinstance(value, Unknown) and not value.is_declared):
        return ()
    return (said.one(value, "id"),)


def _protocol(value: Value) -> str:
    text = str(value).lower()
    return "-1" if text == "all" else text


def _ruled(said: Said) -> tuple[str, Rule] | None:
    """A rule of the older kind; one for outgoing traffic is none."""
    if said.value("type") == "egress":
        return None
    group = said.needed("security_group_id", "id")
    return group, _block(said, {name: said.value(name) for name in _OLD}, group)


_OLD = (
    "protocol",
    "from_port",
    "to_port",
    "cidr_blocks",
    "ipv6_cidr_blocks",
    "prefix_list_ids",
    "source_security_group_id",
    "self",
    "description",
)


def _rule(context: Context, said: Said) -> None:
    if found := _ruled(said):
        _name(context, said)
        context.reach.add(*found, said.address)


def _no_rule(context: Context, said: Said) -> None:
    if found := _ruled(said):
        context.reach.drop(*found)


def _single_rule(said: Said) -> tuple[str, Rule]:
    """A rule of the newer kind, with one source."""
    group = said.needed("security_group_id", "id")
    whom = {
        "cidr_blocks": _one(said.value("cidr_ipv4")),
        "ipv6_cidr_blocks": _one(said.value("cidr_ipv6")),
        "prefix_list_ids": _one(said.value("prefix_list_id")),
        "security_groups": _one(said.value("referenced_security_group_id")),
    }
    parts = {"protocol": said.value("ip_protocol"), "from_port": said.value("from_port"), "to_port": said.value("to_port")}
    return group, _block(said, {**parts, **whom, "description": said.value("description")}, group)


def _one(value: Value) -> Value:
    if value is None or (isinstance(value, Unknown) and not value.is_declared):
        return None
    return (value,)


def _ingress(context: Context, said: Said) -> None:
    _name(context, said)
    context.reach.add(*_single_rule(said), said.address)


def _no_ingress(context: Context, said: Said) -> None:
    context.reach.drop(*_single_rule(said))


def _name(context: Context, said: Said) -> None:
    """A group that has no rule yet was not observed, and its name may stand in the plan."""
    group, target = said.needed("security_group_id", "id"), said.value("security_group_id")
    if context.reach.has(group):
        return
    found = context.symbols.group(group, target.target if isinstance(target, Unknown) else None)
    context.reach.call(group, found or group)


def _end_group(context: Context, said: Said) -> None:
    context.reach.clear(_id(said))


def _list(context: Context, said: Said) -> None:
    blocks = said.value("entry")
    addresses = None
    if isinstance(blocks, tuple):
        addresses = [said.one(block.get("cidr")) if isinstance(block, Mapping) else Unknown("an entry is not known") for block in blocks]
    elif said.changes("entry") and isinstance(blocks, Unknown):
        addresses = [blocks]
    updates = said.resource.action is Action.UPDATE
    context.reach.make_list(_id(said), said.name(), addresses if not updates or said.changes("entry") else None, said.tags())


def _entry(context: Context, said: Said) -> None:
    context.reach.entry(said.needed("prefix_list_id", "id"), said.text("cidr"), there=True)


def _no_entry(context: Context, said: Said) -> None:
    context.reach.entry(said.needed("prefix_list_id", "id"), said.text("cidr"), there=False)


def _end_list(context: Context, said: Said) -> None:
    context.reach.end_list(_id(said))


def _nothing(_context: Context, _said: Said) -> None:
    """Outgoing traffic is not judged."""


MAKES: dict[str, Handler] = {
    "aws_ec2_managed_prefix_list": _list,
    "aws_ec2_managed_prefix_list_entry": _entry,
    "aws_security_group": _group,
    "aws_default_security_group": _group,
    "aws_security_group_rule": _rule,
    "aws_vpc_security_group_ingress_rule": _ingress,
    "aws_vpc_security_group_egress_rule": _nothing,
}
ENDS: dict[str, Handler] = {
    "aws_ec2_managed_prefix_list_entry": _no_entry,
    "aws_security_group_rule": _no_rule,
    "aws_vpc_security_group_ingress_rule": _no_ingress,
    "aws_vpc_security_group_egress_rule": _nothing,
}
LAST: dict[str, Handler] = {
    "aws_security_group": _end_group,
    "aws_default_security_group": _nothing,
    "aws_ec2_managed_prefix_list": _end_list,
}
