# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database server: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.html

Changes are applied at once, not in the maintenance window. What they interrupt:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    PENDING,
    QUEUED,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    always,
    arguments,
    create_only,
    initial,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _db_changes, _db_create, _rds

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html; all others are on the way somewhere.
STATES = {
    **dict.fromkeys(
        (
            "available",
            "storage-optimization",
            "storage-initialization",
            "storage-config-upgrade",
            "storage-full",
            "stopped",
            "incompatible-parameters",
            "incompatible-option-group",
        ),
        READY,
    ),
    **dict.fromkeys(
        (
            "failed",
            "incompatible-create",
            "incompatible-network",
            "incompatible-restore",
            "insufficient-capacity",
            "restore-error",
            "inaccessible-encryption-credentials",
        ),
        FAILED,
    ),
    "deleting": DELETING,
}
STORAGE = {"storage", "storage_type", "iops", "throughput"}
# ModifyDBInstance wants one of these together with all the others.
TOGETHER = (
    {"monitoring_interval", "monitoring_role"},
    {"performance_insights", "performance_insights_retention", "insights_mode"},
)
BUSY_SECONDS = 1800.0
NO_SOURCE = ""
GP3 = "gp3"


@dataclasses.dataclass(frozen=True)
class DbInstance:
    """`storage` is in GiB, `max_storage` 0 without autoscaling; `version` may be the major version alone.

    `kept_storage` and `kept_major` repeat storage and version where those must not have grown by themselves, and not be
    raised to another major version. `source` is what a replica copies, empty for no replica. `snapshot`, or
    `restored_from` and `restore_time` (``latest`` or ISO 8601), are where the data of a new instance come from, and
    `master_secret` is the ARN of the secret with its password. `log_groups` are those of `log_exports`, made before it.
    `final_snapshot` and `delete_automated_backups` are for the delete call, `allow_major_upgrade` for the modify call.
    """

    engine: str | None = create_only("Engine", forbids=_db_changes.other_engine)
    version: str | None = mutable(
        "EngineVersion",
        normalise=_db_changes.Version,
        disrupts=always("interrupts the database while it is upgraded, with Multi-AZ as well"),
        forbids=_db_changes.earlier_version,
    )
    kept_major: str | None = create_only(normalise=_db_changes.AtMost, forbids=_db_changes.major_upgrade)
    instance_class: str | None = mutable("DBInstanceClass", disrupts=always("restarts the database, or fails over with Multi-AZ"))
    storage: int | None = mutable("AllocatedStorage", normalise=_db_changes.Size, forbids=_db_changes.too_little_more)
    kept_storage: int | None = create_only(normalise=_db_changes.Limit, forbids=_db_changes.less_storage)
    storage_type: str | None = mutable("StorageType", disrupts=_db_changes.magnetic)
    iops: int | None = mutable("Iops")
    throughput: int | None = mutable("StorageThroughput")
    max_storage: int | None = mutable()
    database: str | None = create_only("DBName")
    username: str | None = create_only("MasterUsername")
    managed_password: bool | None = mutable("ManageMasterUserPassword")
    master_secret: Any = initial(refers=("secret",))
    port: int | None = mutable(disrupts=always("restarts the database"))
    subnet_group: Any = create_only("DBSubnetGroupName", refers=("db_subnet_group",))
    security_groups: Any = mutable("VpcSecurityGroupIds", normalise=unordered, refers=("security_group",))
    public: bool | None = mutable("PubliclyAccessible")
    parameter_group: Any = mutable("DBParameterGroupName", refers=("db_parameter_group",))
    option_group: Any = mutable(
        "OptionGroupName", refers=("db_option_group",), disrupts=always("may restart the database: the audit plugin does")
    )
    multi_az: bool | None = mutable("MultiAZ", disrupts=_db_changes.standby)
    encrypted: bool | None = create_only("StorageEncrypted")
    kms_key: Any = create_only("KmsKeyId", refers=("kms_key",))
    ca_certificate: str | None = mutable(
        "CACertificateIdentifier", disrupts=always("restarts the database unless its version takes certificates over without")
    )
    backup_retention: int | None = mutable("BackupRetentionPeriod", disrupts=_db_changes.backups_on_or_off)
    backup_window: str | None = mutable("PreferredBackupWindow")
    maintenance_window: str | None = mutable("PreferredMaintenanceWindow", normalise=str.lower)
    auto_minor_version_upgrade: bool | None = mutable("AutoMinorVersionUpgrade")
    performance_insights: bool | None = mutable("EnablePerformanceInsights")
    performance_insights_retention: int | None = mutable("PerformanceInsightsRetentionPeriod")
    insights_mode: str | None = mutable("DatabaseInsightsMode")
    monitoring_interval: int | None = mutable("MonitoringInterval")
    monitoring_role: Any = mutable("MonitoringRoleArn", refers=("iam_role",))
    log_exports: Any = mutable(normalise=unordered)
    log_groups: Any = initial(refers=("log_group",))
    copy_tags_to_snapshot: bool | None = mutable("CopyTagsToSnapshot")
    deletion_protection: bool | None = mutable("DeletionProtection")
    source: Any = create_only(refers=("db_instance",), forbids=_db_changes.promotion)
    snapshot: str | None = initial()
    restored_from: Any = initial(refers=("db_instance",))
    restore_time: str | None = initial()
    allow_major_upgrade: bool | None = initial()
    final_snapshot: bool | None = initial()
    delete_automated_backups: bool | None = initial()


