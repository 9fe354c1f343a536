# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mount targets of an EFS file system: https://docs.aws.amazon.com/efs/latest/ug/manage-fs-access.html

They have no tags, and there is one for each zone. All those of a file system are one resource here: where it can be mounted.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _efs
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

# A zone has room for the next one when the last has gone.
CONFLICT, CONFLICT_SECONDS = "MountTargetConflict", 300.0


def _subnets_left(before: Iterable[str], after: Iterable[str]) -> str:
    left = sorted(set(before) - set(after))
    return f"cuts off what has mounted the file system through {', '.join(left)}" if left else ""


@dataclasses.dataclass(frozen=True)
class MountTargets:
    """The subnets that a file system can be mounted in, of one VPC, and the groups that all its mount targets have."""

    file_system: Any = create_only(refers=("file_system",))
    subnets: Any = mutable(normalise=unordered, refers=("subnet",), disrupts=_subnets_left)
    security_groups: Any = mutable(normalise=unordered, refers=("security_group",))


def list_mount_targets(context: Context) -> Iterable[Found]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_DescribeMountTargets.html"""
    alive = [found.id for found in context.found("file_system") if found.state != GONE]
    described = context.each(lambda file_system: existing(lambda: _describe(context, file_system)), alive)
    together = {file_system: targets for file_system, targets in zip(alive, described, strict=True) if targets}
    usable = [target for targets in together.values() for target in targets if _state(target) in (READY, PENDING)]
    read = context.each(lambda target: existing(lambda: _security_groups(context, target)), usable)
    groups = {target["MountTargetId"]: given for target, given in zip(usable, read, strict=True)}
    return [_found(file_system, targets, groups) for file_system, targets in together.items()]


def create(context: Context, new: New, values: MountTargets) -> Found:
    _make_missing(context, values)
    return Found(values.file_system, values, state=PENDING)


def update(context: Context, found: Found, values: MountTargets, fields: set[str]) -> None:
    """Those that have to go do so first: the next ones may be in the same zones."""
    targets = _describe(context, found.id)
    kept = [target for target in targets if target["SubnetId"] in values.subnets and _state(target) in (READY, PENDING)]
    if "security_groups" in fields:
        for target in kept:
            _set_security_groups(context, target, values.security_groups)
    if "subnets" in fields:
        _delete(context, [target for target in targets if target not in kept])
        _make_missing(context, values)


def delete(context: Context, found: Found) -> None:
    _delete(context, _describe(context, found.id))


def identity(values: MountTargets) -> tuple[Any, ...]:
    return (values.file_system,)


def _describe(context: Context, file_system: str) -> list[dict[str, Any]]:
    targets = context.pages("efs", "describe_mount_targets", "MountTargets", FileSystemId=file_system)
    return [target for target in targets if _state(target) != GONE]


def _security_groups(context: Context, target: Mapping[str, Any]) -> list[str]:
    answer = context.client("efs").describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])
    return answer["SecurityGroups"]


def _set_security_groups(context: Context, target: Mapping[str, Any], groups: Iterable[str]) -> None:
    context.client("efs").modify_mount_target_security_groups(MountTargetId=target["MountTargetId"], SecurityGroups=list(groups))


def _make_missing(context: Context, values: MountTargets) -> None:
    """Leave alone what an unanswered or repeated call has made already."""
    there = {target["SubnetId"] for target in _describe(context, values.file_system) if _state(target) in (READY, PENDING)}
    for subnet in values.subnets:
        if subnet not in there:
            context.client("efs").create_mount_target(
                FileSystemId=values.file_system, SubnetId=subnet, SecurityGroups=list(values.security_groups)
            )


def _delete(context: Context, targets: Iterable[Mapping[str, Any]]) -> None:
    for target in targets:
        if _state(target) != DELETING:
            existing(functools.partial(context.client("efs").delete_mount_target, MountTargetId=target["MountTargetId"]))


def _state(target: Mapping[str, Any]) -> str:
    return _efs.STATES[target["LifeCycleState"]]


def _found(file_system: str, targets: list[dict[str, Any]], groups: Mapping[str, list[str] | None]) -> Found:
    """What has failed counts as missing, so that it is made again. Groups that are not the same everywhere are no value."""
    usable = [target for target in targets if target["MountTargetId"] in groups]
    given = {tuple(sorted(groups[target["MountTargetId"]] or ())) for target in usable}
    values = MountTargets(
        file_system=file_system,
        subnets=tuple(sorted(target["SubnetId"] for target in usable)),
        security_groups=given.pop() if len(given) == 1 else None,
    )
    states = {_state(target) for target in targets}
    return Found(
        file_system,
        values,
        state=_together(states),
        attributes={"addresses": sorted(target["IpAddress"] for target in usable if "IpAddress" in target)},
        detail=", ".join(f"{target['SubnetId']} {target['LifeCycleState']}" for target in targets),
    )


def _together(states: set[str]) -> str:
    if states == {DELETING}:
        return DELETING
    return READY if states <= {READY, FAILED} else PENDING


KIND = Kind(
    name="mount_targets",
    service="efs",
    values=MountTargets,
    list=list_mount_targets,
    calls={"DescribeMountTargets": "parent", "DescribeMountTargetSecurityGroups": "resource"},
    actions=(
        "elasticfilesystem:CreateMountTarget",
        "elasticfilesystem:ModifyMountTargetSecurityGroups",
        "elasticfilesystem:DeleteMountTarget",
        "ec2:DescribeSubnets",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateNetworkInterface",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:DeleteNetworkInterface",
    ),
    create=create,
    update=update,
    delete=delete,
    after=("file_system",),
    parent="file_system",
    identity=identity,
    waits_for=("update", "delete"),
    retries=(Retry("CreateMountTarget", CONFLICT, seconds=CONFLICT_SECONDS), *_efs.busy("CreateMountTarget")),
)
