# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container that hands a role to EC2 instances.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing


@dataclasses.dataclass(frozen=True)
class InstanceProfile:
    """`role` is the name of the one role inside, found empty in a profile without."""

    role: Any = mutable(refers=("iam_role",))


def list_instance_profiles(context: Context) -> Iterable[Found]:
    """The list lacks tags, and what is declared may stand in another path."""
    listed = context.pages("iam", "list_instance_profiles", "InstanceProfiles", PathPrefix=_iam.path(context.stack))
    names = {raw["InstanceProfileName"] for raw in listed}
    names |= {KIND.aws_name(context.stack, declaration.name) for declaration in context.declared("instance_profile")}
    return [_found(raw) for raw in context.each(lambda name: _get(context, name), sorted(names)) if raw]


def create(context: Context, new: New, values: InstanceProfile) -> Found:
    answer = context.client("iam").create_instance_profile(
        InstanceProfileName=new.aws_name, Path=_iam.path(context.stack), Tags=new.tag_list
    )
    return _found({**answer["InstanceProfile"], "Tags": new.tag_list})


def update(context: Context, found: Found, values: InstanceProfile, fields: set[str]) -> None:
    """A profile takes one role: the former has to leave first."""
    iam = context.client("iam")
    if found.values.role:
        iam.remove_role_from_instance_profile(InstanceProfileName=found.id, RoleName=found.values.role)
    iam.add_role_to_instance_profile(InstanceProfileName=found.id, RoleName=values.role)


def delete(context: Context, found: Found) -> None:
    """Read anew which role is inside: a second try must not stumble over what the first has removed."""
    iam = context.client("iam")
    for role in iam.get_instance_profile(InstanceProfileName=found.id)["InstanceProfile"]["Roles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=found.id, RoleName=role["RoleName"])
    iam.delete_instance_profile(InstanceProfileName=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("iam").tag_instance_profile(InstanceProfileName=found.id, Tags=tags)


def _get(context: Context, name: str) -> dict[str, Any] | None:
    answer = existing(lambda: context.client("iam").get_instance_profile(InstanceProfileName=name))
    return answer["InstanceProfile"] if answer else None


def _found(raw: Mapping[str, Any]) -> Found:
    role = next((role["RoleName"] for role in raw["Roles"]), "")
    name = raw["InstanceProfileName"]
    return Found(name, InstanceProfile(role=role), _iam.tags(raw), name=name, attributes={"arn": raw["Arn"]})


KIND = Kind(
    name="instance_profile",
    service="iam",
    values=InstanceProfile,
    list=list_instance_profiles,
    calls={"ListInstanceProfiles": "page", "GetInstanceProfile": "resource"},
    actions=(
        "iam:CreateInstanceProfile",
        "iam:TagInstanceProfile",
        "iam:AddRoleToInstanceProfile",
        "iam:PassRole",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:DeleteInstanceProfile",
    ),
    global_service=True,
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_limit=128,
)