def list_instances(context: Context) -> Iterable[Found]:
    listed = context.pages("rds", "describe_db_instances", "DBInstances")
    stack = context.stack.name
    ours = {raw["DBInstanceIdentifier"] for raw in listed if _rds.tags(raw.get("TagList", [])).get(TAG_STACK) == stack}
    return [_found(raw, _replicas_of_others(raw, ours, f"{stack}-")) for raw in listed]


def create(context: Context, new: New, values: DbInstance) -> Found:
    return _found(_db_create.create(context, new, values))


def update(context: Context, found: Found, values: DbInstance, fields: set[str]) -> None:
    context.client("rds").modify_db_instance(
        DBInstanceIdentifier=found.id, ApplyImmediately=True, **_changes(context, found, values, fields)
    )
    if "parameter_group" in fields and "version" not in fields:
        context.note(f"db_instance {found.id}: the new parameter group will take effect when the database is rebooted")


def delete(context: Context, found: Found) -> None:
    """A replica has nothing of its own, and RDS refuses a final snapshot of it.

    It refuses one of a failed instance, too, whose data are in its automated backups alone: they stay in its place. The
    final snapshot is named for this very instance, whose name others reuse.
    """
    snapshot, keeps_backups = _final_snapshot(context, found), _keeps_backups(context, found)
    request = {"DBInstanceIdentifier": found.id, "DeleteAutomatedBackups": not keeps_backups}
    if snapshot:
        context.client("rds").delete_db_instance(**request, FinalDBSnapshotIdentifier=snapshot)
        key = f" and is readable as long as {found.values.kms_key} exists" if found.values.kms_key else ""
        context.note(
            f"db_instance {found.id}: its data is kept in the final snapshot {snapshot}, which is no part of the stack{key}"
        )
    else:
        context.client("rds").delete_db_instance(**request, SkipFinalSnapshot=True)
    if keeps_backups:
        context.note(f"db_instance {found.id}: its automated backups are kept until their retention is over")


def leaves(context: Context, going: Sequence[Found]) -> dict[str, str]:
    """The keys of final snapshots and of backups that are kept, and of all snapshots and backups that there are already."""
    snapshots = context.pages("rds", "describe_db_snapshots", "DBSnapshots", SnapshotType="manual")
    retained = [{"Name": "status", "Values": ["retained"]}]
    backups = context.pages("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", Filters=retained)
    left = {raw.get("KmsKeyId"): f"the backups of {raw['DBInstanceIdentifier']}" for raw in backups}
    left |= {raw.get("KmsKeyId"): f"the snapshot {raw['DBSnapshotIdentifier']}" for raw in snapshots}
    for found in going:
        if snapshot := _final_snapshot(context, found):
            left[found.values.kms_key] = f"the final snapshot {snapshot}"
        elif _keeps_backups(context, found):
            left[found.values.kms_key] = f"the backups of {found.id}"
    return {key: what for key, what in left.items() if key}


