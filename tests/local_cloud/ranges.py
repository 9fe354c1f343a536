# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of addresses for the VPCs of tests: those of several checkouts on one machine must not be the same."""

import zlib
from pathlib import Path

from local_cloud.paths import scope

ROUTES = Path("/proc/net/route")
# The second number of an address; the inventories' own VPCs are below.
FIRST, COUNT = 100, 120


def free(purpose: str) -> str:
    """Return the beginning of a /16 that this machine has no route into, such as 10.113; networks of containers are routes."""
    start = zlib.crc32(scope(purpose).encode())
    numbers = [FIRST + (start + step) % COUNT for step in range(COUNT)]
    return f"10.{next(number for number in numbers if number not in _taken())}"


def _taken() -> set[int]:
    """Return the second numbers of the routes into 10.0.0.0/8, which the kernel lists in hexadecimal, last byte first."""
    lines = ROUTES.read_text().splitlines()[1:] if ROUTES.exists() else []
    destinations = [bytes.fromhex(line.split()[1])[::-1] for line in lines]
    return {destination[1] for destination in destinations if destination[0] == 10}
