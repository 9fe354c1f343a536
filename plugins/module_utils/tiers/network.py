# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network tier: VPC, subnets by class and zone, gateways, NAT, route tables, security groups and their rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, names, require_known
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.nat_gateway import NatGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.route_table import RouteTable
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group_rule import SecurityGroupRule, rule_text
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc

TIER = "network"
KINDS = ("vpc", "internet_gateway", "subnet", "elastic_ip", "nat_gateway", "route_table", "security_group", "security_group_rule")
RULE_OPTIONS = {
    "port": {"type": "int"},
    "from_port": {"type": "int"},
    "to_port": {"type": "int"},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp", "icmpv6", "all"], "default": "tcp"},
    "description": {"type": "str", "default": ""},
}
SPEC = {
    "vpc": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "cidr": {"type": "str", "required": True},
            "zones": {"type": "list", "elements": "str", "required": True},
            "nat": {"type": "str", "choices": ["none", "single", "per_zone"], "default": "none"},
            "dns_hostnames": {"type": "bool", "default": True},
            "tenancy": {"type": "str", "choices": ["default", "dedicated"], "default": "default"},
        },
    },
    "subnets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "public": {"type": "bool", "default": False},
            "egress": {"type": "bool", "default": True},
            "public_ip": {"type": "bool", "default": False},
            "cidrs": {"type": "list", "elements": "str"},
        },
    },
    "security_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "ingress": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**RULE_OPTIONS, "from": {"type": "raw", "required": True}},
            },
            "egress": {"type": "list", "elements": "dict", "options": {**RULE_OPTIONS, "to": {"type": "raw", "required": True}}},
        },
    },
}
NAME = Constraint(pattern=r"[a-z][a-z0-9-]{0,31}", says="a name is 1 to 32 lower-case letters, digits and hyphens")
DESCRIPTION_CHARACTERS = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]"
PORT = Constraint(minimum=0, maximum=65535)
CONSTRAINTS = {
    "vpc.name": NAME,
    "vpc.cidr": Constraint(prefix=(16, 28)),
    "vpc.zones": Constraint(min_length=1, max_length=6),
    "vpc.zones[]": Constraint(pattern=r"[a-z]{2}(-[a-z]+)+-\d[a-z]", says="a zone looks like eu-west-1a"),
    "subnets": Constraint(unique="name"),
    "subnets[].name": NAME,
    "subnets[].cidrs[]": Constraint(prefix=(16, 28)),
    "security_groups": Constraint(unique="name"),
    "security_groups[].name": NAME,
    "security_groups[].description": Constraint(
        pattern=rf"{DESCRIPTION_CHARACTERS}{{1,255}}", says="1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    ),
    **{
        f"security_groups[].{direction}[].{port}": PORT
        for direction in ("ingress", "egress")
        for port in ("port", "from_port", "to_port")
    },
    **{
        f"security_groups[].{direction}[].description": Constraint(
            pattern=rf"{DESCRIPTION_CHARACTERS}{{0,255}}", says="at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
        )
        for direction in ("ingress", "egress")
    },
}
ANYWHERE = "0.0.0.0/0"
# Each class of subnets gets four zones' worth of consecutive blocks, so that adding a zone moves nothing.
ZONES_PER_CLASS = 4
BITS_PER_CLASS = 4


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    if options["vpc"] is None:
        if options["subnets"] or options["security_groups"]:
            raise InvalidOption("network.vpc", "is required when subnets or security groups are declared")
        return []
    vpc = options["vpc"]
    _check_zones(vpc["zones"], stack)
    return [
        Declaration(
            "vpc",
            vpc["name"],
            TIER,
            Vpc(cidr=vpc["cidr"], tenancy=vpc["tenancy"], dns_support=True, dns_hostnames=vpc["dns_hostnames"]),
            "network.vpc",
        ),
        *_subnets(options),
        *_gateways(options),
        *_route_tables(options),
        *_security_groups(options),
    ]


def _vpc(options: Mapping[str, Any]) -> Reference:
    return Reference("vpc", options["vpc"]["name"])


def _check_zones(zones: list[str], stack: Stack) -> None:
    for index, zone in enumerate(zones):
        if zone[:-1] != stack.region:
            raise InvalidOption(f"network.vpc.zones[{index}]", f"{zone} is not in the stack's region {stack.region}")
        if zone in zones[:index]:
            raise InvalidOption(f"network.vpc.zones[{index}]", f"{zone} is given twice")


def _subnets(options: Mapping[str, Any]) -> Iterator[Declaration]:
    taken: dict[Any, str] = {}
    for index, subnet in enumerate(options["subnets"]):
        path = f"network.subnets[{index}]"
        for zone, cidr in zip(options["vpc"]["zones"], _cidrs(options, index, path), strict=True):
            _check_free(cidr, taken, path, options["vpc"]["cidr"])
            taken[ipaddress.ip_network(cidr)] = f"{subnet['name']}/{zone}"
            yield Declaration(
                "subnet",
                f"{subnet['name']}/{zone}",
                TIER,
                Subnet(vpc=_vpc(options), cidr=cidr, zone=zone, public_ip=subnet["public_ip"]),
                path,
            )


def _cidrs(options: Mapping[str, Any], index: int, path: str) -> list[str]:
    """Return one block per zone: as given, or a sixteenth of the VPC each."""
    zones, given = options["vpc"]["zones"], options["subnets"][index]["cidrs"]
    if given is not None:
        if len(given) != len(zones):
            raise InvalidOption(f"{path}.cidrs", f"needs one block for each of the {len(zones)} zones, not {len(given)}")
        return given
    network = ipaddress.ip_network(options["vpc"]["cidr"])
    first = index * ZONES_PER_CLASS
    if len(zones) > ZONES_PER_CLASS or first + len(zones) > 2**BITS_PER_CLASS or network.prefixlen + BITS_PER_CLASS > 28:
        raise InvalidOption(
            f"{path}.cidrs",
            "is required: blocks are computed for up to four classes of up to four zones in a VPC of /24 or larger",
        )
    blocks = list(network.subnets(prefixlen_diff=BITS_PER_CLASS))
    return [str(block) for block in blocks[first : first + len(zones)]]


def _check_free(cidr: str, taken: Mapping[Any, str], path: str, vpc_cidr: str) -> None:
    network = ipaddress.IPv4Network(cidr)
    if not network.subnet_of(ipaddress.IPv4Network(vpc_cidr)):
        raise InvalidOption(f"{path}.cidrs", f"{cidr} is not inside the VPC's {vpc_cidr}")
    for other, name in taken.items():
        if network.overlaps(other):
            raise InvalidOption(f"{path}.cidrs", f"{cidr} overlaps with subnet {name} ({other})")


def _public_classes(options: Mapping[str, Any]) -> list[str]:
    return [subnet["name"] for subnet in options["subnets"] if subnet["public"]]


def _nat_zones(options: Mapping[str, Any]) -> list[str]:
    zones = options["vpc"]["zones"]
    return {"none": [], "single": zones[:1], "per_zone": zones}[options["vpc"]["nat"]]


def _gateways(options: Mapping[str, Any]) -> Iterator[Declaration]:
    public = _public_classes(options)
    if _nat_zones(options) and not public:
        raise InvalidOption("network.vpc.nat", "needs a class of subnets with public: true to stand in")
    if not public:
        return
    gateway = Reference("internet_gateway", options["vpc"]["name"])
    yield Declaration("internet_gateway", gateway.name, TIER, InternetGateway(vpc=_vpc(options)), "network.vpc")
    for zone in _nat_zones(options):
        yield Declaration("elastic_ip", f"nat/{zone}", TIER, ElasticIp(), "network.vpc.nat")
        yield Declaration(
            "nat_gateway",
            zone,
            TIER,
            NatGateway(
                subnet=Reference("subnet", f"{public[0]}/{zone}"),
                address=Reference("elastic_ip", f"nat/{zone}"),
                internet_gateway=gateway,
            ),
            "network.vpc.nat",
        )


def _route_tables(options: Mapping[str, Any]) -> Iterator[Declaration]:
    """One table for each public class; for the others one per zone, because NAT may differ by zone."""
    for index, subnet in enumerate(options["subnets"]):
        path, name = f"network.subnets[{index}]", subnet["name"]
        members = {zone: Reference("subnet", f"{name}/{zone}") for zone in options["vpc"]["zones"]}
        if subnet["public"]:
            routes = {ANYWHERE: Reference("internet_gateway", options["vpc"]["name"])}
            yield _route_table(options, name, routes, tuple(members.values()), path)
            continue
        for zone, member in members.items():
            yield _route_table(options, f"{name}/{zone}", _private_routes(options, subnet, zone), (member,), path)


def _private_routes(options: Mapping[str, Any], subnet: Mapping[str, Any], zone: str) -> dict[str, Reference]:
    nat_zones = _nat_zones(options)
    if not nat_zones or not subnet["egress"]:
        return {}
    return {ANYWHERE: Reference("nat_gateway", zone if zone in nat_zones else nat_zones[0])}


def _route_table(
    options: Mapping[str, Any], name: str, routes: dict[str, Reference], subnets: tuple[Reference, ...], path: str
) -> Declaration:
    return Declaration("route_table", name, TIER, RouteTable(vpc=_vpc(options), routes=routes, subnets=subnets), path)


def _security_groups(options: Mapping[str, Any]) -> Iterator[Declaration]:
    known = names(options["security_groups"])
    for index, group in enumerate(options["security_groups"]):
        path = f"network.security_groups[{index}]"
        description = group["description"] or f"Security group {group['name']}"
        yield Declaration("security_group", group["name"], TIER, SecurityGroup(vpc=_vpc(options), description=description), path)
        egress = group["egress"] if group["egress"] is not None else [dict(_ALL_EGRESS)]
        seen: set[str] = set()
        for direction, rules, peer_option in (("ingress", group["ingress"], "from"), ("egress", egress, "to")):
            for number, rule in enumerate(rules):
                rule_path = f"{path}.{direction}[{number}]"
                for declaration in _rules(group["name"], direction, rule, peer_option, known, rule_path):
                    if declaration.name in seen:
                        raise InvalidOption(rule_path, "says the same as a rule before it")
                    seen.add(declaration.name)
                    yield declaration


_ALL_EGRESS = {"protocol": "all", "to": ANYWHERE, "port": None, "from_port": None, "to_port": None, "description": ""}


def _rules(
    group: str, direction: str, rule: Mapping[str, Any], peer_option: str, known: set[str], path: str
) -> Iterator[Declaration]:
    """One declaration for each peer of the rule."""
    protocol = "-1" if rule["protocol"] == "all" else rule["protocol"]
    from_port, to_port = _ports(rule, path)
    peers = rule[peer_option] if isinstance(rule[peer_option], list) else [rule[peer_option]]
    for peer in peers:
        target = _peer(str(peer), known, f"{path}.{peer_option}")
        yield Declaration(
            "security_group_rule",
            f"{group}/{rule_text(direction, protocol, from_port, to_port, peer)}",
            TIER,
            SecurityGroupRule(
                group=Reference("security_group", group),
                direction=direction,
                protocol=protocol,
                from_port=from_port,
                to_port=to_port,
                peer=target,
                description=rule["description"],
            ),
            path,
        )


def _ports(rule: Mapping[str, Any], path: str) -> tuple[int, int]:
    """Return the port range; -1 to -1 stands for protocols without ports and for all ICMP types."""
    single, first, last = rule["port"], rule["from_port"], rule["to_port"]
    if rule["protocol"] in ("all", "icmp", "icmpv6"):
        if rule["protocol"] == "all" and (single, first, last) != (None, None, None):
            raise InvalidOption(path, "protocol all has no ports")
        return (-1 if first is None else first, -1 if last is None else last)
    if single is not None:
        if first is not None or last is not None:
            raise InvalidOption(f"{path}.port", "excludes from_port and to_port")
        return single, single
    if first is None or last is None:
        raise InvalidOption(f"{path}.port", "is required (or from_port and to_port) for tcp and udp")
    if first > last:
        raise InvalidOption(f"{path}.from_port", f"{first} is greater than to_port {last}")
    return first, last


def _peer(peer: str, known: set[str], path: str) -> Any:
    """A ``/`` means a CIDR, ``pl-`` a prefix list, anything else a security group of the stack."""
    if peer.startswith("pl-"):
        return peer
    if "/" in peer:
        try:
            return str(ipaddress.ip_network(peer))
        except ValueError as error:
            raise InvalidOption(path, f"is not a CIDR block: {error}") from None
    require_known(peer, known, path, "security group")
    return Reference("security_group", peer)
