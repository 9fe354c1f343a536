# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules in processes of their own, as Ansible does, against an endpoint on the loopback interface."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_cloud.emulator.environment import client_environment

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a module ended: its result, empty when it was killed, and what it wrote besides."""

    code: int
    result: dict[str, Any]
    output: str
    seconds: float

    @property
    def message(self) -> str:
        return self.result.get("msg", "")

    @property
    def work(self) -> dict[str, str]:
        """Return ``kind/name -> action`` of everything that was not left alone."""
        return {f"{r['kind']}/{r['name']}": r["action"] for r in self.result["resources"] if r["action"] != "none"}


class Running:
    """A module that was started."""

    def __init__(self, module: str, arguments: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.module_process", module],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        # Small enough for the pipe: nobody has to read at once.
        self.process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}).encode())
        self.process.stdin.close()
        self.process.stdin = None

    def outcome(self, timeout: float = 300.0) -> Outcome:
        """Wait for the end, for at most `timeout` seconds."""
        try:
            output, errors = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        text = output.decode() + errors.decode()
        seconds = time.monotonic() - self._began
        return Outcome(self.process.returncode, json.loads(output) if output else {}, text, seconds)


def start(module: str, arguments: Mapping[str, Any], endpoint: str, **environment: str) -> Running:
    """Start a module in a clean environment that knows `endpoint` alone; `environment` adds to it, empty takes away."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    wanted = {**kept, **client_environment(endpoint), **environment}
    return Running(module, arguments, {name: value for name, value in wanted.items() if value})


def run(module: str, arguments: Mapping[str, Any], endpoint: str, **environment: str) -> Outcome:
    return start(module, arguments, endpoint, **environment).outcome()
