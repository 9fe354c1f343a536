# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way out for IPv6 alone: https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class EgressOnlyGateway:
    """`vpc` is the VPC it stands in for good."""

    vpc: Any = create_only(refers=("vpc",))


def list_gateways(context: Context) -> Iterable[Found]:
    gateways = context.pages(
        "ec2",
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        Filters=context.stack_filter(),
    )
    return map(_found, gateways)


def create(context: Context, new: New, values: EgressOnlyGateway) -> Found:
    answer = context.client("ec2").create_egress_only_internet_gateway(
        VpcId=values.vpc, ClientToken=new.token, TagSpecifications=new.tag_specifications("egress-only-internet-gateway")
    )
    return _found(answer["EgressOnlyInternetGateway"])


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    attached = [attachment["VpcId"] for attachment in raw["Attachments"]]
    return Found(raw["EgressOnlyInternetGatewayId"], EgressOnlyGateway(vpc=attached[0] if attached else None), _ec2.tags(raw))


KIND = Kind(
    name="egress_only_gateway",
    service="ec2",
    values=EgressOnlyGateway,
    list=list_gateways,
    calls={"DescribeEgressOnlyInternetGateways": "page"},
    actions=(
        "ec2:CreateEgressOnlyInternetGateway",
        "ec2:CreateTags",
        "ec2:DeleteEgressOnlyInternetGateway",
    ),
    create=create,
    delete=delete,
    tag=_ec2.tag,
    indexed=True,
)
