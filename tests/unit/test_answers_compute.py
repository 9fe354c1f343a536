# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Auto Scaling answers to what was declared differs in form, and is no difference.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    _instance_refresh,
    auto_scaling_group,
    scaling_policy,
    scheduled_action,
    step_policy,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds.launch_template import LaunchTemplate
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import context

STACK = Stack("demo", "123456789012", "eu-west-1")
GROUP: dict[str, Any] = {
    "name": "app",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "min": 2,
    "max": 6,
    "subnets": "app",
    "security_groups": ["app"],
    "target_groups": ["app"],
}
TEMPLATE = {"LaunchTemplateId": "launch_template:app:id", "LaunchTemplateName": "demo-app", "Version": "3"}
TAGS = {"terrace:stack": "demo", "terrace:id": "compute/auto_scaling_group/app", "terrace:managed-by": "terrace.aws"}


def member(state: str = "InService", version: str = "3") -> dict[str, Any]:
    template = {**TEMPLATE, "Version": version}
    return {"InstanceId": "i-1", "LifecycleState": state, "HealthStatus": "Healthy", "LaunchTemplate": template}


RAW: dict[str, Any] = {
    "AutoScalingGroupName": "demo-app",
    "AutoScalingGroupARN": "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/demo-app",
    "LaunchTemplate": TEMPLATE,
    "MinSize": 2,
    "MaxSize": 6,
    "DesiredCapacity": 2,
    "DefaultCooldown": 300,
    "AvailabilityZones": ["eu-west-1a", "eu-west-1b"],
    "LoadBalancerNames": [],
    "TargetGroupARNs": ["target_group:app:id"],
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 300,
    "Instances": [member(), member()],
    "CreatedTime": datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC),
    "SuspendedProcesses": [],
    "VPCZoneIdentifier": "subnet-b,subnet-a",
    "EnabledMetrics": [],
    "Tags": [{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in TAGS.items()],
    "TerminationPolicies": ["Default"],
    "NewInstancesProtectedFromScaleIn": False,
    "ServiceLinkedRoleARN": "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRole",
    "TrafficSources": [{"Identifier": "target_group:app:id", "Type": "elbv2"}],
}
MIX = {"types": ["t3a.small"], "on_demand_base": 1, "on_demand_percentage": 50}
POLICY = {
    "LaunchTemplate": {
        "LaunchTemplateSpecification": TEMPLATE,
        "Overrides": [{"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}],
    },
    "InstancesDistribution": {
        "OnDemandAllocationStrategy": "prioritized",
        "OnDemandBaseCapacity": 1,
        "OnDemandPercentageAboveBaseCapacity": 50,
        "SpotAllocationStrategy": "price-capacity-optimized",
    },
}
MIXED = {"LaunchTemplate": None, "MixedInstancesPolicy": POLICY, "CapacityRebalance": True}
LOWEST_PRICE = {**POLICY, "InstancesDistribution": {**POLICY["InstancesDistribution"], "SpotAllocationStrategy": "lowest-price"}}
SCHEDULED: dict[str, Any] = {"name": "night", "recurrence": "0 22 * * *", "min": 0}
# (options, what else the group answers)
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all as declared, subnets in another order": ({}, {}),
    "another size within the limits": ({}, {"DesiredCapacity": 5}),
    "a mix, and no template beside it": ({"mixed_instances": MIX}, MIXED),
    "a rebalancing that is told only when it is on": ({}, {"CapacityRebalance": None}),
    "a least size that a schedule has set": ({"schedules": [SCHEDULED]}, {"MinSize": 0}),
    "a warm pool as great as the group": (
        {"warm_pool": {}},
        {"WarmPoolConfiguration": {"MinSize": 0, "PoolState": "Stopped"}, "WarmPoolSize": 2},
    ),
    "a warm pool on its way out": ({}, {"WarmPoolConfiguration": {"MinSize": 0, "Status": "PendingDelete"}}),
    "a warm-up that was not asked for": ({}, {"DefaultInstanceWarmup": 30}),
}
# (options, what else the group answers, the fields that differ)
OTHER: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a version that names none": ({}, {"LaunchTemplate": {**TEMPLATE, "Version": "$Default"}}, ["template_version"]),
    "a greatest size that only the least one's schedule is about": (
        {"schedules": [SCHEDULED]},
        {"MaxSize": 9},
        ["maximum"],
    ),
    "Spot capacity by another strategy": (
        {"mixed_instances": MIX},
        {**MIXED, "MixedInstancesPolicy": LOWEST_PRICE},
        ["mixed"],
    ),
    "a mix that nobody declares": ({}, MIXED, ["mixed", "capacity_rebalance"]),
    "a warm pool that nobody declares": ({}, {"WarmPoolConfiguration": {"PoolState": "Running"}}, ["warm_pool"]),
}


