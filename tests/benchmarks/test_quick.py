# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks in short: Terrace alone, once, and only what does not depend on the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS
from tests.benchmarks import bounds, growth
from tests.benchmarks.contenders import CONTENDERS, STEPS
from tests.benchmarks.measure import Measure
from tests.benchmarks.reference import Cycle, run

TERRACE = CONTENDERS[0]
SLACK = 1.1
# Of these each resource of the reference stack has its own.
PARENTS = 2


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def cycle(state: Path) -> Cycle:
    """Return one way of the reference stack from an empty account back to it."""
    (cycle,) = run([TERRACE], [0], 1, state)
    failed = [step for step in STEPS if not cycle.steps[step].succeeded]
    logs = [(state / "log" / f"terrace-0ms-0-{step}.log").read_text() for step in failed]
    assert not failed, "\n".join(logs)
    return cycle


def test_a_first_apply_changes_little_more_than_it_has_to(cycle: Cycle) -> None:
    least = bounds.LEAST_CHANGES + sum(bounds.LOCK.values())
    assert least <= cycle.steps["apply"].mutating <= SLACK * least


@pytest.mark.parametrize("step", ["check", "no_change"])
def test_what_changes_nothing_calls_nothing_that_changes(cycle: Cycle, step: str) -> None:
    assert cycle.steps[step].mutating == 0


def test_a_small_change_is_two_calls_and_the_lock(cycle: Cycle) -> None:
    assert cycle.steps["small_change"].mutating == 2 + 2


def test_nothing_is_asked_twice(cycle: Cycle) -> None:
    """One call for each operation of a kind, and where it says so one for each of its parents or resources."""
    # Log groups with names of their own are looked for by name.
    allowed = Counter({"GetCallerIdentity": 1, "GetResources": 1, "DescribeLogGroups": 2})
    for kind in KINDS.values():
        for operation, growth_of in kind.calls.items():
            allowed[operation] += 1 if growth_of == "page" else PARENTS
    asked = Counter({name.partition(":")[2]: count for name, count in cycle.steps["no_change"].operations.items()})
    assert asked - allowed == Counter()


def test_the_account_is_empty_again(cycle: Cycle, state: Path) -> None:
    assert cycle.steps["destroy"].mutating > 0
    assert "failed=0" in (state / "log" / "terrace-0ms-0-destroy.log").read_text()


@pytest.fixture(scope="module")
def sizes(state: Path) -> Iterator[list[growth.Size]]:
    yield growth.run([20, 140], 0, 1, state)


def test_calls_grow_by_pages_alone(sizes: list[growth.Size]) -> None:
    small, large = (size.no_change[0] for size in sizes)
    assert (small.mutating, large.mutating) == (0, 0)
    assert large.calls - small.calls <= 8, difference(small, large)


def test_the_stack_has_the_size_that_it_says(sizes: list[growth.Size], state: Path) -> None:
    for size in sizes:
        log = (state / "log" / f"growth-{size.resources}-1.log").read_text()
        counted = int(log.partition("to delete, ")[2].partition(" ")[0])
        assert abs(counted - size.resources) <= growth.PART, log


def difference(small: Measure, large: Measure) -> str:
    return str(Counter(large.operations) - Counter(small.operations))
