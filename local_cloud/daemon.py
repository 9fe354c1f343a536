# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process behind the local cloud: the emulator and the reconciler. Started by ``python -m local_cloud up``."""

import logging
import os
import signal
import socket
import threading

import docker

from local_cloud.emulator import Emulator
from local_cloud.paths import CALLS, DIRECTORY, write_state
from local_cloud.reconcile.loop import Reconciler

PORT = 19560


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    CALLS.write_text("")
    with Emulator(port=_port(), call_file=CALLS) as emulator:
        client = docker.from_env(timeout=120)
        state = {
            "endpoint": emulator.endpoint,
            "pid": os.getpid(),
            "ca_file": str(DIRECTORY / "ca.pem"),
        }
        state |= {"balancers": {}, "problem": ""}

        def publish(ports: dict[str, dict[int, int]], problem: str) -> None:
            news = {"balancers": ports, "problem": problem}
            if state | news != state:
                state.update(news)
                write_state(state)

        reconciler = Reconciler(emulator, client, DIRECTORY, publish)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reconciler.stop())
        write_state(state)
        worker = threading.Thread(target=reconciler.run, name="reconciler")
        worker.start()
        while worker.is_alive():
            worker.join(timeout=1)


def _port() -> int:
    """Return the usual port, so that open shells keep their endpoint, or 0, any, if somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


if __name__ == "__main__":
    main()
