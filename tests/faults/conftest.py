# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator behind one proxy for each test process; each test begins with an empty account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_cloud.emulator import Emulator
from tests import quick
from tests.faults.bench import Bench
from tests.faults.proxy import Proxy


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    quick.settle_soon()
    with Emulator() as emulator, Proxy(emulator.endpoint) as proxy:
        yield Bench(emulator, proxy)
