# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network has beyond subnets, NAT and security groups."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.tiers import network

STACK = Stack("demo", "123456789012", "eu-west-1")
OPEN_RULE = {"action": "allow", "protocol": "all", "from_port": -1, "to_port": -1, "cidr": "0.0.0.0/0"}
OPTIONS: dict[str, Any] = {
    "vpc": {
        "name": "main",
        "cidr": "10.20.0.0/16",
        "secondary_cidrs": ["100.64.0.0/20"],
        "zones": ["eu-west-1a", "eu-west-1b"],
        "nat": "single",
        "ipv6": True,
        "dhcp": {"domain": "internal.example.com"},
        "flow_logs": {"log_group": "network", "role": "flow-logs", "traffic": "reject"},
    },
    "subnets": [
        {"name": "public", "public": True},
        {"name": "app", "cidrs": ["100.64.0.0/24", "100.64.1.0/24"]},
        {
            "name": "data",
            "egress": False,
            "acl": {
                "ingress": [
                    {"port": 5432, "from": "app"},
                    {"protocol": "icmp", "from_port": 8, "action": "deny", "from": "::/0"},
                ],
                "egress": [{"from_port": 1024, "to_port": 65535, "to": ["10.20.0.0/16", "app"]}],
            },
        },
    ],
    "prefix_lists": [{"name": "office", "entries": ["192.0.2.0/24", {"cidr": "198.51.100.7/32", "description": "branch"}]}],
    "security_groups": [
        {"name": "app", "ingress": [{"port": 443, "from": ["pl-office", "pl-0123abcd"]}], "purge_rules": False},
        {"name": "endpoints", "egress": []},
    ],
    "endpoints": [{"service": "s3"}, {"service": "ecr.api", "subnets": ["app"], "security_groups": ["endpoints"]}],
    "peerings": [
        {"name": "shared", "peer": {"stack": "shared", "vpc": "main"}, "cidrs": ["10.30.0.0/16"], "subnets": ["app"]},
        {"name": "partner", "peer": {"id": "vpc-0a1b2c3d", "account": "210987654321", "accept": True}, "cidrs": ["10.31.0.0/16"]},
    ],
}


def build(change: Callable[[dict[str, Any]], Any] = lambda _options: None) -> dict[Key, Declaration]:
    options = copy.deepcopy(OPTIONS)
    change(options)
    checked = validated(options, network.SPEC, network.CONSTRAINTS, "network")
    return {declaration.key: declaration for declaration in network.build(checked, STACK)}


def values(kind: str, name: str, change: Callable[[dict[str, Any]], Any] = lambda _options: None) -> Any:
    return build(change)[Key(kind, name)].values


def test_subnets_in_a_secondary_block_wait_for_it() -> None:
    assert values("vpc_cidr", "100.64.0.0/20").block == "100.64.0.0/20"
    assert values("subnet", "app/eu-west-1b").block == Reference("vpc_cidr", "100.64.0.0/20")
    assert values("subnet", "data/eu-west-1a").block is None


def test_each_subnet_has_an_ipv6_block_of_its_own_that_no_new_zone_moves() -> None:
    block = Reference("vpc_cidr", "ipv6", "cidr")
    numbers = {key.name: d.values.ipv6 for key, d in build().items() if key.kind == "subnet"}
    assert numbers["public/eu-west-1b"] == (block, 1)
    assert numbers["data/eu-west-1a"] == (block, 16)
    assert len({number for _block, number in numbers.values()}) == 6


def test_ipv6_leaves_through_a_gateway_of_its_own() -> None:
    assert values("route_table", "app/eu-west-1b").routes == {
        "::/0": Reference("egress_only_gateway", "main"),
        "0.0.0.0/0": Reference("nat_gateway", "eu-west-1a"),
        "10.30.0.0/16": Reference("vpc_peering", "shared"),
        "10.31.0.0/16": Reference("vpc_peering_accepter", "partner"),
    }
    assert values("route_table", "public").routes["::/0"] == Reference("internet_gateway", "main")
    assert list(values("route_table", "data/eu-west-1a").routes) == ["10.31.0.0/16"]
    assert Key("security_group_rule", "app/egress/all/::/0") in build()