def guard(found: Found) -> str | None:
    if found.values.deletion_protection:
        return "deletion protection is on: set deletion_protection: false in database.instances and run site.yml first"
    if replicas := found.attributes.get("replicas_of_others"):
        return (
            f"{', '.join(replicas)} replicate from it, which are no part of the stack and would be cut off: promote or "
            "delete them first"
        )
    return None


def _replicas_of_others(raw: Mapping[str, Any], ours: set[str], prefix: str) -> list[str]:
    """Return the replicas that do not go with the stack. Those in other regions, given by ARN, are told by their names."""
    replicas = raw.get("ReadReplicaDBInstanceIdentifiers", [])
    elsewhere = {replica for replica in replicas if replica.rpartition(":db:")[2].startswith(prefix) and ":" in replica}
    return [replica for replica in replicas if replica not in ours | elsewhere]


def _changes(context: Context, found: Found, values: DbInstance, fields: set[str]) -> dict[str, Any]:
    """Return the arguments of ModifyDBInstance."""
    request = arguments(values, fields.union(*(group for group in TOGETHER if group & fields)) - STORAGE)
    if fields & STORAGE:
        request |= _storage(found, values, fields & STORAGE)
    if "max_storage" in fields:
        request["MaxAllocatedStorage"] = values.max_storage or max(found.values.storage, values.storage or 0)
    if "port" in fields:
        request["DBPortNumber"] = values.port
    if "managed_password" in fields:
        request |= _db_create.password(context, values)
    if "performance_insights" in fields:
        request |= _db_create.insights_key(values)
    if "log_exports" in fields:
        before, after = set(found.values.log_exports), set(values.log_exports)
        request["CloudwatchLogsExportConfiguration"] = _rds.given(
            {"EnableLogTypes": sorted(after - before), "DisableLogTypes": sorted(before - after)}
        )
    if "version" in fields:
        request["AllowMajorVersionUpgrade"] = bool(values.allow_major_upgrade)
    return request


def _storage(found: Found, values: DbInstance, fields: set[str]) -> dict[str, Any]:
    """Return what is told of the storage: all of it with the size and the iops, also where they stay as they are. Those of
    small gp3 storage cannot be told at all.
    """
    size = max(found.values.storage or 0, values.storage or 0)
    if values.storage_type == GP3 and size < _db_changes.GP3_STRIPED_FROM:
        return arguments(values, fields)
    iops = {}
    if values.storage_type == GP3:
        actual = found.values.iops if found.values.storage_type == GP3 else None
        iops = {"Iops": max(actual or 0, _db_changes.GP3_STRIPED_IOPS)}
    return {**iops, **arguments(values, STORAGE), "AllocatedStorage": size}


def _final_snapshot(context: Context, found: Found) -> str | None:
    """Return the name of the snapshot that a deletion makes, if it makes one."""
    if found.state == FAILED or found.values.source or not _wants(context, found, "final_snapshot"):
        return None
    return f"{found.id}-final-{found.attributes['resource_id'].removeprefix('db-').lower()}"


def _keeps_backups(context: Context, found: Found) -> bool:
    """Return whether automated backups stay: because it is wanted so, or because there is nothing else of its data."""
    only_backups = found.state == FAILED and _wants(context, found, "final_snapshot") and bool(found.values.backup_retention)
    return only_backups or not _wants(context, found, "delete_automated_backups")


def _wants(context: Context, found: Found, choice: str) -> bool:
    """What is not declared any more goes as it does by default: with a final snapshot."""
    declared = {declaration.name: getattr(declaration.values, choice) for declaration in context.declared("db_instance")}
    return declared.get(found.logical_name) is not False


