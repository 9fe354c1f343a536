# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instances reach of AWS: each its own metadata service, and all of them the API.

Both are sockets in directories that the containers mount, so that no port is opened beyond the loopback interface, and
the metadata service knows who asks. In the container systemd passes on what comes to two link-local addresses.
"""

import shutil
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler

from local_cloud.emulator import Emulator
from local_cloud.metadata import MetadataService
from local_cloud.reconcile.desired import Host
from local_cloud.sockets import serve

# The addresses and the places of the sockets are those of the host image's units.
API = "http://169.254.169.200"
PLACES = "/var/lib/local-cloud"
ENDPOINT = "AWS_ENDPOINT_URL"
ENVIRONMENT = {ENDPOINT: API}
FILES = {
    "etc/environment": f'{ENDPOINT}="{API}"\n'.encode(),
    "etc/systemd/system.conf.d/local-cloud.conf": f"[Manager]\nDefaultEnvironment={ENDPOINT}={API}\n".encode(),
}


class Endpoints:
    """Serves on sockets below `directory`, from which a container gets those that are its own."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self._emulator = emulator
        self._directory = directory
        self._servers: dict[str, BaseWSGIServer] = {}
        shutil.rmtree(directory, ignore_errors=True)

    def open(self, host: Host) -> dict[str, dict[str, str]]:
        """Serve an instance; the volumes of its container."""
        if "api" not in self._servers:
            self._servers["api"] = self._emulator.serve_on(self._socket("api"))
        if host.id not in self._servers:
            service = MetadataService(host.id, host.region, self._emulator.lock)
            self._servers[host.id] = serve(self._socket(host.id), service, WSGIRequestHandler)
        return {
            str(self._directory / "api"): {"bind": f"{PLACES}/api", "mode": "ro"},
            str(self._directory / host.id): {"bind": f"{PLACES}/metadata", "mode": "ro"},
        }

    def close(self, instance: str) -> None:
        """Stop serving an instance."""
        if server := self._servers.pop(instance, None):
            server.shutdown()
            server.server_close()
            shutil.rmtree(self._directory / instance, ignore_errors=True)

    def _socket(self, name: str) -> Path:
        place = self._directory / name
        place.mkdir(parents=True)
        return place / "socket"
