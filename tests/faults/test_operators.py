# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operator at a time: two runs at once, a holder that dies, a holder that is asked to stop."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults import client
from tests.faults.bench import Bench, Scenario
from tests.faults.descriptions import LOCK_BUCKET, LOCK_KEY, network
from tests.faults.proxy import Faults, Kill

SCENARIO = Scenario(network())
LOCK = f"{LOCK_BUCKET}/{LOCK_KEY}"
# Slow enough that two runs overlap, and that a signal arrives in the middle of one.
SLOW = Faults(delay=0.1)
SECONDS_TO_STOP = 10.0


def wait_for_changes(bench: Bench, count: int) -> None:
    while len(bench.proxy.changes) < count:
        time.sleep(0.02)


@pytest.mark.parametrize("time_", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, 10))])
def test_of_two_runs_at_once_one_works_and_the_other_says_who(bench: Bench, time_: int) -> None:
    clean = bench.clean("operators", SCENARIO)
    bench.prepare(SCENARIO)
    bench.proxy.inflict(SLOW)
    runs = [client.start("stack", SCENARIO.arguments, bench.proxy.endpoint) for _ in range(2)]
    outcomes = sorted((run.outcome() for run in runs), key=lambda outcome: outcome.code)
    assert [outcome.code for outcome in outcomes] == [0, 1], outcomes
    winner, loser = outcomes
    assert winner.result["changed"]
    assert loser.result["changed"] is False
    assert "has been working on faults since 20" in loser.message
    assert f"pid {next(run.process.pid for run in runs if run.process.exitcode == 0)}" in loser.message
    assert f"delete s3://{LOCK}" in loser.message
    bench.proxy.inflict(Faults())
    bench.settled(SCENARIO, clean)


@pytest.mark.parametrize("call", [10, *(pytest.param(call, marks=pytest.mark.slow) for call in (5, 25, 50, 75))])
def test_a_dead_holder_of_this_host_is_taken_over(bench: Bench, call: int) -> None:
    clean = bench.clean("operators", SCENARIO)
    bench.prepare(SCENARIO)
    bench.proxy.inflict(Faults(kill=Kill("after", call)))
    assert bench.run(SCENARIO).code == -signal.SIGKILL
    assert f"Object {LOCK}" in bench.contents()
    bench.proxy.inflict(Faults())
    outcome = bench.run(SCENARIO)
    assert outcome.code == 0, outcome.output
    bench.settled(SCENARIO, clean)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_holder_that_is_asked_to_stop_stops_and_releases(bench: Bench, number: signal.Signals) -> None:
    clean = bench.clean("operators", SCENARIO)
    bench.prepare(SCENARIO)
    bench.proxy.inflict(SLOW)
    running = client.start("stack", SCENARIO.arguments, bench.proxy.endpoint)
    wait_for_changes(bench, 15)
    running.send_signal(number)
    asked = time.monotonic()
    outcome = running.outcome()
    assert time.monotonic() - asked < SECONDS_TO_STOP
    assert outcome.code == 1
    assert "stopped on request" in outcome.message
    assert "Traceback" not in outcome.output
    assert outcome.work
    assert not [line for line in bench.contents() if line.startswith("Object")]
    bench.proxy.inflict(Faults())
    assert bench.run(SCENARIO).code == 0
    bench.settled(SCENARIO, clean)
