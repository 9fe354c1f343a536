# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others own, what is taken over, what is renamed, and what is not declared any more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, Declaration, External, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, loopback_clients, run
from tests.integration.described import description

STACK = Stack("mine", "123456789012", "eu-west-1")
VPC = {"name": "main", "cidr": "10.60.0.0/16", "zones": ["eu-west-1a"]}
Account = tuple[Emulator, Callable[[str, str], Any]]


@pytest.fixture(scope="module")
def connected() -> Iterator[Account]:
    with Emulator() as emulator:
        yield emulator, loopback_clients(emulator.endpoint)


@pytest.fixture
def account(connected: Account) -> Account:
    connected[0].reset()
    return connected


def network(*groups: str, subnets: tuple[str, ...] = (), stack: Stack = STACK) -> tuple[Declaration, ...]:
    options = {
        "vpc": VPC,
        "subnets": [{"name": name} for name in subnets],
        "security_groups": [{"name": name, "ingress": [{"port": 80, "from": "10.0.0.0/8"}]} for name in groups],
    }
    return declarations_of({"network": options}, stack)


def without_vpc(declarations: tuple[Declaration, ...]) -> tuple[Declaration, ...]:
    return tuple(declaration for declaration in declarations if declaration.kind != "vpc")


def changes(emulator: Emulator) -> list[str]:
    return [call["operation"] for call in emulator.calls if call["mutating"]]


def made_by_hand(clients: Callable[[str, str], Any]) -> tuple[str, str]:
    """Make a VPC and a security group as another tool would, and return their ids."""
    ec2 = clients("ec2", STACK.region)
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "theirs"}]}]
    vpc = ec2.create_vpc(CidrBlock=VPC["cidr"], TagSpecifications=tags)["Vpc"]["VpcId"]
    return vpc, ec2.create_security_group(GroupName="theirs", Description="Security group web", VpcId=vpc)["GroupId"]


def subnet_by_hand(clients: Callable[[str, str], Any], vpc: str) -> str:
    ec2 = clients("ec2", STACK.region)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.60.0.0/20", AvailabilityZone=VPC["zones"][0])["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    return subnet


def test_external_things_are_used_and_never_written_to(account: Account) -> None:
    emulator, clients = account
    vpc, group = made_by_hand(clients)
    before = clients("ec2", STACK.region).describe_vpcs(VpcIds=[vpc])["Vpcs"]
    externals = (
        External("vpc", "main", {"tags": {"Name": "theirs"}}, "external[0]"),
        External("security_group", "web", {"id": group}, "external[1]"),
    )
    declared = tuple(d for d in without_vpc(network("web", subnets=("app",))) if d.kind != "security_group")
    emulator.calls.clear()
    first = run(clients, STACK, declared, externals=externals)
    assert {resource["kind"] for resource in first["resources"]} == {
        "network_acl", "subnet", "route_table", "security_group_rule",
    }  # fmt: skip
    ours = ("CreateSubnet", "CreateRoute", "CreateNetworkAcl", "ReplaceNetworkAclAssociation", "Associate", "Authorize")
    assert all(operation.startswith(ours) for operation in changes(emulator))
    assert clients("ec2", STACK.region).describe_vpcs(VpcIds=[vpc])["Vpcs"] == before
    assert actions(run(clients, STACK, declared, externals=externals)) == {}
    run(clients, STACK, declared, externals=externals, state="absent")
    assert clients("ec2", STACK.region).describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["GroupName"] == "theirs"


def test_an_external_thing_has_to_be_found_and_as_described(account: Account) -> None:
    emulator, clients = account
    made_by_hand(clients)
    emulator.calls.clear()
    with pytest.raises(Refused, match=r"external\[0\]: nothing in the account"):
        run(clients, STACK, (), tiers={"network"}, externals=(External("vpc", "main", {"id": "vpc-0"}, "external[0]"),))
    theirs = External("vpc", "main", {"tags": {"Name": "theirs"}}, "external[0]")
    wrong = [
        dataclasses.replace(d, values=dataclasses.replace(d.values, cidr="10.61.0.0/16")) for d in network() if d.kind == "vpc"
    ]
    with pytest.raises(Refused, match=r"not as described: cidr is '10.60.0.0/16'"):
        run(clients, STACK, wrong, externals=(theirs,))
    assert changes(emulator) == []


def test_adoption_writes_tags_only_and_then_shows_what_differs(account: Account) -> None:
    emulator, clients = account
    vpc, group = made_by_hand(clients)
    subnet = subnet_by_hand(clients, vpc)
    wanted = network("web", subnets=("app",))
    ours = {"vpc/main": vpc, "security_group/web": group, "subnet/app/eu-west-1a": subnet}
    adoptions = tuple(Adoption(*key.split("/", 1), id_, f"adopt[{n}]") for n, (key, id_) in enumerate(ours.items()))
    plan = run(clients, STACK, wanted, adoptions=adoptions, check=True)
    assert actions(plan) == dict.fromkeys(ours, "update")
    assert {field for r in plan["resources"] for field in r["fields"]} == {"tags"}
    emulator.calls.clear()
    adopted = run(clients, STACK, wanted, adoptions=adoptions)
    assert len(adopted["notes"]) == 1
    assert set(changes(emulator)) == {"CreateTags"}
    after = run(clients, STACK, wanted, adoptions=adoptions, check=True)
    # What was made by hand has no names for hosts, gives public addresses, and is in the default network ACL.
    differing = {f"{r['kind']}/{r['name']}": r["fields"] for r in after["resources"] if r["action"] == "update"}
    assert {key: fields for key, fields in differing.items() if key in ours} == {
        "vpc/main": ["dns_hostnames"],
        "subnet/app/eu-west-1a": ["public_ip", "network_acl"],
    }
    assert actions(after)["security_group_rule/web/ingress/tcp/80/10.0.0.0/8"] == "create"
    run(clients, STACK, wanted, adoptions=adoptions)
    settled = run(clients, STACK, wanted, adoptions=adoptions)
    assert actions(settled) == {}
    assert {f"{r['kind']}/{r['name']}": r["id"] for r in settled["resources"]}.items() >= ours.items()


