# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/load.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.load.target import Target
from tests.benchmarks.page import table
from tests.benchmarks.summary import machine

BEFORE = """\
# Under load

`python -m tests.benchmarks.load` sets hosts up side by side, lets users load them in turns with the role
[loadtest](../roles/loadtest/README.md), and writes this page. Users pause for one to two seconds between requests and keep their
connections. Hosts are containers; they share the machine's processors with the generator, so times are upper bounds.
"""


def text(targets: Sequence[Target], results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the whole page."""
    rows = [
        [target.label, str(number), *_cells(run)]
        for target in targets
        for number, run in enumerate(results[target.name], start=1)
    ]
    head = ["host", "run", "users", "requests", "per second", "failed", "p50 ms", "p95 ms", "p99 ms", "load before", "generator"]
    parts = [BEFORE, table(head, rows), _errors(targets, results), _where(results)]
    return "\n".join(part for part in parts if part)


def _cells(run: Mapping[str, Any]) -> list[str]:
    total = run["total"]
    return [
        str(run["users"]["reached"]),
        str(total["requests"]),
        f"{total['requests_per_second']:.0f}",
        str(total["failures"]),
        *(f"{total[name]:.0f}" if total[name] is not None else "" for name in ("p50", "p95", "p99")),
        f"{run['load']:.0f}",
        "doubtful" if run["generator"]["warnings"] else "kept up",
    ]


def _errors(targets: Sequence[Target], results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = []
    for target in targets:
        errors = sorted({error["error"] for run in results[target.name] for error in run["errors"]})
        if errors:
            lines.append(f"- {target.label}: {'; '.join(f'`{error}`' for error in errors[:4])}")
    return "\n".join(["What failed:\n", *lines, ""]) if lines else ""


def _where(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    started = sorted(run["started"] for runs in results.values() for run in runs)
    measured = f"Measured from {started[0]} to {started[-1]}. " if started else "Nothing has been measured yet. "
    nice = sorted({run["nice"] for runs in results.values() for run in runs})
    priority = f"Hosts and generator had the priority {' or '.join(map(str, nice))}. " if any(nice) else ""
    here = machine()
    return f"{measured}{priority}{here['processor']}, {here['cores']} cores, {here['memory_gib']} GiB, {here['system']}.\n"
