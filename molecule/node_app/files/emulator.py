# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the emulated account until a signal: emulator.py PORT PID_FILE [ADDRESS].

The emulator is on the loopback interface. With an address, e.g. that of Docker's bridge, hosts in containers reach it there.
"""

import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

from local_cloud.emulator import Emulator


class Forwarder(BaseRequestHandler):
    """Pass a connection on to the emulator."""

    def handle(self) -> None:
        """Copy both ways until both sides have ended."""
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as emulator:
            requests = Thread(target=copy, args=(self.request, emulator), daemon=True)
            requests.start()
            copy(emulator, self.request)
            requests.join()


def copy(source: socket.socket, target: socket.socket) -> None:
    """Copy what comes, and the end of it."""
    with source.makefile("rb", buffering=0) as incoming, target.makefile("wb", buffering=0) as outgoing:
        shutil.copyfileobj(incoming, outgoing)
    target.shutdown(socket.SHUT_WR)


port, pid_file, *addresses = sys.argv[1:]
with Emulator(port=int(port)):
    for address in addresses:
        server = ThreadingTCPServer((address, int(port)), Forwarder)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
    Path(pid_file).write_text(f"{os.getpid()}\n")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
Path(pid_file).unlink()
