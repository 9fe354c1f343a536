# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of single resources that may not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found

T = TypeVar("T")


def existing(read: Callable[[], T]) -> T | None:
    """Return what `read` returns, or None when AWS answers that there is no such thing."""
    try:
        return read()
    except Exception as error:
        if is_not_found(error):
            return None
        raise
