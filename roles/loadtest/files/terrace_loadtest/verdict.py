# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures of a run mean: the checks, and the line that says it all. Knows nothing of locust."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

TOTAL = "all requests"
PERCENTILES = ("p50", "p95", "p99")
# Whether values have to be below the limit, and their unit.
KINDS: dict[str, tuple[bool, str]] = {
    "error_rate": (True, "%"),
    **dict.fromkeys(PERCENTILES, (True, "ms")),
    "requests_per_second": (False, "/s"),
}


@dataclass(frozen=True)
class Figures:
    """What was measured of an endpoint, or of all. Times are in milliseconds; `None` where nothing was answered."""

    name: str
    requests: int
    failures: int
    requests_per_second: float
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None

    @property
    def error_rate(self) -> float:
        """Return the share of requests that failed."""
        return self.failures / self.requests if self.requests else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for reports."""
        return asdict(self) | {"error_rate": round(self.error_rate, 6)}


@dataclass(frozen=True)
class Run:
    """What happened in a run."""

    total: Figures
    endpoints: tuple[Figures, ...]
    users_asked: int
    users_reached: int
    seconds: float
    refused: Mapping[str, int]
    exceptions: int
    aborted: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that had to hold; `problem` is empty if it did."""

    name: str
    problem: str = ""


def checks(run: Run, thresholds: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return what makes the figures worth something, then the thresholds."""
    return [*_fidelity(run), *(check for threshold in thresholds for check in _threshold(run, threshold))]


def _fidelity(run: Run) -> Iterator[Check]:
    reached = f"{run.users_reached} of {run.users_asked} users were reached" if run.users_reached < run.users_asked else ""
    refused = ", ".join(f"{host} ({count} times)" for host, count in sorted(run.refused.items()))
    yield Check("something was answered", "" if run.total.requests > run.total.failures else "no request was answered")
    yield Check("all users were reached", reached)
    yield Check("only allowed hosts were asked", f"refused: {refused}" if refused else "")
    yield Check("the scenario raised no exception", f"{run.exceptions} exceptions" if run.exceptions else "")
    yield Check("the run was not aborted", run.aborted)


def _threshold(run: Run, threshold: Mapping[str, Any]) -> Iterator[Check]:
    name = threshold.get("endpoint") or TOTAL
    figures = next((item for item in (run.total, *run.endpoints) if item.name == name), None)
    for kind, (below, unit) in KINDS.items():
        limit = threshold.get(kind)
        if limit is None:
            continue
        label = f"{kind} of {name} {'at most' if below else 'at least'} {_number(limit, unit)}"
        yield Check(label, _violation(getattr(figures, kind, None), limit, below, f"{kind} of {name}", unit))


def _violation(value: float | None, limit: float, below: bool, what: str, unit: str) -> str:
    """Return what is wrong with a value. What was not measured does not pass."""
    if value is None:
        return f"{what} was not measured"
    if value <= limit if below else value >= limit:
        return ""
    return f"{what} is {_number(value, unit)}, {'over' if below else 'under'} {_number(limit, unit)}"


def _number(value: float, unit: str) -> str:
    formats: dict[str, Callable[[float], str]] = {
        "%": lambda rate: f"{rate * 100:.3g} %",
        "ms": lambda time: f"{time:.0f} ms",
        "/s": lambda rate: f"{rate:.1f}/s",
    }
    return formats[unit](value)


def line(run: Run, results: Sequence[Check], warnings: Sequence[str] = ()) -> str:
    """Return the verdict in one line."""
    problems = [check.problem for check in results if check.problem]
    total = run.total
    times = [f"{name} {getattr(total, name):.0f} ms" for name in PERCENTILES if getattr(total, name) is not None]
    facts = [
        f"{run.users_reached} users",
        f"{run.seconds:.0f} s",
        f"{total.requests} requests",
        f"{total.requests_per_second:.1f}/s",
        f"{total.failures} failed",
        *times,
    ]
    remarks = [*problems, *(f"doubtful: {warning}" for warning in warnings)]
    return f"{'FAIL' if problems else 'PASS'}: {', '.join(facts)}{' - ' if remarks else ''}{'; '.join(remarks)}"
