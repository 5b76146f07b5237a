"""Buckets, keys, databases and the default of volumes of a plan, with what AWS does where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.connectors.aws.proposed import limits
from guardrails.connectors.aws.proposed.draft import Text
from guardrails.connectors.aws.proposed.stores import Database, KeyMade, not_known
from guardrails.connectors.aws.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.connectors.aws.protection import DEFAULT_ROTATION
from guardrails.model.facts import NotSeen
from guardrails.model.reference import Ref
from guardrails.model.words import Custody, State
from guardrails.proposals.terraform import Action
from guardrails.proposals.values import Unknown, Value

__all__ = ["ENDS", "LAST", "MAKES"]

_CLOSED = frozenset({"", "private"})
_OTHERS = ("replicate_source_db", "snapshot_identifier", "restore_to_point_in_time", "s3_import")
"""Of what an instance can be made."""
_PARTS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
_SSE = "server_side_encryption_configuration"


def _bucket(context: Context, said: Said) -> None:
    name = said.needed("bucket", "bucket")
    updates = said.resource.action is Action.UPDATE
    if updates and not context.stores.has(context.stores.bucket(name)):
        raise NotPlacedError(f"the bucket {name} is changed, and was not observed")
    ref = context.stores.make_bucket(name, said.tags() if not updates or said.changes("tags") or said.changes("tags_all") else None)
    if said.changes(_SSE):
        _encrypted(context, said, ref, said.value(_SSE))
    if said.changes("policy") and said.is_set("policy"):
        context.stores.policy(ref, said.document("policy"), said.address)
    if (said.changes("acl") and said.text("acl") not in _CLOSED) or (said.changes("grant") and said.is_set("grant")):
        context.draft.hole(ref, said.address, "whom its access control list lets in is not judged")


def _encrypted(context: Context, said: Said, ref: Ref, blocks: Value) -> None:
    """By the first rule, wherever the rules stand."""
    found = _first(_first(blocks, "rule") if said.resource.type == "aws_s3_bucket" else blocks, "apply_server_side_encryption_by_default")
    if isinstance(found, Unknown):
        context.stores.encrypt_bucket(ref, found, None)
    elif isinstance(found, Mapping):
        context.stores.encrypt_bucket(ref, said.one(found.get("sse_algorithm")), _key(said, found.get("kms_master_key_id")))
    else:
        context.stores.unencrypt_bucket(ref)


def _first(blocks: Value, name: str) -> Value:
    """A block within the first of some blocks."""
    first = blocks[0] if isinstance(blocks, tuple) and blocks else blocks
    if not isinstance(first, Mapping):
        return first if isinstance(first, Unknown) else None
    inner = first.get(name)
    if name == "rule":
        return inner
    return inner[0] if isinstance(inner, tuple) and inner else inner if isinstance(inner, Unknown) else None


def _key(said: Said, value: Value) -> Text:
    """A key that somebody named; one that nobody named is AWS's own."""
    return "" if isinstance(value, Unknown) and not value.is_declared else said.one(value)


def _of_bucket(context: Context, said: Said) -> Ref:
    name = said.needed("bucket", "bucket").removeprefix("arn:aws:s3:::")
    ref = context.stores.bucket(name)
    if not context.stores.has(ref):
        raise NotPlacedError(f"the bucket {name} is neither planned nor was it observed")
    return ref


def _encryption(context: Context, said: Said) -> None:
    _encrypted(context, said, _of_bucket(context, said), said.value("rule"))


def _no_encryption(context: Context, said: Said) -> None:
    ref = context.stores.bucket(said.needed("bucket", "bucket"))
    if context.stores.has(ref):
        context.stores.unencrypt_bucket(ref)


def _bucket_policy(context: Context, said: Said) -> None:
    context.stores.policy(_of_bucket(context, said), said.document("policy"), said.address)


def _no_bucket_policy(context: Context, said: Said) -> None:
    context.stores.without_policy(context.stores.bucket(said.needed("bucket", "bucket")))


