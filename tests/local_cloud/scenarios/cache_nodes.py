# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache: nodes have interfaces, which hold their subnets and groups."""

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import eventually, group, network, refused


@scenario
def nodes_have_interfaces_that_their_group_depends_on(connect: Connect) -> None:
    ec2, elasticache = connect("ec2"), connect("elasticache")
    vpc, subnets = network(connect)
    app = group(connect, vpc)
    elasticache.create_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=subnets)
    elasticache.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="sessions",
        CacheSubnetGroupName="data",
        SecurityGroupIds=[app],
        NumCacheClusters=2,
    )
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert sorted(interface["Description"] for interface in interfaces) == [
        "ElastiCache sessions-001",
        "ElastiCache sessions-002",
    ]
    assert {interface["SubnetId"] for interface in interfaces} == set(subnets)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=app)
    eventually("available", lambda: elasticache.describe_replication_groups()["ReplicationGroups"][0]["Status"])
    elasticache.delete_replication_group(ReplicationGroupId="sessions")
    eventually([], lambda: ec2.describe_network_interfaces()["NetworkInterfaces"])
    ec2.delete_security_group(GroupId=app)
