# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When AWS may take snapshots and do maintenance, in UTC: ``03:00-04:00`` every day, ``sun:04:30-sun:05:30`` every week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = r"([01]\d|2[0-3]):[0-5]\d"
MOMENT = f"(?i:{'|'.join(DAYS)}):{HOUR}"
DAILY = Constraint(pattern=f"{HOUR}-{HOUR}", says="a window looks like 03:00-04:00 (UTC)")
WEEKLY = Constraint(pattern=f"{MOMENT}-{MOMENT}", says="a window looks like sun:04:30-sun:05:30 (UTC)")
MINUTES_OF_DAY, MINUTES_OF_WEEK = 1440, 10080


def check(options: Mapping[str, Any], daily: str, weekly: str, shortest: int, path: str) -> None:
    """Check two windows of a thing, given by the names of the options, that may be absent. Raises InvalidOption."""
    every_day = {
        minute + day * MINUTES_OF_DAY
        for minute in _minutes(options[daily], shortest, f"{path}.{daily}")
        for day in range(len(DAYS))
    }
    if every_day & _minutes(options[weekly], shortest, f"{path}.{weekly}"):
        raise InvalidOption(f"{path}.{weekly}", f"overlaps with {daily}")


def _minutes(window: str | None, shortest: int, path: str) -> set[int]:
    """Return the minutes of the day or, with day names, of the week that a window covers. Raises InvalidOption."""
    if window is None:
        return set()
    start, end = (_minute(moment.lower()) for moment in window.split("-"))
    cycle = MINUTES_OF_WEEK if window[0].isalpha() else MINUTES_OF_DAY
    length = (end - start) % cycle
    if length < shortest:
        raise InvalidOption(path, f"has to be at least {shortest} minutes long")
    return {(start + offset) % cycle for offset in range(length)}


def _minute(moment: str) -> int:
    *day, hour, minute = moment.split(":")
    return (DAYS.index(day[0]) if day else 0) * MINUTES_OF_DAY + int(hour) * 60 + int(minute)
