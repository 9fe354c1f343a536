# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: groups, states, snapshots, the managed password."""

import json

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import becomes, database, database_status, eventually, group, network, refused


@scenario
def subnet_group_survives_a_change(connect: Connect) -> None:
    rds, (_, subnets) = connect("rds"), network(connect)
    settings = {"DBSubnetGroupName": "data", "DBSubnetGroupDescription": "data", "SubnetIds": subnets}
    rds.create_db_subnet_group(**settings)
    rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=subnets[:1])
    found = rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"][0]
    assert [subnet["SubnetIdentifier"] for subnet in found["Subnets"]] == subnets[:1]
    refused("DBSubnetGroupAlreadyExists", rds.create_db_subnet_group, **settings)


@scenario
def groups_in_use_stay(connect: Connect) -> None:
    rds = connect("rds")
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg")
    database(connect, DBParameterGroupName="pg")
    refused("InvalidDBParameterGroupState", rds.delete_db_parameter_group, DBParameterGroupName="pg")
    refused("InvalidDBSubnetGroupStateFault", rds.delete_db_subnet_group, DBSubnetGroupName="data")


@scenario
def parameters_of_the_user_are_told_apart_and_reset(connect: Connect) -> None:
    rds = connect("rds")
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg")
    parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[parameter])
    found = rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"]
    assert [(item["ParameterName"], item["ParameterValue"], item["Source"]) for item in found] == [("rds.force_ssl", "1", "user")]
    assert rds.describe_db_parameters(DBParameterGroupName="pg", Source="system")["Parameters"] == []
    parameter = {"ParameterName": "rds.force_ssl", "ApplyMethod": "immediate"}
    rds.reset_db_parameter_group(DBParameterGroupName="pg", Parameters=[parameter])
    assert rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"] == []


@scenario
def database_takes_its_time(connect: Connect) -> None:
    rds = connect("rds")
    assert "Endpoint" not in database(connect)
    becomes("available", lambda: database_status(connect))
    rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="last")
    becomes(None, lambda: database_status(connect))
    snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBSnapshotIdentifier"] for snapshot in snapshots] == ["last"]


@scenario
def deletion_asks_for_the_final_snapshot(connect: Connect) -> None:
    database(connect)
    eventually("available", lambda: database_status(connect))
    refused("InvalidParameterCombination", connect("rds").delete_db_instance, DBInstanceIdentifier="main")
    assert database_status(connect) == "available"


@scenario
def database_has_an_interface_that_its_group_depends_on(connect: Connect) -> None:
    ec2, rds = connect("ec2"), connect("rds")
    vpc, _ = network(connect)
    groups = [group(connect, vpc, name) for name in ("db", "other")]
    database(connect, VpcSecurityGroupIds=groups[:1])
    eventually("available", lambda: database_status(connect))
    (interface,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert (interface["Description"], interface["RequesterManaged"]) == ("RDSNetworkInterface", True)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=groups[0])
    rds.modify_db_instance(DBInstanceIdentifier="main", VpcSecurityGroupIds=groups[1:], ApplyImmediately=True)
    ec2.delete_security_group(GroupId=groups[0])
    rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    eventually([], lambda: ec2.describe_network_interfaces()["NetworkInterfaces"])


@scenario
def managed_password_is_random_and_for_the_master_user(connect: Connect) -> None:
    secret = database(connect)["MasterUserSecret"]["SecretArn"]
    value = json.loads(connect("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    assert value["username"] == "owner"
    assert len(value["password"]) > 20


@scenario
def major_version_becomes_a_minor_one(connect: Connect) -> None:
    made = database(connect, EngineVersion="16")
    assert made["EngineVersion"].startswith("16.")
    assert made["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres16"


@scenario
def change_waits_for_the_maintenance_window(connect: Connect) -> None:
    rds = connect("rds")
    database(connect)
    eventually("available", lambda: database_status(connect))
    rds.modify_db_instance(DBInstanceIdentifier="main", DBInstanceClass="db.t4g.large", BackupRetentionPeriod=9)
    (found,) = rds.describe_db_instances()["DBInstances"]
    assert (found["DBInstanceClass"], found["BackupRetentionPeriod"]) == ("db.t4g.small", 9)
    assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.large"}


@scenario
def performance_insights_are_remembered(connect: Connect) -> None:
    assert database(connect, EnablePerformanceInsights=True)["PerformanceInsightsEnabled"] is True


@scenario
def groups_are_found_by_tag(connect: Connect) -> None:
    rds, (_, subnets) = connect("rds"), network(connect)
    tags = [{"Key": "terrace:stack", "Value": "demo"}]
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets, Tags=tags)
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg", Tags=tags)
    filters = [{"Key": "terrace:stack", "Values": ["demo"]}]
    found = connect("resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
    assert sorted(item["ResourceARN"].split(":")[5] for item in found) == ["pg", "subgrp"]


@scenario
def port_and_performance_insights_change(connect: Connect) -> None:
    rds = connect("rds")
    database(connect)
    eventually("available", lambda: database_status(connect))
    rds.modify_db_instance(DBInstanceIdentifier="main", DBPortNumber=6432, EnablePerformanceInsights=True, ApplyImmediately=True)
    (found,) = rds.describe_db_instances()["DBInstances"]
    assert (found["Endpoint"]["Port"], found["PerformanceInsightsEnabled"]) == (6432, True)
