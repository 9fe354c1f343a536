# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the emulated account: moto's backends in, what should run out. The caller holds the emulator's lock."""

import base64
import json
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends
from moto.secretsmanager.models import secretsmanager_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.databases import interface_owner
from local_cloud.reconcile.balancer_state import read_balancer
from local_cloud.reconcile.desired import Balancer, Database, Desired, Host, Network
from local_cloud.reconcile.group_rules import firewall


def read() -> Desired:
    """Return what the account, in all its regions, wants to run."""
    hosts, databases, balancers = [], [], []
    for ec2 in _in_use(ec2_backends):
        hosts += [_host(ec2, instance) for instance in _instances(ec2)]
    for rds in _in_use(rds_backends):
        databases += [_database(rds, database) for database in rds.databases.values() if _has_server(rds, database)]
    for elbv2 in _in_use(elbv2_backends):
        balancers += [read_balancer(elbv2, item) for item in elbv2.load_balancers.values() if _has_proxy(elbv2, item)]
    return Desired(_networks(hosts, databases, balancers), tuple(hosts), tuple(databases), tuple(balancers))


def _in_use(backends: Any) -> list[Any]:
    """Return the regional backends that exist; asking for another region would create it."""
    return list(backends[ACCOUNT].values()) if ACCOUNT in backends.keys() else []  # noqa: SIM118 its __contains__ lies


def _networks(hosts: list[Host], databases: list[Database], balancers: list[Balancer]) -> tuple[Network, ...]:
    """Return the VPCs; the default ones, which every region has, only when something is in them."""
    inhabited = {member.vpc for members in (hosts, databases, balancers) for member in members}
    return tuple(
        Network(vpc.id, vpc.cidr_block)
        for ec2 in _in_use(ec2_backends)
        for vpc in ec2.vpcs.values()
        if not vpc.is_default or vpc.id in inhabited
    )


def _instances(ec2: Any) -> list[Any]:
    return [instance for instance in ec2.all_instances() if instance.state in ("pending", "running", "stopped")]


def _host(ec2: Any, instance: Any) -> Host:
    interface = instance.nics[0]
    return Host(
        id=instance.id,
        vpc=interface.subnet.vpc_id,
        address=interface.private_ip_address,
        running=instance.state != "stopped",
        user_data=base64.b64decode(str(instance.user_data)) if instance.user_data else b"",
        firewall=firewall(ec2, interface.group_set),
    )


def _has_server(rds: Any, database: Any) -> bool:
    ec2 = ec2_backends[ACCOUNT][rds.region_name]
    return database.status != "deleting" and bool(interfaces.owned(ec2, interface_owner(database)))


def _database(rds: Any, database: Any) -> Database:
    ec2 = ec2_backends[ACCOUNT][rds.region_name]
    interface = interfaces.owned(ec2, interface_owner(database))[0]
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
        firewall=firewall(ec2, interface.group_set),
    )


def _password(rds: Any, database: Any) -> str:
    if not database.manage_master_user_password:
        return database.master_user_password or ""

    backend = secretsmanager_backends[ACCOUNT][rds.region_name]
    secret = backend.get_secret_value(database.master_user_secret.secret_arn, "", "AWSCURRENT")
    return json.loads(secret["SecretString"])["password"]


def _forces_tls(database: Any) -> bool:
    """Whether plain text is refused: RDS's default from PostgreSQL 15 on."""
    default = "1" if int(database.engine_version.partition(".")[0]) >= 15 else "0"
    return (_parameter(database, "rds.force_ssl") or default) == "1"


def _parameter(database: Any, name: str) -> str | None:
    for group in database.db_parameter_groups():
        if value := group.parameters.get(name, {}).get("ParameterValue"):
            return str(value)
    return None


def _has_proxy(elbv2: Any, balancer: Any) -> bool:
    return balancer.type == "application" and bool(interfaces.owned(ec2_backends[ACCOUNT][elbv2.region_name], balancer.arn))
