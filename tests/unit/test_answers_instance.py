# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EC2 and CloudWatch answer to what was declared differs in form, and is no difference."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    _ec2,
    _instance_changes,
    alarm,
    elastic_ip,
    instance,
    reverse_name,
    volume,
    volume_attachment,
)
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import Answers

STACK = Stack("demo", "123456789012", "eu-west-1")
ID, ROOT, DATA = "i-0123456789abcdef0", "vol-0123456789abcdef0", "vol-0fedcba9876543210"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PROFILE = "arn:aws:iam::123456789012:instance-profile/terrace/demo/demo-mail"
KNOWN = {
    "image": {"id": "ami-0a1b2c3d4e5f60718", "root_device": "/dev/xvda"},
    "subnet": {"id": "subnet-0a1b2c3d4e5f60718"},
    "security_group": {"id": "sg-0a1b2c3d4e5f60718"},
    "instance_profile": {"arn": PROFILE},
    "instance": {"id": ID},
    "volume": {"id": DATA},
    "elastic_ip": {"id": "eipalloc-0a1b2c3d4e5f60718"},
    "kms_key": {"arn": KEY},
}
MAIL: dict[str, Any] = {
    "name": "mail",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "subnet": "public",
    "zone": "eu-west-1a",
    "security_groups": ["mail"],
}
TAGS = {"terrace:stack": "demo", "terrace:id": "instance/instance/mail", "terrace:managed-by": "terrace.aws"}
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
RUNNING: dict[str, Any] = {
    "InstanceId": ID,
    "ImageId": "ami-0a1b2c3d4e5f60718",
    "State": {"Code": 16, "Name": "running"},
    "InstanceType": "t3.small",
    "SubnetId": "subnet-0a1b2c3d4e5f60718",
    "PrivateIpAddress": "10.0.0.10",
    "SecurityGroups": [{"GroupId": "sg-0a1b2c3d4e5f60718", "GroupName": "demo-mail"}],
    "SourceDestCheck": True,
    "Monitoring": {"State": "disabled"},
    "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
    "MaintenanceOptions": {"AutoRecovery": "default"},
    "RootDeviceName": "/dev/xvda",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": DATA, "Status": "attached", "DeleteOnTermination": False}},
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": ROOT, "Status": "attached", "DeleteOnTermination": True}},
    ],
    "Placement": {"AvailabilityZone": "eu-west-1a", "Tenancy": "default"},
    "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
}
ROOT_VOLUME: dict[str, Any] = {
    "VolumeId": ROOT,
    "Size": 20,
    "VolumeType": "gp3",
    "Iops": 3000,
    "Throughput": 125,
    "Encrypted": True,
    "KmsKeyId": KEY,
    "State": "in-use",
    "AvailabilityZone": "eu-west-1a",
    "Attachments": [{"VolumeId": ROOT, "InstanceId": ID, "Device": "/dev/xvda", "State": "attached"}],
}
DATA_VOLUME = {
    **ROOT_VOLUME,
    "VolumeId": DATA,
    "Size": 100,
    "Attachments": [{"VolumeId": DATA, "InstanceId": ID, "Device": "/dev/sdf", "State": "attached"}],
}
ALARM: dict[str, Any] = {
    "AlarmName": "demo-mail-recovery",
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:demo-mail-recovery",
    "AlarmDescription": "Moves mail to other hardware when its own fails",
    "ActionsEnabled": True,
    "OKActions": [],
    "AlarmActions": ["arn:aws:automate:eu-west-1:ec2:recover"],
    "InsufficientDataActions": [],
    "StateValue": "OK",
    "MetricName": "StatusCheckFailed_System",
    "Namespace": "AWS/EC2",
    "Statistic": "Maximum",
    "Dimensions": [{"Name": "InstanceId", "Value": ID}],
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "missing",
}


def context(prepared: dict[str, Any], *found: Found, declared: tuple[Declaration, ...] = (), **methods: Any) -> Context:
    answers = Answers(prepared)
    client = SimpleNamespace(
        get_paginator=answers.get_paginator, **{**{name: getattr(answers, name) for name in prepared}, **methods}
    )
    return Context(
        STACK,
        STACK.region,
        client=lambda _service: client,
        declared=lambda _kind: declared,
        found=lambda _kind: found,
        each=lambda function, items: [function(item) for item in items],
        tags_by_arn=dict,
        note=lambda _text: None,
    )


