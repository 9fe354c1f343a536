# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""galaxy.yml lists exactly the collections that the content uses, the local overlay included."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

NAMESPACES = r"(?:amazon|ansible|community|kubernetes|awx|containers|cloud)"
IMPORT = re.compile(rf"^\s*(?:from|import) ansible_collections\.({NAMESPACES}\.\w+)", re.MULTILINE)
FQCN = re.compile(rf"(?:^|[\s\"'\[(:])({NAMESPACES}\.[a-z]\w*)\.[a-z]\w*", re.MULTILINE)
CONTENT = {"plugins", "roles", "playbooks", "inventories", "meta"}
PART_OF_CORE = {"ansible.builtin"}
CORES_PYTHON = {f"ansible.{name}" for name in ("errors", "inventory", "module_utils", "parsing", "plugins", "utils", "vars")}


def collections_used(text: str) -> set[str]:
    return set(IMPORT.findall(text)) | set(FQCN.findall(text))


def test_dependencies_are_exactly_what_is_used(checkout: Path, texts: dict[Path, str]) -> None:
    declared = set(yaml.safe_load((checkout / "galaxy.yml").read_text())["dependencies"])
    used: set[str] = set()
    for file, text in texts.items():
        if file.parts[0] in CONTENT and file.suffix in {".py", ".yml", ".yaml", ".j2"}:
            used |= collections_used(text)
    assert used - PART_OF_CORE - CORES_PYTHON == declared
