# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Valkey or Redis cache: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.html

Changes are applied at once, not in the maintenance window. ElastiCache makes one change at a time, so an update is a row
of calls that wait for each other (`_cache_changes`). It knows no deletion protection: ours is a tag.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    PENDING,
    QUEUED,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    always,
    arguments,
    create_only,
    initial,
    mutable,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _cache_changes, _elasticache
from ansible_collections.terrace.aws.plugins.module_utils.kinds._cache_verdicts import (
    Version,
    disrupted_by_access,
    disrupted_by_cluster_mode,
    disrupted_by_fewer,
    disrupted_by_transit_encryption,
    has_disks,
    no_lower_version,
    no_other_tiering,
    no_redis_again,
    no_token_taken_away,
    only_by_way_of_compatible,
    only_by_way_of_preferred,
)

# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
# A snapshot under way hinders nobody but changes, which wait for its end.
STATES = {"available": READY, "snapshotting": READY, "create-failed": FAILED, "deleting": DELETING}
NODES_REPLACED = always("replaces the nodes: writes stop for seconds; without a replica, everything for minutes")


@dataclasses.dataclass(frozen=True)
class CacheReplicationGroup:
    """`replicas` are those of each shard. `version` is the least minor version.

    `transit_encryption` is ``disabled``, ``preferred`` or ``required``. `access` has a `user_group`, or is the login whose
    value is the AUTH token, or is empty. `kms_key` is the ARN of a key, an empty text for the service's own. `log_delivery`
    has mappings with `type`, `log_group` and `format`. `final_snapshot` is for the delete call, `snapshot` names one that
    the new cache begins with.
    """

    description: str | None = mutable("ReplicationGroupDescription")
    engine: str | None = mutable("Engine", disrupts=NODES_REPLACED, forbids=no_redis_again)
    version: str | None = mutable("EngineVersion", normalise=Version, disrupts=NODES_REPLACED, forbids=no_lower_version)
    node_type: str | None = mutable("CacheNodeType", disrupts=NODES_REPLACED, forbids=no_other_tiering)
    cluster_mode: str | None = mutable("ClusterMode", disrupts=disrupted_by_cluster_mode, forbids=only_by_way_of_compatible)
    shards: int | None = mutable(disrupts=disrupted_by_fewer("moves the data of the shards that go"))
    replicas: int | None = mutable(disrupts=disrupted_by_fewer("ends the connections to the replicas that go"))
    automatic_failover: bool | None = mutable("AutomaticFailoverEnabled")
    multi_az: bool | None = mutable("MultiAZEnabled")
    parameter_group: Any = mutable("CacheParameterGroupName", refers=("cache_parameter_group",))
    subnet_group: Any = create_only("CacheSubnetGroupName", refers=("cache_subnet_group",))
    security_groups: Any = mutable("SecurityGroupIds", normalise=unordered, refers=("security_group",))
    port: int | None = create_only("Port")
    at_rest_encryption: bool | None = create_only("AtRestEncryptionEnabled")
    kms_key: Any = create_only(normalise=lambda key: key.rpartition("/")[2], refers=("kms_key",))
    transit_encryption: str | None = mutable(disrupts=disrupted_by_transit_encryption, forbids=only_by_way_of_preferred)
    access: Any = mutable(
        normalise=_elasticache.Set,
        refers=("secret", "cache_user_group"),
        disrupts=disrupted_by_access,
        forbids=no_token_taken_away,
    )
    snapshot_retention: int | None = mutable("SnapshotRetentionLimit")
    snapshot_window: str | None = mutable("SnapshotWindow")
    maintenance_window: str | None = mutable("PreferredMaintenanceWindow", normalise=str.lower)
    auto_minor_version_upgrade: bool | None = mutable("AutoMinorVersionUpgrade")
    log_delivery: Any = mutable(normalise=unordered, refers=("log_group",))
    deletion_protection: bool | None = mutable()
    final_snapshot: bool | None = initial()
    snapshot: str | None = initial("SnapshotName")


def list_groups(context: Context) -> Iterable[Found]:
    """Half of what is to be known of a group is told by its members only."""
    groups = context.pages("elasticache", "describe_replication_groups", "ReplicationGroups")
    members: dict[str, list[Mapping[str, Any]]] = {}
    for cluster in context.pages("elasticache", "describe_cache_clusters", "CacheClusters"):
        members.setdefault(cluster.get("ReplicationGroupId", ""), []).append(cluster)
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in groups], current=True)
    return [_found(raw, members.get(raw["ReplicationGroupId"], []), tags[raw["ARN"]]) for raw in groups]


