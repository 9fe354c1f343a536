# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks as loudly as they can be run, and searches everything that a run leaves for secrets."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLING_SECONDS = 0.01
# What AWX keeps of a job, Ansible's own log and output for machines, arguments, temporary files, facts.
PLACES = ("artifacts", "json", "log", "ps", "temporary", "facts")


@dataclasses.dataclass(frozen=True)
class Loud:
    """A directory that collects what runs leave, one entry for each of PLACES."""

    directory: Path
    environment: Mapping[str, str]

    def under_runner(self, playbook: Path, inventory: Path) -> None:
        """Run a playbook as AWX does."""
        arguments = ["run", str(self.directory), "--playbook", str(playbook), "--inventory", str(inventory), "-vvv"]
        self._run("ansible-runner", *arguments, "--cmdline=--diff", "--project-dir", str(CHECKOUT))

    def with_json(self, playbook: Path, inventory: Path, *options: str) -> None:
        """Run a playbook with Ansible's output for machines."""
        output = self._run("ansible-playbook", str(playbook), "-i", str(inventory), "-vvv", "--diff", *options, **JSON)
        with (self.directory / "json").open("a") as file:
            file.write(output)

    def _run(self, *command: str, **environment: str) -> str:
        temporary = self.directory / "temporary"
        temporary.mkdir(exist_ok=True)
        loud = {
            "ANSIBLE_LOG_PATH": str(self.directory / "log"),
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.directory / "facts"),
            "ANSIBLE_KEEP_REMOTE_FILES": "1",
            "ANSIBLE_PIPELINING": "0",
            "ANSIBLE_LOCAL_TEMP": str(temporary),
            "ANSIBLE_REMOTE_TEMP": str(temporary),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "TMPDIR": str(temporary),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        with _arguments_of_all_processes(self.directory / "ps"):
            done = subprocess.run(
                command,
                cwd=CHECKOUT,
                env={**os.environ, **self.environment, **loud, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        output = done.stdout.decode(errors="replace")
        assert done.returncode == 0, output[-4000:]
        return output

    def find(self, secrets: Mapping[str, str]) -> dict[str, set[str]]:
        """Return the places, with the names of the secrets that are there in any form."""
        found: dict[str, set[str]] = {}
        for place in PLACES:
            for text in _texts(self.directory / place):
                names = {name for name, secret in secrets.items() if any(form in text for form in forms(secret))}
                found.setdefault(place, set()).update(names)
        return {place: names for place, names in found.items() if names}


JSON = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}


def forms(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, in JSON of both kinds, in JSON within JSON or Python, encoded."""
    raw = secret.encode()
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    nested = {json.dumps(form)[1:-1] for form in plain} | {form.replace("\\", "\\\\") for form in plain}
    # A value may begin at any of three places in a text that is encoded: what does not depend on its neighbours.
    encoded = {base64.b64encode(b"x" * shift + raw).decode()[4:-4] for shift in (0, 1, 2)}
    return {*plain, *nested, *encoded, quote(secret, safe=""), raw.hex()}


def _texts(path: Path) -> Iterator[str]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        yield file.read_text(errors="replace")


@contextmanager
def _arguments_of_all_processes(path: Path) -> Iterator[None]:
    """Write down the arguments of every process that runs meanwhile, as `ps` shows them to everybody."""
    seen: set[str] = set()
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLING_SECONDS):
            seen.update(_command_lines())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    yield
    over.set()
    sampler.join()
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in sorted(seen))


def _command_lines() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