def _acl(context: Context, said: Said) -> None:
    if said.text("acl") not in _CLOSED or said.is_set("access_control_policy"):
        context.draft.hole(_of_bucket(context, said), said.address, "whom its access control list lets in is not judged")


def _block(context: Context, said: Said) -> None:
    limits.block(context.draft, _of_bucket(context, said), _parts(said), said.address)


def _no_block(context: Context, said: Said) -> None:
    ref = context.stores.bucket(said.needed("bucket", "bucket"))
    if context.stores.has(ref):
        limits.block(context.draft, ref, {}, said.address)


def _parts(said: Said) -> Mapping[str, bool | Unknown]:
    return {name: said.flag(attribute, default=False) for attribute, name in _PARTS.items()}


def _account_block(context: Context, said: Said) -> None:
    limits.block(context.draft, _account(context, said), _parts(said), said.address)


def _no_account_block(context: Context, said: Said) -> None:
    limits.block(context.draft, _account(context, said), {}, said.address)


def _account(context: Context, said: Said) -> Ref:
    named = said.value("account_id")
    account = named if isinstance(named, str) and named else context.place.account
    return context.draft.ref(account, "account", account, account)


def _ownership(context: Context, said: Said) -> None:
    rules = said.value("rule")
    first = rules[0] if isinstance(rules, tuple) and rules else rules
    word = said.one(first.get("object_ownership")) if isinstance(first, Mapping) else Unknown("its rule is not told")
    limits.ownership(context.draft, _of_bucket(context, said), word, said.address)


def _no_ownership(context: Context, said: Said) -> None:
    ref = context.stores.bucket(said.needed("bucket", "bucket"))
    if context.stores.has(ref):
        limits.ownership(context.draft, ref, "", said.address)


def _end_bucket(context: Context, said: Said) -> None:
    context.stores.end(context.stores.bucket(said.needed("bucket", "bucket")))


def _kms_key(context: Context, said: Said) -> None:
    arn = said.text("arn") if said.resource.action is Action.UPDATE else context.symbols.derived(said.resource, "arn")
    if not isinstance(arn, str):
        raise NotPlacedError("its region is not known")
    ref = context.stores.key(arn)
    if said.resource.action is not Action.UPDATE:
        context.stores.make_key(KeyMade(arn=arn, rotation_days=_rotation(said), custody=_custody(said), state=_state(said)))
        written = said.changes("policy")
        context.stores.policy(ref, said.document("policy") if written else context.stores.default_policy(), said.address)
        return
    if not context.stores.has(ref):
        raise NotPlacedError("it is changed, and was not observed")
    context.stores.change_key(ref, rotation_days=_rotation(said), state=_state(said))
    if said.changes("policy"):
        context.stores.policy(ref, said.document("policy"), said.address)


def _rotation(said: Said) -> int | NotSeen:
    on = said.flag("enable_key_rotation", default=False)
    if isinstance(on, Unknown):
        return not_known(on)
    if not on:
        return 0
    days = said.number("rotation_period_in_days")
    return not_known(days) if isinstance(days, Unknown) else days or DEFAULT_ROTATION


def _custody(said: Said) -> Custody | NotSeen:
    store = said.value("custom_key_store_id")
    if isinstance(store, Unknown) and store.is_declared:
        return not_known(store)
    return Custody.CUSTOMER_HSM if isinstance(store, str) and store else Custody.CUSTOMER


def _state(said: Said) -> State:
    on = said.flag("enabled" if said.resource.type == "aws_kms_external_key" else "is_enabled", default=True)
    return State.UNKNOWN if isinstance(on, Unknown) else State.ACTIVE if on else State.DISABLED


def _key_policy(context: Context, said: Said) -> None:
    context.stores.policy(_of_key(context, said, "key_id"), said.document("policy"), said.address)


def _no_key_policy(context: Context, said: Said) -> None:
    ref = _of_key(context, said, "key_id")
    context.stores.policy(ref, context.stores.default_policy(), said.address)


