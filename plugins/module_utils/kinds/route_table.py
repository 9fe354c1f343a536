# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A route table with its routes and subnets: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "NetworkInterfaceId",
)
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGET_KINDS = ("internet_gateway", "nat_gateway", "egress_only_gateway", "vpc_peering", "vpc_peering_accepter")
ARGUMENTS = {"nat-": "NatGatewayId", "eigw-": "EgressOnlyInternetGatewayId", "pcx-": "VpcPeeringConnectionId"}


@dataclasses.dataclass(frozen=True)
class RouteTable:
    """`routes` maps destination CIDRs to the id of a gateway or a peering connection.

    The local routes and those that belong to gateway endpoints are not listed. `subnets` are those associated
    explicitly. Both are managed as a whole.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    routes: Any = mutable(refers=TARGET_KINDS)
    subnets: Any = mutable(normalise=unordered, refers=("subnet",))


def list_route_tables(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_route_tables", "RouteTables", Filters=context.stack_filter()))


def create(context: Context, new: New, values: RouteTable) -> Found:
    answer = context.client("ec2").create_route_table(
        VpcId=values.vpc, ClientToken=new.token, TagSpecifications=new.tag_specifications("route-table")
    )
    return _found(answer["RouteTable"])


def update(context: Context, found: Found, values: RouteTable, fields: set[str]) -> None:
    if "routes" in fields:
        _set_routes(context.client("ec2"), found, values.routes)
    if "subnets" in fields:
        _set_subnets(context.client("ec2"), found, values.subnets)


def delete(context: Context, found: Found) -> None:
    ec2 = context.client("ec2")
    for association in found.attributes["associations"].values():
        ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=found.id)


def _set_routes(ec2: Any, found: Found, wanted: Mapping[str, str]) -> None:
    """New and changed routes first: a moment with two ways is better than one with none."""
    actual = found.values.routes or {}
    for destination, target in wanted.items():
        route = {"RouteTableId": found.id, **_destination(destination), _target_argument(target): target}
        if destination not in actual:
            ec2.create_route(**route)
        elif actual[destination] != target:
            ec2.replace_route(**route)
    for destination in actual.keys() - wanted.keys():
        ec2.delete_route(RouteTableId=found.id, **_destination(destination))


def _set_subnets(ec2: Any, found: Found, wanted: Iterable[str]) -> None:
    associations = found.attributes["associations"]
    for subnet in set(wanted) - associations.keys():
        _associate(ec2, found, subnet)
    for subnet in associations.keys() - set(wanted):
        ec2.disassociate_route_table(AssociationId=associations[subnet])


def _associate(ec2: Any, found: Found, subnet: str) -> None:
    """A subnet that another table has is moved in one call, so that it is never without routes."""
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
    current = [a["RouteTableAssociationId"] for t in tables for a in t["Associations"] if a.get("SubnetId") == subnet]
    if current:
        ec2.replace_route_table_association(AssociationId=current[0], RouteTableId=found.id)
    else:
        ec2.associate_route_table(RouteTableId=found.id, SubnetId=subnet)


def _destination(destination: str) -> dict[str, str]:
    if destination.startswith("pl-"):
        return {"DestinationPrefixListId": destination}
    return {"DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock": destination}


def _target_argument(target: str) -> str:
    return next((argument for prefix, argument in ARGUMENTS.items() if target.startswith(prefix)), "GatewayId")


def _is_ours(route: Mapping[str, Any]) -> bool:
    """AWS itself makes the local routes and those to gateway endpoints."""
    gateway = route.get("GatewayId") or ""
    return any(map(route.get, TARGETS)) and gateway != "local" and not gateway.startswith("vpce-")


def _found(raw: Mapping[str, Any]) -> Found:
    routes = {
        next(route[key] for key in DESTINATIONS if route.get(key)): next(route[key] for key in TARGETS if route.get(key))
        for route in raw.get("Routes", [])
        if _is_ours(route)
    }
    associations = {a["SubnetId"]: a["RouteTableAssociationId"] for a in raw.get("Associations", []) if a.get("SubnetId")}
    values = RouteTable(vpc=raw["VpcId"], routes=routes, subnets=tuple(sorted(associations)))
    return Found(raw["RouteTableId"], values, _ec2.tags(raw), attributes={"associations": associations})


KIND = Kind(
    name="route_table",
    service="ec2",
    values=RouteTable,
    list=list_route_tables,
    calls={"DescribeRouteTables": "page"},
    actions=(
        "ec2:CreateRouteTable",
        "ec2:CreateTags",
        "ec2:CreateRoute",
        "ec2:ReplaceRoute",
        "ec2:DeleteRoute",
        "ec2:AssociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
        "ec2:DisassociateRouteTable",
        "ec2:DeleteRouteTable",
    ),
    id_filter="route-table-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
)
