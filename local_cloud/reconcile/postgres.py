# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL server is told: who may connect how, its master user and database. Text only."""

from local_cloud.reconcile.desired import Database

SETUP = """SELECT format('CREATE ROLE %I', {user}) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {user}) \\gexec
SELECT format('ALTER ROLE %I LOGIN CREATEDB CREATEROLE PASSWORD %L', {user}, {password}) \\gexec
SELECT 'CREATE ROLE rds_superuser' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \\gexec
GRANT pg_monitor, pg_signal_backend TO rds_superuser;
SELECT format('GRANT rds_superuser TO %I', {user}) \\gexec
"""
CREATE_DATABASE = """SELECT format('CREATE DATABASE %I OWNER %I', {name}, {user})
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec
"""


def access(database: Database) -> str:
    """Return pg_hba.conf: TLS for everybody, plain text too unless the parameter group forces TLS."""
    lines = ["local all postgres peer", "hostssl all all all scram-sha-256"]
    if not database.force_tls:
        lines.append("hostnossl all all all scram-sha-256")
    return "\n".join(lines) + "\n"


def setup(database: Database) -> str:
    """Return the statements that make the master user, no superuser as on RDS, and its database; repeatable."""
    values = {"user": _literal(database.user), "password": _literal(database.password), "name": _literal(database.name)}
    return SETUP.format(**values) + (CREATE_DATABASE.format(**values) if database.name else "")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
