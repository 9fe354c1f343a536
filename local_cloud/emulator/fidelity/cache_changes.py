# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache replication groups: the changes that ModifyReplicationGroup makes and refuses; moto keeps six of them.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity.cache_groups import CacheError, parameter_groups
from local_cloud.emulator.fidelity.cache_members import changed, full_version, replication_group
from local_cloud.emulator.fidelity.cache_users import user_groups
from local_cloud.emulator.fidelity.patching import around, method

# Parameters of the call, and where moto keeps what they set.
KEPT = {
    "ReplicationGroupDescription": "description",
    "CacheNodeType": "cache_node_type",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "SecurityGroupIds": "security_group_ids",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
}
PREFERRED_ALONE = "Transit encryption preferred is not supported with redis access control."
CLUSTER_MODES = {("disabled", "compatible"), ("compatible", "enabled")}


def refused(message: str) -> CacheError:
    return CacheError("InvalidParameterCombination", message)


@around(ElastiCacheBackend, "create_replication_group")
def create_replication_group(original: Any, self: Any, **keywords: Any) -> ReplicationGroup:
    """Refuse what lacks its parts, or tokens that would be sent in the clear."""
    subnets, parameters = keywords["cache_subnet_group_name"], keywords["cache_parameter_group_name"]
    if subnets and subnets not in self.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(subnets)
    _check_parameter_group(self, parameters, keywords["engine"] or "redis", keywords["engine_version"])
    _check_user_groups(self, keywords["user_group_ids"] or [])
    if keywords["auth_token"] and (keywords["user_group_ids"] or not keywords["transit_encryption_enabled"]):
        raise refused("An AUTH token needs encryption in transit, and excludes user groups.")
    if keywords["transit_encryption_mode"] == "preferred" and (keywords["auth_token"] or keywords["user_group_ids"]):
        raise refused(PREFERRED_ALONE)
    if keywords["multi_az_enabled"] and not keywords["automatic_failover_enabled"]:
        raise refused("Multi-AZ needs automatic failover.")
    return original(self, **keywords)


