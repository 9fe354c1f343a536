# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The make targets as a user calls them, in an environment full of production credentials."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest

from local_cloud.reconcile.engine import belonging
from tests.toolchain.witness import Witness, production_environment

CHECKOUT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a playbook run printed."""

    output: str

    @property
    def changed(self) -> dict[str, int]:
        """Return the number of changed tasks per host."""
        return {host: int(changed) for host, changed in RECAP.findall(self.output)}


@dataclass(frozen=True)
class Site:
    """The demo, seen from outside."""

    witness: Witness

    def make(self, target: str, *arguments: str, check: bool = True) -> Run:
        """Run a make target; with `check` its failure fails the test and shows the end of the output."""
        done = subprocess.run(
            ["make", target, *arguments],
            cwd=CHECKOUT,
            env=self.witness.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(done.stdout)
        assert not check or done.returncode == 0, f"make {target}: status {done.returncode}\n{done.stdout[-6000:]}"
        return Run(done.stdout)

    @property
    def summary(self) -> dict[str, Any]:
        """Return what make demo left for scripts."""
        return json.loads((CHECKOUT / ".local" / "demo.json").read_text())

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Return every API call since the local cloud was started."""
        return [json.loads(line) for line in (CHECKOUT / ".local" / "cloud" / "calls.jsonl").read_text().splitlines()]

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of the local cloud's API."""
        return boto3.client(service, region_name=region or self.summary["region"], endpoint_url=self.summary["endpoint"])

    def containers(self, kind: str | None = None) -> list[Any]:
        """Return the demo's containers, of a kind or all."""
        return docker.from_env().containers.list(all=True, filters=belonging(kind), ignore_removed=True)

    def networks(self, kind: str | None = None) -> list[Any]:
        return docker.from_env().networks.list(filters=belonging(kind))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build the demo from nothing, and leave nothing."""
    site = Site(production_environment(tmp_path_factory.mktemp("production")))
    site.make("demo-down")
    site.make("demo")
    yield site
    site.make("demo-down")


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Return a function that repeats a check until it holds, at most `seconds`."""
    import time

    def wait(check: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(1)

    return wait
