# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/init.yml writes a project that works with the installed collection, without the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local_cloud.emulator import Emulator
from tests.integration.described import CHECKOUT, playbook
from tests.toolchain.test_artifact import ansible

COLLECTIONS = {"ANSIBLE_COLLECTIONS_PATH": "collections"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project written by the installed artefact into a directory that holds nothing but that."""
    built, directory = tmp_path_factory.mktemp("artifact"), tmp_path_factory.mktemp("shop")
    ansible("ansible-galaxy", "collection", "build", str(CHECKOUT), "--output-path", str(built), cwd=built)
    artifact = str(next(built.glob("terrace-aws-*.tar.gz")))
    ansible("ansible-galaxy", "collection", "install", artifact, "--no-deps", "-p", "collections", cwd=directory, **COLLECTIONS)
    ansible("ansible-playbook", "terrace.aws.init", "-e", "dest=. architecture=jyoti", cwd=directory, **COLLECTIONS)
    return directory


def test_every_playbook_has_its_wrapper(project: Path) -> None:
    wrapped = {path.name for path in project.glob("*.yml")} - {"requirements.yml"}
    assert wrapped == {path.name for path in (CHECKOUT / "playbooks").glob("*.yml")} - {"init.yml", "discover.yml"}
    assert "import_playbook: terrace.aws.site\n" in (project / "site.yml").read_text()


def test_the_inventory_finds_what_it_names(project: Path) -> None:
    texts = [path.read_text() for path in (project / "inventories" / "jyoti").rglob("*.yml")]
    assert not [text for text in texts if ".." in text]
    assert any('"{{ playbook_dir }}/examples/messages-api"' in text for text in texts)
    assert (project / "examples" / "messages-api" / "package.json").is_file()


def test_the_project_plans_an_empty_account(project: Path, account: Emulator) -> None:
    account.reset()
    done = playbook("site.yml", "--check", emulator=account, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "to create, 0 to update, 0 to replace, 0 to delete" in done.stdout
    assert not [call for call in account.calls if call["mutating"]]


def test_the_project_finds_drift(project: Path, account: Emulator) -> None:
    account.reset()
    done = playbook("drift.yml", "-e", "drift_report=drift.json", emulator=account, cwd=project)
    assert done.returncode == 2
    assert "vpc/main: is missing" in done.stdout
    assert json.loads((project / "drift.json").read_text())["drifted"]


def test_the_project_names_the_operators_permissions(project: Path, account: Emulator) -> None:
    done = playbook("operator_policy.yml", "-e", "policy_directory=policies", emulator=account, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted((project / "policies").iterdir())
    assert [file.name for file in files] == [f"jyoti-production-operator-{n}.json" for n in range(1, len(files) + 1)]
    assert all(json.loads(file.read_text())["Version"] == "2012-10-17" for file in files)


def test_nothing_is_overwritten(project: Path, account: Emulator) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*.yml")}
    done = playbook("terrace.aws.init", "-e", "dest=. architecture=jyoti", emulator=account, cwd=project)
    assert done.returncode == 2
    assert "Nothing was written, because" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*.yml")} == before


@pytest.mark.parametrize("variables", ["dest=new", "dest=new architecture=nowhere", "architecture=jyoti"])
def test_what_is_not_said_is_asked_for(project: Path, account: Emulator, variables: str) -> None:
    done = playbook("terrace.aws.init", "-e", variables, emulator=account, cwd=project)
    assert done.returncode == 2
    asked = done.stdout.partition("-e dest=<directory> -e architecture=<")[2].partition(">")[0]
    assert "jyoti" in asked.split("|"), done.stdout
    assert not (project / "new").exists()
