# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS
from ansible_collections.terrace.aws.plugins.module_utils.stack_info import _orphans, describe
from local_cloud.emulator import Emulator
from tests.contract.harness import loopback_clients, run

STACK = Stack("demo", "123456789012", "eu-west-1")
DESCRIBED: dict[str, dict[str, Any]] = {
    "network": {
        "vpc": {"name": "main", "cidr": "10.20.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"], "nat": "single"},
        "subnets": [{"name": "public", "public": True}, {"name": "app"}],
        "security_groups": [{"name": "app", "ingress": [{"port": 80, "from": "0.0.0.0/0"}]}],
    },
    "load_balancer": {
        "target_groups": [{"name": "app", "port": 3000}],
        "load_balancers": [{"name": "front", "subnets": "public", "security_groups": ["app"]}],
    },
    "compute": {
        "groups": [
            {
                "name": "app",
                "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
                "type": "t3.small",
                "min": 2,
                "max": 4,
                "subnets": "app",
                "security_groups": ["app"],
                "target_tracking": {"cpu": 50},
            }
        ]
    },
}
Clients = Callable[[str, str], Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def clients(emulator: Emulator) -> Clients:
    emulator.reset()
    return loopback_clients(emulator.endpoint)


@pytest.fixture
def built(clients: Clients) -> dict[str, Any]:
    return run(clients, STACK, declarations_of(DESCRIBED, STACK))


def test_an_empty_account_has_nothing(clients: Clients) -> None:
    empty: dict[str, Any] = {"resources": [], "outputs": {}, "endpoints": [], "instances": [], "orphans": []}
    assert describe(STACK, clients) == {"changed": False, **empty}


@pytest.mark.usefixtures("built")
def test_outputs_are_those_of_a_run_that_changes_nothing_without_what_is_only_looked_up(clients: Clients) -> None:
    outputs = run(clients, STACK, declarations_of(DESCRIBED, STACK))["outputs"]
    assert describe(STACK, clients)["outputs"] == {kind: found for kind, found in outputs.items() if kind != "image"}


def test_every_resource_is_there_under_its_declared_name(clients: Clients, built: dict[str, Any]) -> None:
    resources = describe(STACK, clients)["resources"]
    # What is only looked up, or came with the VPC and goes with it, is not the stack's own.
    expected = {(r["kind"], r["name"], r["id"]) for r in built["resources"] if KINDS[r["kind"]].delete}
    assert {(r["kind"], r["name"], r["id"]) for r in resources} == expected
    assert {(r["tier"], r["state"]) for r in resources} == {(tier, "ready") for tier in DESCRIBED}


@pytest.mark.usefixtures("built")
def test_load_balancers_are_endpoints(clients: Clients) -> None:
    endpoints = describe(STACK, clients)["endpoints"]
    assert [(e["kind"], e["name"], e["port"]) for e in endpoints] == [("load_balancer", "front", None)]
    assert endpoints[0]["address"].endswith(".elb.amazonaws.com")


@pytest.mark.usefixtures("built")
def test_running_instances_with_their_group(clients: Clients) -> None:
    instances = describe(STACK, clients)["instances"]
    assert [(i["group"], i["state"]) for i in instances] == [("app", "running")] * 2
    assert {i["zone"] for i in instances} == {"eu-west-1a", "eu-west-1b"}
    clients("ec2", "eu-west-1").stop_instances(InstanceIds=[instances[0]["instance_id"]])
    assert instances[0]["instance_id"] not in {i["instance_id"] for i in describe(STACK, clients)["instances"]}


@pytest.mark.usefixtures("built")
def test_what_no_kind_knows_is_an_orphan(clients: Clients) -> None:
    assert describe(STACK, clients)["orphans"] == []
    tags = [{"Key": "terrace:stack", "Value": STACK.name}]
    volume = clients("ec2", "eu-west-1").create_volume(
        AvailabilityZone="eu-west-1a", Size=1, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}]
    )["VolumeId"]
    orphans = describe(STACK, clients)["orphans"]
    assert [(o["kind"], o["name"], o["id"].rpartition("/")[2]) for o in orphans] == [("", "", volume)]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0",
        "arn:aws:rds:eu-west-1:123456789012:snapshot:demo-main-final",
        "arn:aws-cn:elasticache:cn-north-1:123456789012:snapshot:demo-sessions",
    ],
)
def test_what_was_kept_of_deleted_data_is_no_orphan(arn: str) -> None:
    tags = {"terrace:stack": "demo", "terrace:id": "instance/volume/data"}
    volume = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-0123456789abcdef0"
    assert [orphan["id"] for orphan in _orphans({arn: tags, volume: tags}, [])] == [volume]


@pytest.mark.usefixtures("built")
def test_nothing_is_left_after_the_teardown(clients: Clients) -> None:
    run(clients, STACK, declarations_of(DESCRIBED, STACK), state="absent")
    found = describe(STACK, clients)
    assert not any(found[part] for part in ("resources", "outputs", "endpoints", "instances", "orphans"))


@pytest.mark.usefixtures("built")
def test_only_reads(emulator: Emulator, clients: Clients) -> None:
    before = len(emulator.calls)
    describe(STACK, clients)
    assert not [call for call in emulator.calls[before:] if call["mutating"]]
