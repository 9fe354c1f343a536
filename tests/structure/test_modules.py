# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's page stays readable, and every module is where users look for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

MAX_OPTIONS = 60
MAX_DEPTH = 3
MAX_LINES = 1000


def ansible_doc(checkout: Path, *arguments: str) -> str:
    return subprocess.run(
        ["ansible-doc", "--type", "module", *arguments], cwd=checkout, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def modules(checkout: Path) -> list[str]:
    names = [f"terrace.aws.{file.stem}" for file in sorted((checkout / "plugins" / "modules").glob("[a-z]*.py"))]
    assert names, "no module"
    return names


@pytest.fixture(scope="module")
def documentation(checkout: Path, modules: list[str]) -> dict[str, Any]:
    pages = json.loads(ansible_doc(checkout, "--json", *modules))
    assert sorted(pages) == modules, "a module without documentation"
    return {name: page["doc"] for name, page in pages.items()}


def count_options(options: dict[str, Any]) -> int:
    return sum(1 + count_options(option.get("suboptions") or {}) for option in options.values())


def depth(options: dict[str, Any]) -> int:
    return max((1 + depth(option.get("suboptions") or {}) for option in options.values()), default=0)


def test_pages_stay_readable(checkout: Path, documentation: dict[str, Any]) -> None:
    over = []
    for name, page in documentation.items():
        budget = {
            "options": (count_options(page["options"]), MAX_OPTIONS),
            "depth": (depth(page["options"]), MAX_DEPTH),
            "lines": (len(ansible_doc(checkout, name).splitlines()), MAX_LINES),
        }
        over += [f"{name}: {what} {value} > {limit}" for what, (value, limit) in budget.items() if value > limit]
    assert not over, "\n".join(over)


def test_every_module_says_what_it_supports(documentation: dict[str, Any]) -> None:
    for name, page in documentation.items():
        assert page.get("attributes", {}).get("check_mode", {}).get("support") == "full", name
        assert page.get("version_added"), name


def test_action_group_is_complete(checkout: Path, modules: list[str]) -> None:
    groups = yaml.safe_load((checkout / "meta" / "runtime.yml").read_text())["action_groups"]
    members = [f"terrace.aws.{entry}" for entry in groups["aws"] if isinstance(entry, str)]
    assert members == modules
