# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the emulated account: moto's backends in, what should run out. The caller holds the emulator's lock."""

import base64
from typing import Any

from moto.ec2.models import ec2_backends
from moto.efs.models import efs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.reconcile.balancer_state import read_balancer
from local_cloud.reconcile.cache_state import read_nodes
from local_cloud.reconcile.database_state import read_databases, read_snapshots
from local_cloud.reconcile.desired import Desired, Host, Network
from local_cloud.reconcile.file_state import read_mount_targets
from local_cloud.reconcile.group_rules import firewall


def read() -> Desired:
    """Return what the account, in all its regions, wants to run."""
    hosts, databases, snapshots, caches, file_systems, mount_targets, balancers = [], [], [], [], [], [], []
    for ec2 in _in_use(ec2_backends):
        hosts += [_host(ec2, instance) for instance in _instances(ec2)]
    for rds in _in_use(rds_backends):
        databases += read_databases(rds)
        snapshots += read_snapshots(rds)
    for elasticache in _in_use(elasticache_backends):
        caches += read_nodes(elasticache)
    for efs in _in_use(efs_backends):
        file_systems += efs.file_systems_by_id
        mount_targets += read_mount_targets(efs)
    for elbv2 in _in_use(elbv2_backends):
        balancers += [read_balancer(elbv2, item) for item in elbv2.load_balancers.values() if _has_proxy(elbv2, item)]
    return Desired(
        networks=_networks([*hosts, *databases, *caches, *mount_targets, *balancers]),
        hosts=tuple(hosts),
        databases=tuple(databases),
        snapshots=tuple(snapshots),
        caches=tuple(caches),
        file_systems=tuple(file_systems),
        mount_targets=tuple(mount_targets),
        balancers=tuple(balancers),
    )


def _in_use(backends: Any) -> list[Any]:
    """Return the regional backends that exist; asking for another region would create it."""
    return list(backends[ACCOUNT].values()) if ACCOUNT in backends.keys() else []  # noqa: SIM118 its __contains__ lies


def _networks(members: list[Any]) -> tuple[Network, ...]:
    """Return the VPCs; the default ones, which every region has, only when something is in them."""
    inhabited = {member.vpc for member in members}
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
        region=ec2.region_name,
        vpc=interface.subnet.vpc_id,
        address=interface.private_ip_address,
        running=instance.state != "stopped",
        user_data=base64.b64decode(str(instance.user_data)) if instance.user_data else b"",
        firewall=firewall(ec2, interface.group_set),
    )


def _has_proxy(elbv2: Any, balancer: Any) -> bool:
    return balancer.type in ("application", "network") and bool(
        interfaces.owned(ec2_backends[ACCOUNT][elbv2.region_name], balancer.arn)
    )
