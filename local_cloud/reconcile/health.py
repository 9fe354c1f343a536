# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of targets, from the proxies' statistics.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
"""

import csv
import io
import time
from dataclasses import dataclass

from local_cloud.emulator.fidelity.target_health import Observation
from local_cloud.reconcile import proxy_control
from local_cloud.reconcile.desired import Balancer, HealthCheck
from local_cloud.reconcile.haproxy_backends import SPARE

HEALTHY: Observation = ("healthy", None, None)
INITIAL: Observation = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
FAILING: Observation = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
TIMEOUT: Observation = ("unhealthy", "Target.Timeout", "Request timed out")
NOT_IN_USE: Observation = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)


@dataclass(frozen=True)
class Row:
    """A server in the statistics: its backend, name, state, open connections, and its last check with the answer's status."""

    group: str
    name: str
    status: str
    connections: int
    check: str
    code: str


class Health:
    """What was seen last, by (target group's ARN, target's id)."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Observation] = {}
        self._beginning: dict[tuple[str, str], float] = {}
        self._released: set[tuple[str, str]] = set()
        self._in_use: set[str] = set()

    def observe(self, balancers: dict[Balancer, int | None]) -> None:
        """Read the statistics of each balancer from its loopback port."""
        seen: dict[tuple[str, str], Observation] = {}
        released: set[tuple[str, str]] = set()
        for balancer, port in balancers.items():
            rows = read_statistics(_fetch(port)) if port else {}
            for group in balancer.groups:
                for target in group.targets:
                    if row := rows.get((group.name, target.name)):
                        seen[(group.arn, target.id)] = self._judge((group.arn, target.id), row, group.check)
                released |= {
                    (group.arn, target.id)
                    for target in group.draining
                    if rows and all(_is_free(rows.get((group.name, name))) for name in (target.name, target.name + SPARE))
                }
        self._in_use = {group.arn for balancer in balancers for group in balancer.groups}
        self._seen, self._released = seen, released
        self._beginning = {key: moment for key, moment in self._beginning.items() if key in seen}

    def of(self, target_group: str, target: str, _port: str) -> Observation:
        """Answer DescribeTargetHealth."""
        if target_group not in self._in_use:
            return NOT_IN_USE
        return self._seen.get((target_group, target), INITIAL)

    def busy(self, target_group: str, target: str, _port: str) -> bool:
        """Whether there may be connections to a deregistered target."""
        return target_group in self._in_use and (target_group, target) not in self._released

    def _judge(self, key: tuple[str, str], row: Row, check: HealthCheck) -> Observation:
        """Translate a server's state; before the first success there is patience as long as AWS's."""
        began = self._beginning.setdefault(key, time.monotonic())
        seen = observation(row)
        if seen == HEALTHY:
            self._beginning[key] = 0
        elif began and time.monotonic() - began < check.interval * check.unhealthy:
            return INITIAL
        return seen


def _fetch(port: int) -> str:
    try:
        return proxy_control.statistics(port)
    except OSError:
        return ""


def read_statistics(text: str) -> dict[tuple[str, str], Row]:
    """Return the servers in HAProxy's CSV by (target group's name, server's name)."""
    rows = csv.DictReader(io.StringIO(text.strip().removeprefix("# ")))
    return {
        (row["pxname"], row["svname"]): Row(
            row["pxname"],
            row["svname"],
            row["status"],
            int(row["scur"] or 0),
            row["check_status"].lstrip("* "),
            row["check_code"],
        )
        for row in rows
        if row["svname"] not in ("FRONTEND", "BACKEND")
    }


def observation(row: Row) -> Observation:
    """Return AWS's words for a server's state."""
    if row.status.startswith("UP"):
        return HEALTHY
    if row.check == "INI":
        return INITIAL
    if row.check == "L7STS":
        return ("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{row.code}]")
    return TIMEOUT if row.check in ("L4TOUT", "L6TOUT", "L7TOUT") else FAILING


def _is_free(row: Row | None) -> bool:
    return row is None or (row.status.startswith("MAINT") and row.connections == 0)
