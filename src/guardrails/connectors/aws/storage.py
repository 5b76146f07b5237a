"""Assets and their encryption: S3 buckets, KMS keys, RDS instances and the EBS default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from guardrails.connectors.aws.api import Absent, Answer, AwsApi, Failed, Found, listed
from guardrails.connectors.aws.bucket_access import limits_of_account, of_bucket
from guardrails.connectors.aws.databases import may_be_copied, set_up, snapshots
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import canonical, tags_of
from guardrails.connectors.aws.managed import manager_of
from guardrails.connectors.aws.protection import DEFAULT_ROTATION, by_rules, custody_of, of_key
from guardrails.model.facts import Asset, DefaultEncryption, Edge, Gap, Key, NotSeen, Policy, Protection, Reading, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Custody, EdgeKind, GapReason, State

__all__ = ["storage"]

Said = Asset | DefaultEncryption | Edge | Gap | Key | Policy | Protection | Reading | Setting

_OF_A_GRANT = (
    "GranteePrincipal", "GranteeServicePrincipal", "RetiringPrincipal", "RetiringServicePrincipal", "IssuingAccount", "Operations",
    "Constraints",
)  # fmt: skip
_STATES = {"Enabled": State.ACTIVE}


def storage(system: str, account: str, api: AwsApi, regions: tuple[str, ...]) -> Iterator[Said]:
    """Everything about encryption at rest that is read in one account."""
    reader = _Reader(system, account, api)
    custody: dict[str, Custody] = {}
    for region in regions:
        for said in reader.keys(region):
            if isinstance(said, Key) and isinstance(said.custody, Custody):
                custody.update(dict.fromkeys((said.resource, *said.aliases), said.custody))
            yield said
    yield from reader.buckets(custody)
    for region in regions:
        yield from reader.databases(region, custody)
        yield from reader.volumes(region)


class _Reader:
    def __init__(self, system: str, account: str, api: AwsApi) -> None:
        self.system = system
        self.account = account
        self.api = api

    def ref(self, kind: str, identifier: str, name: str) -> Ref:
        return Ref(system=self.system, realm=self.account, kind=kind, id=identifier, name=name)

    def gap(self, what: str, failed: Failed, subject: Ref | None = None) -> Gap:
        return unseen(self.system, self.account, what, failed, subject)

    def end(self, what: str, items: int, answer: Answer) -> Reading:
        calls = answer.calls if isinstance(answer, Found) else 1
        return Reading(system=self.system, realm=self.account, what=what, items=items, pages=calls, calls=calls)

    def keys(self, region: str) -> Iterator[Said]:
        answer = self.api.ask("kms", "list_keys", region)
        if isinstance(answer, Failed):
            yield self.gap("kms", answer)
            return
        aliases = self.api.ask("kms", "list_aliases", region)
        if isinstance(aliases, Failed):
            yield self.gap("kms:aliases", aliases)
        names: dict[str, tuple[str, ...]] = {}
        for alias in listed(aliases, "Aliases"):
            key = str(alias.get("TargetKeyId"))
            names[key] = (*names.get(key, ()), str(alias["AliasName"]), str(alias["AliasArn"]))
        found = list(listed(answer, "Keys"))
        for entry in found:
            identifier = str(entry["KeyId"])
            yield from self._key(self.ref("key", str(entry["KeyArn"]), identifier), region, (identifier, *names.get(identifier, ())))
        yield self.end(f"kms/{region}", len(found), answer)

    def _key(self, ref: Ref, region: str, aliases: tuple[str, ...]) -> Iterator[Said]:
        identifier = ref.name
        described = self.api.ask("kms", "describe_key", region, KeyId=identifier)
        if not isinstance(described, Found):
            failed = described if isinstance(described, Failed) else Failed(GapReason.INCOMPLETE, "DescribeKey: no answer")
            yield self.gap("kms", failed, ref)
            return
        meta = described.answer["KeyMetadata"]
        managed = meta.get("KeyManager") == "AWS"
        rotation = DEFAULT_ROTATION if managed else self._rotation(identifier, region)
        if isinstance(rotation, Failed):
            yield self.gap("kms:rotation", rotation, ref)
        yield Key(
            ref=ref,
            resource=str(meta["Arn"]),
            custody=Custody.SERVICE_MANAGED if managed else custody_of(str(meta.get("Origin"))),
            state=_STATES.get(str(meta.get("KeyState")), State.DISABLED),
            rotation_days=NotSeen(rotation.reason, rotation.message) if isinstance(rotation, Failed) else rotation,
            aliases=aliases,
        )
        if not managed:  # the policy of what AWS made is written by nobody of the company
            policy = self.api.ask("kms", "get_key_policy", region, KeyId=identifier, PolicyName="default")
            yield from self._policy(ref, "kms:policy", "key-policy", policy)
            yield from self._grants(ref, self.api.ask("kms", "list_grants", region, KeyId=identifier))

    def _grants(self, key: Ref, answer: Answer) -> Iterator[Said]:
        if isinstance(answer, Failed):
            yield self.gap("kms:grants", answer, key)
        for grant in listed(answer, "Grants"):
            identifier = str(grant["GrantId"])
            own = self.ref("grant", f"{key.id}/grant/{identifier}", f"{key.name}/{grant.get('Name') or identifier}")
            yield Policy(ref=own, text=canonical({name: grant[name] for name in _OF_A_GRANT if grant.get(name)}))
            yield Edge(kind=EdgeKind.GRANT, source=key, target=own, provenance=key.id)

    def _policy(self, ref: Ref, what: str, kind: str, answer: Answer) -> Iterator[Said]:
        """The policy of a resource itself."""
        if isinstance(answer, Failed):
            yield self.gap(what, answer, ref)
        elif isinstance(answer, Found):
            own = self.ref(kind, f"{ref.id}/policy", f"{ref.name}/policy")
            yield Policy(ref=own, text=canonical(answer.answer["Policy"]))
            yield Edge(kind=EdgeKind.RESOURCE_POLICY, source=ref, target=own, provenance=ref.id)

    def _rotation(self, identifier: str, region: str) -> int | Failed:
        answer = self.api.ask("kms", "get_key_rotation_status", region, KeyId=identifier)
        if not isinstance(answer, Found):
            return answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, "GetKeyRotationStatus: no answer")
        if not answer.answer.get("KeyRotationEnabled"):
            return 0
        return int(answer.answer.get("RotationPeriodInDays") or DEFAULT_ROTATION)

    def buckets(self, custody: Mapping[str, Custody]) -> Iterator[Said]:
        answer = self.api.ask("s3", "list_buckets")
        if isinstance(answer, Failed):
            yield self.gap("s3", answer)
            return
        found = list(listed(answer, "Buckets"))
        for entry in found:
            yield from self._bucket(str(entry["Name"]), custody)
        if found:
            yield from limits_of_account(self.api, self.ref("account", self.account, self.account))
        yield self.end("s3", len(found), answer)

    def _bucket(self, name: str, custody: Mapping[str, Custody]) -> Iterator[Said]:
        arn = f"arn:aws:s3:::{name}"
        ref = self.ref("bucket", arn, name)
        tagging = self.api.ask("s3", "get_bucket_tagging", Bucket=name)
        if isinstance(tagging, Failed):
            yield self.gap("s3:tags", tagging, ref)
        tags = tags_of(tagging.answer, "TagSet") if isinstance(tagging, Found) else ()
        yield Asset(ref=ref, resource=arn, tags=tags, managed_by=manager_of(tags))
        encryption = self.api.ask("s3", "get_bucket_encryption", Bucket=name)
        if isinstance(encryption, Failed):
            yield self.gap("s3:encryption", encryption, ref)
        at_rest, key = _bucket_encryption(encryption, custody)
        yield Protection(asset=ref, at_rest=at_rest, key=key, pointer=f"{arn} GetBucketEncryption")
        yield from self._policy(ref, "s3:policy", "bucket-policy", self.api.ask("s3", "get_bucket_policy", Bucket=name))
        yield from of_bucket(self.api, ref)

    def databases(self, region: str, custody: Mapping[str, Custody]) -> Iterator[Said]:
        answer = self.api.ask("rds", "describe_db_instances", region)
        if isinstance(answer, Failed):
            yield self.gap("rds", answer)
            return
        found = list(listed(answer, "DBInstances"))
        given = Counter(str(entry.get("DbiResourceId")) for entry in found)
        for entry in found:
            arn, name = str(entry["DBInstanceArn"]), str(entry["DBInstanceIdentifier"])
            own = str(entry.get("DbiResourceId"))
            # an id that several instances share (emulators give all of them one) tells none of them
            ref = self.ref("db-instance", own if given[own] == 1 else arn, name)
            yield Asset(ref=ref, resource=arn, region=region, tags=tags_of(entry, "TagList"))
            key = str(entry.get("KmsKeyId") or "")
            level = of_key(key, custody) if entry.get("StorageEncrypted") else AtRest.NONE
            unread = NotSeen(GapReason.NOT_READ, "whether the instance refuses plain connections is not read")
            yield Protection(asset=ref, at_rest=level, in_transit=unread, key=key, pointer=f"{arn} StorageEncrypted")
            yield set_up(ref, entry)
        yield self.end(f"rds/{region}", len(found), answer)
        if any(may_be_copied(entry, custody.get(str(entry.get("KmsKeyId") or ""))) for entry in found):
            yield from self._snapshots(region)

    def _snapshots(self, region: str) -> Iterator[Said]:
        """Asked for where a copy may be under way alone: where none can be, a right that is lacking hides nothing."""
        answer = self.api.ask("rds", "describe_db_snapshots", region, SnapshotType="manual")
        if isinstance(answer, Failed):
            yield self.gap("rds:snapshots", answer)
            return
        found = tuple(snapshots(self.ref("db-snapshot", region, region), region, answer))
        yield from found
        yield self.end(f"rds-snapshots/{region}", sum(1 for _ in listed(answer, "DBSnapshots")), answer)

    def volumes(self, region: str) -> Iterator[Said]:
        answer = self.api.ask("ec2", "get_ebs_encryption_by_default", region)
        ref = self.ref("ebs-default", f"{self.account}/{region}", region)
        if isinstance(answer, Failed):
            yield DefaultEncryption(ref=ref, at_rest=NotSeen(answer.reason, answer.message))
            yield self.gap("ebs", answer, ref)
        elif isinstance(answer, Found):
            on = bool(answer.answer.get("EbsEncryptionByDefault"))
            yield DefaultEncryption(ref=ref, at_rest=AtRest.SERVICE_KEY if on else AtRest.NONE)
            yield self.end(f"ebs/{region}", 1, answer)


def _bucket_encryption(answer: Answer, custody: Mapping[str, Custody]) -> tuple[AtRest | NotSeen, str]:
    match answer:
        case Absent():
            return AtRest.NONE, ""
        case Failed(reason, message):
            return NotSeen(reason, message), ""
        case Found(found):
            return by_rules(found.get("ServerSideEncryptionConfiguration", {}).get("Rules") or (), custody)
