# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every run has besides its scenario: the list of hosts, the look at the generator, the end of hopeless runs, the verdict.

Locust loads it as the first of its locust files.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import StatsEntry

from terrace_loadtest import generator, report, settings, verdict
from terrace_loadtest.hosts import Guard

SETTINGS = settings.current()
GUARD = Guard(SETTINGS.allowed_hosts, SETTINGS.addresses)
# Before the scenario is loaded: it may ask for something while it is.
GUARD.install()

FAILED = 1


class Watch:
    """What one process keeps of the run, and what the first of them heard of the others."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        # Locust's own run time begins before the users do.
        self.began, self.started = math.inf, datetime.now(UTC)
        self.ended = False
        self.users = 0
        self.aborted = ""
        self.here = generator.Observed()
        self.others: dict[str, tuple[generator.Observed, Counter[str]]] = {}

    def processes(self, environment: Environment) -> list[generator.Observed]:
        """Return what generated load."""
        if isinstance(environment.runner, MasterRunner):
            return [observed for observed, _refused in self.others.values()]
        return [self.here]

    def refused(self) -> Counter[str]:
        """Return what all processes were refused."""
        return sum((refused for _observed, refused in self.others.values()), Counter(GUARD.refused))


WATCH = Watch()


@events.init.add_listener
def begin(environment: Environment, **_options: Any) -> None:
    """Start to look at the run."""
    gevent.spawn(generator.watch, WATCH.here)
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(follow, environment)


@events.test_start.add_listener
def start_the_clock(**_options: Any) -> None:
    """Count from when the first users start."""
    WATCH.began, WATCH.started = time.monotonic(), datetime.now(UTC)


@events.spawning_complete.add_listener
def count(user_count: int, **_options: Any) -> None:
    """Count those who are there: runs may end before `follow` looks."""
    WATCH.users = max(WATCH.users, user_count)


@events.report_to_master.add_listener
def tell(data: dict[str, Any], **_options: Any) -> None:
    """Tell the first process what this one saw."""
    data["terrace"] = {"observed": vars(WATCH.here), "refused": dict(GUARD.refused)}


@events.worker_report.add_listener
def hear(client_id: str, data: dict[str, Any], **_options: Any) -> None:
    """Keep what another process saw."""
    told = data["terrace"]
    WATCH.others[client_id] = generator.Observed(**told["observed"]), Counter(told["refused"])


def follow(environment: Environment) -> None:
    """Count the users, and end the run: after its time, or when it fails throughout `abort_seconds`."""
    seen: list[tuple[int, int]] = []
    while not WATCH.ended:
        gevent.sleep(1)
        WATCH.users = max(WATCH.users, environment.runner.user_count)
        seen = [*seen, (environment.stats.total.num_requests, environment.stats.total.num_failures)][
            -SETTINGS.abort_seconds - 1 :
        ]
        requests, failures = (last - first for first, last in zip(seen[0], seen[-1], strict=True))
        if len(seen) > SETTINGS.abort_seconds and failures and failures > SETTINGS.abort_error_rate * requests:
            WATCH.aborted = f"aborted: {failures} of {requests} requests failed within {SETTINGS.abort_seconds} s"
        if WATCH.aborted or time.monotonic() >= WATCH.began + SETTINGS.duration:
            WATCH.ended = True
            environment.runner.quit()


@events.quitting.add_listener
def judge(environment: Environment, **_options: Any) -> None:
    """Write the reports and say the verdict; the exit status is for it."""
    if isinstance(environment.runner, WorkerRunner):
        return
    run = summarise(environment)
    results = verdict.checks(run, SETTINGS.thresholds)
    processes = WATCH.processes(environment)
    warnings = generator.warnings(processes)
    line = verdict.line(run, results, warnings)
    details = {
        "target": SETTINGS.url,
        "scenario": SETTINGS.scenario,
        "started": WATCH.started.isoformat(timespec="seconds"),
        "think_time": SETTINGS.think_time,
        "generator": {"warnings": warnings, "processes": generator.as_dict(processes)},
        "errors": [
            {"endpoint": endpoint(error.method, error.name), "error": str(error.error), "count": error.occurrences}
            for error in environment.stats.errors.values()
        ],
    }
    report.write_json(SETTINGS.output / report.JSON, run, results, line, details)
    report.write_junit(SETTINGS.output / report.JUNIT, run, results)
    environment.process_exit_code = FAILED if any(check.problem for check in results) else 0
    print(line, flush=True)


def summarise(environment: Environment) -> verdict.Run:
    """Return what happened."""
    stats = environment.stats
    seconds = max(time.monotonic() - WATCH.began, 1.0)
    entries = sorted(stats.entries.items(), key=lambda item: (item[0][0], item[0][1]))
    return verdict.Run(
        total=figures(verdict.TOTAL, stats.total, seconds),
        endpoints=tuple(figures(endpoint(method, name), entry, seconds) for (name, method), entry in entries),
        users_asked=SETTINGS.users,
        users_reached=WATCH.users,
        seconds=seconds,
        refused=WATCH.refused(),
        exceptions=sum(item["count"] for item in environment.runner.exceptions.values()),
        aborted=WATCH.aborted,
    )


def endpoint(method: str, name: str) -> str:
    """Return how thresholds name an endpoint."""
    return f"{method} {name}".strip()


def figures(name: str, entry: StatsEntry, seconds: float) -> verdict.Figures:
    """Return what locust measured, whose times are rounded to two digits from 100 ms on."""
    answered = bool(entry.num_requests)
    p50, p95, p99 = (entry.get_response_time_percentile(share) if answered else None for share in (0.5, 0.95, 0.99))
    return verdict.Figures(
        name=name,
        requests=entry.num_requests,
        failures=entry.num_failures,
        requests_per_second=round(entry.num_requests / seconds, 2),
        mean=round(entry.avg_response_time, 1) if answered else None,
        p50=p50,
        p95=p95,
        p99=p99,
        max=round(entry.max_response_time, 1) if answered else None,
    )
