# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts to be loaded: containers that boot like machines, set up by a playbook, and removed at the end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.artifacts import node_archive
from tests.benchmarks.measure import CHECKOUT

HERE = Path(__file__).parent / "targets"
IMAGE = "terrace-local/host:latest"
# systemd needs these; it does not need a privileged container.
BOOT = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/tmp"),  # noqa: S108
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
)
MESSAGES = [
    {"path": "/messages", "weight": 4},
    {"path": "/messages", "method": "POST", "body": {"text": "message {n}"}, "expect": [201]},
]


@dataclass(frozen=True, eq=False)
class Target:
    """A kind of host: `name` is also its playbook; `scenario` are settings of the load test."""

    name: str
    label: str
    scenario: dict[str, Any]


TARGETS = (
    Target("node_stock", "Node.js behind Debian's nginx, as installed", {"scenario": "node", "requests": MESSAGES}),
    Target("node_terrace", "Node.js behind `baseline` (`users_2000`) and `nginx`", {"scenario": "node", "requests": MESSAGES}),
)


@contextlib.contextmanager
def running(target: Target, log: Path, nice: int) -> Iterator[str]:
    """Set a host up, whose processes have a priority of their own, and return its address."""
    name = f"terrace-load-{target.name.replace('_', '-')}"
    _docker("rm", "--force", name)
    _docker("run", "--detach", "--name", name, "--label", "terrace.load=target", *BOOT, IMAGE)
    try:
        _prioritise(name, nice)
        _set_up(name, target, log)
        yield _docker("inspect", "--format", "{{ range .NetworkSettings.Networks }}{{ .IPAddress }}{{ end }}", name)
    finally:
        _docker("rm", "--force", name)


def _prioritise(container: str, nice: int) -> None:
    """Give what will run in a container its priority, by the parents of it all: the init, and what Docker starts processes by."""
    init = int(_docker("inspect", "--format", "{{ .State.Pid }}", container))
    parent = int(Path(f"/proc/{init}/stat").read_text().rpartition(")")[2].split()[1])
    for process in (init, parent):
        os.setpriority(os.PRIO_PROCESS, process, nice)


def _set_up(container: str, target: Target, log: Path) -> None:
    # Degraded: a unit that a container cannot run.
    booted = "until systemctl is-system-running --wait | grep -E 'running|degraded'; do sleep 1; done"
    _docker("exec", container, "sh", "-c", booted)
    command = [
        *("ansible-playbook", "--inventory", f"{container},", "--connection", "community.docker.docker"),
        *("--extra-vars", f"nodejs_archive_url={node_archive.ensure()}"),
        *("--extra-vars", "ansible_python_interpreter=/usr/bin/python3"),
        str(HERE / f"{target.name}.yml"),
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with log.open("w") as output:
        subprocess.run(command, cwd=CHECKOUT, env=os.environ | {"PATH": path}, stdout=output, stderr=output, check=True)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()
