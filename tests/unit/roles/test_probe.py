# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What wordpress takes for a healthy page."""

from __future__ import annotations

import importlib.util
import socket
import struct
import sys
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "roles/wordpress/files/probe.py"
PAGE = b"Content-Type: text/html\r\n\r\n<html>hello</html>"


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    specification = importlib.util.spec_from_file_location("wordpress_probe", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def record(kind: int, content: bytes) -> bytes:
    """A record with padding, as PHP sends them."""
    padding = -len(content) % 8
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), padding) + content + b"\0" * padding


def serve(path: Path, *records: bytes) -> None:
    """Answer every connection with these records."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def answer() -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"".join(records))

    Thread(target=answer, daemon=True).start()


def status(probe: ModuleType, directory: Path, *records: bytes) -> int:
    """The exit status of a probe of one page."""
    serve(directory / "php.sock", *records)
    result: int = probe.main(str(directory / "php.sock"), str(directory), "https://blog.example.test", "0", "/")
    return result


def test_a_whole_page_is_healthy(probe: ModuleType, tmp_path: Path) -> None:
    assert status(probe, tmp_path, record(6, PAGE[:10]), record(6, PAGE[10:]), record(3, bytes(8))) == 0


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([record(6, b"Status: 500 Error\r\n" + PAGE), record(3, bytes(8))], "status 500"),
        ([record(6, b"Status: 302 Found\r\nLocation: /wp-admin/install.php\r\n" + PAGE), record(3, bytes(8))], "install.php"),
        ([record(6, PAGE[:-7]), record(3, bytes(8))], "the page is not whole"),
        ([record(7, b"PHP Fatal error:  Uncaught Error: no"), record(6, PAGE), record(3, bytes(8))], "PHP Fatal error"),
        ([record(6, PAGE)], "its process has died"),
    ],
    ids=["error", "redirect", "truncated", "logged", "crash"],
)
def test_refused(
    probe: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], records: list[bytes], message: str
) -> None:
    assert status(probe, tmp_path, *records) == 1
    assert message in capsys.readouterr().err


def test_what_php_is_told_of_a_request(probe: ModuleType) -> None:
    release = Path("/srv/blog/releases/0123")
    front = probe.parameters(release, "https://blog.example.test", "/news/?page=2")
    assert front["SCRIPT_FILENAME"] == "/srv/blog/releases/0123/public/index.php"
    assert (front["HTTP_HOST"], front["HTTPS"], front["QUERY_STRING"]) == ("blog.example.test", "on", "page=2")
    login = probe.parameters(release, "http://blog.example.test", "/wp-login.php")
    assert login["SCRIPT_FILENAME"] == "/srv/blog/releases/0123/public/wp-login.php"
    assert "HTTPS" not in login
    health = probe.parameters(release, "http://blog.example.test", "/healthz")
    assert health["SCRIPT_FILENAME"] == "/srv/blog/releases/0123/terrace/healthz.php"
