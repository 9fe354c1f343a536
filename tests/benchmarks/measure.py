# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command, measured: its time, the processors' time of all its processes, and its calls."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.account import Account

CHECKOUT = Path(__file__).resolve().parents[2]
# From linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


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
        code = subprocess.run(command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    wall = time.monotonic() - began
    _reap()
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


def _become_subreaper() -> None:
    """Become the parent of what commands leave behind: what nobody waits for would not be counted."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _reap() -> None:
    """Take note of the children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _children_seconds() -> float:
    """Return the processors' seconds of all children that have been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
