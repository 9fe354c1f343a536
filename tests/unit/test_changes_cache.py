# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a cache that exists, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import Change, compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import cache

STACK = Stack("demo", "123456789012", "eu-west-1")
IN_PLACE, DISRUPTS, REPLACE, FORBIDDEN, NOTHING = "in place", "disrupts", "replace", "forbidden", "nothing"
GROUP: dict[str, Any] = {
    "name": "main",
    "version": "8.0",
    "node_type": "cache.t4g.small",
    "subnets": "data",
    "security_groups": ["cache"],
    "auth_token_secret": "token",
}
USER: dict[str, Any] = {"name": "app", "access_string": "on ~* +@all", "password_secret": "token"}
REDIS: dict[str, Any] = {"engine": "redis", "version": "7.0"}
OPEN: dict[str, Any] = {"transit_encryption": "disabled", "auth_token_secret": None}
PREFERRED: dict[str, Any] = {"transit_encryption": "preferred", "auth_token_secret": None}
USERS: dict[str, Any] = {"user_group": "all", "auth_token_secret": None}
CLUSTER: dict[str, Any] = {"cluster_mode": "enabled", "shards": 2}
# (options before, options after, what it is). Pages are those of the ElastiCache user guide, unless they are named in full.
GROUPS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # VersionManagement.HowTo.cross-engine-upgrade.html: from Redis to Valkey in place.
    (REDIS, {}, DISRUPTS),
    ({"version": "7.2"}, {"engine": "redis", "version": "7.1"}, FORBIDDEN),
    # VersionManagement.HowTo.html: a downgrade needs another cache; what AWS has raised by itself stays.
    ({}, {"version": "8.1"}, DISRUPTS),
    ({"version": "7.2"}, {}, DISRUPTS),
    ({}, {"version": "7.2"}, FORBIDDEN),
    ({"version": "8.1"}, {}, NOTHING),
    # scaling-redis-cluster-mode-disabled.html: online, with a short interruption.
    ({}, {"node_type": "cache.r7g.large"}, DISRUPTS),
    # data-tiering.html
    ({}, {"node_type": "cache.r6gd.xlarge"}, FORBIDDEN),
    ({"node_type": "cache.r6gd.xlarge"}, {"node_type": "cache.r7g.large"}, FORBIDDEN),
    ({"node_type": "cache.r6gd.xlarge"}, {"node_type": "cache.r6gd.2xlarge"}, DISRUPTS),
    # modify-cluster-mode.html: in two steps, and not back.
    ({}, {"cluster_mode": "compatible"}, IN_PLACE),
    ({"cluster_mode": "compatible"}, {"cluster_mode": "enabled"}, DISRUPTS),
    ({}, {"cluster_mode": "enabled"}, FORBIDDEN),
    ({"cluster_mode": "enabled"}, {"cluster_mode": "compatible"}, FORBIDDEN),
    ({"cluster_mode": "compatible"}, {}, FORBIDDEN),
    # scaling-redis-cluster-mode-enabled.html: online resharding.
    (CLUSTER, {**CLUSTER, "shards": 3}, IN_PLACE),
    (CLUSTER, {**CLUSTER, "shards": 1}, DISRUPTS),
    # increase-replica-count.html, decrease-replica-count.html
    ({}, {"replicas": 2}, IN_PLACE),
    ({"replicas": 2}, {}, DISRUPTS),
    # AutoFailover.html
    ({"multi_az": False}, {}, IN_PLACE),
    ({}, {"multi_az": False}, IN_PLACE),
    # Replication.Modify.html: neither the port nor the subnets are among its settings.
    ({}, {"port": 7000}, REPLACE),
    ({}, {"subnets": "other"}, REPLACE),
    ({}, {"security_groups": ["cache", "other"]}, IN_PLACE),
    # at-rest-encryption.html: only when a cache is made.
    ({}, {"encrypted": False}, REPLACE),
    ({}, {"kms_key": "data"}, REPLACE),
    ({"kms_key": "data"}, {}, REPLACE),
    # in-transit-encryption-enable.html, in-transit-encryption-disable.html: in two steps.
    (OPEN, {}, FORBIDDEN),
    (OPEN, PREFERRED, DISRUPTS),
    (PREFERRED, {}, DISRUPTS),
    (PREFERRED, OPEN, DISRUPTS),
    (USERS, PREFERRED, DISRUPTS),
    # API_ModifyReplicationGroup.html: tokens go with the change to users only.
    ({}, PREFERRED, FORBIDDEN),
    # auth.html: another token, or users instead and back (Clusters.RBAC.html)
    ({}, {"auth_token_secret": "another"}, DISRUPTS),
    ({}, {"auth_token_key": "token"}, DISRUPTS),
    ({"keep_former_token": True}, {"auth_token_secret": "another", "keep_former_token": True}, IN_PLACE),
    ({"keep_former_token": True}, {}, DISRUPTS),
    ({}, {"keep_former_token": True}, NOTHING),
    ({}, USERS, DISRUPTS),
    (USERS, {}, DISRUPTS),
    (USERS, {**USERS, "user_group": "others"}, DISRUPTS),
    # ParameterGroups.Management.html: the cache's own group changes.
    ({}, {"parameters": {"timeout": 300}}, NOTHING),
    # backups-automatic.html
    ({}, {"snapshot_retention": 14}, IN_PLACE),
    ({"snapshot_window": "01:00-02:00"}, {"snapshot_window": "03:00-04:00"}, IN_PLACE),
    # maintenance-window.html
    ({"maintenance_window": "sun:01:00-sun:02:00"}, {"maintenance_window": "mon:01:00-mon:02:00"}, IN_PLACE),
    # VersionManagement.HowTo.html
    ({}, {"auto_minor_version_upgrade": False}, IN_PLACE),
    # Log_Delivery.html
    ({}, {"logs": [{"type": "slow-log", "log_group": "slow"}]}, IN_PLACE),
    # A tag of ours.
    ({}, {"deletion_protection": False}, IN_PLACE),
    # What is for the first call or the last alone.
    ({}, {"restore_snapshot": "demo-main-final"}, NOTHING),
    ({}, {"final_snapshot": False}, NOTHING),
]
# Clusters.RBAC.html, API_ModifyUser.html
USER_CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"access_string": "on ~* +@read"}, IN_PLACE),
    ({}, {"password_secret": "another"}, DISRUPTS),
    ({}, {"password_key": "password"}, DISRUPTS),
    ({"keep_former_password": True}, {"password_secret": "another", "keep_former_password": True}, IN_PLACE),
    ({"keep_former_password": True}, {}, DISRUPTS),
    ({}, {"keep_former_password": True}, NOTHING),
    ({}, {"username": "application"}, REPLACE),
    # Its user name has to be its id.
    ({}, {"authentication": "iam", "password_secret": None}, REPLACE),
    ({"username": "demo-app"}, {"authentication": "iam", "password_secret": None, "username": "demo-app"}, DISRUPTS),
]


