# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command, measured: its time, the processors' time of all its processes, and its calls."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_cloud import safe_command
from tests.benchmarks.account import Account

CHECKOUT = Path(__file__).resolve().parents[2]
# From linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
# Seconds for which processes may outlive their command.
STRAGGLING = 10.0


@dataclasses.dataclass(frozen=True)
class Measure:
    """What a command cost. `load` is the machine's load average before it: others may have been at work.

    `operations` counts the calls by service and operation.
    """

    succeeded: bool
    wall: float
    cpu: float
    calls: int
    mutating: int
    load: float
    operations: Mapping[str, int]


def measure(command: Sequence[str], environment: Mapping[str, str], account: Account, log: Path, cwd: Path = CHECKOUT) -> Measure:
    """Run a command to its end, with its output in the log."""
    _become_subreaper()
    account.take_calls()
    log.parent.mkdir(parents=True, exist_ok=True)
    load, before, began = os.getloadavg()[0], _children_seconds(), time.monotonic()
    with log.open("w") as output:
        # With a group of its own, in which are the processes that it leaves behind, too.
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output, stderr=output, start_new_session=True)
        try:
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    wall = time.monotonic() - began
    _reap(process.pid)
    calls = account.take_calls()
    operations: dict[str, int] = {}
    for call in calls:
        name = f"{call['service']}:{call['operation']}"
        operations[name] = operations.get(name, 0) + 1
    return Measure(
        succeeded=code == 0,
        wall=round(wall, 2),
        cpu=round(_children_seconds() - before, 2),
        calls=len(calls),
        mutating=sum(call["mutating"] for call in calls),
        load=round(load, 1),
        operations=dict(sorted(operations.items())),
    )


def environment(endpoint: str) -> dict[str, str]:
    """Return the environment of whatever is measured. Python may keep what it compiles, as it does unless told otherwise."""
    safe = safe_command.environment(os.environ, endpoint)
    safe.pop("PYTHONDONTWRITEBYTECODE", None)
    return safe


def shown(done: Measure) -> str:
    """Return a measure as a line of the progress."""
    verdict = "" if done.succeeded else "FAILED, "
    return f"{verdict}{done.wall:.1f} s, CPU {done.cpu:.1f} s, {done.calls} calls, {done.mutating} mutating (load {done.load})"


def _become_subreaper() -> None:
    """Become the parent of what commands leave behind: what nobody waits for would not be counted."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _reap(group: int) -> None:
    """Wait for what the command has left behind: Terraform's provider takes its time to end."""
    deadline = time.monotonic() + STRAGGLING
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-group, os.WNOHANG) == (0, 0):
                time.sleep(0.02)


def _children_seconds() -> float:
    """Return the processors' seconds of all children that have been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
