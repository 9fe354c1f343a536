# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache: groups, users, nodes, states, and the changes that it makes and refuses."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import eventually, network, refused

PASSWORD = {"Type": "password", "Passwords": ["a-password-of-some-length"]}
TOKENS = ("the-first-token-of-all", "the-second-token-of-all")


def replication_group(connect: Connect, **settings: Any) -> dict[str, Any]:
    """Make a subnet group and a cache in it; the answer."""
    elasticache = connect("elasticache")
    _, subnets = network(connect)
    elasticache.create_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=subnets)
    arguments = {
        "ReplicationGroupId": "main",
        "ReplicationGroupDescription": "main",
        "Engine": "redis",
        "EngineVersion": "7.0",
        "CacheNodeType": "cache.t4g.small",
        "CacheSubnetGroupName": "data",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "TransitEncryptionEnabled": True,
    }
    return elasticache.create_replication_group(**(arguments | settings))["ReplicationGroup"]


def seen(connect: Connect) -> dict[str, Any]:
    """Return the cache as it is described, nothing when it is gone."""
    groups = connect("elasticache").describe_replication_groups()["ReplicationGroups"]
    return next((group for group in groups if group["ReplicationGroupId"] == "main"), {})


def available(connect: Connect) -> None:
    eventually("available", lambda: seen(connect).get("Status"))


def modify(connect: Connect, **changes: Any) -> None:
    """Change the cache at once, and wait for it."""
    connect("elasticache").modify_replication_group(ReplicationGroupId="main", ApplyImmediately=True, **changes)
    available(connect)


def refuses(connect: Connect, **changes: Any) -> None:
    call = connect("elasticache").modify_replication_group
    refused("InvalidParameterCombination", call, ReplicationGroupId="main", ApplyImmediately=True, **changes)


def user(connect: Connect, name: str, username: str, **settings: Any) -> dict[str, Any]:
    arguments = {"Engine": "redis", "AccessString": "on ~* +@all", "AuthenticationMode": PASSWORD}
    return connect("elasticache").create_user(UserId=name, UserName=username, **(arguments | settings))


@scenario
def cache_takes_its_time(connect: Connect) -> None:
    assert (replication_group(connect)["NodeGroups"], seen(connect)["Status"]) == ([], "creating")
    available(connect)
    connect("elasticache").delete_replication_group(ReplicationGroupId="main", FinalSnapshotIdentifier="last")
    eventually({}, lambda: seen(connect))
    assert [s["SnapshotName"] for s in connect("elasticache").describe_snapshots()["Snapshots"]] == ["last"]


@scenario
def what_is_gone_has_no_tags(connect: Connect) -> None:
    arn = replication_group(connect)["ARN"]
    available(connect)
    assert connect("elasticache").list_tags_for_resource(ResourceName=arn)["TagList"] == []
    connect("elasticache").delete_replication_group(ReplicationGroupId="main")
    eventually({}, lambda: seen(connect))
    refused("ReplicationGroupNotFoundFault", connect("elasticache").list_tags_for_resource, ResourceName=arn)


@scenario
def nodes_are_shown_as_clusters(connect: Connect) -> None:
    replication_group(connect)
    available(connect)
    clusters = connect("elasticache").describe_cache_clusters()["CacheClusters"]
    assert [(c["CacheClusterId"], c["EngineVersion"], c["ReplicationGroupId"]) for c in clusters] == [
        ("main-001", "7.0.7", "main"),
        ("main-002", "7.0.7", "main"),
    ]
    assert seen(connect)["NodeGroups"][0]["ReaderEndpoint"]["Port"] == 6379


@scenario
def replicas_come_and_go(connect: Connect) -> None:
    elasticache = connect("elasticache")
    replication_group(connect)
    available(connect)
    change = {"ReplicationGroupId": "main", "ApplyImmediately": True}
    elasticache.increase_replica_count(NewReplicaCount=3, **change)
    available(connect)
    assert len(seen(connect)["MemberClusters"]) == 4
    refused("InvalidParameterCombination", elasticache.decrease_replica_count, NewReplicaCount=0, **change)
    elasticache.decrease_replica_count(NewReplicaCount=1, **change)
    available(connect)
    refused("NoOperationFault", elasticache.decrease_replica_count, NewReplicaCount=1, **change)
    assert seen(connect)["MemberClusters"] == ["main-001", "main-002"]


