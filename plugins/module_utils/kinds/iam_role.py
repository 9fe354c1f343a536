# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM role with its inline and attached policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, mutable, read, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam


def _same_policies(policies: Mapping[str, Any]) -> dict[str, str]:
    return {name: _iam.same_policy(document) for name, document in policies.items()}


@dataclasses.dataclass(frozen=True)
class IamRole:
    """`trust` is the policy that says who may assume the role, for at most `max_session` seconds.

    `policies` maps names of inline policies to their documents, `managed_policies` are ARNs; both are managed as a
    whole. `boundary` is the ARN of the permissions boundary, an empty string for none.
    """

    trust: Any = mutable(normalise=_iam.same_policy)
    description: str | None = mutable("Description")
    max_session: int | None = mutable("MaxSessionDuration")
    boundary: Any = mutable(refers=("iam_policy",))
    policies: Any = mutable(normalise=_same_policies, refers=("secret", "log_group", "kms_key", "ssm_parameter"))
    managed_policies: Any = mutable(normalise=unordered, refers=("iam_policy",))


def list_roles(context: Context) -> Iterable[Found]:
    """The account's details lack two fields, which the list by path has, and of what was adopted elsewhere a single read."""
    listed = context.pages("iam", "list_roles", "Roles", PathPrefix=_iam.path(context.stack))
    by_name = {raw["RoleName"]: raw for raw in listed}
    detailed = _iam.details(context, "Role", "RoleDetailList")
    ours = [raw for raw in detailed if _iam.concerns(context, raw["RoleName"], raw)]
    return context.each(lambda raw: _found({**(by_name.get(raw["RoleName"]) or _adopted(context, raw)), **raw}), ours)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Every role of the account may be meant, by its name, ARN or tags."""
    return [_found(raw) for raw in _iam.details(context, "Role", "RoleDetailList")]


def create(context: Context, new: New, values: IamRole) -> Found:
    boundary = {"PermissionsBoundary": values.boundary} if values.boundary else {}
    answer = context.client("iam").create_role(
        RoleName=new.aws_name,
        Path=_iam.path(context.stack),
        AssumeRolePolicyDocument=_iam.encoded(values.trust),
        Tags=new.tag_list,
        **arguments(values, {"description", "max_session"}),
        **boundary,
    )
    return _found({**answer["Role"], "AssumeRolePolicyDocument": values.trust, "Tags": new.tag_list})


def update(context: Context, found: Found, values: IamRole, fields: set[str]) -> None:
    """The boundary comes first, so that new permissions are never without it."""
    iam = context.client("iam")
    if "boundary" in fields:
        _set_boundary(iam, found.id, values.boundary)
    if "trust" in fields:
        iam.update_assume_role_policy(RoleName=found.id, PolicyDocument=_iam.encoded(values.trust))
    if fields & {"description", "max_session"}:
        known = arguments(found.values, {"description", "max_session"})
        iam.update_role(RoleName=found.id, **{**known, **arguments(values)})
    if "policies" in fields:
        _set_policies(iam, found, values.policies)
    if "managed_policies" in fields:
        _set_managed_policies(iam, found, values.managed_policies)


def delete(context: Context, found: Found) -> None:
    """Read anew what hangs on the role: a second try must not stumble over what the first has removed."""
    iam = context.client("iam")
    for profile in context.pages("iam", "list_instance_profiles_for_role", "InstanceProfiles", RoleName=found.id):
        iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=found.id)
    for name in context.pages("iam", "list_role_policies", "PolicyNames", RoleName=found.id):
        iam.delete_role_policy(RoleName=found.id, PolicyName=name)
    for policy in context.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=found.id):
        iam.detach_role_policy(RoleName=found.id, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("iam").tag_role(RoleName=found.id, Tags=tags)


def _adopted(context: Context, raw: Mapping[str, Any]) -> dict[str, Any]:
    ours = _iam.tags(raw).get(TAG_STACK) == context.stack.name
    return context.client("iam").get_role(RoleName=raw["RoleName"])["Role"] if ours else {}


def _set_boundary(iam: Any, role: str, boundary: str) -> None:
    if boundary:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    else:
        iam.delete_role_permissions_boundary(RoleName=role)


def _set_policies(iam: Any, found: Found, wanted: Mapping[str, Any]) -> None:
    actual = _same_policies(found.values.policies)
    for name, document in wanted.items():
        if actual.get(name) != _iam.same_policy(document):
            iam.put_role_policy(RoleName=found.id, PolicyName=name, PolicyDocument=_iam.encoded(document))
    for name in actual.keys() - wanted.keys():
        iam.delete_role_policy(RoleName=found.id, PolicyName=name)


def _set_managed_policies(iam: Any, found: Found, wanted: Iterable[str]) -> None:
    actual = set(found.values.managed_policies)
    for arn in sorted(set(wanted) - actual):
        iam.attach_role_policy(RoleName=found.id, PolicyArn=arn)
    for arn in sorted(actual - set(wanted)):
        iam.detach_role_policy(RoleName=found.id, PolicyArn=arn)


def _found(raw: Mapping[str, Any]) -> Found:
    values = read(
        IamRole,
        raw,
        trust=raw["AssumeRolePolicyDocument"],
        description=raw.get("Description", ""),
        boundary=raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        policies={policy["PolicyName"]: policy["PolicyDocument"] for policy in raw.get("RolePolicyList", [])},
        managed_policies=tuple(policy["PolicyArn"] for policy in raw.get("AttachedManagedPolicies", [])),
    )
    return Found(raw["RoleName"], values, _iam.tags(raw), name=raw["RoleName"], attributes={"arn": raw["Arn"]})


KIND = Kind(
    name="iam_role",
    service="iam",
    values=IamRole,
    list=list_roles,
    look_up=look_up,
    calls={"ListRoles": "page", "GetAccountAuthorizationDetails": "page", "GetRole": "resource"},
    actions=(
        "iam:CreateRole",
        "iam:TagRole",
        "iam:UpdateRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:ListInstanceProfilesForRole",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "iam:DeleteRole",
    ),
    global_service=True,
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_limit=64,
    # A principal created a moment ago is not known everywhere yet.
    retries=(
        Retry("CreateRole", "MalformedPolicyDocument", "Invalid principal"),
        Retry("UpdateAssumeRolePolicy", "MalformedPolicyDocument", "Invalid principal"),
    ),
)
