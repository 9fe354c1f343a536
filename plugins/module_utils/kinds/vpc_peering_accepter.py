# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peering connection that somebody else has requested and this stack accepts.

The tags on it are the requester's, so it is found by the two VPCs:
https://docs.aws.amazon.com/vpc/latest/peering/accept-vpc-peering-connection.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import FAILED, Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2
from ansible_collections.terrace.aws.plugins.module_utils.kinds._peering import STATES, WAITING

NOT_FOUND = "InvalidVpcPeeringConnectionID.NotFound"


@dataclasses.dataclass(frozen=True)
class VpcPeeringAccepter:
    """`vpc` is ours, `peer_vpc` the requester's."""

    vpc: Any = create_only(refers=("vpc",))
    peer_vpc: Any = create_only(refers=("peer_vpc",))


def list_accepted(context: Context) -> Iterable[Found]:
    """What still waits for acceptance does not count: accepting it is this kind's way of creating."""
    raws = _ec2.in_our_vpcs(context, "describe_vpc_peering_connections", "VpcPeeringConnections", "accepter-vpc-info.vpc-id")
    return [_found(raw) for raw in raws if raw["Status"]["Code"] != WAITING and STATES[raw["Status"]["Code"]] != FAILED]


def identity(values: VpcPeeringAccepter) -> tuple[Any, ...]:
    return (values.vpc, values.peer_vpc)


def spares(vpc: Any, found: Found) -> bool:
    """Who has accepted a connection by hand keeps it."""
    return True


def create(context: Context, new: New, values: VpcPeeringAccepter) -> Found:
    ec2 = context.client("ec2")
    answer = ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=_request(context, values))
    return _found(answer["VpcPeeringConnection"])


def delete(context: Context, found: Found) -> None:
    """Either side can end the connection, and one of them gone it is of no use to the other."""
    context.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=found.id)


def _request(context: Context, values: VpcPeeringAccepter) -> str:
    sides = {
        "requester-vpc-info.vpc-id": values.peer_vpc,
        "accepter-vpc-info.vpc-id": values.vpc,
        "status-code": WAITING,
    }
    filters = [{"Name": name, "Values": [value]} for name, value in sides.items()]
    requests = context.pages("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=filters)
    if not requests:
        message = f"{values.peer_vpc} has not asked {values.vpc} for a peering connection yet; run the other stack first"
        raise _ec2.Unsuccessful("AcceptVpcPeeringConnection", {"Code": NOT_FOUND, "Message": message})
    return requests[0]["VpcPeeringConnectionId"]


def _found(raw: Mapping[str, Any]) -> Found:
    status = raw["Status"]["Code"]
    values = VpcPeeringAccepter(vpc=raw["AccepterVpcInfo"]["VpcId"], peer_vpc=raw["RequesterVpcInfo"]["VpcId"])
    return Found(raw["VpcPeeringConnectionId"], values, state=STATES[status], attributes={"status": status})


KIND = Kind(
    name="vpc_peering_accepter",
    service="ec2",
    values=VpcPeeringAccepter,
    list=list_accepted,
    calls={"DescribeVpcPeeringConnections": "page"},
    actions=(
        "ec2:AcceptVpcPeeringConnection",
        "ec2:DeleteVpcPeeringConnection",
    ),
    create=create,
    delete=delete,
    after=("vpc",),
    identity=identity,
    parent="vpc",
    spares=spares,
    waits_for=("delete",),
    # The other stack may be at it.
    retries=(Retry("AcceptVpcPeeringConnection", NOT_FOUND, seconds=30.0),),
)
