# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the replication groups of the emulated account. Those in cluster mode have no servers."""

from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.cache_nodes import interface_owner, nodes, tokens
from local_cloud.reconcile.desired import CacheNode, CacheUser, Firewall, Rule
from local_cloud.reconcile.group_rules import firewall

EVERYTHING = "on ~* &* +@all"


def read_nodes(elasticache: Any) -> list[CacheNode]:
    """Return the nodes of a region that have a place in a VPC."""
    groups = [group for group in elasticache.replication_groups.values() if _has_servers(group)]
    return [node for group in groups for node in _nodes(elasticache, group)]


def _has_servers(group: Any) -> bool:
    return group.status != "deleting" and group.cluster_mode != "enabled"


def _nodes(elasticache: Any, group: Any) -> list[CacheNode]:
    ec2 = ec2_backends[ACCOUNT][elasticache.region_name]
    members = {member["cache_cluster_id"]: member for member in nodes(group)}
    placed = {name: interfaces.owned(ec2, interface_owner(group, name)) for name in members}
    here = {name: found[0] for name, found in placed.items() if found}
    primary = next((name for name in here if members[name]["current_role"] == "primary"), "")
    users, peers = _users(elasticache, group), tuple(sorted(interface.private_ip_address for interface in here.values()))
    return [
        CacheNode(
            id=interface_owner(group, name),
            group=group.arn,
            name=name,
            vpc=interface.subnet.vpc_id,
            address=interface.private_ip_address,
            names=_names(group, members, name, primary),
            certificate_names=_certificate_names(group, members[name]),
            port=int(group.port),
            primary="" if name == primary else members[primary]["read_endpoint"]["address"],
            tls=bool(group.transit_encryption_enabled),
            users=users,
            firewall=_with_replication(firewall(ec2, interface.group_set), int(group.port), peers),
        )
        for name, interface in here.items()
        if primary
    ]


def _endpoints(group: Any) -> tuple[str, str]:
    (shard,) = group.node_groups
    return shard["primary_endpoint_address"], shard["reader_endpoint_address"]


def _names(group: Any, members: dict[str, Any], name: str, primary: str) -> tuple[str, ...]:
    """Return a node's own name and the endpoints that it stands behind; readers go to the primary if it is alone."""
    primary_endpoint, reader_endpoint = _endpoints(group)
    names = [members[name]["read_endpoint"]["address"]]
    if name == primary:
        names.append(primary_endpoint)
    if name != primary or len(members) == 1:
        names.append(reader_endpoint)
    return tuple(names)


def _certificate_names(group: Any, member: dict[str, Any]) -> tuple[str, ...]:
    return (member["read_endpoint"]["address"], *_endpoints(group))


def _with_replication(groups: Firewall, port: int, peers: tuple[str, ...]) -> Firewall:
    """Admit the other nodes, for which ElastiCache needs no rule of the user's."""
    rule = Rule("tcp", port, port, peers)
    return replace(groups, ingress=(*groups.ingress, rule), egress=(*groups.egress, rule))


def _users(elasticache: Any, group: Any) -> tuple[CacheUser, ...]:
    """Return who may connect: the members of the user groups, or all who know a valid token."""
    if not group.user_group_ids:
        valid = tokens(elasticache, group)
        return (CacheUser("default", EVERYTHING, tuple(token for token in valid if token), open=None in valid),)
    members = [user for user in elasticache.users.values() if set(user.user_group_ids) & set(group.user_group_ids)]
    return tuple(
        CacheUser(user.name, user.access_string, tuple(user.passwords), open=bool(user.no_password_required))
        for user in sorted(members, key=lambda user: user.name)
    )
