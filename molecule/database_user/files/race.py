# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one user from many sessions at once: race.py USER.SQL locked|unlocked < connection.json."""

import json
import re
import sys
from pathlib import Path
from threading import Barrier, Thread

import psycopg2

SESSIONS, TIMES = 8, 5
LOCK = re.compile(r"^SELECT pg_advisory_xact_lock.*;$", re.MULTILINE)
file, mode = sys.argv[1:]
statements = Path(file).read_text() if mode == "locked" else LOCK.sub("", Path(file).read_text())
settings = json.load(sys.stdin)
failures = []


def make(name: str, barrier: Barrier) -> None:
    """Run the role's statements when all others are connected."""
    with psycopg2.connect(**settings) as connection, connection.cursor() as cursor:
        barrier.wait()
        try:
            cursor.execute(statements, {"owner": f"{name}_owner", "name": name, "password": "pw"})
        except psycopg2.Error as error:
            failures.append(str(error))


for time in range(TIMES):
    barrier = Barrier(SESSIONS)
    threads = [Thread(target=make, args=(f"{mode}_{time}", barrier)) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(json.dumps(failures))
