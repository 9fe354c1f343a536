# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the compute tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.auto_scaling_group import AutoScalingGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.image import Image
from ansible_collections.terrace.aws.plugins.module_utils.kinds.launch_template import LaunchTemplate
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener import Listener
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scaling_policy import ScalingPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scheduled_action import ScheduledAction
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.step_policy import StepPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case

MAIN = Reference("vpc", "main")
UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
PROFILE = "arn:aws:iam::123456789012:instance-profile/other"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0b5e7a52-7c5f-4b8e-9f0e-3d7b1a2c4d5e"
HOOK = {"name": "drain", "transition": "terminating", "timeout": 300, "default_result": "CONTINUE"}
MIX = {
    "overrides": ({"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}),
    "on_demand_base": 1,
    "on_demand_percentage": 25,
}
VOLUME = {"size": 20, "type": "gp3", "encrypted": True, "kms_key": ""}


def declared(kind: str, name: str, values: Any, tier: str = "compute") -> Declaration:
    return Declaration(kind, name, tier, values)


def subnet(zone: str, cidr: str) -> Declaration:
    return declared("subnet", f"app/{zone}", Subnet(vpc=MAIN, cidr=cidr, zone=zone), "network")


def template(**changes: Any) -> LaunchTemplate:
    values: dict[str, Any] = {
        "image": Reference("image", "debian"),
        "root_device": Reference("image", "debian", "root_device"),
        "type": "t3.small",
        "instance_profile": "",
        "security_groups": (Reference("security_group", "app"),),
        "key_name": "",
        "user_data": "",
        "root_volume": VOLUME,
        "http_tokens": "required",
        "hop_limit": 1,
        "detailed_monitoring": False,
        "instance_tags": {"terrace:group": "app"},
    }
    return LaunchTemplate(**{**values, **changes})


def target_group(name: str) -> Declaration:
    values = TargetGroup(vpc=MAIN, protocol="HTTP", port=3000, target_type="instance")
    return declared("target_group", name, values, "load_balancer")


def group(launch_template: str) -> AutoScalingGroup:
    return AutoScalingGroup(
        launch_template=Reference("launch_template", launch_template),
        template_version=1,
        mixed={},
        warm_pool={},
        capacity_rebalance=False,
        warmup=60,
        subnets=(Reference("subnet", "app/eu-west-1a"),),
        target_groups=(Reference("target_group", "app"),),
        minimum=1,
        maximum=2,
        desired=1,
        health_check="EC2",
        grace=300,
        hooks=(HOOK,),
    )


FOR_TEMPLATES = (
    declared("vpc", "main", Vpc(cidr="10.30.0.0/16"), "network"),
    declared("security_group", "app", SecurityGroup(vpc=MAIN, description="App"), "network"),
    declared("security_group", "more", SecurityGroup(vpc=MAIN, description="More"), "network"),
    declared("image", "debian", Image(parameter="/aws/service/debian/release/12/latest/amd64")),
    declared("image", "ubuntu", Image(parameter=UBUNTU)),
)
FOR_GROUPS = (
    *FOR_TEMPLATES,
    declared("launch_template", "app", template()),
    declared("launch_template", "other", template(type="t3.micro")),
    subnet("eu-west-1a", "10.30.0.0/24"),
    subnet("eu-west-1b", "10.30.1.0/24"),
    target_group("app"),
    target_group("other"),
)


def balanced(name: str, forwards_to: str) -> tuple[Declaration, ...]:
    """Return a load balancer with a listener that forwards to a target group."""
    balancer = LoadBalancer(
        scheme="internal",
        subnets=(Reference("subnet", "app/eu-west-1a"), Reference("subnet", "app/eu-west-1b")),
        security_groups=(Reference("security_group", "app"),),
    )
    listener = Listener(
        load_balancer=Reference("load_balancer", name),
        port=80,
        protocol="HTTP",
        action={"Type": "forward", "TargetGroupArn": Reference("target_group", forwards_to)},
    )
    return (
        declared("load_balancer", name, balancer, "load_balancer"),
        declared("listener", f"{name}/80", listener, "load_balancer"),
    )


BALANCED = (*balanced("internal", "app"), *balanced("other", "other"))

CASES = {
    "launch_template": Case(
        template(),
        "compute",
        FOR_TEMPLATES,
        changes={
            "image": Reference("image", "ubuntu"),
            "root_device": "/dev/sdz",
            "type": "t3.medium",
            "instance_profile": PROFILE,
            "security_groups": (Reference("security_group", "app"), Reference("security_group", "more")),
            "key_name": "operators",
            "user_data": "#!/bin/sh\necho hello\n",
            "root_volume": {**VOLUME, "size": 30, "kms_key": KEY},
            "http_tokens": "optional",
            "hop_limit": 2,
            "detailed_monitoring": True,
            "instance_tags": {"terrace:group": "app", "owner": "team"},
        },
    ),
    "auto_scaling_group": Case(
        group("app"),
        "compute",
        FOR_GROUPS,
        changes={
            "launch_template": Reference("launch_template", "other"),
            "template_version": "$Latest",
            "mixed": MIX,
            "capacity_rebalance": True,
            "warm_pool": {"min": 0, "max_prepared": -1, "state": "Stopped", "reuse": False},
            "warmup": 120,
            "subnets": (Reference("subnet", "app/eu-west-1a"), Reference("subnet", "app/eu-west-1b")),
            "target_groups": (Reference("target_group", "other"),),
            "minimum": 2,
            "maximum": 3,
            "health_check": "ELB",
            "grace": 60,
            "hooks": ({**HOOK, "timeout": 600}, {**HOOK, "name": "other"}),
        },
    ),
    "scaling_policy": Case(
        ScalingPolicy(
            group=Reference("auto_scaling_group", "app"),
            policy_name="cpu",
            metric="ALBRequestCountPerTarget",
            target=50.0,
            target_group=Reference("target_group", "app"),
            load_balancer=Reference("load_balancer", "internal"),
            listeners=Reference("listener", "", every=True),
        ),
        "compute",
        (*FOR_GROUPS, *BALANCED, declared("auto_scaling_group", "app", group("app"))),
        changes={
            "metric": "ASGAverageNetworkIn",
            "target": 60.0,
            "target_group": Reference("target_group", "other"),
            "load_balancer": Reference("load_balancer", "other"),
        },
        along={
            "metric": {"target_group": "", "load_balancer": ""},
            "target_group": {"load_balancer": Reference("load_balancer", "other")},
            "load_balancer": {"target_group": Reference("target_group", "other")},
        },
    ),
    "step_policy": Case(
        StepPolicy(
            group=Reference("auto_scaling_group", "app"),
            policy_name="backlog",
            adjustment="ChangeInCapacity",
            steps=({"lower": 0.0, "upper": 50.0, "change": 1}, {"lower": 50.0, "upper": None, "change": 2}),
        ),
        "compute",
        (*FOR_GROUPS, declared("auto_scaling_group", "app", group("app"))),
        changes={"adjustment": "ExactCapacity", "steps": ({"lower": None, "upper": 0.0, "change": -1},)},
    ),
    "scheduled_action": Case(
        ScheduledAction(
            group=Reference("auto_scaling_group", "app"),
            action_name="evening",
            recurrence="0 18 * * MON-FRI",
            time_zone="Europe/Berlin",
            sizes={"min": 0, "desired": 0},
        ),
        "compute",
        (*FOR_GROUPS, declared("auto_scaling_group", "app", group("app"))),
        changes={"recurrence": "0 19 * * *", "time_zone": "Etc/UTC", "sizes": {"min": 1}},
    ),
}
