# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ElastiCache answers to what was declared differs in form, and is no difference.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, PENDING, QUEUED, READY
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    cache_parameter_group,
    cache_replication_group,
    cache_subnet_group,
    cache_user,
    cache_user_group,
)
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1")
VERSION = "0b5e7a52-7c5f-4b8e-9f0e-3d7b1a2c4d5e"
SECRET = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:demo/token-AbCdEf:::{VERSION}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TAGS = {"terrace:secret-version": VERSION, "terrace:secret-key": "", "terrace:deletion-protection": "true"}
IDS = {"secret": SECRET, "kms_key": KEY}
GROUP: dict[str, Any] = {
    "name": "main",
    "version": "8.0",
    "node_type": "cache.t4g.small",
    "subnets": "data",
    "security_groups": ["cache", "other"],
    "auth_token_secret": "token",
}
SHARD = {
    "NodeGroupId": "0001",
    "Status": "available",
    "PrimaryEndpoint": {"Address": "master.demo-main.abc123.euw1.cache.amazonaws.com", "Port": 6379},
    "ReaderEndpoint": {"Address": "replica.demo-main.abc123.euw1.cache.amazonaws.com", "Port": 6379},
    "NodeGroupMembers": [
        {"CacheClusterId": "demo-main-002", "CurrentRole": "primary"},
        {"CacheClusterId": "demo-main-001", "CurrentRole": "replica"},
    ],
}
RAW: dict[str, Any] = {
    "ReplicationGroupId": "demo-main",
    "Description": "Cache main",
    "Status": "available",
    "PendingModifiedValues": {},
    "MemberClusters": ["demo-main-001", "demo-main-002"],
    "NodeGroups": [SHARD],
    "AutomaticFailover": "enabled",
    "MultiAZ": "enabled",
    "SnapshotRetentionLimit": 7,
    "SnapshotWindow": "02:00-03:00",
    "ClusterEnabled": False,
    "CacheNodeType": "cache.t4g.small",
    "AuthTokenEnabled": True,
    "TransitEncryptionEnabled": True,
    "AtRestEncryptionEnabled": True,
    "ARN": "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:demo-main",
    "UserGroupIds": [],
    "LogDeliveryConfigurations": [],
    "ReplicationGroupCreateTime": datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC),
    "DataTiering": "disabled",
    "AutoMinorVersionUpgrade": True,
    "NetworkType": "ipv4",
    "TransitEncryptionMode": "required",
    "ClusterMode": "disabled",
    "Engine": "valkey",
}
MEMBER: dict[str, Any] = {
    "CacheClusterId": "demo-main-001",
    "Engine": "valkey",
    "EngineVersion": "8.0.1",
    "CacheClusterStatus": "available",
    "PreferredMaintenanceWindow": "sun:23:00-mon:01:30",
    "CacheParameterGroup": {"CacheParameterGroupName": "cache_parameter_group:main", "ParameterApplyStatus": "in-sync"},
    "CacheSubnetGroupName": "cache_subnet_group:data",
    "SecurityGroups": [
        {"SecurityGroupId": "security_group:other", "Status": "active"},
        {"SecurityGroupId": "security_group:cache", "Status": "active"},
    ],
    "ReplicationGroupId": "demo-main",
}
SLOW = {"type": "slow-log", "log_group": "slow"}
LOG = {
    "LogType": "slow-log",
    "DestinationType": "cloudwatch-logs",
    "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "log_group:slow"}},
    "LogFormat": "json",
    "Status": "active",
}
CLUSTER = {"ConfigurationEndpoint": {"Address": "clustercfg.demo-main.abc123.euw1.cache.amazonaws.com", "Port": 6379}}
# (options, what else the group answers, what else its members answer)
SAME: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "all as declared, windows and maintenance chosen by AWS": ({}, {}, {}),
    "the patch of a version": ({"version": "8.0"}, {}, {"EngineVersion": "8.0.4"}),
    "a minor version that AWS has raised": ({"version": "8.0"}, {}, {"EngineVersion": "8.1.0"}),
    "no engine in the group's answer": ({}, {"Engine": None}, {}),
    "windows in another case": (
        {"maintenance_window": "Sun:23:00-Mon:01:30", "snapshot_window": "02:00-03:00"},
        {},
        {},
    ),
    "failover on its way": ({}, {"AutomaticFailover": "enabling"}, {}),
    "no mode of encryption, which older answers lack": ({}, {"TransitEncryptionMode": None}, {}),
    "no cluster mode, which older answers lack": ({}, {"ClusterMode": None}, {}),
    "a cluster, told by the flag alone": (
        {"cluster_mode": "enabled"},
        {"ClusterMode": None, "ClusterEnabled": True, **CLUSTER},
        {"CacheParameterGroup": {"CacheParameterGroupName": "cache_parameter_group:main/cluster"}},
    ),
    "the key's id instead of its ARN": ({"kms_key": "data"}, {"KmsKeyId": KEY.rpartition("/")[2]}, {}),
    "a security group on its way out": (
        {"security_groups": ["cache"]},
        {},
        {
            "SecurityGroups": [
                {"SecurityGroupId": "security_group:cache", "Status": "active"},
                {"SecurityGroupId": "security_group:old", "Status": "removing"},
            ]
        },
    ),
    "a log on its way in": ({"logs": [SLOW]}, {"LogDeliveryConfigurations": [LOG | {"Status": "enabling"}]}, {}),
    "a log on its way out": ({}, {"LogDeliveryConfigurations": [LOG | {"Status": "disabling"}]}, {}),
    "logs in another order": (
        {"logs": [SLOW, SLOW | {"type": "engine-log"}]},
        {"LogDeliveryConfigurations": [LOG | {"LogType": "engine-log"}, LOG]},
        {},
    ),
    "no flag of upgrades in the group's answer": ({}, {"AutoMinorVersionUpgrade": None}, {"AutoMinorVersionUpgrade": True}),
}
DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], set[str]]] = {
    "an older version": ({"version": "8.1"}, {}, {}, {"version"}),
    "a log that does not work": (
        {"logs": [SLOW]},
        {"LogDeliveryConfigurations": [LOG | {"Status": "error"}]},
        {},
        {"log_delivery"},
    ),
    "no token": ({}, {"AuthTokenEnabled": False}, {}, {"access"}),
    "users instead of a token": ({}, {"AuthTokenEnabled": False, "UserGroupIds": ["theirs"]}, {}, {"access"}),
    "a node that is missing": (
        {},
        {"NodeGroups": [SHARD | {"NodeGroupMembers": SHARD["NodeGroupMembers"][:1]}]},
        {},
        {"replicas"},
    ),
}