def test_what_belongs_to_another_stack_is_not_adopted(account: Account) -> None:
    _emulator, clients = account
    other = Stack("other", STACK.account, STACK.region)
    vpc = run(clients, other, network(stack=other))["outputs"]["vpc"]["main"]["id"]
    with pytest.raises(Refused, match="belongs to the stack other"):
        run(clients, STACK, network(), adoptions=(Adoption("vpc", "main", vpc, "adopt[0]"),))


def test_a_moved_resource_keeps_its_id_and_gets_new_tags(account: Account) -> None:
    emulator, clients = account
    before = run(clients, STACK, network("web"))["outputs"]["security_group"]["web"]["id"]
    moved = {Key("security_group", "app"): "web"}
    plan = run(clients, STACK, network("app"), moved=moved, check=True)
    assert actions(plan)["security_group/app"] == "update"
    assert plan["orphans"] == []
    result = run(clients, STACK, network("app"), moved=moved)
    assert result["outputs"]["security_group"]["app"]["id"] == before
    emulator.calls.clear()
    assert actions(run(clients, STACK, network("app"), moved=moved)) == {}
    assert actions(run(clients, STACK, network("app"))) == {}
    assert changes(emulator) == []


def test_a_move_onto_something_that_exists_is_refused(account: Account) -> None:
    _emulator, clients = account
    run(clients, STACK, network("web", "app"))
    with pytest.raises(Refused, match="security_group/app: 2 resources"):
        run(clients, STACK, network("app"), moved={Key("security_group", "app"): "web"})


def test_orphans_are_reported_and_deleted_only_with_prune(account: Account) -> None:
    emulator, clients = account
    run(clients, STACK, network("web", "app", subnets=("app",)))
    emulator.calls.clear()
    reported = run(clients, STACK, network("web"))
    left = {f"{orphan['kind']}/{orphan['name']}" for orphan in reported["orphans"]}
    assert left >= {"security_group/app", "subnet/app/eu-west-1a", "route_table/app/eu-west-1a"}
    assert not any("web" in name for name in left)
    assert changes(emulator) == []
    pruned = run(clients, STACK, network("web"), prune=True)
    deleted = {key for key, action in actions(pruned).items() if action == "delete"}
    assert left <= deleted
    after = run(clients, STACK, network("web"), prune=True)
    assert after["orphans"] == [] and actions(after) == {}


def test_two_stacks_leave_each_other_alone(account: Account) -> None:
    _emulator, clients = account
    other = Stack("other", STACK.account, STACK.region)
    run(clients, STACK, network("web", subnets=("app",)))
    run(clients, other, network("web", subnets=("app",), stack=other))
    run(clients, STACK, network("web", subnets=("app",)), state="absent")
    assert actions(run(clients, other, network("web", subnets=("app",), stack=other))) == {}


def whole(name: str, cidr: str) -> tuple[Stack, tuple[Declaration, ...]]:
    """Return a stack with all that jyoti has, in which nobody's rules are taken out of the hosts' group."""
    stack = Stack(name, STACK.account, STACK.region)
    described = {tier: options for tier, options in description().items() if tier != "stack"}
    described["network"]["vpc"]["cidr"] = cidr
    next(g for g in described["network"]["security_groups"] if g["name"] == "app")["purge_rules"] = False
    return stack, declarations_of(described, stack)


def test_what_others_do_beside_the_description_shows_nothing(account: Account) -> None:
    _emulator, clients = account
    stack, declarations = whole("mine", "10.60.0.0/16")
    made = run(clients, stack, declarations)["outputs"]
    ec2, scaling = clients("ec2", stack.region), clients("autoscaling", stack.region)
    vpc, group = made["vpc"]["main"]["id"], made["auto_scaling_group"]["app"]["name"]

    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "cost-centre", "Value": "4711"}])
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=made["security_group"]["app"]["id"], IpPermissions=[rule])
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=3)
    ec2.create_security_group(GroupName="theirs", Description="somebody else's", VpcId=vpc)
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.60.240.0/24")
    clients("logs", stack.region).create_log_group(logGroupName="/theirs")

    after = run(clients, stack, declarations, check=True, prune=True)
    assert (actions(after), after["orphans"], after["diff"]) == ({}, [], [])


def test_two_whole_stacks_and_what_is_left_of_one(account: Account) -> None:
    _emulator, clients = account
    (mine, mine_declared), (other, other_declared) = whole("mine", "10.60.0.0/16"), whole("other", "10.61.0.0/16")
    run(clients, mine, mine_declared)
    run(clients, other, other_declared)
    # Instances of the groups carry their stack's tags, and the terminated ones show for an hour.
    ec2 = clients("ec2", mine.region)
    tagged = [{"Name": "tag:terrace:stack", "Values": ["mine"]}]
    reservations = ec2.describe_instances(Filters=tagged)["Reservations"]
    instances = [instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]]
    assert instances
    ec2.terminate_instances(InstanceIds=instances[:1])
    for stack, declared in ((mine, mine_declared), (other, other_declared)):
        settled = run(clients, stack, declared, prune=True)
        assert (actions(settled), settled["orphans"]) == ({}, [])
    run(clients, mine, mine_declared, state="absent")
    assert actions(run(clients, other, other_declared, prune=True)) == {}
    again = run(clients, mine, mine_declared, check=True)
    assert set(actions(again).values()) == {"create"}
