# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EFS answers to what was declared differs in form, and is no difference."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, READY, Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds import access_point, file_system, mount_targets
from ansible_collections.terrace.aws.plugins.module_utils.kinds.mount_targets import MountTargets
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1")
ID = "fs-0123456789abcdef0"
ARN = f"arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/{ID}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TAGS = {
    "terrace:stack": "demo",
    "terrace:id": "storage/file_system/shared",
    "terrace:managed-by": "terrace.aws",
    # EFS adds it to what is backed up by default.
    "aws:elasticfilesystem:default-backup": "enabled",
}
RAW: dict[str, Any] = {
    "OwnerId": STACK.account,
    "CreationToken": "0" * 32,
    "FileSystemId": ID,
    "FileSystemArn": ARN,
    "LifeCycleState": "available",
    "Name": "demo-shared",
    "NumberOfMountTargets": 0,
    "SizeInBytes": {"Value": 6144, "ValueInIA": 0, "ValueInStandard": 6144, "ValueInArchive": 0},
    "PerformanceMode": "generalPurpose",
    "Encrypted": True,
    "KmsKeyId": KEY,
    "ThroughputMode": "elastic",
    "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
    "FileSystemProtection": {"ReplicationOverwriteProtection": "ENABLED"},
}


def denial(**elements: Any) -> dict[str, Any]:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Sid": "EncryptedConnections", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": ARN}
    return {**statement, "Condition": condition, **elements}


ANSWERS: dict[str, Any] = {
    "lifecycle": [],
    "backup": "ENABLED",
    "policy": {"Version": "2012-10-17", "Statement": [denial()]},
}


class NoPolicy(Exception):
    """What EFS answers about a policy that there is not."""

    def __init__(self) -> None:
        super().__init__()
        self.response = {"Error": {"Code": "PolicyNotFound"}}


def context(answers: dict[str, list[Any]], found: tuple[Found, ...] = (), **methods: Any) -> Context:
    """Return a context whose client answers lists from `answers`, by the paginator's name."""
    pages = {name: SimpleNamespace(paginate=lambda items=items, **_: [items]) for name, items in answers.items()}
    client = SimpleNamespace(get_paginator=pages.__getitem__, **methods)
    return Context(
        STACK,
        STACK.region,
        client=lambda _service: client,
        declared=lambda _kind: (),
        found=lambda _kind: found,
        each=lambda function, items: [function(item) for item in items],
        tags_by_arn=dict,
        note=lambda _text: None,
    )


def only(values: Any) -> Any:
    (value,) = values
    return value


def found(raw: dict[str, Any], answers: dict[str, Any]) -> Found:
    told = {**ANSWERS, **answers}

    def answer(key: str, form: Any) -> Any:
        def method(**request: Any) -> Any:
            assert request == {"FileSystemId": ID}
            if told[key] is None:
                raise NoPolicy
            return form(told[key])

        return method

    surveyed = context(
        {"describe_file_systems": {"FileSystems": [{**RAW, **raw}]}},
        describe_lifecycle_configuration=answer("lifecycle", lambda value: {"LifecyclePolicies": value}),
        describe_backup_policy=answer("backup", lambda value: {"BackupPolicy": {"Status": value}}),
        describe_file_system_policy=answer("policy", lambda value: {"FileSystemId": ID, "Policy": json.dumps(value)}),
    )
    return only(file_system.list_file_systems(surveyed))


def declared(**options: Any) -> list[Declaration]:
    return list(declarations_of({"storage": {"file_systems": [{"name": "shared", **options}]}}, STACK))


PARTNER = "arn:aws:iam::210987654321:role/partner"
READERS = {
    "Sid": "Readers",
    "Effect": "Allow",
    "Principal": {"AWS": PARTNER},
    "Action": "elasticfilesystem:ClientMount",
    "Resource": ARN,
}
ACCOUNT = {"sid": "Account", "principals": ["210987654321"], "actions": ["elasticfilesystem:ClientMount"]}


