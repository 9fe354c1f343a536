# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subnet in one availability zone: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, initial, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

NO_IPV6 = ""
IPV6_PREFIX = 64


def _ipv6_block(value: Any) -> Any:
    """Normaliser: the n-th /64 of a VPC's block is named by the block and n, because the block is AWS's choice."""
    if isinstance(value, str):
        return value
    block, number = value
    first = ipaddress.IPv6Network(block).network_address
    return str(ipaddress.IPv6Network((int(first) + (number << (128 - IPV6_PREFIX)), IPV6_PREFIX)))


@dataclasses.dataclass(frozen=True)
class Subnet:
    """`public_ip` gives instances a public IPv4 address at launch, `assign_ipv6` an IPv6 address.

    `ipv6` is a pair of the VPC's IPv6 block and a number, or an empty string. `block` is what has to be associated
    with the VPC before, where `cidr` is in a secondary block. `network_acl` is the one of the subnet.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    cidr: str | None = create_only("CidrBlock")
    zone: str | None = create_only("AvailabilityZone")
    block: Any = initial(refers=("vpc_cidr",))
    public_ip: bool | None = mutable("MapPublicIpOnLaunch")
    ipv6: Any = mutable(normalise=_ipv6_block, refers=("vpc_cidr",))
    assign_ipv6: bool | None = mutable("AssignIpv6AddressOnCreation")
    network_acl: Any = mutable(refers=("network_acl", "default_network_acl"))


def list_subnets(context: Context) -> Iterable[Found]:
    """Subnets do not tell their network ACL; the ACLs tell their subnets."""
    subnets = context.pages("ec2", "describe_subnets", "Subnets", Filters=context.stack_filter())
    ids = [raw["SubnetId"] for raw in subnets]
    acls = _ec2.filtered(context, "describe_network_acls", "NetworkAcls", "association.subnet-id", ids)
    acl_of = {association["SubnetId"]: raw["NetworkAclId"] for raw in acls for association in raw["Associations"]}
    return [_found(raw, acl_of.get(raw["SubnetId"])) for raw in subnets]


def create(context: Context, new: New, values: Subnet) -> Found:
    ipv6 = {"Ipv6CidrBlock": _ipv6_block(values.ipv6)} if values.ipv6 else {}
    answer = context.client("ec2").create_subnet(
        **arguments(values, {"vpc", "cidr", "zone"}), **ipv6, TagSpecifications=new.tag_specifications("subnet")
    )
    return _found(answer["Subnet"])


def update(context: Context, found: Found, values: Subnet, fields: set[str]) -> None:
    """ModifySubnetAttribute takes one attribute a call; addresses are assigned only where there is a block."""
    ec2 = context.client("ec2")
    if "assign_ipv6" in fields and not values.assign_ipv6:
        ec2.modify_subnet_attribute(SubnetId=found.id, AssignIpv6AddressOnCreation={"Value": False})
    if "ipv6" in fields:
        _set_ipv6(ec2, found.id, _ipv6_block(values.ipv6))
    if "assign_ipv6" in fields and values.assign_ipv6:
        ec2.modify_subnet_attribute(SubnetId=found.id, AssignIpv6AddressOnCreation={"Value": True})
    if "public_ip" in fields:
        ec2.modify_subnet_attribute(SubnetId=found.id, MapPublicIpOnLaunch={"Value": values.public_ip})
    if "network_acl" in fields:
        _set_network_acl(ec2, found.id, values.network_acl)


def _set_ipv6(ec2: Any, subnet: str, block: str) -> None:
    """A subnet has one IPv6 block at most: what it has goes first."""
    raw = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    for association in _ipv6_associations(raw):
        ec2.disassociate_subnet_cidr_block(AssociationId=association["AssociationId"])
    if block:
        ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)


def _set_network_acl(ec2: Any, subnet: str, network_acl: str) -> None:
    """Move the subnet in one call, so that it always has an ACL."""
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    acls = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    associations = (association for raw in acls for association in raw["Associations"])
    current = next((association for association in associations if association["SubnetId"] == subnet), None)
    if current is None:
        raise NotVisible(f"the network ACL of {subnet} is not visible yet")
    if current["NetworkAclId"] != network_acl:
        ec2.replace_network_acl_association(AssociationId=current["NetworkAclAssociationId"], NetworkAclId=network_acl)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_subnet(SubnetId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    return _ec2.interfaces(context, "subnet-id", found.id)


def _ipv6_associations(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    associations = raw.get("Ipv6CidrBlockAssociationSet", [])
    return [item for item in associations if item["Ipv6CidrBlockState"]["State"] in ("associating", "associated")]


def _found(raw: Mapping[str, Any], network_acl: str | None = None) -> Found:
    state = READY if raw["State"] == "available" else PENDING
    ipv6 = next((item["Ipv6CidrBlock"] for item in _ipv6_associations(raw)), NO_IPV6)
    values = read(Subnet, raw, ipv6=ipv6, network_acl=network_acl)
    return Found(raw["SubnetId"], values, _ec2.tags(raw), state, attributes={"zone": raw["AvailabilityZone"]})


KIND = Kind(
    name="subnet",
    service="ec2",
    values=Subnet,
    list=list_subnets,
    calls={"DescribeSubnets": "page", "DescribeNetworkAcls": "page"},
    actions=(
        "ec2:CreateSubnet",
        "ec2:CreateTags",
        "ec2:ModifySubnetAttribute",
        "ec2:DeleteSubnet",
        "ec2:DescribeNetworkInterfaces",
        "ec2:AssociateSubnetCidrBlock",
        "ec2:DisassociateSubnetCidrBlock",
        "ec2:ReplaceNetworkAclAssociation",
    ),
    id_filter="subnet-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
)
