# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target: answers, and counts what it was asked for. GET /asked has the counts.

target.py PORT, which it prints when it listens; 0 for a free one.
"""

import json
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked: Counter[str] = Counter()
messages: set[str] = set()
STATUS = {"/away": 302, "/broken": 500, "/messages": 201}


class Target(BaseHTTPRequestHandler):
    """An API, and as much of a site with posts as readers notice."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer after a while that depends on the path."""
        path, _, query = self.path.partition("?")
        if path == "/asked":
            return self.answer(200, json.dumps(asked))
        asked[f"GET {path}"] += 1
        asked["member"] += "wordpress_logged_in=yes" in self.headers.get("Cookie", "")
        if path == "/slow":
            time.sleep(0.3)
        if query == "feed=rss2":
            return self.answer(200, "<rss><channel><item><link>http://blog.example.com/2026/hello/</link></item></channel></rss>")
        return self.answer(STATUS.get(path, 200), "<html>" if path == "/half" else "<html></html>")

    def do_POST(self) -> None:
        """Take a message, which has to be new, or a password."""
        path, content = self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked[f"POST {path}"] += 1
        if path == "/wp-login.php":
            right = "log=reader" in content and "pwd=secret" in content
            return self.answer(302 if right else 200, "", {"Set-Cookie": "wordpress_logged_in=yes"} if right else {})
        new = content not in messages
        messages.add(content)
        return self.answer(201 if new else 409, content)

    def answer(self, status: int, content: str, headers: dict[str, str] | None = None) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status == 302:
            self.send_header("Location", "http://elsewhere.example.com/")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


ThreadingHTTPServer.request_queue_size = 200
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Target)
print(server.server_port, flush=True)
server.serve_forever()
