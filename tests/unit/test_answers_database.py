# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RDS answers to what was declared differs in form, and is no difference.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, QUEUED, READY, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    db_backup_replication,
    db_instance,
    db_option_group,
    db_parameter_group,
    db_subnet_group,
)
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import context

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
AWAY = Stack("demo", "123456789012", "eu-central-1")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::123456789012:role/terrace/demo/demo-rds-monitoring"
# What stands behind the references of the descriptions below.
THERE = {
    "security_group/db": "sg-1",
    "security_group/other": "sg-2",
    "db_subnet_group/data": "demo-data",
    "db_parameter_group/main": "demo-main-1a2b",
    "db_parameter_group/reader": "demo-reader-5e6f",
    "db_option_group/main": "demo-main-3c4d",
    "kms_key/data": KEY,
    "iam_role/rds-monitoring": ROLE,
    "db_instance/main": "demo-main",
    "subnet/data/": ("subnet-1", "subnet-2"),
}
INSTANCE: dict[str, Any] = {
    "name": "main",
    "version": "16",
    "class": "db.t4g.small",
    "storage": 400,
    "subnets": "data",
    "security_groups": ["db", "other"],
}
MARIADB: dict[str, Any] = {"engine": "mariadb", "version": "11.4"}
# As the API answers it, with all that RDS has filled in.
RAW: dict[str, Any] = {
    "DBInstanceIdentifier": "demo-main",
    "DBInstanceClass": "db.t4g.small",
    "Engine": "postgres",
    "DBInstanceStatus": "available",
    "MasterUsername": "terrace",
    "Endpoint": {"Address": "demo-main.abc123.eu-west-1.rds.amazonaws.com", "Port": 5432, "HostedZoneId": "Z29XKXDKYMONMX"},
    "AllocatedStorage": 400,
    "InstanceCreateTime": datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC),
    "PreferredBackupWindow": "03:24-03:54",
    "BackupRetentionPeriod": 7,
    "DBSecurityGroups": [],
    "VpcSecurityGroups": [
        {"VpcSecurityGroupId": "sg-2", "Status": "active"},
        {"VpcSecurityGroupId": "sg-1", "Status": "active"},
    ],
    "DBParameterGroups": [{"DBParameterGroupName": "demo-main-1a2b", "ParameterApplyStatus": "in-sync"}],
    "AvailabilityZone": "eu-west-1a",
    "DBSubnetGroup": {"DBSubnetGroupName": "demo-data", "VpcId": "vpc-1", "SubnetGroupStatus": "Complete", "Subnets": []},
    "PreferredMaintenanceWindow": "sun:04:57-sun:05:27",
    "PendingModifiedValues": {},
    "LatestRestorableTime": datetime.datetime(2026, 11, 20, 7, tzinfo=datetime.UTC),
    "MultiAZ": False,
    "EngineVersion": "16.10",
    "AutoMinorVersionUpgrade": True,
    "ReadReplicaDBInstanceIdentifiers": [],
    "LicenseModel": "postgresql-license",
    "Iops": 12000,
    "StorageThroughput": 500,
    "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16", "Status": "in-sync"}],
    "PubliclyAccessible": False,
    "StorageType": "gp3",
    "DbInstancePort": 0,
    "StorageEncrypted": True,
    "KmsKeyId": KEY,
    "DbiResourceId": "db-ABCDEFGHIJKL",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "DomainMemberships": [],
    "CopyTagsToSnapshot": False,
    "MonitoringInterval": 0,
    "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:demo-main",
    "IAMDatabaseAuthenticationEnabled": False,
    "DatabaseInsightsMode": "standard",
    "PerformanceInsightsEnabled": False,
    "DeletionProtection": True,
    "AssociatedRoles": [],
    "MasterUserSecret": {
        "SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-0a1b-AbCdEf",
        "SecretStatus": "active",
        "KmsKeyId": KEY,
    },
    "TagList": [
        {"Key": "terrace:id", "Value": "database/db_instance/main"},
        {"Key": "aws:servicecatalog:applicationName", "Value": "shop"},
        {"Key": "terrace:stack", "Value": "demo"},
    ],
    "CustomerOwnedIpEnabled": False,
    "NetworkType": "IPV4",
    "ActivityStreamStatus": "stopped",
    "BackupTarget": "region",
    "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1"},
    "DedicatedLogVolume": False,
    "IsStorageConfigUpgradeAvailable": False,
    "EngineLifecycleSupport": "open-source-rds-extended-support",
}


