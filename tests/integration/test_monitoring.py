# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log groups with derived names and with names of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
TIERS = frozenset({"monitoring"})
Clients = Callable[[str, str], Any]


def converge(clients: Clients, *described: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    declarations = declarations_of({"monitoring": {"log_groups": list(described)}}, STACK)
    return run(clients, STACK, declarations, tiers=TIERS, **arguments)


def groups(clients: Clients) -> dict[str, int | None]:
    answer = clients("logs", "eu-west-1").describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in answer}


def test_a_name_of_its_own_is_found_again_even_when_not_declared_any_more(clients: Clients) -> None:
    described = {"name": "flow", "log_group": "/vpc/flow", "retention": 0}
    converge(clients, described, {"name": "app"})
    assert groups(clients) == {"/vpc/flow": None, "/terrace/demo/app": 30}
    assert actions(converge(clients, described, {"name": "app"})) == {}
    assert [orphan["id"] for orphan in converge(clients, {"name": "app"})["orphans"]] == ["/vpc/flow"]
    converge(clients, state="absent")
    assert groups(clients) == {}


def test_another_name_is_a_replacement(clients: Clients) -> None:
    converge(clients, {"name": "flow", "log_group": "/vpc/flow"})
    with pytest.raises(Refused, match=r"log_group/flow \(name\)"):
        converge(clients, {"name": "flow", "log_group": "/vpc/flows"})


def test_a_neighbour_with_a_longer_name_is_not_ours(clients: Clients) -> None:
    converge(clients, {"name": "flow", "log_group": "/vpc/flow"})
    clients("logs", "eu-west-1").create_log_group(logGroupName="/vpc/flow-logs")
    assert actions(converge(clients, {"name": "flow", "log_group": "/vpc/flow"})) == {}


def test_a_group_of_somebody_else_is_not_taken(clients: Clients) -> None:
    logs = clients("logs", "eu-west-1")
    logs.create_log_group(logGroupName="/terrace/demo/app")
    with pytest.raises(Refused, match="logs already has /terrace/demo/app"):
        converge(clients, {"name": "app"})
    logs.create_log_group(logGroupName="/vpc/flow")
    with pytest.raises(Refused, match="logs already has /vpc/flow"):
        converge(clients, {"name": "flow", "log_group": "/vpc/flow"})
