# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that changes a group's size by steps when an alarm goes off: the further beyond the threshold, the more.

It takes no tags: its identity is its group and its name, which is unique in the group.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _autoscaling

TYPE = "StepScaling"
BOUNDS = {"lower": "MetricIntervalLowerBound", "upper": "MetricIntervalUpperBound"}


@dataclasses.dataclass(frozen=True)
class StepPolicy:
    """`adjustment` is an AdjustmentType. Each of `steps` has lower and upper, relative to the alarm's threshold and None
    where it is open, and change."""

    group: Any = create_only(refers=("auto_scaling_group",))
    policy_name: str | None = create_only()
    adjustment: str | None = mutable()
    steps: Any = mutable(normalise=unordered)


def list_policies(context: Context) -> Iterable[Found]:
    if not context.found("auto_scaling_group"):
        return []
    return map(_found, context.pages("autoscaling", "describe_policies", "ScalingPolicies", PolicyTypes=[TYPE]))


def identity(values: StepPolicy) -> tuple[Any, ...]:
    return (values.group, values.policy_name)


def create(context: Context, new: New, values: StepPolicy) -> Found:
    arn = _put(context, values)["PolicyARN"]
    return Found(arn, values, name=values.policy_name, attributes={"arn": arn})


def update(context: Context, found: Found, values: StepPolicy, fields: set[str]) -> None:
    _put(context, values)


def delete(context: Context, found: Found) -> None:
    _autoscaling.unless_gone(lambda: context.client("autoscaling").delete_policy(PolicyName=found.id))


def _put(context: Context, values: StepPolicy) -> Mapping[str, Any]:
    """PutScalingPolicy creates and changes alike."""
    return context.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=values.group,
        PolicyName=values.policy_name,
        PolicyType=TYPE,
        AdjustmentType=values.adjustment,
        StepAdjustments=[_adjustment(step) for step in values.steps],
    )


def _adjustment(step: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {BOUNDS[side]: step[side] for side in BOUNDS if step[side] is not None}
    return {**bounds, "ScalingAdjustment": step["change"]}


def _found(raw: Mapping[str, Any]) -> Found:
    steps = tuple(
        {**{side: _number(step.get(name)) for side, name in BOUNDS.items()}, "change": step["ScalingAdjustment"]}
        for step in raw.get("StepAdjustments", ())
    )
    values = StepPolicy(
        group=raw["AutoScalingGroupName"], policy_name=raw["PolicyName"], adjustment=raw.get("AdjustmentType"), steps=steps
    )
    return Found(raw["PolicyARN"], values, name=raw["PolicyName"], attributes={"arn": raw["PolicyARN"]})


def _number(bound: Any) -> float | None:
    return None if bound is None else float(bound)


KIND = Kind(
    name="step_policy",
    service="autoscaling",
    values=StepPolicy,
    list=list_policies,
    calls={"DescribePolicies": "page"},
    actions=("autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy"),
    create=create,
    update=update,
    delete=delete,
    after=("auto_scaling_group",),
    identity=identity,
    parent="group",
)
