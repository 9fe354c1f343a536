# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single instance that is registered with a target group.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#registered-targets

Auto Scaling registers the members of its groups by itself: they are not looked at here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only

DRAINING = "draining"


@dataclasses.dataclass(frozen=True)
class Target:
    """Its port is that of the target group."""

    instance: Any = create_only(refers=("instance",))
    target_group: Any = create_only(refers=("target_group",))


def list_targets(context: Context) -> Iterable[Found]:
    """Ask the stack's target groups for the stack's single instances, if there are any."""
    instances = {found.id for found in context.found("instance")}
    groups = [found.id for found in context.found("target_group") if found.values.target_type == "instance"]
    lists = context.each(lambda group: _targets(context, group), groups if instances else [])
    return [found for of_one in lists for found in of_one if found.values.instance in instances]


def create(context: Context, new: New, values: Target) -> Found:
    """Its health is not awaited: the host may have to be configured before it can serve."""
    context.client("elbv2").register_targets(TargetGroupArn=values.target_group, Targets=[{"Id": values.instance}])
    return _found(values.target_group, {"Target": {"Id": values.instance}})


def delete(context: Context, found: Found) -> None:
    context.client("elbv2").deregister_targets(TargetGroupArn=found.values.target_group, Targets=[{"Id": found.values.instance}])


def _targets(context: Context, group: str) -> list[Found]:
    """The target group may have gone since it was listed."""
    try:
        answer = context.client("elbv2").describe_target_health(TargetGroupArn=group)
    except Exception as error:
        if is_not_found(error):
            return []
        raise
    return [_found(group, raw) for raw in answer["TargetHealthDescriptions"]]


def _found(group: str, raw: Mapping[str, Any]) -> Found:
    instance, state = raw["Target"]["Id"], raw.get("TargetHealth", {}).get("State", "initial")
    values = Target(instance=instance, target_group=group)
    return Found(f"{group}/{instance}", values, state=DELETING if state == DRAINING else READY, detail=state)


KIND = Kind(
    name="target",
    service="elbv2",
    values=Target,
    list=list_targets,
    calls={"DescribeTargetHealth": "parent"},
    actions=("elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"),
    after=("instance", "target_group"),
    identity=lambda values: (values.target_group, values.instance),
    parent="instance",
    create=create,
    delete=delete,
)
