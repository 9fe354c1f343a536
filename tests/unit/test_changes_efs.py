# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a file system that exists, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import Change, compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds.file_system import FileSystem
from ansible_collections.terrace.aws.plugins.module_utils.kinds.mount_targets import MountTargets
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_file_systems as file_systems

STACK = Stack("demo", "123456789012", "eu-west-1")
IN_PLACE, DISRUPTS, REPLACE, NOTHING = "in place", "disrupts", "replace", "nothing"
BURSTING: dict[str, Any] = {"throughput_mode": "bursting"}
PROVISIONED: dict[str, Any] = {"throughput_mode": "provisioned", "provisioned_throughput": 64}
MOUNTED: dict[str, Any] = {"subnets": "app", "security_groups": ["files"]}
STATEMENT = {"principals": ["210987654321"], "actions": ["elasticfilesystem:ClientRootAccess"]}
POINT: dict[str, Any] = {"name": "app", "uid": 1000, "gid": 1000}
# (options before, options after, what it is). Pages are those of the Amazon EFS user guide.
CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # encryption-at-rest.html: only when it is created.
    ({"encrypted": False}, {}, REPLACE),
    ({"kms_key": "one"}, {"kms_key": "another"}, REPLACE),
    # Without a key of one's own the key is AWS's choice, and not compared.
    ({"kms_key": "one"}, {}, NOTHING),
    # features.html, availability and durability: not after it has been created.
    ({}, {"zone": "eu-west-1a"}, REPLACE),
    # performance.html: the performance mode cannot be changed.
    ({"performance": BURSTING}, {"performance": {**BURSTING, "performance_mode": "maxIO"}}, REPLACE),
    # managing-throughput.html: while it is in use.
    ({}, {"performance": BURSTING}, IN_PLACE),
    ({}, {"performance": PROVISIONED}, IN_PLACE),
    ({"performance": PROVISIONED}, {"performance": {**PROVISIONED, "provisioned_throughput": 32}}, IN_PLACE),
    # lifecycle-management-efs.html
    ({}, {"lifecycle": {"transition_to_ia": 30}}, IN_PLACE),
    ({}, {"lifecycle": {"transition_to_archive": 90, "transition_to_primary": True}}, IN_PLACE),
    ({"lifecycle": {"transition_to_ia": 30}}, {}, IN_PLACE),
    # automatic-backups.html
    ({"automatic_backups": False}, {}, IN_PLACE),
    ({}, {"automatic_backups": False}, DISRUPTS),
    # iam-access-control-nfs-efs.html: clients without a role lose what the policy gave them.
    ({}, {"policy": {"anonymous_access": True}}, IN_PLACE),
    ({"policy": {"anonymous_access": True}}, {}, DISRUPTS),
    ({}, {"policy": {"readers": ["app"], "writers": ["deploy"]}}, IN_PLACE),
    ({}, {"policy": {"statements": [STATEMENT]}}, IN_PLACE),
    # It says what a deletion is to do, and nothing of the file system.
    ({}, {"empty_before_delete": True}, NOTHING),
    # accessing-fs.html: clients of the subnet lose it; the security groups are those of the network interfaces.
    (MOUNTED, {**MOUNTED, "subnets": "data"}, DISRUPTS),
    (MOUNTED, {**MOUNTED, "security_groups": ["others"]}, IN_PLACE),
    # efs-access-points.html: an access point cannot be changed.
    ({"access_points": [POINT]}, {"access_points": [{**POINT, "uid": 1001}]}, REPLACE),
    ({"access_points": [POINT]}, {"access_points": [{**POINT, "path": "/shared"}]}, REPLACE),
    ({"access_points": [POINT]}, {"access_points": [{**POINT, "permissions": "0700"}]}, REPLACE),
]


def declared(options: dict[str, Any]) -> list[Declaration]:
    return list(declarations_of({"storage": {"file_systems": [{"name": "shared", **options}]}}, STACK))


def with_subnets(values: Any) -> Any:
    """Return the values with subnets as they are known once the references have been followed."""
    if not isinstance(values, MountTargets):
        return values
    return MountTargets("fs-1", (f"subnet-{values.subnets.name}",), tuple(str(group) for group in values.security_groups))


def kind_of(changes: list[Change]) -> str:
    if any(change.create_only for change in changes):
        return REPLACE
    if any(change.disruption for change in changes):
        return DISRUPTS
    return IN_PLACE if changes else NOTHING


@pytest.mark.parametrize(("before", "after", "kind"), CHANGES, ids=str)
def test_a_change_is_what_aws_says(before: dict[str, Any], after: dict[str, Any], kind: str) -> None:
    pairs = zip(declared(before), declared(after), strict=True)
    changes = [change for old, new in pairs for change in compare(with_subnets(old.values), with_subnets(new.values))]
    assert kind_of(changes) == kind


def test_every_option_is_classified() -> None:
    """The name is the identity."""
    classified = {option for before, after, _kind in CHANGES for option in (*before, *after)}
    assert classified == set(file_systems.SPEC["file_systems"]["options"]) - {"name"}


def test_a_policy_where_there_was_none_ends_anonymous_access() -> None:
    (wanted,) = declared({})
    (change,) = compare(FileSystem(policy={}), FileSystem(policy=wanted.values.policy))
    assert change.disruption == "cuts off the clients that mount without an IAM role"
