# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems keep their files, unless they are told to let them go, and are mounted where they are described to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
TIERS = frozenset({"identity", "network", "storage"})
NETWORK = {
    "vpc": {"name": "main", "cidr": "10.9.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
    "subnets": [{"name": "app"}, {"name": "data"}],
    "security_groups": [{"name": "files"}, {"name": "others"}],
}
SHARED: dict[str, Any] = {"name": "shared"}
MOUNTED = {**SHARED, "subnets": "app", "security_groups": ["files"]}
DROPPED = {"empty_before_delete": True}
Clients = Callable[[str, str], Any]


def converge(clients: Clients, *file_systems: dict[str, Any], network: Any = NETWORK, **arguments: Any) -> dict[str, Any]:
    description = {"network": network, "identity": {"roles": [{"name": "app"}]}, "storage": {"file_systems": [*file_systems]}}
    return run(clients, STACK, declarations_of(description, STACK), **{"tiers": TIERS, **arguments})


@pytest.fixture
def efs(clients: Clients) -> Any:
    return clients("efs", "eu-west-1")


def targets(efs: Any) -> dict[str, str]:
    """Return the mount targets by subnet."""
    (described,) = efs.describe_file_systems()["FileSystems"]
    listed = efs.describe_mount_targets(FileSystemId=described["FileSystemId"])["MountTargets"]
    return {target["SubnetId"]: target["MountTargetId"] for target in listed}


def subnets(result: dict[str, Any], name: str) -> set[str]:
    return {found["id"] for key, found in result["outputs"]["subnet"].items() if key.startswith(f"{name}/")}


def fill() -> None:
    """Let every file system hold files."""
    from moto.efs.models import efs_backends

    for file_system in efs_backends[STACK.account][STACK.region].file_systems_by_id.values():
        file_system._size_value = 1_000_000


@pytest.mark.parametrize(
    ("described", "filled", "reason"),
    [(SHARED, True, "holds files"), (MOUNTED, True, "holds files"), (MOUNTED, False, "has mount targets")],
    ids=["files", "files and mount targets", "mount targets"],
)
def test_files_are_kept_with_all_else(described: dict[str, Any], filled: bool, reason: str, clients: Clients, efs: Any) -> None:
    converge(clients, described, {"name": "empty"})
    if filled:
        fill()
    kept = f"nothing was changed: .*file_system/shared: the file system {reason}.*empty_before_delete: true"
    with pytest.raises(Refused, match=kept):
        converge(clients, described, {"name": "empty"}, state="absent")
    with pytest.raises(Refused, match=kept):
        converge(clients, prune=True)
    with pytest.raises(Refused, match=kept):
        converge(clients, {**described, "zone": "eu-west-1a"}, allow_replacement=("file_system/shared",))
    assert len(efs.describe_file_systems()["FileSystems"]) == 2
    assert actions(converge(clients, described, {"name": "empty"})) == {}


def test_files_go_when_told_and_backups_stay(clients: Clients, efs: Any) -> None:
    described = {**MOUNTED, **DROPPED, "access_points": [{"name": "app", "uid": 1000, "gid": 1000}]}
    converge(clients, described)
    fill()
    gone = converge(clients, described, state="absent")
    assert {"file_system/shared", "access_point/shared/app"} <= set(actions(gone))
    assert any("automatic backups" in note and "stay" in note for note in gone["notes"])
    assert efs.describe_file_systems()["FileSystems"] == []


def test_it_is_mounted_in_all_subnets_of_a_class(clients: Clients, efs: Any) -> None:
    made = converge(clients, MOUNTED)
    assert set(targets(efs)) == subnets(made, "app")
    assert actions(converge(clients, MOUNTED)) == {}
    fill()
    moved = converge(clients, {**MOUNTED, "subnets": "data"})
    assert actions(moved) == {"mount_targets/shared": "update"}
    assert moved["disruptions"] and "cuts off" in moved["disruptions"][0]
    assert set(targets(efs)) == subnets(moved, "data")
    assert list(actions(converge(clients, SHARED)).values()) == ["delete"]
    assert targets(efs) == {}


def test_one_zone(clients: Clients, efs: Any) -> None:
    described = {**MOUNTED, "zone": "eu-west-1b"}
    made = converge(clients, described)
    assert list(targets(efs)) == [made["outputs"]["subnet"]["app/eu-west-1b"]["id"]]
    assert actions(converge(clients, described)) == {}


def test_what_was_interrupted_goes_on(clients: Clients, efs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create = efs.create_mount_target
    made: list[str] = []

    def once(**request: Any) -> Any:
        if made:
            raise ConnectionError
        made.append(request["SubnetId"])
        return create(**request)

    with monkeypatch.context() as patch:
        patch.setattr(efs, "create_mount_target", once, raising=False)
        with pytest.raises(ApplyFailed):
            converge(clients, MOUNTED)
    assert len(targets(efs)) == 1
    assert actions(converge(clients, MOUNTED)) == {"mount_targets/shared": "update"}
    assert len(targets(efs)) == 2
    assert actions(converge(clients, MOUNTED)) == {}


def test_a_mount_target_that_is_missing_is_made_again(clients: Clients, efs: Any) -> None:
    made = converge(clients, MOUNTED)
    one = sorted(subnets(made, "app"))[0]
    efs.delete_mount_target(MountTargetId=targets(efs)[one])
    assert actions(converge(clients, MOUNTED)) == {"mount_targets/shared": "update"}
    assert one in targets(efs)


def test_a_repeated_creation_finds_what_the_first_has_made(clients: Clients, efs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create = efs.create_file_system

    def twice(**request: Any) -> Any:
        create(**request)
        return create(**request)

    with monkeypatch.context() as patch:
        patch.setattr(efs, "create_file_system", twice, raising=False)
        assert actions(converge(clients, SHARED))["file_system/shared"] == "create"
    assert len(efs.describe_file_systems()["FileSystems"]) == 1
    assert actions(converge(clients, SHARED)) == {}


def test_roles_come_before_the_policy_that_names_them(clients: Clients, efs: Any) -> None:
    described = {**SHARED, "policy": {"writers": ["app"]}}
    made = converge(clients, described)
    assert actions(converge(clients, described)) == {}
    policy = efs.describe_file_system_policy(FileSystemId=made["outputs"]["file_system"]["shared"]["id"])["Policy"]
    assert made["outputs"]["iam_role"]["app"]["arn"] in policy


def test_what_others_made_is_adopted(clients: Clients, efs: Any) -> None:
    theirs = efs.create_file_system(CreationToken="theirs", Encrypted=True)["FileSystemId"]
    adopted = converge(clients, SHARED, adoptions=(Adoption("file_system", "shared", theirs),))
    assert actions(adopted)["file_system/shared"] == "update"
    changed = converge(clients, SHARED)
    assert actions(changed)["file_system/shared"] == "update"
    assert "cuts off the clients that mount without an IAM role" in str(changed["disruptions"])
    assert actions(converge(clients, SHARED)) == {}


def test_a_file_system_can_belong_to_somebody_else(clients: Clients, efs: Any) -> None:
    theirs = efs.create_file_system(CreationToken="theirs", Encrypted=True, Tags=[{"Key": "Name", "Value": "central"}])
    external = (External("file_system", "shared", {"name": "central"}),)
    described = {**SHARED, "encrypted": True}
    with pytest.raises(Refused, match="is not as described"):
        converge(clients, described, externals=external)
    assert efs.list_tags_for_resource(ResourceId=theirs["FileSystemId"])["Tags"] == [{"Key": "Name", "Value": "central"}]
