# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As many members as the group wants.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
"""

from collections import Counter
from typing import Any

from moto.core.exceptions import ServiceException

from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import activities, launches, members, refresh, warm_pools

# How long a group whose launch failed waits before the next one.
RETRY, RETRY_SECONDS = "autoscaling.retry", 30


def balance(group: Any) -> bool:
    """Launch what is missing and end what is too much; whether anything was done."""
    wanted = (group.desired_capacity or 0) + refresh.surplus(group)
    changed = _grow(group, wanted) or _shrink(group, wanted)
    return _fill_pool(group) or changed


def _size(group: Any) -> int:
    return sum(launches.weight(member) for member in members.live(group))


def _grow(group: Any, wanted: int) -> bool:
    if members.suspended(group, "Launch") or lifecycle.pending(RETRY, group.arn):
        return False
    grown = False
    while _size(group) < wanted:
        grown = True
        if warm_pools.take(group, _wanted_template(group)):
            continue
        if not _launch(group):
            break
    return grown


def _wanted_template(group: Any) -> dict[str, str] | None:
    """Return what a refresh brings in: what is older in the warm pool would have to be replaced at once."""
    item = refresh.active(group)
    return launches.reference(group, item.configuration) if item and item.configuration else None


def _fill_pool(group: Any) -> bool:
    """Have as many members in the warm pool as it wants."""
    missing = warm_pools.missing(group)
    if missing < 0 or (group.warm_pool is not None and group.warm_pool.status):
        warm_pools.drop(group, warm_pools.pooled(group)[missing:])
    if missing <= 0 or members.suspended(group, "Launch") or lifecycle.pending(RETRY, group.arn):
        return missing < 0
    return sum(_launch(group, warm=True) for _ in range(missing)) > 0


def _launch(group: Any, *, warm: bool = False) -> bool:
    """Launch a member; a failed one is tried again after a while."""
    cause = f"an instance was started in response to a difference between desired and actual capacity, {group.desired_capacity}."
    activity = activities.begin(group, "Launching a new EC2 instance", cause)
    try:
        instance, template = launches.launch(group, refresh.configuration(group))
    except ServiceException as error:
        activity.description += f".  Status Reason: {error.message}"
        activity.become("Failed", f"{error.message} Launching EC2 instance failed.")
        lifecycle.start(RETRY, group.arn, RETRY_SECONDS)
        return False
    activity.description += f": {instance.id}"
    member = members.admit(group, instance, template, activity, warm=warm)
    if not warm:
        refresh.note_launch(group, member)
    return True


def _shrink(group: Any, wanted: int) -> bool:
    if members.suspended(group, "Terminate"):
        return False
    shrunk = False
    while True:
        surplus = _size(group) - wanted
        candidates = [
            member for member in members.live(group) if not member.protected_from_scale_in and launches.weight(member) <= surplus
        ]
        if not candidates:
            return shrunk
        victim = _choose(group, candidates)
        refresh.forget(group, victim)
        if not warm_pools.put_back(group, victim):
            members.leave(group, victim, f"instance {victim.instance_id} was selected for termination to shrink the group.")
        shrunk = True


def _choose(group: Any, candidates: list[Any]) -> Any:
    """Choose from the zone with most members, an old launch template first, then the oldest."""
    zones = Counter(member.availability_zone for member in members.live(group))
    order = {id(member): number for number, member in enumerate(group.instance_states)}
    return min(candidates, key=lambda member: (-zones[member.availability_zone], _version(member), order[id(member)]))


def _version(member: Any) -> int:
    return int(member.template["Version"]) if member.template else 0
