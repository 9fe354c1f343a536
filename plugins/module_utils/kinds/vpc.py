# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual private cloud: https://docs.aws.amazon.com/vpc/latest/userguide/configure-your-vpc.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class Vpc:
    """`cidr` is the primary IPv4 block, /16 to /28."""

    cidr: str | None = create_only("CidrBlock")
    dns_support: bool | None = mutable()
    dns_hostnames: bool | None = mutable()
    dhcp_options: Any = mutable("DhcpOptionsId", refers=("dhcp_options",))


def list_vpcs(context: Context) -> Iterable[Found]:
    vpcs = context.pages("ec2", "describe_vpcs", "Vpcs", Filters=context.stack_filter())
    return context.each(lambda raw: _with_dns(context, raw), vpcs)


def create(context: Context, new: New, values: Vpc) -> Found:
    answer = context.client("ec2").create_vpc(CidrBlock=values.cidr, TagSpecifications=new.tag_specifications("vpc"))
    # What AWS begins with, which the answer does not tell: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
    return _found(answer["Vpc"], dns_support=True, dns_hostnames=False)


def update(context: Context, found: Found, values: Vpc, fields: set[str]) -> None:
    """ModifyVpcAttribute takes one attribute a call, and DNS host names need DNS support first."""
    ec2 = context.client("ec2")
    if "dns_support" in fields:
        ec2.modify_vpc_attribute(VpcId=found.id, EnableDnsSupport={"Value": values.dns_support})
    if "dns_hostnames" in fields:
        ec2.modify_vpc_attribute(VpcId=found.id, EnableDnsHostnames={"Value": values.dns_hostnames})
    if "dhcp_options" in fields:
        ec2.associate_dhcp_options(VpcId=found.id, DhcpOptionsId=values.dhcp_options)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_vpc(VpcId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    return _ec2.interfaces(context, "vpc-id", found.id)


def _with_dns(context: Context, raw: Mapping[str, Any]) -> Found:
    """The DNS settings are attributes of their own, one call each."""

    def attribute(name: str, key: str) -> bool:
        answer = context.client("ec2").describe_vpc_attribute(VpcId=raw["VpcId"], Attribute=name)
        return answer[key]["Value"]

    return _found(
        raw,
        dns_support=attribute("enableDnsSupport", "EnableDnsSupport"),
        dns_hostnames=attribute("enableDnsHostnames", "EnableDnsHostnames"),
    )


def _found(raw: Mapping[str, Any], **dns: bool) -> Found:
    state = READY if raw["State"] == "available" else PENDING
    return Found(raw["VpcId"], read(Vpc, raw, **dns), _ec2.tags(raw), state)


KIND = Kind(
    name="vpc",
    service="ec2",
    values=Vpc,
    list=list_vpcs,
    calls={"DescribeVpcs": "page", "DescribeVpcAttribute": "resource"},
    actions=(
        "ec2:CreateVpc",
        "ec2:CreateTags",
        "ec2:ModifyVpcAttribute",
        "ec2:DeleteVpc",
        "ec2:DescribeNetworkInterfaces",
        "ec2:AssociateDhcpOptions",
    ),
    id_filter="vpc-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
    unsafe_create="CreateVpc",
)
