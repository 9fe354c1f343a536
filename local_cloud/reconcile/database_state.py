# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the databases and snapshots of the emulated account."""

import json
from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends
from moto.secretsmanager.models import secretsmanager_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import database_contents, interfaces
from local_cloud.emulator.fidelity.databases import interface_owner
from local_cloud.reconcile.desired import Database, Firewall, Rule, Snapshot, Source
from local_cloud.reconcile.group_rules import firewall
from local_cloud.reconcile.networks import BACKBONE

# The parameter that refuses plain text, by engine.
TLS_PARAMETERS = {"postgres": "rds.force_ssl", "mysql": "require_secure_transport", "mariadb": "require_secure_transport"}
# PostgreSQL's major version from which RDS sets it by default.
TLS_BY_DEFAULT = 15


def read_databases(rds: Any) -> list[Database]:
    """Return the instances of a region that have a place in a VPC."""
    return [_database(rds, database) for database in rds.databases.values() if _has_server(rds, database)]


def read_snapshots(rds: Any) -> list[Snapshot]:
    """Return the snapshots of a region that hold data."""
    return [Snapshot(arn, source) for arn, source in database_contents.sources(rds).items()]


def _has_server(rds: Any, database: Any) -> bool:
    return database.status != "deleting" and bool(_interface(rds, database))


def _interface(rds: Any, database: Any) -> Any:
    found = interfaces.owned(ec2_backends[ACCOUNT][rds.region_name], interface_owner(database))
    return found[0] if found else None


def _database(rds: Any, database: Any) -> Database:
    ec2 = ec2_backends[ACCOUNT][rds.region_name]
    interface = _interface(rds, database)
    replicas = [_interface(found.backend, found) for found in map(rds.find_db_from_id, database.replicas)]
    source = rds.find_db_from_id(database.source_db_instance_identifier) if database.is_replica else None
    above = _interface(source.backend, source) if source else None
    abroad = any(found.subnet.vpc_id != interface.subnet.vpc_id for found in (*replicas, above) if found)
    return Database(
        arn=database.arn,
        identifier=database.db_instance_identifier,
        engine=database.engine,
        vpc=interface.subnet.vpc_id,
        address=interface.private_ip_address,
        endpoint=database.address,
        port=int(database.port),
        name=database.db_name or "",
        user=database.master_username,
        password=_password(rds, database),
        force_tls=_forces_tls(database),
        running=database.status != "stopped",
        source=Source(source.arn, source.address, int(source.port)) if source else None,
        abroad=abroad,
        origin=database_contents.origin(rds, database),
        moment=database_contents.moment(rds, database),
        firewall=_with_replication(firewall(ec2, interface.group_set), int(database.port), replicas, above, abroad),
    )


def _with_replication(groups: Firewall, port: int, replicas: list[Any], source: Any, abroad: bool) -> Firewall:
    """Admit the replication, for which RDS needs no rule of the user's."""
    elsewhere = [BACKBONE] if abroad else []
    below = tuple(sorted([*(found.private_ip_address for found in replicas if found), *elsewhere]))
    above = tuple(sorted([*([source.private_ip_address] if source else []), *elsewhere]))
    ingress = (Rule("tcp", port, port, below),) if below else ()
    egress = (Rule("tcp", 0, 65535, above),) if above else ()
    return replace(groups, ingress=groups.ingress + ingress, egress=groups.egress + egress)


def _password(rds: Any, database: Any) -> str:
    if not database.manage_master_user_password:
        return database._master_user_password or ""

    backend = secretsmanager_backends[ACCOUNT][rds.region_name]
    secret = backend.get_secret_value(database.master_user_secret.secret_arn, "", "AWSCURRENT")
    return json.loads(secret["SecretString"])["password"]


def _forces_tls(database: Any) -> bool:
    """Whether plain text is refused."""
    major = int(database.engine_version.partition(".")[0])
    default = database.engine == "postgres" and major >= TLS_BY_DEFAULT
    value = _parameter(database, TLS_PARAMETERS.get(database.engine, ""))
    return default if value is None else value.upper() in ("1", "ON")


def _parameter(database: Any, name: str) -> str | None:
    for group in database.db_parameter_groups():
        if value := group.parameters.get(name, {}).get("ParameterValue"):
            return str(value)
    return None
