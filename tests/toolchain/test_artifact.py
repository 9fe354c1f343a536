# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built collection works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from local_cloud.emulator import Emulator

CHECKOUT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".collections", ".ci", ".config", ".git", ".local", "build", "inventories/local", "local_cloud", "molecule", "tests")
CALL = {
    "stack": {"name": "probe", "account": "123456789012", "region": "eu-west-1"},
    "vpc": {"name": "main", "cidr": "10.9.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
    "subnets": [{"name": "public", "public": True}],
}


def ansible(command: str, *arguments: str, cwd: Path, **environment: str) -> str:
    """Run an Ansible command of this environment with a home of its own, and return its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [command, *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path, "ANSIBLE_HOME": str(cwd / ".ansible"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("artifact")
    ansible("ansible-galaxy", "collection", "build", str(CHECKOUT), "--output-path", str(directory), cwd=directory)
    return next(directory.glob("terrace-aws-*.tar.gz"))


@pytest.fixture(scope="module")
def project(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a user's empty project with nothing but the artefact installed."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\n")
    ansible(
        "ansible-galaxy", "collection", "install", str(artifact), "--no-deps", "--collections-path", "collections", cwd=directory
    )
    return directory


def test_artifact_leaves_out_what_only_a_checkout_needs(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        names = archive.getnames()
    unwanted = [name for name in names if any(name == left or name.startswith(f"{left}/") for left in LEFT_OUT)]
    assert not unwanted
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]
    assert "plugins/modules/network.py" in names
    assert "playbooks/site.yml" in names


def test_module_page_comes_from_the_artifact(project: Path) -> None:
    pages = json.loads(ansible("ansible-doc", "--json", "terrace.aws.network", cwd=project))
    assert pages["terrace.aws.network"]["doc"]["filename"].startswith(str(project))


def test_installed_module_plans_an_empty_account(project: Path) -> None:
    with Emulator() as emulator:
        output = ansible(
            "ansible",
            "localhost",
            "--check",
            "--module-name=terrace.aws.network",
            f"--args={json.dumps(CALL)}",
            cwd=project,
            ANSIBLE_LOAD_CALLBACK_PLUGINS="1",
            ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal",
            **emulator.client_environment(),
        )
        mutating = [call for call in emulator.calls if call["mutating"]]
    result = json.loads(output.partition("=>")[2])
    assert result["changed"]
    assert {resource["action"] for resource in result["resources"]} == {"create"}
    assert not mutating
