# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a database's automated backups in another region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html

Everything is done in the region of the copies. They have no tags of ours and belong to their database; what has been copied
when they are stopped stays until its retention is over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial

# Others of https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceAutomatedBackup.html are backups that are
# kept after their database or their replication has gone.
STATES = {"creating": PENDING, "pending": PENDING, "active": READY, "replicating": READY}
BUSY_SECONDS = 1800.0


@dataclasses.dataclass(frozen=True)
class DbBackupReplication:
    """`source` is the database's identifier, `source_arn` its ARN. `retention` is in days; AWS cannot change it.

    `kms_key` is a key of the region of the copies.
    """

    source: Any = create_only(refers=("db_instance",))
    source_arn: Any = initial("SourceDBInstanceArn", refers=("db_instance",))
    retention: int | None = create_only("BackupRetentionPeriod")
    kms_key: Any = initial("KmsKeyId", refers=("kms_key",))


def list_replications(context: Context) -> Iterable[Found]:
    """The list has the region's own backups, too."""
    backups = context.pages("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups")
    return [_found(raw) for raw in backups if raw.get("Status") in STATES and _region(raw) != context.region]


def create(context: Context, new: New, values: DbBackupReplication) -> Found:
    request = {
        "SourceDBInstanceArn": values.source_arn,
        "BackupRetentionPeriod": values.retention,
        "KmsKeyId": values.kms_key,
        # botocore signs a request to the source's region with it.
        "SourceRegion": values.source_arn.split(":")[3],
    }
    answer = context.client("rds").start_db_instance_automated_backups_replication(
        **{name: value for name, value in request.items() if value is not None}
    )
    return _found(answer["DBInstanceAutomatedBackup"])


def delete(context: Context, found: Found) -> None:
    context.client("rds").stop_db_instance_automated_backups_replication(SourceDBInstanceArn=found.attributes["source_arn"])
    context.note(
        f"db_backup_replication {found.name}: what has been copied to {context.region} stays until its retention is over"
    )


def identity(values: DbBackupReplication) -> tuple[Any, ...]:
    return (values.source,)


def _region(raw: Mapping[str, Any]) -> str:
    return raw["DBInstanceArn"].split(":")[3]


def _found(raw: Mapping[str, Any]) -> Found:
    identifier = raw["DBInstanceArn"].rpartition(":")[2]
    return Found(
        raw["DBInstanceAutomatedBackupsArn"],
        DbBackupReplication(source=identifier, retention=raw.get("BackupRetentionPeriod")),
        state=STATES.get(raw.get("Status", ""), PENDING),
        name=identifier,
        attributes={"arn": raw["DBInstanceAutomatedBackupsArn"], "source_arn": raw["DBInstanceArn"]},
        detail=raw.get("Status", ""),
    )


KIND = Kind(
    name="db_backup_replication",
    service="rds",
    values=DbBackupReplication,
    list=list_replications,
    calls={"DescribeDBInstanceAutomatedBackups": "page"},
    actions=(
        "rds:StartDBInstanceAutomatedBackupsReplication",
        "rds:StopDBInstanceAutomatedBackupsReplication",
        "kms:DescribeKey",
        "kms:CreateGrant",
    ),
    create=create,
    delete=delete,
    after=("db_instance",),
    identity=identity,
    parent="source",
    timeout=3600.0,
    # The first backup of the database has to be there.
    retries=(
        Retry("StartDBInstanceAutomatedBackupsReplication", "InvalidDBInstanceState", seconds=BUSY_SECONDS),
        Retry("StopDBInstanceAutomatedBackupsReplication", "InvalidDBInstanceState", seconds=BUSY_SECONDS),
    ),
)
