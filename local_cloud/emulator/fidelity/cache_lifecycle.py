# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache replication groups are creating before they are available, modifying, and deleting before they are gone.

moto finishes at once, never ends a deletion, and forgets the final snapshot.
"""

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ReplicationGroupNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from local_cloud.emulator.fidelity.cache_members import MODIFYING, replication_group
from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.lifecycle import lifecycle

CREATING, DELETING = "elasticache.creating", "elasticache.deleting"


def _status(self: ReplicationGroup) -> str:
    status = self.__dict__["_status"]
    if status != "available":
        return status
    if lifecycle.pending(CREATING, self.arn):
        return "creating"
    return "modifying" if lifecycle.pending(MODIFYING, self.arn) else "available"


ReplicationGroup.status = property(_status, lambda self, value: self.__dict__.update(_status=value))


@around(ElastiCacheBackend, "create_replication_group")
def create_replication_group(original: Any, self: Any, **keywords: Any) -> ReplicationGroup:
    """Begin in creating, without endpoints."""
    _finish_deletions(self)
    group = original(self, **keywords)
    lifecycle.start(CREATING, group.arn)
    return _shown(group)


@around(ElastiCacheBackend, "describe_replication_groups")
def describe_replication_groups(original: Any, self: Any, replication_group_id: str | None = None) -> list[ReplicationGroup]:
    """Leave out what is gone by now."""
    _finish_deletions(self)
    return [_shown(group) for group in original(self, replication_group_id)]


@method(ElastiCacheResponse)
def delete_replication_group(self: Any) -> ActionResult:
    """Take the final snapshot, then stay in deleting for a while."""
    backend = self.elasticache_backend
    group = replication_group(backend, self._get_param("ReplicationGroupId"))
    snapshot = self._get_param("FinalSnapshotIdentifier")
    if snapshot:
        backend.create_snapshot(snapshot, group.replication_group_id, None, group.kms_key_id, None)
    group.status = "deleting"
    lifecycle.start(DELETING, group.arn)
    return ActionResult({"ReplicationGroup": group})


@around(ElastiCacheBackend, "list_tags_for_resource")
def list_tags_for_resource(original: Any, self: Any, arn: str) -> Any:
    """moto knows no tags of a group that is gone, instead of not knowing the group."""
    _finish_deletions(self)
    kind, name = arn.split(":")[5:7]
    if kind == "replicationgroup" and name not in self.replication_groups:
        raise ReplicationGroupNotFound(name)
    return original(self, arn)


def _shown(group: ReplicationGroup) -> ReplicationGroup:
    if group.status != "creating":
        return group
    seen = copy.copy(group)
    seen.node_groups = []
    seen.__dict__.pop("configuration_endpoint", None)
    return seen


def _finish_deletions(backend: ElastiCacheBackend) -> None:
    for name, group in list(backend.replication_groups.items()):
        if group.status == "deleting" and not lifecycle.pending(DELETING, group.arn):
            del backend.replication_groups[name]
            backend.tagging_service.delete_all_tags_for_resource(group.arn)
