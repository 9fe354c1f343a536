# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong description given to the module itself, as a process of its own: told in one line, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests.faults import client
from tests.unit.violations import description
from tests.unit.violations.by_hand import BY_HAND, Mistake, steps
from tests.unit.violations.options import replaced

RIGHT = {"stack": description.COMMON["stack"], **description.TIERS}
NOTHING = "no-such-thing"
# What cannot be known from the description alone: the names may be of things that exist.
TO_NOTHING = [
    Mistake("subnets that nobody declares", "compute.groups[1].subnets", NOTHING),
    Mistake("role that nobody declares", "compute.groups[0].role", NOTHING),
    Mistake("security group that nobody declares", "database.instances[0].security_groups[0]", NOTHING),
]
SAMPLE = [*TO_NOTHING, *[mistake for mistake in BY_HAND if mistake.where.partition(".")[0] in description.TIERS][::15]]
PATIENCE = 60


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def ask(emulator: Emulator, arguments: dict[str, Any]) -> client.Outcome:
    emulator.calls.clear()
    return client.start("stack", arguments, emulator.endpoint).outcome(PATIENCE)


@pytest.mark.parametrize("mistake", SAMPLE, ids=lambda mistake: mistake.what)
def test_the_module_names_the_option_and_changes_nothing(emulator: Emulator, mistake: Mistake) -> None:
    outcome = ask(emulator, replaced(RIGHT, steps(mistake.where), mistake.value))
    assert outcome.result["failed"] and outcome.message.startswith(f"{mistake.path}: ")
    assert "Traceback" not in outcome.output
    assert [call["operation"] for call in emulator.calls if call["mutating"]] == []
