# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of a group and the states they go through, from Pending to terminated.

moto's InstanceState is a member; the fidelity layer gives it these attributes: `actions` hold it, `activity` tells of it,
`template` is what it was launched from, `served` is when it came into service (monotonic), `abandoned` is why it never did.
"""

import time
from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import InstanceState

from local_cloud.emulator.fidelity import target_draining
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import activities, hooks

LAUNCHING, DRAINING = "autoscaling.launching", "autoscaling.draining"
IN_SERVICE, STANDBY = "InService", "Standby"
LEAVING = ("Terminating", "Detaching")
WARM = "Warmed:"


def live(group: Any) -> list[InstanceState]:
    """Return the members that count for the group's size: those that are, or will be, in service."""
    return [
        member
        for member in group.instance_states
        if not member.lifecycle_state.startswith((*LEAVING, STANDBY, "EnteringStandby", WARM))
    ]


def in_service(group: Any) -> list[InstanceState]:
    return [member for member in group.instance_states if member.lifecycle_state == IN_SERVICE]


def suspended(group: Any, process: str) -> bool:
    """Whether a process of the group was suspended."""
    return any(item["ProcessName"] == process for item in group.suspended_processes)


def admit(
    group: Any, instance: Any, template: dict[str, str] | None, activity: activities.Activity, *, warm: bool = False
) -> InstanceState:
    """Begin a member's life, in the group or in its warm pool."""
    instance.autoscaling_group = group
    state = "Warmed:Pending" if warm else "Pending"
    member: Any = InstanceState(instance, state, protected_from_scale_in=group.new_instances_protected_from_scale_in)
    member.template, member.activity = template, activity
    group.instance_states.append(member)
    lifecycle.start(LAUNCHING, instance.id)
    return member


def leave(group: Any, member: Any, cause: str, *, at_once: bool = False) -> None:
    """Begin a member's end: out of the target groups, through the hooks, terminated. `at_once` skips all that."""
    if member.lifecycle_state.startswith(LEAVING):
        if at_once:
            member.lifecycle_state = "Terminating:Proceed"
        return
    member.activity = activities.begin(group, f"Terminating EC2 instance: {member.instance_id}", cause)
    member.actions = []
    if at_once:
        member.lifecycle_state = "Terminating:Proceed"
        return
    member.lifecycle_state = "Terminating"
    delay = deregister(group, member)
    if delay:
        member.activity.become("WaitingForELBConnectionDraining")
        lifecycle.start(DRAINING, member.instance_id, delay)


def advance(group: Any, member: Any) -> bool:
    """Take a member as far as it can go now; whether it went anywhere."""
    moved = False
    while step := STEPS.get(member.lifecycle_state):
        state = step(group, member)
        if state is None:
            break
        member.lifecycle_state, moved = state, True
    return moved


def _launched(group: Any, member: Any) -> str | None:
    if lifecycle.pending(LAUNCHING, member.instance_id):
        return None
    return _hold(group, member, hooks.LAUNCHING, member.lifecycle_state)


def _hold(group: Any, member: Any, transition: str, state: str) -> str:
    """Wait for the hooks of a transition, if there are any."""
    member.actions = hooks.begin(group, transition)
    if not member.actions:
        return f"{state}:Proceed"
    member.activity.become("MidLifecycleAction")
    return f"{state}:Wait"


def _prepared(group: Any, member: Any) -> str | None:
    outcome = hooks.outcome(member.actions)
    if outcome == hooks.ABANDON:
        member.abandoned = hooks.problem(member.actions)
        member.activity.become("Cancelled", member.abandoned)
        leave(group, member, f"an instance was taken out of service: {member.abandoned}")
        return str(member.lifecycle_state)
    return member.lifecycle_state.replace("Wait", "Proceed") if outcome else None


def _rest(group: Any, member: Any) -> str:
    """Become ready in the warm pool."""
    member.actions = []
    member.activity.become("Successful")
    state = group.warm_pool.pool_state if group.warm_pool else "Stopped"
    if state != "Running":
        group.ec2_backend.stop_instances([member.instance_id])
    return f"{WARM}{state}"


def _serve(group: Any, member: Any) -> str:
    member.actions, member.served = [], time.monotonic()
    member.activity.become("Successful")
    member.lifecycle_state = IN_SERVICE
    if not suspended(group, "AddToLoadBalancer"):
        group.autoscaling_backend.update_attached_target_groups(group.name)
    return IN_SERVICE


def _drained(group: Any, member: Any) -> str | None:
    """Go on when the delay is over, or as soon as no load balancer has a connection left."""
    elbv2 = group.autoscaling_backend.elbv2_backend
    if lifecycle.pending(DRAINING, member.instance_id) and target_draining.waits_for(elbv2, member.instance_id):
        return None
    return _hold(group, member, hooks.TERMINATING, "Terminating")


def _released(_group: Any, member: Any) -> str | None:
    return "Terminating:Proceed" if hooks.outcome(member.actions) else None


def _end(group: Any, member: Any) -> None:
    """Terminate the instance, which takes it out of the group."""
    group.instance_states = [other for other in group.instance_states if other is not member]
    if member.instance.state != "terminated":
        group.ec2_backend.terminate_instances([member.instance_id])
    member.activity.become("Successful")
    member.lifecycle_state = "Terminated"


Step = Callable[[Any, Any], str | None]
STEPS: dict[str, Step] = {
    "Pending": _launched,
    "Pending:Wait": _prepared,
    "Pending:Proceed": _serve,
    "Warmed:Pending": _launched,
    "Warmed:Pending:Wait": _prepared,
    "Warmed:Pending:Proceed": _rest,
    "Terminating": _drained,
    "Terminating:Wait": _released,
    "Terminating:Proceed": _end,
}


def deregister(group: Any, member: Any) -> float:
    """Take a member out of the group's target groups; how long its connections may go on, in seconds."""
    delays = [0.0]
    for arn in group.target_group_arns:
        target_group = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
        if target_group is not None and member.instance_id in target_group.targets:
            target_group.deregister([{"Id": member.instance_id}])
            if target_group.load_balancer_arns:
                delays.append(float(target_group.attributes["deregistration_delay.timeout_seconds"]))
    return max(delays)
