# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the gates: `stages.py [--slow] [STAGE...]`, all of them by default.

There are two lanes at once: what computes, and what mostly waits for containers. Whoever is done with its lane takes the last of
the other. A failing stage does not stop the others. Each writes to .local/log/<stage>.log; of a failure the end is shown. The
last line is `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

# What the default scenarios and the stage site show too, or what takes minutes.
SLOW_SCENARIOS = {
    "baseline_access",
    "baseline_details",
    "certificate",
    "database_user",
    "fleet_bootstrap",
    "loadtest",
    "node_app_releases",
    "node_app_slots",
    "site",
    "wordpress_releases",
}
CHECKOUT = Path(__file__).resolve().parent.parent
# antsibull-docs copies the collections that ours depends on, from the environment in here. It must not see that the
# checkout's git ignores them.
STATE = CHECKOUT / ".local"
LOGS = STATE / "log"
TAIL_LINES = 60
TWO_PROCESSES = ("-n", "2")
# Tests of a file share what takes longest to make.
BY_FILE = ("--dist", "loadfile")


@dataclass(frozen=True)
class Stage:
    """A named gate: all of its commands run, and all must succeed. Those with `containers` are a lane of their own."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    containers: bool = False


def pytest(*arguments: str, slow: bool) -> tuple[str, ...]:
    """Return a pytest command that tells what takes long, without the tests marked slow unless `slow`."""
    return ("pytest", "-q", "--durations=15", *arguments, *(() if slow else ("-m", "not slow")))


def scenarios(slow: bool) -> list[str]:
    """Return molecule's scenarios. Some are for `slow` runs: that of the whole site, which the stage site builds too."""
    names = sorted(file.parent.name for file in (CHECKOUT / "molecule").glob("*/molecule.yml"))
    return [name for name in names if slow or name not in SLOW_SCENARIOS]


def stages(slow: bool) -> tuple[Stage, ...]:
    """Return all gates, the quick and telling ones first."""
    return (
        Stage(
            "lint",
            (
                ("ruff", "check", "."),
                ("ruff", "format", "--check", "."),
                ("yamllint", "--strict", "."),
                ("ansible-lint", "--offline", "--strict"),
                ("antsibull-changelog", "lint"),
            ),
        ),
        Stage("types", (("mypy",),)),
        Stage("structure", (pytest("tests/structure", slow=slow),)),
        Stage("unit", (pytest("tests/unit", "tests/contract", *TWO_PROCESSES, slow=slow),)),
        Stage("integration", (pytest("tests/benchmarks", "tests/integration", *TWO_PROCESSES, *BY_FILE, slow=slow),)),
        Stage("faults", (pytest("tests/faults", *TWO_PROCESSES, slow=slow),)),
        Stage("sanity", ((".ci/sanity",),)),
        Stage(
            "docs", (("env", f"GIT_CEILING_DIRECTORIES={STATE}", "antsibull-docs", "lint-collection-docs", "--plugin-docs", "."),)
        ),
        Stage("toolchain", (pytest("tests/toolchain", slow=slow),)),
        Stage("molecule", ((".ci/molecule", *scenarios(slow=slow)),), containers=True),
        Stage("site", (pytest("tests/site", slow=slow),), containers=True),
        Stage("local-cloud", (pytest("tests/local_cloud", slow=slow),), containers=True),
    )


def run(stage: Stage) -> bool:
    """Run a stage, print its verdict, and return whether it passed."""
    say(f"==> {stage.name} ...")
    log = LOGS / f"{stage.name}.log"
    began = time.monotonic()
    with log.open("w") as output:
        verdicts = [_succeeds(command, output) for command in stage.commands]
    passed = all(verdicts)
    seconds = time.monotonic() - began
    tail = [] if passed else log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    verdict = f"==> {stage.name} {'passed' if passed else 'FAILED'} in {seconds:.0f} s ({log.relative_to(CHECKOUT)})"
    say("\n".join([*tail, verdict]))
    return passed


def say(text: str) -> None:
    """Print in one piece: the other lane prints too."""
    print(f"{text}\n", end="", flush=True)


def run_all(chosen: list[Stage]) -> list[str]:
    """Run the stages in their lanes and return the names of those that failed."""
    lanes = [deque(stage for stage in chosen if stage.containers is containers) for containers in (False, True)]
    with ThreadPoolExecutor(len(lanes)) as pool:
        verdicts = pool.map(_failures, lanes, reversed(lanes))
        return [name for failed in verdicts for name in failed]


def _failures(own: deque[Stage], other: deque[Stage]) -> list[str]:
    """Run the stages of a lane, then what the other has not begun, the last one first. Return the names of those that failed."""
    failed = []
    while own or other:
        try:
            stage = own.popleft() if own else other.pop()
        except IndexError:
            # The other took it in the meantime.
            break
        if not run(stage):
            failed.append(stage.name)
    return failed


def _succeeds(command: tuple[str, ...], output: TextIO) -> bool:
    """Run one command of a stage with its output in the log."""
    print(f"$ {' '.join(command)}", file=output, flush=True)
    return subprocess.run(command, cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT, check=False).returncode == 0


def main() -> int:
    """Run the chosen stages and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", action="store_true", help="run the slow tests too")
    parser.add_argument("stage", nargs="*", help="names of stages; default all")
    arguments = parser.parse_args()
    known = {stage.name: stage for stage in stages(arguments.slow)}
    unknown = [name for name in arguments.stage if name not in known]
    if unknown:
        parser.error(f"no such stage: {', '.join(unknown)} (there are {', '.join(known)})")

    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    chosen = [known[name] for name in arguments.stage] or list(known.values())
    failed = run_all(chosen)
    if failed:
        print(f"failed: {', '.join(failed)}")
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
