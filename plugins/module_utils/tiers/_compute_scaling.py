# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the groups of the compute tier change their size: by metrics and by schedules."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scaling_policy import ScalingPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scheduled_action import ScheduledAction
from ansible_collections.terrace.aws.plugins.module_utils.tiers._compute_rollout import SIZE
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import NAME

TIER = "compute"
TRACKING: Spec = {"cpu": {"type": "float"}, "requests_per_target": {"type": "float"}}
TRACKING_CONSTRAINTS = {
    "cpu": Constraint(minimum=1, maximum=100),
    "requests_per_target": Constraint(minimum=1, maximum=1000000),
}
SCHEDULE: Spec = {
    "name": {"type": "str", "required": True},
    "recurrence": {"type": "str", "required": True},
    "time_zone": {"type": "str", "default": "Etc/UTC"},
    "min": {"type": "int"},
    "max": {"type": "int"},
    "desired": {"type": "int"},
}
CRON = r"[0-9*,/-]+ [0-9*,/-]+ [0-9*,/L-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/#-]+"
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
SCHEDULE_CONSTRAINTS = {
    "name": NAME,
    "recurrence": Constraint(
        pattern=CRON, says="a recurrence is minute, hour, day of month, month and day of week, such as 0 18 * * MON-FRI"
    ),
    "time_zone": Constraint(pattern=r"[A-Za-z_]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}", says="a time zone looks like Europe/Berlin"),
    "min": SIZE,
    "max": SIZE,
    "desired": SIZE,
}
INNER: dict[str, tuple[Spec, Mapping[str, Constraint]]] = {
    "target_tracking": (TRACKING, TRACKING_CONSTRAINTS),
    "schedules[]": (SCHEDULE, SCHEDULE_CONSTRAINTS),
}


def sizes(group: Mapping[str, Any]) -> dict[str, int]:
    """Return the size fields of a group. What its schedules change is only where it starts: they have the say later."""
    fields = {"min": ("minimum", "floor"), "max": ("maximum", "ceiling")}
    scheduled = {size for size in fields for schedule in group["schedules"] if schedule[size] is not None}
    return {fields[size][size in scheduled]: group[size] for size in fields}


def policies(group: Mapping[str, Any], path: str) -> Iterator[Declaration]:
    tracking, where = group["target_tracking"] or {}, f"{path}.target_tracking"
    if group["target_tracking"] is not None and not any(tracking.values()):
        raise InvalidOption(where, "needs cpu, requests_per_target, or both")
    if tracking.get("cpu"):
        yield _policy(group, "cpu", where, metric="ASGAverageCPUUtilization", target=tracking["cpu"])
    if tracking.get("requests_per_target"):
        if not group["target_groups"]:
            raise InvalidOption(f"{where}.requests_per_target", "needs target_groups; it is about the first of them")
        yield _policy(
            group,
            "requests-per-target",
            where,
            metric="ALBRequestCountPerTarget",
            target=tracking["requests_per_target"],
            target_group=Reference("target_group", group["target_groups"][0]),
            # AWS wants the target group to have its load balancer, which a listener or one of its rules gives it.
            listeners=tuple(Reference(kind, "", every=True, optional=True) for kind in ("listener",)),
        )


def _policy(group: Mapping[str, Any], name: str, path: str, **values: Any) -> Declaration:
    policy = ScalingPolicy(group=Reference("auto_scaling_group", group["name"]), policy_name=name, **values)
    return Declaration("scaling_policy", f"{group['name']}/{name}", TIER, policy, f"{path}.{name.replace('-', '_')}")


def scheduled_actions(group: Mapping[str, Any], path: str) -> Iterator[Declaration]:
    for index, schedule in enumerate(group["schedules"]):
        where = f"{path}.schedules[{index}]"
        _check_schedule(schedule, where)
        action = ScheduledAction(
            group=Reference("auto_scaling_group", group["name"]),
            action_name=schedule["name"],
            recurrence=schedule["recurrence"],
            time_zone=schedule["time_zone"],
            sizes={size: schedule[size] for size in ("min", "max", "desired") if schedule[size] is not None},
        )
        yield Declaration("scheduled_action", f"{group['name']}/{schedule['name']}", TIER, action, where)


def _check_schedule(schedule: Mapping[str, Any], path: str) -> None:
    given = [(size, schedule[size]) for size in ("min", "desired", "max") if schedule[size] is not None]
    if not given:
        raise InvalidOption(path, "needs min, max or desired")
    for (smaller, low), (greater, high) in itertools.pairwise(given):
        if low > high:
            raise InvalidOption(f"{path}.{smaller}", f"{low} is greater than {greater} {high}")
