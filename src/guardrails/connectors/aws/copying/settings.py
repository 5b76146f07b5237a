"""How an instance is set up, and with which options of the AWS command line another one is set up so, as far as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.connectors.aws.copying.commands import Value
from guardrails.connectors.aws.copying.parts import Instance

__all__ = ["differing", "modified", "restored"]


@dataclass(frozen=True, slots=True)
class _Row:
    """A field, the option of a restore that sets it, and that of a later change; empty where there is none."""

    field: str
    restore: str = ""
    modify: str = ""


_ROWS = (
    _Row("DBInstanceClass", "db_instance_class", "db_instance_class"),
    _Row("DBSubnetGroupName", "db_subnet_group_name"),
    _Row("VpcSecurityGroupIds", "vpc_security_group_ids", "vpc_security_group_ids"),
    _Row("DBParameterGroupName", "db_parameter_group_name", "db_parameter_group_name"),
    _Row("OptionGroupName", "option_group_name", "option_group_name"),
    _Row("Port", "port", "db_port_number"),
    _Row("MultiAZ", "multi_az", "multi_az"),
    _Row("PubliclyAccessible", "publicly_accessible", "publicly_accessible"),
    _Row("NetworkType", "network_type", "network_type"),
    _Row("StorageType", "storage_type", "storage_type"),
    _Row("Iops", "iops", "iops"),
    _Row("StorageThroughput", "", "storage_throughput"),
    _Row("MaxAllocatedStorage", "", "max_allocated_storage"),
    _Row("AutoMinorVersionUpgrade", "auto_minor_version_upgrade", "auto_minor_version_upgrade"),
    _Row("CopyTagsToSnapshot", "copy_tags_to_snapshot", "copy_tags_to_snapshot"),
    _Row("DeletionProtection", "deletion_protection", "deletion_protection"),
    _Row("IAMDatabaseAuthenticationEnabled", "enable_iam_database_authentication", "enable_iam_database_authentication"),
    _Row("EnabledCloudwatchLogsExports", "enable_cloudwatch_logs_exports"),
    _Row("BackupRetentionPeriod", "", "backup_retention_period"),
    _Row("PreferredBackupWindow", "", "preferred_backup_window"),
    _Row("PreferredMaintenanceWindow", "", "preferred_maintenance_window"),
    _Row("CACertificateIdentifier", "", "ca_certificate_identifier"),
    _Row("MonitoringInterval", "", "monitoring_interval"),
    _Row("MonitoringRoleArn", "", "monitoring_role_arn"),
    _Row("PerformanceInsightsEnabled", "", "enable_performance_insights"),
    _Row("PerformanceInsightsRetentionPeriod", "", "performance_insights_retention_period"),
    _Row("LicenseModel", "", "license_model"),
    _Row("Engine"),
    _Row("EngineVersion"),
)
_GROUPS = ("DBParameterGroupName", "OptionGroupName")
_PROVISIONED = ("io1", "io2")
"""Kinds of storage that are given operations; of the others AWS refuses them below a size."""


def restored(source: Instance) -> dict[str, Value]:
    """The options of a restore that give a copy the settings of the instance."""
    return dict(_options(source, [row for row in _ROWS if row.restore and _is_wanted(source, row)], restoring=True))


def modified(source: Instance, copy: Instance | None) -> dict[str, Value]:
    """The options of a change for what a restore does not set; of a copy that is there, for what differs."""
    if copy is None:
        rows = [row for row in _ROWS if row.modify and not row.restore and _is_set(source, row)]
    else:
        rows = [row for row in _ROWS if row.modify and row.field in differing(source, copy)]
    return dict(_options(source, rows, restoring=False))


def differing(source: Instance, copy: Instance) -> tuple[str, ...]:
    """The fields in which a copy is not set up as the instance, as far as both were read."""
    return tuple(row.field for row in _ROWS if source.fields.get(row.field) != copy.fields.get(row.field))


def _is_set(source: Instance, row: _Row) -> bool:
    return source.fields.get(row.field) not in (None, "", [])


def _is_wanted(source: Instance, row: _Row) -> bool:
    value = source.fields.get(row.field)
    if row.field in _GROUPS:
        return _is_set(source, row) and not str(value).startswith("default")  # which every instance has without a word
    return _is_set(source, row) and (row.field != "Iops" or source.fields.get("StorageType") in _PROVISIONED)


def _options(source: Instance, rows: list[_Row], *, restoring: bool) -> Iterator[tuple[str, Value]]:
    for row in rows:
        value = source.fields.get(row.field)
        if isinstance(value, bool | int | str) or (isinstance(value, list) and value):
            yield (row.restore if restoring else row.modify), value
