# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout, and an environment in which mistakes would show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.toolchain.witness import Witness, production_environment


@pytest.fixture
def checkout() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture
def production(tmp_path: Path) -> Witness:
    return production_environment(tmp_path)
