# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a MariaDB server is told: its configuration, its master user and database, whom it follows. Text only."""

import zlib

from local_cloud.reconcile.desired import Database
from local_cloud.reconcile.servers import REPLICATION_USER, Server

TLS = "/var/lib/mysql/tls"
CONFIGURATION = f"""[mariadbd]
bind-address = 0.0.0.0
port = {{port}}
require_secure_transport = {{force_tls}}
tls_version = TLSv1.2,TLSv1.3
ssl_ca = {TLS}/ca.crt
ssl_cert = {TLS}/server.crt
ssl_key = {TLS}/server.key
skip_name_resolve = ON
character-set-server = utf8mb4
performance_schema = OFF
innodb_buffer_pool_size = 32M
innodb_log_file_size = 16M
log_bin = binlog
binlog_format = ROW
server_id = {{number}}
read_only = {{read_only}}
"""
# What RDS grants to the master user: everything but the server itself.
PRIVILEGES = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER"
)
SETUP = f"""STOP SLAVE;
RESET SLAVE ALL;
SET GLOBAL read_only = OFF;
SET GLOBAL require_secure_transport = {{force_tls}};
CREATE USER IF NOT EXISTS {{user}}@'%';
ALTER USER {{user}}@'%' IDENTIFIED BY {{password}};
GRANT {PRIVILEGES} ON *.* TO {{user}}@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS '{REPLICATION_USER}'@'%' REQUIRE SUBJECT '/CN={REPLICATION_USER}';
GRANT REPLICATION SLAVE ON *.* TO '{REPLICATION_USER}'@'%';
"""
CREATE_DATABASE = "CREATE DATABASE IF NOT EXISTS {name};\n"
# The data are a copy of the source's, its own log included, which tells where to go on.
FOLLOW = """DELIMITER //
BEGIN NOT ATOMIC
  IF @@GLOBAL.gtid_slave_pos = '' THEN
    SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_binlog_pos;
    CHANGE MASTER TO MASTER_HOST = {host}, MASTER_PORT = {port}, MASTER_USER = '{user}',
      MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 1, MASTER_SSL_CA = '{tls}/ca.crt',
      MASTER_SSL_CERT = '{tls}/replication.crt', MASTER_SSL_KEY = '{tls}/replication.key', MASTER_USE_GTID = slave_pos;
    START SLAVE;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.global_status WHERE variable_name = 'SLAVE_RUNNING' AND variable_value = 'ON')
    THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not following'; END IF;
END //
"""
RUN = 'printf %s "$SQL" | mariadb --protocol=socket'


def configuration(database: Database) -> str:
    """Return the server's configuration file."""
    number = zlib.crc32(database.arn.encode()) or 1
    read_only = "ON" if database.source else "OFF"
    return CONFIGURATION.format(port=database.port, force_tls=_switch(database.force_tls), number=number, read_only=read_only)


def setup(database: Database) -> str:
    """Return the statements that make the master user and its database; repeatable."""
    if database.source:
        return FOLLOW.format(host=_literal(database.source.endpoint), port=database.source.port, user=REPLICATION_USER, tls=TLS)
    user, password = _literal(database.user), _literal(database.password)
    statements = SETUP.format(user=user, password=password, force_tls=_switch(database.force_tls))
    return statements + (CREATE_DATABASE.format(name=_identifier(database.name)) if database.name else "")


def _switch(on: bool) -> str:
    return "ON" if on else "OFF"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


SERVER = Server(
    image="mariadb",
    user="root",
    settings=lambda database: {"server.cnf": configuration(database).encode()},
    setup=setup,
    environment=lambda _database: {},
    run=RUN,
    # What can change while it runs is set by `setup`; the file is for the next start.
    reload="true",
)