def test_without_ipv6_there_is_none() -> None:
    declared = build(lambda o: o["vpc"].update(ipv6=False))
    assert {d.values.ipv6 for key, d in declared.items() if key.kind == "subnet"} == {""}
    assert not [key for key in declared if key.kind == "egress_only_gateway" or key.name == "ipv6"]


def test_network_acls_have_the_rules_in_their_order() -> None:
    acl = values("network_acl", "data")
    assert [(rule["action"], rule["protocol"], rule["from_port"], rule["cidr"]) for rule in acl.ingress] == [
        ("allow", "tcp", 5432, "100.64.0.0/24"),
        ("allow", "tcp", 5432, "100.64.1.0/24"),
        ("deny", "icmp", 8, "::/0"),
    ]
    assert [rule["cidr"] for rule in acl.egress] == ["10.20.0.0/16", "100.64.0.0/24", "100.64.1.0/24"]
    assert values("subnet", "data/eu-west-1a").network_acl == Reference("network_acl", "data")


def test_a_direction_that_is_not_described_is_open() -> None:
    acl = values("network_acl", "data", lambda o: o["subnets"][2]["acl"].pop("egress"))
    assert acl.egress == (OPEN_RULE, {**OPEN_RULE, "cidr": "::/0"})


def test_defaults_are_emptied_after_the_subnets_have_left_them() -> None:
    acl = values("default_network_acl", "main")
    assert (acl.ingress, acl.egress) == ((), ())
    assert Reference("subnet", "app/eu-west-1b") in acl.waits_for
    assert values("default_security_group", "main").empty is True
    assert values("subnet", "app/eu-west-1a").network_acl == Reference("network_acl", "open")


def test_defaults_that_are_kept_are_left_alone() -> None:
    declared = build(lambda o: o["vpc"].update(empty_defaults=False))
    assert declared[Key("subnet", "app/eu-west-1a")].values.network_acl is None
    assert declared[Key("subnet", "data/eu-west-1a")].values.network_acl == Reference("network_acl", "data")
    assert not [key for key in declared if key.kind.startswith("default_") or key.name == "open"]


def test_prefix_lists_are_named_or_given_by_id() -> None:
    assert values("prefix_list", "office").entries == {"192.0.2.0/24": "", "198.51.100.7/32": "branch"}
    assert values("prefix_list", "office").max_entries == 2
    assert values("security_group_rule", "app/ingress/tcp/443/pl-office").peer == Reference("prefix_list", "office")
    assert values("security_group_rule", "app/ingress/tcp/443/pl-0123abcd").peer == "pl-0123abcd"


def test_endpoints_are_gateways_in_route_tables_or_interfaces_in_subnets() -> None:
    gateway, interface = values("vpc_endpoint", "s3"), values("vpc_endpoint", "ecr.api")
    assert (gateway.type, gateway.service) == ("Gateway", "com.amazonaws.eu-west-1.s3")
    assert [table.name for table in gateway.route_tables] == [
        "public", "app/eu-west-1a", "app/eu-west-1b", "data/eu-west-1a", "data/eu-west-1b",
    ]  # fmt: skip
    assert (interface.type, interface.private_dns) == ("Interface", True)
    assert [subnet.name for subnet in interface.subnets] == ["app/eu-west-1a", "app/eu-west-1b"]


def test_peerings_are_requested_or_accepted() -> None:
    asked, accepted = values("vpc_peering", "shared"), values("vpc_peering_accepter", "partner")
    assert (asked.peer_vpc, asked.accepted) == (Reference("peer_vpc", "shared"), True)
    assert accepted.peer_vpc == Reference("peer_vpc", "partner")
    elsewhere = {"name": "far", "peer": {"id": "vpc-0a1b2c3d", "region": "us-east-1"}, "cidrs": ["10.32.0.0/16"]}
    assert values("vpc_peering", "far", lambda o: o["peerings"].append(elsewhere)).accepted is None


def test_flow_logs_go_to_a_group_or_a_bucket() -> None:
    log = values("flow_log", "main")
    assert (log.log_group, log.role, log.traffic) == (
        Reference("log_group", "network"), Reference("iam_role", "flow-logs", "arn"), "REJECT",
    )  # fmt: skip
    bucket = {"bucket": "arn:aws:s3:::logs/flow"}
    assert values("flow_log", "main", lambda o: o["vpc"].update(flow_logs=bucket)).log_group is None


