# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the app for all it can, until a file appears: load.py URL STOP_FILE, which prints what was answered as JSON.

Nothing is asked a second time. Half of the requests write; half of the clients use a new connection for each request.
"""

import http.client
import json
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

CLIENTS, PAUSE = 6, 0.02
address, stop = urlsplit(sys.argv[1]).netloc, Path(sys.argv[2])
answers: Counter[str] = Counter()
written: list[str] = []
slowest = [0.0]


def ask(connection: http.client.HTTPConnection, text: str) -> str:
    """Send one request and return what came of it."""
    try:
        if text:
            connection.request("POST", "/messages", json.dumps({"text": text}), {"content-type": "application/json"})
        else:
            connection.request("GET", "/messages")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return f"{'POST' if text else 'GET'} {error!r}"
    if answer.status == 201:
        written.append(text)
    return str(answer.status)


def client(number: int) -> None:
    """Read and write in turns."""
    connection = http.client.HTTPConnection(address, timeout=60)
    count = 0
    while not stop.exists():
        count += 1
        began = time.monotonic()
        answers[ask(connection, f"load-{number}-{count}" if count % 2 else "")] += 1
        slowest[0] = max(slowest[0], time.monotonic() - began)
        if number % 2:
            connection.close()
        time.sleep(PAUSE)


threads = [Thread(target=client, args=(number,)) for number in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"answers": answers, "written": sorted(written), "slowest": round(slowest[0], 2)}))
