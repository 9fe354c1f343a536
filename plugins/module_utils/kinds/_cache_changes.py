# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that change a replication group, in an order that works, each after the one before has taken effect.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotReady, TerraceError
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elasticache

BUSY_SECONDS = 3600.0
TAG_PROTECTION = "terrace:deletion-protection"
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
REFUSALS = ("InvalidParameterCombination", "InvalidParameterValue")
SIMPLE = {
    "description",
    "automatic_failover",
    "multi_az",
    "security_groups",
    "snapshot_retention",
    "snapshot_window",
    "maintenance_window",
    "auto_minor_version_upgrade",
}
Call = Callable[[], Any]


def update(context: Context, found: Found, values: Any, fields: set[str]) -> None:
    for call in _calls(context, found, values, fields):
        _when_available(context, found.id, call)


def is_pending(raw: Mapping[str, Any]) -> bool:
    """After a change the status stays ``available`` for a while; what is pending tells that it has not happened yet.

    A token that is rotated may be called so until it is set, which is for another call to do.
    """
    return bool(raw.get("PendingModifiedValues", {}).keys() - {"AuthTokenStatus"})


def auth_token(context: Context, access: Mapping[str, Any]) -> str:
    """Return the token that the declared secret holds. Raises TerraceError, without it."""
    token = _elasticache.password(context, access)
    if not TOKEN.fullmatch(token):
        raise TerraceError(
            "the value of the secret is no AUTH token: 16 to 128 letters, digits and !&#$^<>- are. "
            "Generate one with exclude_punctuation: true"
        )
    return token


def protection_tag(protected: bool | None) -> dict[str, str]:
    return {TAG_PROTECTION: str(bool(protected)).lower()}


def is_protected(tags: Mapping[str, str]) -> bool:
    return tags.get(TAG_PROTECTION) == "true"


