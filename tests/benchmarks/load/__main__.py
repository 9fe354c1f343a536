# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets 2,000 users load hosts, side by side, and writes docs/load.md: `python -m tests.benchmarks.load`.

The hosts take turns, so that whatever else the machine does meets all of them. What was measured is kept in
.local/benchmarks/load.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.benchmarks.load import page
from tests.benchmarks.load.target import TARGETS, Target, running
from tests.benchmarks.measure import CHECKOUT

STATE = CHECKOUT / ".local" / "benchmarks" / "load"
DOCUMENT = CHECKOUT / "docs" / "load.md"
PROGRAM = CHECKOUT / "roles" / "loadtest" / "files"


def main() -> None:
    """Load the hosts and write the document."""
    names = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--nice", type=int, default=0, help="priority of hosts and generator; below 0 for root alone")
    parser.add_argument("--only", nargs="*", choices=names, default=names, help="hosts to be loaded now")
    parser.add_argument("--report", action="store_true", help="load nothing, write the document")
    arguments = parser.parse_args()
    STATE.mkdir(parents=True, exist_ok=True)
    os.setpriority(os.PRIO_PROCESS, 0, arguments.nice)
    if not arguments.report:
        measure([target for target in TARGETS if target.name in arguments.only], arguments)
    DOCUMENT.write_text(page.text(TARGETS, {target.name: results(target) for target in TARGETS}))


def measure(targets: list[Target], arguments: argparse.Namespace) -> None:
    """Load all of them in turns."""
    with ExitStack() as hosts:
        addresses = {
            target: hosts.enter_context(running(target, STATE / f"{target.name}.log", arguments.nice)) for target in targets
        }
        for repetition in range(1, arguments.repetitions + 1):
            for target, address in addresses.items():
                line = load(target, address, repetition, arguments)
                print(f"{target.name} {repetition}: {line}", flush=True)


def load(target: Target, address: str, repetition: int, arguments: argparse.Namespace) -> str:
    """Load one of them, once, and return the verdict."""
    output = STATE / target.name / str(repetition)
    output.mkdir(parents=True, exist_ok=True)
    settings = {
        "url": f"http://{address}",
        "allowed_hosts": [address],
        "users": arguments.users,
        "spawn_rate": 100,
        "duration": arguments.seconds,
        "think_time": [1, 2],
        "output": str(output),
        "thresholds": [{"error_rate": 0}],
        "abort_error_rate": 1,
        **target.scenario,
    }
    file = output / "settings.json"
    file.write_text(json.dumps(settings, indent=2))
    load_before = os.getloadavg()[0]
    subprocess.run([sys.executable, "-m", "terrace_loadtest", file], cwd=PROGRAM, check=False, stdout=subprocess.DEVNULL)
    report = json.loads((output / "loadtest.json").read_text())
    (output / "run.json").write_text(json.dumps({"load": load_before, "nice": arguments.nice, **report}, indent=1))
    return report["line"]


def results(target: Target) -> list[dict[str, Any]]:
    """Return what was measured of a target."""
    files: list[Path] = sorted((STATE / target.name).glob("*/run.json"))
    return [json.loads(file.read_text()) for file in files]


if __name__ == "__main__":
    main()
