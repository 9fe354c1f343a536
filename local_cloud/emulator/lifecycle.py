# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a resource that AWS creates or deletes in the background is done.

moto finishes everything at once. Patched backends ask here instead: by default a short time after the change,
in the local cloud when the container behind the resource says so (`gate`).
"""

import time
from collections.abc import Callable

Gate = Callable[[str], bool]

DEFAULT_SECONDS = 0.2


class Lifecycle:
    """The start times of the changes under way, by (phase, resource id); phases are like `rds.creating`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._gates: dict[str, Gate] = {}
        self._started: dict[tuple[str, str], float] = {}

    def start(self, phase: str, resource: str) -> None:
        """A change begins now."""
        self._started[(phase, resource)] = time.monotonic()

    def gate(self, phase: str, done: Gate) -> None:
        """Let `done(resource id)` decide about a phase instead of the clock."""
        self._gates[phase] = done

    def pending(self, phase: str, resource: str) -> bool:
        """Whether a change that was started is still under way."""
        started = self._started.get((phase, resource))
        if started is None:
            return False
        if phase in self._gates:
            done = self._gates[phase](resource)
        else:
            done = time.monotonic() - started >= self.seconds.get(phase, DEFAULT_SECONDS)
        if done:
            self._started.pop((phase, resource), None)
        return not done

    def under_way(self, phase: str) -> list[str]:
        """The resources in a phase, for whoever brings them to its end."""
        started = [resource for started_phase, resource in list(self._started) if started_phase == phase]
        return [resource for resource in started if self.pending(phase, resource)]

    def clear(self) -> None:
        """Forget all changes; gates and durations stay."""
        self._started.clear()


lifecycle = Lifecycle()
