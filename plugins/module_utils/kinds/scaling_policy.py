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
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import contains_unknown, create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _autoscaling

TYPE = "TargetTrackingScaling"


def _of_balancer(text: str) -> str:
    """Return the part that a load balancer's ARN and a resource label have in common: ``app/name/id``."""
    return text.partition("loadbalancer/")[2] or text.partition("/targetgroup/")[0]


def _of_group(text: str) -> str:
    """Return the part that a target group's ARN and a resource label have in common: ``targetgroup/name/id``."""
    return text[text.find("targetgroup/") :] if text else ""


@dataclasses.dataclass(frozen=True)
class ScalingPolicy:
    """`metric` is a PredefinedMetricType, `target` the value to hold in the metric's unit.

    `target_group` is the ARN that a metric of a target group needs, and `load_balancer` that of what counts its requests;
    both are empty for other metrics. `listeners` are there before.
    """

    group: Any = create_only(refers=("auto_scaling_group",))
    policy_name: str | None = create_only()
    metric: str | None = mutable()
    target: float | None = mutable()
    target_group: Any = mutable(normalise=_of_group, refers=("target_group",))
    load_balancer: Any = mutable(normalise=_of_balancer, refers=("load_balancer", "target_group"))
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
    label = {"ResourceLabel": _label(context, values)} if values.target_group else {}
    return context.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=values.group,
        PolicyName=values.policy_name,
        PolicyType=TYPE,
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": values.metric, **label},
            "TargetValue": values.target,
        },
    )


def _label(context: Context, values: ScalingPolicy) -> str:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PredefinedMetricSpecification.html"""
    known = values.load_balancer and not contains_unknown(values.load_balancer)
    balancer = values.load_balancer if known else _balancer_of(context, values.target_group)
    return f"{_of_balancer(balancer)}/{_of_group(values.target_group)}"


def _balancer_of(context: Context, target_group: str) -> str:
    """Return the ARN of the load balancer that forwards to a target group: others than the description's may."""
    (group,) = context.client("elbv2").describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"]
    if not group["LoadBalancerArns"]:
        raise NotVisible(f"the target group {group['TargetGroupName']} belongs to no load balancer that could count requests")
    return group["LoadBalancerArns"][0]


def _found(raw: Mapping[str, Any]) -> Found:
    tracking = raw.get("TargetTrackingConfiguration", {})
    metric = tracking.get("PredefinedMetricSpecification", {})
    values = ScalingPolicy(
        group=raw["AutoScalingGroupName"],
        policy_name=raw["PolicyName"],
        metric=metric.get("PredefinedMetricType"),
        target=tracking.get("TargetValue"),
        target_group=metric.get("ResourceLabel", ""),
        load_balancer=metric.get("ResourceLabel", ""),
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
