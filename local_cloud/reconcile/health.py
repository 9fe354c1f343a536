# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of targets, from the proxies' statistics."""

import csv
import io
import urllib.error
import urllib.request

from local_cloud.emulator.fidelity.target_health import Observation
from local_cloud.reconcile.desired import Balancer

SECONDS = 2

HEALTHY: Observation = ("healthy", None, None)
INITIAL: Observation = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
FAILING: Observation = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
NOT_IN_USE: Observation = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)


class Health:
    """What was seen last, by (target group's ARN, target's id)."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Observation] = {}
        self._in_use: set[str] = set()

    def observe(self, balancers: dict[Balancer, int | None]) -> None:
        """Read the statistics of each balancer from its loopback port."""
        seen: dict[tuple[str, str], Observation] = {}
        for balancer, port in balancers.items():
            arns = {group.name: group.arn for group in balancer.groups}
            for group, target, observation in read_statistics(_fetch(port)) if port else ():
                if group in arns:
                    seen[(arns[group], target)] = observation
        self._in_use = {group.arn for balancer in balancers for group in balancer.groups}
        self._seen = seen

    def of(self, target_group: str, target: str, _port: str) -> Observation:
        """Answer DescribeTargetHealth."""
        if target_group not in self._in_use:
            return NOT_IN_USE
        return self._seen.get((target_group, target), INITIAL)


def _fetch(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/;csv", timeout=SECONDS) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError):
        return ""


def read_statistics(text: str) -> list[tuple[str, str, Observation]]:
    """Return (target group's name, target's id, observation) of each server in HAProxy's CSV."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return [
        (row["pxname"], row["svname"], _observation(row["status"], row["check_status"]))
        for row in rows
        if row["svname"] not in ("FRONTEND", "BACKEND")
    ]


def _observation(status: str, check: str) -> Observation:
    """Translate a server's state. HAProxy calls a server up until its first checks have failed."""
    if status.startswith("UP"):
        return HEALTHY if check.lstrip("* ").endswith("OK") else INITIAL
    return FAILING
