# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.callback.progress import CallbackModule, Tally, duration
from ansible_collections.terrace.aws.plugins.module_utils.engine.progress import ENVIRONMENT_VARIABLE, Progress


def step(state: str, seconds: float = 1.0, detail: str = "", action: str = "create") -> dict[str, Any]:
    return {
        "event": "step",
        "tier": "database",
        "kind": "db_instance",
        "name": "main",
        "action": action,
        "state": state,
        "seconds": seconds,
        "detail": detail,
    }


@pytest.mark.parametrize(("seconds", "text"), [(0.34, "0.3s"), (42.9, "42s"), (250, "4m10s")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_waiting_is_told_once_an_interval() -> None:
    tally = Tally(interval=10)
    assert tally.line(step("started", 0), now=100) is None
    assert tally.line(step("waiting", 5), now=105) is None
    assert tally.line(step("waiting", 250, "creating"), now=350) == ("  … db_instance/main creating, 4m10s, creating", None)
    assert tally.line(step("waiting", 255), now=355) is None


def test_ends_are_told_at_once_and_counted() -> None:
    tally = Tally(interval=10)
    assert tally.line(step("done", 2.0), now=12) == ("  + db_instance/main created (2.0s)", "green")
    assert tally.line(step("failed", detail="no quota"), now=13) == ("  ! db_instance/main failed: no quota", "red")
    assert tally.actions == {"create": 1}
    assert tally.tier_seconds == {"database": 2.0}


def test_the_plan_is_summed_up() -> None:
    event = {"event": "plan", "create": 24, "update": 0, "replace": 0, "delete": 1, "none": 3}
    assert Tally(10).line(event, 0) == ("  plan: 24 to create, 0 to update, 0 to replace, 1 to delete, 3 unchanged", None)


def test_from_the_engine_to_the_screen_and_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    callback = CallbackModule()
    options = {"interval": 10.0, "report": str(tmp_path / "sub" / "report.json")}
    monkeypatch.setattr(callback, "get_option", options.get)
    monkeypatch.setattr(callback._display, "display", lambda text, **_colour: shown.append(text))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "")
    callback.v2_playbook_on_start(None)
    folder = Path(os.environ[ENVIRONMENT_VARIABLE]).parent
    assert folder.stat().st_mode & 0o077 == 0
    progress = Progress.from_environment()
    progress.send("nonsense")
    progress.send("step", **{k: v for k, v in step("done").items() if k != "event"})
    deadline = time.monotonic() + 5
    while not shown and time.monotonic() < deadline:
        time.sleep(0.01)
    callback.v2_playbook_on_stats(None)
    assert shown == ["  + db_instance/main created (1.0s)"]
    assert json.loads((tmp_path / "sub" / "report.json").read_text()) == {
        "seconds": {"tiers": {"database": 1.0}, "plays": {}},
        "actions": {"create": 1},
    }
    assert not folder.exists()


def test_without_a_listener_nothing_happens(tmp_path: Path) -> None:
    Progress(None).send("plan", create=1)
    Progress(str(tmp_path / "gone")).send("plan", create=1)
