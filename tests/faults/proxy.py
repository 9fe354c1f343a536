# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy between the modules and the emulator that does what networks and AWS do on a bad day."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import os
import signal
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.faults import answers
from tests.faults.answers import Answer, Failure
from tests.faults.lag import Lag
from tests.faults.request import Request, request_of

HOP_BY_HOP = {"connection", "expect", "keep-alive", "te", "transfer-encoding", "upgrade"}


@dataclasses.dataclass(frozen=True)
class Kill:
    """Kill the client with SIGKILL before or after the `call`-th changing call (from 1) takes effect."""

    moment: str
    call: int


@dataclasses.dataclass(frozen=True)
class Faults:
    """What goes wrong. Shares are of all calls, that of lost answers of the changing ones; `lag` is in seconds.

    `seed` decides which calls are hit, by operation and number: threads that race do not change it much.
    `failures` are answers by operation, given each time; `allowed`, where set, are the only operations not denied.
    `rewritten` replaces a text in the answers of an operation.
    `expire_after` is the number of calls after which the token is too old. `delay` holds each answer back, in seconds.
    """

    seed: int = 0
    throttled: float = 0.0
    lost: float = 0.0
    internal: float = 0.0
    lag: float = 0.0
    delay: float = 0.0
    failures: dict[str, Failure] = dataclasses.field(default_factory=dict)
    rewritten: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    allowed: frozenset[str] | None = None
    expire_after: int | None = None
    kill: Kill | None = None


class Proxy:
    """Forwards to `upstream` with the faults of the moment; a context manager.

    `victim` is the client's process id, for `Faults.kill`. `injected` counts what was done to whom.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._lock = threading.Lock()
        self.victim: int | None = None
        self.inflict(Faults())

    def __enter__(self) -> Proxy:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, name="proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def inflict(self, faults: Faults) -> None:
        """Begin anew with these faults: counters at zero, everything visible."""
        self.faults = faults
        self.lag = Lag(faults.lag)
        self.injected: Counter[str] = Counter()
        self.calls: list[str] = []
        self.changes: list[str] = []
        self._seen: Counter[str] = Counter()

    def calm(self) -> None:
        """Stop all faults but the lag of what was created already."""
        self.faults = dataclasses.replace(Faults(), lag=self.faults.lag)

    def wait_until_idle(self) -> None:
        """Wait until no client is connected any more: what a killed one had sent takes effect all the same."""
        while self._server.connections:
            time.sleep(0.01)

    def answer(self, request: Request) -> Answer | None:
        """Return the answer, or None to close the connection instead."""
        number = self._count(request)
        time.sleep(self.faults.delay)
        self._kill("before", request, number)
        failure = self._failure(request) or self.lag.objection(request)
        answer = self._refuse(request, failure) if failure else self._serve(request)
        self._kill("after", request, number)
        return answer

    def _refuse(self, request: Request, failure: Failure) -> Answer:
        self._note(failure.code, request)
        return answers.render(request.service, failure)

    def _serve(self, request: Request) -> Answer | None:
        answer = self._forward(request)
        if request.name in self.faults.rewritten:
            told, instead = self.faults.rewritten[request.name]
            answer = answer._replace(body=answer.body.replace(told.encode(), instead.encode()))
        if request.mutating and answer.status < 300:
            self.lag.learn(request, answer.body)
        elif not request.mutating:
            answer = answer._replace(body=self.lag.without_hidden(request, answer.body))
        if request.mutating and self._hit("lost", request, self.faults.lost):
            return None
        if self._hit("failed after all", request, self.faults.internal / 2):
            return answers.render(request.service, answers.internal(request.service))
        return answer

    def _count(self, request: Request) -> int:
        with self._lock:
            self.calls.append(request.name)
            if request.mutating:
                self.changes.append(request.name)
            return len(self.changes)

    def _kill(self, moment: str, request: Request, number: int) -> None:
        """Kill the client if this is the moment. The call itself goes the way it would have gone."""
        if not request.mutating or self.faults.kill != Kill(moment, number) or self.victim is None:
            return
        self._note("killed", request)
        os.kill(self.victim, signal.SIGKILL)
        if moment == "before":
            raise ConnectionAbortedError("the client was killed before this call")

    def _failure(self, request: Request) -> Failure | None:
        faults, service = self.faults, request.service
        if faults.expire_after is not None and len(self.calls) > faults.expire_after:
            return answers.expired(service)
        if request.name in faults.denied or (faults.allowed is not None and request.name not in faults.allowed):
            return answers.denied(service, request.name)
        if request.name in faults.failures:
            return faults.failures[request.name]
        if self._hit("throttled", request, faults.throttled):
            return answers.throttled(service)
        if self._hit("failed", request, faults.internal / 2):
            return answers.internal(service)
        return None

    def _hit(self, fault: str, request: Request, share: float) -> bool:
        """Whether this call is one of the share of calls that the fault hits."""
        if not share:
            return False
        kind = f"{fault}/{request.service}/{request.name}"
        with self._lock:
            self._seen[kind] += 1
            digest = hashlib.sha256(f"{self.faults.seed}/{kind}/{self._seen[kind]}".encode()).digest()
        hit = int.from_bytes(digest[:4], "big") < share * 2**32
        if hit:
            self._note(fault, request)
        return hit

    def _note(self, fault: str, request: Request) -> None:
        with self._lock:
            self.injected[f"{fault} {request.name}"] += 1

    def _forward(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._upstream.hostname, self._upstream.port)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            connection.request(request.method, request.target, request.body, {**headers, "Connection": "close"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in {*HOP_BY_HOP, "content-length"}}
        return Answer(response.status, kept, body)


class _Server(ThreadingHTTPServer):
    """Counts its connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._changing = threading.Lock()
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changing:
            self.connections -= 1


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    def serve(self: BaseHTTPRequestHandler) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError("the client was killed while it sent this call")
        try:
            answer = proxy.answer(request_of(self.command, self.path, dict(self.headers.items()), body))
        except ConnectionAbortedError:
            answer = None
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.command != "HEAD" or "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    return type(
        "Handler", (_QuietHandler,), {f"do_{method}": serve for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")}
    )


class _QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections open, as AWS does, and says nothing; a client that is gone is nothing to report."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True
