# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a cache: tokens and users follow their secrets unseen, changes come one after the other, data is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
NETWORK = {
    "vpc": {"name": "main", "cidr": "10.50.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
    "subnets": [{"name": "data"}],
    "security_groups": [{"name": "cache", "description": "Caches"}],
}
SECRETS = {"secrets": [{"name": name, "length": 40, "recovery_window": 0} for name in ("token", "app")]}
GROUP: dict[str, Any] = {
    "name": "main",
    "version": "8.0",
    "node_type": "cache.t4g.small",
    "subnets": "data",
    "security_groups": ["cache"],
    "auth_token_secret": "token",
}
USERS: dict[str, Any] = {
    "users": [{"name": "app", "access_string": "on ~* +@all", "password_secret": "app"}],
    "user_groups": [{"name": "everybody", "users": ["app"]}],
}
WITH_USERS: dict[str, Any] = {"auth_token_secret": None, "user_group": "everybody"}
PARAMETERS = "cache_parameter_group/main"
Clients = Callable[[str, str], Any]


def converge(clients: Clients, cache: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    described = {"network": NETWORK, "secrets": SECRETS, "cache": cache or {}}
    return run(clients, STACK, declarations_of(described, STACK), tiers=frozenset(described), **arguments)


def cached(clients: Clients, options: dict[str, Any] | None = None, /, **arguments: Any) -> dict[str, Any]:
    return converge(clients, {**USERS, "replication_groups": [{**GROUP, **(options or {})}]}, **arguments)


def rotate(clients: Clients, name: str, value: str) -> None:
    clients("secretsmanager", "eu-west-1").put_secret_value(SecretId=f"demo/{name}", SecretString=value)


def value(clients: Clients, name: str) -> str:
    return clients("secretsmanager", "eu-west-1").get_secret_value(SecretId=f"demo/{name}")["SecretString"]


def described(clients: Clients) -> dict[str, Any]:
    return clients("elasticache", "eu-west-1").describe_replication_groups()["ReplicationGroups"][0]


def strategies(clients: Clients) -> list[tuple[str, str]]:
    """Return what will be asked of ModifyReplicationGroup about tokens, as (strategy, token)."""
    asked: list[tuple[str, str]] = []

    def note(params: dict[str, Any], **_others: Any) -> None:
        if "AuthTokenUpdateStrategy" in params:
            asked.append((params["AuthTokenUpdateStrategy"], params.get("AuthToken", "")))

    events = clients("elasticache", "eu-west-1").meta.events
    events.register("provide-client-params.elasticache.ModifyReplicationGroup", note)
    return asked


def test_a_cache_with_its_token_is_made_and_shown_without_it(clients: Clients) -> None:
    plan, created = cached(clients, check=True), cached(clients)
    token = value(clients, "token")
    group = described(clients)
    assert (group["AuthTokenEnabled"], group["TransitEncryptionMode"], group["AtRestEncryptionEnabled"]) == (
        True,
        "required",
        True,
    )
    assert (group["MultiAZ"], len(group["MemberClusters"])) == ("enabled", 2)
    again = cached(clients)
    assert actions(again) == {}
    output = again["outputs"]["cache_replication_group"]["main"]
    assert output["primary_endpoint"].startswith("master.") and output["port"] == 6379
    shown = json.dumps([plan, created, again], default=str)
    assert token not in shown and value(clients, "app") not in shown


def test_a_new_token_is_rotated_and_set(clients: Clients) -> None:
    cached(clients)
    rotate(clients, "token", "canary-of-the-second-token")
    asked = strategies(clients)
    plan = cached(clients, check=True)
    assert [(r["action"], r["fields"]) for r in plan["resources"] if r["action"] != "none"] == [("update", ["access"])]
    assert asked == [] and any("former token" in text for text in plan["disruptions"])
    changed = cached(clients)
    assert asked == [("ROTATE", "canary-of-the-second-token"), ("SET", "canary-of-the-second-token")]
    assert actions(cached(clients)) == {}
    assert "canary" not in json.dumps([plan, changed], default=str)


def test_the_former_token_may_stay(clients: Clients) -> None:
    keeping = {"keep_former_token": True}
    cached(clients, keeping)
    rotate(clients, "token", "another-token-of-forty-characters")
    asked = strategies(clients)
    assert cached(clients, keeping)["disruptions"] == []
    assert [strategy for strategy, _token in asked] == ["ROTATE"]
    assert actions(cached(clients, keeping)) == {}
    cached(clients)
    assert [strategy for strategy, _token in asked] == ["ROTATE", "SET"]
    assert actions(cached(clients)) == {}


@pytest.mark.parametrize(("done", "left"), [("ROTATE", ["ROTATE", "SET"]), ("SET", ["SET"])])
def test_a_run_that_was_interrupted_before_it_could_tag_goes_on(clients: Clients, done: str, left: list[str]) -> None:
    cached(clients)
    rotate(clients, "token", "another-token-of-forty-characters")
    asked, events = strategies(clients), clients("elasticache", "eu-west-1").meta.events
    interrupted = True

    def stop(**_request: Any) -> None:
        if interrupted and asked[-1][0] == done:
            raise ConnectionError("interrupted")

    events.register("provide-client-params.elasticache.AddTagsToResource", stop)
    with pytest.raises(ApplyFailed, match="interrupted"):
        cached(clients)
    interrupted = False
    asked.clear()
    cached(clients)
    assert [strategy for strategy, _token in asked] == left
    assert actions(cached(clients)) == {}


@pytest.mark.parametrize("wrong", ["canary", "canary-with-a-strange/character", "canary" * 30], ids=["short", "strange", "long"])
def test_what_is_no_token_is_not_repeated(clients: Clients, wrong: str) -> None:
    cached(clients)
    rotate(clients, "token", wrong)
    with pytest.raises(ApplyFailed) as error:
        cached(clients)
    assert "16 to 128" in str(error.value) and "canary" not in str(error.value)


def test_from_a_token_to_users_and_back(clients: Clients) -> None:
    cached(clients)
    asked = strategies(clients)
    assert actions(cached(clients, WITH_USERS)) == {"cache_replication_group/main": "update"}
    assert (described(clients)["AuthTokenEnabled"], described(clients)["UserGroupIds"]) == (False, ["demo-everybody"])
    assert actions(cached(clients, WITH_USERS)) == {}
    cached(clients)
    assert (described(clients)["AuthTokenEnabled"], described(clients)["UserGroupIds"]) == (True, [])
    assert [strategy for strategy, _token in asked] == ["DELETE", "SET"]
    assert actions(cached(clients)) == {}


def test_a_users_password_follows_its_secret(clients: Clients) -> None:
    cached(clients, WITH_USERS)
    rotate(clients, "app", "canary-of-the-second-password")
    changed = cached(clients, WITH_USERS)
    assert actions(changed) == {"cache_user/app": "update"}
    assert "canary" not in json.dumps(changed, default=str)
    assert actions(cached(clients, WITH_USERS)) == {}
    keeping = {**USERS, "users": [{**USERS["users"][0], "keep_former_password": True}]}
    rotate(clients, "app", "the-third-password-of-all")
    group = {**GROUP, **WITH_USERS}
    converge(clients, {**keeping, "replication_groups": [group]})
    user = clients("elasticache", "eu-west-1").describe_users(UserId="demo-app")["Users"][0]
    assert user["Authentication"] == {"Type": "password", "PasswordCount": 2}
    assert actions(converge(clients, {**keeping, "replication_groups": [group]})) == {}
    assert actions(cached(clients, WITH_USERS)) == {"cache_user/app": "update"}
    user = clients("elasticache", "eu-west-1").describe_users(UserId="demo-app")["Users"][0]
    assert user["Authentication"]["PasswordCount"] == 1


def test_a_cache_becomes_larger_and_smaller_in_place(clients: Clients) -> None:
    cached(clients)
    larger = {"replicas": 3, "node_type": "cache.r7g.large", "snapshot_retention": 14}
    assert actions(cached(clients, larger)) == {"cache_replication_group/main": "update"}
    assert len(described(clients)["MemberClusters"]) == 4
    alone = {"replicas": 0}
    assert actions(cached(clients, alone)) == {"cache_replication_group/main": "update"}
    assert (described(clients)["AutomaticFailover"], len(described(clients)["MemberClusters"])) == ("disabled", 1)
    assert actions(cached(clients, alone)) == {}
    assert actions(cached(clients)) == {"cache_replication_group/main": "update"}
    assert actions(cached(clients)) == {}


@pytest.mark.parametrize("mode", ["disabled", "enabled"])
def test_snapshots_are_turned_on_later(clients: Clients, mode: str) -> None:
    cached(clients, {"cluster_mode": mode, "snapshot_retention": 0})
    assert actions(cached(clients, {"cluster_mode": mode})) == {"cache_replication_group/main": "update"}
    assert described(clients)["SnapshotRetentionLimit"] == 7


def test_clients_change_over_to_encryption_before_they_log_in(clients: Clients) -> None:
    plain = {"transit_encryption": "disabled", "auth_token_secret": None}
    cached(clients, plain)
    for options in (
        {**plain, "transit_encryption": "preferred"},
        WITH_USERS,
        {**plain, "transit_encryption": "preferred"},
        plain,
    ):
        assert actions(cached(clients, options)) == {"cache_replication_group/main": "update"}
        assert actions(cached(clients, options)) == {}
    cached(clients, {**plain, "transit_encryption": "preferred"})
    cached(clients)
    assert (described(clients)["AuthTokenEnabled"], described(clients)["TransitEncryptionMode"]) == (True, "required")


def test_a_cache_becomes_a_cluster_step_by_step(clients: Clients) -> None:
    cached(clients)
    with pytest.raises(Refused, match="has to become compatible first"):
        cached(clients, {"cluster_mode": "enabled"})
    for mode, action in (("compatible", "create"), ("enabled", None)):
        done = actions(cached(clients, {"cluster_mode": mode}, prune=True))
        assert done["cache_replication_group/main"] == "update"
        assert done.get("cache_parameter_group/main/cluster") == action
    cached(clients, {"cluster_mode": "enabled", "shards": 4})
    assert len(described(clients)["NodeGroups"]) == 4
    fewer = cached(clients, {"cluster_mode": "enabled", "shards": 2})
    assert [shard["NodeGroupId"] for shard in described(clients)["NodeGroups"]] == ["0001", "0002"]
    assert actions(cached(clients, {"cluster_mode": "enabled", "shards": 2})) == {}
    assert any("shards" in text for text in fewer["disruptions"])


def test_from_redis_to_valkey(clients: Clients) -> None:
    redis = {"engine": "redis", "version": "7.0"}
    cached(clients, {**redis, **WITH_USERS})
    with pytest.raises(Refused, match=PARAMETERS):
        cached(clients, WITH_USERS)
    done = actions(cached(clients, WITH_USERS, allow_replacement=[PARAMETERS]))
    assert done == {PARAMETERS: "replace", "cache_replication_group/main": "update"}
    assert described(clients)["Engine"] == "valkey"
    assert actions(cached(clients, WITH_USERS)) == {}
    with pytest.raises(Refused, match="cannot go back from valkey to redis"):
        cached(clients, {**redis, **WITH_USERS}, allow_replacement=[PARAMETERS])


def test_a_replacement_is_guarded_twice_and_leaves_a_snapshot(clients: Clients) -> None:
    cached(clients)
    elsewhere = {"port": 7000}
    with pytest.raises(Refused, match="replacement"):
        cached(clients, elsewhere)
    allowed = ["cache_replication_group/main"]
    with pytest.raises(Refused, match="deletion protection is on"):
        cached(clients, elsewhere, allow_replacement=allowed)
    cached(clients, {"deletion_protection": False})
    replaced = cached(clients, {**elsewhere, "deletion_protection": False}, allow_replacement=allowed)
    assert actions(replaced) == {"cache_replication_group/main": "replace"}
    (snapshot,) = clients("elasticache", "eu-west-1").describe_snapshots()["Snapshots"]
    assert snapshot["SnapshotName"].startswith("demo-main-final-2")
    assert any(snapshot["SnapshotName"] in note for note in replaced["notes"])


def test_a_teardown_stops_at_protection_and_leaves_a_snapshot(clients: Clients) -> None:
    cached(clients, WITH_USERS)
    with pytest.raises(Refused, match="deletion protection is on"):
        cached(clients, WITH_USERS, state="absent")
    cached(clients, {**WITH_USERS, "deletion_protection": False})
    gone = cached(clients, {**WITH_USERS, "deletion_protection": False}, state="absent")
    elasticache = clients("elasticache", "eu-west-1")
    assert elasticache.describe_replication_groups()["ReplicationGroups"] == []
    assert [user["UserId"] for user in elasticache.describe_users()["Users"]] == ["default"]
    assert elasticache.describe_user_groups()["UserGroups"] == []
    assert len(elasticache.describe_snapshots()["Snapshots"]) == 1
    assert any("final snapshot" in note for note in gone["notes"])
    assert cached(clients, state="absent")["resources"] == []


def test_without_a_final_snapshot_only_when_told(clients: Clients) -> None:
    told = {"deletion_protection": False, "final_snapshot": False}
    cached(clients, told)
    assert cached(clients, told, state="absent")["notes"] == []
    assert clients("elasticache", "eu-west-1").describe_snapshots()["Snapshots"] == []


def test_somebody_elses_cache_of_the_same_name_is_left_alone(clients: Clients) -> None:
    clients("elasticache", "eu-west-1").create_replication_group(
        ReplicationGroupId="demo-main", ReplicationGroupDescription="Theirs", CacheNodeType="cache.t4g.small", Engine="redis"
    )
    with pytest.raises(Refused, match="does not carry this stack's tags"):
        cached(clients)


def test_the_emulator_refuses_what_elasticache_refuses(clients: Clients) -> None:
    """The positive control: tokens without rotation are not just taken."""
    cached(clients)
    with pytest.raises(ClientError, match="only after it has been rotated"):
        clients("elasticache", "eu-west-1").modify_replication_group(
            ReplicationGroupId="demo-main", AuthToken="x" * 20, AuthTokenUpdateStrategy="SET", ApplyImmediately=True
        )
