# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS behaviour that moto lacks, as small conversations. Each is run against the emulator and against plain moto."""

from collections.abc import Callable
from typing import Any

Connect = Callable[..., Any]
Scenario = Callable[[Connect], None]

SCENARIOS: list[Scenario] = []


def scenario(function: Scenario) -> Scenario:
    """Register a conversation: a function of ``connect(service) -> boto3 client``."""
    SCENARIOS.append(function)
    return function
