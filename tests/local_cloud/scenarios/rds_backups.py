# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: option groups, backups copied to another region, and what a parameter needs to take effect."""

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import database, database_status, eventually, refused

SOURCE = "arn:aws:rds:eu-central-1:123456789012:db:main"


@scenario
def option_groups_of_todays_versions_are_listed(connect: Connect) -> None:
    rds = connect("rds")
    assert rds.describe_option_groups()["OptionGroupsList"] == []
    rds.create_option_group(
        OptionGroupName="audit", EngineName="mariadb", MajorEngineVersion="11.4", OptionGroupDescription="audit"
    )
    (found,) = rds.describe_option_groups()["OptionGroupsList"]
    assert (found["OptionGroupName"], found["MajorEngineVersion"]) == ("audit", "11.4")


@scenario
def option_group_in_use_stays(connect: Connect) -> None:
    rds = connect("rds")
    rds.create_option_group(OptionGroupName="own", EngineName="postgres", MajorEngineVersion="13", OptionGroupDescription="own")
    database(connect, OptionGroupName="own")
    refused("InvalidOptionGroupStateFault", rds.delete_option_group, OptionGroupName="own")


@scenario
def engine_has_an_option_group_of_its_own(connect: Connect) -> None:
    made = database(connect, Engine="mysql", EngineVersion="8.4", OptionGroupName="default:mysql-8-4")
    assert made["EngineVersion"].startswith("8.4.")
    assert made["OptionGroupMemberships"][0]["OptionGroupName"] == "default:mysql-8-4"


@scenario
def backups_are_copied_until_that_is_stopped(connect: Connect) -> None:
    rds = connect("rds")
    rds.start_db_instance_automated_backups_replication(SourceDBInstanceArn=SOURCE, BackupRetentionPeriod=14)
    (copied,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert (copied["DBInstanceArn"], copied["Status"], copied["BackupRetentionPeriod"]) == (SOURCE, "replicating", 14)
    rds.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=SOURCE)
    (kept,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert kept["Status"] == "retained"


@scenario
def parameters_say_what_needs_a_reboot(connect: Connect) -> None:
    rds = connect("rds")
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg")
    settings = {"ParameterValue": "100", "ApplyMethod": "pending-reboot"}
    names = ("shared_buffers", "work_mem")
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[{"ParameterName": name, **settings} for name in names])
    found = rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"]
    assert {item["ParameterName"]: item["ApplyType"] for item in found} == {"shared_buffers": "static", "work_mem": "dynamic"}


@scenario
def insights_have_a_mode(connect: Connect) -> None:
    made = database(connect, EnablePerformanceInsights=True, DatabaseInsightsMode="standard")
    assert made["DatabaseInsightsMode"] == "standard"


@scenario
def replica_sends_its_own_logs(connect: Connect) -> None:
    rds = connect("rds")
    database(connect, EnableCloudwatchLogsExports=["upgrade"])
    eventually("available", lambda: database_status(connect))
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="main", EnableCloudwatchLogsExports=["postgresql"]
    )
    found = {
        raw["DBInstanceIdentifier"]: raw["EnabledCloudwatchLogsExports"] for raw in rds.describe_db_instances()["DBInstances"]
    }
    assert found == {"main": ["upgrade"], "reader": ["postgresql"]}
