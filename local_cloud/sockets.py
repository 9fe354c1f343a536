# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP over Unix sockets."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


def serve(path: Path, application: Callable[..., Any], handler: type[WSGIRequestHandler]) -> BaseWSGIServer:
    """Serve an application in a thread, on a new socket that every user of this machine may connect to.

    The kernel takes names of a hundred characters, and a checkout may lie deeper: the directory is named by its descriptor.
    """
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        address = f"unix:///proc/self/fd/{directory}/{path.name}"
        server = make_server(address, 0, application, threaded=True, request_handler=quiet(handler))
    finally:
        os.close(directory)
    path.chmod(0o666)
    threading.Thread(target=server.serve_forever, name=str(path), daemon=True).start()
    return server


def quiet(handler: type[WSGIRequestHandler]) -> type[WSGIRequestHandler]:
    """Return the handler without its line per request, and with connections that stay open."""
    return type(f"Quiet{handler.__name__}", (handler,), {"log_request": lambda *_, **__: None, "protocol_version": "HTTP/1.1"})