def declared(kind: str, **options: Any) -> Any:
    (wanted,) = (d for d in declarations_of({"instance": {"instances": [{**MAIL, **options}]}}, STACK) if d.kind == kind)

    def followed(leaf: Any) -> Any:
        return KNOWN.get(leaf.kind, {}).get(leaf.attribute) if isinstance(leaf, Reference) else leaf

    return transform(wanted.values, followed)


def only(found: Any) -> Found:
    (one,) = found
    return one


def instance_found(raw: dict[str, Any], root: dict[str, Any], modifying: str = "", **attributes: bool) -> Found:
    def attribute(**request: Any) -> dict[str, Any]:
        name = request["Attribute"]
        return {"InstanceId": request["InstanceId"], name[0].upper() + name[1:]: {"Value": attributes.get(name, False)}}

    prepared = {
        "describe_instances": {"Reservations": [{"Instances": [{**RUNNING, **raw}]}]},
        "describe_volumes": {"Volumes": [{**ROOT_VOLUME, **root}]},
        "describe_volumes_modifications": {"VolumesModifications": [{"VolumeId": modifying}]},
        "describe_instance_credit_specifications": {
            "InstanceCreditSpecifications": [{"InstanceId": ID, "CpuCredits": "unlimited"}]
        },
    }
    return only(instance.list_instances(context(prepared, describe_instance_attribute=attribute)))


PROTECTED = {"disableApiTermination": True}


@pytest.mark.parametrize(
    ("options", "raw", "root", "attributes"),
    [
        pytest.param({}, {}, {}, PROTECTED, id="a key of AWS's own, IOPS and throughput, and an address"),
        pytest.param({"detailed_monitoring": True}, {"Monitoring": {"State": "pending"}}, {}, PROTECTED, id="monitoring to come"),
        pytest.param({"role": "mail"}, {"IamInstanceProfile": {"Arn": PROFILE, "Id": "AIPA"}}, {}, PROTECTED, id="a profile"),
        pytest.param({"kms_key": "main"}, {}, {}, PROTECTED, id="a key by its ARN"),
        pytest.param({"cpu_credits": "unlimited"}, {}, {}, PROTECTED, id="credits from a call of their own"),
        pytest.param({"key_name": "operators"}, {"KeyName": "operators"}, {}, PROTECTED, id="a key pair"),
        pytest.param({"termination_protection": False}, {}, {}, {}, id="no protection"),
        pytest.param({"stop_protection": True}, {}, {}, {**PROTECTED, "disableApiStop": True}, id="both protections"),
        pytest.param({"private_address": "10.0.0.10"}, {}, {}, PROTECTED, id="the address that was asked for"),
        pytest.param({"allow_stop": True, "image": {**MAIL["image"], "update": True}}, {}, {}, PROTECTED, id="permissions"),
    ],
)
def test_an_instance_is_as_declared(
    options: dict[str, Any], raw: dict[str, Any], root: dict[str, Any], attributes: dict[str, bool]
) -> None:
    found = instance_found(raw, root, **attributes)
    assert compare(found.values, declared("instance", **options)) == ()
    assert found.belongs_to(STACK, "instance")


def test_an_instance_that_has_only_begun_to_start_has_no_root_volume_yet() -> None:
    found = instance_found({"State": {"Name": "pending"}, "BlockDeviceMappings": []}, {})
    assert (found.state, found.values.root_size, found.values.root_encrypted) == (PENDING, None, None)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("pending", PENDING),
        ("running", READY),
        ("stopping", PENDING),
        ("stopped", READY),
        ("shutting-down", DELETING),
        ("terminated", GONE),
    ],
)
def test_states(name: str, state: str) -> None:
    assert instance_found({"State": {"Name": name}}, {}).state == state


def test_an_instance_waits_while_its_root_volume_is_modified() -> None:
    assert instance_found({}, {}, modifying=ROOT).state == PENDING
    assert instance_found({}, {}, modifying=DATA).state == READY
    assert instance_found({"State": {"Name": "terminated"}}, {}, modifying=ROOT).state == GONE


def test_an_instance_that_could_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "_launched", {ID})
    reason = {
        "Code": "Client.InvalidKMSKey.InvalidState",
        "Message": "Client.InvalidKMSKey.InvalidState: The KMS key is disabled",
    }
    found = instance_found({"State": {"Name": "terminated"}, "StateReason": reason}, {})
    assert (found.state, found.detail) == (FAILED, f"terminated: {reason['Message']}")


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({}, None),
        (
            {"disableApiTermination": True},
            "its termination protection is on; set termination_protection: false and apply that first",
        ),
        ({"disableApiStop": True}, "its stop protection is on; set stop_protection: false and apply that first"),
    ],
)
def test_what_keeps_an_instance_from_being_deleted(attributes: dict[str, bool], why: str | None) -> None:
    assert instance.guard(instance_found({}, {}, **attributes)) == why