def _found(raw: Mapping[str, Any], replicas_of_others: Iterable[str] = ()) -> Found:
    endpoint = raw.get("Endpoint") or {}
    parameter_groups = raw.get("DBParameterGroups") or [{}]
    values = read(
        DbInstance,
        raw,
        max_storage=raw.get("MaxAllocatedStorage") or 0,
        managed_password="MasterUserSecret" in raw,
        port=endpoint.get("Port"),
        subnet_group=raw.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
        security_groups=tuple(
            group["VpcSecurityGroupId"] for group in raw.get("VpcSecurityGroups", []) if group.get("Status") != "removing"
        ),
        parameter_group=parameter_groups[0].get("DBParameterGroupName"),
        option_group=_option_group(raw),
        kept_major=_rds.major(raw["Engine"], raw["EngineVersion"]),
        kept_storage=raw.get("AllocatedStorage"),
        performance_insights=raw.get("PerformanceInsightsEnabled", False),
        insights_mode=raw.get("DatabaseInsightsMode", "standard"),
        monitoring_interval=raw.get("MonitoringInterval", 0),
        log_exports=tuple(raw.get("EnabledCloudwatchLogsExports", [])),
        log_groups=tuple(_rds.log_group(raw["DBInstanceIdentifier"], log) for log in raw.get("EnabledCloudwatchLogsExports", [])),
        source=raw.get("ReadReplicaSourceDBInstanceIdentifier") or NO_SOURCE,
    )
    return Found(
        raw["DBInstanceIdentifier"],
        values,
        _rds.tags(raw.get("TagList", [])),
        _state(raw),
        raw["DBInstanceIdentifier"],
        {**_attributes(raw), "replicas_of_others": list(replicas_of_others)},
        raw["DBInstanceStatus"],
    )


def _option_group(raw: Mapping[str, Any]) -> str | None:
    """An instance is in one group, and for a while in the next one already."""
    groups = [group for group in raw.get("OptionGroupMemberships", []) if "removal" not in group.get("Status", "")]
    return groups[-1]["OptionGroupName"] if groups else None


def _state(raw: Mapping[str, Any]) -> str:
    """After a modify call the status stays ``available`` for a while; what is pending tells that it has not happened yet.

    What others have left to the maintenance window looks the same.
    """
    state = STATES.get(raw["DBInstanceStatus"], PENDING)
    return QUEUED if state == READY and raw.get("PendingModifiedValues") else state


def _attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    endpoint = raw.get("Endpoint") or {}
    return {
        "arn": raw["DBInstanceArn"],
        "endpoint": endpoint.get("Address"),
        "port": endpoint.get("Port"),
        "engine": raw["Engine"],
        "version": raw["EngineVersion"],
        "database": raw.get("DBName"),
        "username": raw.get("MasterUsername"),
        "resource_id": raw["DbiResourceId"],
        "master_secret_arn": raw.get("MasterUserSecret", {}).get("SecretArn"),
    }


KIND = Kind(
    name="db_instance",
    service="rds",
    values=DbInstance,
    list=list_instances,
    calls={"DescribeDBInstances": "page", "DescribeDBSnapshots": "page", "DescribeDBInstanceAutomatedBackups": "page"},
    actions=(
        "rds:CreateDBInstance",
        "rds:CreateDBInstanceReadReplica",
        "rds:RestoreDBInstanceFromDBSnapshot",
        "rds:RestoreDBInstanceToPointInTime",
        "rds:AddTagsToResource",
        "rds:ModifyDBInstance",
        "rds:DeleteDBInstance",
        "rds:CreateDBSnapshot",
        "iam:CreateServiceLinkedRole",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:RotateSecret",
        "secretsmanager:GetSecretValue",
        "iam:PassRole",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcAttribute",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_rds.tag,
    guard=guard,
    leaves=leaves,
    waits_for=("update", "delete"),
    name_limit=63,
    unique_name=True,
    timeout=3600.0,
    # A backup or a change under way lets RDS refuse others until it is over; a source has to have a backup first. A role
    # made a moment ago is not known to RDS yet.
    retries=(
        *(
            Retry(operation, "InvalidDBInstanceState", seconds=BUSY_SECONDS)
            for operation in (
                "ModifyDBInstance",
                "DeleteDBInstance",
                "CreateDBInstanceReadReplica",
                "RestoreDBInstanceToPointInTime",
            )
        ),
        Retry("CreateDBInstance", "InvalidParameterValue", "service.linked role"),
        Retry("CreateDBInstance", "InvalidParameterValue", "IAM role ARN"),
        Retry("CreateDBInstanceReadReplica", "InvalidParameterValue", "IAM role ARN"),
        Retry("ModifyDBInstance", "InvalidParameterValue", "IAM role ARN"),
    ),
)
