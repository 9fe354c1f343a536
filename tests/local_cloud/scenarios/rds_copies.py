# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: read replicas, snapshots and what is restored from them."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import becomes, database, database_status, eventually, refused


def source(connect: Connect) -> dict[str, Any]:
    """Make a database and wait for it."""
    made = database(connect, ManageMasterUserPassword=False, MasterUserPassword="a-long-password", BackupRetentionPeriod=7)
    eventually("available", lambda: database_status(connect))
    return made


def status(connect: Connect, name: str) -> str:
    found = connect("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found["DBInstanceStatus"]


@scenario
def replica_is_an_instance_of_its_own(connect: Connect) -> None:
    rds, main = connect("rds"), source(connect)
    settings = {"DBInstanceIdentifier": "reader", "SourceDBInstanceIdentifier": "main"}
    replica = rds.create_db_instance_read_replica(**settings)["DBInstance"]
    assert replica["DBInstanceStatus"] == "creating"
    assert replica["DbiResourceId"] != main["DbiResourceId"]
    refused("DBInstanceAlreadyExists", rds.create_db_instance_read_replica, **settings)
    becomes("available", lambda: status(connect, "reader"))
    assert len(connect("ec2").describe_network_interfaces()["NetworkInterfaces"]) == 2


@scenario
def promoted_replica_is_independent(connect: Connect) -> None:
    rds, _ = connect("rds"), source(connect)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="main")
    eventually("available", lambda: status(connect, "reader"))
    rds.promote_read_replica(DBInstanceIdentifier="reader")
    found = rds.describe_db_instances(DBInstanceIdentifier="main")["DBInstances"][0]
    assert found["ReadReplicaDBInstanceIdentifiers"] == []
    refused("InvalidDBInstanceState", rds.promote_read_replica, DBInstanceIdentifier="reader")


@scenario
def replicas_outlive_their_source(connect: Connect) -> None:
    rds, _ = connect("rds"), source(connect)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="main")
    eventually("available", lambda: status(connect, "reader"))
    rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    eventually(None, lambda: database_status(connect))
    found = rds.describe_db_instances(DBInstanceIdentifier="reader")["DBInstances"][0]
    assert "ReadReplicaSourceDBInstanceIdentifier" not in found
    rds.delete_db_instance(DBInstanceIdentifier="reader", SkipFinalSnapshot=True)


@scenario
def snapshot_takes_its_time(connect: Connect) -> None:
    rds, _ = connect("rds"), source(connect)
    made = rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="one")["DBSnapshot"]
    assert made["Status"] == "creating"
    becomes("available", lambda: rds.describe_db_snapshots(DBSnapshotIdentifier="one")["DBSnapshots"][0]["Status"])
