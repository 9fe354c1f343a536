# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of every API call: WSGI middleware around moto, a list in memory and, if asked, a JSON-lines file."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.operations import Operation, identify

# Whoever deletes a network may look at once whether it is gone: these answers wait for `settle`.
AWAITED = {"DeleteVpc"}
ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>")
WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Call(TypedDict):
    """One request, as in ``.local/cloud/calls.jsonl``."""

    time: str
    service: str
    operation: str | None
    region: str
    mutating: bool
    status: int
    error: str | None
    role: str | None


class CallLog:
    """Answers each request through `application`, one at a time, and records it.

    moto's backends are not safe for threads: a list that is walked while another request adds to it
    raises. Requests are therefore served one after the other, which costs nothing under one interpreter lock.
    """

    def __init__(self, application: WSGIApplication, lock: threading.RLock, file: Path | None = None) -> None:
        self.calls: list[Call] = []
        self.mutations = 0
        self.settle: Callable[[], None] = lambda: None
        self._application = application
        self._lock = lock
        self._file = file

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = _read_body(environ)
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            with self._lock:
                return list(self._application(environ, start_response))
        operation = identify(environ, body)
        answer: dict[str, Any] = {}

        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            answer.update(status=int(status.split()[0]), headers=dict(headers))
            return start_response(status, headers, exc_info)

        with self._lock:
            # Counted before it is served: whoever waits for what follows a call does not find it done during the call.
            self.mutations += operation.mutating + lifecycle.go_on()
            chunks = list(self._application(environ, started))
            self._record(operation, answer["status"], _error_code(answer, b"".join(chunks)))
        if operation.name in AWAITED:
            self.settle()
        return chunks

    def _record(self, operation: Operation, status: int, error: str | None) -> None:
        call = Call(
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            service=operation.service,
            operation=operation.name,
            region=operation.region,
            mutating=operation.mutating,
            status=status,
            error=error,
            role=_role(operation.access_key),
        )
        self.calls.append(call)
        if self._file is not None:
            with self._file.open("a") as log:
                log.write(json.dumps(call) + "\n")


def _role(access_key: str) -> str | None:
    """The name of the role whose session a key belongs to, such as that of an instance."""
    from moto.sts.models import sts_backends

    backend = sts_backends[ACCOUNT]["aws"]
    session = backend.get_assumed_role_from_access_key(access_key)
    return session.role_arn.rpartition("/")[2] if session else None


def _read_body(environ: dict[str, Any]) -> bytes:
    """Read the request's body and put it back for moto. A chunked body is left alone (large S3 uploads only)."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return b""
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _error_code(answer: dict[str, Any], body: bytes) -> str | None:
    """The AWS error code of a failed answer, in whichever protocol it was written."""
    if answer["status"] < 400:
        return None
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    if code := headers.get("x-amzn-errortype") or headers.get("x-amzn-query-error"):
        return code.partition(";")[0].rpartition("#")[2]
    if match := ERROR_CODE.search(body):
        return match[1].decode()
    try:
        return json.loads(body)["__type"].rpartition("#")[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer["status"])
