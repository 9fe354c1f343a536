# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A further block of a VPC's addresses: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
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
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

AMAZON_IPV6 = "amazon-ipv6"
STATES = {
    "associating": PENDING,
    "associated": READY,
    "disassociating": DELETING,
    "disassociated": GONE,
    "failing": FAILED,
    "failed": FAILED,
}


@dataclasses.dataclass(frozen=True)
class VpcCidr:
    """`block` is a secondary IPv4 block, or ``amazon-ipv6`` for the /56 that Amazon chooses."""

    vpc: Any = create_only(refers=("vpc",))
    block: str | None = create_only()


def list_blocks(context: Context) -> Iterable[Found]:
    vpcs = _ec2.in_our_vpcs(context, "describe_vpcs", "Vpcs")
    return [found for raw in vpcs for found in _blocks(raw)]


def identity(values: VpcCidr) -> tuple[Any, ...]:
    return (values.vpc, values.block)


def create(context: Context, new: New, values: VpcCidr) -> Found:
    block = {"AmazonProvidedIpv6CidrBlock": True} if values.block == AMAZON_IPV6 else {"CidrBlock": values.block}
    answer = context.client("ec2").associate_vpc_cidr_block(VpcId=values.vpc, **block)
    if values.block == AMAZON_IPV6:
        return _ipv6(values.vpc, answer["Ipv6CidrBlockAssociation"])
    return _ipv4(values.vpc, answer["CidrBlockAssociation"])


def delete(context: Context, found: Found) -> None:
    context.client("ec2").disassociate_vpc_cidr_block(AssociationId=found.id)


def _blocks(vpc: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the associations but the primary one; IPv6 blocks of other pools are not our business."""
    for raw in vpc.get("CidrBlockAssociationSet", []):
        if raw["CidrBlock"] != vpc["CidrBlock"]:
            yield _ipv4(vpc["VpcId"], raw)
    for raw in vpc.get("Ipv6CidrBlockAssociationSet", []):
        if raw.get("Ipv6Pool", "Amazon") == "Amazon":
            yield _ipv6(vpc["VpcId"], raw)


def _ipv4(vpc: str, raw: Mapping[str, Any]) -> Found:
    return _found(VpcCidr(vpc, raw["CidrBlock"]), raw, raw["CidrBlockState"], raw["CidrBlock"])


def _ipv6(vpc: str, raw: Mapping[str, Any]) -> Found:
    """The block is not known before it is associated."""
    return _found(VpcCidr(vpc, AMAZON_IPV6), raw, raw["Ipv6CidrBlockState"], raw.get("Ipv6CidrBlock"))


def _found(values: VpcCidr, raw: Mapping[str, Any], state: Mapping[str, Any], cidr: str | None) -> Found:
    return Found(
        raw["AssociationId"],
        values,
        state=STATES[state["State"]],
        name=values.block,
        attributes={"cidr": cidr},
        detail=state.get("StatusMessage") or "",
    )


KIND = Kind(
    name="vpc_cidr",
    service="ec2",
    values=VpcCidr,
    list=list_blocks,
    calls={"DescribeVpcs": "page"},
    actions=(
        "ec2:AssociateVpcCidrBlock",
        "ec2:DisassociateVpcCidrBlock",
    ),
    create=create,
    delete=delete,
    after=("vpc",),
    identity=identity,
    parent="vpc",
    outlives=("subnet",),
    waits_for=("delete",),
    # A second call would associate a second IPv6 block.
    unsafe_create="AssociateVpcCidrBlock",
)
