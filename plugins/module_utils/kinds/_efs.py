# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kinds of Amazon EFS share: https://docs.aws.amazon.com/efs/latest/ug/API_Reference.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Retry,
)

# https://docs.aws.amazon.com/efs/latest/ug/file-system-state.html
STATES = {
    "creating": PENDING,
    "available": READY,
    "updating": PENDING,
    "deleting": DELETING,
    "deleted": GONE,
    "error": FAILED,
}
# A file system takes no further call while one is at work on it.
BUSY, BUSY_SECONDS = "IncorrectFileSystemLifeCycleState", 120.0
# By the name of ours: EFS's name, and what its value says.
TRANSITIONS = {"ia": "TransitionToIA", "archive": "TransitionToArchive"}
TO_PRIMARY, ON_ACCESS = "TransitionToPrimaryStorageClass", "AFTER_1_ACCESS"


def busy(*operations: str) -> tuple[Retry, ...]:
    return tuple(Retry(operation, BUSY, seconds=BUSY_SECONDS) for operation in operations)


def tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def tag(context: Context, resource: str, wanted: Mapping[str, str]) -> None:
    tag_list = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("efs").tag_resource(ResourceId=resource, Tags=tag_list)


def lifecycle(policies: list[Mapping[str, str]]) -> dict[str, Any]:
    """Return EFS's list of policies as ``{ia: days, archive: days, primary: bool}``, 0 for what never happens."""
    told = {name: value for policy in policies for name, value in policy.items()}
    return {
        **{ours: _days(told[theirs]) if theirs in told else 0 for ours, theirs in TRANSITIONS.items()},
        "primary": told.get(TO_PRIMARY) == ON_ACCESS,
    }


def lifecycle_policies(lifecycle: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the list that EFS takes, of one transition each."""
    policies = [{theirs: _after(lifecycle[ours])} for ours, theirs in TRANSITIONS.items() if lifecycle[ours]]
    return policies + ([{TO_PRIMARY: ON_ACCESS}] if lifecycle["primary"] else [])


def policy(text: str, arn: str) -> dict[str, Any]:
    """Return the policy of a file system without what EFS fills in: the file system, which it can only be about."""
    document = json.loads(text)
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {"Version": document.get("Version"), "Statement": [_without_resource(statement, arn) for statement in listed]}


def _without_resource(statement: Mapping[str, Any], arn: str) -> dict[str, Any]:
    itself = statement.get("Resource") in (arn, [arn])
    return {element: value for element, value in statement.items() if not (itself and element == "Resource")}


def _days(text: str) -> int:
    """``AFTER_30_DAYS`` is 30."""
    return int(text.split("_")[1])


def _after(days: int) -> str:
    return f"AFTER_{days}_DAY{'S' if days > 1 else ''}"
