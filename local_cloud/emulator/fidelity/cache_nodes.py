# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache replication groups stand in the VPC: an interface for each node, and the tokens that clients may use.

moto makes no interfaces and forgets the tokens. Both follow after each call, whatever it was.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
"""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup, elasticache_backends
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.patching import around, store

DELETING = "elasticache.deleting"
# While a token is rotated the former one stays valid.
VALID_TOKENS = 2


def interface_owner(group: ReplicationGroup, node: str) -> str:
    """Return the key of a node's network interface."""
    return f"{group.arn}/{node}"


def nodes(group: ReplicationGroup) -> list[dict[str, Any]]:
    """Return the members of all node groups, as moto keeps them."""
    return [member for shard in group.node_groups for member in shard["node_group_members"]]


def tokens(backend: ElastiCacheBackend, group: ReplicationGroup) -> list[str | None]:
    """Return the tokens that are valid now; None is no token at all."""
    return store(backend, "tokens").get(group.arn, [None])


def owners(arn: str) -> list[str]:
    """Return the keys of the interfaces of a group's nodes; none for what is no group, or has no place in a VPC."""
    region, account = arn.split(":")[3:5]
    backend = elasticache_backends[account][region]
    groups = [group for group in backend.replication_groups.values() if group.arn == arn and _has_place(backend, group)]
    return [interface_owner(group, node["cache_cluster_id"]) for group in groups for node in nodes(group)]


def _has_place(backend: ElastiCacheBackend, group: ReplicationGroup) -> bool:
    return group.cache_subnet_group_name in backend.cache_subnet_groups


@around(ElastiCacheResponse, "call_action")
def call_action(original: Any, self: Any) -> Any:
    """Let tokens and interfaces follow a call that succeeded."""
    answer = original(self)
    backend = self.elasticache_backend
    if answer[0] < 400:
        _remember_token(backend, self)
    _follow(backend)
    return answer


def _remember_token(backend: ElastiCacheBackend, request: Any) -> None:
    token, strategy = request._get_param("AuthToken"), request._get_param("AuthTokenUpdateStrategy")
    group = backend.replication_groups.get(request._get_param("ReplicationGroupId"))
    if group is None or not (token or strategy):
        return
    if strategy == "ROTATE":
        valid = [*tokens(backend, group), token][-VALID_TOKENS:]
    else:
        valid = [None if strategy == "DELETE" else token]
    store(backend, "tokens")[group.arn] = valid


def _follow(backend: ElastiCacheBackend) -> None:
    """Give each node its interface, and take those of nodes that are gone."""
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    placed = store(backend, "placed")
    wanted: dict[str, tuple[ReplicationGroup, int]] = {}
    for group in backend.replication_groups.values():
        if group.status != "deleting" and _has_place(backend, group):
            wanted |= {
                interface_owner(group, node["cache_cluster_id"]): (group, place) for place, node in enumerate(nodes(group))
            }
    for owner in placed.keys() - wanted.keys():
        interfaces.release(ec2, owner, DELETING)
        del placed[owner]
    for owner, (group, place) in wanted.items():
        _place(ec2, backend, group, owner, place)
        placed[owner] = group.arn


def _place(ec2: Any, backend: ElastiCacheBackend, group: ReplicationGroup, owner: str, place: int) -> None:
    """Put a node into the subnets in turn, or bring its security groups up to date."""
    groups = list(group.security_group_ids or [])
    if not interfaces.owned(ec2, owner):
        subnets = backend.cache_subnet_groups[group.cache_subnet_group_name].subnet_ids
        subnet = ec2.get_subnet(subnets[place % len(subnets)])
        interface = interfaces.attach(ec2, owner, subnet, groups, f"ElastiCache {owner.rpartition('/')[2]}")
        interface.requester_id = "amazon-elasticache"
    elif groups:
        interfaces.regroup(ec2, owner, groups)