def declared(kind: str, **options: Any) -> Any:
    """Return the values with everything that they refer to filled in."""
    described = {"cache": options}
    (values,) = (d.values for d in declarations_of(described, STACK) if d.kind == kind and d.name != "default")
    return transform(values, lambda leaf: _id(leaf) if isinstance(leaf, Reference) else leaf)


def _id(reference: Reference) -> Any:
    identifier = IDS.get(reference.kind, f"{reference.kind}:{reference.name}")
    return (identifier,) if reference.every else identifier


def found(raw: dict[str, Any], member: dict[str, Any], tags: dict[str, str] = TAGS) -> Any:
    known = {name: value for name, value in {**RAW, **raw}.items() if value is not None}
    return cache_replication_group._found(known, [{**MEMBER, **member}], tags)


def fields(actual: Any, desired: Any) -> set[str]:
    return {change.field for change in compare(actual, desired)}


@pytest.mark.parametrize("case", SAME)
def test_a_cache_as_it_was_declared(case: str) -> None:
    options, raw, member = SAME[case]
    assert (
        fields(found(raw, member).values, declared("cache_replication_group", replication_groups=[{**GROUP, **options}])) == set()
    )


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_cache_that_differs(case: str) -> None:
    options, raw, member, expected = DIFFERENT[case]
    desired = declared("cache_replication_group", replication_groups=[{**GROUP, **options}])
    assert fields(found(raw, member).values, desired) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({**TAGS, "terrace:secret-version": "an-earlier-one"}, {"access"}),
        ({**TAGS, "terrace:secret-version": f"{VERSION}/former"}, {"access"}),
        ({**TAGS, "terrace:secret-key": "password"}, {"access"}),
        ({}, {"access", "deletion_protection"}),
    ],
    ids=["another version", "not set yet", "another key", "somebody else's"],
)
def test_the_token_is_known_by_its_version(tags: dict[str, str], expected: set[str]) -> None:
    desired = declared("cache_replication_group", replication_groups=[GROUP])
    assert fields(found({}, {}, tags).values, desired) == expected


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ({"Status": "available"}, READY),
        ({"Status": "snapshotting"}, READY),
        ({"Status": "available", "PendingModifiedValues": {"AuthTokenStatus": "ROTATING"}}, READY),
        (
            {"Status": "available", "PendingModifiedValues": {"Resharding": {"SlotMigration": {"ProgressPercentage": 5.0}}}},
            QUEUED,
        ),
        ({"Status": "modifying"}, PENDING),
        ({"Status": "creating", "NodeGroups": None}, PENDING),
        ({"Status": "create-failed", "NodeGroups": None}, FAILED),
        ({"Status": "deleting", "NodeGroups": None}, DELETING),
    ],
)
def test_states(raw: dict[str, Any], state: str) -> None:
    assert found(raw, {}).state == state