def test_a_volume_is_as_declared_and_waits_while_it_is_modified() -> None:
    wanted = declared("volume", volumes=[{"name": "data", "device": "/dev/sdf", "size": 100}])
    for modifying, state in (([], READY), ([{"VolumeId": DATA, "ModificationState": "modifying"}], PENDING)):
        prepared = {
            "describe_volumes": {"Volumes": [DATA_VOLUME]},
            "describe_volumes_modifications": {"VolumesModifications": modifying},
        }
        found = only(volume.list_volumes(context(prepared)))
        assert (compare(found.values, wanted), found.state) == ((), state)


def test_volumes_leave_snapshots_that_need_their_keys() -> None:
    """Without its key, a final snapshot is no data."""
    others = {"SnapshotId": "snap-0a1b2c3d4e5f60718", "Encrypted": True, "KmsKeyId": KEY.replace("1234abcd", "abcd1234")}
    prepared = {
        "describe_volumes": {"Volumes": [DATA_VOLUME]},
        "describe_volumes_modifications": {"VolumesModifications": []},
        "describe_snapshots": {"Snapshots": [others]},
    }
    doing = context(prepared)
    going = list(volume.list_volumes(doing))
    assert volume.leaves(doing, going) == {
        others["KmsKeyId"]: "the snapshot snap-0a1b2c3d4e5f60718",
        KEY: f"the final snapshot of {DATA}",
    }
    let_go = [dataclasses.replace(found, attributes={"final_snapshot": False}) for found in going]
    assert list(volume.leaves(doing, let_go)) == [others["KmsKeyId"]]


@pytest.mark.parametrize(
    ("state", "states"),
    [("attaching", [PENDING]), ("attached", [READY]), ("busy", [DELETING]), ("detaching", [DELETING]), ("detached", [])],
)
def test_an_attachment_is_as_declared(state: str, states: list[str]) -> None:
    wanted = declared("volume_attachment", volumes=[{"name": "data", "device": "/dev/sdf", "size": 100}])
    attachment = {**DATA_VOLUME["Attachments"][0], "State": state}
    prepared = {"describe_volumes": {"Volumes": [{**DATA_VOLUME, "Attachments": [attachment]}]}}
    found = list(volume_attachment.list_attachments(context(prepared, Found(DATA, None))))
    assert [f.state for f in found] == states
    assert all(compare(f.values, wanted) == () for f in found)


def reverse(**answer: Any) -> list[Found]:
    address = KNOWN["elastic_ip"]["id"]
    prepared = {"describe_addresses_attribute": {"Addresses": [{"AllocationId": address, "PublicIp": "192.0.2.1", **answer}]}}
    return list(reverse_name.list_reverse_names(context(prepared, Found(address, None))))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"PtrRecord": "mail.example.com."}, READY),
        ({"PtrRecordUpdate": {"Value": "mail.example.com.", "Status": "PENDING"}}, PENDING),
        ({"PtrRecord": "old.example.com.", "PtrRecordUpdate": {"Value": "mail.example.com.", "Status": "PENDING"}}, PENDING),
        ({"PtrRecord": "mail.example.com.", "PtrRecordUpdate": {"Value": "", "Status": "PENDING"}}, DELETING),
    ],
)
def test_a_reverse_name_is_as_declared(answer: dict[str, Any], state: str) -> None:
    wanted = declared("reverse_name", elastic_ip=True, reverse_dns="Mail.example.com")
    found = only(reverse(**answer))
    assert (compare(found.values, wanted), found.state) == ((), state)


def test_a_reverse_name_that_was_refused_says_why() -> None:
    found = only(reverse(PtrRecordUpdate={"Value": "mail.example.com.", "Status": "FAILED", "Reason": "no forward record"}))
    assert (found.state, found.detail) == (FAILED, "no forward record")
    assert reverse() == []


@pytest.mark.parametrize("missing", [(), ("TreatMissingData",)])
def test_an_alarm_is_as_declared(missing: tuple[str, ...]) -> None:
    raw = {key: value for key, value in ALARM.items() if key not in missing}
    prepared = {"describe_alarms": {"MetricAlarms": [raw]}, "list_tags_for_resource": {"Tags": []}}
    found = only(alarm.list_alarms(context(prepared)))
    assert compare(found.values, declared("alarm", recovery="alarm")) == ()


