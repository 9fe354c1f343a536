# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole network: converged, changed, and left to others where it is theirs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, loopback_clients, run

STACK, SHARED = (Stack(name, "123456789012", "eu-west-1") for name in ("whole", "shared"))
NETWORK: dict[str, Any] = {
    "vpc": {
        "name": "main",
        "cidr": "10.20.0.0/16",
        "secondary_cidrs": ["100.64.0.0/20"],
        "zones": ["eu-west-1a", "eu-west-1b"],
        "nat": "single",
        "ipv6": True,
        "dhcp": {"domain": "internal.example.com"},
        "flow_logs": {"log_group": "network", "role": "flow-logs"},
    },
    "subnets": [
        {"name": "public", "public": True},
        {"name": "app", "cidrs": ["100.64.0.0/24", "100.64.1.0/24"]},
        {"name": "data", "egress": False, "acl": {"ingress": [{"port": 5432, "from": "app"}]}},
    ],
    "prefix_lists": [{"name": "office", "entries": ["192.0.2.0/24"]}],
    "security_groups": [{"name": "app", "ingress": [{"port": 443, "from": "pl-office"}], "purge_rules": False}],
    "endpoints": [{"service": "s3"}, {"service": "ssm", "subnets": ["app"], "security_groups": ["app"]}],
    "peerings": [{"name": "shared", "peer": {"stack": "shared", "vpc": "main"}, "cidrs": ["10.30.0.0/16"]}],
}
OTHERS = {
    "identity": {"roles": [{"name": "flow-logs", "service": "vpc-flow-logs.amazonaws.com"}]},
    "monitoring": {"log_groups": [{"name": "network"}]},
}
SHARED_NETWORK = {"vpc": {"name": "main", "cidr": "10.30.0.0/16", "zones": ["eu-west-1a"]}, "subnets": [{"name": "app"}]}
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def clients(emulator: Emulator) -> Callable[[str, str], Any]:
    emulator.reset()
    connected = loopback_clients(emulator.endpoint)
    run(connected, SHARED, declarations_of({"network": SHARED_NETWORK}, SHARED))
    return connected


def converge(clients: Callable[[str, str], Any], change: Change = lambda _network: None, **options: Any) -> dict[str, Any]:
    network = copy.deepcopy(NETWORK)
    change(network)
    return run(clients, STACK, declarations_of({"network": network, **OTHERS}, STACK), **options)


def vpc_of(ec2: Any, cidr: str = "10.20.0.0/16") -> str:
    return ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [cidr]}])["Vpcs"][0]["VpcId"]


def group_of(ec2: Any) -> dict[str, Any]:
    ours = [{"Name": "tag:terrace:id", "Values": ["network/security_group/app"]}]
    return ec2.describe_security_groups(Filters=ours)["SecurityGroups"][0]


def test_it_settles_and_goes_without_a_trace(emulator: Emulator, clients: Callable[[str, str], Any]) -> None:
    plan = converge(clients, check=True)
    created = converge(clients)
    assert set(actions(plan)) == set(actions(created)) and set(actions(created).values()) == {"create"}
    assert actions(converge(clients)) == {}
    converge(clients, state="absent")
    ec2 = clients("ec2", "eu-west-1")
    assert [raw["CidrBlock"] for raw in ec2.describe_vpcs()["Vpcs"] if not raw["IsDefault"]] == ["10.30.0.0/16"]
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert actions(run(clients, SHARED, declarations_of({"network": SHARED_NETWORK}, SHARED))) == {}


def test_the_defaults_are_empty_and_no_subnet_is_left_there(clients: Callable[[str, str], Any]) -> None:
    converge(clients)
    ec2 = clients("ec2", "eu-west-1")
    ours = [{"Name": "vpc-id", "Values": [vpc_of(ec2)]}]
    acls = ec2.describe_network_acls(Filters=ours)["NetworkAcls"]
    default = next(acl for acl in acls if acl["IsDefault"])
    assert default["Associations"] == []
    assert [entry for entry in default["Entries"] if entry["RuleNumber"] < 32767] == []
    assert sum(len(acl["Associations"]) for acl in acls) == 6
    group = next(g for g in ec2.describe_security_groups(Filters=ours)["SecurityGroups"] if g["GroupName"] == "default")
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def test_a_default_network_acl_in_use_by_others_is_not_emptied(clients: Callable[[str, str], Any]) -> None:
    converge(clients, lambda network: network["vpc"].update(empty_defaults=False))
    ec2 = clients("ec2", "eu-west-1")
    subnet = ec2.create_subnet(VpcId=vpc_of(ec2), CidrBlock="10.20.250.0/24")["Subnet"]["SubnetId"]
    with pytest.raises(ApplyFailed, match=f"would cut off {subnet}"):
        converge(clients)
    ec2.delete_subnet(SubnetId=subnet)
    converge(clients)
    assert actions(converge(clients)) == {}


def test_features_are_taken_back(clients: Callable[[str, str], Any]) -> None:
    def without(network: dict[str, Any]) -> None:
        network["vpc"].update(ipv6=False)
        network["subnets"][2].pop("acl")
        network.update(peerings=[])

    converge(clients)
    converge(clients, without)
    again = converge(clients, without)
    assert actions(again) == {}
    assert [orphan["kind"] for orphan in again["orphans"]] == ["egress_only_gateway", "network_acl", "vpc_peering"]
    ec2 = clients("ec2", "eu-west-1")
    blocks = ec2.describe_vpcs(VpcIds=[vpc_of(ec2)])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    assert {block["Ipv6CidrBlockState"]["State"] for block in blocks} <= {"disassociated"}


@pytest.mark.parametrize("purge", [True, False])
def test_rules_of_others_stay_in_a_group_that_is_not_purged(purge: bool, clients: Callable[[str, str], Any]) -> None:
    def purging(network: dict[str, Any]) -> None:
        network["security_groups"][0].update(purge_rules=purge)

    converge(clients, purging)
    ec2 = clients("ec2", "eu-west-1")
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.1/32"}]}
    ec2.authorize_security_group_ingress(GroupId=group_of(ec2)["GroupId"], IpPermissions=[rule])
    assert list(actions(converge(clients, purging)).values()) == (["delete"] if purge else [])
    undeclared = converge(clients, lambda network: (purging(network), network["security_groups"][0].update(ingress=[])))
    assert list(actions(undeclared).values()) == ["delete"]
    assert [permission["FromPort"] for permission in group_of(ec2)["IpPermissions"]] == ([] if purge else [22])


def test_the_other_stack_accepts_a_peering_connection(clients: Callable[[str, str], Any]) -> None:
    converge(clients)
    peering = {"name": "whole", "peer": {"stack": "whole", "vpc": "main", "accept": True}, "cidrs": ["10.20.0.0/16"]}
    accepting = declarations_of({"network": {**SHARED_NETWORK, "peerings": [peering]}}, SHARED)
    assert actions(run(clients, SHARED, accepting)) == {"route_table/app/eu-west-1a": "update"}
    assert actions(run(clients, SHARED, accepting)) == {}
    assert actions(converge(clients)) == {}
