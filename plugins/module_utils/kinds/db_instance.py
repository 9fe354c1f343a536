# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database server: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.html

The master password is RDS's own, in Secrets Manager, and rotated by it; changes are applied at once, not in the
maintenance window.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    arguments,
    create_only,
    initial,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html; all others are on the way somewhere.
STATES = {
    **dict.fromkeys(
        (
            "available",
            "storage-optimization",
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
BUSY_SECONDS = 1800.0


class Version:
    """`16` stands for every 16.x: two versions are equal if they are as far as both go."""

    def __init__(self, version: str) -> None:
        self.parts = version.split(".")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return False
        length = min(len(self.parts), len(other.parts))
        return self.parts[:length] == other.parts[:length]

    def __hash__(self) -> int:
        return hash(self.parts[0])


class Size(int):
    """Storage never shrinks and may grow by itself: the actual size (left) is right if it is at least the desired."""

    def __ne__(self, other: object) -> bool:
        return isinstance(other, int) and int(self) < int(other)


@dataclasses.dataclass(frozen=True)
class DbInstance:
    """`storage` is in GiB, `max_storage` 0 without autoscaling; `version` may be the major version alone.

    `final_snapshot` is for the delete call, `allow_major_upgrade` for the modify call.
    """

    engine: str | None = create_only("Engine")
    version: str | None = mutable("EngineVersion", normalise=Version)
    instance_class: str | None = mutable("DBInstanceClass")
    storage: int | None = mutable("AllocatedStorage", normalise=Size)
    storage_type: str | None = mutable("StorageType")
    iops: int | None = mutable("Iops")
    throughput: int | None = mutable("StorageThroughput")
    max_storage: int | None = mutable()
    database: str | None = create_only("DBName")
    username: str | None = create_only("MasterUsername")
    managed_password: bool | None = mutable("ManageMasterUserPassword")
    port: int | None = mutable()
    subnet_group: Any = create_only("DBSubnetGroupName", refers=("db_subnet_group",))
    security_groups: Any = mutable("VpcSecurityGroupIds", normalise=unordered, refers=("security_group",))
    public: bool | None = mutable("PubliclyAccessible")
    parameter_group: Any = mutable("DBParameterGroupName", refers=("db_parameter_group",))
    multi_az: bool | None = mutable("MultiAZ")
    encrypted: bool | None = create_only("StorageEncrypted")
    ca_certificate: str | None = mutable("CACertificateIdentifier")
    backup_retention: int | None = mutable("BackupRetentionPeriod")
    backup_window: str | None = mutable("PreferredBackupWindow")
    maintenance_window: str | None = mutable("PreferredMaintenanceWindow", normalise=str.lower)
    auto_minor_version_upgrade: bool | None = mutable("AutoMinorVersionUpgrade")
    performance_insights: bool | None = mutable("EnablePerformanceInsights")
    log_exports: Any = mutable(normalise=unordered)
    copy_tags_to_snapshot: bool | None = mutable("CopyTagsToSnapshot")
    deletion_protection: bool | None = mutable("DeletionProtection")
    allow_major_upgrade: bool | None = initial()
    final_snapshot: bool | None = initial()


def list_instances(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("rds", "describe_db_instances", "DBInstances"))


def create(context: Context, new: New, values: DbInstance) -> Found:
    optional = {"MaxAllocatedStorage": values.max_storage, "EnableCloudwatchLogsExports": list(values.log_exports)}
    answer = context.client("rds").create_db_instance(
        DBInstanceIdentifier=new.aws_name, **arguments(values), **_given(optional), Port=values.port, Tags=new.tag_list
    )
    return _found(answer["DBInstance"])


def update(context: Context, found: Found, values: DbInstance, fields: set[str]) -> None:
    context.client("rds").modify_db_instance(
        DBInstanceIdentifier=found.id, ApplyImmediately=True, **_changes(found, values, fields)
    )
    if "parameter_group" in fields and "version" not in fields:
        context.note(f"db_instance {found.id}: the new parameter group will take effect when the database is rebooted")


def delete(context: Context, found: Found) -> None:
    """Automated backups go with the instance. The final snapshot is named for this very instance, whose name others reuse."""
    if found.state == FAILED or not _wants_final_snapshot(context, found):
        context.client("rds").delete_db_instance(
            DBInstanceIdentifier=found.id, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
        )
        return
    snapshot = f"{found.id}-final-{found.attributes['resource_id'].removeprefix('db-').lower()}"
    context.client("rds").delete_db_instance(
        DBInstanceIdentifier=found.id, FinalDBSnapshotIdentifier=snapshot, DeleteAutomatedBackups=True
    )
    context.note(f"db_instance {found.id}: its data is kept in the final snapshot {snapshot}, which is no part of the stack")


def guard(found: Found) -> str | None:
    if found.values.deletion_protection:
        return "deletion protection is on: set deletion_protection: false in database.instances and run site.yml first"
    return None


def _changes(found: Found, values: DbInstance, fields: set[str]) -> dict[str, Any]:
    """Return the arguments of ModifyDBInstance, which wants a storage setting together with all the others."""
    request = arguments(values, fields | STORAGE if fields & STORAGE else fields)
    if "AllocatedStorage" in request:
        request["AllocatedStorage"] = max(found.values.storage, values.storage)
    if "max_storage" in fields:
        request["MaxAllocatedStorage"] = values.max_storage or max(found.values.storage, values.storage)
    if "port" in fields:
        request["DBPortNumber"] = values.port
    if "log_exports" in fields:
        before, after = set(found.values.log_exports), set(values.log_exports)
        request["CloudwatchLogsExportConfiguration"] = _given(
            {"EnableLogTypes": sorted(after - before), "DisableLogTypes": sorted(before - after)}
        )
    if "version" in fields:
        request["AllowMajorVersionUpgrade"] = bool(values.allow_major_upgrade)
    return request


def _given(request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: an empty list is sent as an empty string."""
    return {name: value for name, value in request.items() if value}


def _wants_final_snapshot(context: Context, found: Found) -> bool:
    """What is not declared any more keeps its data."""
    declared = {declaration.name: declaration.values.final_snapshot for declaration in context.declared("db_instance")}
    return declared.get(found.logical_name) is not False


def _found(raw: Mapping[str, Any]) -> Found:
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
        performance_insights=raw.get("PerformanceInsightsEnabled", False),
        log_exports=tuple(raw.get("EnabledCloudwatchLogsExports", [])),
    )
    return Found(
        raw["DBInstanceIdentifier"],
        values,
        _rds.tags(raw.get("TagList", [])),
        _state(raw),
        raw["DBInstanceIdentifier"],
        _attributes(raw),
        raw["DBInstanceStatus"],
    )


def _state(raw: Mapping[str, Any]) -> str:
    """After a modify call the status stays ``available`` for a while; what is pending tells that it has not happened yet."""
    state = STATES.get(raw["DBInstanceStatus"], PENDING)
    return PENDING if state == READY and raw.get("PendingModifiedValues") else state


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
    calls={"DescribeDBInstances": "page"},
    actions=(
        "rds:CreateDBInstance",
        "rds:AddTagsToResource",
        "rds:ModifyDBInstance",
        "rds:DeleteDBInstance",
        "rds:CreateDBSnapshot",
        "iam:CreateServiceLinkedRole",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:RotateSecret",
        "kms:DescribeKey",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcAttribute",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_rds.tag,
    guard=guard,
    waits_for=("update", "delete"),
    name_limit=63,
    unique_name=True,
    timeout=3600.0,
    # A backup or a change under way lets RDS refuse others until it is over.
    retries=(
        Retry("ModifyDBInstance", "InvalidDBInstanceState", seconds=BUSY_SECONDS),
        Retry("DeleteDBInstance", "InvalidDBInstanceState", seconds=BUSY_SECONDS),
        Retry("CreateDBInstance", "InvalidParameterValue", "service.linked role"),
    ),
)
