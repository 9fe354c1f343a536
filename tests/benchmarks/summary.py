# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of the runs, as data: the medians, and the machine and versions that they belong to."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import bounds
from tests.benchmarks.contenders import CONTENDERS, STEPS
from tests.benchmarks.growth import Size
from tests.benchmarks.measure import CHECKOUT, Measure
from tests.benchmarks.reference import Cycle

PACKAGES = ("ansible", "ansible-core", "boto3", "botocore", "moto")


def summarise(cycles: list[Cycle], sizes: list[Size]) -> dict[str, Any]:
    """Return all that docs/benchmarks.json holds."""
    return {
        "machine": machine(),
        "versions": _versions(),
        "measured": {"from": min(cycle.at for cycle in cycles), "to": max(cycle.at for cycle in cycles)},
        "least_changes": {"stack": bounds.LEAST_CHANGES, "lock": sum(bounds.LOCK.values())},
        "lines": {contender.name: contender.lines() for contender in CONTENDERS},
        "reference": {
            contender.name: {
                str(latency): _steps(cycles, contender.name, latency) for latency in sorted({c.latency for c in cycles})
            }
            for contender in CONTENDERS
            if any(cycle.contender == contender.name for cycle in cycles)
        },
        "growth": [
            {
                "resources": size.resources,
                "latency": size.latency,
                "apply": _median([size.apply]),
                "no_change": _median(size.no_change),
            }
            for size in sizes
        ],
    }


def _steps(cycles: Iterable[Cycle], contender: str, latency: int) -> dict[str, Any]:
    chosen = [cycle for cycle in cycles if (cycle.contender, cycle.latency) == (contender, latency)]
    steps = {step: [cycle.steps[step] for cycle in chosen if step in cycle.steps] for step in STEPS}
    return {step: _median(measures) for step, measures in steps.items() if measures}


def _median(measures: list[Measure]) -> dict[str, Any]:
    """Return the medians, what they are of, and between which loads of the machine they were measured."""

    def median(name: str) -> float:
        return statistics.median(getattr(measure, name) for measure in measures)

    return {
        "repetitions": len(measures),
        "succeeded": all(measure.succeeded for measure in measures),
        "wall": median("wall"),
        "walls": [measure.wall for measure in measures],
        "cpu": median("cpu"),
        "calls": median("calls"),
        "mutating": median("mutating"),
        "load": [min(measure.load for measure in measures), max(measure.load for measure in measures)],
    }


def machine() -> dict[str, Any]:
    """Return what was measured on."""
    information = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in information if line.startswith("model name")), platform.machine())
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(pages / 2**30), "system": system}


def _versions() -> Mapping[str, str]:
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    versions |= {"terrace": head.stdout.strip() or "unknown", "python": platform.python_version()}
    if shutil.which("terraform"):
        told = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=False).stdout
        versions["terraform"] = told.splitlines()[0].removeprefix("Terraform v")
    return versions
