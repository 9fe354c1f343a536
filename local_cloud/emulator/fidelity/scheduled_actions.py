# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled actions: their names are unique per group, they go with it, and their time comes.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html
"""

import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeScheduledAction

from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.fidelity.scaling_members import find_group
from local_cloud.emulator.scaling import schedules

setattr(FakeScheduledAction, "done_at", None)  # noqa: B010 mypy knows no such attribute
MOST = 125


@around(AutoScalingBackend, "put_scheduled_update_group_action")
def put_scheduled_update_group_action(
    original: Any, self: Any, name: str, scheduled_action_name: str, **keywords: Any
) -> FakeScheduledAction:
    """Keep the action under its group's and its own name; refuse what says nothing, or comes too late."""
    group = find_group(self, name)
    _validate(keywords)
    key, others = (name, scheduled_action_name), dict(self.scheduled_actions)
    if key not in others and sum(action.auto_scaling_group_name == name for action in others.values()) >= MOST:
        raise AutoscalingClientError("LimitExceeded", f"Scheduled action limit exceeded: {MOST}.")
    action: Any = original(self, name=name, scheduled_action_name=scheduled_action_name, **keywords)
    previous: Any = others.pop(key, None)
    action.scheduled_action_arn = previous.scheduled_action_arn if previous else _arn(group, scheduled_action_name)
    self.scheduled_actions.clear()
    self.scheduled_actions.update(others | {key: action})
    return action


@method(AutoScalingBackend)
def delete_scheduled_action(self: Any, auto_scaling_group_name: str, scheduled_action_name: str) -> None:
    """Delete one that exists."""
    if self.scheduled_actions.pop((auto_scaling_group_name, scheduled_action_name), None) is None:
        raise ValidationError("Scheduled action name not found")


@around(AutoScalingBackend, "delete_auto_scaling_group")
def delete_auto_scaling_group(original: Any, self: Any, group_name: str) -> None:
    """The group's actions go with it."""
    original(self, group_name)
    for key in [key for key, action in self.scheduled_actions.items() if action.auto_scaling_group_name == group_name]:
        del self.scheduled_actions[key]


def _validate(given: dict[str, Any]) -> None:
    if all(given[name] is None for name in ("desired_capacity", "min_size", "max_size")):
        raise ValidationError("At least one of MinSize, MaxSize and DesiredCapacity must be specified.")
    start = schedules.moment(given["start_time"])
    if start is not None and start < datetime.now(UTC):
        raise ValidationError("Given start time is in the past")
    if start is None and not given["recurrence"]:
        raise ValidationError("You must specify a start time, a recurrence or both.")
    try:
        ZoneInfo(given["timezone"] or "UTC")
        if given["recurrence"]:
            schedules.matches(given["recurrence"], datetime.now(UTC))
    except (ZoneInfoNotFoundError, ValueError, KeyError) as error:
        raise ValidationError("Given recurrence string or time zone is invalid") from error


def _arn(group: Any, name: str) -> str:
    prefix = f"arn:aws:autoscaling:{group.region}:{group.account_id}:scheduledUpdateGroupAction:{uuid.uuid4()}"
    return f"{prefix}:autoScalingGroupName/{group.name}:scheduledActionName/{name}"
