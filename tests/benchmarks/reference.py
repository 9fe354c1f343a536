# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first benchmark: one stack through each contender, from the empty account back to it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.account import Account
from tests.benchmarks.contenders import STEPS, Contender
from tests.benchmarks.measure import Measure, environment, measure, shown


@dataclasses.dataclass(frozen=True)
class Cycle:
    """One way from an empty account back to it."""

    contender: str
    latency: int
    repetition: int
    at: str
    steps: dict[str, Measure]

    @property
    def key(self) -> tuple[str, int, int]:
        return (self.contender, self.latency, self.repetition)


def run(contenders: Iterable[Contender], latencies: Iterable[int], repetitions: int, state: Path) -> list[Cycle]:
    """Run all cycles that `state` does not have yet, the contenders in turn, and return all."""
    cycles = {cycle.key: cycle for cycle in load(state)}
    ready = list(_ready(contenders, state))
    with Account(latencies) as account:
        for repetition in range(repetitions):
            for latency in latencies:
                for contender in ready:
                    if (contender.name, latency, repetition) in cycles:
                        continue
                    cycle = _cycle(contender, latency, repetition, account, state)
                    cycles[cycle.key] = cycle
                    _save(cycles.values(), state)
    return list(cycles.values())


def load(state: Path) -> list[Cycle]:
    """Return the cycles of earlier runs."""
    file = _file(state)
    return [_read(raw) for raw in json.loads(file.read_text())] if file.exists() else []


def _ready(contenders: Iterable[Contender], state: Path) -> Iterator[Contender]:
    for contender in contenders:
        obstacle = contender.prepare(state, dict(os.environ))
        if obstacle:
            print(f"{contender.label} is skipped: {obstacle}", flush=True)
        else:
            yield contender


def _cycle(contender: Contender, latency: int, repetition: int, account: Account, state: Path) -> Cycle:
    account.reset()
    contender.begin()
    steps: dict[str, Measure] = {}
    safe = environment(account.endpoints[latency])
    at = datetime.now(UTC).isoformat(timespec="seconds")
    for step in STEPS:
        log = state / "log" / f"{contender.name}-{latency}ms-{repetition}-{step}.log"
        command, own = contender.command(step), contender.environment(step)
        steps[step] = done = measure(command, {**safe, **own}, account, log, contender.cwd())
        print(f"{contender.label:10} {latency:3} ms  {step:12} {shown(done)}", flush=True)
        if step == "apply" and not done.succeeded:
            break
    return Cycle(contender.name, latency, repetition, at, steps)


def _save(cycles: Iterable[Cycle], state: Path) -> None:
    state.mkdir(parents=True, exist_ok=True)
    _file(state).write_text(json.dumps([dataclasses.asdict(cycle) for cycle in cycles], indent=1) + "\n")


def _file(state: Path) -> Path:
    return state / "reference.json"


def _read(raw: dict[str, Any]) -> Cycle:
    return Cycle(**{**raw, "steps": {step: Measure(**values) for step, values in raw["steps"].items()}})
