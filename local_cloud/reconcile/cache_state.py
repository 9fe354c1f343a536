# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the replication groups of the emulated account."""

from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.cache_nodes import interface_owner, tokens
from local_cloud.reconcile import redis
from local_cloud.reconcile.desired import CacheNode, CacheUser, Firewall, Rule
from local_cloud.reconcile.group_rules import firewall

EVERYTHING = "on ~* &* +@all"
SLOTS = 16384


def read_nodes(elasticache: Any) -> list[CacheNode]:
    """Return the nodes of a region that have a place in a VPC."""
    groups = [group for group in elasticache.replication_groups.values() if group.status != "deleting"]
    return [node for group in groups for node in _nodes(elasticache, group)]


def _nodes(elasticache: Any, group: Any) -> list[CacheNode]:
    ec2 = ec2_backends[ACCOUNT][elasticache.region_name]
    found = {name: interfaces.owned(ec2, interface_owner(group, name)) for shard in group.node_groups for name in _members(shard)}
    if not all(found.values()):
        return []
    places = {name: owned[0] for name, owned in found.items()}
    addresses = {name: interface.private_ip_address for name, interface in places.items()}
    shared = {
        "group": group.arn,
        "port": int(group.port),
        "members": tuple(addresses.values()),
        "tls": bool(group.transit_encryption_enabled),
        "users": _users(elasticache, group),
    }
    return [
        CacheNode(
            id=interface_owner(group, name),
            name=name,
            vpc=places[name].subnet.vpc_id,
            address=addresses[name],
            names=_names(group, shard, name),
            certificate_names=_certificate_names(group, shard, name),
            primary="" if name == _primary(shard) else addresses[_primary(shard)],
            slots=_slots(group, position),
            firewall=_with_replication(firewall(ec2, places[name].group_set), int(group.port), tuple(sorted(addresses.values()))),
            **shared,
        )
        for position, shard in enumerate(group.node_groups)
        for name in _members(shard)
    ]


def _members(shard: dict[str, Any]) -> list[str]:
    return [member["cache_cluster_id"] for member in shard["node_group_members"]]


def _primary(shard: dict[str, Any]) -> str:
    """Return the primary's name; in cluster mode, where roles are not shown, the first to be it."""
    members = shard["node_group_members"]
    return next((member for member in members if member.get("current_role") == "primary"), members[0])["cache_cluster_id"]


def _slots(group: Any, position: int) -> tuple[int, int] | None:
    """Return the shard's even part of all slots in cluster mode."""
    if group.cluster_mode != "enabled":
        return None
    count = len(group.node_groups)
    return SLOTS * position // count, SLOTS * (position + 1) // count - 1


def _endpoints(group: Any, shard: dict[str, Any]) -> tuple[str, ...]:
    """Return the primary's and the readers' endpoint, or the configuration endpoint of cluster mode."""
    if group.cluster_mode == "enabled":
        return (group.configuration_endpoint["address"],)
    return shard["primary_endpoint_address"], shard["reader_endpoint_address"]


def _own_name(group: Any, shard: dict[str, Any], name: str) -> str:
    return f"{name}.{_endpoints(group, shard)[0].partition('.')[2]}"


def _names(group: Any, shard: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return a node's own name and the endpoints that it stands behind; readers go to the primary if it is alone."""
    own, endpoints = _own_name(group, shard, name), _endpoints(group, shard)
    if len(endpoints) == 1:
        return (own, *endpoints)
    primary_endpoint, reader_endpoint = endpoints
    if len(shard["node_group_members"]) == 1:
        return own, primary_endpoint, reader_endpoint
    return own, primary_endpoint if name == _primary(shard) else reader_endpoint


def _certificate_names(group: Any, shard: dict[str, Any], name: str) -> tuple[str, ...]:
    return (_own_name(group, shard, name), *_endpoints(group, shard))


def _with_replication(groups: Firewall, port: int, peers: tuple[str, ...]) -> Firewall:
    """Admit the other nodes, for which ElastiCache needs no rule of the user's."""
    rules = (Rule("tcp", port, port, peers), Rule("tcp", port + redis.BUS, port + redis.BUS, peers))
    return replace(groups, ingress=groups.ingress + rules, egress=groups.egress + rules)


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
