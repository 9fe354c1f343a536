# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A public IPv4 address: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class ElasticIp:
    """An address has no settings of its own."""


def list_addresses(context: Context) -> Iterable[Found]:
    answer = context.client("ec2").describe_addresses(Filters=context.stack_filter())
    return [_found(raw) for raw in answer["Addresses"]]


def create(context: Context, new: New, values: ElasticIp) -> Found:
    answer = context.client("ec2").allocate_address(Domain="vpc", TagSpecifications=new.tag_specifications("elastic-ip"))
    return _found({**answer, "Tags": new.tag_list})


def delete(context: Context, found: Found) -> None:
    context.client("ec2").release_address(AllocationId=found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    return Found(raw["AllocationId"], ElasticIp(), _ec2.tags(raw), attributes={"public_ip": raw["PublicIp"]})


KIND = Kind(
    name="elastic_ip",
    service="ec2",
    values=ElasticIp,
    list=list_addresses,
    calls={"DescribeAddresses": "page"},
    actions=("ec2:AllocateAddress", "ec2:CreateTags", "ec2:ReleaseAddress"),
    id_filter="allocation-id",
    create=create,
    delete=delete,
    tag=_ec2.tag,
    unsafe_create="AllocateAddress",
    retries=(
        # An address whose reverse name has just been taken away: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Elastic_Addressing_Reverse_DNS.html
        Retry("ReleaseAddress", "InvalidAddress.Locked", seconds=300.0),
        # One of a load balancer or NAT gateway that has gone, whose interface is there for a while:
        # https://github.com/hashicorp/terraform-provider-aws/issues/33645
        Retry("ReleaseAddress", "AuthFailure", "permission to access the specified resource", seconds=600.0),
    ),
)
