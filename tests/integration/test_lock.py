# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock, on the emulator's S3: its conditional writes are those of AWS."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import boto3
import pytest

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket, operator
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import LockLost, Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.lock import Lock, Owner
from local_cloud.emulator import Emulator

ACCOUNT, REGION = "123456789012", "eu-west-1"
ELSEWHERE = Owner("other-host", "boot", 4711, "1", "somebody", "42")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    emulator.reset()
    client = boto3.client(
        "s3", region_name=REGION, endpoint_url=emulator.endpoint, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    control_bucket.ensure(client, ACCOUNT, REGION)
    return client


def lock(s3: Any, owner: Owner | None = None, **options: Any) -> Lock:
    bucket = control_bucket.name_of(ACCOUNT, REGION)
    chosen = {"settle": 0.0, "lease": 30.0, **options}
    return Lock(s3, bucket, "demo", ACCOUNT, owner or operator.current_owner(), operator.is_dead, **chosen)


def objects(s3: Any) -> list[str]:
    answer = s3.list_objects_v2(Bucket=control_bucket.name_of(ACCOUNT, REGION))
    return [item["Key"] for item in answer.get("Contents", [])]


def test_the_bucket_is_made_once_and_closed(s3: Any, emulator: Emulator) -> None:
    emulator.calls.clear()
    bucket = control_bucket.ensure(s3, ACCOUNT, REGION)
    assert [call["operation"] for call in emulator.calls if call["mutating"]] == []
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_held_and_released(s3: Any) -> None:
    with lock(s3) as held:
        held.check()
        assert objects(s3) == ["demo/lock"]
    assert objects(s3) == []


def test_a_second_operator_is_told_who_holds_it(s3: Any) -> None:
    with lock(s3, ELSEWHERE), pytest.raises(Refused) as refused, lock(s3):
        pass
    message = str(refused.value)
    assert "somebody@other-host (pid 4711, AWX job 42)" in message
    assert "delete s3://terrace-123456789012-eu-west-1/demo/lock" in message
    assert objects(s3) == []


def test_exactly_one_of_many_gets_it(s3: Any) -> None:
    def attempt(number: int) -> bool:
        try:
            with lock(s3, replace(ELSEWHERE, pid=number)):
                time.sleep(1)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_each_clean_run_has_an_id_of_its_own(s3: Any) -> None:
    with lock(s3) as first:
        pass
    with lock(s3) as second:
        assert second.run_id != first.run_id


def test_a_dead_process_of_this_host_is_taken_over_at_once_with_its_run_id(s3: Any) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(operator.current_owner(), pid=process.pid, started=operator._started(process.pid))
    dead = lock(s3, owner)
    dead.__enter__()
    with pytest.raises(Refused), lock(s3):
        pass
    process.communicate(b"\n")
    told: list[str] = []
    with lock(s3, notify=told.append) as held:
        assert held.run_id == dead.run_id
    assert "taking over from" in told[0]


def test_an_ended_lease_is_taken_over(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lock, "_keep", lambda _self: None)
    lock(s3, ELSEWHERE, lease=1.0).__enter__()
    with pytest.raises(Refused), lock(s3):
        pass
    time.sleep(3)  # S3's times are whole seconds
    with lock(s3):
        pass


def test_the_lease_is_renewed(s3: Any) -> None:
    with lock(s3, ELSEWHERE, lease=1.5) as held:
        time.sleep(4)
        held.check()
        with pytest.raises(Refused), lock(s3):
            pass


def test_nothing_may_be_changed_once_the_lock_is_lost(s3: Any) -> None:
    with lock(s3, lease=1.0) as held:
        s3.delete_object(Bucket=control_bucket.name_of(ACCOUNT, REGION), Key="demo/lock")
        time.sleep(1.2)
        with pytest.raises(LockLost):
            held.check()
    assert objects(s3) == []


def test_this_process_is_alive_and_one_that_never_was_is_dead() -> None:
    owner = operator.current_owner()
    assert owner.pid == os.getpid()
    assert not operator.is_dead(owner)
    assert operator.is_dead(replace(owner, started="0"))
    assert not operator.is_dead(ELSEWHERE)
