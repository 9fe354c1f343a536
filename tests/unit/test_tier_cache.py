# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cache tier declares, and which descriptions it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found
from ansible_collections.terrace.aws.plugins.module_utils.kinds import cache_replication_group
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_replication_group import CacheReplicationGroup
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1")
GROUP: dict[str, Any] = {
    "name": "main",
    "version": "8.0",
    "node_type": "cache.t4g.small",
    "subnets": "data",
    "security_groups": ["cache"],
    "auth_token_secret": "token",
}
APP: dict[str, Any] = {"name": "app", "access_string": "on ~* +@all", "password_secret": "app"}
JOBS: dict[str, Any] = {"name": "jobs", "access_string": "on ~* +@read", "authentication": "iam"}
EVERYBODY: dict[str, Any] = {"name": "everybody", "users": ["app", "jobs"]}
WITH_USERS: dict[str, Any] = {"auth_token_secret": None, "user_group": "everybody"}


def build(stack: Stack = STACK, **options: Any) -> dict[str, Declaration]:
    return {str(declaration.key): declaration for declaration in declarations_of({"cache": options}, stack)}


def group(**options: Any) -> Any:
    return build(replication_groups=[{**GROUP, **options}])["cache_replication_group/main"].values


def refuse(path: str, text: str, stack: Stack = STACK, **options: Any) -> None:
    with pytest.raises(InvalidOption) as error:
        build(stack, **options)
    assert (error.value.path, text in str(error.value)) == (f"cache.{path}", True), error.value


def test_nothing_has_to_be_said_to_be_safe() -> None:
    values = group()
    assert (values.transit_encryption, values.at_rest_encryption) == ("required", True)
    assert (values.replicas, values.automatic_failover, values.multi_az) == (1, True, True)
    assert (values.snapshot_retention, values.final_snapshot, values.deletion_protection) == (7, True, True)
    assert values.auto_minor_version_upgrade is True
    assert values.access == {"secret": Reference("secret", "token", "current"), "key": "", "former": False}


def test_what_a_cache_stands_on() -> None:
    declared = build(replication_groups=[GROUP, {**GROUP, "name": "other"}])
    assert set(declared) == {
        "cache_subnet_group/data",
        *(f"{kind}/{name}" for kind in ("cache_parameter_group", "cache_replication_group") for name in ("main", "other")),
    }
    assert declared["cache_subnet_group/data"].values.subnets == Reference("subnet", "data/", every=True)
    assert declared["cache_parameter_group/main"].values.family == "valkey8"
    assert declared["cache_replication_group/main"].values.security_groups == (Reference("security_group", "cache"),)


def test_parameters_are_text_as_elasticache_has_it() -> None:
    declared = build(replication_groups=[{**GROUP, "parameters": {"timeout": 300, "activedefrag": True}}])
    assert declared["cache_parameter_group/main"].values.parameters == {"timeout": "300", "activedefrag": "yes"}


def test_a_cluster_has_parameters_of_its_own() -> None:
    declared = build(replication_groups=[{**GROUP, "engine": "redis", "version": "7.1", "cluster_mode": "enabled", "shards": 3}])
    parameters = declared["cache_parameter_group/main/cluster"].values
    assert (parameters.family, parameters.parameters) == ("redis7", {"cluster-enabled": "yes"})
    values = declared["cache_replication_group/main"].values
    assert values.parameter_group == Reference("cache_parameter_group", "main/cluster")


def test_a_cluster_fails_over_without_replicas_and_a_single_node_does_not() -> None:
    cluster, single = group(cluster_mode="enabled", replicas=0), group(replicas=0)
    assert (cluster.automatic_failover, cluster.multi_az) == (True, False)
    assert (single.automatic_failover, single.multi_az) == (False, False)


def test_users_are_in_groups_with_one_that_is_turned_off() -> None:
    declared = build(users=[APP, JOBS], user_groups=[EVERYBODY], replication_groups=[{**GROUP, **WITH_USERS}])
    turned_off = declared["cache_user/default"].values
    assert (turned_off.username, turned_off.access_string, turned_off.authentication) == (
        "default",
        "off -@all",
        {"type": "password"},
    )
    members = declared["cache_user_group/everybody"].values.users
    assert members == tuple(Reference("cache_user", name) for name in ("app", "jobs", "default"))
    assert declared["cache_replication_group/main"].values.access == {
        "user_group": Reference("cache_user_group", "everybody"),
    }


def test_user_names() -> None:
    declared = build(users=[APP, JOBS, {**APP, "name": "web", "username": "Web"}])
    names = {name: declaration.values.username for name, declaration in declared.items()}
    assert names == {"cache_user/app": "app", "cache_user/jobs": "demo-jobs", "cache_user/web": "Web"}
    assert declared["cache_user/jobs"].values.authentication == {"type": "iam"}