def stands_for(leaf: Any) -> Any:
    return THERE[f"{leaf.kind}/{leaf.name}"] if isinstance(leaf, Reference) else leaf


def declared(options: dict[str, Any], kind: str = "db_instance", name: str = "main") -> Any:
    described = [{**INSTANCE, **options}]
    if options.get("replica_of"):
        described.append({**INSTANCE, "name": options["replica_of"], "master_secret": "master"})
    found = next(d for d in declarations_of({"database": {"instances": described}}, STACK) if d.key == Key(kind, name))
    return transform(found.values, stands_for)


def listed(*answers: dict[str, Any]) -> list[Found]:
    """List instances that answer as they do but for what is given; None leaves something out."""
    raws = [{name: value for name, value in {**RAW, **answer}.items() if value is not None} for answer in answers]
    prepared = {"describe_db_instances": {"DBInstances": raws}}
    return list(db_instance.list_instances(context(STACK, prepared, {}, [])))


# (options, what RDS answers instead)
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "as it is": ({}, {}),
    "a major version and its minor one": ({"version": "16"}, {"EngineVersion": "16.4"}),
    "a minor version": ({"version": "16.10", "auto_minor_version_upgrade": False}, {"AutoMinorVersionUpgrade": False}),
    "two numbers and a third": (MARIADB, {"Engine": "mariadb", "EngineVersion": "11.4.7"}),
    "mysql": ({"engine": "mysql", "version": "8.0"}, {"Engine": "mysql", "EngineVersion": "8.0.43"}),
    "windows of its own choice": ({}, {"PreferredBackupWindow": "22:01-22:31"}),
    "a window in lower case": ({"maintenance_window": "Sun:04:57-Sun:05:27"}, {}),
    "iops and throughput that nobody asked for": ({}, {"Iops": 3000, "StorageThroughput": 125}),
    "grown by itself": ({"max_storage": 1000}, {"AllocatedStorage": 440, "MaxAllocatedStorage": 1000}),
    "a group on its way out": (
        {},
        {"VpcSecurityGroups": [*RAW["VpcSecurityGroups"], {"VpcSecurityGroupId": "sg-9", "Status": "removing"}]},
    ),
    "options to be applied": (
        {**MARIADB, "options": {"MARIADB_AUDIT_PLUGIN": {}}},
        {
            "Engine": "mariadb",
            "EngineVersion": "11.4.7",
            "OptionGroupMemberships": [
                {"OptionGroupName": "default:mariadb-11-4", "Status": "pending-removal"},
                {"OptionGroupName": "demo-main-3c4d", "Status": "pending-apply"},
            ],
        },
    ),
    "logs in another order": (
        {"log_exports": ["postgresql", "upgrade"]},
        {"EnabledCloudwatchLogsExports": ["upgrade", "postgresql"]},
    ),
    "a key by its ARN": ({"kms_key": "data"}, {}),
    "the account's key": ({}, {"KmsKeyId": KEY.replace("1234abcd", "deadbeef")}),
    "insights with a key": (
        {"performance_insights": True},
        {"PerformanceInsightsEnabled": True, "PerformanceInsightsRetentionPeriod": 7, "PerformanceInsightsKMSKeyId": KEY},
    ),
    "no word of insights": ({}, {"PerformanceInsightsEnabled": None, "DatabaseInsightsMode": None}),
    "monitored": (
        {"monitoring_interval": 60},
        {"MonitoringInterval": 60, "MonitoringRoleArn": ROLE, "EnhancedMonitoringResourceArn": "arn:aws:logs:x"},
    ),
    "a secret that is rotating": ({}, {"MasterUserSecret": {**RAW["MasterUserSecret"], "SecretStatus": "rotating"}}),
    "parameters that wait for a reboot": (
        {},
        {"DBParameterGroups": [{"DBParameterGroupName": "demo-main-1a2b", "ParameterApplyStatus": "pending-reboot"}]},
    ),
    "restored, with the user that it had": (
        {"restore_snapshot": "earlier", "storage": None},
        {"MasterUsername": "owner", "DBName": "shop", "StorageEncrypted": False, "AllocatedStorage": 123},
    ),
}


