# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peering connection that this stack has requested: https://docs.aws.amazon.com/vpc/latest/peering/what-is-vpc-peering.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2
from ansible_collections.terrace.aws.plugins.module_utils.kinds._peering import STATES, WAITING


@dataclasses.dataclass(frozen=True)
class VpcPeering:
    """`peer_vpc` is in `peer_account` and `peer_region`. `accepted` is given where it is ours to accept."""

    vpc: Any = create_only(refers=("vpc",))
    peer_vpc: Any = create_only(refers=("peer_vpc", "vpc"))
    peer_account: str | None = create_only()
    peer_region: str | None = create_only()
    accepted: bool | None = mutable()


def list_peerings(context: Context) -> Iterable[Found]:
    peerings = context.pages("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=context.stack_filter())
    return map(_found, peerings)


def create(context: Context, new: New, values: VpcPeering) -> Found:
    answer = context.client("ec2").create_vpc_peering_connection(
        VpcId=values.vpc,
        PeerVpcId=values.peer_vpc,
        PeerOwnerId=values.peer_account,
        PeerRegion=values.peer_region,
        TagSpecifications=new.tag_specifications("vpc-peering-connection"),
    )
    if not values.accepted:
        context.note(f"vpc_peering/{new.name} waits until account {values.peer_account} accepts it in {values.peer_region}")
    return _found(answer["VpcPeeringConnection"])


def update(context: Context, found: Found, values: VpcPeering, fields: set[str]) -> None:
    context.client("ec2").accept_vpc_peering_connection(VpcPeeringConnectionId=found.id)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    peer, status = raw["AccepterVpcInfo"], raw["Status"]["Code"]
    values = VpcPeering(
        vpc=raw["RequesterVpcInfo"]["VpcId"],
        peer_vpc=peer["VpcId"],
        peer_account=peer["OwnerId"],
        peer_region=peer.get("Region"),
        accepted=status != WAITING,
    )
    return Found(
        raw["VpcPeeringConnectionId"],
        values,
        _ec2.tags(raw),
        STATES[status],
        detail=raw["Status"].get("Message", ""),
        attributes={"status": status},
    )


KIND = Kind(
    name="vpc_peering",
    service="ec2",
    values=VpcPeering,
    list=list_peerings,
    calls={"DescribeVpcPeeringConnections": "page"},
    actions=(
        "ec2:CreateVpcPeeringConnection",
        "ec2:CreateTags",
        "ec2:AcceptVpcPeeringConnection",
        "ec2:DeleteVpcPeeringConnection",
    ),
    id_filter="vpc-peering-connection-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    waits_for=("update", "delete"),
    unsafe_create="CreateVpcPeeringConnection",
    retries=(Retry("AcceptVpcPeeringConnection", "InvalidVpcPeeringConnectionID.NotFound"),),
    indexed=True,
)
