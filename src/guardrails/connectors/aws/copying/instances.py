"""The copy of a database instance: what it holds cannot be encrypted, or encrypted by another key, where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from guardrails.connectors.aws.copying.commands import Unwritable, Value, aws, in_account, tagged, then
from guardrails.connectors.aws.copying.evidence import Evidence
from guardrails.connectors.aws.copying.keys import Chosen
from guardrails.connectors.aws.copying.marks import CHECKED, COPY_OF, STEP, kept_tags
from guardrails.connectors.aws.copying.parts import Instance, Parts
from guardrails.connectors.aws.copying.settings import modified, restored
from guardrails.model.copies import CopyStep
from guardrails.plan.steps import Told, in_order

__all__ = ["Making", "notes"]


@dataclass(frozen=True, slots=True)
class Making:
    """How the steps of one copy are made.

    Attributes:
        parts: What was observed.
        key: With which key it is to be encrypted.
        evidence: What tells which steps are done.
    """

    parts: Parts
    key: Chosen
    evidence: Evidence

    def steps(self) -> tuple[CopyStep, ...]:
        """All of them, in order."""
        makers = (
            self._snapshot, self._encrypt, self._restore, self._settings, self._check, self._retire, self._switch, self._last, self._keep,
            self._delete, self._plain,
        )  # fmt: skip
        return in_order(self._told(maker) for maker in makers)

    def _told(self, make: Callable[[], CopyStep]) -> tuple[CopyStep, Told]:
        identifier = make.__name__.lstrip("_")
        told = self.evidence.of(identifier)
        try:
            return make(), told
        except Unwritable as why:
            # what cannot be typed safely is not offered, nor is anything behind it
            unsafe = CopyStep(id=identifier, does="make it by hand: a name in it cannot be written safely")
            return unsafe, told if told.is_done else Told(is_done=None, found=str(why))

    def _aws(self, operation: str, **options: Value | None) -> str:
        return aws("rds", operation, self.parts.region, **options)

    def _named(self, name: str) -> str:
        return self.parts.mark.snapshot(name)

    def _marked(self, step: str) -> list[dict[str, str]]:
        return tagged({COPY_OF: str(self.parts.mark), STEP: step})

    @property
    def _like(self) -> Instance:
        """The instance whose settings the copy is to have; once that is not there any more, the copy itself."""
        found = (*self.parts.sources, *self.parts.copies)
        return found[0]

    def _copy_arn(self) -> str:
        copy = self.parts.copy
        return copy.arn if copy else f"{self._like.arn.rpartition(':')[0]}:{self.parts.mark.new}"

    def _snapshot(self) -> CopyStep:
        name = self._named("snapshot")
        return CopyStep(
            id="snapshot",
            does="stop all that writes to it, then take a snapshot",
            command=self._aws(
                "create-db-snapshot",
                db_instance_identifier=self.parts.mark.name,
                db_snapshot_identifier=name,
                tags=self._marked("snapshot"),
            ),
            needs="rds:CreateDBSnapshot, rds:AddTagsToResource",
            interrupts="whatever writes: what is written from here until the copy has its name is not in the copy",
            seen_by=self._waited("db-snapshot-completed", db_snapshot_identifier=name),
            undo=self._aws("delete-db-snapshot", db_snapshot_identifier=name),
        )

    def _waited(self, waiter: str, **options: Value) -> str:
        return aws("rds", f"wait {waiter}", self.parts.region, **options)

    def _encrypt(self) -> CopyStep:
        name = self._named("encrypted")
        command = self._aws(
            "copy-db-snapshot",
            source_db_snapshot_identifier=self._named("snapshot"),
            target_db_snapshot_identifier=name,
            kms_key_id=self.key.name or None,
            tags=self._marked("encrypted"),
        )
        return CopyStep(
            id="encrypt",
            does=f"copy the snapshot, encrypted by {self.key.said}",
            command=command if self.key.name else f"{command} {self.key.asked}",
            needs=f"rds:CopyDBSnapshot, rds:AddTagsToResource; kms:CreateGrant and kms:DescribeKey on {self.key.said}",
            seen_by=self._described("db-snapshots", "DBSnapshots[].[Status,Encrypted,KmsKeyId]", db_snapshot_identifier=name),
            undo=self._aws("delete-db-snapshot", db_snapshot_identifier=name),
        )

    def _described(self, what: str, query: str, **options: Value) -> str:
        return self._aws(f"describe-{what}", **options, query=query, output="text")

    def _restore(self) -> CopyStep:
        name, like = self.parts.mark.new, self._like
        return CopyStep(
            id="restore",
            does=f"restore it as {name}, with the settings and tags of {like.name}",
            command=self._aws(
                "restore-db-instance-from-db-snapshot",
                db_instance_identifier=name,
                db_snapshot_identifier=self._named("encrypted"),
                **restored(like),
                tags=tagged({**dict(kept_tags(like.tags)), COPY_OF: str(self.parts.mark)}),
            ),
            needs="rds:RestoreDBInstanceFromDBSnapshot, rds:AddTagsToResource; its groups of subnets, parameters and security",
            seen_by=self._described(
                "db-instances", "DBInstances[].[DBInstanceStatus,StorageEncrypted,KmsKeyId]", db_instance_identifier=name
            ),
            undo=then(
                *self._unprotected(like, name), self._aws("delete-db-instance", db_instance_identifier=name, skip_final_snapshot=True)
            ),
        )

    def _unprotected(self, like: Instance | None, name: str) -> Iterator[str]:
        """What has to go before an instance can."""
        if like is not None and like.fields.get("DeletionProtection"):
            yield self._aws("modify-db-instance", db_instance_identifier=name, deletion_protection=False, apply_immediately=True)

    def _settings(self) -> CopyStep:
        source, copy = self.parts.source, self.parts.copy
        options = modified(source, copy) if source else {}
        name = copy.name if copy else self.parts.mark.new
        return CopyStep(
            id="settings",
            does="set what a restore does not set",
            command=self._aws("modify-db-instance", db_instance_identifier=name, **options, apply_immediately=True) if options else "",
            needs="rds:ModifyDBInstance; iam:PassRole for a role of monitoring; a restart where a group of parameters changes",
            seen_by="plan again: it says in what the copy still differs",
            undo="set it as it was",
        )

    def _check(self) -> CopyStep:
        arn = self._copy_arn()
        return CopyStep(
            id="check",
            does="compare what the copy holds with the old one, log in as each application does, then say so by a tag",
            command=self._aws("add-tags-to-resource", resource_name=arn, tags=tagged({CHECKED: "yes"})),
            needs="rds:AddTagsToResource, and somebody who knows what it must hold",
            seen_by=self._aws("list-tags-for-resource", resource_name=arn),
            undo=self._aws("remove-tags-from-resource", resource_name=arn, tag_keys=[CHECKED]),
        )

    def _retire(self) -> CopyStep:
        mark = self.parts.mark
        return CopyStep(
            id="retire",
            does=f"call the old one {mark.old}",
            command=self._renamed(mark.name, mark.old),
            needs="rds:ModifyDBInstance",
            interrupts="everybody who uses it: it restarts, and until the next step is done its name leads nowhere",
            seen_by=self._waited("db-instance-available", db_instance_identifier=mark.old),
            undo=self._renamed(mark.old, mark.name),
            only_after="the copy was checked, and nothing was written since the snapshot",
        )

    def _renamed(self, name: str, new: str) -> str:
        return self._guarded(
            self._aws("modify-db-instance", db_instance_identifier=name, new_db_instance_identifier=new, apply_immediately=True)
        )

    def _guarded(self, *commands: str) -> str:
        """In the right account alone: names are the same elsewhere."""
        return then(in_account(self._like.ref.realm), *commands)

    def _switch(self) -> CopyStep:
        mark = self.parts.mark
        return CopyStep(
            id="switch",
            does=f"call the copy {mark.name}",
            command=self._renamed(mark.new, mark.name),
            needs="rds:ModifyDBInstance",
            interrupts="whoever looked its address up: it takes some minutes until the name leads to the copy",
            seen_by=self._described(
                "db-instances",
                "DBInstances[].[DBInstanceStatus,StorageEncrypted,KmsKeyId,DbiResourceId]",
                db_instance_identifier=mark.name,
            ),
            undo=then(self._renamed(mark.name, mark.new), self._waited("db-instance-available", db_instance_identifier=mark.new)),
            only_after=f"no instance is called {mark.name} any more",
        )

    def _last(self) -> CopyStep:
        old, name = self.parts.mark.old, self._named("last")
        return CopyStep(
            id="last",
            does="take a last snapshot of the old one, from which its quarantine counts",
            command=self._aws("create-db-snapshot", db_instance_identifier=old, db_snapshot_identifier=name, tags=self._marked("last")),
            needs="rds:CreateDBSnapshot, rds:AddTagsToResource",
            seen_by=self._waited("db-snapshot-completed", db_snapshot_identifier=name),
            undo=self._aws("delete-db-snapshot", db_snapshot_identifier=name),
        )

    def _keep(self) -> CopyStep:
        return CopyStep(
            id="keep",
            does="wait: to go back is to give both the names that they had",
            needs="apply: {quarantine: ...} in the declaration, and nobody who misses anything",
            seen_by="plan again: it says until when",
        )

    def _delete(self) -> CopyStep:
        old = self.parts.mark.old
        deleted = self._aws("delete-db-instance", db_instance_identifier=old, final_db_snapshot_identifier=self._named("final"))
        return CopyStep(
            id="delete",
            does="delete the old one, with a final snapshot",
            command=self._guarded(*self._unprotected(self.parts.source, old), deleted),
            needs="rds:DeleteDBInstance, rds:CreateDBSnapshot",
            seen_by=self._waited("db-instance-deleted", db_instance_identifier=old),
            undo="restore the final snapshot; the automated backups of the old one are lost",
            only_after=f"the copy is in use as {self.parts.mark.name}, its quarantine is over, and nobody misses anything",
        )

    def _plain(self) -> CopyStep:
        names = self.evidence.left() or tuple(self._named(step) for step in ("snapshot", "last", "final"))
        return CopyStep(
            id="plain",
            does="delete the snapshots of this copy that hold it as it was encrypted before",
            command=self._guarded(*(self._aws("delete-db-snapshot", db_snapshot_identifier=name) for name in names)),
            needs="rds:DeleteDBSnapshot",
            seen_by=self._described(
                "db-snapshots", "DBSnapshots[].[DBSnapshotIdentifier,Encrypted,KmsKeyId]", dbi_resource_id=self.parts.mark.id
            ),
            undo="nothing takes it back",
            only_after="nobody will ever want the old one back; what others took of it is shown by the command above, and is theirs",
        )


def notes(source: Instance) -> Iterator[str]:
    """What belongs to an instance and is not copied with it."""
    if replicas := source.fields.get("ReadReplicaDBInstanceIdentifiers"):
        yield f"its replicas follow the old one, and are made anew of the copy: {', '.join(replicas)}"
    if source.fields.get("Domains"):
        yield "it is in a directory (DomainMemberships), which the restore does not join"
    if source.fields.get("Roles"):
        yield "it has roles (AssociatedRoles), which are added to the copy by hand"
    yield "not read, so look: alarms, event subscriptions, proxies, replication tasks, backup plans, and whatever names its ARN"
