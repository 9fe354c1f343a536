# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account behind a proxy, and how it is brought from one state to another: the clean way, or with disturbances."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of, stack_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import TIERS
from local_cloud.emulator import Emulator
from tests.contract.harness import loopback_clients
from tests.contract.harness import run as converge
from tests.faults import client
from tests.faults.account import contents
from tests.faults.client import Outcome
from tests.faults.descriptions import FLOW_LOGS, LOCK_BUCKET, LOCK_KEY, REGION
from tests.faults.proxy import Faults, Proxy


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One run of the `stack` module, and the description of what exists before it, if anything does."""

    arguments: Mapping[str, Any]
    before: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Clean:
    """What an undisturbed run leads to: the account's contents, and the number of its changing calls."""

    contents: list[str]
    changes: int


class Bench:
    """An emulator and a proxy in front of it."""

    def __init__(self, emulator: Emulator, proxy: Proxy) -> None:
        self.emulator, self.proxy = emulator, proxy
        self._clients = loopback_clients(emulator.endpoint)
        self._clean: dict[str, Clean] = {}

    def prepare(self, scenario: Scenario) -> None:
        """Empty the account and make what the scenario begins with."""
        self.emulator.reset()
        self.proxy.inflict(Faults())
        s3 = self.emulator.client("s3")
        s3.create_bucket(Bucket=FLOW_LOGS, CreateBucketConfiguration={"LocationConstraint": REGION})
        if scenario.before:
            stack = stack_of(scenario.before["stack"])
            described = {tier: scenario.before[tier] for tier in TIERS if tier in scenario.before}
            converge(self._clients, stack, declarations_of(described, stack))

    def clean(self, name: str, scenario: Scenario) -> Clean:
        """Return what the scenario leads to, from a run of its own the first time."""
        if name not in self._clean:
            self.prepare(scenario)
            outcome = self.run(scenario)
            assert outcome.code == 0, outcome.output
            self._clean[name] = Clean(self.contents(), len(self.proxy.changes))
        return self._clean[name]

    def run(self, scenario: Scenario, **environment: str) -> Outcome:
        """Run the module through the proxy; the proxy may kill it."""
        running = client.start("stack", scenario.arguments, self.proxy.endpoint, **environment)
        self.proxy.victim = running.process.pid
        outcome = running.outcome()
        self.proxy.wait_until_idle()
        return outcome

    def contents(self) -> list[str]:
        return contents(self.emulator)

    def remove_lock(self) -> None:
        """Remove the stack's lock, as a user can."""
        self.emulator.client("s3").delete_object(Bucket=LOCK_BUCKET, Key=LOCK_KEY)

    def settled(self, scenario: Scenario, clean: Clean) -> None:
        """Assert that the account is as after a clean run, and that another run has nothing to do."""
        differences = difflib.unified_diff(clean.contents, self.contents(), "clean", "disturbed", n=0, lineterm="")
        assert not (text := "\n".join(differences)), text
        again = self.run(scenario)
        assert (again.code, again.result.get("changed"), again.work) == (0, False, {}), again.output
