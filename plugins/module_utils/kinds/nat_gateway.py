# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A public NAT gateway: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

OCCUPIED, OCCUPIED_SECONDS = "Resource.InUse", 600.0
STATES = {"pending": PENDING, "available": READY, "deleting": DELETING, "deleted": GONE, "failed": FAILED}


@dataclasses.dataclass(frozen=True)
class NatGateway:
    """`internet_gateway` has to be attached before, or the gateway ends in state ``failed``."""

    subnet: Any = create_only(refers=("subnet",))
    address: Any = create_only(refers=("elastic_ip",))
    internet_gateway: Any = initial(refers=("internet_gateway",))


def list_nat_gateways(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_nat_gateways", "NatGateways", Filter=context.stack_filter()))


def create(context: Context, new: New, values: NatGateway) -> Found:
    _refuse_while_occupied(context, values)
    answer = context.client("ec2").create_nat_gateway(
        SubnetId=values.subnet,
        AllocationId=values.address,
        ConnectivityType="public",
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("natgateway"),
    )
    return _found(answer["NatGateway"])


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_nat_gateway(NatGatewayId=found.id)


def _refuse_while_occupied(context: Context, values: NatGateway) -> None:
    """A gateway that is being deleted has its address to the end; AWS makes the next one all the same, and lets it fail."""
    if any(found.state == DELETING for found in context.found(KIND.name)):
        occupied = [f.id for f in list_nat_gateways(context) if f.state == DELETING and f.values.address == values.address]
        if occupied:
            message = f"{values.address} is still that of {', '.join(occupied)}, which is being deleted"
            raise _ec2.Unsuccessful("CreateNatGateway", {"Code": OCCUPIED, "Message": message})


def _found(raw: Mapping[str, Any]) -> Found:
    addresses = raw.get("NatGatewayAddresses") or [{}]
    values = NatGateway(subnet=raw["SubnetId"], address=addresses[0].get("AllocationId"))
    return Found(
        raw["NatGatewayId"],
        values,
        _ec2.tags(raw),
        STATES[raw["State"]],
        detail=raw.get("FailureMessage", ""),
        attributes={"public_ip": addresses[0].get("PublicIp")},
    )


KIND = Kind(
    name="nat_gateway",
    service="ec2",
    values=NatGateway,
    list=list_nat_gateways,
    calls={"DescribeNatGateways": "page"},
    actions=("ec2:CreateNatGateway", "ec2:CreateTags", "ec2:DeleteNatGateway"),
    id_filter="nat-gateway-id",
    create=create,
    delete=delete,
    tag=_ec2.tag,
    waits_for=("delete",),
    retries=(
        Retry("CreateNatGateway", "InvalidElasticIpID.NotFound"),
        Retry("CreateNatGateway", OCCUPIED, seconds=OCCUPIED_SECONDS),
    ),
)
