# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every architecture in inventories/ can be planned, built, left alone and taken down again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of, stack_of
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, run
from tests.integration.described import INVENTORIES, description

ARCHITECTURES = sorted(path.name for path in INVENTORIES.iterdir() if path.name != "local")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_built_settled_and_gone(architecture: str, account: Emulator, clients: Callable[[str, str], Any]) -> None:
    described = description(architecture)
    stack = stack_of(described.pop("stack"))
    declarations = declarations_of(described, stack)
    plan = run(clients, stack, declarations, check=True)
    assert set(actions(plan).values()) == {"create"}
    assert actions(run(clients, stack, declarations)) == actions(plan)
    before = len(account.calls)
    settled = run(clients, stack, declarations)
    assert (actions(settled), settled["orphans"], settled["disruptions"]) == ({}, [], [])
    assert [call["operation"] for call in account.calls[before:] if call["mutating"]] == []
    gone = run(clients, stack, declarations, state="absent")
    assert set(actions(gone).values()) == {"delete"}
    assert actions(run(clients, stack, declarations, state="absent")) == {}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_data_is_protected_as_it_is_described(architecture: str, clients: Callable[[str, str], Any]) -> None:
    described = description(architecture, terrace_deletion_protection=True)
    stack = stack_of(described.pop("stack"))
    run(clients, stack, declarations_of(described, stack))
    with pytest.raises(Refused, match=r"nothing was changed: .*deletion protection is on"):
        run(clients, stack, declarations_of(described, stack), state="absent")