def resolved(kind: str, options: dict[str, Any]) -> Any:
    groups = [{"name": name, "users": ["app"]} for name in ("all", "others")]
    described = {"cache": {"users": [USER], "user_groups": groups, **options}}
    (values,) = (d.values for d in declarations_of(described, STACK) if d.kind == kind and d.name != "default")
    return transform(values, lambda leaf: f"{leaf.kind}:{leaf.name}" if isinstance(leaf, Reference) else leaf)


def kind_of(changes: tuple[Change, ...]) -> str:
    if any(change.obstacle for change in changes):
        return FORBIDDEN
    if any(change.create_only for change in changes):
        return REPLACE
    if any(change.disruption for change in changes):
        return DISRUPTS
    return IN_PLACE if changes else NOTHING


@pytest.mark.parametrize(("before", "after", "expected"), GROUPS)
def test_caches(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    actual, desired = (
        resolved("cache_replication_group", {"replication_groups": [{**GROUP, **options}]}) for options in (before, after)
    )
    assert kind_of(compare(actual, desired)) == expected


@pytest.mark.parametrize(("before", "after", "expected"), USER_CHANGES)
def test_users(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    actual, desired = (resolved("cache_user", {"users": [{**USER, **options}], "user_groups": []}) for options in (before, after))
    assert kind_of(compare(actual, desired)) == expected


def test_all_options_are_in_the_tables() -> None:
    options = cache.SPEC["replication_groups"]["options"].keys() - {"name"}
    assert options - {name for before, after, _kind in GROUPS for name in {**before, **after}} == set()
    options = cache.SPEC["users"]["options"].keys() - {"name"}
    assert options - {name for before, after, _kind in USER_CHANGES for name in {**before, **after}} == set()