@pytest.mark.parametrize(
    ("options", "raw", "answers"),
    [
        pytest.param({}, {}, {}, id="AWS's own key, and the name of the file system in each statement"),
        pytest.param({}, {"ProvisionedThroughputInMibps": 0.0}, {}, id="no throughput as a number"),
        pytest.param(
            {"performance": {"throughput_mode": "provisioned", "provisioned_throughput": 64}},
            {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 64.0},
            {},
            id="a whole number of MiB/s as a fraction",
        ),
        pytest.param({}, {"FileSystemProtection": {"ReplicationOverwriteProtection": "REPLICATING"}}, {}, id="a replica"),
        pytest.param({}, {"FileSystemProtection": {}}, {}, id="a file system older than the protection"),
        pytest.param(
            {"zone": "eu-west-1a"},
            {"AvailabilityZoneName": "eu-west-1a", "AvailabilityZoneId": "euw1-az1"},
            {},
            id="a zone with its id",
        ),
        pytest.param({}, {}, {"backup": "ENABLING"}, id="backups that begin"),
        pytest.param({"automatic_backups": False}, {}, {"backup": "DISABLING"}, id="backups that end"),
        pytest.param({"automatic_backups": False}, {}, {"backup": None}, id="no policy for no backups"),
        pytest.param(
            {"lifecycle": {"transition_to_ia": 30, "transition_to_archive": 90, "transition_to_primary": True}},
            {},
            {
                "lifecycle": [
                    {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
                    {"TransitionToArchive": "AFTER_90_DAYS"},
                    {"TransitionToIA": "AFTER_30_DAYS"},
                ]
            },
            id="transitions in another order",
        ),
        pytest.param(
            {"lifecycle": {"transition_to_ia": 1}}, {}, {"lifecycle": [{"TransitionToIA": "AFTER_1_DAY"}]}, id="one day"
        ),
        pytest.param(
            {"policy": {"readers": [PARTNER]}},
            {},
            {
                "policy": {
                    "Version": "2012-10-17",
                    "Id": "efs-policy-wizard-1",
                    "Statement": [READERS, denial(Principal="*", Action=["*"])],
                }
            },
            id="statements in another order, one text for a list of one, and an id",
        ),
        pytest.param(
            {"policy": {"statements": [ACCOUNT]}},
            {},
            {
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        denial(Condition={"Bool": {"aws:SecureTransport": [False]}}),
                        {**READERS, "Sid": "Account", "Principal": {"AWS": ["arn:aws:iam::210987654321:root"]}},
                    ],
                }
            },
            id="an account as its root user, and a boolean",
        ),
    ],
)
def test_an_answer_of_another_form_is_no_difference(
    options: dict[str, Any], raw: dict[str, Any], answers: dict[str, Any]
) -> None:
    seen = found(raw, answers)
    assert seen.belongs_to(STACK, "file_system")
    assert compare(seen.values, declared(**options)[0].values) == ()


@pytest.mark.parametrize(
    ("options", "raw", "answers", "field"),
    [
        ({}, {"Encrypted": False}, {}, "encrypted"),
        ({}, {}, {"backup": "DISABLED"}, "automatic_backups"),
        ({}, {}, {"policy": None}, "policy"),
        ({}, {}, {"policy": {"Version": "2012-10-17", "Statement": [denial(Effect="Allow")]}}, "policy"),
        ({}, {}, {"policy": {"Version": "2012-10-17", "Statement": [denial(Resource=f"{ARN}0")]}}, "policy"),
        ({}, {"FileSystemProtection": {"ReplicationOverwriteProtection": "DISABLED"}}, {}, "replication_overwrite_protection"),
        ({}, {"ThroughputMode": "bursting"}, {}, "throughput"),
    ],
)
def test_what_is_different_is_told(options: dict[str, Any], raw: dict[str, Any], answers: dict[str, Any], field: str) -> None:
    assert [change.field for change in compare(found(raw, answers).values, declared(**options)[0].values)] == [field]


@pytest.mark.parametrize(("told", "state"), [("updating", PENDING), ("creating", PENDING), ("deleting", DELETING)])
def test_states(told: str, state: str) -> None:
    assert found({"LifeCycleState": told}, {}).state == state


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({}, None),
        ({"SizeInBytes": {"Value": 0}}, None),
        ({"SizeInBytes": {"Value": 6145}}, "holds files"),
        ({"SizeInBytes": {"Value": 6144, "ValueInIA": 6144}, "NumberOfMountTargets": 1}, "has mount targets"),
    ],
)
def test_what_may_hold_files_is_kept(raw: dict[str, Any], reason: str | None) -> None:
    text = file_system.guard(found(raw, {}))
    assert text is None if reason is None else reason in str(text) and "empty_before_delete: true" in str(text)