BAD: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("vpc", lambda o: o.pop("vpc"), "is required when subnets"),
    ("vpc.secondary_cidrs[0]", lambda o: o["vpc"].update(secondary_cidrs=["10.20.128.0/20"]), "overlaps"),
    ("vpc.secondary_cidrs[0]", lambda o: o["vpc"].update(secondary_cidrs=["172.16.0.0/16"]), "one private range"),
    ("vpc.secondary_cidrs", lambda o: o["vpc"].update(secondary_cidrs=[f"100.64.{n}.0/24" for n in range(5)]), "at most 4"),
    ("subnets[1].cidrs", lambda o: o["vpc"].pop("secondary_cidrs"), "not inside the VPC's"),
    ("vpc.dhcp.dns", lambda o: o["vpc"].update(dhcp={"dns": "10.0.0.2"}), "is not an option"),
    ("vpc.dhcp.dns_servers[0]", lambda o: o["vpc"].update(dhcp={"dns_servers": ["ns.example.com"]}), "by its address"),
    ("vpc.flow_logs", lambda o: o["vpc"].update(flow_logs={}), "either log_group or bucket"),
    ("vpc.flow_logs.role", lambda o: o["vpc"]["flow_logs"].pop("role"), "goes with log_group"),
    ("subnets[2].acl.ingres", lambda o: o["subnets"][2]["acl"].update(ingres=[]), "is not an option"),
    ("subnets[2].acl.ingress[0].from", lambda o: o["subnets"][2]["acl"]["ingress"][0].update({"from": "web"}), "no class"),
    ("subnets[2].acl.ingress[0].action", lambda o: o["subnets"][2]["acl"]["ingress"][0].update(action="drop"), "one of allow"),
    ("subnets[2].acl.ingress[1]", lambda o: o["subnets"][2]["acl"]["ingress"][1].update(port=8), "has no ports"),
    (
        "subnets[2].acl.ingress",
        lambda o: o["subnets"][2]["acl"].update(ingress=[{"port": n, "from": "10.0.0.0/8"} for n in range(1, 42)]),
        "at most 40",
    ),
    ("prefix_lists[0].entries[0]", lambda o: o["prefix_lists"][0].update(entries=["office"]), "not a CIDR"),
    ("prefix_lists[0].entries[1]", lambda o: o["prefix_lists"][0].update(entries=["10.0.0.0/8", "::/0"]), "not both"),
    ("prefix_lists[0].entries[1]", lambda o: o["prefix_lists"][0].update(entries=["10.0.0.0/8"] * 2), "given twice"),
    ("prefix_lists[0].max_entries", lambda o: o["prefix_lists"][0].update(max_entries=1), "less than"),
    ("endpoints[0].security_groups", lambda o: o["endpoints"][0].update(security_groups=["app"]), "gateway endpoint"),
    ("endpoints[0].policy", lambda o: o["endpoints"][0].update(policy={"Statement": ["x" * 20480]}), "at most 20480"),
    ("endpoints[1].subnets", lambda o: o["endpoints"][1].pop("subnets"), "is required"),
    ("endpoints[1].subnets", lambda o: o["endpoints"][1].update(subnets=["app", "data"]), "one class"),
    ("endpoints[1].subnets[0]", lambda o: o["endpoints"][1].update(subnets=["web"]), "no class of subnets"),
    ("endpoints[1].security_groups", lambda o: o["endpoints"][1].pop("security_groups"), "is required"),
    ("peerings[0].cidrs[0]", lambda o: o["peerings"][0].update(cidrs=["10.20.3.0/24"]), "overlaps with the VPC"),
    ("peerings[1].cidrs[0]", lambda o: o["peerings"][1].update(cidrs=["10.30.0.0/16"]), "has a route to vpc_peering/shared"),
    ("peerings[0].peer", lambda o: o["peerings"][0].update(peer={"stack": "shared"}), "either vpc"),
    ("peerings[0].peer.region", lambda o: o["peerings"][0]["peer"].update(region="us-east-1"), "by its id"),
    ("peerings[1].peer.id", lambda o: o["peerings"][1]["peer"].update(id="main"), "looks like vpc-"),
]


@pytest.mark.parametrize(("path", "change", "problem"), BAD)
def test_bad_input_is_refused_by_path(path: str, change: Callable[[dict[str, Any]], Any], problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(change)
    assert refused.value.path == f"network.{path}"
    assert problem in str(refused.value)
