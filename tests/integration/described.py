# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The descriptions in inventories/ as the modules get them, and ways to run modules and playbooks."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.module_utils import basic
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager

from ansible_collections.terrace.aws.plugins.module_utils.registry import TIERS
from local_cloud.emulator import Emulator

CHECKOUT = Path(__file__).resolve().parents[2]
INVENTORIES = CHECKOUT / "inventories"
MODULES = "ansible_collections.terrace.aws.plugins.modules"


def description(architecture: str = "jyoti", **variables: Any) -> dict[str, Any]:
    """Return the options of the stack module. Nothing is protected, so that the stack can be deleted again."""
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[str(INVENTORIES / architecture / "groups.yml")])
    given = {"terrace_deletion_protection": False, **variables}
    variables = VariableManager(loader, inventory).get_vars(host=inventory.get_host("localhost")) | given
    names = ["stack", *(tier for tier in TIERS if f"terrace_{tier}" in variables)]
    templated = Templar(loader, variables).template({name: variables[f"terrace_{name}"] for name in names})
    return json.loads(json.dumps(templated))


def run(monkeypatch: pytest.MonkeyPatch, module: str, **options: Any) -> dict[str, Any]:
    """Run a module as Ansible's wrapper does, and return its result."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        importlib.import_module(f"{MODULES}.{module}").main()
    return json.loads(output.getvalue())


def playbook(name: str, *arguments: str, emulator: Emulator, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a playbook against the emulator."""
    return command("ansible-playbook", name, *arguments, emulator=emulator, cwd=cwd)


def command(*words: str, emulator: Emulator, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible's against the emulator."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, "PATH": path, **emulator.client_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
