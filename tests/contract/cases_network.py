# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the network tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.default_network_acl import DefaultNetworkAcl
from ansible_collections.terrace.aws.plugins.module_utils.kinds.default_security_group import DefaultSecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.dhcp_options import DhcpOptions
from ansible_collections.terrace.aws.plugins.module_utils.kinds.egress_only_gateway import EgressOnlyGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.flow_log import FlowLog
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.nat_gateway import NatGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.network_acl import NetworkAcl
from ansible_collections.terrace.aws.plugins.module_utils.kinds.prefix_list import PrefixList
from ansible_collections.terrace.aws.plugins.module_utils.kinds.route_table import RouteTable
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group_rule import SecurityGroupRule
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_cidr import VpcCidr
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_endpoint import VpcEndpoint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_peering import VpcPeering
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc_peering_accepter import VpcPeeringAccepter
from tests.contract.case import Case


def declared(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "network", values)


def peering(vpc: Reference, peer: Reference) -> VpcPeering:
    return VpcPeering(vpc=vpc, peer_vpc=peer, peer_account="123456789012", peer_region="eu-west-1")


VPC = declared("vpc", "main", Vpc(cidr="10.30.0.0/16"))
OTHER_VPC = declared("vpc", "other", Vpc(cidr="10.31.0.0/16"))
MAIN, OTHER = Reference("vpc", "main"), Reference("vpc", "other")
GATEWAY = declared("internet_gateway", "main", InternetGateway(vpc=MAIN))
SUBNET = declared("subnet", "app/eu-west-1a", Subnet(vpc=MAIN, cidr="10.30.0.0/24", zone="eu-west-1a"))
SUBNET_B = declared("subnet", "app/eu-west-1b", Subnet(vpc=MAIN, cidr="10.30.1.0/24", zone="eu-west-1b"))
ADDRESS = declared("elastic_ip", "nat", ElasticIp())
IPV6 = declared("vpc_cidr", "ipv6", VpcCidr(vpc=MAIN, block="amazon-ipv6"))
GROUP = declared("security_group", "app", SecurityGroup(vpc=MAIN, description="App"))
OTHER_GROUP = declared("security_group", "other", SecurityGroup(vpc=MAIN, description="Other"))
TABLES = tuple(declared("route_table", name, RouteTable(vpc=MAIN, routes={}, subnets=())) for name in ("app", "data"))
ALLOW_ALL = {"action": "allow", "protocol": "all", "from_port": -1, "to_port": -1, "cidr": "0.0.0.0/0"}
ALLOW_WEB = {"action": "allow", "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr": "10.0.0.0/8"}
DENY_PING = {"action": "deny", "protocol": "icmp", "from_port": 8, "to_port": -1, "cidr": "0.0.0.0/0"}
ALLOW_IPV6 = {"action": "allow", "protocol": "udp", "from_port": 1024, "to_port": 65535, "cidr": "::/0"}
ACLS = tuple(declared("network_acl", name, NetworkAcl(vpc=MAIN, ingress=(ALLOW_ALL,), egress=())) for name in ("app", "data"))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["*"]}],
}

CASES = {
    "vpc": Case(
        Vpc(cidr="10.40.0.0/16", dns_support=True, dns_hostnames=True),
        "network",
        (
            declared(
                "dhcp_options", "main", DhcpOptions(domain=("example.com",), dns_servers=("AmazonProvidedDNS",), ntp_servers=())
            ),
        ),
        changes={"dns_hostnames": False, "dns_support": False, "dhcp_options": Reference("dhcp_options", "main")},
    ),
    "vpc_cidr": Case(VpcCidr(vpc=MAIN, block="100.64.0.0/16"), "network", (VPC,)),
    "dhcp_options": Case(
        DhcpOptions(domain=("example.com",), dns_servers=("10.30.0.9", "AmazonProvidedDNS"), ntp_servers=("169.254.169.123",)),
        "network",
    ),
    "egress_only_gateway": Case(EgressOnlyGateway(vpc=MAIN), "network", (VPC, IPV6)),
    "subnet": Case(
        Subnet(
            vpc=MAIN,
            cidr="10.30.9.0/24",
            zone="eu-west-1a",
            public_ip=False,
            ipv6=(Reference("vpc_cidr", "ipv6", "cidr"), 9),
            assign_ipv6=False,
            network_acl=Reference("network_acl", "app"),
        ),
        "network",
        (VPC, IPV6, *ACLS),
        changes={
            "public_ip": True,
            "ipv6": (Reference("vpc_cidr", "ipv6", "cidr"), 10),
            "assign_ipv6": True,
            "network_acl": Reference("network_acl", "data"),
        },
    ),
    "network_acl": Case(
        NetworkAcl(vpc=MAIN, ingress=(DENY_PING, ALLOW_WEB, ALLOW_ALL), egress=(ALLOW_ALL,)),
        "network",
        (VPC,),
        changes={"ingress": (ALLOW_ALL, ALLOW_IPV6, DENY_PING), "egress": ()},
    ),
    "default_network_acl": Case(
        DefaultNetworkAcl(vpc=MAIN, ingress=(ALLOW_ALL,), egress=(ALLOW_ALL,)),
        "network",
        (VPC,),
        changes={"ingress": (), "egress": (ALLOW_WEB, ALLOW_ALL)},
    ),
    "default_security_group": Case(DefaultSecurityGroup(vpc=MAIN), "network", (VPC,), changes={"empty": True}),
    "prefix_list": Case(
        PrefixList(family="IPv4", max_entries=5, entries={"192.0.2.0/24": "office", "198.51.100.7/32": ""}),
        "network",
        changes={"max_entries": 2, "entries": {"192.0.2.0/24": "the office", "203.0.113.0/24": "branch"}},
    ),
    "vpc_endpoint": Case(
        VpcEndpoint(
            vpc=MAIN,
            service="com.amazonaws.eu-west-1.secretsmanager",
            type="Interface",
            policy="full access",
            private_dns=True,
            subnets=(Reference("subnet", SUBNET.name),),
            security_groups=(Reference("security_group", "app"),),
        ),
        "network",
        (VPC, SUBNET, SUBNET_B, GROUP, OTHER_GROUP, *TABLES),
        changes={
            "policy": READ_ONLY,
            "private_dns": False,
            "subnets": (Reference("subnet", SUBNET_B.name),),
            "security_groups": (Reference("security_group", "other"),),
            "route_tables": (Reference("route_table", "app"), Reference("route_table", "data")),
        },
    ),
    "flow_log": Case(
        FlowLog(
            vpc=MAIN,
            log_group=Reference("log_group", "flow"),
            role=Reference("iam_role", "flow", "arn"),
            traffic="REJECT",
            interval=600,
        ),
        "network",
        (
            VPC,
            Declaration("log_group", "flow", "monitoring", LogGroup()),
            Declaration("iam_role", "flow", "identity", IamRole(trust=TRUST)),
        ),
    ),
    "vpc_peering": Case(peering(MAIN, OTHER), "network", (VPC, OTHER_VPC), changes={"accepted": True}),
    "vpc_peering_accepter": Case(
        VpcPeeringAccepter(vpc=MAIN, peer_vpc=OTHER),
        "network",
        (VPC, OTHER_VPC, declared("vpc_peering", "request", peering(OTHER, MAIN))),
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