def declared(kind: str, **options: Any) -> Declaration:
    described = {"compute": {"groups": [{**GROUP, **options}]}}
    (declaration,) = (d for d in declarations_of(described, STACK) if d.kind == kind)
    return declaration


def known(leaf: Any) -> Any:
    if not isinstance(leaf, Reference):
        return leaf
    if leaf.kind == "subnet":
        return ("subnet-a", "subnet-b")
    return 3 if leaf.attribute == "version" else f"{leaf.kind}:{leaf.name}:{leaf.attribute}"


def resolved(kind: str, **options: Any) -> Any:
    return transform(declared(kind, **options).values, known)


def found(raw: dict[str, Any]) -> Found:
    return auto_scaling_group._found({name: value for name, value in {**RAW, **raw}.items() if value is not None})


@pytest.mark.parametrize("what", SAME)
def test_no_difference(what: str) -> None:
    options, raw = SAME[what]
    assert compare(found(raw).values, resolved("auto_scaling_group", **options)) == ()


@pytest.mark.parametrize("what", OTHER)
def test_a_difference(what: str) -> None:
    options, raw, fields = OTHER[what]
    changes = compare(found(raw).values, resolved("auto_scaling_group", **options))
    assert [change.field for change in changes] == fields


def surveyed(raw: dict[str, Any], latest: int, *refreshes: dict[str, Any]) -> Found:
    """Return the group as a list of those that are to be rolled out sees it."""
    group = {**RAW, **raw}
    template = Found(TEMPLATE["LaunchTemplateId"], LaunchTemplate(), attributes={"version": latest})
    answers = {"describe_instance_refreshes": {"InstanceRefreshes": list(refreshes)}, "describe_scaling_activities": {}}
    answering: Context = context(STACK, answers, {}, [], template)
    wanted = declared("auto_scaling_group", refresh={})
    return auto_scaling_group._in_detail(dataclasses.replace(answering, declared=lambda _kind: (wanted,)), group)


REFRESH = {"InstanceRefreshId": "08b91cf7", "AutoScalingGroupName": "demo-app", "PercentageComplete": 50, "InstancesToUpdate": 1}


@pytest.mark.parametrize(
    ("status", "state", "detail"),
    [
        ("Pending", PENDING, "refreshing 50 %"),
        ("InProgress", PENDING, "refreshing 50 %"),
        ("Baking", PENDING, "refreshing 50 %"),
        ("Cancelling", PENDING, "cancelling the refresh 50 %"),
        ("RollbackInProgress", PENDING, "rolling back 50 %"),
        ("Successful", READY, "2 of 2 in service"),
        ("Failed", READY, "2 of 2 in service"),
        ("Cancelled", READY, "2 of 2 in service"),
        ("RollbackFailed", READY, "2 of 2 in service"),
        ("RollbackSuccessful", READY, "2 of 2 in service"),
    ],
)
def test_states_of_a_refresh(status: str, state: str, detail: str) -> None:
    seen = surveyed({}, 4, {**REFRESH, "Status": status})
    assert (seen.state, seen.detail) == (state, detail)
    assert ("failed_refresh" in seen.attributes) == (state == READY and status != "Successful")


