# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.tiers import storage

STACK = Stack("demo", "123456789012", "eu-west-1")
MOUNTED: dict[str, Any] = {"subnets": "app", "security_groups": ["files"]}
EVERYBODY = {"principals": ["*"], "actions": ["elasticfilesystem:ClientMount"]}
BURSTING = {"throughput_mode": "bursting"}
POINT: dict[str, Any] = {"name": "uploads", "uid": 1000, "gid": 33}


def build(**options: Any) -> list[Declaration]:
    described = {"file_systems": [{"name": "shared", **options}]}
    return storage.build(validated(described, storage.SPEC, storage.CONSTRAINTS, "storage"), STACK)


def file_system(**options: Any) -> Any:
    return build(**options)[0].values


def statements(**options: Any) -> dict[str, dict[str, Any]]:
    return {statement.get("Sid", ""): statement for statement in file_system(policy=options).policy["Statement"]}


def test_a_file_system_is_safe_without_any_option() -> None:
    (declaration,) = build()
    values = declaration.values
    assert values.encrypted is True
    assert values.kms_key is None
    assert values.automatic_backups is True
    assert values.replication_overwrite_protection is True
    assert values.empty_before_delete is False
    assert values.zone == ""
    assert values.throughput == {"mode": "elastic", "mibps": 0}
    (statement,) = values.policy["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", {"AWS": ["*"]})
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_roles_are_named_by_name_and_others_by_arn() -> None:
    partner = "arn:aws:iam::210987654321:role/partner"
    given = statements(readers=[partner], writers=["app"])
    assert given["Readers"]["Principal"] == {"AWS": [partner]}
    assert given["Readers"]["Action"] == ["elasticfilesystem:ClientMount"]
    assert given["Writers"]["Principal"] == {"AWS": [Reference("iam_role", "app", "arn")]}
    assert given["Writers"]["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]


def test_anybody_only_when_told_and_through_a_mount_target() -> None:
    assert "Anonymous" not in statements(writers=["app"])
    anonymous = statements(anonymous_access=True)["Anonymous"]
    assert "elasticfilesystem:ClientRootAccess" not in anonymous["Action"]
    assert anonymous["Condition"] == {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}


def test_own_statements_come_last() -> None:
    root = {"principals": ["app", "210987654321"], "actions": ["elasticfilesystem:ClientRootAccess"]}
    *_others, own = file_system(policy={"statements": [root]}).policy["Statement"]
    assert own == {
        "Effect": "Allow",
        "Principal": {"AWS": [Reference("iam_role", "app", "arn"), "210987654321"]},
        "Action": ["elasticfilesystem:ClientRootAccess"],
    }


def test_a_mount_target_in_every_subnet_of_a_class() -> None:
    _file_system, targets = build(**MOUNTED)
    assert (targets.kind, targets.name) == ("mount_targets", "shared")
    assert targets.values.file_system == Reference("file_system", "shared")
    assert targets.values.subnets == Reference("subnet", "app/", every=True)
    assert targets.values.security_groups == (Reference("security_group", "files"),)


def test_one_zone_has_one_mount_target() -> None:
    first, targets = build(**MOUNTED, zone="eu-west-1a")
    assert first.values.zone == "eu-west-1a"
    assert targets.values.subnets == (Reference("subnet", "app/eu-west-1a"),)


def test_an_access_point_makes_a_directory_for_its_user() -> None:
    _file_system, point = build(access_points=[{**POINT, "secondary_gids": [1001]}])
    assert (point.kind, point.name) == ("access_point", "shared/uploads")
    assert point.values.posix_user == {"Uid": 1000, "Gid": 33, "SecondaryGids": [1001]}
    assert point.values.root_directory == {
        "Path": "/uploads",
        "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 33, "Permissions": "0750"},
    }


def test_the_root_is_not_made() -> None:
    assert build(access_points=[{**POINT, "path": "/"}])[1].values.root_directory == {"Path": "/"}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"subnets": "app"}, "security_groups"),
        ({"security_groups": ["files"]}, "security_groups"),
        ({"encrypted": False, "kms_key": "main"}, "kms_key"),
        ({"zone": "eu-central-1a"}, "zone"),
        ({"performance": {"throughput_mode": "provisioned"}}, "performance.provisioned_throughput"),
        ({"performance": {"provisioned_throughput": 10}}, "performance.provisioned_throughput"),
        ({"performance": {"performance_mode": "maxIO"}}, "performance.performance_mode"),
        ({"performance": {**BURSTING, "performance_mode": "maxIO"}, "zone": "eu-west-1a"}, "performance.performance_mode"),
        ({"lifecycle": {"transition_to_archive": 90}, "performance": BURSTING}, "lifecycle.transition_to_archive"),
        ({"lifecycle": {"transition_to_archive": 30, "transition_to_ia": 30}}, "lifecycle.transition_to_archive"),
        ({"lifecycle": {"transition_to_primary": True}}, "lifecycle.transition_to_primary"),
        ({"lifecycle": {"transition_to_ia": 8}}, "lifecycle.transition_to_ia"),
        ({"policy": {"statements": [EVERYBODY]}}, r"policy.statements\[0\].principals"),
        ({"policy": {"statements": [{**EVERYBODY, "actions": ["s3:GetObject"]}]}}, r"policy.statements\[0\].actions\[0\]"),
        ({"access_points": [POINT, POINT]}, r"access_points\[1\].name"),
        ({"access_points": [{**POINT, "permissions": 0o750}]}, r"access_points\[0\].permissions"),
        ({"access_points": [{**POINT, "permissions": 0o777}]}, r"access_points\[0\].permissions"),
        ({"access_points": [{**POINT, "path": "/a/b/c/d/e"}]}, r"access_points\[0\].path"),
        ({"access_points": [{**POINT, "path": "uploads"}]}, r"access_points\[0\].path"),
        ({"policy": {"writers": ["App"]}}, r"policy.writers\[0\]"),
    ],
    ids=str,
)
def test_what_efs_would_refuse(options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidOption, match=rf"storage\.file_systems\[0\]\.{path}"):
        build(**options)
