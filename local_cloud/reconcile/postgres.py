# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL server is told: who may connect how, its master user and database, whom it follows. Text only."""

from local_cloud.reconcile.desired import Database
from local_cloud.reconcile.servers import REPLICATION_USER, Server

SETUP = """SELECT 'SELECT pg_promote()' WHERE pg_is_in_recovery() \\gexec
SELECT format('CREATE ROLE %I', {user}) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {user}) \\gexec
SELECT format('ALTER ROLE %I LOGIN CREATEDB CREATEROLE PASSWORD %L', {user}, {password}) \\gexec
SELECT 'CREATE ROLE rds_superuser' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \\gexec
GRANT pg_monitor, pg_signal_backend TO rds_superuser;
SELECT format('GRANT rds_superuser TO %I', {user}) \\gexec
SELECT format('CREATE ROLE %I REPLICATION LOGIN', {replication})
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {replication}) \\gexec
"""
CREATE_DATABASE = """SELECT format('CREATE DATABASE %I OWNER %I', {name}, {user})
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec
"""
# A replica takes everything from its source: all that is asked is whether it does.
FOLLOW = """DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN RAISE 'not streaming'; END IF;
END $$;
"""
RUN = 'printf %s "$SQL" | psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --port="$DATABASE_PORT" postgres'
RELOAD = "install -o postgres -g postgres -m 600 /etc/terrace/pg_hba.conf /var/lib/postgresql/data/main/ && kill -HUP 1"


def access(database: Database) -> str:
    """Return pg_hba.conf: TLS for everybody, plain text too unless the parameter group forces TLS; replicas by certificate."""
    lines = [
        "local all postgres peer",
        f"hostssl replication {REPLICATION_USER} all cert",
        "hostssl all all all scram-sha-256",
    ]
    if not database.force_tls:
        lines.append("hostnossl all all all scram-sha-256")
    return "\n".join(lines) + "\n"


def setup(database: Database) -> str:
    """Return the statements that make the master user, no superuser as on RDS, and its database; repeatable."""
    if database.source:
        return FOLLOW
    values = {
        "user": _literal(database.user),
        "password": _literal(database.password),
        "name": _literal(database.name),
        "replication": _literal(REPLICATION_USER),
    }
    return SETUP.format(**values) + (CREATE_DATABASE.format(**values) if database.name else "")


def _environment(database: Database) -> dict[str, str]:
    primary = {"PRIMARY": f"host={database.source.endpoint} port={database.source.port}"} if database.source else {}
    moment = {"RESTORE_TIME": database.moment} if database.moment else {}
    return {"DATABASE_PORT": str(database.port)} | primary | moment


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


SERVER = Server(
    image="postgres",
    user="postgres",
    settings=lambda database: {"pg_hba.conf": access(database).encode()},
    setup=setup,
    environment=_environment,
    run=RUN,
    reload=RELOAD,
)