@around(ReplicationGroup, "_get_log_delivery_configurations")
def log_deliveries(original: Any, self: Any, log_delivery_configurations: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Keep them as ElastiCache shows them."""
    return _logs([], log_delivery_configurations or [])


@method(ElastiCacheResponse)
def modify_replication_group(self: Any) -> ActionResult:
    """Check all, change all; the group is modifying for a while."""
    backend = self.elasticache_backend
    group = replication_group(backend, self._get_param("ReplicationGroupId"))
    request = {name: value for name, value in self._get_params().items() if value is not None}
    if not request.get("ApplyImmediately"):
        raise NotImplementedError("changes in the maintenance window")
    for change in (_snapshots, _engine, _transit_encryption, _cluster_mode, _users, _token, _availability):
        change(backend, group, request)
    _check_parameter_group(backend, request.get("CacheParameterGroupName"), group.engine, group.engine_version)
    for name, attribute in KEPT.items():
        if name in request:
            setattr(group, attribute, request[name])
    group.log_delivery_configurations = _logs(group.log_delivery_configurations, request.get("LogDeliveryConfigurations", []))
    return changed(group)


def _engine(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:  # noqa: ARG001
    engine, version = request.get("Engine", group.engine), full_version(request.get("EngineVersion", group.engine_version))
    if (group.engine, engine) == ("valkey", "redis") or _number(version) < _number(group.engine_version):
        raise refused("There is no way back to an earlier version.")
    other_family = (engine, version.partition(".")[0]) != (group.engine, group.engine_version.partition(".")[0])
    if other_family and not request.get("CacheParameterGroupName"):
        raise refused("A new major version needs a parameter group of its family.")
    group.engine, group.engine_version = engine, version


def _transit_encryption(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:  # noqa: ARG001
    if "TransitEncryptionEnabled" not in request and "TransitEncryptionMode" not in request:
        return
    before = group.transit_encryption_mode if group.transit_encryption_enabled else None
    after = request.get("TransitEncryptionMode") if request.get("TransitEncryptionEnabled", True) else None
    if "preferred" not in (before, after):
        raise refused("Encryption in transit has to be preferred before it is required or off.")
    if after == "preferred" and (group.auth_token_enabled or group.user_group_ids):
        raise refused(PREFERRED_ALONE)
    group.transit_encryption_enabled, group.transit_encryption_mode = after is not None, after


def _snapshots(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:  # noqa: ARG001
    source = request.get("SnapshottingClusterId")
    if source and group.cluster_mode == "enabled":
        raise refused("Cannot set snapshotting cluster for cluster mode enabled replication group.")
    turned_on = request.get("SnapshotRetentionLimit") and not group.snapshot_retention_limit
    if turned_on and group.cluster_mode == "disabled" and source not in group.member_clusters:
        raise refused("Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots.")


def _cluster_mode(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:
    mode = request.get("ClusterMode", group.cluster_mode)
    if mode == group.cluster_mode:
        return
    if (group.cluster_mode, mode) not in CLUSTER_MODES:
        raise refused(f"The cluster mode cannot change from {group.cluster_mode} to {mode}.")
    name = request.get("CacheParameterGroupName", group.cache_parameter_group_name)
    if parameter_groups(backend).get(name, {}).get("Values", {}).get("cluster-enabled") != "yes":
        raise refused("The parameter group has to have cluster-enabled.")
    group.cluster_mode, group.cluster_enabled = mode, mode == "enabled"
    if mode == "enabled":
        (shard,) = group.node_groups
        shard["slots"] = "0-16383"
        address = shard["primary_endpoint_address"].partition(".")[2]
        group.configuration_endpoint = {"address": f"clustercfg.{address}", "port": group.port}


def _users(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:
    leaving, joining = set(request.get("UserGroupIdsToRemove", [])), request.get("UserGroupIdsToAdd", [])
    if request.get("RemoveUserGroups"):
        leaving = set(group.user_group_ids)
    _check_user_groups(backend, joining)
    wanted = [name for name in group.user_group_ids if name not in leaving] + joining
    if len(wanted) > 1:
        raise refused("A replication group has one user group.")
    if joining and group.transit_encryption_mode == "preferred":
        raise refused(PREFERRED_ALONE)
    if joining and group.auth_token_enabled and request.get("AuthTokenUpdateStrategy") != "DELETE":
        raise refused("The AUTH token has to go with the user group's coming.")
    group.user_group_ids = wanted


def _token(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:  # noqa: ARG001
    token, strategy = request.get("AuthToken"), request.get("AuthTokenUpdateStrategy")
    if not token and not strategy:
        return
    encrypted = group.transit_encryption_enabled and group.transit_encryption_mode != "preferred"
    if not encrypted or (strategy == "DELETE") == bool(token):
        raise refused("An AUTH token needs encryption in transit, and a strategy that fits.")
    if strategy == "DELETE" and not group.user_group_ids:
        raise refused("A token can be deleted only when a user group comes.")
    if strategy == "SET" and not request.get("RemoveUserGroups") and vars(group).get("rotated_token") != token:
        raise refused("A token can be set only after it has been rotated.")
    vars(group)["rotated_token"] = token if strategy == "ROTATE" else None
    group.auth_token_enabled = strategy != "DELETE"


def _availability(backend: ElastiCacheBackend, group: ReplicationGroup, request: dict[str, Any]) -> None:  # noqa: ARG001
    failover = request.get("AutomaticFailoverEnabled", group.automatic_failover == "enabled")
    multi_az = request.get("MultiAZEnabled", group.multi_az == "enabled")
    if multi_az and not failover:
        raise refused("Multi-AZ needs automatic failover.")
    if failover and group.cluster_mode == "disabled" and len(group.member_clusters) == 1:
        raise refused("Automatic failover needs a replica.")
    group.automatic_failover = "enabled" if failover else "disabled"
    group.multi_az = "enabled" if multi_az else "disabled"


def _logs(present: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [log for log in present if log["LogType"] not in {change["LogType"] for change in wanted}]
    new = [{name: log[name] for name in log if name != "Enabled"} for log in wanted if log.get("Enabled", True)]
    return kept + [log | {"Status": "active"} for log in new]


def _check_parameter_group(backend: ElastiCacheBackend, name: str | None, engine: str, version: str | None) -> None:
    if not name or name.startswith("default."):
        return
    if name not in parameter_groups(backend):
        raise CacheError("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    family = parameter_groups(backend)[name]["CacheParameterGroupFamily"]
    if version and family != f"{engine}{version.partition('.')[0]}":
        raise refused(f"The parameter group's family {family} does not fit {engine} {version}.")


def _check_user_groups(backend: ElastiCacheBackend, names: list[str]) -> None:
    for name in names:
        if name not in user_groups(backend):
            raise CacheError("UserGroupNotFound", f"User group {name} not found.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
