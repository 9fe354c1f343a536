# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members that are kept ready, most of them stopped, for a group to grow faster.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html
"""

from typing import Any

from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import activities, members

# The states of the pool's instances, and those of members that are ready to be taken.
STATES = {"Stopped": "Warmed:Stopped", "Running": "Warmed:Running", "Hibernated": "Warmed:Hibernated"}


def pooled(group: Any) -> list[Any]:
    """Return the members in the pool."""
    return [member for member in group.instance_states if member.lifecycle_state.startswith(members.WARM)]


def missing(group: Any) -> int:
    """Return how many members the pool lacks; less than none when it has too many."""
    return _size(group) - len(pooled(group))


def _size(group: Any) -> int:
    """Return the size: what is between the group's own and the most that may be prepared, but not less than the minimum."""
    pool = group.warm_pool
    if pool is None or pool.status:
        return 0
    most = pool.max_group_prepared_capacity
    prepared = group.max_size if most is None or int(most) < 0 else int(most)
    return max(int(pool.min_size or 0), prepared - (group.desired_capacity or 0), 0)


def take(group: Any, template: dict[str, str] | None) -> bool:
    """Let a member that is ready become one of the group's; whether there was one, of a template that has to be so."""
    for member in pooled(group):
        if member.lifecycle_state in STATES.values() and template in (None, member.template):
            member.activity = activities.begin(
                group,
                f"Launching a new EC2 instance from warm pool: {member.instance_id}",
                "an instance was started in response to a difference between desired and actual capacity.",
            )
            if member.instance.state == "stopped":
                group.ec2_backend.start_instances([member.instance_id])
            member.lifecycle_state = "Pending"
            lifecycle.start(members.LAUNCHING, member.instance_id)
            return True
    return False


def put_back(group: Any, member: Any) -> bool:
    """Let a member that the group has no need of go to the pool; whether its policy says so."""
    policy = getattr(group.warm_pool, "instance_reuse_policy", None) or {}
    if str(policy.get("ReuseOnScaleIn")).lower() != "true" or missing(group) <= 0:
        return False
    members.deregister(group, member)
    member.activity = activities.begin(group, f"Returning EC2 instance to warm pool: {member.instance_id}", "the group shrank.")
    member.lifecycle_state = "Warmed:Pending"
    lifecycle.start(members.LAUNCHING, member.instance_id)
    return True


def drop(group: Any, dropped: list[Any]) -> None:
    """End members of the pool."""
    for member in dropped:
        members.leave(group, member, "an instance was taken out of the warm pool.", at_once=True)
    pool = group.warm_pool
    if pool is not None and pool.status and not pooled(group):
        group.warm_pool = None
