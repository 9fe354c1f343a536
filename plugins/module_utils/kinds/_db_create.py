# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four ways in which a database server comes into being. What the calls cannot set is set right after them.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
"""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotReady
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds

# What all four calls take, of all engines.
COMMON = {
    "instance_class",
    "storage_type",
    "iops",
    "throughput",
    "subnet_group",
    "security_groups",
    "public",
    "option_group",
    "multi_az",
    "auto_minor_version_upgrade",
    "copy_tags_to_snapshot",
    "deletion_protection",
}
OF_RESTORED = COMMON | {"parameter_group"}
OF_REPLICAS = COMMON | {
    "storage",
    "kms_key",
    "performance_insights",
    "performance_insights_retention",
    "monitoring_interval",
    "monitoring_role",
}
LATEST = "latest"


def create(context: Context, new: New, values: Any) -> dict[str, Any]:
    """Return RDS's description of the new instance."""
    rds, name = context.client("rds"), new.aws_name
    shared = {"Tags": new.tag_list, **_rds.given(_by_other_names(values))}
    if values.source:
        request = {
            **_source(values),
            **arguments(values, OF_REPLICAS | _parameters_of_replicas(values)),
            **insights_key(values),
            **shared,
        }
        answer = rds.create_db_instance_read_replica(DBInstanceIdentifier=name, **request)
    elif values.snapshot:
        request = {"DBSnapshotIdentifier": values.snapshot, **arguments(values, OF_RESTORED), **shared}
        answer = rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=name, **request)
    elif values.restore_time:
        request = {**_moment(values), **arguments(values, OF_RESTORED), **shared}
        answer = rds.restore_db_instance_to_point_in_time(TargetDBInstanceIdentifier=name, **request)
    else:
        limit = _rds.given({"MaxAllocatedStorage": values.max_storage})
        request = {**arguments(values), **limit, **password(context, values), **insights_key(values), **shared}
        answer = rds.create_db_instance(DBInstanceIdentifier=name, **request)
    return answer["DBInstance"]


def password(context: Context, values: Any) -> dict[str, str]:
    """Return the master password of a secret of the user's own, which is the bare value or JSON with a ``password``.

    Nothing that RDS or Python says about it may repeat it.
    """
    if not values.master_secret or values.managed_password:
        return {}
    secrets = context.client_in("secretsmanager", values.master_secret.split(":")[3])
    text = secrets.get_secret_value(SecretId=values.master_secret).get("SecretString", "")
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    value = content.get("password") if isinstance(content, dict) else text
    if not isinstance(value, str) or not value:
        raise NotReady(f"the secret {values.master_secret} has no password: it has to be the bare value, or JSON with one")
    return {"MasterUserPassword": value}


def insights_key(values: Any) -> dict[str, str]:
    """What Performance Insights keep is encrypted as the data are."""
    return {"PerformanceInsightsKMSKeyId": values.kms_key} if values.performance_insights and values.kms_key else {}


def _by_other_names(values: Any) -> dict[str, Any]:
    return {"Port": values.port, "EnableCloudwatchLogsExports": list(values.log_exports or ())}


def _source(values: Any) -> dict[str, str]:
    """With the region of a source that is elsewhere, botocore signs a request to it, which encrypted ones need."""
    elsewhere = {"SourceRegion": values.source.split(":")[3]} if ":" in values.source else {}
    return {"SourceDBInstanceIdentifier": values.source, **elsewhere}


def _parameters_of_replicas(values: Any) -> set[str]:
    """Replicas begin with their source's parameter group, and elsewhere with their engine's; RDS lets only MySQL choose there."""
    return {"parameter_group"} if values.engine == "mysql" and ":" in values.source else set()


def _moment(values: Any) -> dict[str, Any]:
    if not values.restored_from:
        raise NotReady("the database whose backups it is to be restored from is not there: restore a snapshot of it instead")
    moment = {"UseLatestRestorableTime": True} if values.restore_time == LATEST else {"RestoreTime": values.restore_time}
    return {"SourceDBInstanceIdentifier": values.restored_from, **moment}