def create(context: Context, new: New, values: CacheReplicationGroup) -> Found:
    tags = {**new.tags, **_cache_changes.protection_tag(values.deletion_protection)}
    access = values.access or {}
    if "secret" in access:
        tags |= _elasticache.login_tags(access)
    answer = context.client("elasticache").create_replication_group(
        ReplicationGroupId=new.aws_name,
        **arguments(values),
        **_size(values),
        **_encryption(values),
        **({"UserGroupIds": [access["user_group"]]} if "user_group" in access else {}),
        **({"AuthToken": _cache_changes.auth_token(context, access)} if "secret" in access else {}),
        **({"LogDeliveryConfigurations": _cache_changes.logs(values.log_delivery, ())} if values.log_delivery else {}),
        Tags=_elasticache.tag_list(tags),
    )
    return _found(answer["ReplicationGroup"], [], tags)


def delete(context: Context, found: Found) -> None:
    """Automatic snapshots go with the group. The final one is named for this very group, whose name others reuse."""
    snapshot = _final_snapshot(context, found)
    wanted = {"FinalSnapshotIdentifier": snapshot} if snapshot else {}
    context.client("elasticache").delete_replication_group(ReplicationGroupId=found.id, **wanted)
    if snapshot:
        context.note(
            f"cache_replication_group {found.id}: its data is kept in the final snapshot {snapshot}, no part of the stack"
        )


def leaves(context: Context, going: Sequence[Found]) -> dict[str, str]:
    """The keys of final snapshots, and of all others that do not go with their group."""
    snapshots = context.pages("elasticache", "describe_snapshots", "Snapshots", SnapshotSource="user")
    left = {raw.get("KmsKeyId"): f"the snapshot {raw['SnapshotName']}" for raw in snapshots}
    for found in going:
        if snapshot := _final_snapshot(context, found):
            left[found.values.kms_key] = f"the final snapshot {snapshot}"
    return {_key_arn(context, key): what for key, what in left.items() if key}


def guard(found: Found) -> str | None:
    if found.values.deletion_protection and found.state != FAILED:
        return "deletion protection is on: set deletion_protection: false in cache.replication_groups and run site.yml first"
    return None


def _size(values: CacheReplicationGroup) -> dict[str, Any]:
    """Return the number of nodes, as AWS counts them, and whether they have disks."""
    tiering = {"DataTieringEnabled": True} if has_disks(values.node_type or "") else {}
    if values.cluster_mode == "enabled":
        return {"NumNodeGroups": values.shards, "ReplicasPerNodeGroup": values.replicas, **tiering}
    return {"NumCacheClusters": 1 + (values.replicas or 0), **tiering}


def _encryption(values: CacheReplicationGroup) -> dict[str, Any]:
    """Required is what AWS takes encryption for if no mode is given, which versions before 7 do not know."""
    key = {"KmsKeyId": values.kms_key} if values.kms_key else {}
    mode = {"TransitEncryptionMode": "preferred"} if values.transit_encryption == "preferred" else {}
    return {"TransitEncryptionEnabled": values.transit_encryption != "disabled", **mode, **key}


def _final_snapshot(context: Context, found: Found) -> str | None:
    """Return the name of the snapshot that a deletion makes, if it makes one. What is not declared any more keeps its data."""
    declared = {declaration.name: declaration.values.final_snapshot for declaration in context.declared(KIND.name)}
    if found.state == FAILED or declared.get(found.logical_name) is False:
        return None
    return f"{found.id}-final-{found.attributes['created']}"


def _key_arn(context: Context, key: str) -> str:
    """ElastiCache tells some keys by their ids alone."""
    partition = context.client("elasticache").meta.partition
    return key if key.startswith("arn:") else f"arn:{partition}:kms:{context.region}:{context.stack.account}:key/{key}"


def _found(raw: Mapping[str, Any], members: Iterable[Mapping[str, Any]], tags: Mapping[str, str]) -> Found:
    member = next(iter(sorted(members, key=lambda cluster: cluster["CacheClusterId"])), {})
    shards = raw.get("NodeGroups") or []
    endpoint = raw.get("ConfigurationEndpoint") or (shards[0].get("PrimaryEndpoint") if shards else None) or {}
    values = CacheReplicationGroup(
        description=raw.get("Description"),
        engine=raw.get("Engine") or member.get("Engine"),
        version=member.get("EngineVersion"),
        node_type=raw.get("CacheNodeType"),
        cluster_mode=raw.get("ClusterMode") or ("enabled" if raw.get("ClusterEnabled") else "disabled"),
        shards=len(shards) or None,
        replicas=min((len(shard["NodeGroupMembers"]) - 1 for shard in shards), default=None),
        automatic_failover=raw.get("AutomaticFailover") in ("enabled", "enabling"),
        multi_az=raw.get("MultiAZ") == "enabled",
        parameter_group=member.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
        subnet_group=member.get("CacheSubnetGroupName"),
        security_groups=_security_groups(member),
        port=endpoint.get("Port"),
        at_rest_encryption=raw.get("AtRestEncryptionEnabled", False),
        kms_key=raw.get("KmsKeyId") or "",
        transit_encryption=_transit_encryption(raw),
        access=_access(raw, tags),
        snapshot_retention=raw.get("SnapshotRetentionLimit"),
        snapshot_window=raw.get("SnapshotWindow"),
        maintenance_window=member.get("PreferredMaintenanceWindow"),
        auto_minor_version_upgrade=raw.get("AutoMinorVersionUpgrade", member.get("AutoMinorVersionUpgrade")),
        log_delivery=_log_delivery(raw),
        deletion_protection=_cache_changes.is_protected(tags),
    )
    group = raw["ReplicationGroupId"]
    return Found(group, values, tags, _state(raw), group, _attributes(raw, values, endpoint), raw["Status"])


