# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to groups by themselves, each time that somebody looks."""

from typing import Any

from moto.autoscaling.models import autoscaling_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import capacity, health, members, refresh, schedules

DELETING = "autoscaling.deleting"


def advance() -> bool:
    """Take the groups of all regions a step further; whether anything changed."""
    if ACCOUNT not in autoscaling_backends.keys():  # noqa: SIM118 its __contains__ lies
        return False
    groups = [group for backend in autoscaling_backends[ACCOUNT].values() for group in list(backend.autoscaling_groups.values())]
    return sum(advance_group(group) for group in groups) > 0


def advance_group(group: Any) -> bool:
    """Take a group a step further."""
    if group.status is not None:
        return _delete(group)
    changed = schedules.advance(group) if not members.suspended(group, "ScheduledActions") else False
    changed |= health.check(group)
    changed |= sum(members.advance(group, member) for member in list(group.instance_states)) > 0
    changed |= refresh.advance(group)
    changed |= capacity.balance(group)
    return changed


def _delete(group: Any) -> bool:
    """End the members without ado, then the group."""
    for member in list(group.instance_states):
        members.leave(group, member, "the group was deleted.", at_once=True)
        members.advance(group, member)
    if lifecycle.pending(DELETING, group.arn):
        return False
    backend = group.autoscaling_backend
    backend.autoscaling_groups.pop(group.name, None)
    return True
