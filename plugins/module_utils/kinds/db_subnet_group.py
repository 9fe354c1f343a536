# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subnets that databases stand in: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, mutable, read, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds


@dataclasses.dataclass(frozen=True)
class DbSubnetGroup:
    """`subnets` have to be in at least two availability zones."""

    description: str | None = mutable("DBSubnetGroupDescription")
    subnets: Any = mutable("SubnetIds", normalise=unordered, refers=("subnet",))


def list_subnet_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("rds", "describe_db_subnet_groups", "DBSubnetGroups")
    tags = _rds.tags_by_arn(context, [raw["DBSubnetGroupArn"] for raw in groups])
    return [_found(raw, tags[raw["DBSubnetGroupArn"]]) for raw in groups]


def create(context: Context, new: New, values: DbSubnetGroup) -> Found:
    answer = context.client("rds").create_db_subnet_group(DBSubnetGroupName=new.aws_name, **arguments(values), Tags=new.tag_list)
    return _found(answer["DBSubnetGroup"], new.tags)


def update(context: Context, found: Found, values: DbSubnetGroup, fields: set[str]) -> None:
    """The call requires the subnets, whatever has changed."""
    context.client("rds").modify_db_subnet_group(DBSubnetGroupName=found.id, **arguments(values, fields | {"subnets"}))


def delete(context: Context, found: Found) -> None:
    context.client("rds").delete_db_subnet_group(DBSubnetGroupName=found.id)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = read(DbSubnetGroup, raw, subnets=tuple(subnet["SubnetIdentifier"] for subnet in raw["Subnets"]))
    name = raw["DBSubnetGroupName"]
    return Found(name, values, tags, name=name, attributes={"arn": raw["DBSubnetGroupArn"]})


KIND = Kind(
    name="db_subnet_group",
    service="rds",
    values=DbSubnetGroup,
    list=list_subnet_groups,
    calls={"DescribeDBSubnetGroups": "page", "ListTagsForResource": "resource"},
    actions=(
        "rds:CreateDBSubnetGroup",
        "rds:AddTagsToResource",
        "rds:ModifyDBSubnetGroup",
        "rds:DeleteDBSubnetGroup",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_rds.tag,
    unique_name=True,
)
