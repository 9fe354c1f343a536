# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security group that comes with a VPC. It carries no tags of ours: it is found through its VPC and goes with it.

https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

NAME = "default"


@dataclasses.dataclass(frozen=True)
class DefaultSecurityGroup:
    """`empty` is whether it has no rules."""

    vpc: Any = create_only("VpcId", refers=("vpc",))
    empty: bool | None = mutable()


def list_default_security_groups(context: Context) -> Iterable[Found]:
    groups = _ec2.in_our_vpcs(context, "describe_security_groups", "SecurityGroups")
    return [_found(raw) for raw in groups if raw["GroupName"] == NAME]


def identity(values: DefaultSecurityGroup) -> tuple[Any, ...]:
    return (values.vpc,)


def create(context: Context, new: New, values: DefaultSecurityGroup) -> Found:
    """AWS has made it together with the VPC."""
    filters = [{"Name": "vpc-id", "Values": [values.vpc]}, {"Name": "group-name", "Values": [NAME]}]
    groups = context.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    if not groups:
        raise NotVisible(f"the default security group of {values.vpc} is not visible yet")
    return _found(groups[0])


def update(context: Context, found: Found, values: DefaultSecurityGroup, fields: set[str]) -> None:
    """Revoke what is there; nothing declares rules of its own for this group."""
    ec2 = context.client("ec2")
    if ingress := found.attributes["ingress"]:
        ec2.revoke_security_group_ingress(GroupId=found.id, IpPermissions=ingress)
    if egress := found.attributes["egress"]:
        ec2.revoke_security_group_egress(GroupId=found.id, IpPermissions=egress)


def _found(raw: Mapping[str, Any]) -> Found:
    ingress, egress = raw["IpPermissions"], raw["IpPermissionsEgress"]
    values = DefaultSecurityGroup(vpc=raw["VpcId"], empty=not (ingress or egress))
    return Found(raw["GroupId"], values, _ec2.tags(raw), attributes={"ingress": ingress, "egress": egress})


KIND = Kind(
    name="default_security_group",
    service="ec2",
    values=DefaultSecurityGroup,
    list=list_default_security_groups,
    calls={"DescribeSecurityGroups": "page"},
    actions=(
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    create=create,
    update=update,
    after=("vpc",),
    identity=identity,
)
