# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmarks and writes docs/benchmarks.*: `python -m tests.benchmarks`.

What was measured is kept in .local/benchmarks, so that an interrupted run goes on where it was. --again begins anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from tests.benchmarks import chart, growth, page, reference, summary
from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.measure import CHECKOUT

STATE = CHECKOUT / ".local" / "benchmarks"
DOCS = CHECKOUT / "docs"
LATENCIES = (50, 0)


def main() -> None:
    """Run what has not been run yet, and write all three documents."""
    names = [contender.name for contender in CONTENDERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    parser.add_argument("--repetitions", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--latencies", type=int, nargs="*", default=LATENCIES, help="milliseconds (50 and 0)")
    parser.add_argument("--only", nargs="*", choices=names, default=names, help="contenders to be run now")
    parser.add_argument("--report", action="store_true", help="run nothing, write the documents")
    arguments = parser.parse_args()
    if arguments.again:
        shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True, exist_ok=True)
    if not arguments.report:
        chosen = [contender for contender in CONTENDERS if contender.name in arguments.only]
        reference.run(chosen, arguments.latencies, arguments.repetitions, STATE)
        growth.run(growth.SIZES, max(LATENCIES), arguments.repetitions, STATE)
    _write(STATE, DOCS)


def _write(state: Path, docs: Path) -> None:
    figures = summary.summarise(reference.load(state), growth.load(state))
    (docs / "benchmarks.json").write_text(json.dumps(figures, indent=1) + "\n")
    (docs / "benchmarks.md").write_text(page.text(figures))
    chart.draw(figures, docs / "benchmarks.svg")


if __name__ == "__main__":
    main()
