# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A security group without its rules, which are a kind of their own because groups may refer to each other.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class SecurityGroup:
    """`description` is at most 255 characters and cannot be changed later.

    `purge_rules` says whether rules that nobody has declared are removed.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    description: str | None = create_only("Description")
    purge_rules: bool | None = initial()


def list_security_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=context.stack_filter())
    return map(_found, groups)


def create(context: Context, new: New, values: SecurityGroup) -> Found:
    answer = context.client("ec2").create_security_group(
        GroupName=new.aws_name,
        Description=values.description or new.aws_name,
        VpcId=values.vpc,
        TagSpecifications=new.tag_specifications("security-group"),
    )
    return Found(answer["GroupId"], values, new.tags, name=new.aws_name)


def revoke_default_egress(context: Context, found: Found) -> None:
    """AWS adds rules that allow all egress; they go, so that the declared rules are all there is."""
    ec2 = context.client("ec2")
    added = ec2.describe_security_groups(GroupIds=[found.id])["SecurityGroups"][0]["IpPermissionsEgress"]
    if added:
        ec2.revoke_security_group_egress(GroupId=found.id, IpPermissions=added)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_security_group(GroupId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    return _ec2.interfaces(context, "group-id", found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    return Found(raw["GroupId"], read(SecurityGroup, raw), _ec2.tags(raw), name=raw["GroupName"])


KIND = Kind(
    name="security_group",
    service="ec2",
    values=SecurityGroup,
    list=list_security_groups,
    calls={"DescribeSecurityGroups": "page"},
    actions=(
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:DeleteSecurityGroup",
        "ec2:DescribeNetworkInterfaces",
    ),
    id_filter="group-id",
    create=create,
    after_create=revoke_default_egress,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
    create_before_delete=True,
    unique_name=True,
)
