# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operator at a time: a lock object for each stack, held by S3's conditional writes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html

The object holds the run id that client tokens are made of. A clean release deletes it; whoever takes over from a
holder that died inherits the id, so that creates whose answers were lost are repeated as the same calls.
Time is S3's `Date`: the clocks of operators need not agree.
"""

from __future__ import annotations

import dataclasses
import email.utils
import json
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import LockLost, Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of, is_not_found

LEASE_SECONDS = 120.0
SETTLE_SECONDS = 30.0
TAKEN_CODES = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


@dataclasses.dataclass(frozen=True)
class Owner:
    """Who holds a lock: `boot` tells one boot of a host from another, `job` is AWX's job id."""

    host: str
    boot: str
    pid: int
    started: str
    user: str
    job: str = ""

    def __str__(self) -> str:
        job = f", AWX job {self.job}" if self.job else ""
        return f"{self.user}@{self.host} (pid {self.pid}{job})"


@dataclasses.dataclass(frozen=True)
class Held:
    """A lock object as S3 has it. `age` and `now` come from S3's clock, in seconds."""

    owner: Owner
    run_id: str
    nonce: str
    since: str
    lease: float
    etag: str
    age: float

    @property
    def expired(self) -> bool:
        return self.age > self.lease


class Lock:
    """A context manager that holds the lock of one stack and renews its lease while it does.

    `s3` is a client of the bucket's region, `account` goes along as ExpectedBucketOwner. `is_dead` tells whether an
    owner's process is known to be gone, `notify` is told what is waited for.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        stack: str,
        account: str,
        owner: Owner,
        is_dead: Callable[[Owner], bool],
        notify: Callable[[str], None] = lambda _text: None,
        lease: float = LEASE_SECONDS,
        settle: float = SETTLE_SECONDS,
    ) -> None:
        self._s3, self._owner, self._is_dead, self._notify = s3, owner, is_dead, notify
        self._at = {"Bucket": bucket, "Key": f"{stack}/lock", "ExpectedBucketOwner": account}
        self._stack, self._lease, self._settle = stack, lease, settle
        self._nonce, self.run_id = uuid.uuid4().hex, uuid.uuid4().hex
        self._since, self._etag = "", ""
        self._renewed = 0.0
        self._lost = threading.Event()
        self._released = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="terrace-lock", daemon=True)

    def __enter__(self) -> Lock:
        """Take the lock. Raises Refused, naming the holder, when somebody else works on the stack."""
        if not self._write({"IfNoneMatch": "*"}):
            self._take_over()
        self._keeper.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Release, unless somebody has taken over. A renewal under way would change what is to be deleted."""
        self._released.set()
        self._keeper.join(self._lease / 3)
        try:
            self._s3.delete_object(**self._at, IfMatch=self._etag)
        except Exception as problem:
            if not (code_of(problem) in TAKEN_CODES or is_not_found(problem)):
                self._notify(f"the lock of {self._stack} could not be released and will expire: {code_of(problem)}")

    def check(self) -> None:
        """Raise LockLost unless the lease surely still holds. To be called before every change."""
        if self._lost.is_set() or time.monotonic() - self._renewed > self._lease * 0.9:
            raise LockLost(f"the lock of {self._stack} was lost: nothing more was started; run again")

    def _take_over(self) -> None:
        """Replace the holder if its process is gone or its lease has ended, and let its last calls settle.

        What it made last may not show in lists yet: to survey too early would make it a second time.
        """
        held = self._read()
        if held is None:
            if not self._write({"IfNoneMatch": "*"}):
                raise Refused(f"the lock of {self._stack} was taken by somebody else just now; run again")
            return
        if not (held.expired or self._is_dead(held.owner)):
            raise Refused(self._held_message(held))
        self.run_id = held.run_id
        if not self._write({"IfMatch": held.etag}):
            raise Refused(f"the lock of {self._stack} was taken over by somebody else just now; run again")
        self._notify(f"taking over from {held.owner}, whose run did not end; waiting {self._settle:.0f} s for its last calls")
        self._pause(self._settle)

    def _pause(self, seconds: float) -> None:
        """Wait and keep the lease meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self._lease / 3))
            if not self._renew():
                raise Refused(f"the lock of {self._stack} was lost while its last holder's calls settled; run again")

    def _held_message(self, held: Held) -> str:
        where = f"s3://{self._at['Bucket']}/{self._at['Key']}"
        return (
            f"{held.owner} has been working on {self._stack} since {held.since} and renewed its lock {held.age:.0f} s ago. "
            f"Wait for it, or, if you know that it is dead, delete {where} (it is taken over by itself after "
            f"{held.lease:.0f} s without renewal)"
        )

    def _keep(self) -> None:
        while not self._released.wait(self._lease / 3):
            if not self._renew():
                self._lost.set()
                return

    def _renew(self) -> bool:
        """Renew the lease. A failure other than a loss is left to the next attempt and to `check`."""
        try:
            return self._write({"IfMatch": self._etag})
        except Exception as error:
            return not is_not_found(error)

    def _write(self, condition: dict[str, str]) -> bool:
        """Write the lock object on a condition and return whether it is ours."""
        begin = time.monotonic()
        self._since = self._since or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = {
            "owner": dataclasses.asdict(self._owner),
            "run_id": self.run_id,
            "nonce": self._nonce,
            "since": self._since,
            "lease": self._lease,
        }
        try:
            answer = self._s3.put_object(**self._at, Body=json.dumps(body).encode(), ContentType="application/json", **condition)
        except Exception as error:
            if code_of(error) not in TAKEN_CODES:
                raise
            return self._is_ours_already()
        self._etag, self._renewed = answer["ETag"], begin
        return True

    def _is_ours_already(self) -> bool:
        """A write whose answer was lost and that botocore repeated meets its own object."""
        begin = time.monotonic()
        held = self._read()
        if held is None or held.nonce != self._nonce:
            return False
        self._etag, self._renewed = held.etag, begin
        return True

    def _read(self) -> Held | None:
        try:
            answer = self._s3.get_object(**self._at)
        except Exception as error:
            if is_not_found(error):
                return None
            raise
        body = json.loads(answer["Body"].read())
        now = email.utils.parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Held(
            owner=Owner(**body["owner"]),
            run_id=body["run_id"],
            nonce=body["nonce"],
            since=body["since"],
            lease=body["lease"],
            etag=answer["ETag"],
            age=(now - answer["LastModified"]).total_seconds(),
        )
