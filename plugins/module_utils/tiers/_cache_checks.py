# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ElastiCache refuses of a single cache, user or user group, beyond the limits of single options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import names, require_known
from ansible_collections.terrace.aws.plugins.module_utils.kinds import cache_replication_group, cache_user, cache_user_group
from ansible_collections.terrace.aws.plugins.module_utils.kinds._cache_verdicts import Version
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _windows
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import IDENTIFIER

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
FIRST_VALKEY, LAST_REDIS = "7.2", "7.1"
# Words of an access string that are about passwords, or undo all the others.
FORBIDDEN_WORDS = re.compile(r"[<>#!].*|nopass|resetpass|reset")
SHORTEST_WINDOW = 60


def check(group: Mapping[str, Any], path: str, stack: Stack) -> None:
    """Check a replication group with all its options. Raises InvalidOption."""
    _check_identifier(cache_replication_group.KIND, group["name"], path, stack)
    _check_version(group, path)
    _check_size(group, path)
    _check_access(group, path)
    _check_windows(group, path)


def check_user(user: Mapping[str, Any], path: str, stack: Stack) -> None:
    """Check a user with all its options. Raises InvalidOption."""
    _check_identifier(cache_user.KIND, user["name"], path, stack)
    iam, identifier = user["authentication"] == "iam", cache_user.KIND.aws_name(stack, user["name"])
    if iam != (user["password_secret"] is None):
        problem = "is for users with a password" if iam else "is required, unless authentication is iam"
        raise InvalidOption(f"{path}.password_secret", problem)
    if user["password_key"] and iam:
        raise InvalidOption(f"{path}.password_key", "needs password_secret")
    if iam and user["username"] not in (None, identifier):
        raise InvalidOption(f"{path}.username", f"is the user's id with authentication iam: {identifier}")
    if any(FORBIDDEN_WORDS.fullmatch(word) for word in user["access_string"].split()):
        raise InvalidOption(f"{path}.access_string", "says what the user may do: passwords come from secrets, and reset is AWS's")


def check_user_group(group: Mapping[str, Any], users: Iterable[Mapping[str, Any]], path: str, stack: Stack) -> None:
    """A user group has users that are declared, each user name once. Raises InvalidOption."""
    _check_identifier(cache_user_group.KIND, group["name"], path, stack)
    users = list(users)
    for position, name in enumerate(group["users"]):
        require_known(name, names(users), f"{path}.users[{position}]", "user")
    seen: dict[str, str] = {}
    for user in (user for user in users if user["name"] in group["users"]):
        username = user["username"] or user["name"]
        if username in seen:
            raise InvalidOption(f"{path}.users", f"{seen[username]} and {user['name']} are both called {username}")
        seen[username] = user["name"]


def _check_identifier(kind: Kind, name: str, path: str, stack: Stack) -> None:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html"""
    identifier = kind.aws_name(stack, name)
    if not IDENTIFIER.fullmatch(identifier):
        raise InvalidOption(f"{path}.name", f"gives the id {identifier}, in which ElastiCache refuses two hyphens in a row")


def _check_version(group: Mapping[str, Any], path: str) -> None:
    version = Version(group["version"])
    if group["engine"] == "valkey" and version.parts < Version(FIRST_VALKEY).parts:
        raise InvalidOption(f"{path}.version", f"is below {FIRST_VALKEY}, the first version of Valkey")
    if group["engine"] == "redis" and version.parts > Version(LAST_REDIS).parts:
        raise InvalidOption(f"{path}.version", f"is above {LAST_REDIS}, the last version of Redis; valkey goes on from there")


def _check_size(group: Mapping[str, Any], path: str) -> None:
    if group["shards"] > 1 and group["cluster_mode"] != "enabled":
        raise InvalidOption(f"{path}.shards", "can be more than one with cluster_mode enabled only")
    if group["multi_az"] and not group["replicas"]:
        raise InvalidOption(f"{path}.multi_az", "needs at least one replica")
    if group["cluster_mode"] == "compatible" and not group["replicas"]:
        raise InvalidOption(f"{path}.replicas", "cluster_mode compatible needs at least one")


def _check_access(group: Mapping[str, Any], path: str) -> None:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-redis.html"""
    given = [name for name in ("auth_token_secret", "user_group") if group[name]]
    if len(given) == 2:
        raise InvalidOption(f"{path}.auth_token_secret", "cannot be used together with user_group")
    if given and group["transit_encryption"] == "disabled":
        raise InvalidOption(f"{path}.{given[0]}", "needs transit_encryption: passwords are not sent in the clear")
    if given and group["transit_encryption"] == "preferred":
        raise InvalidOption(f"{path}.{given[0]}", "excludes transit_encryption: preferred: add it once it is required")
    if not given and group["transit_encryption"] == "required":
        raise InvalidOption(f"{path}.auth_token_secret", "is required, unless there is a user_group: clients have to log in")
    if group["auth_token_key"] and not group["auth_token_secret"]:
        raise InvalidOption(f"{path}.auth_token_key", "needs auth_token_secret")
    if group["kms_key"] and not group["encrypted"]:
        raise InvalidOption(f"{path}.kms_key", "needs encrypted: true")


def _check_windows(group: Mapping[str, Any], path: str) -> None:
    if group["snapshot_window"] and not group["snapshot_retention"]:
        raise InvalidOption(f"{path}.snapshot_window", "needs snapshot_retention: without it there are no automatic snapshots")
    _windows.check(group, "snapshot_window", "maintenance_window", SHORTEST_WINDOW, path)
