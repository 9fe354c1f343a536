# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small stack, built through the API: load balancer, two hosts, a database."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local_cloud.ranges import free

RANGE = free("stack")
CIDR = f"{RANGE}.0.0/16"
APP_PORT = 3000
SERVE = """#!/bin/sh
mkdir -p /srv/app && cd /srv/app && hostname > index.html && echo ok > health
exec systemd-run --unit=app --working-directory=/srv/app /usr/bin/python3 -m http.server 3000
"""

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


@dataclass
class Stack:
    """The ids of what was built."""

    vpc: str
    subnets: list[str]
    groups: dict[str, str]
    target_group: str
    balancer: str
    secret: str


def build(connect: Callable[[str], Any]) -> Stack:
    """Build the stack; the databases and hosts come up in the background."""
    ec2 = connect("ec2")
    vpc = ec2.create_vpc(CidrBlock=CIDR)["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"{RANGE}.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    groups = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("alb", "app", "db")
    }
    ec2.authorize_security_group_ingress(GroupId=groups["alb"], IpPermissions=[rule(80, cidr="0.0.0.0/0")])
    ec2.authorize_security_group_ingress(GroupId=groups["app"], IpPermissions=[rule(APP_PORT, group=groups["alb"])])
    ec2.authorize_security_group_ingress(GroupId=groups["db"], IpPermissions=[rule(5432, group=groups["app"])])
    secret = _database(connect("rds"), subnets, groups["db"])
    target_group, balancer = _balancer(connect("elbv2"), vpc, subnets, groups["alb"])
    _hosts(connect, subnets, groups["app"], target_group)
    return Stack(vpc, subnets, groups, target_group, balancer, secret)


def rule(port: int, cidr: str = "", group: str = "") -> dict[str, Any]:
    """Return a rule for one TCP port and one peer."""
    peers = {"IpRanges": [{"CidrIp": cidr}]} if cidr else {"UserIdGroupPairs": [{"GroupId": group}]}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | peers


def _database(rds: Any, subnets: list[str], group: str) -> str:
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg")
    parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[parameter])
    made = rds.create_db_instance(
        DBInstanceIdentifier="probe",
        DBInstanceClass="db.t4g.small",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        DBName="messages",
        MasterUsername="owner",
        ManageMasterUserPassword=True,
        DBSubnetGroupName="data",
        DBParameterGroupName="pg",
        VpcSecurityGroupIds=[group],
    )
    return made["DBInstance"]["MasterUserSecret"]["SecretArn"]


def _balancer(elbv2: Any, vpc: str, subnets: list[str], group: str) -> tuple[str, str]:
    target_group = elbv2.create_target_group(
        Name="probe",
        Protocol="HTTP",
        Port=APP_PORT,
        VpcId=vpc,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = elbv2.create_load_balancer(Name="probe", Subnets=subnets, SecurityGroups=[group], Scheme="internet-facing")
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    action = {"Type": "forward", "TargetGroupArn": target_group}
    listener = elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])["Listeners"][0]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418", "MessageBody": 'a "pot" 100%'}}
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/tea/*"]}}
    elbv2.create_rule(ListenerArn=listener["ListenerArn"], Priority=10, Conditions=[condition], Actions=[answer])
    away = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}}
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}}
    elbv2.create_rule(ListenerArn=listener["ListenerArn"], Priority=20, Conditions=[condition], Actions=[away])
    return target_group, arn


def _hosts(connect: Callable[[str], Any], subnets: list[str], group: str, target_group: str) -> None:
    image = connect("ssm").get_parameter(Name="/aws/service/debian/release/12/latest/amd64")["Parameter"]["Value"]
    data = {
        "ImageId": image,
        "InstanceType": "t3.small",
        "SecurityGroupIds": [group],
        "UserData": base64.b64encode(SERVE.encode()).decode(),
        "IamInstanceProfile": {"Name": _profile(connect("iam"))},
        "MetadataOptions": {"HttpTokens": "required"},
    }
    connect("ec2").create_launch_template(LaunchTemplateName="app", LaunchTemplateData=data)
    connect("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="app",
        LaunchTemplate={"LaunchTemplateName": "app", "Version": "$Latest"},
        MinSize=2,
        MaxSize=4,
        VPCZoneIdentifier=",".join(subnets),
        TargetGroupARNs=[target_group],
    )


def _profile(iam: Any) -> str:
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    statement = {"Effect": "Allow", "Action": "autoscaling:CompleteLifecycleAction", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(RoleName="app", PolicyName="ready", PolicyDocument=json.dumps(document))
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    return "app"
