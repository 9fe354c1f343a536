# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of all engines, with replicas here and elsewhere, copied backups and restored data; and how their data are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests.integration.described import run

HOME, AWAY = "eu-west-1", "eu-central-1"
STACK = {"name": "data", "account": "123456789012", "region": HOME}
WIDE = {**STACK, "regions": [AWAY]}
NETWORK = {
    "vpc": {"name": "main", "cidr": "10.80.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"], "nat": "none"},
    "subnets": [{"name": "data", "egress": False}],
    "security_groups": [{"name": "db", "description": "Databases"}],
}
COMMON = {"class": "db.t4g.small", "subnets": "data", "security_groups": ["db"], "deletion_protection": False}
MAIN = {**COMMON, "name": "main", "version": "16", "storage": 20, "database": "app"}
# RDS makes no replicas of an instance whose password it manages.
MASTER = {"name": "master", "username": "terrace", "recovery_window": 0}
SOURCE = {**MAIN, "master_secret": "master"}
REPLICA = {**COMMON, "name": "reader", "replica_of": "main"}


@pytest.fixture
def emulator(account: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    account.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    return account


def actions(result: dict[str, Any]) -> dict[str, str]:
    assert "msg" not in result, result["msg"]
    return {f"{r['kind']}/{r['name']}": r["action"] for r in result["resources"] if r["action"] != "none"}


def calls(emulator: Emulator, operation: str) -> list[dict[str, Any]]:
    return [call for call in emulator.calls if call["operation"] == operation]


class Description:
    """A stack with the given instances, converged by the stack module."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, *instances: dict[str, Any], **options: Any) -> dict[str, Any]:
        request = {
            "stack": STACK,
            "tiers": ["network", "secrets", "database"],
            "network": NETWORK,
            "secrets": {"secrets": [MASTER]},
            "database": {"instances": list(instances)},
        }
        return run(self._monkeypatch, "stack", **{**request, **options})

    def converge(self, *instances: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Converge, and see that nothing is left to do."""
        done = self.run(*instances, **options)
        assert "msg" not in done, done["msg"]
        assert actions(self.run(*instances, **options)) == {}
        return done


@pytest.fixture
def described(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Description:
    return Description(monkeypatch)


def instances(emulator: Emulator, region: str = HOME) -> dict[str, dict[str, Any]]:
    found = emulator.client("rds", region).describe_db_instances()["DBInstances"]
    return {database["DBInstanceIdentifier"]: database for database in found}


@pytest.mark.parametrize(
    ("engine", "version", "parameter"),
    [("mysql", "8.4", "require_secure_transport"), ("mariadb", "11.4", "require_secure_transport")],
)
def test_a_server_with_all_that_it_can_have(
    emulator: Emulator, described: Description, engine: str, version: str, parameter: str
) -> None:
    whole = {
        **MAIN,
        "engine": engine,
        "version": version,
        "multi_az": True,
        "options": {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT"}},
        "performance_insights": True,
        "monitoring_interval": 60,
        "log_exports": ["error", "audit"],
        "log_retention": 30,
    }
    made = described.converge(whole)
    assert made["outputs"]["db_instance"]["main"]["port"] == 3306
    rds = emulator.client("rds")
    (group,) = rds.describe_db_parameter_groups()["DBParameterGroups"]
    found = rds.describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"], Source="user")["Parameters"]
    assert [(item["ParameterName"], item["ParameterValue"]) for item in found] == [(parameter, "1")]
    logs = emulator.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/instance/data-main/")["logGroups"]
    assert {log["logGroupName"].rpartition("/")[2]: log["retentionInDays"] for log in logs} == {"audit": 30, "error": 30}
    (database,) = instances(emulator).values()
    assert "role/terrace/data/data-rds-monitoring" in database["MonitoringRoleArn"]

    plain = {name: value for name, value in whole.items() if name not in ("options", "monitoring_interval")}
    left = described.converge(plain)
    assert actions(left) == {"db_instance/main": "update"}
    gone = described.run(state="absent")
    assert actions(gone)["db_option_group/main"] == "delete"
    assert actions(gone)["log_group/main/audit"] == "delete"
    assert instances(emulator) == {}


def test_replicas_go_first_and_without_a_snapshot(emulator: Emulator, described: Description) -> None:
    described.converge(SOURCE, REPLICA)
    assert instances(emulator)["data-reader"]["ReadReplicaSourceDBInstanceIdentifier"] == "data-main"
    emulator.calls.clear()
    described.run(state="absent")
    assert instances(emulator) == {}
    snapshots = emulator.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["data-main"]
    assert len(calls(emulator, "DeleteDBInstance")) == 2


def test_a_replica_is_not_promoted_by_the_way(emulator: Emulator, described: Description) -> None:
    described.converge(SOURCE, REPLICA)
    alone = {**REPLICA, "version": "16", "storage": 20}
    del alone["replica_of"]
    emulator.calls.clear()
    refused = described.run(SOURCE, alone)
    assert "promote-read-replica" in refused["msg"]
    assert not [call for call in emulator.calls if call["mutating"]]
    emulator.client("rds").promote_read_replica(DBInstanceIdentifier="data-reader", BackupRetentionPeriod=7)
    assert actions(described.converge(SOURCE, alone)).keys() <= {"db_instance/reader", "db_parameter_group/reader"}
    assert "ReadReplicaSourceDBInstanceIdentifier" not in instances(emulator)["data-reader"]


def test_replicas_of_others_keep_their_source(emulator: Emulator, described: Description) -> None:
    described.converge(MAIN)
    emulator.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="reports", SourceDBInstanceIdentifier="data-main", DBInstanceClass="db.t4g.small"
    )
    emulator.calls.clear()
    refused = described.run(state="absent")
    assert "reports replicate from it" in refused["msg"]
    assert not [call for call in emulator.calls if call["mutating"]]


def test_a_protected_database_is_kept(emulator: Emulator, described: Description) -> None:
    described.converge({**MAIN, "deletion_protection": True})
    emulator.calls.clear()
    refused = described.run(state="absent")
    assert "set deletion_protection: false" in refused["msg"]
    assert not [call for call in emulator.calls if call["mutating"]]


@pytest.fixture
def elsewhere(emulator: Emulator) -> list[dict[str, Any]]:
    """What the stack uses in another region, made by others."""
    ec2 = emulator.client("ec2", AWAY)
    vpc = ec2.create_vpc(CidrBlock="10.81.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="standby", Description="standby", VpcId=vpc)["GroupId"]
    key = emulator.client("kms", AWAY).create_key(Description="standby")["KeyMetadata"]["KeyId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.81.{number}.0/24", AvailabilityZone=f"{AWAY}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    named = [("security_group", "standby-db", group), ("kms_key", "standby", key)]
    named += [("subnet", f"standby/{number}", subnet) for number, subnet in enumerate(subnets)]
    return [{"kind": kind, "name": name, "match": {"id": id_}, "region": AWAY} for kind, name, id_ in named]


def test_a_replica_and_backups_in_another_region(
    emulator: Emulator, described: Description, elsewhere: list[dict[str, Any]]
) -> None:
    copied = {**SOURCE, "backup_region": AWAY, "backup_region_kms_key": "standby"}
    standby = {
        **REPLICA,
        "name": "standby",
        "region": AWAY,
        "subnets": "standby",
        "security_groups": ["standby-db"],
        "kms_key": "standby",
    }
    made = described.converge(copied, standby, stack=WIDE, external=elsewhere)
    assert actions(made)["db_backup_replication/main"] == "create"
    source = instances(emulator)["data-main"]
    replica = instances(emulator, AWAY)["data-standby"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceArn"]
    assert source["ReadReplicaDBInstanceIdentifiers"] == [replica["DBInstanceArn"]]
    copies = emulator.client("rds", AWAY).describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert [(copy["DBInstanceArn"], copy["Status"]) for copy in copies] == [(source["DBInstanceArn"], "replicating")]

    # Copies belong to their database: without the option there are none.
    assert actions(described.converge(SOURCE, standby, stack=WIDE, external=elsewhere)) == {
        "db_backup_replication/main/data-main": "delete"
    }
    gone = described.run(stack=WIDE, state="absent")
    assert "msg" not in gone
    assert instances(emulator) == instances(emulator, AWAY) == {}


def test_restored_beside_the_database(emulator: Emulator, described: Description) -> None:
    described.converge(MAIN)
    rds = emulator.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier="data-main", DBSnapshotIdentifier="before")
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before", WaiterConfig={"Delay": 1})
    restored = {name: value for name, value in MAIN.items() if name not in ("storage", "database")}
    by_snapshot = {**restored, "name": "earlier", "restore_snapshot": "before"}
    by_time = {**restored, "name": "later", "restore_instance": "main", "performance_insights": True}
    made = described.converge(MAIN, by_snapshot, by_time)
    assert {key: action for key, action in actions(made).items() if key.startswith("db_instance/")} == {
        "db_instance/earlier": "create",
        "db_instance/later": "create",
    }
    assert instances(emulator)["data-later"]["PerformanceInsightsEnabled"]
    # What it was restored from may be gone.
    assert actions(described.converge(by_time, by_snapshot)) == {}
    pruned = described.run(by_time, prune=True)
    assert {key for key, action in actions(pruned).items() if key.startswith("db_instance/")} == {
        "db_instance/main",
        "db_instance/earlier",
    }


def test_an_own_master_secret_is_used_and_never_shown(emulator: Emulator, described: Description) -> None:
    master = {"name": "master", "content": "generated", "username": "terrace", "value_key": "password", "length": 30}
    options = {"tiers": ["network", "secrets", "database"], "secrets": {"secrets": [master]}, "_ansible_diff": True}
    made = described.converge({**MAIN, "master_secret": "master"}, **options)
    value = emulator.client("secretsmanager").get_secret_value(SecretId="data/master")["SecretString"]
    assert "MasterUserSecret" not in instances(emulator)["data-main"]
    assert json.loads(value)["password"] not in str(made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "15"}, "cannot go back from 16"),
        ({"version": "17"}, "does not rise from 16 to 17 unless allow_major_upgrade"),
        ({"storage": 20}, "cannot shrink from 40 to 20 GiB"),
        ({"engine": "mariadb", "version": "11.4"}, "cannot change from postgres to mariadb"),
        ({"username": "owner"}, "db_instance/main (username)"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_changes(
    emulator: Emulator, described: Description, change: dict[str, Any], message: str
) -> None:
    there = {**MAIN, "storage": 40}
    described.converge(there)
    emulator.calls.clear()
    refused = described.run({**there, **change}, allow_replacement=["db_parameter_group/main"])
    assert message in refused["msg"]
    assert not [call for call in emulator.calls if call["mutating"]]


def test_a_change_that_interrupts_is_told_before(emulator: Emulator, described: Description) -> None:
    described.converge(MAIN)
    plan = described.run({**MAIN, "class": "db.t4g.large", "backup_retention": 0}, _ansible_check_mode=True)
    assert [line for line in plan["disruptions"] if "instance_class restarts" in line]
    assert [line for line in plan["disruptions"] if "backup_retention restarts" in line]


def test_an_upgrade_takes_new_groups_with_it(emulator: Emulator, described: Description) -> None:
    described.converge(MAIN)
    upgraded = {**MAIN, "version": "17", "allow_major_upgrade": True}
    described.converge(upgraded, allow_replacement=["db_parameter_group/main"])
    assert instances(emulator)["data-main"]["EngineVersion"].startswith("17")


def test_a_replacement_leaves_a_final_snapshot(emulator: Emulator, described: Description) -> None:
    described.converge(MAIN)
    described.converge({**MAIN, "username": "owner"}, allow_replacement=["db_instance/main"])
    snapshots = emulator.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["data-main"]
