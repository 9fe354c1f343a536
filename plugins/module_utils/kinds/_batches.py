# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that take only so many things at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> list[list[T]]:
    """Return the items in their order, in lists of at most `size`."""
    ordered = list(items)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]
