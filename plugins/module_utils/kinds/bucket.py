# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An S3 bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable


@dataclasses.dataclass(frozen=True)
class Bucket:
    """`name` is given only where the derived one does not do."""

    name: str | None = create_only()
    object_ownership: str | None = mutable()


def list_buckets(context: Context) -> Iterable[Found]:
    control = control_bucket.name_of(context.stack.account, context.region)
    listed = context.pages("s3", "list_buckets", "Buckets", BucketRegion=context.region, PaginationConfig={"PageSize": 1000})
    tags = context.tags_by_arn()
    return [_found(context, raw["Name"], tags.get(_arn(context, raw["Name"]), {})) for raw in listed if raw["Name"] != control]


def create(context: Context, new: New, values: Bucket) -> Found:
    name = values.name or new.aws_name
    location = {} if context.region == control_bucket.UNCONSTRAINED else {"LocationConstraint": context.region}
    context.client("s3").create_bucket(
        Bucket=name,
        CreateBucketConfiguration={**location, "Tags": new.tag_list},
        ObjectOwnership=values.object_ownership or "BucketOwnerEnforced",
    )
    return _found(context, name, new.tags)


def update(context: Context, found: Found, values: Bucket, fields: set[str]) -> None:
    context.client("s3").put_bucket_ownership_controls(
        Bucket=found.id,
        ExpectedBucketOwner=context.stack.account,
        OwnershipControls={"Rules": [{"ObjectOwnership": values.object_ownership}]},
    )


def delete(context: Context, found: Found) -> None:
    context.client("s3").delete_bucket(Bucket=found.id, ExpectedBucketOwner=context.stack.account)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """The call replaces all tags there are."""
    tags = [{"Key": key, "Value": value} for key, value in sorted({**found.tags, **wanted}.items())]
    context.client("s3").put_bucket_tagging(Bucket=found.id, ExpectedBucketOwner=context.stack.account, Tagging={"TagSet": tags})


def _arn(context: Context, name: str) -> str:
    return f"arn:{context.client('s3').meta.partition}:s3:::{name}"


def _found(context: Context, name: str, tags: Mapping[str, str]) -> Found:
    values: Any = Bucket(name=name, object_ownership="BucketOwnerEnforced")
    return Found(name, values, tags, name=name, attributes={"arn": _arn(context, name)})


KIND = Kind(
    name="bucket",
    service="s3",
    values=Bucket,
    list=list_buckets,
    calls={"ListBuckets": "page", "GetResources": "page"},
    actions=("s3:CreateBucket", "s3:TagResource", "s3:PutBucketOwnershipControls", "s3:PutBucketTagging", "s3:DeleteBucket"),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_limit=63,
)
