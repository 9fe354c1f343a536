# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's HTTP server on the loopback interface."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from werkzeug.serving import BaseWSGIServer, make_server

from local_cloud.emulator import environment
from local_cloud.emulator.calls import Call, CallLog
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.sockets import quiet, serve

LOOPBACK = "127.0.0.1"


class Emulator:
    """moto behind HTTP with the fidelity layer; a context manager, several may follow one another in a process.

    The state belongs to the process, as moto's does: two emulators at once would share their account.
    """

    def __init__(self, port: int = 0, call_file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._port = port
        self._call_file = call_file
        self._log: CallLog | None = None
        self._server: BaseWSGIServer | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> "Emulator":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve on the port (0: any free one) in a thread, starting from an empty account."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

        from local_cloud.emulator import fidelity, resets

        fidelity.apply()
        resets.apply()
        self._log = CallLog(DomainDispatcherApplication(create_backend_app), self.lock, self._call_file)
        self._server = make_server(LOOPBACK, self._port, self._log, threaded=True, request_handler=quiet(MotoRequestHandler))
        self.reset()
        threading.Thread(target=self._server.serve_forever, name="emulator", daemon=True).start()

    def serve_on(self, path: Path) -> BaseWSGIServer:
        """Serve on a Unix socket too, until the process ends."""
        from moto.moto_server.werkzeug_app import MotoRequestHandler

        if self._log is None:
            raise RuntimeError("the emulator is not started")
        return serve(path, self._log, MotoRequestHandler)

    def stop(self) -> None:
        """Close the port. The account's state stays until the next start."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self._clients.clear()

    def reset(self) -> None:
        """Empty all accounts and regions, and the list of calls."""
        from moto.moto_api._internal.models import moto_api_backend
        from moto.s3.models import s3_backends

        with self.lock:
            moto_api_backend.reset()
            # Bucket names are global; moto's index of them outlives the buckets.
            s3_backends.bucket_accounts.clear()
            lifecycle.clear()
            self.calls.clear()

    @property
    def endpoint(self) -> str:
        """The URL for `AWS_ENDPOINT_URL`."""
        if self._server is None:
            raise RuntimeError("the emulator is not started")
        return f"http://{LOOPBACK}:{self._server.server_port}"

    @property
    def calls(self) -> list[Call]:
        """Every request since the start or the last reset; may be cleared by the reader."""
        if self._log is None:
            raise RuntimeError("the emulator is not started")
        return self._log.calls

    @property
    def mutations(self) -> int:
        """How many changing calls were served: what watchers compare to know that nothing happened."""
        return 0 if self._log is None else self._log.mutations

    def go_on(self) -> None:
        """Let happen what happens in an account without a call."""
        with self.lock:
            if lifecycle.go_on() and self._log is not None:
                self._log.mutations += 1

    def on_settle(self, wait: Callable[[], None]) -> None:
        """Let the answers that tell of something gone wait until it is gone, outside of the emulator too."""
        if self._log is None:
            raise RuntimeError("the emulator is not started")
        self._log.settle = wait

    def client_environment(self) -> dict[str, str]:
        """The variables for a command or a boto3 session that shall talk to this emulator and to nothing else."""
        return environment.client_environment(self.endpoint)

    def client(self, service: str, region: str = environment.REGION) -> Any:
        """A boto3 client for this emulator that fails at the first error; the same one each time."""
        if (service, region) not in self._clients:
            self._clients[(service, region)] = self._connect(service, region)
        return self._clients[(service, region)]

    def _connect(self, service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )
