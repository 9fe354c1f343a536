# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules in processes of their own, as Ansible does, against an endpoint on the loopback interface."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_cloud.emulator.environment import client_environment
from tests.faults import module_process

PROCESSES = multiprocessing.get_context("forkserver")
# The second for the runner of tests, which each process would look at.
PROCESSES.set_forkserver_preload(["tests.faults.preloaded", "pytest"])


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
        self._files = tempfile.TemporaryDirectory()
        self._output, self._errors = (Path(self._files.name) / name for name in ("output", "errors"))
        self._output.touch()
        self._errors.touch()
        files = (str(self._output), str(self._errors))
        self._began = time.monotonic()
        self.process = PROCESSES.Process(target=module_process.main, args=(module, arguments, environment, *files))
        self.process.start()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def outcome(self, timeout: float = 300.0) -> Outcome:
        """Wait for the end, for at most `timeout` seconds."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise TimeoutError(f"the module has not ended within {timeout:.0f} s")
        seconds = time.monotonic() - self._began
        output = self._output.read_text()
        text = output + self._errors.read_text()
        self._files.cleanup()
        return Outcome(self.process.exitcode, json.loads(output) if output else {}, text, seconds)


def start(module: str, arguments: Mapping[str, Any], endpoint: str, **environment: str) -> Running:
    """Start a module in a clean environment that knows `endpoint` alone; `environment` adds to it, empty takes away."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    wanted = {**kept, **client_environment(endpoint), **environment}
    return Running(module, arguments, {name: value for name, value in wanted.items() if value})


def run(module: str, arguments: Mapping[str, Any], endpoint: str, **environment: str) -> Outcome:
    return start(module, arguments, endpoint, **environment).outcome()
