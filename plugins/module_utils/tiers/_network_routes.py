# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in and out of a network: gateways, NAT, route tables, endpoints, peering connections."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, names, require_known, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.egress_only_gateway import EgressOnlyGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.nat_gateway import NatGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.peer_vpc import PeerVpc
from ansible_collections.terrace.aws.plugins.module_utils.kinds.route_table import RouteTable
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_endpoint import FULL_ACCESS, GATEWAY, INTERFACE, VpcEndpoint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_peering import VpcPeering
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_peering_accepter import VpcPeeringAccepter
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_rules as rules
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import NAME
from ansible_collections.terrace.aws.plugins.module_utils.tiers._network_access import ANYWHERE, ANYWHERE_IPV6, TIER
from ansible_collections.terrace.aws.plugins.module_utils.tiers._network_addresses import Options, vpc_blocks

# All other services have interface endpoints: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
GATEWAY_SERVICES = ("s3", "dynamodb")
MAX_POLICY = 20480
# Not part of SPEC, because Ansible's page would get too long to read.
PEER: Spec = {
    "stack": {"type": "str"},
    "vpc": {"type": "str"},
    "id": {"type": "str"},
    "account": {"type": "str"},
    "region": {"type": "str"},
    "accept": {"type": "bool", "default": False},
}
PEER_CONSTRAINTS = {
    "stack": Constraint(
        pattern=r"[a-z][a-z0-9-]{1,39}", says="a stack's name has 2 to 40 lower-case letters, digits and hyphens"
    ),
    "vpc": NAME,
    "id": Constraint(pattern=r"vpc-[0-9a-f]{8,17}", says="a VPC's id looks like vpc-0a1b2c3d4e5f60718"),
    "account": Constraint(pattern=r"\d{12}", says="an account id has 12 digits (quote it in YAML)"),
    "region": Constraint(pattern=r"[a-z]{2}(-[a-z]+)+-\d", says="a region looks like eu-west-1"),
}
Routes = dict[str, Reference]


def gateways(options: Options) -> Iterator[Declaration]:
    public = [subnet["name"] for subnet in options["subnets"] if subnet["public"]]
    if _nat_zones(options) and not public:
        raise InvalidOption("network.vpc.nat", "needs a class of subnets with public: true to stand in")
    if options["vpc"]["ipv6"] and any(_is_private_with_egress(subnet) for subnet in options["subnets"]):
        yield Declaration("egress_only_gateway", _vpc(options).name, TIER, EgressOnlyGateway(_vpc(options)), "network.vpc.ipv6")
    if not public:
        return
    yield Declaration("internet_gateway", _vpc(options).name, TIER, InternetGateway(_vpc(options)), "network.vpc")
    for zone in _nat_zones(options):
        yield Declaration("elastic_ip", f"nat/{zone}", TIER, ElasticIp(), "network.vpc.nat")
        values = NatGateway(
            subnet=Reference("subnet", f"{public[0]}/{zone}"),
            address=Reference("elastic_ip", f"nat/{zone}"),
            internet_gateway=Reference("internet_gateway", _vpc(options).name),
        )
        yield Declaration("nat_gateway", zone, TIER, values, "network.vpc.nat")


def route_tables(options: Options) -> Iterator[Declaration]:
    """One table for each public class; for the others one per zone, because NAT may differ by zone."""
    zones = options["vpc"]["zones"]
    for index, subnet in enumerate(options["subnets"]):
        members = {zone: Reference("subnet", f"{subnet['name']}/{zone}") for zone in zones}
        for reference in _tables_of(options, subnet):
            zone = reference.name.partition("/")[2]
            routes = {**_routes_out(options, subnet, zone), **_peering_routes(options, subnet)}
            attached = (members[zone],) if zone else tuple(members.values())
            values = RouteTable(_vpc(options), routes, attached)
            yield Declaration("route_table", reference.name, TIER, values, f"network.subnets[{index}]")


def endpoints(options: Options, stack: Stack) -> Iterator[Declaration]:
    for index, endpoint in enumerate(options["endpoints"]):
        path, service = f"network.endpoints[{index}]", endpoint["service"]
        whole = service if service.startswith("com.amazonaws.") else f"com.amazonaws.{stack.region}.{service}"
        is_gateway = service in GATEWAY_SERVICES
        values = VpcEndpoint(
            vpc=_vpc(options),
            service=whole,
            type=GATEWAY if is_gateway else INTERFACE,
            policy=_policy(endpoint["policy"], f"{path}.policy"),
            **(_gateway_places(options, endpoint, path) if is_gateway else _interface_places(options, endpoint, path)),
        )
        yield Declaration("vpc_endpoint", service, TIER, values, path)


def peerings(options: Options, stack: Stack) -> Iterator[Declaration]:
    for path, peering, peer in _peerings(options):
        name, other = peering["name"], Reference("vpc", peer["vpc"] or "")
        if peer["stack"] or peer["id"]:
            yield Declaration("peer_vpc", name, TIER, PeerVpc(peer["stack"], peer["vpc"], peer["id"]), f"{path}.peer")
            other = Reference("peer_vpc", name)
        if peer["accept"]:
            yield Declaration("vpc_peering_accepter", name, TIER, VpcPeeringAccepter(_vpc(options), other), path)
        else:
            account, region = peer["account"] or stack.account, peer["region"] or stack.region
            acceptable = True if (account, region) == (stack.account, stack.region) else None
            yield Declaration("vpc_peering", name, TIER, VpcPeering(_vpc(options), other, account, region, acceptable), path)


