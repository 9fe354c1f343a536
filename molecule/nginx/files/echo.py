# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that answers with the headers it got and how often it was asked."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

counter = count(1)


class Echo(BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        """Answer; /framed with a header that nginx would add otherwise."""
        body = json.dumps({"headers": {name.lower(): value for name, value in self.headers.items()}, "count": next(counter)})
        self.send_response(200)
        if self.path.startswith("/framed"):
            self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


ThreadingHTTPServer(("127.0.0.1", 3000), Echo).serve_forever()
