# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single instances through their life: with a volume, an address that stays and a name, changed, replaced and deleted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS
from ansible_collections.terrace.aws.plugins.module_utils.stack_info import describe
from local_cloud.emulator import Emulator
from tests.contract.harness import actions, run
from tests.integration.described import CHECKOUT, command

STACK = Stack("agency", "123456789012", "eu-west-1", {"owner": "team"})
TIERS = frozenset({"network", "dns", "instance"})
OPEN = {"termination_protection": False}
MAIL: dict[str, Any] = {
    "name": "mail",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "subnet": "public",
    "zone": "eu-west-1a",
    "security_groups": ["mail"],
    "elastic_ip": True,
    "reverse_dns": "mail.example.com",
    "recovery": "alarm",
    "volumes": [{"name": "data", "device": "/dev/sdf", "size": 100}],
}
NETWORK: dict[str, Any] = {
    "vpc": {"name": "main", "cidr": "10.20.0.0/16", "zones": ["eu-west-1a"]},
    "subnets": [{"name": "public", "public": True}],
    "security_groups": [{"name": "mail", "ingress": [{"port": 25, "from": "0.0.0.0/0"}]}],
}
DNS = {
    "zones": [{"name": "public", "domain": "example.com"}],
    "records": [{"zone": "public", "record": "mail.example.com", "type": "A", "elastic_ip": "mail"}],
}
PARTS = ("instance/mail", "volume/mail/data", "volume_attachment/mail/data", "elastic_ip/mail")
Clients = Callable[[str, str], Any]


@pytest.fixture
def ec2(clients: Clients) -> Any:
    return clients("ec2", STACK.region)


def converge(clients: Clients, *instances: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    described = {"network": NETWORK, "dns": DNS, "instance": {"instances": list(instances or [MAIL])}}
    stack = arguments.pop("stack", STACK)
    return run(clients, stack, declarations_of(described, stack), **{"tiers": TIERS, **arguments})


def only_instance(ec2: Any) -> Any:
    reservations = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running", "stopped"]}])
    ((instance,),) = [reservation["Instances"] for reservation in reservations["Reservations"]]
    return instance


def ids(result: dict[str, Any]) -> dict[str, str]:
    return {f"{r['kind']}/{r['name']}": r["id"] for r in result["resources"] if r["action"] != "delete"}


def test_made_in_one_run_and_settled(clients: Clients, ec2: Any, account: Emulator) -> None:
    made = converge(clients)
    before = len(account.calls)
    again = converge(clients)
    assert (actions(again), again["orphans"]) == ({}, [])
    assert not [call["operation"] for call in account.calls[before:] if call["mutating"]]
    instance = only_instance(ec2)
    (address,) = ec2.describe_addresses()["Addresses"]
    assert (address["InstanceId"], instance["PublicIpAddress"]) == (instance["InstanceId"], address["PublicIp"])
    (named,) = ec2.describe_addresses_attribute(AllocationIds=[address["AllocationId"]], Attribute="domain-name")["Addresses"]
    assert named["PtrRecord"] == "mail.example.com."
    operations = [call["operation"] for call in account.calls]
    assert operations.index("ModifyAddressAttribute") > operations.index("ChangeResourceRecordSets")
    assert ids(made)["instance/mail"] == instance["InstanceId"]
    assert {device["DeviceName"] for device in instance["BlockDeviceMappings"]} == {"/dev/xvda", "/dev/sdf"}


def test_found_with_its_group_and_without_orphans(clients: Clients) -> None:
    converge(clients)
    found = describe(STACK, clients)
    assert [(instance["group"], instance["state"]) for instance in found["instances"]] == [("mail", "running")]
    assert found["orphans"] == []
    assert {"instance", "volume", "elastic_ip", "alarm"} <= found["outputs"].keys()


def test_the_inventory_has_the_same_groups(clients: Clients, account: Emulator) -> None:
    stack = dataclasses.replace(STACK, name="jyoti-production")
    converge(clients, stack=stack)
    listed = command("ansible-inventory", "-i", "inventories/jyoti/aws_ec2.yml", "--list", emulator=account, cwd=CHECKOUT)
    groups = json.loads(listed.stdout)
    found = describe(stack, clients)["instances"]
    assert groups["mail"]["hosts"] == [instance["instance_id"] for instance in found]
    assert {"aws_ec2", "mail"} <= groups.keys()


def test_another_type_has_to_be_allowed(clients: Clients, ec2: Any, account: Emulator) -> None:
    converge(clients)
    with pytest.raises(Refused, match=r"instances\[0\]: instance/mail: kept_type is t3.small and becomes t3.large .*allow_stop"):
        converge(clients, {**MAIL, "type": "t3.large"})
    assert only_instance(ec2)["InstanceType"] == "t3.small"
    larger = {**MAIL, "type": "t3.large", "allow_stop": True}
    changed = converge(clients, larger)
    assert changed["disruptions"] == ["instance/mail: changing type stops and starts the instance"]
    assert (only_instance(ec2)["InstanceType"], only_instance(ec2)["State"]["Name"]) == ("t3.large", "running")
    assert actions(converge(clients, larger)) == {}


def test_a_stopped_instance_is_started_again(clients: Clients, ec2: Any) -> None:
    converge(clients)
    ec2.stop_instances(InstanceIds=[only_instance(ec2)["InstanceId"]])
    assert actions(converge(clients)) == {"instance/mail": "update"}
    assert only_instance(ec2)["State"]["Name"] == "running"


def test_volumes_grow_in_place_and_never_shrink(clients: Clients, ec2: Any) -> None:
    converge(clients)
    larger = {**MAIL, "root_volume": {"size": 40}, "volumes": [{**MAIL["volumes"][0], "size": 200}]}
    assert actions(converge(clients, larger)) == {"instance/mail": "update", "volume/mail/data": "update"}
    assert sorted(volume["Size"] for volume in ec2.describe_volumes()["Volumes"]) == [40, 200]
    with pytest.raises(Refused, match=r"volume/mail/data: size cannot go down from 200 to 100 GiB"):
        converge(clients, {**MAIL, "root_volume": {"size": 40}})


def test_volume_and_address_move_to_a_new_instance(clients: Clients, ec2: Any) -> None:
    first = ids(converge(clients, {**MAIL, **OPEN}))
    moved = {**MAIL, **OPEN, "key_name": ec2.create_key_pair(KeyName="operators")["KeyName"]}
    with pytest.raises(Refused, match=r"instance/mail \(key_name\)\. Name them in allow_replacement"):
        converge(clients, moved)
    second = converge(clients, moved, allow_replacement=("instance/mail",))
    assert actions(second)["instance/mail"] == "replace"
    now = ids(second)
    assert now["instance/mail"] != first["instance/mail"]
    assert [now[part] == first[part] for part in PARTS[1:]] == [True] * 3
    (volume,) = ec2.describe_volumes(VolumeIds=[now["volume/mail/data"]])["Volumes"]
    assert [attachment["InstanceId"] for attachment in volume["Attachments"]] == [now["instance/mail"]]
    (address,) = ec2.describe_addresses()["Addresses"]
    assert address["InstanceId"] == now["instance/mail"]
    assert actions(converge(clients, moved)) == {}


def test_a_protected_instance_is_not_deleted(clients: Clients, ec2: Any) -> None:
    converge(clients)
    with pytest.raises(Refused, match="instance/mail: its termination protection is on; set termination_protection: false"):
        converge(clients, state="absent")
    assert only_instance(ec2)["State"]["Name"] == "running"


def test_data_is_kept_as_a_snapshot(clients: Clients, ec2: Any, account: Emulator) -> None:
    volume = ids(converge(clients, {**MAIL, **OPEN}))["volume/mail/data"]
    before = len(account.calls)
    gone = converge(clients, {**MAIL, **OPEN}, state="absent")
    snapshots = [s for s in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] if s["VolumeId"] == volume]
    assert len(snapshots) == 1
    assert any(f"{volume}: its data is kept in the final snapshot {snapshots[0]['SnapshotId']}" in note for note in gone["notes"])
    assert actions(converge(clients, {**MAIL, **OPEN}, state="absent")) == {}
    operations = [call["operation"] for call in account.calls[before:]]
    assert operations.index("TerminateInstances") < operations.index("CreateSnapshot") < operations.index("DeleteVolume")
    assert "DetachVolume" not in operations
    assert not ec2.describe_volumes()["Volumes"] and not ec2.describe_addresses()["Addresses"]