@pytest.mark.parametrize(("options", "answer"), SAME.values(), ids=list(SAME))
def test_no_difference(options: dict[str, Any], answer: dict[str, Any]) -> None:
    desired = declared(options)
    port = {"Endpoint": {"Address": "x", "Port": desired.port}}
    own_group = {"OptionGroupMemberships": [{"OptionGroupName": desired.option_group, "Status": "in-sync"}]}
    (found,) = listed({**port, **own_group, **answer})
    assert [change.field for change in compare(found.values, desired)] == []
    assert found.state == READY


def test_a_replica() -> None:
    """It has its source's data, users and key, and no backups."""
    desired = declared({"name": "reader", "replica_of": "main", "version": None, "storage": None}, name="reader")
    answer = {
        "DBInstanceIdentifier": "demo-reader",
        "ReadReplicaSourceDBInstanceIdentifier": "demo-main",
        "BackupRetentionPeriod": 0,
        "DBParameterGroups": [{"DBParameterGroupName": "demo-reader-5e6f", "ParameterApplyStatus": "in-sync"}],
        "StatusInfos": [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}],
        "MasterUserSecret": None,
    }
    (found,) = listed(answer)
    assert [change.field for change in compare(found.values, desired)] == []


# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"DBInstanceStatus": "modifying"}, PENDING),
        ({"DBInstanceStatus": "backing-up"}, PENDING),
        ({"DBInstanceStatus": "configuring-enhanced-monitoring"}, PENDING),
        ({"DBInstanceStatus": "storage-optimization"}, READY),
        ({"DBInstanceStatus": "storage-initialization"}, READY),
        ({"PendingModifiedValues": {"DBInstanceClass": "db.t4g.large"}}, QUEUED),
        ({"PendingModifiedValues": {"PendingCloudwatchLogsExports": {"LogTypesToEnable": ["upgrade"]}}}, QUEUED),
    ],
)
def test_what_is_on_its_way(answer: dict[str, Any], state: str) -> None:
    (found,) = listed(answer)
    assert found.state == state
    assert [change.field for change in compare(found.values, declared({}))] == []


def test_replicas_of_the_stack_and_of_others() -> None:
    """Those in other regions are told by their names."""
    elsewhere = "arn:aws:rds:eu-central-1:123456789012:db:"
    replicas = ["demo-reader", "reports", f"{elsewhere}demo-standby", f"{elsewhere}reports"]
    main, _reader, _reports = listed(
        {"ReadReplicaDBInstanceIdentifiers": replicas, "DeletionProtection": False},
        {"DBInstanceIdentifier": "demo-reader"},
        {"DBInstanceIdentifier": "reports", "TagList": []},
    )
    assert main.attributes["replicas_of_others"] == ["reports", f"{elsewhere}reports"]
    assert "reports" in db_instance.guard(main)


