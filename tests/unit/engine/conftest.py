# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses of the engine take no time here."""

from __future__ import annotations

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import apply, perform, retry
from tests.unit.engine.fake import Clock


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Pauses between calls are virtual; polls are real and short, because other threads run meanwhile."""
    virtual = Clock()
    monkeypatch.setattr(retry, "time", virtual)
    monkeypatch.setattr(perform, "time", virtual)
    monkeypatch.setattr(apply, "POLL_FIRST", 0.005)
    monkeypatch.setattr(apply, "POLL_MAX", 0.01)
    return virtual
