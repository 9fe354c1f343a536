# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HEADER = ("SPDX-FileCopyrightText: Terrace contributors", "SPDX-License-Identifier: GPL-3.0-or-later")
HEADER_LINES = 10
COMMENTLESS = {".pem", ".json", ".lock", ".md", ".svg", ".txt", ".csv"}
WITHOUT_HEADER = {
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "ansible.cfg",
    "changelogs/changelog.yaml",
    "requirements-dev.in",
}
PACKAGE_INDEXES = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|registry\.(?:npmjs\.org|yarnpkg\.com))\b")
HOME = re.compile(r"(?<![\w}])/(?:home|Users)/(?!ubuntu|admin|ec2-user)\w+/")
NOTHING_LEFT_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def test_every_source_names_its_licence(texts: dict[Path, str]) -> None:
    missing = []
    for file, text in texts.items():
        if file.suffix in COMMENTLESS or str(file) in WITHOUT_HEADER or not text:
            continue
        head = "\n".join(text.splitlines()[:HEADER_LINES])
        if not all(line in head for line in HEADER):
            missing.append(str(file))
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("pattern", [PACKAGE_INDEXES, HOME, NOTHING_LEFT_TO_DO], ids=["index", "home", "leftover"])
def test_nothing_of_one_machine_or_moment(texts: dict[Path, str], pattern: re.Pattern[str]) -> None:
    """No package index (the user's configuration names it), nobody's home, no promises."""
    here = Path(__file__).name
    found = [f"{file}: {match.group()}" for file, text in texts.items() if file.name != here for match in pattern.finditer(text)]
    assert not found, "\n".join(found)


def test_no_path_of_this_checkout(checkout: Path, texts: dict[Path, str]) -> None:
    found = [str(file) for file, text in texts.items() if f"{checkout}/" in text]
    assert not found, "\n".join(found)


def test_playbook_names_use_underscores(sources: list[Path]) -> None:
    assert not [str(file) for file in sources if file.parts[0] == "playbooks" and "-" in file.name]
