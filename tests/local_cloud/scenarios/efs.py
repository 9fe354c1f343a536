# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFS file systems."""

import json
from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import refused

DENY = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def made(connect: Connect) -> tuple[Any, str]:
    efs = connect("efs")
    return efs, efs.create_file_system(CreationToken="app", Encrypted=True, Backup=True)["FileSystemId"]


@scenario
def file_system_is_metered_and_protected_from_the_start(connect: Connect) -> None:
    efs, name = made(connect)
    (described,) = efs.describe_file_systems()["FileSystems"]
    assert described["SizeInBytes"]["Value"] == 6144
    assert described["FileSystemProtection"] == {"ReplicationOverwriteProtection": "ENABLED"}
    efs.update_file_system_protection(FileSystemId=name, ReplicationOverwriteProtection="DISABLED")
    (described,) = efs.describe_file_systems()["FileSystems"]
    assert described["FileSystemProtection"] == {"ReplicationOverwriteProtection": "DISABLED"}


@scenario
def file_system_changes_its_throughput(connect: Connect) -> None:
    efs, name = made(connect)
    refused("FileSystemNotFound", efs.update_file_system, FileSystemId="fs-01234567", ThroughputMode="elastic")
    refused("BadRequest", efs.update_file_system, FileSystemId=name, ThroughputMode="provisioned")
    efs.update_file_system(FileSystemId=name, ThroughputMode="provisioned", ProvisionedThroughputInMibps=10.0)
    (described,) = efs.describe_file_systems()["FileSystems"]
    assert (described["ThroughputMode"], described["ProvisionedThroughputInMibps"]) == ("provisioned", 10.0)


@scenario
def file_system_ends_and_begins_its_backups(connect: Connect) -> None:
    efs, name = made(connect)
    efs.put_backup_policy(FileSystemId=name, BackupPolicy={"Status": "DISABLED"})
    refused("PolicyNotFound", efs.describe_backup_policy, FileSystemId=name)
    efs.put_backup_policy(FileSystemId=name, BackupPolicy={"Status": "ENABLED"})
    assert efs.describe_backup_policy(FileSystemId=name)["BackupPolicy"] == {"Status": "ENABLED"}


@scenario
def file_system_policy_names_the_file_system_and_goes(connect: Connect) -> None:
    efs, name = made(connect)
    efs.put_file_system_policy(FileSystemId=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}))
    (statement,) = json.loads(efs.describe_file_system_policy(FileSystemId=name)["Policy"])["Statement"]
    assert statement == {**DENY, "Resource": f"arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/{name}"}
    efs.delete_file_system_policy(FileSystemId=name)
    refused("PolicyNotFound", efs.describe_file_system_policy, FileSystemId=name)
