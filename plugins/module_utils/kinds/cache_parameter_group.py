# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a cache: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.html

ElastiCache applies them at once, but for few that count for new nodes only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, canonical, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elasticache
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

PARAMETERS_PER_CALL = 20


@dataclasses.dataclass(frozen=True)
class CacheParameterGroup:
    """`parameters` maps names to values as text and is managed as a whole: what goes from it is reset."""

    family: str | None = create_only("CacheParameterGroupFamily")
    description: str | None = create_only("Description")
    parameters: Mapping[str, str] | None = mutable(normalise=canonical)


def list_parameter_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups")
    # Without an ARN: AWS's own groups, which some regions show so.
    groups = [raw for raw in groups if raw.get("ARN")]
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in groups])
    found = [_found(raw, tags[raw["ARN"]]) for raw in groups]
    return context.each(lambda group: _with_parameters(context, group), found)


def create(context: Context, new: New, values: CacheParameterGroup) -> Found:
    answer = context.client("elasticache").create_cache_parameter_group(
        CacheParameterGroupName=new.aws_name, **arguments(values), Tags=new.tag_list
    )
    return _found(answer["CacheParameterGroup"], new.tags)


def update(context: Context, found: Found, values: CacheParameterGroup, fields: set[str]) -> None:
    before, after = found.values.parameters or {}, values.parameters or {}
    cache = context.client("elasticache")
    for names in batches(sorted(name for name in after if before.get(name) != after[name]), PARAMETERS_PER_CALL):
        cache.modify_cache_parameter_group(
            CacheParameterGroupName=found.id,
            ParameterNameValues=[{"ParameterName": name, "ParameterValue": after[name]} for name in names],
        )
    for names in batches(sorted(before.keys() - after.keys()), PARAMETERS_PER_CALL):
        cache.reset_cache_parameter_group(
            CacheParameterGroupName=found.id,
            ResetAllParameters=False,
            ParameterNameValues=[{"ParameterName": name} for name in names],
        )


def delete(context: Context, found: Found) -> None:
    context.client("elasticache").delete_cache_parameter_group(CacheParameterGroupName=found.id)


def _with_parameters(context: Context, group: Found) -> Found:
    """Add the parameters that somebody has set, and those declared, which may be set to what is the default anyway."""
    if not group.belongs_to(context.stack, "cache_parameter_group"):
        return group
    parameters = _values(_parameters(context, group.id, Source="user"))
    declared = {
        name
        for declaration in context.declared("cache_parameter_group")
        if declaration.name == group.logical_name
        for name in declaration.values.parameters or ()
    }
    if declared - parameters.keys():
        defaults = _values(_parameters(context, group.id))
        parameters |= {name: defaults[name] for name in declared & defaults.keys()}
    return dataclasses.replace(group, values=dataclasses.replace(group.values, parameters=parameters))


def _parameters(context: Context, group: str, **request: Any) -> list[dict[str, Any]]:
    return context.pages("elasticache", "describe_cache_parameters", "Parameters", CacheParameterGroupName=group, **request)


def _values(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {item["ParameterName"]: item["ParameterValue"] for item in items if "ParameterValue" in item}


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    name = raw["CacheParameterGroupName"]
    return Found(
        name,
        read(CacheParameterGroup, raw, parameters=None),
        tags,
        name=name,
        attributes={"arn": raw["ARN"], "family": raw["CacheParameterGroupFamily"]},
    )


KIND = Kind(
    name="cache_parameter_group",
    service="elasticache",
    values=CacheParameterGroup,
    list=list_parameter_groups,
    calls={
        "DescribeCacheParameterGroups": "page",
        "ListTagsForResource": "resource",
        "DescribeCacheParameters": "resource",
    },
    actions=(
        "elasticache:CreateCacheParameterGroup",
        "elasticache:AddTagsToResource",
        "elasticache:ModifyCacheParameterGroup",
        "elasticache:ResetCacheParameterGroup",
        "elasticache:DeleteCacheParameterGroup",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elasticache.tag,
    create_before_delete=True,
    unique_name=True,
    # A group that is being applied takes no changes, and is in use until the last node has left it.
    retries=(
        Retry("ModifyCacheParameterGroup", "InvalidCacheParameterGroupState", seconds=300.0),
        Retry("DeleteCacheParameterGroup", "InvalidCacheParameterGroupState", seconds=900.0),
    ),
)
