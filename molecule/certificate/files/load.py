# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask https://shop.test on new and on kept connections until a file appears: load.py ROOT STOP.

Prints requests, failures and the serial numbers that were seen. A GET on a kept connection that the server has closed before any
answer is asked again on a new one, as HTTP clients do (RFC 9110, 9.2.2), and counted.
"""

import http.client
import json
import ssl
import sys
from pathlib import Path
from threading import Thread

root, stop = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
context.check_hostname = False
CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
requests: list[int] = []
again: list[int] = []
failures: list[str] = []
serials: set[str] = set()


def connect() -> http.client.HTTPSConnection:
    """A new connection, with the name that the certificate has."""
    connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=30, context=context)
    connection.sock = context.wrap_socket(connection._create_connection(("127.0.0.1", 443), 30), server_hostname="shop.test")
    serials.add(connection.sock.getpeercert()["serialNumber"])
    return connection


def ask(connection: http.client.HTTPSConnection) -> None:
    """One request, which has to be answered well."""
    connection.request("GET", "/healthz", headers={"Host": "shop.test"})
    answer = connection.getresponse()
    body = answer.read()
    requests.append(1)
    if answer.status != 200 or body != b"ok\n":
        failures.append(f"status {answer.status}")


def client(keep: bool) -> None:
    """Ask until told to stop."""
    connection = None
    while not Path(stop).exists():
        kept = connection is not None and connection.sock is not None
        try:
            connection = connection if kept else connect()
            ask(connection)
        except OSError as error:
            if kept and isinstance(error, CLOSED):
                again.append(1)
            else:
                failures.append(repr(error))
            connection = None
        if not keep:
            connection = None


threads = [Thread(target=client, args=(number % 2 == 0,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
counts = {"requests": len(requests), "again": len(again), "failed": len(failures)}
print(json.dumps({**counts, "failures": failures[:5], "serials": sorted(serials)}))
