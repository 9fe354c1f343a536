# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subnets that caches stand in: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SubnetGroups.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, mutable, read, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elasticache


@dataclasses.dataclass(frozen=True)
class CacheSubnetGroup:
    """Caches with replicas in other zones need `subnets` in them."""

    description: str | None = mutable("CacheSubnetGroupDescription")
    subnets: Any = mutable("SubnetIds", normalise=unordered, refers=("subnet",))


def list_subnet_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups")
    # The group that AWS makes for an account has no ARN.
    groups = [raw for raw in groups if raw.get("ARN")]
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in groups])
    return [_found(raw, tags[raw["ARN"]]) for raw in groups]


def create(context: Context, new: New, values: CacheSubnetGroup) -> Found:
    answer = context.client("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=new.aws_name, **arguments(values), Tags=new.tag_list
    )
    return _found(answer["CacheSubnetGroup"], new.tags)


def update(context: Context, found: Found, values: CacheSubnetGroup, fields: set[str]) -> None:
    context.client("elasticache").modify_cache_subnet_group(CacheSubnetGroupName=found.id, **arguments(values, fields))


def delete(context: Context, found: Found) -> None:
    context.client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=found.id)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = read(CacheSubnetGroup, raw, subnets=tuple(subnet["SubnetIdentifier"] for subnet in raw["Subnets"]))
    name = raw["CacheSubnetGroupName"]
    return Found(name, values, tags, name=name, attributes={"arn": raw["ARN"], "vpc": raw.get("VpcId")})


KIND = Kind(
    name="cache_subnet_group",
    service="elasticache",
    values=CacheSubnetGroup,
    list=list_subnet_groups,
    calls={"DescribeCacheSubnetGroups": "page", "ListTagsForResource": "resource"},
    actions=(
        "elasticache:CreateCacheSubnetGroup",
        "elasticache:AddTagsToResource",
        "elasticache:ModifyCacheSubnetGroup",
        "elasticache:DeleteCacheSubnetGroup",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elasticache.tag,
    unique_name=True,
    # The last nodes leave some time after their replication group is gone.
    retries=(Retry("DeleteCacheSubnetGroup", "CacheSubnetGroupInUse", seconds=900.0),),
)
