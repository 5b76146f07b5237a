"""Buckets, keys, databases and the default of volumes, as they would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guardrails.connectors.aws.acl import ACL, LIMITS
from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed.draft import Draft, Text
from guardrails.connectors.aws.protection import by_rules, of_key
from guardrails.model.facts import Asset, DefaultEncryption, Key, NotSeen, Pairs, Policy, Protection
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Custody, EdgeKind, GapReason, State
from guardrails.proposals.values import Unknown

__all__ = ["Database", "KeyMade", "Stores", "not_known"]


def not_known(value: Unknown) -> NotSeen:
    """A value that nobody can know before the change is made."""
    return NotSeen(GapReason.NOT_READ, f"it is not known before it is made: {value.why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """A key of the company's own."""

    arn: str
    rotation_days: int | NotSeen
    custody: Custody | NotSeen = Custody.CUSTOMER
    state: State = State.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An instance of a database; `identifier` is the one that never changes, where it is known."""

    arn: str
    name: str
    region: str
    encrypted: bool | Unknown
    key: Text
    identifier: str = ""
    tags: Pairs = ()


class Stores:
    """The assets and keys of one account in a draft."""

    def __init__(self, draft: Draft, account: str, partition: str = "aws") -> None:
        self._draft = draft
        self._account = account
        self._partition = partition

    def _custody(self, name: Text | None) -> Mapping[str, Custody]:
        """Who holds a key of the account, by the name that something knows it by."""
        if not isinstance(name, str) or not name:
            return {}
        ref = self._draft.known(name) or self._draft.named(self._account, "key", name.rpartition("/")[2])
        known = self._draft.get(Key, ref) if ref else None
        found = known or next((key for key in self._draft.each(Key) if name in key.aliases), None)
        if found is None or found.ref.realm != self._account or not isinstance(found.custody, Custody):
            return {}
        return {name: found.custody}

    def bucket(self, name: str) -> Ref:
        """How a bucket is referred to, whether it is there or not."""
        # what reads accounts writes it so in every partition
        return self._draft.ref(self._account, "bucket", f"arn:aws:s3:::{name}", name)

    def has(self, ref: Ref) -> bool:
        """Whether something is there."""
        return self._draft.get(Asset, ref) is not None or self._draft.get(Key, ref) is not None

    def make_bucket(self, name: str, tags: Pairs | None) -> Ref:
        """It is there. Without a word of its own AWS encrypts it with a key of the service (S3 User Guide, "Default encryption")."""
        ref = self.bucket(name)
        was = self._draft.get(Asset, ref)
        base = was or Asset(ref=ref, resource=ref.id)
        self._draft.put(base if tags is None else replace(base, tags=tags, managed_by=dict(tags).get("managed-by", "")))
        if was is None:
            self.unencrypt_bucket(ref)
        return ref

    def encrypt_bucket(self, ref: Ref, algorithm: Text, key: Text | None) -> None:
        """Its default encryption."""
        unknown = next((one for one in (algorithm, key) if isinstance(one, Unknown)), None)
        if unknown is not None:
            self._draft.put(Protection(asset=ref, at_rest=not_known(unknown), pointer="proposed"))
            return
        default = {"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}
        level, used = by_rules([{"ApplyServerSideEncryptionByDefault": default}], self._custody(key))
        self._draft.put(Protection(asset=ref, at_rest=level, key=used, pointer=f"{ref.id} GetBucketEncryption"))

    def unencrypt_bucket(self, ref: Ref) -> None:
        """It has no default encryption of its own."""
        self.encrypt_bucket(ref, "AES256", None)

    def policy(self, ref: Ref, text: Text, address: str) -> None:
        """The policy of a bucket or key itself."""
        own = self._own(ref)
        self._draft.policy(ref, EdgeKind.RESOURCE_POLICY, own, text, address)

    def _own(self, ref: Ref) -> Ref:
        return self._draft.ref(self._account, f"{ref.kind}-policy", f"{ref.id}/policy", f"{ref.name}/policy")

    def without_policy(self, ref: Ref) -> None:
        """It has no policy of its own."""
        self._draft.remove(self._own(ref), Policy)
        self._draft.unlink(EdgeKind.RESOURCE_POLICY, ref)

    def end(self, ref: Ref) -> None:
        """It is gone, with its policy, its access control list and what limits that."""
        self.without_policy(ref)
        for kind, part in ((ACL, "acl"), (LIMITS, "limits")):
            self._draft.remove(self._draft.ref(self._account, kind, f"{ref.id}/{part}", f"{ref.name}/{part}"))
        self._draft.remove(ref)

    def key(self, arn: str) -> Ref:
        """How a key is referred to."""
        return self._draft.ref(self._account, "key", arn, arn.rpartition("/")[2])

    def make_key(self, made: KeyMade) -> Ref:
        """A key, with the policy that AWS gives to one of which nothing is said: all of it is left to its account."""
        ref = self.key(made.arn)
        key = Key(
            ref=ref,
            resource=made.arn,
            custody=made.custody,
            state=made.state,
            rotation_days=made.rotation_days,
            aliases=(ref.name,),
        )
        self._draft.put(key)
        return ref

    def change_key(self, ref: Ref, **values: object) -> None:
        """It is otherwise than it was."""
        if was := self._draft.get(Key, ref):
            self._draft.put(replace(was, **values))  # type: ignore[arg-type]  # the callers name fields of a key

    def default_policy(self) -> str:
        """What AWS writes into the policy of a key when nothing is given (KMS Developer Guide, "Default key policy")."""
        root = f"arn:{self._partition}:iam::{self._account}:root"
        statement = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }
        return canonical({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})

    def alias(self, ref: Ref, name: str, region: str) -> None:
        """A key has one more name."""
        if was := self._draft.get(Key, ref):
            names = (name, f"arn:{self._partition}:kms:{region}:{self._account}:{name}")
            self._draft.put(replace(was, aliases=(*(one for one in was.aliases if one not in names), *names)))

    def without_alias(self, name: str, region: str) -> None:
        """No key has that name."""
        names = {name, f"arn:{self._partition}:kms:{region}:{self._account}:{name}"}
        for key in self._draft.each(Key):
            if key.ref.realm == self._account and f"arn:{self._partition}:kms:{region}:" in key.resource and names & set(key.aliases):
                self._draft.put(replace(key, aliases=tuple(one for one in key.aliases if one not in names)))

    def make_database(self, made: Database) -> None:
        """It is there, encrypted as it says."""
        known = self._draft.known(made.arn)
        ref = known or self._draft.ref(self._account, "db-instance", made.identifier or made.arn, made.name)
        self._draft.put(Asset(ref=ref, resource=made.arn, region=made.region, tags=made.tags))
        level, key = self._level(made)
        unread = NotSeen(GapReason.NOT_READ, "whether the instance refuses plain connections is not read")
        self._draft.put(Protection(asset=ref, at_rest=level, in_transit=unread, key=key, pointer=f"{made.arn} StorageEncrypted"))

    def _level(self, made: Database) -> tuple[AtRest | NotSeen, str]:
        if isinstance(made.encrypted, Unknown):
            return not_known(made.encrypted), ""
        if not made.encrypted:
            return AtRest.NONE, ""
        if isinstance(made.key, Unknown):
            return not_known(made.key), ""
        return (of_key(made.key, self._custody(made.key)), made.key) if made.key else (AtRest.SERVICE_KEY, "")

    def volumes(self, region: str, *, encrypted: bool | Unknown) -> None:
        """What EC2 does with new volumes of a region."""
        ref = self._draft.ref(self._account, "ebs-default", f"{self._account}/{region}", region)
        if isinstance(encrypted, Unknown):
            self._draft.put(DefaultEncryption(ref=ref, at_rest=not_known(encrypted)))
        else:
            self._draft.put(DefaultEncryption(ref=ref, at_rest=AtRest.SERVICE_KEY if encrypted else AtRest.NONE))
