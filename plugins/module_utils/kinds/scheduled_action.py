# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes the sizes of a group at certain times.

It takes no tags: its identity is its group and its name, which is unique in the group.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical, create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _autoscaling

SIZES = {"min": "MinSize", "max": "MaxSize", "desired": "DesiredCapacity"}
# What AWS means when it answers none.
UTC = "Etc/UTC"


@dataclasses.dataclass(frozen=True)
class ScheduledAction:
    """`recurrence` is a cron expression of five fields, `sizes` has some of min, max and desired."""

    group: Any = create_only(refers=("auto_scaling_group",))
    action_name: str | None = create_only()
    recurrence: str | None = mutable("Recurrence")
    time_zone: str | None = mutable("TimeZone")
    sizes: Any = mutable(normalise=canonical)


def list_actions(context: Context) -> Iterable[Found]:
    """One-time actions are other people's business."""
    if not context.found("auto_scaling_group"):
        return []
    actions = context.pages("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions")
    return [_found(raw) for raw in actions if raw.get("Recurrence")]


def identity(values: ScheduledAction) -> tuple[Any, ...]:
    return (values.group, values.action_name)


def create(context: Context, new: New, values: ScheduledAction) -> Found:
    _put(context, values)
    return Found(_id(values.group, values.action_name), values, name=values.action_name)


def update(context: Context, found: Found, values: ScheduledAction, fields: set[str]) -> None:
    """A size that the call leaves out stays as it was, so that only a new action can do without it."""
    if found.values.sizes.keys() - values.sizes.keys():
        delete(context, found)
    _put(context, values)


def delete(context: Context, found: Found) -> None:
    group, name = found.values.group, found.values.action_name
    _autoscaling.unless_gone(
        lambda: context.client("autoscaling").delete_scheduled_action(AutoScalingGroupName=group, ScheduledActionName=name)
    )


def _put(context: Context, values: ScheduledAction) -> None:
    """PutScheduledUpdateGroupAction creates and changes alike."""
    context.client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName=values.group,
        ScheduledActionName=values.action_name,
        Recurrence=values.recurrence,
        TimeZone=values.time_zone,
        **{SIZES[size]: value for size, value in values.sizes.items()},
    )


def _id(group: str, name: str | None) -> str:
    return f"{group}/{name}"


def _found(raw: Mapping[str, Any]) -> Found:
    values = ScheduledAction(
        group=raw["AutoScalingGroupName"],
        action_name=raw["ScheduledActionName"],
        recurrence=raw["Recurrence"],
        time_zone=raw.get("TimeZone") or UTC,
        sizes={size: raw[name] for size, name in SIZES.items() if raw.get(name) is not None},
    )
    return Found(_id(values.group, values.action_name), values, name=values.action_name)


KIND = Kind(
    name="scheduled_action",
    service="autoscaling",
    values=ScheduledAction,
    list=list_actions,
    calls={"DescribeScheduledActions": "page"},
    actions=("autoscaling:PutScheduledUpdateGroupAction", "autoscaling:DeleteScheduledAction"),
    create=create,
    update=update,
    delete=delete,
    after=("auto_scaling_group",),
    identity=identity,
    parent="group",
)