def test_endpoints() -> None:
    single = found({}, {}).attributes
    assert single["primary_endpoint"].startswith("master.") and single["reader_endpoint"].startswith("replica.")
    assert (single["configuration_endpoint"], single["port"], single["version"]) == (None, 6379, "8.0.1")
    shard = {"NodeGroupId": "0001", "NodeGroupMembers": [{}, {}]}
    cluster = found({"NodeGroups": [shard, {**shard, "NodeGroupId": "0002"}], **CLUSTER}, {}).attributes
    assert cluster["configuration_endpoint"].startswith("clustercfg.")
    assert (cluster["primary_endpoint"], cluster["port"], cluster["shards"]) == (None, 6379, ("0001", "0002"))


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("on ~* +@all", "on ~* -@all +@all"),
        ("on allkeys allcommands", "on ~* -@all +@all"),
        ("on ~app:* &app:* +@read +@write", "on ~app:* &app:* -@all +@read +@write"),
        ("on +get ~b:* ~a:*", "on ~a:* ~b:* -@all +get"),
        ("off -@all", "off -@all"),
        ("on ~* +@read", "on ~* resetchannels -@all +@read"),
    ],
)
def test_access_strings_that_mean_the_same(written: str, answered: str) -> None:
    users = [{"name": "app", "access_string": written, "password_secret": "token"}]
    raw = {
        "UserId": "demo-app",
        "UserName": "app",
        "Status": "active",
        "Engine": "VALKEY",
        "AccessString": answered,
        "UserGroupIds": ["demo-everybody"],
        "Authentication": {"Type": "password", "PasswordCount": 1},
        "ARN": "arn:aws:elasticache:eu-west-1:123456789012:user:demo-app",
    }
    assert fields(cache_user._found(raw, TAGS).values, declared("cache_user", users=users)) == set()


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("on ~* +@all", "off ~* -@all +@all"),
        ("on ~* +@all -@dangerous", "on ~* -@all -@dangerous +@all"),
        ("on ~a* +@read", "on ~* -@all +@read"),
        ("on ~* &a +@read", "on ~* -@all +@read"),
        ("on ~* +@read", "on ~* +@all"),
    ],
)
def test_access_strings_that_differ(written: str, answered: str) -> None:
    assert cache_user.rules(written) != cache_user.rules(answered)


@pytest.mark.parametrize(
    "answer",
    [
        {"UserIds": ["cache_user:default", "cache_user:app"]},
        {"UserIds": ["cache_user:default"], "PendingChanges": {"UserIdsToAdd": ["cache_user:app"]}, "Status": "modifying"},
        {
            "UserIds": ["cache_user:app", "cache_user:default", "demo-old"],
            "PendingChanges": {"UserIdsToRemove": ["demo-old"]},
            "Status": "modifying",
        },
    ],
    ids=["another order", "somebody on the way in", "somebody on the way out"],
)
def test_user_groups(answer: dict[str, Any]) -> None:
    raw = {"UserGroupId": "demo-all", "Status": "active", "Engine": "valkey", "ARN": "arn:aws:elasticache:::usergroup:demo-all"}
    desired = declared(
        "cache_user_group",
        users=[{"name": "app", "access_string": "on", "password_secret": "token"}],
        user_groups=[{"name": "all", "users": ["app"]}],
    )
    assert fields(cache_user_group._found({**raw, **answer}, {}).values, desired) == set()


def test_subnets_in_another_order() -> None:
    raw = {
        "CacheSubnetGroupName": "demo-data",
        "CacheSubnetGroupDescription": "Subnets data",
        "Subnets": [{"SubnetIdentifier": name, "SubnetOutpost": {}} for name in ("subnet-2", "subnet-1")],
        "ARN": "arn:aws:elasticache:eu-west-1:123456789012:subnetgroup:demo-data",
        "SupportedNetworkTypes": ["ipv4"],
    }
    desired = cache_subnet_group.CacheSubnetGroup(description="Subnets data", subnets=("subnet-1", "subnet-2"))
    assert fields(cache_subnet_group._found(raw, {}).values, desired) == set()


def test_parameters_are_read_apart_from_their_group() -> None:
    raw = {
        "CacheParameterGroupName": "demo-main-1a2b",
        "CacheParameterGroupFamily": "valkey8",
        "Description": "Parameters of main",
        "IsGlobal": False,
        "ARN": "arn:aws:elasticache:eu-west-1:123456789012:parametergroup:demo-main-1a2b",
    }
    desired = declared("cache_parameter_group", replication_groups=[{**GROUP, "parameters": {"timeout": 0}}])
    assert desired.parameters == {"timeout": "0"}
    assert fields(cache_parameter_group._found(raw, {}).values, desired) == {"parameters"}
