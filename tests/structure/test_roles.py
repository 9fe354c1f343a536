# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role is documented, specified and tested on a host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

README_LINES = 120


def roles(checkout: Path) -> list[Path]:
    found = sorted(path for path in (checkout / "roles").iterdir() if path.is_dir())
    assert found, "no role"
    return found


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def test_roles_have_specification_readme_and_scenario(checkout: Path) -> None:
    missing = []
    for role in roles(checkout):
        needed = [
            role / "README.md",
            role / "meta" / "argument_specs.yml",
            role / "meta" / "main.yml",
            checkout / "molecule" / role.name / "converge.yml",
            checkout / "molecule" / role.name / "verify.yml",
        ]
        missing += [str(file.relative_to(checkout)) for file in needed if not file.is_file()]
    assert not missing, "\n".join(missing)


def test_readmes_are_one_page(checkout: Path) -> None:
    for role in roles(checkout):
        assert len((role / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES, role.name


def test_specifications_cover_the_defaults(checkout: Path) -> None:
    """Every default is a documented option; every option begins with the role's name."""
    for role in roles(checkout):
        entry_points = load(role / "meta" / "argument_specs.yml")["argument_specs"]
        options = {option for entry_point in entry_points.values() for option in entry_point.get("options", {})}
        assert all(entry_point.get("short_description") for entry_point in entry_points.values()), role.name
        assert all(entry_point.get("description") for entry_point in entry_points.values()), role.name
        assert not [option for option in options if not option.startswith(f"{role.name}_")], role.name
        defaults = role / "defaults" / "main.yml"
        if defaults.is_file():
            assert not set(load(defaults) or {}) - options, role.name


def test_scenarios_assert_that_they_have_hosts(checkout: Path) -> None:
    """Molecule calls a scenario without hosts successful: verify.yml begins by refusing that."""
    scenarios = sorted(path.parent for path in (checkout / "molecule").glob("*/converge.yml"))
    assert scenarios, "no scenario"
    for scenario in scenarios:
        first = load(scenario / "verify.yml")[0]
        assert first["hosts"] == "localhost", scenario.name
        asserted = [str(task["ansible.builtin.assert"]["that"]) for task in first["tasks"] if "ansible.builtin.assert" in task]
        assert any("groups" in condition and "length > 0" in condition for condition in asserted), scenario.name
