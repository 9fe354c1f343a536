# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask PHP for pages of a release, as nginx would: probe.py SOCKET RELEASE URL TIMEOUT PATH...

Ends with 0 when the release's health check and each path are answered with status 200 and a whole page, without an error of PHP;
otherwise with 1, and says what was wrong. Waits for PHP and the health check until the timeout, in seconds.

FastCGI: https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BEGIN, PARAMS, STDIN, STDOUT, STDERR, END = 1, 4, 5, 6, 7, 3
RESPONDER = 1
ANSWER_TIMEOUT = 30
ERROR = re.compile(r"PHP (?:Fatal|Parse|Recoverable fatal) error:.*|Uncaught .*")


class Unhealthy(Exception):
    """What was wrong."""


@dataclass(frozen=True)
class Answer:
    """What PHP has answered, and what it wrote into its log meanwhile."""

    status: int
    headers: str
    body: str
    log: str


def record(kind: int, content: bytes) -> bytes:
    """Return one record of the request."""
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name: str, value: str) -> bytes:
    """Return a name and its value."""
    encoded = [name.encode(), value.encode()]
    return b"".join(struct.pack("!I", len(item) | 0x80000000) for item in encoded) + b"".join(encoded)


def receive(connection: socket.socket, length: int) -> bytes:
    """Return that many bytes."""
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise Unhealthy("PHP has closed the connection: its process has died")
        received += part
    return received


def answer(connection: socket.socket) -> Answer:
    """Read an answer to its end."""
    streams = {STDOUT: b"", STDERR: b""}
    while True:
        _version, kind, _request, length, padding = struct.unpack("!BBHHBx", receive(connection, 8))
        content = receive(connection, length + padding)[:length]
        if kind == END:
            break
        streams[kind] = streams.get(kind, b"") + content
    headers, _blank, body = streams[STDOUT].decode("utf-8", "replace").partition("\r\n\r\n")
    status = re.search(r"^Status: (\d+)", headers, re.MULTILINE)
    return Answer(int(status[1]) if status else 200, headers, body, streams[STDERR].decode("utf-8", "replace"))


def parameters(release: Path, url: str, path: str) -> dict[str, str]:
    """Return what nginx would tell of a request."""
    site = urlsplit(url)
    asked = urlsplit(path)
    root = release / "public"
    script = root / (asked.path.lstrip("/") if asked.path.endswith(".php") else "index.php")
    if path == "/healthz":
        script = release / "terrace" / "healthz.php"
    return {
        "SCRIPT_FILENAME": str(script),
        "SCRIPT_NAME": "/" + str(script.relative_to(root)) if script.is_relative_to(root) else path,
        "DOCUMENT_ROOT": str(root),
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": path,
        "QUERY_STRING": asked.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_NAME": site.hostname or "",
        "HTTP_HOST": site.netloc,
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_USER_AGENT": "terrace-probe",
    } | ({"HTTPS": "on"} if site.scheme == "https" else {})


def ask(address: str, wanted: dict[str, str]) -> Answer:
    """Ask PHP."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT)
        connection.connect(address)
        content = b"".join(pair(name, value) for name, value in wanted.items())
        connection.sendall(
            record(BEGIN, struct.pack("!HB5x", RESPONDER, 0)) + record(PARAMS, content) + record(PARAMS, b"") + record(STDIN, b"")
        )
        return answer(connection)


def check(path: str, found: Answer) -> None:
    """Refuse what is no good page."""
    error = ERROR.search(found.log) or ERROR.search(found.body)
    if error:
        raise Unhealthy(f"{path}: {error[0]}")
    if found.status != 200:
        where = re.search(r"^Location: \S+", found.headers, re.MULTILINE | re.IGNORECASE)
        raise Unhealthy(f"{path}: status {found.status} {where[0] if where else ''}")
    if "text/html" in found.headers.lower() and "</html>" not in found.body.lower():
        raise Unhealthy(f"{path}: the page is not whole: it ends after {len(found.body)} characters")


def main(address: str, release: str, url: str, timeout: str, *paths: str) -> int:
    """Ask for all paths, and return the exit status."""
    deadline = time.monotonic() + float(timeout)
    for path in ["/healthz", *paths]:
        while True:
            try:
                # Resolved, as nginx is told to: PHP knows files by their real paths.
                check(path, ask(address, parameters(Path(release).resolve(), url, path)))
                break
            except (Unhealthy, OSError) as error:
                # A page with an error has it the next time too.
                if time.monotonic() > deadline or (path != "/healthz" and isinstance(error, Unhealthy)):
                    print(error, file=sys.stderr)
                    return 1
            time.sleep(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
