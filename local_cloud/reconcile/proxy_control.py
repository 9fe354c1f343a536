# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to a running HAProxy.

https://docs.haproxy.org/2.6/management.html#9.3
"""

import csv
import io
import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
SECONDS = 2
# The bits of a server's administrative state that somebody's command has set it out of service.
MAINTENANCE = 1


@dataclass(frozen=True)
class Server:
    """A server as it is: what it is called, where it sends, and whether it gets no new connections."""

    backend: str
    name: str
    address: str
    retired: bool


def ask(port: int, *commands: str) -> str:
    """Return the answer to some commands at once, on a loopback port; OSError when nobody is there."""
    with socket.create_connection((LOOPBACK, port), SECONDS) as connection:
        connection.sendall(("; ".join(commands) + "\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def process(port: int) -> str:
    """Return the id of the process that answers: another one after each reload."""
    lines = ask(port, "show info").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("Pid: ")), "")


def statistics(port: int) -> str:
    """Return the statistics in HAProxy's CSV."""
    return ask(port, "show stat")


def state(port: int) -> str:
    """Return the state of all servers, for the next process to start from."""
    return ask(port, "show servers state").strip() + "\n"


def servers(state: str) -> list[Server]:
    """Return the servers in a state."""
    _version, _, table = state.partition("\n")
    rows = csv.DictReader(io.StringIO(table.removeprefix("# ")), delimiter=" ")
    return [
        Server(
            row["be_name"],
            row["srv_name"],
            f"{row['srv_addr']}:{row['srv_port']}",
            bool(int(row["srv_admin_state"]) & MAINTENANCE),
        )
        for row in rows
    ]


def add(port: int, backend: str, definition: str) -> None:
    """Add a server that begins to be checked, and gets nothing until it is found healthy."""
    name = f"{backend}/{definition.split()[0]}"
    ask(
        port,
        f"add server {backend}/{definition}",
        f"enable server {name}",
        f"set server {name} health down",
        f"enable health {name}",
    )


def add_spare(port: int, backend: str, definition: str) -> None:
    """Add a server that is not checked."""
    ask(port, f"add server {backend}/{definition}", f"enable server {backend}/{definition.split()[0]}")


def revive(port: int, backend: str, server: str) -> None:
    """Take a retired server back, which has to be found healthy again."""
    ask(port, f"set server {backend}/{server} state ready", f"set server {backend}/{server} health down")


def revive_spare(port: int, backend: str, server: str) -> None:
    """Take a retired server that is not checked back."""
    ask(port, f"set server {backend}/{server} state ready")


def retire(port: int, backend: str, server: str) -> None:
    """Send a server nothing new; what is under way goes on."""
    ask(port, f"set server {backend}/{server} state maint")


def remove(port: int, backend: str, server: str) -> None:
    """Cut the connections of a retired server and forget it, as soon as they are cut."""
    ask(port, f"shutdown sessions server {backend}/{server}", f"del server {backend}/{server}")