def target(subnet: str, state: str = "available") -> dict[str, Any]:
    return {
        "MountTargetId": f"fsmt-{subnet}",
        "FileSystemId": ID,
        "SubnetId": subnet,
        "LifeCycleState": state,
        "IpAddress": "10.9.0.7",
        "AvailabilityZoneId": "euw1-az1",
        "NetworkInterfaceId": "eni-1",
    }


def targets(*raw: dict[str, Any], groups: dict[str, list[str]] | None = None) -> Found:
    surveyed = context(
        {"describe_mount_targets": {"MountTargets": list(raw)}},
        (Found(ID, None),),
        describe_mount_target_security_groups=lambda MountTargetId: {  # noqa: N803 as botocore calls it
            "SecurityGroups": (groups or {}).get(MountTargetId, ["sg-1", "sg-2"])
        },
    )
    return only(mount_targets.list_mount_targets(surveyed))


WANTED = MountTargets(file_system=ID, subnets=("subnet-a", "subnet-b"), security_groups=("sg-2", "sg-1"))


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ([target("subnet-b"), target("subnet-a")], READY),
        ([target("subnet-b", "creating"), target("subnet-a")], PENDING),
        ([target("subnet-a"), target("subnet-b", "updating")], PENDING),
        # One that goes is not there any more, and the others wait for it.
        ([target("subnet-a"), target("subnet-b"), target("subnet-c", "deleting")], PENDING),
    ],
    ids=["another order", "one on its way", "one that changes", "one that goes"],
)
def test_mount_targets_are_as_declared(raw: list[dict[str, Any]], state: str) -> None:
    seen = targets(*raw)
    assert (seen.id, seen.state) == (ID, state)
    assert compare(seen.values, WANTED) == ()


@pytest.mark.parametrize(
    ("raw", "groups", "field"),
    [
        ([target("subnet-a")], {}, "subnets"),
        ([target("subnet-a"), target("subnet-b", "error")], {}, "subnets"),
        ([target("subnet-a"), target("subnet-b")], {"fsmt-subnet-b": ["sg-1"]}, "security_groups"),
    ],
    ids=["one is missing", "one has failed", "one has other groups"],
)
def test_mount_targets_that_differ(raw: list[dict[str, Any]], groups: dict[str, list[str]], field: str) -> None:
    seen = targets(*raw, groups=groups)
    assert seen.state == READY
    assert [change.field for change in compare(seen.values, WANTED)] == [field]


def test_mount_targets_that_all_go_are_gone_soon() -> None:
    assert targets(target("subnet-a", "deleting")).state == DELETING


@pytest.mark.parametrize(
    ("options", "user", "root"),
    [
        ({}, {"SecondaryGids": []}, {}),
        ({"secondary_gids": [7, 33]}, {"SecondaryGids": [33, 7]}, {}),
        ({}, {}, {"CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "750"}}),
        ({"path": "/"}, {}, None),
    ],
    ids=["no further groups", "groups in another order", "permissions without a zero", "no root"],
)
def test_access_points_are_as_declared(options: dict[str, Any], user: dict[str, Any], root: dict[str, Any] | None) -> None:
    point = {"name": "app", "uid": 1000, "gid": 1000, **options}
    wanted = dataclasses.replace(declared(access_points=[point])[1].values, file_system=ID)
    raw = {
        "AccessPointId": "fsap-1",
        "AccessPointArn": "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-1",
        "FileSystemId": ID,
        "LifeCycleState": "available",
        "Tags": [{"Key": "terrace:stack", "Value": "demo"}],
        "PosixUser": {"Uid": 1000, "Gid": 1000, **user},
        "RootDirectory": {**wanted.root_directory, **root} if root is not None else None,
    }
    seen = only(access_point.list_access_points(context({"describe_access_points": {"AccessPoints": [raw]}})))
    assert compare(seen.values, wanted) == ()
