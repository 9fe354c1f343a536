# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator and the metadata service are served on sockets, however deep a checkout lies."""

import os
import socket
from pathlib import Path

from local_cloud.emulator import Emulator
from local_cloud.reconcile.desired import Firewall, Host
from local_cloud.reconcile.endpoints import PLACES, Endpoints

# The kernel takes no longer name of a socket.
LONGEST_NAME = 107
HOST = Host("i-0123456789abcdef0", "eu-west-1", "vpc-1", "10.0.0.4", running=True, user_data=b"", firewall=Firewall((), ()))


def ask(place: Path, request: str) -> str:
    """Send a request to the socket in a directory, as a container does to whose short name it is mounted."""
    directory = os.open(place, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(f"/proc/self/fd/{directory}/socket")
            connection.sendall(f"{request} HTTP/1.0\r\nHost: 169.254.169.254\r\n\r\n".encode())
            return connection.makefile().readline().strip()
    finally:
        os.close(directory)


def test_an_instance_gets_the_api_and_its_own_metadata(emulator: Emulator, tmp_path: Path) -> None:
    directory = tmp_path / ("deep" * 30)
    assert len(str(directory)) > LONGEST_NAME
    endpoints = Endpoints(emulator, directory)
    volumes = endpoints.open(HOST)
    places = {volume["bind"]: Path(place) for place, volume in volumes.items()}
    assert {volume["mode"] for volume in volumes.values()} == {"ro"}
    assert ask(places[f"{PLACES}/api"], "GET /moto-api/data.json").endswith("200 OK")
    # It is no instance of the account, so it learns nothing.
    assert ask(places[f"{PLACES}/metadata"], "GET /latest/meta-data/").endswith("403 Forbidden")
    assert endpoints.open(HOST) == volumes
    endpoints.close(HOST.id)
    assert not places[f"{PLACES}/metadata"].exists()