def _vpc(options: Options) -> Reference:
    return Reference("vpc", options["vpc"]["name"])


def _nat_zones(options: Options) -> list[str]:
    zones = options["vpc"]["zones"]
    return {"none": [], "single": zones[:1], "per_zone": zones}[options["vpc"]["nat"]]


def _is_private_with_egress(subnet: Mapping[str, Any]) -> bool:
    return subnet["egress"] and not subnet["public"]


def _tables_of(options: Options, subnet: Mapping[str, Any]) -> list[Reference]:
    if subnet["public"]:
        return [Reference("route_table", subnet["name"])]
    return [Reference("route_table", f"{subnet['name']}/{zone}") for zone in options["vpc"]["zones"]]


def _routes_out(options: Options, subnet: Mapping[str, Any], zone: str) -> Routes:
    vpc, nat_zones = _vpc(options).name, _nat_zones(options)
    routes: Routes = {}
    if subnet["public"]:
        routes[ANYWHERE] = routes[ANYWHERE_IPV6] = Reference("internet_gateway", vpc)
    elif subnet["egress"]:
        routes[ANYWHERE_IPV6] = Reference("egress_only_gateway", vpc)
        if nat_zones:
            routes[ANYWHERE] = Reference("nat_gateway", zone if zone in nat_zones else nat_zones[0])
    return {destination: target for destination, target in routes.items() if options["vpc"]["ipv6"] or destination == ANYWHERE}


def _peering_routes(options: Options, subnet: Mapping[str, Any]) -> Routes:
    routes: Routes = {}
    for path, peering, peer in _peerings(options):
        if peering["subnets"] is not None and subnet["name"] not in peering["subnets"]:
            continue
        target = Reference("vpc_peering_accepter" if peer["accept"] else "vpc_peering", peering["name"])
        for index, cidr in enumerate(peering["cidrs"]):
            if cidr in routes:
                raise InvalidOption(f"{path}.cidrs[{index}]", f"{cidr} has a route to {routes[cidr].key} already")
            routes[cidr] = target
    return routes


def _policy(document: Mapping[str, Any] | None, path: str) -> Any:
    """Limit: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"""
    if document is not None and len(json.dumps(document)) > MAX_POLICY:
        raise InvalidOption(path, f"takes at most {MAX_POLICY} characters")
    return document or FULL_ACCESS


def _gateway_places(options: Options, endpoint: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A gateway endpoint is routes: it stands in route tables, by default in all."""
    for option in ("security_groups", "private_dns"):
        if endpoint[option] is not None:
            raise InvalidOption(
                f"{path}.{option}", f"is for interface endpoints, and {endpoint['service']} has a gateway endpoint"
            )
    wanted = _classes(options, endpoint["subnets"], f"{path}.subnets")
    tables = [table for subnet in options["subnets"] if subnet["name"] in wanted for table in _tables_of(options, subnet)]
    return {"route_tables": tuple(tables)}


def _interface_places(options: Options, endpoint: Mapping[str, Any], path: str) -> dict[str, Any]:
    """An interface endpoint has one interface in each zone. AWS's default group would be none of ours."""
    for option in ("subnets", "security_groups"):
        if not endpoint[option]:
            raise InvalidOption(f"{path}.{option}", f"is required for {endpoint['service']}, which has an interface endpoint")
    wanted = _classes(options, endpoint["subnets"], f"{path}.subnets")
    if len(wanted) > 1:
        raise InvalidOption(f"{path}.subnets", "takes one class: an endpoint has at most one subnet in each zone")
    known = names(options["security_groups"])
    for number, group in enumerate(endpoint["security_groups"]):
        require_known(group, known, f"{path}.security_groups[{number}]", "security group")
    return {
        "subnets": tuple(Reference("subnet", f"{wanted[0]}/{zone}") for zone in options["vpc"]["zones"]),
        "security_groups": tuple(Reference("security_group", group) for group in endpoint["security_groups"]),
        "private_dns": True if endpoint["private_dns"] is None else endpoint["private_dns"],
    }


def _classes(options: Options, given: list[str] | None, path: str) -> list[str]:
    """Return the classes of subnets, all unless some are given."""
    known = [subnet["name"] for subnet in options["subnets"]]
    for index, name in enumerate(given or []):
        require_known(name, set(known), f"{path}[{index}]", "class of subnets")
    return known if given is None else given


def _peerings(options: Options) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield path, peering and checked peer."""
    for index, peering in enumerate(options["peerings"]):
        path = f"network.peerings[{index}]"
        peer = validated(peering["peer"], PEER, PEER_CONSTRAINTS, f"{path}.peer")
        if bool(peer["vpc"]) == bool(peer["id"]):
            raise InvalidOption(f"{path}.peer", "needs either vpc (with stack, or one that is external) or id")
        for option in ("account", "region"):
            if peer[option] and not peer["id"]:
                raise InvalidOption(f"{path}.peer.{option}", "is for a VPC that is given by its id")
        _classes(options, peering["subnets"], f"{path}.subnets")
        cidrs = [_foreign_block(options, cidr, f"{path}.cidrs[{number}]") for number, cidr in enumerate(peering["cidrs"])]
        yield path, {**peering, "cidrs": cidrs}, peer


def _foreign_block(options: Options, text: str, path: str) -> str:
    block = ipaddress.ip_network(rules.cidr(text, path))
    for own in vpc_blocks(options):
        if block.version == own.version and block.overlaps(own):
            raise InvalidOption(path, f"{block} overlaps with the VPC's {own}")
    return str(block)
