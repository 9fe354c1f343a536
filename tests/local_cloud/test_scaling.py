# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulated Auto Scaling decides: when hooks end, when schedules are due, how many members a refresh may take."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from local_cloud.emulator.scaling import hooks, refresh, schedules

MONDAY_EIGHT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def action(timeout: int = 60, default: str = "ABANDON", ago: float = 0, heard: float | None = None) -> hooks.Action:
    now = time.monotonic()
    hook = SimpleNamespace(heartbeat_timeout=timeout, default_result=default)
    return hooks.Action(hook, started=now - ago, heartbeat=now - (ago if heard is None else heard))


@pytest.mark.parametrize(
    ("actions", "outcome"),
    [
        ([{"ago": 59}], ""),
        ([{"ago": 61}], "ABANDON"),
        ([{"ago": 61, "default": "CONTINUE"}], "CONTINUE"),
        ([{"ago": 61, "heard": 5}], ""),
        ([{"ago": 6001, "heard": 5}], "ABANDON"),
        ([{"ago": 61, "default": "CONTINUE"}, {}], ""),
        ([{}, {"ago": 61}], "ABANDON"),
    ],
    ids=[
        "waits",
        "times out",
        "times out well",
        "asked for time",
        "asked too often",
        "waits for all",
        "one is enough to abandon",
    ],
)
def test_how_actions_end(actions: list[dict[str, Any]], outcome: str) -> None:
    """The ages count from now: from the test, not from when it was collected."""
    assert hooks.outcome([action(**given) for given in actions]) == outcome


def test_an_abandoned_launch_says_why() -> None:
    late = action(ago=61)
    assert hooks.outcome([late]) == "ABANDON"
    assert hooks.problem([late]).endswith(f"token {late.token} was abandoned: Heartbeat Timeout")


@pytest.mark.parametrize(
    ("recurrence", "due"),
    [
        ("0 8 * * *", True),
        ("0 8 * * 1-5", True),
        ("0 8 * * mon", True),
        ("*/15 6-10/2 * nov *", True),
        ("0 8 16 * sun", True),
        ("0 8 15 * sun", False),
        ("0 8 * * 0,6", False),
        ("5 8 * * *", False),
        ("30/10 8 * * *", False),
    ],
)
def test_when_a_recurrence_is_due(recurrence: str, due: bool) -> None:
    assert schedules.matches(recurrence, MONDAY_EIGHT) is due


def test_a_schedule_has_a_time_zone_a_beginning_and_an_end() -> None:
    settings: dict[str, Any] = {"recurrence": "0 9 * * *", "start_time": None, "end_time": None, "done_at": None}
    assert schedules.is_due(SimpleNamespace(**settings, time_zone="Europe/Berlin"), MONDAY_EIGHT)
    assert not schedules.is_due(SimpleNamespace(**settings, time_zone=None), MONDAY_EIGHT)
    over = settings | {"end_time": "2026-11-15T00:00:00Z"}
    assert not schedules.is_due(SimpleNamespace(**over, time_zone="Europe/Berlin"), MONDAY_EIGHT)
    later = settings | {"start_time": "2026-11-17T00:00:00Z"}
    assert not schedules.is_due(SimpleNamespace(**later, time_zone="Europe/Berlin"), MONDAY_EIGHT)


@pytest.mark.parametrize(
    ("preferences", "size", "least", "most"),
    [
        ({"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}, 2, 2, 3),
        ({"MinHealthyPercentage": 100}, 4, 3, 4),
        ({"MinHealthyPercentage": 50}, 4, 2, 4),
        ({}, 10, 9, 10),
        ({}, 1, 0, 1),
        ({"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}, 3, 3, 6),
    ],
    ids=["launch first", "one at a time", "half at a time", "default", "only one", "all at once"],
)
def test_how_many_members_a_refresh_leaves_and_adds(preferences: dict[str, int], size: int, least: int, most: int) -> None:
    item = refresh.Refresh("app", preferences, None, None, None, set())
    assert (refresh.fewest(item, size), refresh.most(item, size)) == (least, most)