@scenario
def shards_come_and_go(connect: Connect) -> None:
    reshard = connect("elasticache").modify_replication_group_shard_configuration
    replication_group(connect, ClusterMode="enabled", NumNodeGroups=2, ReplicasPerNodeGroup=1)
    available(connect)
    change = {"ReplicationGroupId": "main", "ApplyImmediately": True}
    reshard(NodeGroupCount=3, **change)
    available(connect)
    assert [len(shard["NodeGroupMembers"]) for shard in seen(connect)["NodeGroups"]] == [2, 2, 2]
    refused("InvalidParameterCombination", reshard, NodeGroupCount=1, **change)
    reshard(NodeGroupCount=1, NodeGroupsToRemove=["0002", "0003"], **change)
    available(connect)
    assert [(shard["NodeGroupId"], shard["Slots"]) for shard in seen(connect)["NodeGroups"]] == [("0001", "0-16383")]


@scenario
def one_change_at_a_time(connect: Connect) -> None:
    replication_group(connect)
    call = connect("elasticache").modify_replication_group
    change = {"ReplicationGroupId": "main", "ApplyImmediately": True, "SnapshotWindow": "01:00-02:00"}
    refused("InvalidReplicationGroupState", call, **change)
    available(connect)
    assert call(**change)["ReplicationGroup"]["Status"] == "modifying"
    available(connect)
    assert seen(connect)["SnapshotWindow"] == "01:00-02:00"


@scenario
def encryption_changes_by_way_of_preferred(connect: Connect) -> None:
    replication_group(connect, TransitEncryptionEnabled=False)
    available(connect)
    refuses(connect, TransitEncryptionEnabled=True, TransitEncryptionMode="required")
    for mode in ("preferred", "required"):
        modify(connect, TransitEncryptionEnabled=True, TransitEncryptionMode=mode)
        assert seen(connect)["TransitEncryptionMode"] == mode
        if mode == "preferred":
            refuses(connect, AuthToken=TOKENS[0], AuthTokenUpdateStrategy="ROTATE")
    refuses(connect, TransitEncryptionEnabled=False)


@scenario
def snapshots_are_turned_on_with_the_node_that_makes_them(connect: Connect) -> None:
    replication_group(connect)
    available(connect)
    refuses(connect, SnapshotRetentionLimit=7)
    modify(connect, SnapshotRetentionLimit=7, SnapshottingClusterId="main-001")
    modify(connect, SnapshotRetentionLimit=14)
    assert seen(connect)["SnapshotRetentionLimit"] == 14


@scenario
def tokens_are_rotated_before_they_are_set(connect: Connect) -> None:
    replication_group(connect, AuthToken=TOKENS[0])
    available(connect)
    refuses(connect, AuthToken=TOKENS[1], AuthTokenUpdateStrategy="SET")
    refuses(connect, AuthTokenUpdateStrategy="DELETE")
    for strategy in ("ROTATE", "SET"):
        modify(connect, AuthToken=TOKENS[1], AuthTokenUpdateStrategy=strategy)
    user(connect, "default-off", "default")
    connect("elasticache").create_user_group(UserGroupId="all", Engine="redis", UserIds=["default-off"])
    refuses(connect, UserGroupIdsToAdd=["all"])
    modify(connect, UserGroupIdsToAdd=["all"], AuthTokenUpdateStrategy="DELETE")
    assert (seen(connect)["AuthTokenEnabled"], seen(connect)["UserGroupIds"]) == (False, ["all"])


@scenario
def engines_only_go_up_and_need_parameters_of_their_family(connect: Connect) -> None:
    elasticache = connect("elasticache")
    elasticache.create_cache_parameter_group(CacheParameterGroupName="up", CacheParameterGroupFamily="valkey8", Description="up")
    replication_group(connect)
    available(connect)
    refuses(connect, Engine="valkey", EngineVersion="8.0")
    modify(connect, Engine="valkey", EngineVersion="8.0", CacheParameterGroupName="up")
    assert seen(connect)["Engine"] == "valkey"
    refuses(connect, Engine="redis", EngineVersion="7.1")
    refused("InvalidCacheParameterGroupState", elasticache.delete_cache_parameter_group, CacheParameterGroupName="up")


