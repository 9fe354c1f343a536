# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the network tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.nat_gateway import NatGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.route_table import RouteTable
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group_rule import SecurityGroupRule
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case


def declared(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "network", values)


VPC = declared("vpc", "main", Vpc(cidr="10.30.0.0/16"))
OTHER_VPC = declared("vpc", "other", Vpc(cidr="10.31.0.0/16"))
MAIN = Reference("vpc", "main")
GATEWAY = declared("internet_gateway", "main", InternetGateway(vpc=MAIN))
SUBNET = declared("subnet", "app/eu-west-1a", Subnet(vpc=MAIN, cidr="10.30.0.0/24", zone="eu-west-1a"))
SUBNET_B = declared("subnet", "app/eu-west-1b", Subnet(vpc=MAIN, cidr="10.30.1.0/24", zone="eu-west-1b"))
ADDRESS = declared("elastic_ip", "nat", ElasticIp())
GROUP = declared("security_group", "app", SecurityGroup(vpc=MAIN, description="App"))

CASES = {
    "vpc": Case(
        Vpc(cidr="10.40.0.0/16", dns_support=True, dns_hostnames=True),
        "network",
        changes={"dns_hostnames": False, "dns_support": False},
    ),
    "subnet": Case(
        Subnet(vpc=MAIN, cidr="10.30.9.0/24", zone="eu-west-1a", public_ip=False), "network", (VPC,), changes={"public_ip": True}
    ),
    "internet_gateway": Case(InternetGateway(vpc=MAIN), "network", (VPC, OTHER_VPC), changes={"vpc": Reference("vpc", "other")}),
    "elastic_ip": Case(ElasticIp(), "network"),
    "nat_gateway": Case(
        NatGateway(
            subnet=Reference("subnet", SUBNET.name),
            address=Reference("elastic_ip", "nat"),
            internet_gateway=Reference("internet_gateway", "main"),
        ),
        "network",
        (VPC, GATEWAY, SUBNET, ADDRESS),
    ),
    "route_table": Case(
        RouteTable(
            vpc=MAIN, routes={"0.0.0.0/0": Reference("internet_gateway", "main")}, subnets=(Reference("subnet", SUBNET.name),)
        ),
        "network",
        (VPC, GATEWAY, SUBNET, SUBNET_B),
        changes={"routes": {}, "subnets": (Reference("subnet", SUBNET_B.name),)},
    ),
    "security_group": Case(SecurityGroup(vpc=MAIN, description="Subject"), "network", (VPC,)),
    "security_group_rule": Case(
        SecurityGroupRule(
            group=Reference("security_group", "app"),
            direction="ingress",
            protocol="tcp",
            from_port=80,
            to_port=80,
            peer="0.0.0.0/0",
            description="web",
        ),
        "network",
        (VPC, GROUP),
        changes={"description": "web and more"},
    ),
}