def test_no_snapshot_where_none_is_wanted(clients: Clients, ec2: Any) -> None:
    scratch = {**MAIL, **OPEN, "volumes": [{**MAIL["volumes"][0], "final_snapshot": False}]}
    volume = ids(converge(clients, scratch))["volume/mail/data"]
    converge(clients, scratch, state="absent")
    assert not [s for s in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] if s["VolumeId"] == volume]


def test_a_volume_is_not_pulled_out_of_a_running_instance(clients: Clients, ec2: Any) -> None:
    converge(clients)
    with pytest.raises(ApplyFailed, match=r"volume_attachment/mail/data.*which is running: stop it, or unmount"):
        converge(clients, {**MAIL, "volumes": []}, prune=True)
    assert len(only_instance(ec2)["BlockDeviceMappings"]) == 2


def test_a_newer_image_is_no_change_unless_it_is_asked_for(clients: Clients, ec2: Any) -> None:
    first = ids(converge(clients, {**MAIL, **OPEN}))["instance/mail"]
    old = only_instance(ec2)["ImageId"]
    newer = {**MAIL, **OPEN, "image": {"parameter": "/aws/service/debian/release/13/latest/amd64"}}
    untouched = converge(clients, newer)
    assert actions(untouched) == {}
    assert [note.partition(" stays")[0] for note in untouched["notes"] if f"{old} stays" in note]
    newer["image"]["update"] = True
    with pytest.raises(Refused, match=r"instance/mail \(pinned_image\)"):
        converge(clients, newer)
    converge(clients, newer, allow_replacement=("instance/mail",))
    assert only_instance(ec2)["InstanceId"] != first and only_instance(ec2)["ImageId"] != old


def test_every_kind_of_the_tier_is_surveyed_with_few_calls(clients: Clients, account: Emulator) -> None:
    """Without instances there are neither attributes nor attachments to read."""
    run(clients, STACK, declarations_of({"network": NETWORK}, STACK), tiers=TIERS)
    before = len(account.calls)
    run(clients, STACK, declarations_of({"network": NETWORK}, STACK), tiers=TIERS)
    operations = [call["operation"] for call in account.calls[before:]]
    assert operations.count("DescribeVolumes") <= 1
    assert not {"DescribeInstanceAttribute", "DescribeVolumesModifications", "DescribeAddressesAttribute"} & set(operations)
    assert KINDS["instance"].calls["DescribeInstanceAttribute"] == "resource"
