# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitoring tier: log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, key_of, several

TIER = "monitoring"
KINDS = ("log_group",)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html; 0 is for ever
RETENTION_DAYS = [
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]  # fmt: skip
SPEC = {
    "log_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "retention": {"type": "int", "choices": RETENTION_DAYS, "default": 30},
            "log_group": {"type": "str"},
            "kms_key": {"type": "str", "no_log": False},
        },
    },
}
CONSTRAINTS = {
    "log_groups": several(unique=("name", "log_group")),
    "log_groups[].name": Constraint(
        pattern=r"[a-z][a-z0-9-]{0,63}", says="a name is 1 to 64 lower-case letters, digits and hyphens"
    ),
    "log_groups[].log_group": Constraint(
        pattern=r"(?!aws/)[A-Za-z0-9_./#-]{1,512}",
        says="a log group's name has letters, digits and _./#-, and does not begin with aws/",
    ),
    "log_groups[].kms_key": KMS_KEY,
}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:  # noqa: ARG001 the tiers' interface
    """Return the declarations of validated options. Raises InvalidOption."""
    return [_declared(group, f"monitoring.log_groups[{index}]") for index, group in enumerate(options["log_groups"])]


def _declared(group: Mapping[str, Any], path: str) -> Declaration:
    values = LogGroup(name=group["log_group"], retention=group["retention"], kms_key=key_of(group["kms_key"]))
    return Declaration("log_group", group["name"], TIER, values, path)
