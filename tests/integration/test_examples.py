# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of a tier's module shows can be planned as it stands, on an empty account."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.terrace.aws.plugins.module_utils.registry import TIERS
from local_cloud.emulator import Emulator
from tests.integration.described import MODULES, run

# Peers with another stack, which has to exist.
NEEDS_ANOTHER_STACK = "Converge a network without a way to the internet, and with a network ACL"


def examples() -> Iterator[Any]:
    for tier in TIERS:
        for task in yaml.safe_load(importlib.import_module(f"{MODULES}.{tier}").EXAMPLES):
            if task["name"] != NEEDS_ANOTHER_STACK:
                yield pytest.param(tier, task[f"terrace.aws.{tier}"], id=f"{tier}: {task['name']}")


@pytest.mark.parametrize(("tier", "options"), list(examples()))
def test_planned(tier: str, options: dict[str, Any], account: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    account.reset()
    for name, value in account.client_environment().items():
        monkeypatch.setenv(name, value)
    result = run(monkeypatch, tier, **options, _ansible_check_mode=True)
    assert result.get("changed"), result
