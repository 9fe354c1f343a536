# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of somebody who has a production account, and a witness of where programs connect to."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

# Imported by every Python that starts with its directory in PYTHONPATH, modules on the controller included.
WITNESS = """
import json, os, socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _note(sock, address):
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        with open(os.environ["TERRACE_TEST_CONNECTIONS"], "a") as log:
            log.write(json.dumps([address[0], address[1]]) + "\\n")


def connect(self, address):
    _note(self, address)
    return _connect(self, address)


def connect_ex(self, address):
    _note(self, address)
    return _connect_ex(self, address)


socket.socket.connect = connect
socket.socket.connect_ex = connect_ex
"""


@dataclass(frozen=True)
class Witness:
    """An environment with production-looking settings, and the connections made by what ran in it."""

    environment: dict[str, str]
    log: Path

    def connections(self) -> list[tuple[str, int]]:
        """Return (host, port) of every internet connection that was tried."""
        if not self.log.exists():
            return []
        return [tuple(json.loads(line)) for line in self.log.read_text().splitlines()]

    def strangers(self) -> set[str]:
        """Return the hosts that are neither this machine nor one of its containers."""
        return {host for host, _port in self.connections() if not _of_this_machine(host)}


def _of_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address in ipaddress.ip_network("10.0.0.0/8")


def production_environment(directory: Path) -> Witness:
    """Return the environment of a careless administrator; the witness keeps its files in `directory`."""
    hooks = directory / "witness"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(WITNESS)
    profile = directory / "aws-config"
    profile.write_text("[profile production]\nregion = us-east-1\nendpoint_url = https://aws.example.com\n")
    keys = directory / "aws-credentials"
    keys.write_text("[production]\naws_access_key_id = AKIAPRODUCTION000000\naws_secret_access_key = production\n")
    log = directory / "connections"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(hooks),
        "TERRACE_TEST_CONNECTIONS": str(log),
        "AWS_PROFILE": "production",
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION000000",
        "AWS_SECRET_ACCESS_KEY": "production",
        "AWS_SESSION_TOKEN": "production",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "https://aws.example.com",
        "AWS_ENDPOINT_URL_EC2": "https://ec2.example.com",
        "AWS_ENDPOINT_URL_STS": "https://sts.example.com",
        "BOTO_CONFIG": str(profile),
    }
    return Witness(environment, log)
