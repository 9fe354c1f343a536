# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stack in more than one region is one stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils import stack_info
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, External, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, loopback_clients, run

HOME, AWAY = "eu-west-1", "eu-central-1"
STACK = Stack("wide", "123456789012", HOME, regions=(AWAY,))
Clients = Callable[[str, str], Any]


@pytest.fixture
def clients() -> Iterator[Clients]:
    with Emulator() as emulator:
        yield loopback_clients(emulator.endpoint)


def declared(region: str | None = AWAY) -> tuple[Declaration, ...]:
    return (
        Declaration("vpc", "main", "network", Vpc(cidr="10.60.0.0/16")),
        Declaration("vpc", "standby", "network", Vpc(cidr="10.61.0.0/16"), region=region),
        Declaration(
            "security_group",
            "db",
            "network",
            SecurityGroup(vpc=Reference("vpc", "standby"), description="Databases"),
            region=region,
        ),
        Declaration("secret", "app", "secrets", Secret(description="App", recovery_days=0), region=region),
    )


def cidrs(clients: Clients, region: str) -> set[str]:
    return {vpc["CidrBlock"] for vpc in clients("ec2", region).describe_vpcs()["Vpcs"]} - {"172.31.0.0/16"}


def test_each_thing_is_where_it_is_declared(clients: Clients) -> None:
    made = run(clients, STACK, declared())
    assert (cidrs(clients, HOME), cidrs(clients, AWAY)) == ({"10.60.0.0/16"}, {"10.61.0.0/16"})
    assert AWAY in made["outputs"]["secret"]["app"]["arn"]
    assert actions(run(clients, STACK, declared())) == {}
    described = stack_info.describe(STACK, clients)
    assert {(r["kind"], r["name"]) for r in described["resources"]} >= {("vpc", "standby"), ("secret", "app")}
    assert described["orphans"] == []
    gone = run(clients, STACK, declared(), state="absent")
    assert actions(gone)["vpc/standby"] == "delete"
    assert (cidrs(clients, HOME), cidrs(clients, AWAY)) == (set(), set())


def test_what_is_not_declared_any_more_is_found_in_every_region(clients: Clients) -> None:
    run(clients, STACK, declared())
    left = run(clients, STACK, declared()[:1], tiers={"network", "secrets"})["orphans"]
    assert {(o["kind"], o["name"]) for o in left} == {("vpc", "standby"), ("security_group", "db"), ("secret", "app")}


def test_another_region_is_a_replacement(clients: Clients) -> None:
    run(clients, STACK, declared())
    with pytest.raises(Refused, match=r"secret/app \(region\)"):
        run(clients, STACK, declared(HOME))


def test_an_external_thing_is_looked_up_in_its_region(clients: Clients) -> None:
    theirs = clients("ec2", AWAY).create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    group = SecurityGroup(vpc=Reference("vpc", "theirs"), description="In a VPC of others")
    declarations = (Declaration("security_group", "db", "network", group, region=AWAY),)
    externals = (External("vpc", "theirs", {"id": theirs}, "external[0]", AWAY),)
    run(clients, STACK, declarations, externals=externals)
    assert actions(run(clients, STACK, declarations, externals=externals)) == {}
    groups = clients("ec2", AWAY).describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [theirs]}])["SecurityGroups"]
    assert len(groups) == 2
