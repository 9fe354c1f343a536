# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that holds one of a group's metrics at a target.

It takes no tags: its identity is its group and its name, which is unique in the group.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _autoscaling

TYPE = "TargetTrackingScaling"


def _resource(target_group: str) -> str:
    """Return the part that a target group's ARN and a resource label have in common: ``targetgroup/name/id``."""
    return target_group[target_group.find("targetgroup/") :] if target_group else ""


@dataclasses.dataclass(frozen=True)
class ScalingPolicy:
    """`metric` is a PredefinedMetricType, `target` the value to hold in the metric's unit.

    `target_group` is the ARN that a metric of a target group needs, empty for others. `listeners` are there before.
    """

    group: Any = create_only(refers=("auto_scaling_group",))
    policy_name: str | None = create_only()
    metric: str | None = mutable()
    target: float | None = mutable()
    target_group: Any = mutable(normalise=_resource, refers=("target_group",))
    listeners: Any = initial(refers=("listener", "listener_rule"))


def list_policies(context: Context) -> Iterable[Found]:
    """Policies of other types are other people's business."""
    return map(_found, context.pages("autoscaling", "describe_policies", "ScalingPolicies", PolicyTypes=[TYPE]))


def identity(values: ScalingPolicy) -> tuple[Any, ...]:
    return (values.group, values.policy_name)


def create(context: Context, new: New, values: ScalingPolicy) -> Found:
    answer = _put(context, values)
    return Found(answer["PolicyARN"], values, name=values.policy_name)


def update(context: Context, found: Found, values: ScalingPolicy, fields: set[str]) -> None:
    _put(context, values)


def delete(context: Context, found: Found) -> None:
    _autoscaling.unless_gone(lambda: context.client("autoscaling").delete_policy(PolicyName=found.id))


def _put(context: Context, values: ScalingPolicy) -> Mapping[str, Any]:
    """PutScalingPolicy creates and changes alike, and the alarms that belong to the policy with it."""
    label = {"ResourceLabel": _label(context, values.target_group)} if values.target_group else {}
    return context.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=values.group,
        PolicyName=values.policy_name,
        PolicyType=TYPE,
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": values.metric, **label},
            "TargetValue": values.target,
        },
    )


def _label(context: Context, target_group: str) -> str:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PredefinedMetricSpecification.html"""
    (group,) = context.client("elbv2").describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"]
    if not group["LoadBalancerArns"]:
        raise NotVisible(f"the target group {group['TargetGroupName']} belongs to no load balancer that could count requests")
    return f"{group['LoadBalancerArns'][0].partition('loadbalancer/')[2]}/{_resource(target_group)}"


def _found(raw: Mapping[str, Any]) -> Found:
    tracking = raw.get("TargetTrackingConfiguration", {})
    metric = tracking.get("PredefinedMetricSpecification", {})
    values = ScalingPolicy(
        group=raw["AutoScalingGroupName"],
        policy_name=raw["PolicyName"],
        metric=metric.get("PredefinedMetricType"),
        target=tracking.get("TargetValue"),
        target_group=metric.get("ResourceLabel", ""),
    )
    return Found(raw["PolicyARN"], values, name=raw["PolicyName"])


KIND = Kind(
    name="scaling_policy",
    service="autoscaling",
    values=ScalingPolicy,
    list=list_policies,
    calls={"DescribePolicies": "page"},
    actions=("autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy", "elasticloadbalancing:DescribeTargetGroups"),
    create=create,
    update=update,
    delete=delete,
    after=("auto_scaling_group",),
    identity=identity,
    parent="group",
)