@scenario
def clusters_come_by_way_of_compatible(connect: Connect) -> None:
    elasticache = connect("elasticache")
    elasticache.create_cache_parameter_group(CacheParameterGroupName="on", CacheParameterGroupFamily="redis7", Description="on")
    enabled = [{"ParameterName": "cluster-enabled", "ParameterValue": "yes"}]
    elasticache.modify_cache_parameter_group(CacheParameterGroupName="on", ParameterNameValues=enabled)
    replication_group(connect)
    available(connect)
    refuses(connect, ClusterMode="enabled", CacheParameterGroupName="on")
    refuses(connect, ClusterMode="compatible")
    modify(connect, ClusterMode="compatible", CacheParameterGroupName="on")
    modify(connect, ClusterMode="enabled")
    assert seen(connect)["ClusterEnabled"] and seen(connect)["ConfigurationEndpoint"]["Port"] == 6379
    change = elasticache.modify_cache_parameter_group
    refused("InvalidCacheParameterGroupState", change, CacheParameterGroupName="on", ParameterNameValues=enabled)


@scenario
def subnet_groups_change_and_stay_while_in_use(connect: Connect) -> None:
    elasticache = connect("elasticache")
    replication_group(connect)
    elasticache.modify_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="more")
    (found,) = elasticache.describe_cache_subnet_groups()["CacheSubnetGroups"]
    assert (found["CacheSubnetGroupDescription"], len(found["Subnets"])) == ("more", 2)
    refused("CacheSubnetGroupInUse", elasticache.delete_cache_subnet_group, CacheSubnetGroupName="data")


@scenario
def parameters_tell_who_set_them(connect: Connect) -> None:
    elasticache = connect("elasticache")
    made = elasticache.create_cache_parameter_group(
        CacheParameterGroupName="pg", CacheParameterGroupFamily="redis7", Description="pg", Tags=[{"Key": "a", "Value": "b"}]
    )["CacheParameterGroup"]
    assert elasticache.list_tags_for_resource(ResourceName=made["ARN"])["TagList"] == [{"Key": "a", "Value": "b"}]
    group, timeout = {"CacheParameterGroupName": "pg"}, {"ParameterName": "timeout"}
    elasticache.modify_cache_parameter_group(ParameterNameValues=[timeout | {"ParameterValue": "30"}], **group)
    (found,) = elasticache.describe_cache_parameters(Source="user", **group)["Parameters"]
    assert (found["ParameterName"], found["ParameterValue"]) == ("timeout", "30")
    elasticache.reset_cache_parameter_group(ParameterNameValues=[timeout], **group)
    assert elasticache.describe_cache_parameters(Source="user", **group)["Parameters"] == []
    everything = elasticache.describe_cache_parameters(**group)["Parameters"]
    assert ("timeout", "0") in {(item["ParameterName"], item["ParameterValue"]) for item in everything}


@scenario
def users_change_and_go(connect: Connect) -> None:
    elasticache = connect("elasticache")
    assert user(connect, "app", "app")["AccessString"] == "on ~* -@all +@all"
    refused("InvalidParameterCombination", user, connect=connect, name="b", username="c", AuthenticationMode={"Type": "iam"})

    def status() -> str:
        return elasticache.describe_users(UserId="app")["Users"][0]["Status"]

    assert elasticache.modify_user(UserId="app", AccessString="on ~* +@read")["Status"] == "modifying"
    eventually("active", status)
    elasticache.delete_user(UserId="app")
    eventually(["default"], lambda: [found["UserId"] for found in elasticache.describe_users()["Users"]])


@scenario
def user_groups_have_a_default_user_and_stay_while_in_use(connect: Connect) -> None:
    elasticache = connect("elasticache")
    user(connect, "app", "app")
    user(connect, "off", "default")
    user(connect, "other", "app")
    make, group = elasticache.create_user_group, {"UserGroupId": "all", "Engine": "redis"}
    refused("DefaultUserRequired", make, UserIds=["app"], **group)
    refused("DuplicateUserName", make, UserIds=["app", "other", "off"], **group)
    refused("InvalidParameterValue", make, UserIds=["default"], UserGroupId="all", Engine="valkey")
    make(UserIds=["app", "off"], **group)

    def found() -> dict[str, Any]:
        return elasticache.describe_user_groups()["UserGroups"][0]

    eventually("active", lambda: found()["Status"])
    refused("DefaultUserAssociatedToUserGroup", elasticache.delete_user, UserId="off")
    elasticache.modify_user_group(UserGroupId="all", UserIdsToAdd=["other"], UserIdsToRemove=["app"])
    eventually("active", lambda: found()["Status"])
    assert sorted(found()["UserIds"]) == ["off", "other"]
    replication_group(connect, UserGroupIds=["all"])
    assert found()["ReplicationGroups"] == ["main"]
    refused("InvalidUserGroupState", elasticache.delete_user_group, UserGroupId="all")
