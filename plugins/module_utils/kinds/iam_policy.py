# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer managed policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam

# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
MAX_VERSIONS = 5


@dataclasses.dataclass(frozen=True)
class IamPolicy:
    """`document` is the default version's; AWS never changes a `description`."""

    document: Any = mutable(normalise=_iam.same_policy, refers=("secret", "log_group", "kms_key", "ssm_parameter"))
    description: str | None = initial("Description")


def list_policies(context: Context) -> Iterable[Found]:
    """The account's details have every version of every document, and lack tags."""
    policies = _iam.details(context, "LocalManagedPolicy", "Policies")
    ours = [raw for raw in policies if _iam.concerns(context, raw["PolicyName"], raw)]
    return context.each(lambda raw: _found({**raw, "Tags": _tags(context, raw["Arn"])}), ours)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Every policy of the account's own may be meant, by its name or ARN."""
    policies = _iam.details(context, "LocalManagedPolicy", "Policies")
    known = {wanted[key] for key in ("id", "name", "arn") if key in wanted}
    meant = [raw for raw in policies if not known or known & {raw["Arn"], raw["PolicyName"]}]
    return context.each(lambda raw: _found({**raw, "Tags": _tags(context, raw["Arn"])}), meant)


def create(context: Context, new: New, values: IamPolicy) -> Found:
    description = {"Description": values.description} if values.description else {}
    answer = context.client("iam").create_policy(
        PolicyName=new.aws_name,
        Path=_iam.path(context.stack),
        PolicyDocument=_iam.encoded(values.document),
        Tags=new.tag_list,
        **description,
    )
    version = {"IsDefaultVersion": True, "Document": values.document}
    return _found({**answer["Policy"], "Tags": new.tag_list, "PolicyVersionList": [version]})


def update(context: Context, found: Found, values: IamPolicy, fields: set[str]) -> None:
    """A new version becomes the default; the oldest makes room for it."""
    iam = context.client("iam")
    versions = _versions(context, found)
    if len(versions) >= MAX_VERSIONS:
        spare = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda version: version["CreateDate"])
        iam.delete_policy_version(PolicyArn=found.id, VersionId=spare["VersionId"])
    iam.create_policy_version(PolicyArn=found.id, PolicyDocument=_iam.encoded(values.document), SetAsDefault=True)


def delete(context: Context, found: Found) -> None:
    iam = context.client("iam")
    for version in _versions(context, found):
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=found.id, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("iam").tag_policy(PolicyArn=found.id, Tags=tags)


def holders(context: Context, found: Found) -> list[str]:
    """Name the roles, users and groups that the policy is attached to."""
    answer = context.client("iam").list_entities_for_policy(PolicyArn=found.id)
    return [
        f"{kind.lower()} {entity[f'{kind}Name']}" for kind in ("Role", "User", "Group") for entity in answer[f"Policy{kind}s"]
    ]


def _versions(context: Context, found: Found) -> list[dict[str, Any]]:
    return context.pages("iam", "list_policy_versions", "Versions", PolicyArn=found.id)


def _tags(context: Context, arn: str) -> list[dict[str, str]]:
    return context.client("iam").list_policy_tags(PolicyArn=arn)["Tags"]


def _found(raw: Mapping[str, Any]) -> Found:
    document = next(version["Document"] for version in raw["PolicyVersionList"] if version["IsDefaultVersion"])
    values = IamPolicy(document=document)
    return Found(raw["Arn"], values, _iam.tags(raw), name=raw["PolicyName"], attributes={"arn": raw["Arn"]})


KIND = Kind(
    name="iam_policy",
    service="iam",
    values=IamPolicy,
    list=list_policies,
    look_up=look_up,
    calls={"GetAccountAuthorizationDetails": "page", "ListPolicyTags": "resource"},
    actions=(
        "iam:CreatePolicy",
        "iam:TagPolicy",
        "iam:ListPolicyVersions",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicyVersion",
        "iam:ListEntitiesForPolicy",
        "iam:DeletePolicy",
    ),
    global_service=True,
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    holders=holders,
    unique_name=True,
    name_limit=128,
)
