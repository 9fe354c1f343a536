# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the instance tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.address_association import AddressAssociation
from ansible_collections.terrace.aws.plugins.module_utils.kinds.alarm import Alarm
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.image import Image
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance import Instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance_profile import InstanceProfile
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.reverse_name import ReverseName
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target import Target
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.volume import Volume
from ansible_collections.terrace.aws.plugins.module_utils.kinds.volume_attachment import VolumeAttachment
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case

MAIN = Reference("vpc", "main")
ZONE = "eu-west-1a"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:operators"


def declared(kind: str, name: str, values: Any, tier: str = "instance") -> Declaration:
    return Declaration(kind, name, tier, values)


def machine(**changes: Any) -> Instance:
    values: dict[str, Any] = {
        "image": Reference("image", "debian"),
        "root_device": Reference("image", "debian", "root_device"),
        "type": "t3.small",
        "running": True,
        "subnet": Reference("subnet", f"app/{ZONE}"),
        "security_groups": (Reference("security_group", "app"),),
        "source_dest_check": True,
        "instance_profile": "",
        "key_name": "",
        "http_tokens": "required",
        "hop_limit": 1,
        "detailed_monitoring": False,
        "termination_protection": False,
        "stop_protection": False,
        "auto_recovery": "default",
        "cpu_credits": "unlimited",
        "root_size": 20,
        "root_type": "gp3",
        "root_encrypted": True,
    }
    return Instance(**{**values, **changes})


def disk(**changes: Any) -> Volume:
    values: dict[str, Any] = {"zone": ZONE, "size": 100, "type": "gp3", "iops": 3000, "throughput": 125, "encrypted": True}
    return Volume(**{**values, "final_snapshot": False, **changes})


PARENTS = (
    declared("vpc", "main", Vpc(cidr="10.30.0.0/16"), "network"),
    declared("internet_gateway", "main", InternetGateway(vpc=MAIN), "network"),
    declared("subnet", f"app/{ZONE}", Subnet(vpc=MAIN, cidr="10.30.0.0/24", zone=ZONE), "network"),
    declared("security_group", "app", SecurityGroup(vpc=MAIN, description="App"), "network"),
    declared("security_group", "more", SecurityGroup(vpc=MAIN, description="More"), "network"),
    declared("iam_role", "app", IamRole(trust=TRUST), "identity"),
    declared("instance_profile", "app", InstanceProfile(role=Reference("iam_role", "app")), "identity"),
    declared("image", "debian", Image(parameter="/aws/service/debian/release/12/latest/amd64")),
)
WITH_INSTANCES = (
    *PARENTS,
    declared("instance", "web", machine(running=False)),
    declared("instance", "other", machine(running=False)),
    declared("elastic_ip", "web", ElasticIp()),
    declared("volume", "data", disk()),
)
PROFILE = Reference("instance_profile", "app", "arn")

CASES = {
    "instance": Case(
        machine(),
        "instance",
        PARENTS,
        changes={
            "type": "t3.medium",
            "running": False,
            "security_groups": (Reference("security_group", "app"), Reference("security_group", "more")),
            "source_dest_check": False,
            "instance_profile": PROFILE,
            "http_tokens": "optional",
            "hop_limit": 2,
            "detailed_monitoring": True,
            "termination_protection": True,
            "stop_protection": True,
            "auto_recovery": "disabled",
            "cpu_credits": "standard",
            "root_size": 30,
            "root_type": "gp2",
        },
        before_delete={"termination_protection": False, "stop_protection": False},
    ),
    "volume": Case(
        disk(),
        "instance",
        changes={"size": 200, "type": "gp2", "iops": 4000, "throughput": 250},
        given={"type": {"iops": None, "throughput": None}},
    ),
    "volume_attachment": Case(
        VolumeAttachment(volume=Reference("volume", "data"), instance=Reference("instance", "web"), device="/dev/sdf"),
        "instance",
        WITH_INSTANCES,
        changes={"instance": Reference("instance", "other"), "device": "/dev/sdg"},
    ),
    "address_association": Case(
        AddressAssociation(address=Reference("elastic_ip", "web"), instance=Reference("instance", "web")),
        "instance",
        WITH_INSTANCES,
        changes={"instance": Reference("instance", "other")},
    ),
    "reverse_name": Case(
        ReverseName(address=Reference("elastic_ip", "web"), domain="mail.example.com"),
        "instance",
        (declared("elastic_ip", "web", ElasticIp()),),
        changes={"domain": "mx.example.com"},
    ),
    "target": Case(
        Target(instance=Reference("instance", "web"), target_group=Reference("target_group", "app")),
        "instance",
        (
            *PARENTS,
            declared("instance", "web", machine()),
            declared(
                "target_group",
                "app",
                TargetGroup(vpc=MAIN, protocol="HTTP", port=3000, target_type="instance"),
                "load_balancer",
            ),
        ),
    ),
    "alarm": Case(
        Alarm(
            description="Recovers web",
            namespace="AWS/EC2",
            metric="StatusCheckFailed_System",
            dimensions={"InstanceId": Reference("instance", "web")},
            statistic="Maximum",
            period=60,
            evaluation_periods=2,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1.0,
            missing_data="missing",
            actions=("arn:aws:automate:eu-west-1:ec2:recover",),
            ok_actions=(),
        ),
        "instance",
        WITH_INSTANCES,
        changes={
            "description": "Recovers the web server",
            "namespace": "AWS/Other",
            "metric": "StatusCheckFailed",
            "dimensions": {"InstanceId": Reference("instance", "other")},
            "statistic": "Average",
            "period": 120,
            "evaluation_periods": 3,
            "comparison": "GreaterThanThreshold",
            "threshold": 0.5,
            "missing_data": "breaching",
            "actions": (TOPIC,),
            "ok_actions": (TOPIC,),
        },
    ),
}
