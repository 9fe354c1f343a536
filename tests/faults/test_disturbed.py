# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttling, lost answers, internal errors and lag make a run slower, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from tests.faults.bench import Bench, Scenario
from tests.faults.descriptions import absent, changed_network, network, whole
from tests.faults.proxy import Faults

SCENARIOS = {
    "provision": Scenario(network()),
    "update": Scenario(changed_network(), before=network()),
    "teardown": Scenario(absent(network()), before=network()),
    "whole": Scenario(whole()),
}
DISTURBANCES = {
    "throttled": Faults(throttled=0.2),
    "lost": Faults(lost=0.1),
    "internal": Faults(internal=0.05),
    "lag-0.5": Faults(lag=0.5),
    "lag-2": Faults(lag=2.0),
    "lag-8": Faults(lag=8.0),
    "all": Faults(throttled=0.1, lost=0.05, internal=0.025, lag=1.0),
}
SEEDS = range(5)
# One seed of each disturbance, on the scenario that it troubles most.
QUICK = {
    ("whole", "throttled", 0),
    ("provision", "lost", 0),
    ("update", "lost", 1),
    ("teardown", "lost", 0),
    ("whole", "internal", 0),
    ("provision", "lag-0.5", 0),
    ("whole", "lag-2", 0),
    ("provision", "lag-8", 0),
    ("whole", "all", 0),
}
POINTS = [
    pytest.param(name, disturbance, seed, marks=() if (name, disturbance, seed) in QUICK else pytest.mark.slow)
    for name in SCENARIOS
    for disturbance in DISTURBANCES
    for seed in SEEDS
]


@pytest.mark.parametrize(("name", "disturbance", "seed"), POINTS)
def test_disturbed(bench: Bench, name: str, disturbance: str, seed: int) -> None:
    scenario = SCENARIOS[name]
    clean = bench.clean(f"disturbed {name}", scenario)
    bench.prepare(scenario)
    bench.proxy.inflict(dataclasses.replace(DISTURBANCES[disturbance], seed=seed))
    outcome = bench.run(scenario)
    assert outcome.code == 0, f"{outcome.message or outcome.output}\n{dict(bench.proxy.injected)}"
    bench.proxy.inflict(Faults())
    bench.settled(scenario, clean)


def test_a_run_right_after_another_does_not_overlook_what_that_has_made(bench: Bench) -> None:
    scenario = SCENARIOS["provision"]
    bench.prepare(scenario)
    bench.proxy.inflict(Faults(lag=1.5))
    first = bench.run(scenario)
    assert first.code == 0, first.output
    again = bench.run(scenario)
    assert (again.code, again.work) == (0, {}), again.output