def test_a_failure_is_told_with_its_reason() -> None:
    seen = surveyed({}, 4, {**REFRESH, "Status": "Failed", "StatusReason": "1 instance is unhealthy"})
    wanted = dataclasses.replace(resolved("auto_scaling_group"), template_version=4)
    said = "the instance refresh 08b91cf7 is Failed: 1 instance is unhealthy; the group is at version 3 and not at 4"
    assert auto_scaling_group.shortfall(seen, wanted) == said
    assert auto_scaling_group.shortfall(seen, resolved("auto_scaling_group")) is None


def test_what_is_left_of_an_old_failure_is_no_failure() -> None:
    assert _instance_refresh.failure(None) == ""
    assert _instance_refresh.failure({**REFRESH, "Status": "Successful"}) == ""


def test_instances_that_are_behind_are_a_difference_and_those_on_their_way_out_are_not() -> None:
    behind = surveyed({"Instances": [member(), member(version="2")]}, 3)
    assert behind.values.template_version == "3 (1 of 2 instances have others)"
    leaving = surveyed({"Instances": [member(), member(), member("Terminating:Wait", "2")]}, 3)
    assert leaving.values.template_version == "3"
    attached = {"InstanceId": "i-2", "LifecycleState": "InService", "HealthStatus": "Healthy"}
    assert surveyed({"Instances": [member(), attached]}, 3).values.template_version == "3"


@pytest.mark.parametrize(("balancer", "fields"), [("50dc6c495c0c9188", []), ("60dc6c495c0c9188", ["load_balancer"])])
def test_a_target_group_and_its_load_balancer_are_known_by_their_label(balancer: str, fields: list[str]) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
    raw = {
        "AutoScalingGroupName": "auto_scaling_group:app:id",
        "PolicyName": "requests-per-target",
        "PolicyARN": "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1",
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ALBRequestCountPerTarget",
                "ResourceLabel": "app/demo-front/50dc6c495c0c9188/targetgroup/demo-app-1a2b/0123456789abcdef",
            },
            "TargetValue": 1000.0,
            "DisableScaleIn": False,
        },
    }
    wanted = dataclasses.replace(
        resolved("scaling_policy", target_tracking={"requests_per_target": 1000}),
        target_group=f"{arn}:targetgroup/demo-app-1a2b/0123456789abcdef",
        load_balancer=f"{arn}:loadbalancer/app/demo-front/{balancer}",
    )
    assert [change.field for change in compare(scaling_policy._found(raw).values, wanted)] == fields


def test_a_schedule_without_a_time_zone_is_in_utc() -> None:
    raw = {
        "AutoScalingGroupName": "auto_scaling_group:app:id",
        "ScheduledActionName": "night",
        "ScheduledActionARN": "arn:aws:autoscaling:eu-west-1:123456789012:scheduledUpdateGroupAction:1",
        "StartTime": datetime.datetime(2026, 11, 20, 22, 0, tzinfo=datetime.UTC),
        "Recurrence": "0 22 * * *",
        "MinSize": 0,
    }
    assert compare(scheduled_action._found(raw).values, resolved("scheduled_action", schedules=[SCHEDULED])) == ()


def test_steps_come_in_any_order_and_with_whole_bounds() -> None:
    raw = {
        "AutoScalingGroupName": "auto_scaling_group:app:id",
        "PolicyName": "busy",
        "PolicyARN": "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:2",
        "PolicyType": "StepScaling",
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 2},
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 20, "ScalingAdjustment": 1},
        ],
        "MetricAggregationType": "Average",
    }
    busy = {"name": "busy", "comparison": "above", "threshold": 60, "distances": [0, 20], "changes": [1, 2]}
    assert compare(step_policy._found(raw).values, resolved("step_policy", step_policies=[busy])) == ()
