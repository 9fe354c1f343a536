# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subnet in one availability zone: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class Subnet:
    """`public_ip` gives instances a public address at launch."""

    vpc: Any = create_only("VpcId", refers=("vpc",))
    cidr: str | None = create_only("CidrBlock")
    zone: str | None = create_only("AvailabilityZone")
    public_ip: bool | None = mutable("MapPublicIpOnLaunch")


def list_subnets(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_subnets", "Subnets", Filters=context.stack_filter()))


def create(context: Context, new: New, values: Subnet) -> Found:
    answer = context.client("ec2").create_subnet(
        **arguments(values, {"vpc", "cidr", "zone"}), TagSpecifications=new.tag_specifications("subnet")
    )
    return _found(answer["Subnet"])


def update(context: Context, found: Found, values: Subnet, fields: set[str]) -> None:
    context.client("ec2").modify_subnet_attribute(SubnetId=found.id, MapPublicIpOnLaunch={"Value": values.public_ip})


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_subnet(SubnetId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    return _ec2.interfaces(context, "subnet-id", found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    state = READY if raw["State"] == "available" else PENDING
    return Found(raw["SubnetId"], read(Subnet, raw), _ec2.tags(raw), state, attributes={"zone": raw["AvailabilityZone"]})


KIND = Kind(
    name="subnet",
    service="ec2",
    values=Subnet,
    list=list_subnets,
    calls={"DescribeSubnets": "page"},
    actions=(
        "ec2:CreateSubnet",
        "ec2:CreateTags",
        "ec2:ModifySubnetAttribute",
        "ec2:DeleteSubnet",
        "ec2:DescribeNetworkInterfaces",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
)
