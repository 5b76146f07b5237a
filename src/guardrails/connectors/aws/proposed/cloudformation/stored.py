"""Buckets, keys, databases and network rules of a template."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.connectors.aws.proposed import limits
from guardrails.connectors.aws.proposed.cloudformation.context import Handler, Item, NotPlacedError, document
from guardrails.connectors.aws.proposed.draft import Text
from guardrails.connectors.aws.proposed.reach import Rule
from guardrails.connectors.aws.proposed.stores import Database, KeyMade, not_known
from guardrails.connectors.aws.protection import DEFAULT_ROTATION
from guardrails.model.facts import NotSeen
from guardrails.model.reference import Ref
from guardrails.model.words import State
from guardrails.proposals.values import Unknown, Value, number

__all__ = ["ATTACHMENTS", "END", "OBJECTS", "UNDO"]


def _text(block: Mapping[str, Value], name: str) -> Text:
    value = block.get(name)
    return value if isinstance(value, Unknown) else "" if value is None else str(value)


def _bucket(item: Item) -> None:
    ref = item.account.stores.make_bucket(item.name(), item.tags())
    _encrypt(item, ref)
    if item.text("AccessControl") not in {"", "Private"}:
        item.account.draft.hole(ref, item.address, "whom its access control list lets in is not judged")
    _limit(item, ref)


def _limit(item: Item, ref: Ref) -> None:
    """What the template does not say may have been taken out of it, and then ends: it counts as not seen."""
    block, owned = item.value("PublicAccessBlockConfiguration"), item.value("OwnershipControls")
    found = {"block": block} if isinstance(block, Unknown) else block
    parts = {name: _flag(value) for name, value in found.items()} if isinstance(found, Mapping) else None
    limits.block(item.account.draft, ref, parts, item.address)
    rules = owned.get("Rules") if isinstance(owned, Mapping) else owned
    first = rules[0] if isinstance(rules, tuple) and rules else rules
    word = _text(first, "ObjectOwnership") if isinstance(first, Mapping) else first if isinstance(first, Unknown) else None
    limits.ownership(item.account.draft, ref, word, item.address)


def _flag(value: Value) -> bool | Unknown:
    return value if isinstance(value, Unknown) else str(value).lower() == "true"


def _encrypt(item: Item, ref: Ref) -> None:
    encryption = item.value("BucketEncryption")
    rules = encryption.get("ServerSideEncryptionConfiguration") if isinstance(encryption, Mapping) else encryption
    first = rules[0] if isinstance(rules, tuple) and rules else rules
    default = first.get("ServerSideEncryptionByDefault") if isinstance(first, Mapping) else first
    if isinstance(default, Unknown):
        item.account.stores.encrypt_bucket(ref, default, None)
    elif isinstance(default, Mapping):
        item.account.stores.encrypt_bucket(ref, _text(default, "SSEAlgorithm"), _text(default, "KMSMasterKeyID"))
    else:
        item.account.stores.unencrypt_bucket(ref)


def _end_bucket(item: Item) -> None:
    item.account.stores.end(item.account.stores.bucket(item.name()))


def _of_bucket(item: Item) -> Ref:
    ref = item.account.stores.bucket(item.needed("Bucket"))
    if not item.account.stores.has(ref):
        raise NotPlacedError(f"the bucket {ref.name} is neither in the template nor was it observed")
    return ref


def _bucket_policy(item: Item) -> None:
    item.account.stores.policy(_of_bucket(item), document(item.value("PolicyDocument")), item.address)


def _no_bucket_policy(item: Item) -> None:
    item.account.stores.without_policy(item.account.stores.bucket(item.needed("Bucket")))


def _key(item: Item) -> None:
    rotated = item.flag("EnableKeyRotation", default=False)
    days = number(item.value("RotationPeriodInDays"))
    lost = next((one for one in (rotated, days) if isinstance(one, Unknown)), None)
    rotation: int | NotSeen = not_known(lost) if lost else days or DEFAULT_ROTATION if rotated and not isinstance(days, Unknown) else 0
    on = item.flag("Enabled", default=True)
    state = State.UNKNOWN if isinstance(on, Unknown) else State.ACTIVE if on else State.DISABLED
    stores, arn = item.account.stores, item.name(item.arn)
    ref = stores.key(arn)
    if stores.has(ref):
        stores.change_key(ref, rotation_days=rotation, state=state)
    else:
        stores.make_key(KeyMade(arn=arn, rotation_days=rotation, state=state))
    written = item.value("KeyPolicy")
    stores.policy(ref, stores.default_policy() if written is None else document(written), item.address)


def _end_key(item: Item) -> None:
    item.account.stores.change_key(item.account.stores.key(item.name(item.arn)), state=State.DISABLED)


def _alias(item: Item) -> None:
    target, name = item.needed("TargetKeyId"), item.needed("AliasName")
    stack = item.stack
    arn = target if target.startswith("arn:") else f"arn:{stack.partition}:kms:{stack.region}:{stack.account}:key/{target}"
    ref = item.account.stores.key(arn)
    if not item.account.stores.has(ref):
        raise NotPlacedError(f"the key {target} is neither in the template nor was it observed")
    item.account.stores.without_alias(name, stack.region)
    item.account.stores.alias(ref, name, stack.region)


def _no_alias(item: Item) -> None:
    item.account.stores.without_alias(item.needed("AliasName"), item.stack.region)


def _database(item: Item) -> None:
    encrypted = item.flag("StorageEncrypted", default=False)
    if any(item.value(name) for name in ("DBSnapshotIdentifier", "SourceDBInstanceIdentifier", "DBClusterIdentifier")):
        encrypted = Unknown("it is made of another, whose encryption it takes over")
    made = Database(
        arn=item.name(item.arn),
        name=item.name(),
        region=item.stack.region,
        encrypted=encrypted,
        key=item.text("KmsKeyId"),
        tags=item.tags(),
    )
    item.account.stores.make_database(made)


def _end_database(item: Item) -> None:
    if ref := item.account.draft.known(item.name(item.arn)):
        item.account.draft.remove(ref)


def _group(item: Item) -> None:
    group, name = item.name(), item.text("GroupName")
    item.account.reach.call(group, name if isinstance(name, str) and name else group)
    for block in item.blocks("SecurityGroupIngress"):
        item.account.reach.add(group, _rule(block), item.address)


def _no_rules(item: Item) -> None:
    for block in item.blocks("SecurityGroupIngress"):
        item.account.reach.drop(item.name(), _rule(block))


def _end_group(item: Item) -> None:
    item.account.reach.clear(item.name())


def _rule(block: Mapping[str, Value] | Unknown) -> Rule:
    if isinstance(block, Unknown):
        return _anything(block)
    protocol, low, high = block.get("IpProtocol"), number(block.get("FromPort")), number(block.get("ToPort"))
    if isinstance(protocol, Unknown) or isinstance(low, Unknown) or isinstance(high, Unknown):
        return _anything(next(one for one in (protocol, low, high) if isinstance(one, Unknown)))
    note = _text(block, "Description")
    return Rule(
        protocol=str(protocol),
        low=low,
        high=high,
        cidrs=[one for name in ("CidrIp", "CidrIpv6") if (one := _text(block, name))],
        lists=[one for name in ("SourcePrefixListId",) if (one := _text(block, name))],
        groups=[one for name in ("SourceSecurityGroupId", "SourceSecurityGroupName") if (one := _text(block, name))],
        description=note if isinstance(note, str) else "",
    )


def _anything(unknown: Unknown) -> Rule:
    return Rule(protocol="-1", low=None, high=None, cidrs=(unknown,))


def _ingress(item: Item) -> None:
    item.account.reach.add(item.needed("GroupId"), _rule(item.properties), item.address)


def _no_ingress(item: Item) -> None:
    item.account.reach.drop(item.needed("GroupId"), _rule(item.properties))


def _list(item: Item) -> None:
    entries = [one if isinstance(one, Unknown) else _text(one, "Cidr") for one in item.blocks("Entries")]
    item.account.reach.make_list(item.name(), item.needed("PrefixListName"), entries, item.tags())


def _end_list(item: Item) -> None:
    item.account.reach.end_list(item.name())


def _nothing(_item: Item) -> None:
    """Outgoing traffic is not judged, and what is put again needs no end before."""


OBJECTS: dict[str, Handler] = {
    "AWS::KMS::Key": _key,
    "AWS::KMS::Alias": _alias,
    "AWS::EC2::PrefixList": _list,
    "AWS::S3::Bucket": _bucket,
    "AWS::RDS::DBInstance": _database,
}
ATTACHMENTS: dict[str, Handler] = {
    "AWS::EC2::SecurityGroup": _group,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::EC2::SecurityGroupIngress": _ingress,
    "AWS::EC2::SecurityGroupEgress": _nothing,
}
UNDO: dict[str, Handler] = {
    "AWS::S3::BucketPolicy": _no_bucket_policy,
    "AWS::EC2::SecurityGroup": _no_rules,
    "AWS::EC2::SecurityGroupIngress": _no_ingress,
    "AWS::EC2::SecurityGroupEgress": _nothing,
    "AWS::KMS::Alias": _no_alias,
}
END: dict[str, Handler] = {
    "AWS::S3::Bucket": _end_bucket,
    "AWS::KMS::Key": _end_key,
    "AWS::RDS::DBInstance": _end_database,
    "AWS::EC2::SecurityGroup": _end_group,
    "AWS::EC2::PrefixList": _end_list,
}
