# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that a cache knows: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, initial, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elasticache

STATES = {"active": READY, "deleting": DELETING}


@dataclasses.dataclass(frozen=True)
class CacheUserGroup:
    """`users` include one that is called ``default``, which AWS would add with all rights if it may.

    Groups of the engine ``redis`` serve Valkey, too, so `engine` is not compared.
    """

    engine: str | None = initial("Engine")
    users: Any = mutable("UserIds", normalise=unordered, refers=("cache_user",))


def list_user_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("elasticache", "describe_user_groups", "UserGroups")
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in groups])
    return [_found(raw, tags[raw["ARN"]]) for raw in groups]


def create(context: Context, new: New, values: CacheUserGroup) -> Found:
    answer = context.client("elasticache").create_user_group(UserGroupId=new.aws_name, **arguments(values), Tags=new.tag_list)
    return _found(answer, new.tags)


def update(context: Context, found: Found, values: CacheUserGroup, fields: set[str]) -> None:
    """Both changes in one call: at no time there are two users of the same name, or none called ``default``."""
    before, after = set(found.values.users), set(values.users)
    changes = {"UserIdsToAdd": sorted(after - before), "UserIdsToRemove": sorted(before - after)}
    context.client("elasticache").modify_user_group(UserGroupId=found.id, **{name: ids for name, ids in changes.items() if ids})


def delete(context: Context, found: Found) -> None:
    context.client("elasticache").delete_user_group(UserGroupId=found.id)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    group, pending = raw["UserGroupId"], raw.get("PendingChanges") or {}
    users = {*raw.get("UserIds", []), *pending.get("UserIdsToAdd", [])} - set(pending.get("UserIdsToRemove", []))
    values = CacheUserGroup(engine=raw["Engine"].lower(), users=tuple(sorted(users)))
    attributes = {"arn": raw["ARN"], "replication_groups": tuple(raw.get("ReplicationGroups", []))}
    return Found(group, values, tags, STATES.get(raw["Status"], PENDING), group, attributes, raw["Status"])


KIND = Kind(
    name="cache_user_group",
    service="elasticache",
    values=CacheUserGroup,
    list=list_user_groups,
    calls={"DescribeUserGroups": "page", "ListTagsForResource": "resource"},
    actions=(
        "elasticache:CreateUserGroup",
        "elasticache:AddTagsToResource",
        "elasticache:ModifyUserGroup",
        "elasticache:DeleteUserGroup",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elasticache.tag,
    waits_for=("update", "delete"),
    name_limit=40,
    unique_name=True,
    # A group that a cache still applies takes no changes, and is in use until the cache is gone.
    retries=(
        Retry("ModifyUserGroup", "InvalidUserGroupState", seconds=600.0),
        Retry("DeleteUserGroup", "InvalidUserGroupState", seconds=900.0),
    ),
    indexed=True,
)
