# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed before or after any changing call, the next run gets where an undisturbed one would have got."""

from __future__ import annotations

import dataclasses
import signal

import pytest

from tests.faults.bench import Bench, Scenario
from tests.faults.descriptions import (
    absent,
    balancers,
    changed_balancers,
    changed_groups,
    changed_instances,
    changed_network,
    groups,
    instances,
    network,
)
from tests.faults.proxy import Faults, Kill

SCENARIOS = {
    "provision": Scenario(network()),
    "update": Scenario(changed_network(), before=network()),
    "teardown": Scenario(absent(network()), before=network()),
    "launch": Scenario(instances()),
    "resize": Scenario(changed_instances(), before=instances()),
    "terminate": Scenario(absent(instances()), before=instances()),
    "balance": Scenario(balancers()),
    "rebalance": Scenario(changed_balancers(), before=balancers()),
    "scale": Scenario(groups()),
    "roll": Scenario(changed_groups(), before=groups()),
    "disband": Scenario(absent(groups()), before=groups()),
}
MOMENTS = ("before", "after")
SAMPLES = {
    "provision": 4,
    "update": 4,
    "teardown": 3,
    "launch": 2,
    "resize": 2,
    "terminate": 1,
    "balance": 2,
    "rebalance": 2,
    "scale": 1,
    "roll": 3,
    "disband": 1,
}
SHARES_OF_ALL = 8
LAG = 8.0


def kill_and_rerun(bench: Bench, name: str, kill: Kill, lag: float = 0.0) -> None:
    """What is created shows after `lag` seconds; the third run is later than that."""
    scenario = SCENARIOS[name]
    clean = bench.clean(name, scenario)
    if lag:
        lock = {"settle": int(lag) + 1}
        scenario = dataclasses.replace(scenario, arguments={**scenario.arguments, "lock": lock})
    bench.prepare(scenario)
    bench.proxy.inflict(Faults(kill=kill, lag=lag))
    killed = bench.run(scenario)
    assert killed.code == -signal.SIGKILL, killed.output
    bench.proxy.calm()
    rerun = bench.run(scenario)
    assert rerun.code == 0, rerun.output
    if not rerun.result["changed"]:
        # A run with nothing to do takes no lock, so it leaves that of a run which was killed when all its work was done.
        bench.remove_lock()
    bench.proxy.inflict(Faults())
    bench.settled(scenario, clean)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("name", "sample"), [(name, sample) for name, count in SAMPLES.items() for sample in range(count)])
def test_killed_at_one_of_forty_points(bench: Bench, name: str, sample: int, moment: str) -> None:
    changes = bench.clean(name, SCENARIOS[name]).changes
    kill_and_rerun(bench, name, Kill(moment, 1 + int((sample + 0.5) / SAMPLES[name] * changes)))


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES_OF_ALL))
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_every_point(bench: Bench, name: str, moment: str, share: int) -> None:
    """In shares, which test processes can divide among themselves."""
    failures = {}
    for call in range(1 + share, bench.clean(name, SCENARIOS[name]).changes + 1, SHARES_OF_ALL):
        try:
            kill_and_rerun(bench, name, Kill(moment, call))
        except AssertionError as failure:
            failures[call] = str(failure)
    assert failures == {}


LATE = [
    pytest.param(name, share, marks=() if (name, share) in (("provision", 0.1), ("update", 0.5)) else pytest.mark.slow)
    for name in SCENARIOS
    for share in (0.1, 0.2, 0.5, 0.8)
]


@pytest.mark.parametrize(("name", "share"), LATE)
def test_killed_and_what_it_made_shows_only_later(bench: Bench, name: str, share: float) -> None:
    changes = bench.clean(name, SCENARIOS[name]).changes
    kill_and_rerun(bench, name, Kill("after", 1 + int(share * changes)), LAG)