def test_users_of_redis_serve_valkey_but_not_the_other_way_round() -> None:
    redis = {**GROUP, **WITH_USERS, "engine": "redis", "version": "7.1"}
    valkey = {**GROUP, "name": "other", "auth_token_secret": None, "user_group": "readers"}
    declared = build(
        users=[APP, JOBS], user_groups=[EVERYBODY, {"name": "readers", "users": ["jobs"]}], replication_groups=[redis, valkey]
    )
    engines = {name: d.values.engine for name, d in declared.items() if d.kind in ("cache_user", "cache_user_group")}
    assert engines == {
        "cache_user/app": "redis",
        "cache_user/jobs": "redis",
        "cache_user/default": "redis",
        "cache_user_group/everybody": "redis",
        "cache_user_group/readers": "valkey",
    }


@pytest.mark.parametrize(
    ("options", "option", "text"),
    [
        ({"version": "7.1"}, "version", "below 7.2"),
        ({"engine": "redis", "version": "8.0"}, "version", "the last version of Redis"),
        ({"shards": 2}, "shards", "cluster_mode enabled only"),
        ({"cluster_mode": "compatible", "shards": 2}, "shards", "cluster_mode enabled only"),
        ({"multi_az": True, "replicas": 0}, "multi_az", "needs at least one replica"),
        ({"cluster_mode": "compatible", "replicas": 0}, "replicas", "needs at least one"),
        ({"auth_token_secret": None}, "auth_token_secret", "is required, unless there is a user_group"),
        ({"user_group": "everybody"}, "auth_token_secret", "together with user_group"),
        ({"transit_encryption": "disabled"}, "auth_token_secret", "not sent in the clear"),
        ({**WITH_USERS, "transit_encryption": "disabled"}, "user_group", "not sent in the clear"),
        ({"transit_encryption": "preferred"}, "auth_token_secret", "once it is required"),
        ({**WITH_USERS, "transit_encryption": "preferred"}, "user_group", "once it is required"),
        ({**WITH_USERS, "auth_token_key": "token"}, "auth_token_key", "needs auth_token_secret"),
        ({"kms_key": "data", "encrypted": False}, "kms_key", "needs encrypted"),
        ({"snapshot_window": "03:00-03:30"}, "snapshot_window", "at least 60 minutes"),
        ({"snapshot_window": "03:00-04:00", "snapshot_retention": 0}, "snapshot_window", "needs snapshot_retention"),
        ({"maintenance_window": "sun:23:30-mon:00:15"}, "maintenance_window", "at least 60 minutes"),
        (
            {"snapshot_window": "23:30-00:30", "maintenance_window": "mon:00:00-mon:01:00"},
            "maintenance_window",
            "overlaps with snapshot_window",
        ),
    ],
)
def test_caches_that_elasticache_refuses(options: dict[str, Any], option: str, text: str) -> None:
    described = {"replication_groups": [{**GROUP, **options}], "users": [APP, JOBS], "user_groups": [EVERYBODY]}
    refuse(f"replication_groups[0].{option}", text, **described)


@pytest.mark.parametrize(
    ("user", "option", "text"),
    [
        ({**APP, "password_secret": None}, "password_secret", "is required"),
        ({**JOBS, "password_secret": "app"}, "password_secret", "is for users with a password"),
        ({**JOBS, "username": "jobs"}, "username", "demo-jobs"),
        ({**JOBS, "password_key": "password"}, "password_key", "needs password_secret"),
        ({**APP, "access_string": "on >canary-canary-canary +@all"}, "access_string", "passwords come from secrets"),
        ({**APP, "access_string": "on nopass +@all"}, "access_string", "passwords come from secrets"),
        ({**APP, "access_string": "on reset +@all"}, "access_string", "reset is AWS's"),
    ],
)
def test_users_that_elasticache_refuses(user: dict[str, Any], option: str, text: str) -> None:
    refuse(f"users[0].{option}", text, users=[user])


def test_the_password_in_an_access_string_is_not_repeated() -> None:
    with pytest.raises(InvalidOption) as error:
        build(users=[{**APP, "access_string": "on >canary-canary-canary"}])
    assert "canary" not in str(error.value)


def test_user_groups_that_elasticache_refuses() -> None:
    refuse("user_groups[0].users[1]", "no user is named 'jobs'", users=[APP], user_groups=[EVERYBODY])
    same = {**APP, "name": "jobs", "username": "app"}
    refuse("user_groups[0].users", "both called app", users=[APP, same], user_groups=[EVERYBODY])
    refuse("replication_groups[0].user_group", "no user group is named", replication_groups=[{**GROUP, **WITH_USERS}])


def test_ids_with_two_hyphens_in_a_row() -> None:
    strange = Stack("demo-", "123456789012", "eu-west-1")
    refuse("replication_groups[0].name", "two hyphens in a row", strange, replication_groups=[GROUP])
    refuse("users[0].name", "two hyphens in a row", strange, users=[APP])


@pytest.mark.parametrize("name", ["Main", "1main", "main-", "ma--in", "x" * 33])
def test_names_that_elasticache_refuses(name: str) -> None:
    refuse("replication_groups[0].name", "a name is", replication_groups=[{**GROUP, "name": name}])


def test_a_protected_cache_says_how_to_delete_it() -> None:
    found = Found("demo-main", CacheReplicationGroup(deletion_protection=True))
    assert "deletion_protection: false" in str(cache_replication_group.guard(found))
    assert cache_replication_group.guard(Found("demo-main", CacheReplicationGroup(deletion_protection=False))) is None
