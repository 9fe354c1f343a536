# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the calls of a run that changes nothing grow with the stack: per page, or as a kind says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIERS
from local_cloud.emulator import Emulator
from tests.contract.harness import loopback_clients, run

SMALLEST_PAGE = 20  # elasticloadbalancing:DescribeTags takes as many
STACK = Stack("calls", "123456789012", "eu-west-1")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def described(count: int) -> tuple[Declaration, ...]:
    """Describe `count` subnets (in one zone), security groups, target groups and roles, and one of the rest."""
    names = [f"n{number}" for number in range(count)]
    return declarations_of(
        {
            "network": {
                "vpc": {"name": "main", "cidr": "10.50.0.0/16", "zones": ["eu-west-1a"]},
                "subnets": [{"name": name, "cidrs": [f"10.50.{number}.0/24"]} for number, name in enumerate(names)],
                "security_groups": [{"name": name, "ingress": [{"port": 80, "from": "10.0.0.0/8"}]} for name in names],
            },
            "identity": {"roles": [{"name": name, "service": "ec2.amazonaws.com"} for name in names]},
            "load_balancer": {"target_groups": [{"name": name, "port": 3000, "protocol": "HTTP"} for name in names]},
            "monitoring": {"log_groups": [{"name": "app"}]},
        },
        STACK,
    )


def histogram(emulator: Emulator, declarations: tuple[Declaration, ...]) -> Counter[str]:
    """Return the operations of a run that changes nothing, over all tiers."""
    emulator.reset()
    clients = loopback_clients(emulator.endpoint)
    run(clients, STACK, declarations, tiers=frozenset(TIERS))
    emulator.calls.clear()
    result: dict[str, Any] = run(clients, STACK, declarations, tiers=frozenset(TIERS))
    assert not result["changed"]
    assert [call["operation"] for call in emulator.calls if call["mutating"]] == []
    return Counter(call["operation"] for call in emulator.calls)


def test_only_declared_operations_grow_with_the_stack(emulator: Emulator) -> None:
    few, many = histogram(emulator, described(3)), histogram(emulator, described(60))
    grown = {operation: (few[operation], many[operation]) for operation in many if many[operation] != few[operation]}
    growth = {operation: how for kind in KINDS.values() for operation, how in kind.calls.items()}
    assert set(few) == set(many)
    unexpected = {
        operation: counts
        for operation, counts in grown.items()
        if growth.get(operation, "page") == "page" and counts[1] > 1 + len(described(60)) / SMALLEST_PAGE
    }
    assert unexpected == {}


def test_the_declared_calls_are_those_made(emulator: Emulator) -> None:
    declared = {operation for kind in KINDS.values() for operation in kind.calls} | {"GetResources"}
    assert set(histogram(emulator, described(3))) <= declared
