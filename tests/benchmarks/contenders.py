# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who makes the reference stack, and how each of them is told to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.benchmarks.measure import CHECKOUT

REFERENCE = Path(__file__).resolve().parent / "reference"
# A folder with providers, laid out as `terraform providers mirror` does, for machines that reach no registry.
TERRAFORM_PROVIDERS = "TERRACE_TERRAFORM_PROVIDERS"
STEPS = ("check", "apply", "no_change", "small_change", "destroy")
# Of a line that says nothing to a machine.
SILENT = re.compile(r"\s*(#.*|---)?")


class Contender:
    """One tool with its description of the stack."""

    name: str
    label: str

    def prepare(self, state: Path, environment: Mapping[str, str]) -> str | None:
        """Get ready in the folder `state`, once for all cycles. Returns why it is impossible, if it is."""
        return None

    def begin(self) -> None:
        """Forget the last cycle's stack."""

    def command(self, step: str) -> list[str]:
        raise NotImplementedError

    def environment(self, step: str) -> Mapping[str, str]:
        return {}

    def cwd(self) -> Path:
        return CHECKOUT

    def lines(self) -> dict[str, int]:
        """Return how many lines a user has written, without blank ones and comments: for the stack, and for its end."""
        raise NotImplementedError


class Terrace(Contender):
    """The collection, from its checkout."""

    name, label = "terrace", "Terrace"
    _folder = REFERENCE / "terrace"

    def command(self, step: str) -> list[str]:
        run = ["ansible-playbook", "-i", str(self._folder.relative_to(CHECKOUT))]
        return [*run, *_by_step(step, "playbooks/provision.yml", "playbooks/teardown.yml", ["-e", "confirm=starttech"])]

    def lines(self) -> dict[str, int]:
        return {"stack": written(self._folder.rglob("*.yml")), "teardown": 0}


class AnsibleModules(Contender):
    """A playbook with a task for each resource."""

    name, label = "amazon_aws", "amazon.aws"
    _folder = REFERENCE / "ansible"

    def command(self, step: str) -> list[str]:
        folder = self._folder.relative_to(CHECKOUT)
        return ["ansible-playbook", "-i", "localhost,", *_by_step(step, f"{folder}/site.yml", f"{folder}/teardown.yml", [])]

    def lines(self) -> dict[str, int]:
        stack = [self._folder / "site.yml", self._folder / "replication_group.py"]
        return {"stack": written(stack), "teardown": written([self._folder / "teardown.yml"])}


class Terraform(Contender):
    """Terraform, with its state in a local file."""

    name, label = "terraform", "Terraform"
    _source = REFERENCE / "terraform" / "main.tf"

    def prepare(self, state: Path, environment: Mapping[str, str]) -> str | None:
        if not shutil.which("terraform"):
            return "there is no terraform on the PATH"
        self._folder = state / "terraform"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        shutil.copy(self._source, self._folder)
        mirror = os.environ.get(TERRAFORM_PROVIDERS)
        init = ["terraform", "init", "-input=false", "-no-color", *([f"-plugin-dir={mirror}"] if mirror else [])]
        done = subprocess.run(init, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"terraform init failed ({TERRAFORM_PROVIDERS} may name a folder with providers): {done.stderr.strip()}"
        return None

    def begin(self) -> None:
        for file in self._folder.glob("terraform.tfstate*"):
            file.unlink()

    def command(self, step: str) -> list[str]:
        quiet = ["-input=false", "-no-color"]
        commands = {"check": ["plan"], "destroy": ["destroy", "-auto-approve"]}
        return ["terraform", *commands.get(step, ["apply", "-auto-approve"]), *quiet]

    def environment(self, step: str) -> Mapping[str, str]:
        return {"TF_VAR_asg_max": "6", "TF_VAR_extra_rule": "true"} if step == "small_change" else {}

    def cwd(self) -> Path:
        return self._folder

    def lines(self) -> dict[str, int]:
        return {"stack": written([self._source]), "teardown": 0}


CONTENDERS: tuple[Contender, ...] = (Terrace(), AnsibleModules(), Terraform())


def written(files: Iterable[Path]) -> int:
    """Count the lines that are neither blank nor comments."""
    return sum(not SILENT.fullmatch(line) for file in files for line in file.read_text().splitlines())


def _by_step(step: str, playbook: str, teardown: str, confirmation: list[str]) -> list[str]:
    more = {"check": ["--check"], "small_change": ["-e", "asg_max=6", "-e", "extra_rule=true"]}
    return [teardown, *confirmation] if step == "destroy" else [playbook, *more.get(step, [])]
