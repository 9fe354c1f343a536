# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has to do with its operator: the lock around changes, and stopping on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, ApplyFailed, LockLost, Refused
from tests.unit.engine.fake import Account, Clock, Machine, actions, machine, network, no_clients, port


class FakeLock:
    """Remembers what happened in which order; `run_id` is what a take-over would inherit."""

    def __init__(self, account: Account, run_id: str = "1") -> None:
        self.account, self.run_id = account, run_id
        self.taken = 0

    @contextmanager
    def __call__(self) -> Iterator[str]:
        self.taken += 1
        self.account.cloud.calls.append(("Lock", ""))
        yield self.run_id
        self.account.cloud.calls.append(("Release", ""))


def locked(account: Account, lock: FakeLock, *declarations: Declaration, **options: bool) -> dict:
    return converge(account.request(*declarations, **options), no_clients, lock=lock)


def test_no_change_and_check_mode_take_no_lock() -> None:
    account = Account()
    lock = FakeLock(account)
    locked(account, lock, network(), check=True)
    assert lock.taken == 0
    locked(account, lock, network())
    locked(account, lock, network())
    assert lock.taken == 1


def test_the_survey_is_repeated_under_the_lock() -> None:
    """Another operator may have made the resource between the first survey and the lock."""
    account = Account()
    lock = FakeLock(account)

    @contextmanager
    def late() -> Iterator[str]:
        account.run(network())
        with lock() as run_id:
            yield run_id

    result = converge(account.request(network()), no_clients, lock=late)
    assert account.cloud.subjects("CreateNetwork") == ["main"]
    assert actions(result) == {} and not result["changed"]


def test_all_changes_are_made_under_the_lock() -> None:
    account = Account()
    locked(account, FakeLock(account), network(), machine(), port(80))
    operations = [operation for operation, _subject in account.cloud.calls]
    changes = [i for i, operation in enumerate(operations) if operation.startswith(("Create", "Update", "Delete"))]
    assert operations.index("Lock") < min(changes) and max(changes) < operations.index("Release")


def test_an_inherited_run_id_repeats_the_same_calls() -> None:
    first, second, other = Account(), Account(), Account()
    locked(first, FakeLock(first, "1"), network())
    locked(second, FakeLock(second, "1"), network())
    locked(other, FakeLock(other, "2"), network())
    assert first.cloud.tokens == second.cloud.tokens != other.cloud.tokens


def test_a_lock_that_is_held_by_others_changes_nothing() -> None:
    account = Account()

    @contextmanager
    def held() -> Iterator[str]:
        raise Refused("somebody has been working on demo")
        yield

    with pytest.raises(Refused, match="somebody"):
        converge(account.request(network()), no_clients, lock=held)
    assert account.cloud.mutations == []


def test_a_lost_lock_fails_what_would_have_followed() -> None:
    account = Account()
    account.cloud.fail("CreateMachine", LockLost("the lock of demo was lost"))
    with pytest.raises(ApplyFailed, match="machine/app: the lock of demo was lost") as failed:
        account.run(network(), machine(), port(80))
    assert account.cloud.subjects("CreatePort") == []
    assert actions(failed.value.result) == {"network/main": "create"}


def test_a_stop_finishes_calls_and_starts_no_others() -> None:
    account = Account()
    with pytest.raises(ApplyFailed) as failed:
        converge(account.request(network(), machine()), no_clients, stopping=lambda: bool(account.cloud.mutations))
    assert failed.value.failures == [
        "stopped on request: what was done is kept; run again to go on",
        "not started because of it: machine/app",
    ]
    assert actions(failed.value.result) == {"network/main": "create"}
    assert account.run(network(), machine())["changed"]


def test_a_stop_ends_waiting() -> None:
    account = Account(machine={"creating": 1})
    account.cloud.stuck.add("machine-2")
    polls = account.cloud.subjects
    with pytest.raises(ApplyFailed, match="stopped on request") as failed:
        converge(account.request(network(), machine()), no_clients, stopping=lambda: len(polls("ListMachine")) > 4)
    assert actions(failed.value.result)["machine/app"] == "create"
    assert isinstance(account.cloud.resources["machine"]["machine-2"].values, Machine)


def test_a_stop_ends_repetition(clock: Clock) -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("DeleteNetwork", "DependencyViolation", times=99)
    request = account.request(state="absent")
    with pytest.raises(ApplyFailed, match="stopped on request"):
        converge(request, no_clients, stopping=lambda: len(account.cloud.subjects("DeleteNetwork")) > 3)
    assert clock.now < 60


def test_a_stop_makes_no_second_attempt_at_an_unsafe_create() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork"})
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("lost"), times=9)
    with pytest.raises(ApplyFailed, match="stopped on request"):
        converge(account.request(network()), no_clients, stopping=lambda: bool(account.cloud.mutations))
    assert account.cloud.subjects("CreateNetwork") == ["main"]
