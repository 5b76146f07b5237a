"""How a database instance is set up, and which snapshots are parts of a copy: what a copy must be given again, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.aws.api import Answer, listed
from guardrails.connectors.aws.copying.marks import is_ours, mark_of
from guardrails.connectors.aws.iam import canonical, tags_of
from guardrails.model.facts import Pairs, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import Custody

__all__ = ["INSTANCE", "SNAPSHOT", "may_be_copied", "set_up", "snapshots"]

INSTANCE, SNAPSHOT = "db-instance", "db-snapshot"
"""The forms of their settings."""

_KEPT = (
    "AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot",
    "DBClusterIdentifier", "DBInstanceArn", "DBInstanceClass", "DBInstanceIdentifier", "DBInstanceStatus", "DbiResourceId",
    "DeletionProtection", "EnabledCloudwatchLogsExports", "Engine", "EngineVersion", "IAMDatabaseAuthenticationEnabled", "Iops",
    "KmsKeyId", "LicenseModel", "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "MultiAZ", "NetworkType",
    "PerformanceInsightsEnabled", "PerformanceInsightsRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow",
    "PubliclyAccessible", "ReadReplicaDBInstanceIdentifiers", "ReadReplicaSourceDBInstanceIdentifier", "StorageEncrypted",
    "StorageThroughput", "StorageType",
)  # fmt: skip
_OF_A_SNAPSHOT = (
    "DBInstanceIdentifier", "DBSnapshotArn", "DBSnapshotIdentifier", "DbiResourceId", "Encrypted", "KmsKeyId", "SnapshotCreateTime",
    "Status",
)  # fmt: skip


def set_up(ref: Ref, entry: Mapping[str, Any]) -> Setting:
    """Of what `DescribeDBInstances` says of one instance what is kept: neither names of users nor anything that is about to change."""
    groups = entry.get("VpcSecurityGroups") or ()
    kept = {
        **_given(entry, _KEPT),
        "Port": (entry.get("Endpoint") or {}).get("Port"),
        "DBSubnetGroupName": (entry.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        "VpcSecurityGroupIds": sorted(str(group.get("VpcSecurityGroupId")) for group in groups),
        "DBParameterGroupName": _only(entry.get("DBParameterGroups") or (), "DBParameterGroupName"),
        "OptionGroupName": _only(entry.get("OptionGroupMemberships") or (), "OptionGroupName"),
        "Tags": tags_of(entry, "TagList"),
        "Domains": len(entry.get("DomainMemberships") or ()),
        "Roles": len(entry.get("AssociatedRoles") or ()),
    }
    text = canonical({name: value for name, value in kept.items() if value is not None})
    return Setting(ref=ref, form=INSTANCE, text=text, pointer=f"{entry['DBInstanceArn']} DescribeDBInstances")


def _given(entry: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: entry[name] for name in names if entry.get(name) is not None}


def _only(entries: Any, name: str) -> str | None:  # noqa: ANN401  # a list as AWS gives it
    found = [str(entry.get(name)) for entry in entries]
    return found[0] if len(found) == 1 else None


def may_be_copied(entry: Mapping[str, Any], custody: Custody | None) -> bool:
    """Whether an instance is not encrypted by a key of the company's own, or is itself a copy: whether snapshots tell anything of it."""
    tags: Pairs = tags_of(entry, "TagList")
    is_own = bool(entry.get("StorageEncrypted")) and custody in {Custody.CUSTOMER, Custody.CUSTOMER_HSM}
    return not is_own or mark_of(tags) is not None


def snapshots(ref: Ref, region: str, answer: Answer) -> Iterator[Setting]:
    """The snapshots that may be parts of a copy; `ref` is any of the account, which they are told apart from by their ARN."""
    for entry in listed(answer, "DBSnapshots"):
        name, arn, tags = str(entry["DBSnapshotIdentifier"]), str(entry["DBSnapshotArn"]), tags_of(entry, "TagList")
        if is_ours(name, tags):
            kept = {**_given(entry, _OF_A_SNAPSHOT), "Tags": tags, "Region": region}
            if "SnapshotCreateTime" in kept:
                kept["SnapshotCreateTime"] = kept["SnapshotCreateTime"].isoformat()
            own = Ref(system=ref.system, realm=ref.realm, kind=SNAPSHOT, id=arn, name=name)
            yield Setting(ref=own, form=SNAPSHOT, text=canonical(kept), pointer=f"{arn} DescribeDBSnapshots")
