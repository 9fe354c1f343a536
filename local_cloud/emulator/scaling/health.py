# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members that are ill are replaced.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
"""

import time
from typing import Any

from local_cloud.emulator.scaling import members

RUNNING = ("pending", "running")


def check(group: Any) -> bool:
    """Mark the members that are ill and begin their end; whether any are."""
    if members.suspended(group, "HealthCheck"):
        return False
    ill = [member for member in members.live(group) if _is_ill(group, member)]
    for member in ill:
        member.health_status = "Unhealthy"
        if not members.suspended(group, "ReplaceUnhealthy"):
            cause = f"an instance was taken out of service in response to {_reason(member)}."
            # What does not run any more has no connections, and nobody who could answer for its hooks.
            members.leave(group, member, cause, at_once=member.instance.state not in RUNNING)
    return bool(ill)


def _is_ill(group: Any, member: Any) -> bool:
    if member.instance.state not in RUNNING:
        return not member.lifecycle_state.startswith(members.WARM)
    if member.lifecycle_state != members.IN_SERVICE:
        return False
    if member.health_status == "Unhealthy":
        return True
    return group.health_check_type == "ELB" and _grace_is_over(group, member) and not _serves(group, member)


def _grace_is_over(group: Any, member: Any) -> bool:
    return bool(time.monotonic() - member.served >= int(group.health_check_grace_period or 0))


def _serves(group: Any, member: Any) -> bool:
    """Whether no load balancer calls a member unhealthy."""
    return "unhealthy" not in target_states(group, member)


def target_states(group: Any, member: Any) -> list[str]:
    """Return what the target groups of a group say of a member."""
    elbv2 = group.autoscaling_backend.elbv2_backend
    groups = [elbv2.target_groups[arn] for arn in group.target_group_arns if arn in elbv2.target_groups]
    return [item.health_for({"Id": member.instance_id, "Port": item.port}, group.ec2_backend).status for item in groups]


def _reason(member: Any) -> str:
    if member.instance.state not in RUNNING:
        return "an EC2 instance status checks failure: it is not running"
    return "an ELB system health check failure"