def _state(raw: Mapping[str, Any]) -> str:
    state = STATES.get(raw["Status"], PENDING)
    return QUEUED if state == READY and _cache_changes.is_pending(raw) else state


def _security_groups(member: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "SecurityGroups" not in member:
        return None
    return tuple(group["SecurityGroupId"] for group in member["SecurityGroups"] if group.get("Status") != "removing")


def _transit_encryption(raw: Mapping[str, Any]) -> str:
    return (raw.get("TransitEncryptionMode") or "required") if raw.get("TransitEncryptionEnabled") else "disabled"


def _access(raw: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    for group in raw.get("UserGroupIds", []):
        return {"user_group": group}
    return _elasticache.login_of(tags) if raw.get("AuthTokenEnabled") else {}


def _log_delivery(raw: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """What does not work is not there: setting it again makes ElastiCache try once more."""
    return tuple(
        {
            "type": log["LogType"],
            "log_group": log.get("DestinationDetails", {}).get("CloudWatchLogsDetails", {}).get("LogGroup"),
            "format": log.get("LogFormat"),
        }
        for log in raw.get("LogDeliveryConfigurations", [])
        if log.get("Status") not in ("disabling", "error")
    )


def _attributes(raw: Mapping[str, Any], values: CacheReplicationGroup, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Endpoints: in cluster mode there is the configuration endpoint, otherwise those of the primary and of the replicas."""
    shards = raw.get("NodeGroups") or [{}]
    created = raw.get("ReplicationGroupCreateTime")
    return {
        "arn": raw["ARN"],
        "primary_endpoint": (shards[0].get("PrimaryEndpoint") or {}).get("Address"),
        "reader_endpoint": (shards[0].get("ReaderEndpoint") or {}).get("Address"),
        "configuration_endpoint": (raw.get("ConfigurationEndpoint") or {}).get("Address"),
        "port": endpoint.get("Port"),
        "engine": values.engine,
        "version": values.version,
        "members": tuple(raw.get("MemberClusters", [])),
        "shards": tuple(sorted(shard["NodeGroupId"] for shard in raw.get("NodeGroups") or [])),
        "created": f"{created:%Y%m%d%H%M%S}" if created else "",
    }


KIND = Kind(
    name="cache_replication_group",
    service="elasticache",
    values=CacheReplicationGroup,
    list=list_groups,
    calls={
        "DescribeReplicationGroups": "page",
        "DescribeCacheClusters": "page",
        "ListTagsForResource": "resource",
        "DescribeSnapshots": "page",
    },
    actions=(
        "elasticache:CreateReplicationGroup",
        "elasticache:AddTagsToResource",
        "elasticache:ModifyReplicationGroup",
        "elasticache:ModifyReplicationGroupShardConfiguration",
        "elasticache:IncreaseReplicaCount",
        "elasticache:DecreaseReplicaCount",
        "elasticache:DeleteReplicationGroup",
        "elasticache:CreateSnapshot",
        "iam:CreateServiceLinkedRole",
        "secretsmanager:GetSecretValue",
        "kms:DescribeKey",
        "kms:CreateGrant",
        "logs:CreateLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=_cache_changes.update,
    delete=delete,
    tag=_elasticache.tag,
    guard=guard,
    leaves=leaves,
    waits_for=("update", "delete"),
    name_limit=40,
    unique_name=True,
    timeout=3600.0,
    # A snapshot or a change under way lets ElastiCache refuse others until it is over.
    retries=(
        Retry("AddTagsToResource", "InvalidReplicationGroupState", seconds=_cache_changes.BUSY_SECONDS),
        Retry("DeleteReplicationGroup", "InvalidReplicationGroupState", seconds=_cache_changes.BUSY_SECONDS),
        Retry("CreateReplicationGroup", "InvalidUserGroupState", seconds=300.0),
    ),
)