def test_an_alarm_whose_actions_were_switched_off_is_not() -> None:
    prepared = {"describe_alarms": {"MetricAlarms": [{**ALARM, "ActionsEnabled": False}]}, "list_tags_for_resource": {"Tags": []}}
    found = only(alarm.list_alarms(context(prepared)))
    assert [change.field for change in compare(found.values, declared("alarm", recovery="alarm"))] == ["actions"]


class Machine:
    """An instance that takes some looks to stop, and writes down what is done to it."""

    def __init__(self, looks: int) -> None:
        self.state, self.looks, self.done = "running", looks, []

    def describe_instances(self, **_request: Any) -> Any:
        return {"Reservations": [{"Instances": [{"State": {"Name": self.state}}]}]}

    def stop_instances(self, **_request: Any) -> None:
        self.done.append("stop")
        self.state = "stopping"

    def start_instances(self, **_request: Any) -> None:
        self.done.append("start")
        self.state = "pending"

    def modify_instance_attribute(self, **request: Any) -> None:
        if self.looks:
            self.looks -= 1
            raise _ec2.Unsuccessful("ModifyInstanceAttribute", {"Code": "IncorrectInstanceState", "Message": "not stopped"})
        self.state = "stopped"
        self.done += request.keys() - {"InstanceId"}


def test_another_type_waits_until_the_instance_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    machine, kind = Machine(looks=3), instance.KIND
    wanted = declared("instance", type="t3.large", allow_stop=True, termination_protection=False)
    doing = dataclasses.replace(context({}), client=lambda _service: machine)
    found = Found(ID, None, attributes={"root_volume": ROOT})
    retry.repeat(
        lambda: _instance_changes.update(doing, found, wanted, {"type"}), lambda error: retry.patience(kind, error, False)
    )
    assert machine.done == ["stop", "InstanceType", "start"]


class Refusing(Machine):
    """A machine whose new type AWS refuses at one of two steps."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(looks=0)
        self._refused = {operation: _ec2.Unsuccessful(operation, {"Code": code, "Message": "no"})}

    def modify_instance_attribute(self, **request: Any) -> None:
        self.state = "stopped"
        self._refuse("ModifyInstanceAttribute")
        self.done.append(request["InstanceType"]["Value"])

    def start_instances(self, **request: Any) -> None:
        self._refuse("StartInstances")
        super().start_instances(**request)

    def _refuse(self, operation: str) -> None:
        if error := self._refused.pop(operation, None):
            raise error


@pytest.mark.parametrize(
    ("operation", "code", "done"),
    [
        ("ModifyInstanceAttribute", "InvalidParameterCombination", ["stop", "start"]),
        ("StartInstances", "InsufficientInstanceCapacity", ["stop", "t3.large", "t3.small", "start"]),
        ("StartInstances", "InternalError", ["stop", "t3.large"]),
    ],
)
def test_a_type_that_is_refused_leaves_the_instance_as_it_was(operation: str, code: str, done: list[str]) -> None:
    machine = Refusing(operation, code)
    wanted = declared("instance", type="t3.large", allow_stop=True, termination_protection=False)
    doing = dataclasses.replace(context({}), client=lambda _service: machine)
    found = Found(ID, instance.Instance(type="t3.small"), attributes={"root_volume": ROOT})
    with pytest.raises(_ec2.Unsuccessful):
        _instance_changes.update(doing, found, wanted, {"type"})
    assert machine.done == done


def test_what_may_be_repeated() -> None:
    def patience(kind: Kind, operation: str, code: str, message: str = "") -> float:
        return retry.patience(kind, _ec2.Unsuccessful(operation, {"Code": code, "Message": message}), fresh_parents=False)

    late = "Value (demo-mail) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
    assert patience(instance.KIND, "RunInstances", "InvalidParameterValue", late)
    assert not patience(instance.KIND, "RunInstances", "InvalidParameterValue", "Invalid availability zone")
    assert not patience(instance.KIND, "RunInstances", "InsufficientInstanceCapacity")
    assert patience(volume_attachment.KIND, "AttachVolume", "VolumeInUse")
    held = "You do not have permission to access the specified resource."
    assert patience(elastic_ip.KIND, "ReleaseAddress", "AuthFailure", held)
    assert not patience(elastic_ip.KIND, "ReleaseAddress", "AuthFailure", "AWS was not able to validate the credentials")
