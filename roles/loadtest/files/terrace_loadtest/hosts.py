# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a load test may go. Everybody else is refused before a connection is opened, redirects to them included."""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter
from collections.abc import Mapping
from typing import Any

import gevent.socket


class RefusedHost(OSError):
    """The host is not one of those that the test may ask."""


class Guard:
    """Looks names up for Python's clients, those of the list alone. `refused` counts the others."""

    def __init__(self, allowed: tuple[str, ...], addresses: Mapping[str, str]) -> None:
        """Take the list, and the addresses to be used for names."""
        self.allowed = tuple(entry.lower() for entry in allowed)
        self.addresses = {name.lower(): address for name, address in addresses.items()}
        self.refused: Counter[str] = Counter()
        self._look_up = gevent.socket.getaddrinfo

    def install(self) -> None:
        """Look names up from now on: requests, geventhttpclient and whatever else a scenario uses go this way."""
        socket.getaddrinfo = gevent.socket.getaddrinfo = self.getaddrinfo

    def getaddrinfo(self, host: Any, *arguments: Any, **options: Any) -> Any:
        """Do what the function of that name does."""
        name = (host.decode() if isinstance(host, bytes) else host or "localhost").lower()
        address = self.addresses.get(name, name)
        if not (self.allows(name) or _is_loopback(address)):
            self.refused[name] += 1
            raise RefusedHost(f"{name} is not in loadtest_allowed_hosts")
        return self._look_up(address, *arguments, **options)

    def allows(self, name: str) -> bool:
        """Whether the list has the name; `*.example.com` has all names below."""
        return any(name == entry or (entry.startswith("*.") and name.endswith(entry[1:])) for entry in self.allowed)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
