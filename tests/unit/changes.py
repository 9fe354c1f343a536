# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine makes of the difference between two states of a resource."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare

IN_PLACE, DISRUPTS, REPLACE, FORBIDDEN, NOTHING = "in place", "disrupts", "replace", "forbidden", "nothing"


def kind_of_change(before: Any, after: Any) -> str:
    """Return the gravest thing that the differences mean together."""
    changes = compare(before, after)
    if any(change.obstacle for change in changes):
        return FORBIDDEN
    if any(change.create_only for change in changes):
        return REPLACE
    if any(change.disruption for change in changes):
        return DISRUPTS
    return IN_PLACE if changes else NOTHING
