# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds data, built through the API: two databases, a cache, a file system, and two hosts that use them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local_cloud.ranges import free
from tests.local_cloud.stack import rule

RANGE = free("data")
CIDR = f"{RANGE}.0.0/16"
PORTS = {"postgres": 5432, "mysql": 3306, "redis": 6379, "nfs": 2049}
PASSWORD = "it's a \\ pass-word"
TOKENS = ("first-token-0123456789", "second-token-0123456789")


@dataclass
class Data:
    """The ids of what was built."""

    vpc: str
    subnets: list[str]
    group: str
    file_system: str
    access_point: str
    hosts: list[str]


def build(connect: Callable[[str], Any]) -> Data:
    """Build everything; it comes up in the background."""
    ec2 = connect("ec2")
    vpc = ec2.create_vpc(CidrBlock=CIDR)["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"{RANGE}.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    clients = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
    group = ec2.create_security_group(GroupName="data", Description="data", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(port, group=clients) for port in PORTS.values()])
    hosts = _hosts(connect, subnets, clients)
    _databases(connect("rds"), subnets, group)
    _cache(connect("elasticache"), subnets, group)
    file_system, access_point = _files(connect("efs"), subnets, group)
    return Data(vpc, subnets, group, file_system, access_point, hosts)


def _hosts(connect: Callable[[str], Any], subnets: list[str], group: str) -> list[str]:
    image = connect("ssm").get_parameter(Name="/aws/service/debian/release/12/latest/amd64")["Parameter"]["Value"]
    settings = {"ImageId": image, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": [group]}
    made = [connect("ec2").run_instances(SubnetId=subnet, **settings) for subnet in subnets]
    return [answer["Instances"][0]["InstanceId"] for answer in made]


def _databases(rds: Any, subnets: list[str], group: str) -> None:
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="my", DBParameterGroupFamily="mysql8.0", Description="my")
    parameter = {"ParameterName": "require_secure_transport", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="my", Parameters=[parameter])
    for name, engine, version in (("pg", "postgres", "16"), ("my", "mysql", "8.0.40")):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.small",
            Engine=engine,
            EngineVersion=version,
            AllocatedStorage=20,
            BackupRetentionPeriod=7,
            DBName="app",
            MasterUsername="owner",
            MasterUserPassword=PASSWORD,
            DBSubnetGroupName="data",
            VpcSecurityGroupIds=[group],
            **({"DBParameterGroupName": "my"} if name == "my" else {}),
        )


def _cache(elasticache: Any, subnets: list[str], group: str) -> None:
    elasticache.create_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=subnets)
    elasticache.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="sessions",
        Engine="valkey",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        CacheSubnetGroupName="data",
        SecurityGroupIds=[group],
        TransitEncryptionEnabled=True,
        AuthToken=TOKENS[0],
    )


def _files(efs: Any, subnets: list[str], group: str) -> tuple[str, str]:
    file_system = efs.create_file_system(CreationToken="content", Encrypted=True)["FileSystemId"]
    for subnet in subnets:
        efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet, SecurityGroups=[group])
    owner = {"OwnerUid": 33, "OwnerGid": 33, "Permissions": "0750"}
    access_point = efs.create_access_point(
        ClientToken="wordpress",
        FileSystemId=file_system,
        PosixUser={"Uid": 33, "Gid": 33},
        RootDirectory={"Path": "/wordpress", "CreationInfo": owner},
    )
    return file_system, access_point["AccessPointId"]
