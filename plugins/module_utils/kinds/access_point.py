# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An access point of an EFS file system: https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical, create_only
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _efs


def same_user(user: Mapping[str, Any]) -> str:
    """Normaliser: further groups have no order, and may be absent."""
    return canonical({**user, "SecondaryGids": sorted(user.get("SecondaryGids") or ())})


def same_root(root: Mapping[str, Any]) -> str:
    """Normaliser: permissions are octal numbers."""
    info = root.get("CreationInfo")
    return canonical({**root, "CreationInfo": {**info, "Permissions": int(info["Permissions"], 8)} if info else None})


@dataclasses.dataclass(frozen=True)
class AccessPoint:
    """Whoever mounts through it is `posix_user` and sees `root_directory` only, which is made when it is not there.

    Another one shows the same files: none of them are in an access point.
    """

    file_system: Any = create_only("FileSystemId", refers=("file_system",))
    posix_user: Any = create_only("PosixUser", normalise=same_user)
    root_directory: Any = create_only("RootDirectory", normalise=same_root)


def list_access_points(context: Context) -> Iterable[Found]:
    listed = context.pages("efs", "describe_access_points", "AccessPoints", PaginationConfig={"PageSize": 100})
    return [_found(raw) for raw in listed if _efs.tags(raw).get(TAG_STACK) == context.stack.name]


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    return [_found(raw) for raw in context.pages("efs", "describe_access_points", "AccessPoints")]


def create(context: Context, new: New, values: AccessPoint) -> Found:
    raw = context.client("efs").create_access_point(
        ClientToken=new.token,
        FileSystemId=values.file_system,
        PosixUser=values.posix_user,
        RootDirectory=values.root_directory,
        Tags=new.tag_list,
    )
    return _found(raw)


def delete(context: Context, found: Found) -> None:
    context.client("efs").delete_access_point(AccessPointId=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    _efs.tag(context, found.id, wanted)


def _found(raw: Mapping[str, Any]) -> Found:
    tags, state = _efs.tags(raw), raw["LifeCycleState"]
    values = AccessPoint(
        file_system=raw["FileSystemId"],
        posix_user=raw.get("PosixUser") or {},
        root_directory=raw.get("RootDirectory") or {"Path": "/"},
    )
    attributes = {"arn": raw["AccessPointArn"]}
    return Found(raw["AccessPointId"], values, tags, _efs.STATES[state], tags.get("Name"), attributes, detail=state)


KIND = Kind(
    name="access_point",
    service="efs",
    values=AccessPoint,
    list=list_access_points,
    look_up=look_up,
    calls={"DescribeAccessPoints": "page"},
    actions=(
        "elasticfilesystem:CreateAccessPoint",
        "elasticfilesystem:TagResource",
        "elasticfilesystem:DeleteAccessPoint",
    ),
    create=create,
    delete=delete,
    tag=tag,
    waits_for=("delete",),
    create_before_delete=True,
    retries=_efs.busy("CreateAccessPoint"),
    indexed=True,
)
