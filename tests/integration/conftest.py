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
def account() -> Iterator[Emulator]:
    quick.settle_soon()
    with Emulator() as running:
        yield running


@pytest.fixture
def clients(account: Emulator) -> Callable[[str, str], Any]:
    """Clients of an empty account."""
    account.reset()
    return loopback_clients(account.endpoint)
