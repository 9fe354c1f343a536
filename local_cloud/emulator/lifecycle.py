# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a resource that AWS creates or deletes in the background is done, and what happens there without a call.

moto finishes everything at once. Patched backends ask here instead: by default a short time after the change,
in the local cloud when the container behind the resource says so (`gate`) or the time that AWS gives it is over.
"""

import time
from collections.abc import Callable

Gate = Callable[[str], bool]

DEFAULT_SECONDS = 0.2


class Lifecycle:
    """The start times of the changes under way, by (phase, resource id); phases are like `rds.creating`.

    `patient` is whether what takes minutes in AWS takes them here: only the local cloud has so much time.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.patient = False
        self._gates: dict[str, Gate] = {}
        self._started: dict[tuple[str, str], float] = {}
        self._durations: dict[tuple[str, str], float] = {}
        self._events: list[Callable[[], bool]] = []

    def by_itself(self, happen: Callable[[], bool]) -> None:
        """Let something happen before each call; it returns whether it changed anything."""
        self._events.append(happen)

    def go_on(self) -> bool:
        """Let happen what happens by itself; whether anything changed."""
        return sum(happen() for happen in self._events) > 0

    def start(self, phase: str, resource: str, seconds: float | None = None) -> None:
        """A change begins now; `seconds` is how long it takes in AWS, if somebody said so."""
        self._started[(phase, resource)] = time.monotonic()
        if seconds is not None:
            self._durations[(phase, resource)] = seconds

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
            done = time.monotonic() - started >= self._duration(phase, resource)
        if done:
            self._started.pop((phase, resource), None)
            self._durations.pop((phase, resource), None)
        return not done

    def _duration(self, phase: str, resource: str) -> float:
        usual = self.seconds.get(phase, DEFAULT_SECONDS)
        asked = self._durations.get((phase, resource), usual)
        return asked if self.patient else min(asked, usual)

    def under_way(self, phase: str) -> list[str]:
        """The resources in a phase, for whoever brings them to its end."""
        started = [resource for started_phase, resource in list(self._started) if started_phase == phase]
        return [resource for resource in started if self.pending(phase, resource)]

    def clear(self) -> None:
        """Forget all changes; gates and durations stay."""
        self._started.clear()
        self._durations.clear()


lifecycle = Lifecycle()
