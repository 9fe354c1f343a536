# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the groups of the compute tier change their size: by metrics and by schedules."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec
from ansible_collections.terrace.aws.plugins.module_utils.kinds.alarm import Alarm
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scaling_policy import ScalingPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.scheduled_action import ScheduledAction
from ansible_collections.terrace.aws.plugins.module_utils.kinds.step_policy import StepPolicy
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
STEP_POLICY: Spec = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": "AWS/EC2"},
    "metric": {"type": "str", "default": "CPUUtilization"},
    "dimensions": {"type": "dict"},
    "statistic": {"type": "str", "choices": ["Average", "Maximum", "Minimum", "Sum", "SampleCount"], "default": "Average"},
    "period": {"type": "int", "default": 60},
    "periods": {"type": "int", "default": 3},
    "comparison": {"type": "str", "choices": ["above", "below"], "required": True},
    "threshold": {"type": "float", "required": True},
    "adjustment": {"type": "str", "choices": ["count", "percent", "exact"], "default": "count"},
    "distances": {"type": "list", "elements": "float", "default": [0]},
    "changes": {"type": "list", "elements": "int", "required": True},
}
FINITE = Constraint(minimum=-1e15, maximum=1e15)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
STEP_POLICY_CONSTRAINTS = {
    "name": NAME,
    "namespace": Constraint(pattern=r"[^:].{0,254}", says="a namespace has 1 to 255 characters and does not begin with a colon"),
    "metric": Constraint(pattern=r"[!-~]([ -~]{0,254})", says="a metric's name has 1 to 255 ASCII characters"),
    "dimensions": Constraint(
        max_length=30,
        keys=Constraint(pattern=r"[A-Za-z0-9_./# -]{1,255}", says="a dimension's name has 1 to 255 letters, digits and _./#-"),
        values=Constraint(
            pattern=r"[A-Za-z0-9_.:/@#+=,*() -]{1,1024}",
            says="a dimension's value has 1 to 1024 letters, digits and _.:/@#+=,*()-",
        ),
    ),
    # Of seconds: 10, 30, or minutes up to a day.
    "period": Constraint(pattern=r"10|30|[1-9]\d*", maximum=86400, says="a period is 10, 30, or a multiple of 60 seconds"),
    "periods": Constraint(minimum=1, maximum=1440),
    "threshold": FINITE,
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html: 20 steps for each policy.
    "distances": Constraint(min_length=1, max_length=20, distinct=True),
    "distances[]": Constraint(minimum=0, maximum=1e15),
    "changes": Constraint(min_length=1, max_length=20),
    "changes[]": Constraint(minimum=-10000, maximum=10000),
}
# What an alarm may look back on, by its period.
HOUR, DAY, WEEK = 3600, 86400, 604800
COMPARISONS = {"above": "GreaterThanOrEqualToThreshold", "below": "LessThanOrEqualToThreshold"}
ADJUSTMENTS = {"count": "ChangeInCapacity", "percent": "PercentChangeInCapacity", "exact": "ExactCapacity"}
INNER: dict[str, tuple[Spec, Mapping[str, Constraint]]] = {
    "step_policies[]": (STEP_POLICY, STEP_POLICY_CONSTRAINTS),
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
            load_balancer=Reference("target_group", group["target_groups"][0], "load_balancer"),
            # AWS wants the target group to have its load balancer, which a listener or one of its rules gives it.
            listeners=tuple(Reference(kind, "", every=True, optional=True) for kind in ("listener", "listener_rule")),
        )


def _policy(group: Mapping[str, Any], name: str, path: str, **values: Any) -> Declaration:
    policy = ScalingPolicy(group=Reference("auto_scaling_group", group["name"]), policy_name=name, **values)
    return Declaration("scaling_policy", f"{group['name']}/{name}", TIER, policy, f"{path}.{name.replace('-', '_')}")


