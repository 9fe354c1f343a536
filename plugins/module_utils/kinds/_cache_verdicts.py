# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of a replication group interrupt, and which of them ElastiCache does not have.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.Modify.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.values import Verdict

DATA_TIERING = "cache.r6gd."
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/modify-cluster-mode.html
CLUSTER_MODES = {("disabled", "compatible"), ("compatible", "enabled")}


class Version:
    """AWS answers ``7.1`` as ``7.1.0``, and may raise the minor version by itself: the actual version (left) is right if it
    is of the same major version and at least the desired. There is no way back anyway."""

    def __init__(self, version: str) -> None:
        self.parts = tuple(int(part) if part.isdigit() else 0 for part in version.split("."))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.parts[0] == other.parts[0] and self.parts >= other.parts

    def __hash__(self) -> int:
        return hash(self.parts[0])


def has_disks(node_type: str) -> bool:
    return node_type.startswith(DATA_TIERING)


def no_redis_again(before: str, after: str) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.cross-engine-upgrade.html"""
    return "cannot go back from valkey to redis" if (before, after) == ("valkey", "redis") else ""


def no_lower_version(before: str, after: str) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html"""
    lower = Version(after).parts[0] < Version(before).parts[0]
    return f"cannot go back from {before} to {after}" if lower else ""


def no_other_tiering(before: str, after: str) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html"""
    if has_disks(before) == has_disks(after):
        return ""
    return f"cannot change from {before} to {after}: one has data tiering and the other has not"


def only_by_way_of_compatible(before: str, after: str) -> str:
    if (before, after) in CLUSTER_MODES:
        return ""
    if (before, after) == ("disabled", "enabled"):
        return "has to become compatible first, for clients to move to the cluster protocol, and enabled then"
    return f"cannot go back from {before} to {after}"


def only_by_way_of_preferred(before: str, after: str) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption-enable.html"""
    if "preferred" in (before, after):
        return ""
    return f"has to become preferred first, for clients to change over, and {after} then"


def no_token_taken_away(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html"""
    return "with a token can only change to a user group" if "secret" in before and not after else ""


def disrupted_by_access(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if "secret" in before and "secret" in after:
        return "" if after["former"] else "refuses new connections with the former token"
    return "refuses clients that log in as before" if after else ""


def disrupted_by_cluster_mode(_before: str, after: str) -> str:
    return "refuses clients that do not speak the cluster protocol" if after == "enabled" else ""


def disrupted_by_transit_encryption(_before: str, after: str) -> str:
    if after == "required":
        return "ends connections without TLS"
    return "ends connections with TLS" if after == "disabled" else "gives the cache new endpoints for clients with TLS"


def disrupted_by_fewer(text: str) -> Verdict:
    return lambda before, after: text if after < before else ""
