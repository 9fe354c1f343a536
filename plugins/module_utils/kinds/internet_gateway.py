# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPC's door to the internet: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class InternetGateway:
    """`vpc` is the VPC it is attached to."""

    vpc: Any = mutable(refers=("vpc",))


def list_internet_gateways(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_internet_gateways", "InternetGateways", Filters=context.stack_filter()))


def create(context: Context, new: New, values: InternetGateway) -> Found:
    answer = context.client("ec2").create_internet_gateway(TagSpecifications=new.tag_specifications("internet-gateway"))
    return _found(answer["InternetGateway"])


def update(context: Context, found: Found, values: InternetGateway, fields: set[str]) -> None:
    _detach(context, found)
    context.client("ec2").attach_internet_gateway(InternetGatewayId=found.id, VpcId=values.vpc)


def delete(context: Context, found: Found) -> None:
    _detach(context, found)
    context.client("ec2").delete_internet_gateway(InternetGatewayId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    """Public addresses in the VPC keep the gateway attached."""
    return _ec2.interfaces(context, "vpc-id", found.values.vpc)


def _detach(context: Context, found: Found) -> None:
    """Detach from where it is attached now: a repeated deletion may have detached it already."""
    ec2 = context.client("ec2")
    for raw in ec2.describe_internet_gateways(InternetGatewayIds=[found.id])["InternetGateways"]:
        for attachment in raw.get("Attachments", []):
            ec2.detach_internet_gateway(InternetGatewayId=found.id, VpcId=attachment["VpcId"])


def _found(raw: Mapping[str, Any]) -> Found:
    attached = [attachment["VpcId"] for attachment in raw.get("Attachments", [])]
    return Found(raw["InternetGatewayId"], InternetGateway(vpc=attached[0] if attached else None), _ec2.tags(raw))


KIND = Kind(
    name="internet_gateway",
    service="ec2",
    values=InternetGateway,
    list=list_internet_gateways,
    calls={"DescribeInternetGateways": "page"},
    actions=(
        "ec2:CreateInternetGateway",
        "ec2:CreateTags",
        "ec2:AttachInternetGateway",
        "ec2:DetachInternetGateway",
        "ec2:DeleteInternetGateway",
        "ec2:DescribeNetworkInterfaces",
    ),
    id_filter="internet-gateway-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
    outlives=("nat_gateway", "elastic_ip", "load_balancer", "auto_scaling_group"),
    unsafe_create="CreateInternetGateway",
)
