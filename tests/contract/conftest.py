# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all, emptied before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests import quick
from tests.contract.harness import loopback_clients


@pytest.fixture(scope="session")
def account() -> Iterator[tuple[Emulator, Callable[[str, str], Any]]]:
    quick.settle_soon()
    with Emulator() as emulator:
        yield emulator, loopback_clients(emulator.endpoint)


@pytest.fixture
def clients(account: tuple[Emulator, Callable[[str, str], Any]]) -> Callable[[str, str], Any]:
    """Clients of an empty account."""
    emulator, connected = account
    emulator.reset()
    return connected
