"""An RDS of one region in memory, for copies: it does what their commands ask for, and shows itself as the reader sees it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.aws_commands import Call, calls
from guardrails.connectors.aws.api import Found
from guardrails.connectors.aws.databases import set_up, snapshots
from guardrails.connectors.aws.iam import tags_of
from guardrails.model.facts import Account, Asset, Gap, Key, Protection, Reading, Setting
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Custody, GapReason, State

__all__ = ["ACCOUNT", "KEY", "REGION", "START", "Cloud", "Instance", "key_of_ours"]

ACCOUNT, REGION = "111122223333", "eu-north-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/good"
START = datetime(2026, 11, 1, 12, tzinfo=UTC)
Instance = dict[str, Any]
Asked = dict[str, Any]
_NAMES = ("DBInstanceIdentifier", "NewDBInstanceIdentifier", "DBSnapshotIdentifier", "ApplyImmediately")


def key_of_ours(name: str = "good", region: str = REGION, state: State = State.ACTIVE) -> Key:
    arn = f"arn:aws:kms:{region}:{ACCOUNT}:key/{name}"
    ref = Ref(system="aws", realm=ACCOUNT, kind="key", id=arn, name=name)
    return Key(ref=ref, resource=arn, custody=Custody.CUSTOMER, state=state, rotation_days=365, aliases=(name, f"alias/{name}"))


class Cloud:
    """Instances and snapshots by their names. `shares_ids` is how emulators behave: all instances have one id."""

    def __init__(self, *names: str, shares_ids: bool = False, **fields: Any) -> None:
        self.at, self.made, self.shares_ids, self.reads_snapshots = START, 0, shares_ids, True
        self.instances: dict[str, Instance] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        for name in names:
            self.add(name, **fields)

    def add(self, name: str, **fields: Any) -> Instance:
        self.made += 1
        assert name not in self.instances, name
        self.instances[name] = {
            "DBInstanceStatus": "available", "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "EngineVersion": "16.3",
            "DbiResourceId": "db-SAME" if self.shares_ids else f"db-{self.made}", "StorageEncrypted": False, "AllocatedStorage": 20,
            "MultiAZ": True, "StorageType": "gp3", "Iops": 3000, "StorageThroughput": 125, "BackupRetentionPeriod": 7,
            "DeletionProtection": False, "PubliclyAccessible": False, "MonitoringInterval": 60,
            "MonitoringRoleArn": f"arn:aws:iam::{ACCOUNT}:role/monitoring", "MaxAllocatedStorage": 100,
            "DBSubnetGroup": {"DBSubnetGroupName": "private"}, "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-2"}, {"VpcSecurityGroupId": "sg-1"}],
            "DBParameterGroups": [{"DBParameterGroupName": "strict"}], "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16"}],
            "Endpoint": {"Port": 5432}, "TagList": [{"Key": "team", "Value": "data"}],
        } | copy.deepcopy(fields)  # fmt: skip
        return self.instances[name]

    def run(self, command: str) -> list[Call]:
        """All calls of a command, in their order."""
        asked = calls(command)
        for call in asked:
            assert call.region == REGION, call
            self.at += timedelta(minutes=1)
            getattr(self, call.operation)(call.parameters)
        return asked

    def create_db_snapshot(self, asked: Asked) -> None:
        name = asked["DBInstanceIdentifier"]
        of = self.instances[name]
        self._taken(asked, {"DBInstanceIdentifier": name, "DbiResourceId": of["DbiResourceId"], "holds": of}, of.get("KmsKeyId"))

    def copy_db_snapshot(self, asked: Asked) -> None:
        one = self.snapshots[asked["SourceDBSnapshotIdentifier"]]
        self._taken({**asked, "DBSnapshotIdentifier": asked["TargetDBSnapshotIdentifier"]}, one, asked["KmsKeyId"])

    def _taken(self, asked: Asked, of: dict[str, Any], key: str | None) -> None:
        name = asked["DBSnapshotIdentifier"]
        assert name not in self.snapshots, name
        self.snapshots[name] = {
            "DBSnapshotIdentifier": name, "DBSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}", "Status": "available",
            "DBInstanceIdentifier": of["DBInstanceIdentifier"], "DbiResourceId": of["DbiResourceId"], "holds": copy.deepcopy(of["holds"]),
            "Encrypted": key is not None, "SnapshotCreateTime": self.at, "TagList": asked.get("Tags", []),
        } | ({"KmsKeyId": key} if key else {})  # fmt: skip

    def restore_db_instance_from_db_snapshot(self, asked: Asked) -> None:
        one = self.snapshots[asked["DBSnapshotIdentifier"]]
        of = one["holds"]
        kept = {name: of[name] for name in ("Engine", "EngineVersion", "AllocatedStorage", "StorageType", "Iops", "StorageThroughput")}
        fresh = {"MonitoringInterval": 0, "MonitoringRoleArn": None, "MaxAllocatedStorage": None}
        made = self.add(asked["DBInstanceIdentifier"], **kept, **fresh)
        made |= {"StorageEncrypted": one["Encrypted"], "KmsKeyId": one.get("KmsKeyId")}
        self._set(made, asked)

    def _set(self, one: Instance, asked: Asked) -> None:
        fields = {name: value for name, value in asked.items() if name not in _NAMES}
        one["DBSubnetGroup"] = {"DBSubnetGroupName": fields.pop("DBSubnetGroupName", one["DBSubnetGroup"]["DBSubnetGroupName"])}
        if groups := fields.pop("VpcSecurityGroupIds", None):
            one["VpcSecurityGroups"] = [{"VpcSecurityGroupId": group} for group in groups]
        if group := fields.pop("DBParameterGroupName", None):
            one["DBParameterGroups"] = [{"DBParameterGroupName": group}]
        if (tags := fields.pop("Tags", None)) is not None:
            one["TagList"] = tags
        one |= fields

    def modify_db_instance(self, asked: Asked) -> None:
        assert asked["ApplyImmediately"]
        one = self.instances[asked["DBInstanceIdentifier"]]
        if new := asked.get("NewDBInstanceIdentifier"):
            assert new not in self.instances, new
            self.instances[new] = self.instances.pop(asked["DBInstanceIdentifier"])
        self._set(one, asked)

    def add_tags_to_resource(self, asked: Asked) -> None:
        self.instances[asked["ResourceName"].rpartition(":")[2]]["TagList"] += asked["Tags"]

    def delete_db_instance(self, asked: Asked) -> None:
        name, final = asked["DBInstanceIdentifier"], asked.get("FinalDBSnapshotIdentifier")
        assert bool(final) != asked.get("SkipFinalSnapshot", False)
        assert not self.instances[name]["DeletionProtection"]
        if final:
            self.create_db_snapshot({"DBInstanceIdentifier": name, "DBSnapshotIdentifier": final})
        del self.instances[name]

    def delete_db_snapshot(self, asked: Asked) -> None:
        del self.snapshots[asked["DBSnapshotIdentifier"]]

    def seen(self, *keys: Key) -> Observation:
        """As the reader tells it."""
        own = Ref(system="aws", realm=ACCOUNT, kind="account", id=ACCOUNT, name=ACCOUNT)
        said: list[Any] = [Account(ref=own), *(keys or (key_of_ours(),))]
        for name, one in self.instances.items():
            arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}"
            ref = Ref(system="aws", realm=ACCOUNT, kind="db-instance", id=arn if self.shares_ids else one["DbiResourceId"], name=name)
            entry = {**one, "DBInstanceIdentifier": name, "DBInstanceArn": arn}
            key = one.get("KmsKeyId") if one["StorageEncrypted"] else None
            level = AtRest.CUSTOMER_KEY if key else AtRest.NONE
            said.append(Asset(ref=ref, resource=arn, region=REGION, tags=tags_of(one, "TagList")))
            said += [set_up(ref, entry), Protection(asset=ref, at_rest=level, key=key or "")]
        said.append(Reading(system="aws", realm=ACCOUNT, what=f"rds/{REGION}", items=len(self.instances)))
        if self.reads_snapshots:
            said += self._parts()
            said.append(Reading(system="aws", realm=ACCOUNT, what=f"rds-snapshots/{REGION}", items=len(self.snapshots)))
        else:
            refused = {"what": "rds:snapshots", "reason": GapReason.DENIED, "message": "DescribeDBSnapshots: AccessDenied"}
            said.append(Gap(system="aws", realm=ACCOUNT, rights=("rds:DescribeDBSnapshots",), **refused))
        return fold(said, system="aws", connector="aws", taken_at=self.at)

    def _parts(self) -> Iterable[Setting]:
        ref = Ref(system="aws", realm=ACCOUNT, kind="db-snapshot", id=REGION, name=REGION)
        return snapshots(ref, REGION, Found({"DBSnapshots": list(self.snapshots.values())}))
