# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

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
OPTIONS: dict[str, Any] = {
    "vpc": {"name": "main", "cidr": "10.20.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"], "nat": "single"},
    "subnets": [{"name": "public", "public": True}, {"name": "app"}, {"name": "data", "egress": False}],
    "security_groups": [
        {"name": "alb", "ingress": [{"port": 80, "from": "0.0.0.0/0"}]},
        {"name": "app", "ingress": [{"port": 3000, "from": "alb"}], "egress": []},
    ],
}


def build(options: dict[str, Any]) -> dict[Key, Declaration]:
    checked = validated(options, network.SPEC, network.CONSTRAINTS, "network")
    return {declaration.key: declaration for declaration in network.build(checked, STACK)}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    options = copy.deepcopy(OPTIONS)
    change(options)
    return options


def test_nothing_described_declares_nothing() -> None:
    assert build({}) == {}


def test_a_class_has_a_subnet_in_each_zone_with_room_for_two_more_zones() -> None:
    blocks = {key.name: d.values.cidr for key, d in build(OPTIONS).items() if key.kind == "subnet"}
    assert blocks == {
        "public/eu-west-1a": "10.20.0.0/20",
        "public/eu-west-1b": "10.20.16.0/20",
        "app/eu-west-1a": "10.20.64.0/20",
        "app/eu-west-1b": "10.20.80.0/20",
        "data/eu-west-1a": "10.20.128.0/20",
        "data/eu-west-1b": "10.20.144.0/20",
    }
    wider = build(changed(lambda o: o["vpc"]["zones"].append("eu-west-1c")))
    assert all(wider[Key("subnet", name)].values.cidr == cidr for name, cidr in blocks.items())


def test_given_blocks_are_taken() -> None:
    declared = build(changed(lambda o: o["subnets"][1].update(cidrs=["10.20.200.0/24", "10.20.201.0/24"])))
    assert declared[Key("subnet", "app/eu-west-1b")].values.cidr == "10.20.201.0/24"


@pytest.mark.parametrize(
    ("nat", "gateways"), [("none", []), ("single", ["eu-west-1a"]), ("per_zone", ["eu-west-1a", "eu-west-1b"])]
)
def test_nat_gateways(nat: str, gateways: list[str]) -> None:
    declared = build(changed(lambda o: o["vpc"].update(nat=nat)))
    assert [key.name for key in declared if key.kind == "nat_gateway"] == gateways
    routes = declared[Key("route_table", "app/eu-west-1b")].values.routes
    assert routes == ({"0.0.0.0/0": Reference("nat_gateway", gateways[-1])} if gateways else {})


def test_a_class_without_egress_has_no_route_out() -> None:
    assert build(OPTIONS)[Key("route_table", "data/eu-west-1a")].values.routes == {}


def test_public_classes_go_through_the_internet_gateway_without_public_addresses_by_default() -> None:
    declared = build(OPTIONS)
    assert declared[Key("route_table", "public")].values.routes == {"0.0.0.0/0": Reference("internet_gateway", "main")}
    assert declared[Key("subnet", "public/eu-west-1a")].values.public_ip is False


def test_no_public_class_needs_no_internet_gateway() -> None:
    declared = build({"vpc": {**OPTIONS["vpc"], "nat": "none"}, "subnets": [{"name": "app"}]})
    assert not [key for key in declared if key.kind == "internet_gateway"]


def test_rules_refer_to_groups_and_default_to_open_egress() -> None:
    declared = build(OPTIONS)
    rule = declared[Key("security_group_rule", "app/ingress/tcp/3000/alb")].values
    assert (rule.group, rule.peer) == (Reference("security_group", "app"), Reference("security_group", "alb"))
    egress = [key.name for key in declared if key.kind == "security_group_rule" and "/egress/" in key.name]
    assert egress == ["alb/egress/all/0.0.0.0/0"]


def test_one_rule_for_each_peer() -> None:
    declared = build(changed(lambda o: o["security_groups"][0]["ingress"][0].update({"from": ["10.0.0.0/8", "pl-0123abcd"]})))
    assert [k.name for k in declared if k.kind == "security_group_rule" and k.name.startswith("alb/ingress")] == [
        "alb/ingress/tcp/80/10.0.0.0/8",
        "alb/ingress/tcp/80/pl-0123abcd",
    ]


BAD: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("network.vpc", lambda o: o.pop("vpc"), "is required"),
    ("network.vpc.cidr", lambda o: o["vpc"].update(cidr="10.0.0.0/8"), "between /16 and /28"),
    ("network.vpc.cidr", lambda o: o["vpc"].update(cidr="10.20.0.1/16"), "not a CIDR block"),
    ("network.vpc.zones", lambda o: o["vpc"].update(zones=[]), "at least 1"),
    ("network.vpc.zones[1]", lambda o: o["vpc"].update(zones=["eu-west-1a", "us-east-1a"]), "not in the stack's region"),
    ("network.vpc.zones[1]", lambda o: o["vpc"].update(zones=["eu-west-1a", "eu-west-1a"]), "given twice"),
    ("network.vpc.nat", lambda o: o["subnets"][0].update(public=False), "needs a class of subnets with public"),
    ("network.vpc.nat", lambda o: o["vpc"].update(nat="two"), "has to be one of none, single, per_zone"),
    ("network.subnets[2].name", lambda o: o["subnets"][2].update(name="app"), "given twice"),
    ("network.subnets[1].cidrs", lambda o: o["subnets"][1].update(cidrs=["10.20.200.0/24"]), "one block for each"),
    ("network.subnets[1].cidrs", lambda o: o["subnets"][1].update(cidrs=["10.9.0.0/24", "10.9.1.0/24"]), "not inside"),
    ("network.subnets[1].cidrs", lambda o: o["subnets"][1].update(cidrs=["10.20.0.0/24", "10.20.1.0/24"]), "overlaps"),
    (
        "network.security_groups[1].ingress[0].from",
        lambda o: o["security_groups"][1]["ingress"][0].update({"from": "lb"}),
        "no security",
    ),
    (
        "network.security_groups[1].ingress[0].port",
        lambda o: o["security_groups"][1]["ingress"][0].update(port=70000),
        "above the maximum",
    ),
    (
        "network.security_groups[1].ingress[0].port",
        lambda o: o["security_groups"][1]["ingress"][0].update(port="http"),
        "of type int",
    ),
    ("network.security_groups[1].ingress[0].port", lambda o: o["security_groups"][1]["ingress"][0].pop("port"), "is required"),
    (
        "network.security_groups[1].ingress[0].prot",
        lambda o: o["security_groups"][1]["ingress"][0].update(prot="tcp"),
        "is not an option",
    ),
    (
        "network.security_groups[0].ingress[0]",
        lambda o: o["security_groups"][0]["ingress"][0].update(protocol="all"),
        "has no ports",
    ),
    (
        "network.security_groups[0].ingress[1]",
        lambda o: o["security_groups"][0]["ingress"].append({"port": 80, "from": "0.0.0.0/0"}),
        "same as",
    ),
    ("network.security_groups[0].name", lambda o: o["security_groups"][0].update(name="ALB"), "lower-case"),
]


@pytest.mark.parametrize(("path", "change", "problem"), BAD)
def test_bad_input_is_refused_by_path(path: str, change: Callable[[dict[str, Any]], Any], problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(changed(change))
    assert refused.value.path == path
    assert problem in str(refused.value)
