# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replication group, for which there is no module: `replication_group.py present|absent NAME [SUBNETS GROUP]`."""

import sys

import boto3

elasticache = boto3.client("elasticache")
state, name, *places = sys.argv[1:]
try:
    elasticache.describe_replication_groups(ReplicationGroupId=name)
    exists = True
except elasticache.exceptions.ReplicationGroupNotFoundFault:
    exists = False
if state == "present" and not exists:
    subnets, security_group = places
    elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription=name,
        Engine="redis",
        EngineVersion="7.1",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        Port=6379,
        CacheSubnetGroupName=subnets,
        SecurityGroupIds=[security_group],
        AtRestEncryptionEnabled=True,
    )
    elasticache.get_waiter("replication_group_available").wait(ReplicationGroupId=name)
if state == "absent" and exists:
    elasticache.delete_replication_group(ReplicationGroupId=name)
    elasticache.get_waiter("replication_group_deleted").wait(ReplicationGroupId=name)
print("changed" if exists == (state == "absent") else "unchanged")
