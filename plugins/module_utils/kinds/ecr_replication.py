# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule that copies the images of a stack's repositories to other regions.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html

An account has one replication configuration in a region, which is written as a whole. Ours is the one rule of it whose
only filter is the stack's prefix, ``<stack>/``; all others are written back as they were read a moment before. The rule
has no tags, and that filter is its mark.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import MANAGED_BY, TAG_ID, TAG_MANAGED_BY, TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import mutable, unordered

TIER, NAME = "storage", "repositories"
Rule = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class EcrReplication:
    """`destinations` are regions; where somebody has added another account, ``<account>/<region>``."""

    destinations: Any = mutable(normalise=unordered)


def list_replications(context: Context) -> Iterable[Found]:
    ours = [rule for rule in _rules(context) if _is_ours(context, rule)]
    destinations = (_destination(context, to) for rule in ours for to in rule["destinations"])
    return [_found(context, EcrReplication(tuple(sorted(set(destinations)))))] if ours else []


def create(context: Context, new: New, values: EcrReplication) -> Found:
    _write(context, values.destinations)
    return _found(context, values)


def update(context: Context, found: Found, values: EcrReplication, fields: set[str]) -> None:
    _write(context, values.destinations)


def delete(context: Context, found: Found) -> None:
    """The copies stay where they are."""
    _write(context, ())


def _rules(context: Context) -> list[Rule]:
    return context.client("ecr").describe_registry()["replicationConfiguration"]["rules"]


def _write(context: Context, regions: Iterable[str]) -> None:
    """Write the whole configuration, with nothing in it changed but our rule."""
    others = [rule for rule in _rules(context) if not _is_ours(context, rule)]
    destinations = [{"region": region, "registryId": context.stack.account} for region in regions]
    filters = [{"filterType": "PREFIX_MATCH", "filter": _prefix(context)}]
    ours = [{"destinations": destinations, "repositoryFilters": filters}] if destinations else []
    context.client("ecr").put_replication_configuration(replicationConfiguration={"rules": [*others, *ours]})


def _prefix(context: Context) -> str:
    return f"{context.stack.name}/"


def _is_ours(context: Context, rule: Rule) -> bool:
    return [given["filter"] for given in rule.get("repositoryFilters") or ()] == [_prefix(context)]


def _destination(context: Context, to: Mapping[str, str]) -> str:
    return to["region"] if to["registryId"] == context.stack.account else f"{to['registryId']}/{to['region']}"


def _found(context: Context, values: EcrReplication) -> Found:
    mark = {TAG_STACK: context.stack.name, TAG_ID: f"{TIER}/ecr_replication/{NAME}", TAG_MANAGED_BY: MANAGED_BY}
    return Found(_prefix(context), values, mark)


KIND = Kind(
    name="ecr_replication",
    service="ecr",
    values=EcrReplication,
    list=list_replications,
    calls={"DescribeRegistry": "page"},
    actions=("ecr:PutReplicationConfiguration", "iam:CreateServiceLinkedRole"),
    create=create,
    update=update,
    delete=delete,
)
