# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network tier: VPC and subnets by class and zone. Ways in and out, and who may talk to whom, have files of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.dhcp_options import DhcpOptions
from ansible_collections.terrace.aws.plugins.module_utils.kinds.flow_log import FlowLog
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import NO_IPV6, Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_cidr import AMAZON_IPV6, VpcCidr
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_access as access
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_routes as routes
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY, NAME, ZONE, reference, several
from ansible_collections.terrace.aws.plugins.module_utils.tiers._network_addresses import (
    Options,
    class_blocks,
    ipv6_number,
    secondary_block,
    vpc_blocks,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._network_rules import DESCRIPTION_CHARACTERS

TIER = "network"
KINDS = (
    "vpc",
    "vpc_cidr",
    "dhcp_options",
    "internet_gateway",
    "egress_only_gateway",
    "subnet",
    "elastic_ip",
    "nat_gateway",
    "route_table",
    "network_acl",
    "default_network_acl",
    "default_security_group",
    "prefix_list",
    "security_group",
    "security_group_rule",
    "vpc_endpoint",
    "flow_log",
    "peer_vpc",
    "vpc_peering",
    "vpc_peering_accepter",
)
SPEC = {
    "vpc": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "cidr": {"type": "str", "required": True},
            "secondary_cidrs": {"type": "list", "elements": "str", "default": []},
            "zones": {"type": "list", "elements": "str", "required": True},
            "nat": {"type": "str", "choices": ["none", "single", "per_zone"], "default": "none"},
            "ipv6": {"type": "bool", "default": False},
            "empty_defaults": {"type": "bool", "default": True},
            "dhcp": {"type": "dict"},
            "flow_logs": {"type": "dict"},
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
            "acl": {"type": "dict"},
        },
    },
    "prefix_lists": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "entries": {"type": "list", "elements": "raw", "required": True},
            "max_entries": {"type": "int"},
        },
    },
    "security_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "ingress": {"type": "list", "elements": "dict", "default": []},
            "egress": {"type": "list", "elements": "dict"},
            "purge_rules": {"type": "bool", "default": True},
        },
    },
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "service": {"type": "str", "required": True},
            "subnets": {"type": "list", "elements": "str"},
            "security_groups": {"type": "list", "elements": "str"},
            "policy": {"type": "dict"},
            "private_dns": {"type": "bool"},
        },
    },
    "peerings": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "peer": {"type": "dict", "required": True},
            "cidrs": {"type": "list", "elements": "str", "required": True},
            "subnets": {"type": "list", "elements": "str"},
        },
    },
}
# Of network.vpc. Not part of SPEC, because Ansible's page would get too long to read.
DHCP: Spec = {
    "domain": {"type": "str"},
    "dns_servers": {"type": "list", "elements": "str", "default": ["AmazonProvidedDNS"]},
    "ntp_servers": {"type": "list", "elements": "str", "default": []},
}
FLOW_LOGS: Spec = {
    "log_group": {"type": "str"},
    "role": {"type": "str"},
    "bucket": {"type": "str"},
    "traffic": {"type": "str", "choices": ["all", "accept", "reject"], "default": "all"},
    "interval": {"type": "int", "choices": [60, 600], "default": 600},
}
ADDRESS = Constraint(pattern=r"[0-9a-f.:]+", says="a server is given by its address")
CONSTRAINTS = {
    "vpc.name": NAME,
    "vpc.cidr": Constraint(prefix=(16, 28)),
    # Five blocks in all: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    "vpc.secondary_cidrs": Constraint(max_length=4, distinct=True),
    "vpc.secondary_cidrs[]": Constraint(prefix=(16, 28)),
    "vpc.zones": Constraint(min_length=1, max_length=6, distinct=True),
    "vpc.zones[]": ZONE,
    "subnets": several(),
    "subnets[].name": NAME,
    "subnets[].cidrs": Constraint(min_length=1, max_length=6, distinct=True),
    "subnets[].cidrs[]": Constraint(prefix=(16, 28)),
    "prefix_lists": several(),
    "prefix_lists[].name": NAME,
    "prefix_lists[].entries": Constraint(min_length=1, max_length=1000),
    "prefix_lists[].max_entries": Constraint(minimum=1, maximum=1000),
    "security_groups": several(),
    "security_groups[].name": NAME,
    "security_groups[].description": Constraint(
        pattern=rf"{DESCRIPTION_CHARACTERS}{{1,255}}", says="1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    ),
    # https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups, 1,000 for both ways
    "security_groups[].ingress": Constraint(max_length=MANY),
    "security_groups[].egress": Constraint(max_length=MANY),
    "endpoints": Constraint(unique="service", max_length=50),
    "endpoints[].service": Constraint(
        pattern=r"[a-z0-9][a-z0-9.-]{0,127}",
        says="a service is a name like s3, ecr.api or com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d",
    ),
    "endpoints[].subnets": Constraint(min_length=1, distinct=True),
    "endpoints[].security_groups": Constraint(min_length=1, max_length=5, distinct=True),
    "peerings": Constraint(unique="name", max_length=125),
    "peerings[].name": NAME,
    "peerings[].cidrs": Constraint(min_length=1, max_length=50, distinct=True),
    "peerings[].subnets": Constraint(min_length=1, distinct=True),
}
DHCP_CONSTRAINTS = {
    "domain": Constraint(pattern=r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", says="a domain looks like internal.example.com"),
    "dns_servers": Constraint(min_length=1, max_length=4),
    "dns_servers[]": Constraint(
        pattern=r"AmazonProvidedDNS|[0-9a-f.:]+", says="a server is given by its address, or AmazonProvidedDNS"
    ),
    "ntp_servers": Constraint(max_length=4),
    "ntp_servers[]": ADDRESS,
}
FLOW_LOGS_CONSTRAINTS = {
    "log_group": reference("log_group/{}"),
    "role": reference("iam_role/{}"),
    "bucket": Constraint(
        pattern=r"arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}(/.*)?", says="a bucket is given by its ARN, with an optional prefix"
    ),
}
IPV6 = "ipv6"


def build(options: Options, stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    if options["vpc"] is None:
        needy = [name for name in SPEC if name != "vpc" and options[name]]
        if needy:
            raise InvalidOption("network.vpc", f"is required when {needy[0].replace('_', ' ')} are declared")
        return []
    _check_zones(options["vpc"]["zones"], stack)
    return [
        *_vpc(options),
        *_subnets(options),
        *access.defaults(options),
        *access.network_acls(options),
        *routes.gateways(options),
        *routes.peerings(options, stack),
        *routes.route_tables(options),
        *access.prefix_lists(options),
        *access.security_groups(options),
        *routes.endpoints(options, stack),
        *_flow_logs(options),
    ]


def _check_zones(zones: list[str], stack: Stack) -> None:
    for index, zone in enumerate(zones):
        if zone[:-1] != stack.region:
            raise InvalidOption(f"network.vpc.zones[{index}]", f"{zone} is not in the stack's region {stack.region}")


def _vpc(options: Options) -> Iterator[Declaration]:
    vpc = options["vpc"]
    reference = Reference("vpc", vpc["name"])
    dhcp = Reference("dhcp_options", vpc["name"]) if vpc["dhcp"] is not None else None
    values = Vpc(cidr=vpc["cidr"], dns_support=True, dns_hostnames=True, dhcp_options=dhcp)
    yield Declaration("vpc", vpc["name"], TIER, values, "network.vpc")
    if dhcp:
        yield Declaration("dhcp_options", vpc["name"], TIER, _dhcp(vpc["dhcp"]), "network.vpc.dhcp")
    for index, block in enumerate(vpc_blocks(options)[1:]):
        path = f"network.vpc.secondary_cidrs[{index}]"
        yield Declaration("vpc_cidr", str(block), TIER, VpcCidr(reference, str(block)), path)
    if vpc["ipv6"]:
        yield Declaration("vpc_cidr", IPV6, TIER, VpcCidr(reference, AMAZON_IPV6), "network.vpc.ipv6")


def _dhcp(given: Any) -> DhcpOptions:
    dhcp = validated(given, DHCP, DHCP_CONSTRAINTS, "network.vpc.dhcp")
    domain = (dhcp["domain"],) if dhcp["domain"] else ()
    return DhcpOptions(domain, tuple(dhcp["dns_servers"]), tuple(dhcp["ntp_servers"]))


def _subnets(options: Options) -> Iterator[Declaration]:
    blocks, ipv6 = class_blocks(options), options["vpc"]["ipv6"]
    for index, subnet in enumerate(options["subnets"]):
        for number, zone in enumerate(options["vpc"]["zones"]):
            block = blocks[subnet["name"]][number]
            secondary = secondary_block(options, block)
            values = Subnet(
                vpc=Reference("vpc", options["vpc"]["name"]),
                cidr=str(block),
                zone=zone,
                block=Reference("vpc_cidr", secondary) if secondary else None,
                public_ip=subnet["public_ip"],
                ipv6=(Reference("vpc_cidr", IPV6, "cidr"), ipv6_number(index, number)) if ipv6 else NO_IPV6,
                assign_ipv6=ipv6,
                network_acl=access.network_acl_of(options, subnet),
            )
            yield Declaration("subnet", f"{subnet['name']}/{zone}", TIER, values, f"network.subnets[{index}]")


def _flow_logs(options: Options) -> Iterator[Declaration]:
    if options["vpc"]["flow_logs"] is None:
        return
    path, name = "network.vpc.flow_logs", options["vpc"]["name"]
    given = validated(options["vpc"]["flow_logs"], FLOW_LOGS, FLOW_LOGS_CONSTRAINTS, path)
    if bool(given["log_group"]) == bool(given["bucket"]):
        raise InvalidOption(path, "needs either log_group or bucket")
    if bool(given["log_group"]) != bool(given["role"]):
        raise InvalidOption(f"{path}.role", "goes with log_group: it is the role that writes there")
    values = FlowLog(
        vpc=Reference("vpc", name),
        log_group=Reference("log_group", given["log_group"]) if given["log_group"] else None,
        role=Reference("iam_role", given["role"], "arn") if given["role"] else None,
        bucket=given["bucket"],
        traffic=given["traffic"].upper(),
        interval=given["interval"],
    )
    yield Declaration("flow_log", name, TIER, values, path)