def _of_key(context: Context, said: Said, attribute: str) -> Ref:
    name = said.needed(attribute, "arn")
    arn = (
        name if name.startswith("arn:") else f"arn:{context.place.partition}:kms:{context.place.region}:{context.place.account}:key/{name}"
    )
    ref = context.stores.key(arn)
    if not context.stores.has(ref):
        raise NotPlacedError(f"the key {name} is neither planned nor was it observed")
    return ref


def _alias(context: Context, said: Said) -> None:
    context.stores.without_alias(said.name(), context.place.region)
    context.stores.alias(_of_key(context, said, "target_key_id"), said.name(), context.place.region)


def _no_alias(context: Context, said: Said) -> None:
    context.stores.without_alias(said.name(), context.place.region)


def _end_key(context: Context, said: Said) -> None:
    """Nothing that it encrypts can be read, from the day on when its deletion is scheduled."""
    ref = context.stores.key(said.needed("arn"))
    context.stores.change_key(ref, state=State.DISABLED)


def _database(context: Context, said: Said) -> None:
    arn = said.text("arn") if said.resource.action is Action.UPDATE else context.symbols.derived(said.resource, "arn")
    if not isinstance(arn, str):
        raise NotPlacedError("its region or identifier is not known")
    known = said.value("resource_id")
    encrypted = said.flag("storage_encrypted", default=False)
    if said.resource.action is not Action.UPDATE and any(map(said.is_set, _OTHERS)):
        encrypted = Unknown("it is made of another, whose encryption it takes over")
    context.stores.make_database(
        Database(
            arn=arn,
            name=said.needed("identifier", "identifier"),
            region=context.place.region,
            encrypted=encrypted,
            key=_key(said, said.value("kms_key_id")),
            identifier=known if isinstance(known, str) else "",
            tags=said.tags(),
        )
    )


def _end_database(context: Context, said: Said) -> None:
    if ref := context.draft.known(said.needed("arn")):
        context.draft.remove(ref)


def _volumes(context: Context, said: Said) -> None:
    context.stores.volumes(_region(context), encrypted=said.flag("enabled", default=True))


def _no_volumes(context: Context, _said: Said) -> None:
    context.stores.volumes(_region(context), encrypted=False)


def _region(context: Context) -> str:
    if not context.place.region:
        raise NotPlacedError("its region is not known")
    return context.place.region


def _nothing(_context: Context, _said: Said) -> None:
    """The list stays as it is in AWS when Terraform knows it no longer."""


MAKES: dict[str, Handler] = {
    "aws_kms_key": _kms_key,
    "aws_kms_external_key": _kms_key,
    "aws_kms_alias": _alias,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_policy": _bucket_policy,
    "aws_s3_bucket_acl": _acl,
    "aws_s3_bucket_public_access_block": _block,
    "aws_s3_account_public_access_block": _account_block,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_kms_key_policy": _key_policy,
    "aws_db_instance": _database,
    "aws_ebs_encryption_by_default": _volumes,
}
"""In the order in which they have to be made."""
ENDS: dict[str, Handler] = {
    "aws_s3_bucket_server_side_encryption_configuration": _no_encryption,
    "aws_s3_bucket_policy": _no_bucket_policy,
    "aws_s3_bucket_acl": _nothing,
    "aws_s3_bucket_public_access_block": _no_block,
    "aws_s3_account_public_access_block": _no_account_block,
    "aws_s3_bucket_ownership_controls": _no_ownership,
    "aws_kms_key_policy": _no_key_policy,
    "aws_ebs_encryption_by_default": _no_volumes,
}
LAST: dict[str, Handler] = {
    "aws_kms_alias": _no_alias,
    "aws_s3_bucket": _end_bucket,
    "aws_kms_key": _end_key,
    "aws_kms_external_key": _end_key,
    "aws_db_instance": _end_database,
}
"""What ends last, for others hang on it."""