def joined(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Return the declarations, with policies that follow the load balancers which are declared to forward to their targets."""
    declarations = list(declarations)
    balancers = _balancers(declarations)
    return [_following(other, balancers) if other.kind == "scaling_policy" else other for other in declarations]


def _following(policy: Declaration, balancers: Mapping[Reference, Reference]) -> Declaration:
    balancer = balancers.get(policy.values.target_group)
    return dataclasses.replace(policy, values=dataclasses.replace(policy.values, load_balancer=balancer)) if balancer else policy


def _balancers(declarations: Iterable[Declaration]) -> dict[Reference, Reference]:
    """Return the load balancer of each target group that a listener or one of its rules forwards to."""
    listeners = {declaration.key: declaration for declaration in declarations if declaration.kind == "listener"}
    rules = [declaration for declaration in declarations if declaration.kind == "listener_rule"]
    owned = [(listener, listener) for listener in listeners.values()]
    owned += [(rule, listeners[rule.values.listener.key]) for rule in rules]
    return {
        pointer: listener.values.load_balancer
        for forwarding, listener in owned
        for pointer in forwarding.references()
        if pointer.kind == "target_group"
    }


def step_policies(group: Mapping[str, Any], path: str) -> Iterator[Declaration]:
    """Yield policies with the alarms that set them off."""
    for index, policy in enumerate(group["step_policies"]):
        name, where = f"{group['name']}/{policy['name']}", f"{path}.step_policies[{index}]"
        _check_steps(policy, where)
        scaling_group = Reference("auto_scaling_group", group["name"])
        steps = StepPolicy(
            group=scaling_group,
            policy_name=policy["name"],
            adjustment=ADJUSTMENTS[policy["adjustment"]],
            steps=_steps(policy),
        )
        yield Declaration("step_policy", name, TIER, steps, where)
        alarm = Alarm(
            description=f"Sets off the scaling policy {policy['name']}",
            namespace=policy["namespace"],
            metric=policy["metric"],
            dimensions=policy["dimensions"] or {"AutoScalingGroupName": scaling_group},
            statistic=policy["statistic"],
            period=policy["period"],
            evaluation_periods=policy["periods"],
            comparison=COMPARISONS[policy["comparison"]],
            threshold=policy["threshold"],
            missing_data="missing",
            actions=(Reference("step_policy", name, "arn"),),
            ok_actions=(),
        )
        yield Declaration("alarm", name, TIER, alarm, where)


def _check_steps(policy: Mapping[str, Any], path: str) -> None:
    if policy["period"] > 60 and policy["period"] % 60:
        raise InvalidOption(f"{path}.period", "has to be 10, 30, or a multiple of 60")
    longest = WEEK if policy["period"] >= HOUR else DAY
    if policy["period"] * policy["periods"] > longest:
        raise InvalidOption(f"{path}.periods", f"make more than {longest} seconds together with the period")
    if policy["adjustment"] == "exact" and min(policy["changes"]) < 0:
        raise InvalidOption(f"{path}.changes", "have to be sizes, not below 0, where the adjustment is exact")
    if len(policy["changes"]) != len(policy["distances"]):
        raise InvalidOption(f"{path}.changes", f"has {len(policy['changes'])} items for {len(policy['distances'])} distances")
    if policy["distances"][0] != 0 or policy["distances"] != sorted(policy["distances"]):
        raise InvalidOption(f"{path}.distances", "have to begin with 0 and to be in ascending order")


def _steps(policy: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the intervals between the distances from the threshold, on the side of it that sets the alarm off."""
    near = [float(distance) for distance in policy["distances"]]
    far: list[float | None] = [*near[1:], None]
    if policy["comparison"] == "above":
        bounds = [{"lower": start, "upper": end} for start, end in zip(near, far, strict=True)]
    else:
        bounds = [{"lower": end and -end, "upper": -start or 0.0} for start, end in zip(near, far, strict=True)]
    return tuple({**bound, "change": change} for bound, change in zip(bounds, policy["changes"], strict=True))


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
