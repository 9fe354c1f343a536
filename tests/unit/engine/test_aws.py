# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients whose answers get lost: whatever is repeated, and by whom, there is one resource in the end."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.aws import Clients, refuse_other_account
from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, converge
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, Refused
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    elastic_ip,
    internet_gateway,
    nat_gateway,
    security_group,
    security_group_rule,
    subnet,
    vpc,
)
from local_cloud.emulator import Emulator
from tests.unit.engine.fake import Clock
from tests.unit.engine.proxy import FAILED_AFTER, FAILED_BEFORE, LOST, THROTTLED, Fault, Proxy

STACK = Stack("proxied", "123456789012", "eu-west-1")
MODULES = (elastic_ip, internet_gateway, nat_gateway, security_group, security_group_rule, subnet, vpc)
KINDS = {module.KIND.name: module.KIND for module in MODULES}
MAIN = Reference("vpc", "main")
VPC = Declaration("vpc", "main", "network", vpc.Vpc(cidr="10.50.0.0/16"))
SUBNET = Declaration("subnet", "a", "network", subnet.Subnet(vpc=MAIN, cidr="10.50.0.0/24", zone="eu-west-1a"))
GATEWAY = Declaration("internet_gateway", "main", "network", internet_gateway.InternetGateway(vpc=MAIN))
ADDRESS = Declaration("elastic_ip", "nat", "network", elastic_ip.ElasticIp())
NAT = Declaration(
    "nat_gateway",
    "main",
    "network",
    nat_gateway.NatGateway(
        subnet=Reference("subnet", "a"),
        address=Reference("elastic_ip", "nat"),
        internet_gateway=Reference("internet_gateway", "main"),
    ),
)
GROUP = Declaration("security_group", "app", "network", security_group.SecurityGroup(vpc=MAIN, description="App"))
RULE = Declaration(
    "security_group_rule",
    "app/http",
    "network",
    security_group_rule.SecurityGroupRule(
        group=Reference("security_group", "app"),
        direction="ingress",
        protocol="tcp",
        from_port=80,
        to_port=80,
        peer="0.0.0.0/0",
        description="",
    ),
)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def shared(emulator: Emulator) -> Iterator[Proxy]:
    with Proxy(emulator.endpoint) as running:
        yield running


