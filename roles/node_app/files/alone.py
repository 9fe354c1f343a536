# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command while no other host runs one under the same name: `alone.py NAME COMMAND...`. Its status is the command's.

Others wait for a lock of the app's database, which the app's own variables tell. The lock belongs to a connection: it ends
with this process, even if the host is lost. Without a database of PostgreSQL or MySQL the command is run as it is.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

# Of MySQL's names of locks: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html
LONGEST = 64
PATIENCE = 1800


def postgres(name: str) -> Any:
    """Return the connection that holds the lock. libpq reads the variables itself."""
    import psycopg2

    connection = psycopg2.connect("connect_timeout=30 keepalives_idle=60")
    connection.autocommit = True
    connection.cursor().execute("SELECT pg_advisory_lock(hashtext(%s))", (name,))
    return connection


def mysql(name: str) -> Any:
    """Return the connection that holds the lock. The server's name is verified."""
    import pymysql

    given = {key.removeprefix("MYSQL_").lower(): value for key, value in os.environ.items() if key.startswith("MYSQL_")}
    connection = pymysql.connect(
        host=given["host"],
        port=int(given["port"]),
        user=given["user"],
        password=given["password"],
        database=given["database"],
        # Not ssl_verify_identity, which Debian 12's PyMySQL refuses: with an authority it verifies by default.
        ssl={"ca": given["ssl_ca"]},
        connect_timeout=30,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", (name[:LONGEST], PATIENCE))
        if cursor.fetchone() != (1,):
            sys.exit(f"another host still holds the lock {name!r} after {PATIENCE} s")
    return connection


def main(name: str, *command: str) -> int:
    """Take the lock and run the command."""
    with contextlib.ExitStack() as held:
        if "PGHOST" in os.environ:
            held.callback(postgres(name).close)
        elif "MYSQL_HOST" in os.environ:
            held.callback(mysql(name).close)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
