# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is repeated, how often, and for how long."""

from __future__ import annotations

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Retry
from tests.unit.engine.fake import Account, AwsError, Clock


def failing(times: int, error: Exception) -> tuple[list[int], object]:
    calls: list[int] = []

    def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, attempt


def test_success_needs_no_pause(clock: Clock) -> None:
    assert retry.repeat(lambda: 7, lambda _error: 60.0) == 7
    assert clock.pauses == []


def test_pauses_grow_to_five_seconds(clock: Clock) -> None:
    _calls, attempt = failing(6, AwsError("X"))
    assert retry.repeat(attempt, lambda _error: 60.0) == "done"  # type: ignore[arg-type]
    assert clock.pauses == [1.0, 1.5, 2.25, 3.375, 5.0, 5.0]


def test_the_deadline_is_kept(clock: Clock) -> None:
    error = AwsError("X")
    _calls, attempt = failing(99, error)
    with pytest.raises(AwsError) as raised:
        retry.repeat(attempt, lambda _error: 10.0)  # type: ignore[arg-type]
    assert raised.value is error
    assert clock.now <= 10.0


def test_no_patience_means_one_attempt(clock: Clock) -> None:
    calls, attempt = failing(99, AwsError("X"))
    with pytest.raises(AwsError):
        retry.repeat(attempt, lambda _error: 0.0)  # type: ignore[arg-type]
    assert (len(calls), clock.pauses) == (1, [])


def test_interrupts_are_not_caught() -> None:
    _calls, attempt = failing(1, KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        retry.repeat(attempt, lambda _error: 60.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operation", "code", "message", "seconds"),
    [
        ("CreateX", "InvalidParameterValue", "Invalid IAM Instance Profile name", 30.0),
        ("CreateX", "InvalidParameterValue", "Invalid size", 0.0),
        ("UpdateX", "InvalidParameterValue", "Invalid IAM Instance Profile name", 0.0),
        ("CreateX", "AccessDenied", "Invalid IAM Instance Profile name", 0.0),
        ("CreateX", "Busy", "anything", 90.0),
    ],
)
def test_only_what_is_listed_is_worth_repeating(operation: str, code: str, message: str, seconds: float) -> None:
    listed = (Retry("CreateX", "InvalidParameterValue", "Instance Profile", 30.0), Retry("CreateX", "Busy", seconds=90.0))
    kind = Account(network={"retries": listed}).kinds["network"]
    assert retry.patience(kind, AwsError(code, message, operation), fresh_parents=True) == seconds


@pytest.mark.parametrize("code", ["InvalidVpcID.NotFound", "NoSuchEntity", "LoadBalancerNotFound", "ResourceNotFoundException"])
def test_not_found_is_worth_repeating_below_fresh_parents_alone(code: str) -> None:
    kind = Account().kinds["network"]
    assert retry.patience(kind, AwsError(code), fresh_parents=True) == retry.FRESH_PARENT_SECONDS
    assert retry.patience(kind, AwsError(code), fresh_parents=False) == 0.0


@pytest.mark.parametrize(
    "code",
    [
        "InvalidPermission.Duplicate",
        "InvalidGroup.Duplicate",
        "InvalidSubnet.Conflict",
        "EntityAlreadyExists",
        "DBInstanceAlreadyExists",
        "DuplicateLoadBalancerName",
        "DuplicateTargetGroupName",
        "ResourceAlreadyExistsException",
        "ResourceExistsException",
        "RouteAlreadyExists",
        "Resource.AlreadyAssociated",
        "AlreadyExists",
    ],
)
def test_the_many_names_of_exists_already(code: str) -> None:
    assert retry.is_already_exists(AwsError(code)) and not retry.is_not_found(AwsError(code))


def test_other_exceptions_have_no_code() -> None:
    assert retry.code_of(ValueError("NotFound")) == ""
    assert not retry.is_not_found(ValueError("NotFound")) and not retry.is_dependency(ValueError())