@pytest.fixture
def proxy(shared: Proxy, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """The proxy before an empty account; botocore's own pauses take no time."""
    emulator.reset()
    shared.faults, shared.requests = {}, []
    monkeypatch.setattr("botocore.endpoint.time", Clock())
    return shared


@functools.cache
def clients_of(proxy: Proxy) -> Clients:
    parameters = dict.fromkeys(("profile", "aws_ca_bundle", "aws_config", "session_token", "validate_certs"))
    keys = {"access_key": "testing", "secret_key": "testing", "region": STACK.region, "endpoint_url": proxy.endpoint}
    module = SimpleNamespace(params={**parameters, **keys})
    return Clients(module, [kind.unsafe_create for kind in KINDS.values() if kind.unsafe_create])


def run(proxy: Proxy, *declarations: Declaration) -> dict[str, Any]:
    request = Request(STACK, declarations, KINDS, frozenset({"network"}), {"network": tuple(KINDS)})
    return converge(request, clients_of(proxy))


def own(emulator: Emulator, operation: str, key: str) -> list[dict[str, Any]]:
    """Return what carries our tag, asked directly."""
    answer = getattr(emulator.client("ec2"), operation)()
    return [raw for raw in answer[key] if {"Key": "terrace:stack", "Value": STACK.name} in raw.get("Tags", [])]


@pytest.mark.parametrize("fault", [LOST, FAILED_AFTER])
def test_an_unsafe_create_that_took_effect_is_found(proxy: Proxy, emulator: Emulator, fault: Fault) -> None:
    proxy.faults["CreateVpc"] = [fault]
    result = run(proxy, VPC)
    (found,) = own(emulator, "describe_vpcs", "Vpcs")
    assert [(r["action"], r["id"]) for r in result["resources"]] == [("create", found["VpcId"])]
    assert len(proxy.parameters("CreateVpc")) == 1


def test_an_unsafe_create_that_took_no_effect_is_repeated(proxy: Proxy, emulator: Emulator) -> None:
    proxy.faults["CreateVpc"] = [FAILED_BEFORE, FAILED_BEFORE]
    run(proxy, VPC)
    assert len(own(emulator, "describe_vpcs", "Vpcs")) == 1
    assert len(proxy.parameters("CreateVpc")) == 3


@pytest.mark.parametrize(
    ("operation", "listing", "key"),
    [
        ("CreateVpc", "describe_vpcs", "Vpcs"),
        ("CreateInternetGateway", "describe_internet_gateways", "InternetGateways"),
        ("AllocateAddress", "describe_addresses", "Addresses"),
    ],
)
def test_all_unsafe_creates_are_made_once(proxy: Proxy, emulator: Emulator, operation: str, listing: str, key: str) -> None:
    proxy.faults[operation] = [LOST]
    run(proxy, VPC, GATEWAY, ADDRESS)
    assert len(own(emulator, listing, key)) == 1


def test_throttling_of_an_unsafe_create_is_botocores_business(proxy: Proxy, emulator: Emulator) -> None:
    proxy.faults["CreateVpc"] = [THROTTLED, THROTTLED]
    run(proxy, VPC)
    assert len(proxy.parameters("CreateVpc")) == 3
    assert len(proxy.parameters("DescribeVpcs")) == 3  # two surveys, a look at the end, and no look-up between
    assert len(own(emulator, "describe_vpcs", "Vpcs")) == 1


@pytest.mark.parametrize("operation", ["DescribeVpcs", "CreateSubnet"])
def test_throttling_is_survived(proxy: Proxy, operation: str) -> None:
    proxy.faults[operation] = [THROTTLED] * 5
    assert run(proxy, VPC, SUBNET)["changed"]


def test_a_token_makes_botocores_repetition_the_same_call(proxy: Proxy, emulator: Emulator) -> None:
    proxy.faults["CreateNatGateway"] = [LOST, FAILED_AFTER]
    run(proxy, VPC, SUBNET, GATEWAY, ADDRESS, NAT)
    tokens = [parameters["ClientToken"] for parameters in proxy.parameters("CreateNatGateway")]
    assert len(tokens) == 3 and len(set(tokens)) == 1
    assert len(own(emulator, "describe_nat_gateways", "NatGateways")) == 1


@pytest.mark.parametrize(
    ("operation", "declared", "listing", "key"),
    [
        ("CreateSubnet", SUBNET, "describe_subnets", "Subnets"),
        ("CreateSecurityGroup", GROUP, "describe_security_groups", "SecurityGroups"),
    ],
)
def test_what_is_unique_exists_already_and_is_ours(
    proxy: Proxy, emulator: Emulator, operation: str, declared: Declaration, listing: str, key: str
) -> None:
    proxy.faults[operation] = [LOST]
    result = run(proxy, VPC, declared)
    assert len(proxy.parameters(operation)) == 2
    assert {r["action"] for r in result["resources"]} == {"create"}
    assert len(own(emulator, listing, key)) == 1


def test_a_rule_of_a_group_that_the_run_has_made(proxy: Proxy) -> None:
    proxy.faults["AuthorizeSecurityGroupIngress"] = [LOST]
    assert run(proxy, VPC, GROUP, RULE)["changed"]
    assert not run(proxy, VPC, GROUP, RULE)["changed"]


def test_the_veto_concerns_unsafe_creates_alone(proxy: Proxy) -> None:
    ec2 = clients_of(proxy)("ec2", STACK.region)
    proxy.faults = {"CreateVpc": [LOST], "DescribeVpcs": [LOST, LOST]}
    with pytest.raises(AmbiguousAnswer, match="CreateVpc got no usable answer"):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    ec2.describe_vpcs()
    assert len(proxy.parameters("DescribeVpcs")) == 3


def test_clients_are_kept_by_service_and_region(proxy: Proxy) -> None:
    clients = clients_of(proxy)
    assert clients("ec2", "eu-west-1") is clients("ec2", "eu-west-1")
    assert clients("ec2", "eu-west-1") is not clients("ec2", "us-east-1")


def test_another_account_is_refused(proxy: Proxy) -> None:
    refuse_other_account(clients_of(proxy), STACK.account, STACK.region)
    with pytest.raises(Refused, match=r"stack\.account is 999999999999, but the credentials belong to account 123456789012"):
        refuse_other_account(clients_of(proxy), "999999999999", STACK.region)


def test_credentials_that_do_not_work_are_said_so(proxy: Proxy) -> None:
    proxy.faults["GetCallerIdentity"] = [(False, 403, "InvalidClientTokenId")]
    with pytest.raises(Refused, match="the credentials do not work: GetCallerIdentity answered") as refused:
        refuse_other_account(clients_of(proxy), STACK.account, STACK.region)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in str(refused.value)


def test_a_guard_is_asked_before_changes_alone(proxy: Proxy) -> None:
    asked: list[str] = []
    clients = clients_of(proxy)
    ec2 = clients("ec2", STACK.region)
    with clients.guarded(lambda: asked.append("asked")):
        ec2.describe_vpcs()
        assert asked == []
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
        clients.unguarded("ec2", STACK.region).create_vpc(CidrBlock="10.0.0.0/16")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert asked == ["asked"]
