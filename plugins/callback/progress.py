# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Shows what the modules of terrace.aws are doing while they do it
version_added: 0.1.0
author: Terrace contributors (@terrace-aws)
description:
  - A task that provisions a whole stack runs for minutes. This callback prints a line for each resource that is done,
    and while AWS works, what is being waited for and since when.
  - It listens on a local datagram socket whose path the modules find in their environment.
requirements:
  - Enable it with C(callbacks_enabled = terrace.aws.progress) in C(ansible.cfg).
options:
  interval:
    description: Seconds between two lines on the same resource while it is waited for.
    type: float
    default: 10.0
    env:
      - name: TERRACE_PROGRESS_INTERVAL
    ini:
      - section: terrace
        key: progress_interval
  report:
    description:
      - A file for scripts, written at the end of the playbook. It holds the seconds that each tier and each play took,
        and how many resources were created, updated, replaced and deleted.
    type: path
    env:
      - name: TERRACE_REPORT
    ini:
      - section: terrace
        key: report
"""

import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.terrace.aws.plugins.module_utils.engine.progress import ENVIRONMENT_VARIABLE

SIGNS = {
    "create": ("+", "created", "creating"),
    "update": ("~", "updated", "updating"),
    "replace": ("±", "replaced", "replacing"),
    "delete": ("-", "deleted", "deleting"),
}
COLOURS = {"create": "green", "update": "yellow", "replace": "bright purple", "delete": "red"}
MAX_DATAGRAM = 65536


def duration(seconds: float) -> str:
    """Return seconds as people say them: 0.3s, 42s, 4m10s."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


class Tally:
    """Turns events into lines, and sums them up for the report. Times are monotonic seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._last_line: dict[tuple[str, str], float] = {}
        self._tiers: dict[str, tuple[float, float]] = {}
        self.actions: Counter[str] = Counter()

    @property
    def tier_seconds(self) -> dict[str, float]:
        return {tier: round(last - first, 1) for tier, (first, last) in self._tiers.items()}

    def line(self, event: dict[str, Any], now: float) -> tuple[str, str | None] | None:
        """Return the text and colour of the line for an event, or None where there is nothing new to tell."""
        if event["event"] == "plan":
            counts = [f"{event[action]} to {action}" for action in ("create", "update", "replace", "delete")]
            return f"  plan: {', '.join(counts)}, {event['none']} unchanged", None
        if event["event"] != "step":
            return None
        return self._step_line(event, now)

    def _step_line(self, event: dict[str, Any], now: float) -> tuple[str, str | None] | None:
        key = (f"{event['kind']}/{event['name']}", event["action"])
        sign, past, present = SIGNS[event["action"]]
        if event["state"] == "started":
            self._last_line[key] = now
            return None
        if event["state"] == "failed":
            return f"  ! {key[0]} failed: {event['detail']}", "red"
        if event["state"] == "done":
            self._count(event, now)
            return f"  {sign} {key[0]} {past} ({duration(event['seconds'])})", COLOURS[event["action"]]
        if now - self._last_line.get(key, 0.0) < self._interval:
            return None
        self._last_line[key] = now
        detail = f", {event['detail']}" if event["detail"] else ""
        return f"  … {key[0]} {present}, {duration(event['seconds'])}{detail}", None

    def _count(self, event: dict[str, Any], now: float) -> None:
        self.actions[event["action"]] += 1
        started = now - event["seconds"]
        first, last = self._tiers.get(event["tier"], (started, now))
        self._tiers[event["tier"]] = (min(first, started), max(last, now))


class CallbackModule(CallbackBase):
    """Prints progress while modules work."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "terrace.aws.progress"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._tally = Tally(self.get_option("interval"))
        self._plays: dict[str, float] = {}
        self._play: tuple[str, float] | None = None
        self._folder = tempfile.mkdtemp(prefix="terrace-")
        path = str(Path(self._folder) / "progress")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.environ[ENVIRONMENT_VARIABLE] = path
        threading.Thread(target=self._listen, name="terrace-progress", daemon=True).start()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._end_play()
        self._play = (play.get_name(), time.monotonic())

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._end_play()
        os.environ.pop(ENVIRONMENT_VARIABLE, None)
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        report = self.get_option("report")
        if report:
            self._write_report(Path(report))

    def _end_play(self) -> None:
        if self._play:
            name, started = self._play
            self._plays[name] = round(self._plays.get(name, 0.0) + time.monotonic() - started, 1)
            self._play = None

    def _write_report(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = {"tiers": self._tally.tier_seconds, "plays": self._plays}
        path.write_text(json.dumps({"seconds": seconds, "actions": dict(self._tally.actions)}, indent=2) + "\n")

    def _listen(self) -> None:
        """Print what arrives until the socket is closed. A broken message must not end the listening."""
        while True:
            try:
                event = json.loads(self._socket.recv(MAX_DATAGRAM))
            except OSError:
                return
            except ValueError:
                continue
            with contextlib.suppress(KeyError):
                self._show(self._tally.line(event, time.monotonic()))

    def _show(self, line: tuple[str, str | None] | None) -> None:
        if line:
            self._display.display(line[0], color=line[1])
