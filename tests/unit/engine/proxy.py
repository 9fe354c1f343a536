# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy on the loopback interface that loses or spoils the answers of EC2 calls."""

from __future__ import annotations

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

# name: (forwarded to the emulator, status of the answer or 0 for none, AWS code)
LOST = (True, 0, "")
FAILED_AFTER = (True, 500, "InternalError")
FAILED_BEFORE = (False, 500, "InternalError")
THROTTLED = (False, 503, "RequestLimitExceeded")
Fault = tuple[bool, int, str]

ERROR = (
    "<Response><Errors><Error><Code>{code}</Code><Message>spoilt</Message></Error></Errors><RequestID>r</RequestID></Response>"
)


class Proxy:
    """Serves one emulator. `faults` are the faults still to come, by operation; `requests` are (operation, parameters)."""

    def __init__(self, endpoint: str) -> None:
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def parameters(self, operation: str) -> list[dict[str, str]]:
        return [parameters for called, parameters in self.requests if called == operation]


class _Handler(BaseHTTPRequestHandler):
    """EC2's protocol: a POST of a form that names the operation."""

    proxy: ClassVar[Proxy]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parameters = dict(urllib.parse.parse_qsl(body.decode()))
        operation = parameters.get("Action", "")
        self.proxy.requests.append((operation, parameters))
        coming = self.proxy.faults.get(operation)
        forwarded, status, code = coming.pop(0) if coming else (True, None, "")
        answered, answer = self._forward(body) if forwarded else (0, b"")
        if status is None:
            self._answer(answered, answer)
        elif status:
            self._answer(status, ERROR.format(code=code).encode())
        else:
            self.close_connection = True

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        upstream = http.client.HTTPConnection(self.proxy.upstream.hostname, self.proxy.upstream.port)
        upstream.request("POST", self.path, body, dict(self.headers))
        response = upstream.getresponse()
        return response.status, response.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
