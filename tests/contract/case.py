# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract suite needs to know about a kind that its field table does not say."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack

STACK = Stack("contract-suite", "123456789012", "eu-west-1", {"suite": "contract"})


@dataclasses.dataclass(frozen=True)
class Case:
    """A declarable resource of one kind.

    `parents` are declared with it, `changes` has another value for every mutable field of the kind,
    `given` has, by field, what else has to be so before and after its change, `along` what else has to change with it.
    `before_delete` are changes that the kind asks for before it lets itself be deleted.
    """

    values: Any
    tier: str
    parents: tuple[Declaration, ...] = ()
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)
    given: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    along: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    before_delete: dict[str, Any] = dataclasses.field(default_factory=dict)
    name: str = "subject"
