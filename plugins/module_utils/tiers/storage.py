# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage tier. Each list of things has a file of its own, with its KINDS, SPEC, CONSTRAINTS and `declarations`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_buckets as buckets
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_file_systems as file_systems
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_repositories as repositories

PARTS = (buckets, file_systems, repositories)

TIER = "storage"
KINDS = tuple(dict.fromkeys(kind for part in PARTS for kind in part.KINDS))
SPEC: dict[str, dict[str, Any]] = {name: details for part in PARTS for name, details in part.SPEC.items()}
CONSTRAINTS: dict[str, Constraint] = {name: constraint for part in PARTS for name, constraint in part.CONSTRAINTS.items()}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    return [declaration for part in PARTS for declaration in part.declarations(options, stack)]
