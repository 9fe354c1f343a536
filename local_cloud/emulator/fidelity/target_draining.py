# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deregistered target is draining until its group's delay is over; moto forgets it at once.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
"""

import time
from collections.abc import Callable
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from local_cloud.emulator.fidelity.patching import around

# (target group's ARN, target's id, port) -> whether a load balancer still has open connections to a deregistered target.
Observer = Callable[[str, str, str], bool]

observers: list[Observer] = []


def draining(group: FakeTargetGroup) -> dict[str, tuple[dict[str, Any], float]]:
    """Return (target, when its delay is over by the monotonic clock) by the id of the target."""
    if not group.load_balancer_arns:
        return {}
    delay = float(str(group.attributes["deregistration_delay.timeout_seconds"]))
    ends = {target: moment + delay for target, moment in _moments(group).items()}
    now = time.monotonic()
    return {
        target: (group.deregistered_targets[target], end)
        for target, end in ends.items()
        if end > now and target in group.deregistered_targets
    }


def waits_for(elbv2: ELBv2Backend, target: str) -> bool:
    """Whether somebody's request to a deregistered target may still be under way: Auto Scaling waits for it.

    Deregistration is complete as soon as no connection is left, although the target is called draining until the end.
    """
    return any(
        all(observe(group.arn, target, str(groups[target][0]["Port"])) for observe in observers)
        for group in elbv2.target_groups.values()
        if target in (groups := draining(group))
    )


@around(FakeTargetGroup, "deregister")
def deregister(original: Any, self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """Note the time."""
    original(self, targets)
    _moments(self).update({target["Id"]: time.monotonic() for target in targets})


@around(FakeTargetGroup, "deregister_terminated_instances")
def deregister_terminated_instances(original: Any, self: FakeTargetGroup, instance_ids: list[str]) -> None:
    """There is nothing to wait for any more."""
    original(self, instance_ids)
    for target in instance_ids:
        _moments(self).pop(target, None)


@around(FakeTargetGroup, "health_for")
def health_for(original: Any, self: FakeTargetGroup, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
    """Tell of the draining."""
    status = original(self, target, ec2_backend)
    if status.reason == "Target.NotRegistered" and target["Id"] in draining(self):
        status.status, status.reason = "draining", "Target.DeregistrationInProgress"
        status.description = "Target deregistration is in progress"
    return status


@around(ELBv2Backend, "describe_target_health")
def describe_target_health(original: Any, self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]) -> Any:
    """List the draining ones too."""
    answer = original(self, target_group_arn, targets)
    group = self.target_groups[target_group_arn]
    unasked = [] if targets else [target for target, _end in draining(group).values()]
    return answer + [group.health_for(target, self.ec2_backend) for target in unasked]


def _moments(group: FakeTargetGroup) -> dict[str, float]:
    """Return when targets were deregistered, by their ids."""
    return group.__dict__.setdefault("_deregistered", {})
