# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of ElastiCache replication groups: as many as asked for, shown as cache clusters, and scaled in place.

moto makes one node of a group without shards, shows none as a cluster, and knows nothing of scaling.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheClusterNotFound, ReplicationGroupNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity.cache_groups import CacheError
from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.lifecycle import lifecycle

MODIFYING = "elasticache.modifying"
# The engine's patch of a minor version is ElastiCache's choice.
PATCHES = {"7.0": "7", "7.1": "0", "7.2": "6", "8.0": "1"}
SLOTS = 16384


def replication_group(backend: ElastiCacheBackend, name: str) -> ReplicationGroup:
    """Return a group that takes changes now."""
    for group in backend.describe_replication_groups(name):
        if group.status != "available":
            raise CacheError("InvalidReplicationGroupState", f"Replication group {name} is {group.status}.")
        return backend.replication_groups[name]
    raise ReplicationGroupNotFound(name)


def full_version(version: str) -> str:
    return f"{version}.{PATCHES.get(version, '0')}" if version.count(".") == 1 else version


@around(ReplicationGroup, "__init__")
def initialise(original: Any, self: Any, **keywords: Any) -> None:
    """Make all nodes, fill in what ElastiCache fills in, and give readers their endpoint."""
    if keywords["cluster_mode"] != "enabled":
        keywords["replicas_per_node_group"] = (keywords["num_cache_clusters"] or 1) - 1
    keywords["snapshot_window"] = keywords["snapshot_window"] or "05:00-06:00"
    keywords["preferred_maintenance_window"] = keywords["preferred_maintenance_window"] or "sun:23:00-mon:01:30"
    if keywords["transit_encryption_enabled"]:
        keywords["transit_encryption_mode"] = keywords["transit_encryption_mode"] or "required"
    if keywords["auto_minor_version_upgrade"] is None:
        keywords["auto_minor_version_upgrade"] = True
    keywords["engine_version"] = full_version(keywords["engine_version"] or "8.0")
    original(self, **keywords)
    for shard in self.node_groups:
        if "reader_endpoint_address" in shard:
            shard["reader_endpoint"] = {"address": shard["reader_endpoint_address"], "port": self.port}


@around(ElastiCacheBackend, "describe_cache_clusters")
def describe_cache_clusters(original: Any, self: Any, cache_cluster_id: str | None = None) -> list[Any]:
    """Show the nodes of replication groups, too."""
    members = {
        node["cache_cluster_id"]: _cluster(self, group, node)
        for group in self.describe_replication_groups()
        for shard in group.node_groups
        for node in shard["node_group_members"]
    }
    if cache_cluster_id in members:
        return [members[cache_cluster_id]]
    if cache_cluster_id and cache_cluster_id not in self.cache_clusters:
        raise CacheClusterNotFound(cache_cluster_id)
    return [*original(self, cache_cluster_id), *([] if cache_cluster_id else members.values())]


@method(ElastiCacheResponse)
def increase_replica_count(self: Any) -> ActionResult:
    """Add replicas to each shard."""
    return _scale(self, more=True)


@method(ElastiCacheResponse)
def decrease_replica_count(self: Any) -> ActionResult:
    """Take replicas from each shard; what fails over without shards keeps one."""
    return _scale(self, more=False)


@method(ElastiCacheResponse)
def modify_replication_group_shard_configuration(self: Any) -> ActionResult:
    """Add shards, or remove those that are named."""
    group = replication_group(self.elasticache_backend, self._get_param("ReplicationGroupId"))
    count, leaving = self._get_int_param("NodeGroupCount"), set(self._get_param("NodeGroupsToRemove", []))
    if group.cluster_mode != "enabled":
        raise CacheError("InvalidParameterCombination", "Only a group with cluster mode enabled has shards.")
    if len(group.node_groups) - len(leaving) > count or (leaving and len(group.node_groups) - len(leaving) != count):
        raise CacheError("InvalidParameterCombination", "NodeGroupsToRemove has to name the shards beyond NodeGroupCount.")
    replicas = len(group.node_groups[0]["node_group_members"]) - 1
    group.node_groups = [shard for shard in group.node_groups if shard["node_group_id"] not in leaving]
    while len(group.node_groups) < count:
        taken = {shard["node_group_id"] for shard in group.node_groups}
        name = next(f"{number:0>4}" for number in range(1, SLOTS) if f"{number:0>4}" not in taken)
        shard = {"node_group_id": name, "status": "available", "node_group_members": []}
        shard["node_group_members"] = [_node(group, shard, number) for number in range(1, replicas + 2)]
        group.node_groups.append(shard)
    for place, shard in enumerate(group.node_groups):
        shard["slots"] = f"{SLOTS * place // count}-{SLOTS * (place + 1) // count - 1}"
    return changed(group)


def changed(group: ReplicationGroup) -> ActionResult:
    """Answer a change, which takes a while."""
    group.member_clusters = [node["cache_cluster_id"] for shard in group.node_groups for node in shard["node_group_members"]]
    lifecycle.start(MODIFYING, group.arn)
    return ActionResult({"ReplicationGroup": group})


def _scale(response: Any, more: bool) -> ActionResult:
    group = replication_group(response.elasticache_backend, response._get_param("ReplicationGroupId"))
    wanted, present = response._get_int_param("NewReplicaCount"), len(group.node_groups[0]["node_group_members"]) - 1
    if wanted == present:
        raise CacheError("NoOperationFault", "The operation was not performed because no changes were required.")
    if more != (wanted > present):
        raise CacheError("InvalidParameterValue", f"The group has {present} replicas.")
    if not wanted and group.automatic_failover == "enabled" and group.cluster_mode == "disabled":
        raise CacheError("InvalidParameterCombination", "Automatic failover needs a replica.")
    for shard in group.node_groups:
        nodes = shard["node_group_members"][: wanted + 1]
        shard["node_group_members"] = nodes + [_node(group, shard, number) for number in range(len(nodes) + 1, wanted + 2)]
    return changed(group)


def _node(group: ReplicationGroup, shard: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a member of a shard as moto makes them."""
    node: dict[str, Any] = {"cache_node_id": shard["node_group_id"], "preferred_availability_zone": "us-east-1b"}
    if group.cluster_mode == "enabled":
        return node | {"cache_cluster_id": f"{group.replication_group_id}-{shard['node_group_id']}-{number:0>3}"}
    name = f"{group.replication_group_id}-{number:0>3}"
    domain = shard["primary_endpoint_address"].partition(".")[2]
    endpoint = {"address": f"{name}.{domain}", "port": group.port}
    return node | {"cache_cluster_id": name, "read_endpoint": endpoint, "current_role": "replica"}


def _cluster(backend: ElastiCacheBackend, group: ReplicationGroup, node: dict[str, Any]) -> dict[str, Any]:
    name = node["cache_cluster_id"]
    return {
        "CacheClusterId": name,
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": group.engine_version,
        "CacheClusterStatus": group.status,
        "NumCacheNodes": 1,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.cache_parameter_group_name,
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "SecurityGroups": [{"SecurityGroupId": item, "Status": "active"} for item in group.security_group_ids or []],
        "ReplicationGroupId": group.replication_group_id,
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:cluster:{name}",
    }