def test_options_have_settings_that_nobody_gave() -> None:
    desired = declared({**MARIADB, "options": {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT"}}}, "db_option_group")
    settings = {"SERVER_AUDIT_EVENTS": "CONNECT", "SERVER_AUDIT_FILE_ROTATIONS": "9", "SERVER_AUDIT_EXCL_USERS": None}
    raw = {
        "OptionGroupName": "demo-main-3c4d",
        "OptionGroupDescription": "Options of main",
        "EngineName": "mariadb",
        "MajorEngineVersion": "11.4",
        "OptionGroupArn": "arn:aws:rds:eu-west-1:123456789012:og:demo-main-3c4d",
        "Options": [
            {
                "OptionName": "MARIADB_AUDIT_PLUGIN",
                "Persistent": False,
                "Permanent": False,
                "OptionSettings": [
                    {"Name": name, "DefaultValue": "9", **({"Value": value} if value else {})} for name, value in settings.items()
                ],
            }
        ],
    }
    # The list omits tags, and the index has them.
    tags = {raw["OptionGroupArn"]: {"terrace:stack": "demo", "terrace:id": "database/db_option_group/main"}}
    (found,) = db_option_group.list_option_groups(
        context(STACK, {"describe_option_groups": {"OptionGroupsList": [raw]}}, tags, [])
    )
    assert compare(found.values, desired) == ()
    assert found.belongs_to(STACK, "db_option_group")
    other = declared({**MARIADB, "options": {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "QUERY"}}}, "db_option_group")
    assert [change.field for change in compare(found.values, other)] == ["options"]


@pytest.mark.parametrize("tagged", [True, False], ids=["in the index", "not in the index yet"])
def test_parameters_of_the_engine_are_not_counted_as_ours(tagged: bool) -> None:
    arn = "arn:aws:rds:eu-west-1:123456789012:pg:demo-main-1a2b"
    tags = {"terrace:stack": "demo", "terrace:id": "database/db_parameter_group/main"}
    raw = {
        "DBParameterGroupName": "demo-main-1a2b",
        "DBParameterGroupFamily": "postgres16",
        "Description": "Parameters of main",
        "DBParameterGroupArn": arn,
    }
    forced = {
        "ParameterName": "rds.force_ssl",
        "ParameterValue": "1",
        "Source": "user",
        "ApplyType": "dynamic",
        "DataType": "boolean",
        "AllowedValues": "0,1",
        "IsModifiable": True,
        "ApplyMethod": "pending-reboot",
    }
    prepared = {
        "describe_db_parameter_groups": {"DBParameterGroups": [raw]},
        "describe_db_parameters": {"Parameters": [forced, {"ParameterName": "shared_buffers", "ApplyType": "static"}]},
        "list_tags_for_resource": {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]},
    }
    (found,) = db_parameter_group.list_parameter_groups(context(STACK, prepared, {arn: tags} if tagged else {}, []))
    assert compare(found.values, declared({}, "db_parameter_group")) == ()
    assert found.values.parameters.static == {"shared_buffers"}


def test_subnets_in_another_order() -> None:
    raw = {
        "DBSubnetGroupName": "demo-data",
        "DBSubnetGroupDescription": "Subnets data",
        "VpcId": "vpc-1",
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {"SubnetIdentifier": name, "SubnetStatus": "Active", "SubnetOutpost": {}} for name in ("subnet-2", "subnet-1")
        ],
        "DBSubnetGroupArn": "arn:aws:rds:eu-west-1:123456789012:subgrp:demo-data",
        "SupportedNetworkTypes": ["IPV4"],
    }
    assert compare(db_subnet_group._found(raw, {}).values, declared({}, "db_subnet_group", "data")) == ()


def test_copied_backups_among_those_of_the_region() -> None:
    """The region's own backups, and what is kept of databases that have gone, are no copies that go on."""
    own = {
        "DBInstanceArn": "arn:aws:rds:eu-central-1:123456789012:db:theirs",
        "DBInstanceAutomatedBackupsArn": "arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-1",
        "Status": "active",
    }
    copied = {
        "DBInstanceArn": RAW["DBInstanceArn"],
        "DBInstanceAutomatedBackupsArn": "arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-2",
        "Region": "eu-west-1",
        "Status": "replicating",
        "BackupRetentionPeriod": 7,
        "KmsKeyId": KEY.replace("eu-west-1", "eu-central-1"),
    }
    kept = {
        **copied,
        "DBInstanceAutomatedBackupsArn": "arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-3",
        "Status": "retained",
    }
    prepared = {"describe_db_instance_automated_backups": {"DBInstanceAutomatedBackups": [own, copied, kept]}}
    (found,) = db_backup_replication.list_replications(context(AWAY, prepared, {}, []))
    wanted = {"backup_region": "eu-central-1", "backup_region_kms_key": "data"}
    assert compare(found.values, declared(wanted, "db_backup_replication")) == ()
    assert (found.state, found.name) == (READY, "demo-main")
