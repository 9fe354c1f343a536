# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the generator kept up. Figures of one that did not tell about it, not about the target."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import gevent

# Percent of one processor, and what of the time between two looks is called late, in seconds.
BUSY, LATE = 90.0, 0.25
INTERVAL = 1.0
# The first looks see the start of the interpreter, and all users connecting.
SETTLING = 3
# Of the looks: single ones are what other work of the machine, and users that start all at once, do.
SHARE = 0.1


@dataclass
class Observed:
    """What one process saw of itself: the share of looks at which it was busy or late, and the worst."""

    looks: int = 0
    busy: int = 0
    late: int = 0
    cpu_max: float = 0.0
    lag_max: float = 0.0

    def look(self, cpu: float, lag: float) -> None:
        """Take in one look: percent of a processor, and seconds by which it was late."""
        self.looks += 1
        if self.looks <= SETTLING:
            return
        self.busy += cpu > BUSY
        self.late += lag > LATE
        self.cpu_max = max(self.cpu_max, cpu)
        self.lag_max = max(self.lag_max, lag)


def watch(observed: Observed) -> None:
    """Look every second, for as long as the process lives."""
    while True:
        before, cpu = time.monotonic(), time.process_time()
        gevent.sleep(INTERVAL)
        passed = time.monotonic() - before
        observed.look((time.process_time() - cpu) / passed * 100, passed - INTERVAL)


def warnings(processes: Iterable[Observed]) -> list[str]:
    """Return what makes the figures doubtful."""
    found = []
    for number, seen in enumerate(processes, start=1):
        looks = max(1, seen.looks - SETTLING)
        if seen.busy / looks > SHARE:
            found.append(f"process {number} of the generator used over {BUSY:.0f} % of a processor in {seen.busy} of {looks} s")
        if seen.late / looks > SHARE:
            found.append(f"process {number} of the generator was late in {seen.late} of {looks} s, by up to {seen.lag_max:.1f} s")
    return found


def as_dict(processes: Iterable[Observed]) -> list[dict[str, float]]:
    """Return all of it for reports."""
    return [{name: round(value, 3) for name, value in asdict(seen).items()} for seen in processes]
