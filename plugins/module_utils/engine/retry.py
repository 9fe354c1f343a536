# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which errors of the API are repeated, and for how long. Throttling and 5xx are botocore's business, not ours.

Eventual consistency: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Kind, Retry, never

T = TypeVar("T")

# NotFound right after the run's own creation of a parent: AWS documents "up to a few minutes" and means seconds.
FRESH_PARENT_SECONDS = 60.0
DEPENDENCY_SECONDS = 900.0
DEPENDENCY_CODES = (
    "DependencyViolation",
    "ResourceInUse",
    "ResourceInUseException",
    "InvalidDBSubnetGroupStateFault",
    "DeleteConflict",
    "InvalidIPAddress.InUse",
    "ResourceInUseFault",
    "ScalingActivityInProgress",
    "InvalidDBParameterGroupState",
)
EXISTS = re.compile(
    r"AlreadyExist|AlreadyOwnedByYou|Duplicate|InvalidSubnet\.Conflict|ResourceExists|ResourceAlreadyExists|AlreadyAssociated"
)
NOT_FOUND = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist|ResourceNotFound|InvalidGroup\.NotFound")


def code_of(error: BaseException) -> str:
    """Return the AWS error code of a botocore ClientError, and an empty string for anything else."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_not_found(error: BaseException) -> bool:
    return isinstance(error, NotVisible) or bool(NOT_FOUND.search(code_of(error)))


def is_already_exists(error: BaseException) -> bool:
    return bool(EXISTS.search(code_of(error)))


def is_dependency(error: BaseException) -> bool:
    return code_of(error) in DEPENDENCY_CODES


def patience(kind: Kind, error: BaseException, fresh_parents: bool) -> float:
    """Return for how many seconds `error` is worth repeating the call; 0 means not at all."""
    operation, code = getattr(error, "operation_name", ""), code_of(error)
    listed = [retry.seconds for retry in kind.retries if _matches(retry, operation, code, str(error))]
    if listed:
        return max(listed)
    return FRESH_PARENT_SECONDS if fresh_parents and is_not_found(error) else 0.0


def _matches(retry: Retry, operation: str, code: str, message: str) -> bool:
    return retry.operation == operation and retry.code == code and bool(re.search(retry.message, message))


def repeat(attempt: Callable[[], T], patience_for: Callable[[Exception], float], stopping: Callable[[], bool] = never) -> T:
    """Call `attempt` until it succeeds, its error has been repeated for as long as `patience_for` grants, or `stopping`."""
    started, pause = time.monotonic(), 1.0
    while True:
        try:
            return attempt()
        except Exception as error:
            if time.monotonic() - started + pause > patience_for(error) or stopping():
                raise
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)
