# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy's statistics become the health of targets, and say when a deregistered one is free."""

from dataclasses import replace

import pytest

from local_cloud.emulator.fidelity.target_health import Observation
from local_cloud.reconcile import health
from local_cloud.reconcile.desired import Target
from local_cloud.reconcile.health import FAILING, HEALTHY, INITIAL, NOT_IN_USE, TIMEOUT, Health, observation, read_statistics
from tests.local_cloud.test_haproxy import BALANCER, GROUP

HEAD = "# pxname,svname,scur,status,check_status,check_code,\n"
MISMATCH = ("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")


def statistics(*rows: str) -> str:
    return HEAD + "".join(f"app,{row},\n" for row in rows) + "app,BACKEND,0,UP,,,\nlistener-80,FRONTEND,0,OPEN,,,\n\n"


@pytest.mark.parametrize(
    ("status", "check", "code", "seen"),
    [
        ("UP", "L7OK", "200", HEALTHY),
        ("UP", "* L7OK", "200", HEALTHY),
        ("UP 1/3", "L4CON", "", HEALTHY),
        ("DOWN", "INI", "", INITIAL),
        ("DOWN 1/2", "L7OK", "200", FAILING),
        ("DOWN", "L7STS", "503", MISMATCH),
        ("DOWN", "L4TOUT", "", TIMEOUT),
        ("DOWN", "L4CON", "", FAILING),
    ],
)
def test_statistics_become_health(status: str, check: str, code: str, seen: Observation) -> None:
    rows = read_statistics(statistics(f"i-1:3000,0,{status},{check},{code}"))
    assert {key: observation(row) for key, row in rows.items()} == {("app", "i-1:3000"): seen}


def test_new_targets_are_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, clock = Health(), 100.0
    monkeypatch.setattr(health.time, "monotonic", lambda: clock)
    monkeypatch.setattr(health, "_fetch", lambda _port: statistics("i-1:3000,0,DOWN,L4CON,", "i-2:3000,0,UP,L7OK,200"))
    seen.observe({BALANCER: 1})
    assert [seen.of("arn:app", target, "3000") for target in ("i-1", "i-2")] == [INITIAL, HEALTHY]
    clock += GROUP.check.interval * GROUP.check.unhealthy
    seen.observe({BALANCER: 1})
    assert seen.of("arn:app", "i-1", "3000") == FAILING
    assert seen.of("arn:other", "i-1", "3000") == NOT_IN_USE


@pytest.mark.parametrize(
    ("rows", "busy"),
    [
        (["i-9:3000,0,UP,L7OK,200", "i-9:3000_spare,0,no check,,"], True),
        (["i-9:3000,1,MAINT,,", "i-9:3000_spare,0,MAINT,,"], True),
        (["i-9:3000,0,MAINT,,", "i-9:3000_spare,0,MAINT,,"], False),
        (["i-1:3000,0,UP,L7OK,200"], False),
    ],
)
def test_a_deregistered_target_is_busy_until_its_connections_end(
    rows: list[str], busy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Health()
    group = replace(GROUP, draining=(Target("i-9", "10.0.0.9", 3000, end=1e12),))
    monkeypatch.setattr(health, "_fetch", lambda _port: statistics(*rows))
    seen.observe({replace(BALANCER, groups=(group,)): 1})
    assert seen.busy("arn:app", "i-9", "3000") is busy
