# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the conversations share."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.local_cloud.scenarios import Connect

IMAGE_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
PATIENCE = 20


def refused(code: str, call: Callable[..., Any], **arguments: Any) -> None:
    """Assert that a call fails with an AWS error code."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"expected {code}")


def becomes(wanted: Any, read: Callable[[], Any]) -> None:
    """Assert that a value is not there at once, but soon."""
    assert read() != wanted, f"already {wanted}"
    eventually(wanted, read)


def eventually(wanted: Any, read: Callable[[], Any]) -> None:
    """Assert that a value is there soon."""
    deadline = time.monotonic() + PATIENCE
    while (value := read()) != wanted:
        assert time.monotonic() < deadline, f"{value!r} never became {wanted!r}"
        time.sleep(0.05)


def network(connect: Connect) -> tuple[str, list[str]]:
    """Make a VPC with a subnet in each of two zones; the ids."""
    ec2 = connect("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    return vpc, subnets


def group(connect: Connect, vpc: str, name: str = "app") -> str:
    """Make a security group; its id."""
    return connect("ec2").create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]


def image(connect: Connect) -> str:
    """Return the id of an image that plain moto knows too."""
    return connect("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"]


def template(connect: Connect, name: str = "app", **data: Any) -> str:
    """Make a launch template; its id."""
    data = {"ImageId": image(connect), "InstanceType": "t3.small"} | data
    made = connect("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    return made["LaunchTemplate"]["LaunchTemplateId"]


def database(connect: Connect, **settings: Any) -> dict[str, Any]:
    """Make a subnet group and a database in it; the answer."""
    rds = connect("rds")
    _, subnets = network(connect)
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    arguments = {
        "DBInstanceIdentifier": "main",
        "DBInstanceClass": "db.t4g.small",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "AllocatedStorage": 20,
        "MasterUsername": "owner",
        "ManageMasterUserPassword": True,
        "DBSubnetGroupName": "data",
    }
    return rds.create_db_instance(**(arguments | settings))["DBInstance"]


def database_status(connect: Connect) -> str | None:
    """Return the status of the database, None when it is gone."""
    for instance in connect("rds").describe_db_instances()["DBInstances"]:
        if instance["DBInstanceIdentifier"] == "main":
            return instance["DBInstanceStatus"]
    return None


def balancer(connect: Connect, **settings: Any) -> dict[str, Any]:
    """Make an application load balancer named ``front``; the answer."""
    if "Subnets" not in settings:
        _, settings["Subnets"] = network(connect)
    return connect("elbv2").create_load_balancer(**({"Name": "front", "Type": "application"} | settings))["LoadBalancers"][0]
