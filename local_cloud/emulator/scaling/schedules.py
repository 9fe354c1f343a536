# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled actions change the size of a group at their time: once, or again and again.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

# Minute, hour, day of the month, month and day of the week with their ranges.
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NAMES = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))} | {
    name: number + 1
    for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}


def is_due(action: Any, now: datetime) -> bool:
    """Whether an action is to be done in this minute."""
    start, end = moment(action.start_time), moment(action.end_time)
    if (start and now < start) or (end and now > end):
        return False
    if action.recurrence:
        return matches(action.recurrence, now.astimezone(ZoneInfo(action.time_zone or "UTC")))
    return start is not None and action.done_at is None


def matches(recurrence: str, now: datetime) -> bool:
    """Whether a Unix cron expression means this minute. Of day and weekday one is enough if both are restricted."""
    minute, hour, day, month, weekday = (
        _values(text, *limits) for text, limits in zip(recurrence.lower().split(), FIELDS, strict=True)
    )
    _, _, days, _, weekdays = recurrence.split()
    on_day, on_weekday = now.day in day, bool({now.isoweekday(), now.isoweekday() % 7} & weekday)
    today = on_day or on_weekday if "*" not in (days[0], weekdays[0]) else on_day and on_weekday
    return now.minute in minute and now.hour in hour and now.month in month and today


def _values(text: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low = least if first == "*" else _number(first)
        high = most if first == "*" or (step and not last) else _number(last or first)
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    return NAMES[text] if text in NAMES else int(text)


def advance(group: Any) -> bool:
    """Do what is due; whether anything was."""
    now = datetime.now(UTC)
    minute = now.replace(second=0, microsecond=0)
    actions = [
        item for item in group.autoscaling_backend.scheduled_actions.values() if item.auto_scaling_group_name == group.name
    ]
    due = [item for item in actions if item.done_at != minute and is_due(item, now)]
    for item in due:
        item.done_at = minute
        _resize(group, item)
    return bool(due)


def _resize(group: Any, action: Any) -> None:
    """Set what the action names; the size follows its limits."""
    if action.min_size is not None:
        group.min_size = action.min_size
    if action.max_size is not None:
        group.max_size = action.max_size
    wanted = group.desired_capacity if action.desired_capacity is None else action.desired_capacity
    group.desired_capacity = max(group.min_size, min(group.max_size, wanted))


def moment(value: Any) -> datetime | None:
    """Return a time of the API, which moto leaves as it was sent."""
    if not value:
        return None
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
