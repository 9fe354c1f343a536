# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one user from many sessions at once: race.py USER.SQL locked|unlocked < connection.json."""

import json
import sys
from pathlib import Path
from threading import Barrier, Thread

import psycopg2

SESSIONS, TIMES = 8, 5
LOCK = "SELECT pg_advisory_xact_lock(hashtext('terrace.aws.database_user'))"
SETTINGS = """SELECT set_config('terrace.owner', %(owner)s, true), set_config('terrace.name', %(name)s, true),
              set_config('terrace.password', 'pw', true)"""
file, mode = sys.argv[1:]
statements = [*([LOCK] if mode == "locked" else []), SETTINGS, Path(file).read_text()]
settings = json.load(sys.stdin)
failures = []


def make(name: str, barrier: Barrier) -> None:
    """Run the role's statements when all others are connected."""
    with psycopg2.connect(**settings) as connection, connection.cursor() as cursor:
        barrier.wait()
        try:
            for statement in statements:
                cursor.execute(statement, {"owner": f"{name}_owner", "name": name})
            connection.commit()
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
