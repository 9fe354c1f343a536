# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private repository of images: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Repositories.html"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ecr, _iam
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

KEPT = (
    "the repository holds images: delete them, or set empty_before_delete: true in storage.repositories "
    "to let them all be deleted for ever"
)


@dataclasses.dataclass(frozen=True)
class EcrRepository:
    """`name` is given only where the derived one does not do. An empty `kms_key` is ECR's own encryption.

    What `mutability_exclusions` match is not as `tag_mutability` says. Empty policies are none.
    """

    name: str | None = create_only()
    kms_key: Any = create_only(refers=("kms_key",))
    tag_mutability: str | None = mutable()
    mutability_exclusions: Any = mutable(normalise=unordered)
    scan_on_push: bool | None = mutable()
    lifecycle: Any = mutable(normalise=_ecr.same_lifecycle)
    policy: Any = mutable(normalise=_iam.same_policy, refers=("iam_role",))
    empty_before_delete: bool | None = initial()


def list_repositories(context: Context) -> Iterable[Found]:
    """What is tagged as the stack's, or has a name that we give: the index of tags lags behind."""
    declared = context.declared("ecr_repository")
    expected = {d.values.name or KIND.aws_name(context.stack, d.name) for d in declared}
    indexed = context.tags_by_arn()
    near = [
        raw
        for raw in _describe(context)
        if raw["repositoryName"].startswith(f"{context.stack.name}/")
        or raw["repositoryName"] in expected
        or raw["repositoryArn"] in indexed
    ]
    tagged = zip(near, _tags_of(context, near), strict=True)
    ours = [
        (raw, tags)
        for raw, tags in tagged
        if tags is not None and (raw["repositoryName"] in expected or tags.get(TAG_STACK) == context.stack.name)
    ]
    return _read(context, ours)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Find a repository by ``id`` or ``name``, which are the same, or by tags."""
    name = wanted.get("name") or wanted.get("id")
    listed = existing(lambda: _describe(context, **({"repositoryNames": [name]} if name else {}))) or []
    tagged = zip(listed, _tags_of(context, listed), strict=True)
    return _read(context, [(raw, tags or {}) for raw, tags in tagged if wanted.get("tags", {}).items() <= (tags or {}).items()])


def create(context: Context, new: New, values: EcrRepository) -> Found:
    answer = context.client("ecr").create_repository(
        repositoryName=values.name or new.aws_name,
        tags=new.tag_list,
        imageScanningConfiguration={"scanOnPush": values.scan_on_push is not False},
        encryptionConfiguration=_ecr.encryption(values.kms_key),
        **_ecr.mutability(values.tag_mutability or "IMMUTABLE", values.mutability_exclusions),
    )
    return _found(context, answer["repository"], new.tags, _ecr.NO_POLICY, _ecr.NO_POLICY, False)


def update(context: Context, found: Found, values: EcrRepository, fields: set[str]) -> None:
    ecr = context.client("ecr")
    if fields & {"tag_mutability", "mutability_exclusions"}:
        mutability = _ecr.mutability(values.tag_mutability or found.values.tag_mutability, values.mutability_exclusions)
        ecr.put_image_tag_mutability(repositoryName=found.id, **mutability)
    if "scan_on_push" in fields:
        scanning = {"scanOnPush": values.scan_on_push}
        ecr.put_image_scanning_configuration(repositoryName=found.id, imageScanningConfiguration=scanning)
    if "lifecycle" in fields:
        _set_lifecycle(ecr, found.id, values.lifecycle)
    if "policy" in fields:
        _set_policy(ecr, found.id, values.policy)


def delete(context: Context, found: Found) -> None:
    """Without force, ECR itself keeps what has images."""
    context.client("ecr").delete_repository(repositoryName=found.id, force=_may_be_emptied(context, found))


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("ecr").tag_resource(resourceArn=found.attributes["arn"], tags=tags)


def guard(found: Found) -> str | None:
    return KEPT if found.attributes["holds_images"] and not found.attributes["empty_before_delete"] else None


def _describe(context: Context, **request: Any) -> list[dict[str, Any]]:
    return context.pages("ecr", "describe_repositories", "repositories", **request)


def _tags_of(context: Context, listed: Iterable[Mapping[str, Any]]) -> list[dict[str, str] | None]:
    """Return the tags of each repository that is still there."""

    def tags(raw: Mapping[str, Any]) -> dict[str, str]:
        answer = context.client("ecr").list_tags_for_resource(resourceArn=raw["repositoryArn"])
        return {tag["Key"]: tag["Value"] for tag in answer["tags"]}

    return context.each(lambda raw: existing(lambda: tags(raw)), listed)


def _read(context: Context, listed: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]) -> list[Found]:
    """Read what the list lacks. What has gone in between is left out."""
    read = context.each(lambda pair: existing(lambda: _with_settings(context, *pair)), listed)
    return [found for found in read if found]


def _with_settings(context: Context, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    ecr, name = context.client("ecr"), raw["repositoryName"]
    lifecycle = _document(lambda: ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    policy = _document(lambda: ecr.get_repository_policy(repositoryName=name)["policyText"])
    images = ecr.list_images(repositoryName=name, maxResults=1)["imageIds"]
    return _found(context, raw, tags, lifecycle, policy, bool(images))


def _document(read: Any) -> dict[str, Any]:
    try:
        return json.loads(read())
    except Exception as error:
        if code_of(error) not in ("LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException"):
            raise
        return _ecr.NO_POLICY


def _set_lifecycle(ecr: Any, name: str, lifecycle: Mapping[str, Any]) -> None:
    if lifecycle:
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(lifecycle))
    else:
        ecr.delete_lifecycle_policy(repositoryName=name)


def _set_policy(ecr: Any, name: str, policy: Mapping[str, Any]) -> None:
    if policy:
        ecr.set_repository_policy(repositoryName=name, policyText=_iam.encoded(policy))
    else:
        ecr.delete_repository_policy(repositoryName=name)


def _may_be_emptied(context: Context, found: Found) -> bool:
    """What is not declared any more keeps its contents."""
    return any(d.values.empty_before_delete for d in context.declared("ecr_repository") if d.name == found.logical_name)


def _found(
    context: Context, raw: Mapping[str, Any], tags: Mapping[str, str], lifecycle: Any, policy: Any, holds_images: bool
) -> Found:
    values = EcrRepository(
        name=raw["repositoryName"],
        kms_key=raw.get("encryptionConfiguration", {}).get("kmsKey", ""),
        tag_mutability=_ecr.tag_mutability(raw),
        mutability_exclusions=_ecr.exclusions(raw),
        scan_on_push=raw.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        lifecycle=lifecycle,
        policy=policy,
    )
    found = Found(raw["repositoryName"], values, tags, name=raw["repositoryName"])
    attributes = {
        "arn": raw["repositoryArn"],
        "uri": raw["repositoryUri"],
        "holds_images": holds_images,
        "empty_before_delete": _may_be_emptied(context, found),
    }
    return dataclasses.replace(found, attributes=attributes)


KIND = Kind(
    name="ecr_repository",
    service="ecr",
    values=EcrRepository,
    list=list_repositories,
    look_up=look_up,
    calls={
        "DescribeRepositories": "page",
        "GetResources": "page",
        "ListTagsForResource": "resource",
        "GetLifecyclePolicy": "resource",
        "GetRepositoryPolicy": "resource",
        "ListImages": "resource",
    },
    actions=(
        "ecr:CreateRepository",
        "ecr:TagResource",
        "ecr:PutImageTagMutability",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutLifecyclePolicy",
        "ecr:DeleteLifecyclePolicy",
        "ecr:SetRepositoryPolicy",
        "ecr:DeleteRepositoryPolicy",
        "ecr:DeleteRepository",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "kms:RetireGrant",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    guard=guard,
    unique_name=True,
    name_format="{stack}/{name}",
    name_limit=256,
    # Of a role that has just been made.
    retries=(Retry("SetRepositoryPolicy", "InvalidParameterException", "Invalid repository policy"),),
)
