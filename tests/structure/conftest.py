# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as data."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def checkout() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def sources(checkout: Path) -> list[Path]:
    """All files that belong to the project, committed or about to be, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=checkout,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = [Path(name) for name in listed.split("\0") if name]
    return [file for file in files if (checkout / file).is_file() and not (checkout / file).is_symlink()]


@pytest.fixture(scope="session")
def texts(checkout: Path, sources: list[Path]) -> dict[Path, str]:
    """The contents of every text file."""
    contents = {}
    for file in sources:
        try:
            contents[file] = (checkout / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return contents
