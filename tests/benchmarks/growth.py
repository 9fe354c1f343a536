# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second benchmark: one stack that grows, through Terrace alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.account import Account
from tests.benchmarks.measure import Measure, environment, measure, shown

SIZES = (20, 50, 100, 200, 500, 1000)
# The VPC, its subnets and gateway, and their route tables.
BASE = 8
# What each further part of the stack has: see `described`.
PART = 6


@dataclasses.dataclass(frozen=True)
class Size:
    """A size of the stack: its first apply, and runs that change nothing."""

    resources: int
    latency: int
    apply: Measure
    no_change: list[Measure]


def run(sizes: Iterable[int], latency: int, repetitions: int, state: Path) -> list[Size]:
    """Grow the stack through all sizes that `state` does not have yet, each from an empty account."""
    done = {size.resources: size for size in load(state)}
    with Account((latency,)) as account:
        for resources in (size for size in sizes if size not in done):
            done[resources] = _measured(resources, latency, repetitions, account, state)
            _file(state).write_text(json.dumps([dataclasses.asdict(size) for size in done.values()], indent=1) + "\n")
    return sorted(done.values(), key=lambda size: size.resources)


def load(state: Path) -> list[Size]:
    """Return the sizes of earlier runs."""
    file = _file(state)
    return [_read(raw) for raw in json.loads(file.read_text())] if file.exists() else []


def described(resources: int) -> dict[str, Any]:
    """Return the inventory's variables for a stack of about so many resources: mostly small things, as stacks grow by them."""
    names = [f"n{number}" for number in range((resources - BASE) // PART)]
    return {
        "terrace_stack": {"name": "growing", "account": "123456789012", "region": "eu-west-1"},
        "terrace_network": {
            "vpc": {"name": "main", "cidr": "10.50.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"], "empty_defaults": False},
            "subnets": [{"name": "public", "public": True}, {"name": "app"}],
            # Each is a group and two rules: what is let in, and everything out.
            "security_groups": [{"name": name, "ingress": [{"port": 80, "from": "10.0.0.0/8"}]} for name in names],
        },
        "terrace_identity": {"roles": [{"name": name, "service": "lambda.amazonaws.com"} for name in names]},
        "terrace_secrets": {"parameters": [{"name": name, "value": name} for name in names]},
        "terrace_monitoring": {"log_groups": [{"name": name} for name in names]},
    }


def _measured(resources: int, latency: int, repetitions: int, account: Account, state: Path) -> Size:
    account.reset()
    inventory = state / "growth" / str(resources)
    (inventory / "group_vars").mkdir(parents=True, exist_ok=True)
    (inventory / "hosts.yml").write_text("all:\n")
    (inventory / "group_vars" / "all.yml").write_text(json.dumps(described(resources), indent=1) + "\n")
    command = ["ansible-playbook", "-i", str(inventory), "playbooks/provision.yml"]
    safe = environment(account.endpoints[latency])
    measures = []
    for number in range(repetitions + 1):
        done = measure(command, safe, account, state / "log" / f"growth-{resources}-{number}.log")
        print(f"{resources:4} resources  {'no change' if number else 'apply':9} {shown(done)}", flush=True)
        measures.append(done)
    return Size(resources, latency, measures[0], measures[1:])


def _file(state: Path) -> Path:
    return state / "growth.json"


def _read(raw: dict[str, Any]) -> Size:
    again = [Measure(**values) for values in raw["no_change"]]
    return Size(raw["resources"], raw["latency"], Measure(**raw["apply"]), again)