def logs(wanted: Iterable[Mapping[str, Any]], present: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return LogDeliveryConfigurations that deliver what is wanted and end what else is present."""
    kept = {log["type"] for log in wanted}
    return [
        *(
            {
                "LogType": log["type"],
                "DestinationType": "cloudwatch-logs",
                "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": log["log_group"]}},
                "LogFormat": log["format"],
                "Enabled": True,
            }
            for log in wanted
        ),
        *({"LogType": log["type"], "Enabled": False} for log in present if log["type"] not in kept),
    ]


def _calls(context: Context, found: Found, values: Any, fields: set[str]) -> Iterator[Call]:
    """Yield the calls. Replicas come before what needs them, and go after it."""
    before = found.values
    cache = context.client("elasticache")

    def modify(**request: Any) -> Call:
        return lambda: cache.modify_replication_group(ReplicationGroupId=found.id, ApplyImmediately=True, **request)

    if "replicas" in fields and values.replicas > (before.replicas or 0):
        yield lambda: cache.increase_replica_count(
            ReplicationGroupId=found.id, NewReplicaCount=values.replicas, ApplyImmediately=True
        )
    access = _other_access(context, found, values.access, modify) if "access" in fields else ()
    encryption = (modify(**_transit_encryption(values.transit_encryption)),) if "transit_encryption" in fields else ()
    # ElastiCache knows no logins but where encryption is required.
    required = values.transit_encryption == "required"
    yield from itertools.chain(*((encryption, access) if required else (access, encryption)))
    yield from (modify(**request) for request in _requests(found, values, fields))
    if "shards" in fields:
        yield lambda: cache.modify_replication_group_shard_configuration(
            ReplicationGroupId=found.id, NodeGroupCount=values.shards, ApplyImmediately=True, **_leaving(found, values)
        )
    if "replicas" in fields and values.replicas < (before.replicas or 0):
        yield lambda: cache.decrease_replica_count(
            ReplicationGroupId=found.id, NewReplicaCount=values.replicas, ApplyImmediately=True
        )
    if "deletion_protection" in fields:
        yield lambda: _elasticache.tag(context, found, protection_tag(values.deletion_protection))


def _transit_encryption(mode: str) -> dict[str, Any]:
    on = mode != "disabled"
    return {"TransitEncryptionEnabled": on, **({"TransitEncryptionMode": mode} if on else {})}


def _requests(found: Found, values: Any, fields: set[str]) -> Iterator[dict[str, Any]]:
    """Yield what ModifyReplicationGroup does not take, or not surely, in one. A new family needs its parameters with it."""
    parameters = fields & {"parameter_group"}
    if "cluster_mode" in fields:
        yield arguments(values, {"cluster_mode", "automatic_failover"} | parameters)
    if fields & {"engine", "version"}:
        yield arguments(values, {"version"} | fields & {"engine"} | parameters)
    if parameters and not fields & {"cluster_mode", "engine", "version"}:
        yield arguments(values, parameters)
    if "node_type" in fields:
        yield arguments(values, {"node_type"})
    if fields & SIMPLE:
        yield {**arguments(values, fields & SIMPLE), **_snapshotting(found, values, fields)}
    if "log_delivery" in fields:
        yield {"LogDeliveryConfigurations": logs(values.log_delivery, found.values.log_delivery)}


def _snapshotting(found: Found, values: Any, fields: set[str]) -> dict[str, str]:
    """Snapshots are turned on together with the node that makes them, except in cluster mode."""
    turned_on = "snapshot_retention" in fields and values.snapshot_retention and not found.values.snapshot_retention
    if not turned_on or (values.cluster_mode or found.values.cluster_mode) != "disabled":
        return {}
    return {"SnapshottingClusterId": min(found.attributes["members"])}


def _other_access(context: Context, found: Found, access: Mapping[str, Any], modify: Callable[..., Call]) -> Iterator[Call]:
    """Yield the steps to another token, or from tokens to users and back.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html#auth-modifyng-token
    """
    before = found.values.access
    if "secret" not in access:
        yield modify(**_other_users(before, access))
        return
    token, same = auth_token(context, access), {**before, "former": access["former"]}
    if "user_group" in before:
        yield modify(RemoveUserGroups=True, AuthToken=token, AuthTokenUpdateStrategy="SET")
        yield lambda: _elasticache.tag(context, found, _elasticache.login_tags(access))
        return
    rotated = before.get("former") and _elasticache.Set(same) == _elasticache.Set(access)
    if not rotated:
        yield modify(AuthToken=token, AuthTokenUpdateStrategy="ROTATE")
        yield lambda: _elasticache.tag(context, found, _elasticache.login_tags(access, former=True))
    if not access["former"]:
        setting = modify(AuthToken=token, AuthTokenUpdateStrategy="SET")
        yield _unless_set(setting) if rotated else setting
        yield lambda: _elasticache.tag(context, found, _elasticache.login_tags(access))


def _unless_set(setting: Call) -> Call:
    """SET is allowed only after ROTATE. Where the tag tells of a rotation, a refusal means that a run has stopped right
    after it had set the token, before it could change the tag."""

    def attempt() -> None:
        try:
            setting()
        except Exception as error:
            if retry.code_of(error) not in REFUSALS:
                raise

    return attempt


def _other_users(before: Mapping[str, str], access: Mapping[str, str]) -> dict[str, Any]:
    if not access:
        return {"RemoveUserGroups": True}
    request: dict[str, Any] = {"UserGroupIdsToAdd": [access["user_group"]]}
    if "user_group" in before:
        request["UserGroupIdsToRemove"] = [before["user_group"]]
    if "secret" in before:
        request["AuthTokenUpdateStrategy"] = "DELETE"
    return request


def _leaving(found: Found, values: Any) -> dict[str, Any]:
    """Fewer shards have to be told which: those with the highest numbers."""
    shards = found.attributes["shards"]
    return {"NodeGroupsToRemove": list(shards[values.shards :])} if values.shards < len(shards) else {}


def _when_available(context: Context, group: str, call: Call) -> None:
    """Make a call once ElastiCache takes one."""

    def attempt() -> None:
        raw = context.client("elasticache").describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
        if raw["Status"] != "available" or is_pending(raw):
            raise NotReady(f"{group} is still {raw['Status']}; run again to go on")
        call()

    retry.repeat(attempt, _busy_seconds, context.stopping)


def _busy_seconds(error: Exception) -> float:
    busy = isinstance(error, NotReady) or retry.code_of(error) == "InvalidReplicationGroupState"
    return BUSY_SECONDS if busy else 0.0
