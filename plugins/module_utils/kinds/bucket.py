# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An S3 bucket with its settings: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam, _s3, _s3_contents
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

ENFORCED, CONTENTS = "BucketOwnerEnforced", "contents"
EMPTYING = "set empty_before_delete: true in storage.buckets to let it all be deleted for ever"
# By what the bucket holds, as `_s3_contents` tells it.
KEPT = {
    _s3_contents.OBJECTS: f"the bucket holds objects: move them elsewhere, or {EMPTYING}",
    _s3_contents.VERSIONS: "the bucket holds no objects, but versions of deleted ones, from which they can be restored: "
    f"delete the versions, or {EMPTYING}",
    _s3_contents.MARKERS: "the bucket holds no objects, but the delete markers of earlier ones, which S3 counts as well: "
    f"delete the markers, or {EMPTYING}",
}
LOCKED = (
    "the bucket has object lock and is not empty, and what is in it may be under retention, which is never bypassed: "
    "delete its versions once their retention has ended, then delete the bucket"
)


def _acls_end(_before: str, after: str) -> str:
    return "takes away the access that ACLs give" if after == ENFORCED else ""


def _public_access_ends(before: Mapping[str, bool], after: Mapping[str, bool]) -> str:
    return "takes away what public access there is" if any(after[name] and not before.get(name) for name in after) else ""


def _website_ends(before: Any, after: Any) -> str:
    return "takes the website off the net" if before and not after else ""


def _lock_stays(before: Any, after: Any) -> str:
    return "cannot be switched off" if before and not after else ""


@dataclasses.dataclass(frozen=True)
class Bucket:
    """`name` is given only where the derived one does not do. `{bucket}` in the policy's resources is the bucket's ARN.

    The settings have the forms that `_s3` reads and writes: S3's own, but a bool for `versioning` and flat dictionaries
    for `public_access_block`, `encryption` and `object_lock`. What is empty is off.
    """

    name: str | None = create_only()
    object_ownership: str | None = mutable(disrupts=_acls_end)
    public_access_block: Any = mutable(disrupts=_public_access_ends)
    encryption: Any = mutable(normalise=_s3.plain_encryption, refers=("kms_key",))
    versioning: bool | None = mutable()
    object_lock: Any = mutable(forbids=_lock_stays)
    policy: Any = mutable(normalise=_iam.same_policy)
    lifecycle: Any = mutable(normalise=_s3.same_rules)
    cors: Any = mutable(normalise=_s3.same_cors)
    logging: Any = mutable(normalise=_s3.same_logging, refers=("bucket",))
    website: Any = mutable(disrupts=_website_ends)
    replication: Any = mutable(normalise=_s3.same_replication, refers=("iam_role", "bucket", "kms_key"))
    empty_before_delete: bool | None = initial()


def list_buckets(context: Context) -> Iterable[Found]:
    """What is tagged as the stack's, or has a name that we give: the index of tags lags behind."""
    declared = context.declared("bucket")
    expected = {d.values.name or KIND.aws_name(context.stack, d.name) for d in declared}
    prefix, tagged = f"{context.stack.name}-", context.tags_by_arn()
    listed = _names(context)
    near = [n for n in listed if n.startswith(prefix) or n in expected or _s3.arn(context, n) in tagged]
    tags = _tags_of(context, near)
    ours = {n: found for n, found in tags.items() if n in expected or found.get(TAG_STACK) == context.stack.name}
    return _read(context, ours)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Buckets are looked for by name, of which there is one in the world, or else by their tags."""
    name = wanted.get("name") or wanted.get("id") or str(wanted.get("arn", "")).rpartition(":")[2]
    tags = _tags_of(context, [listed for listed in _names(context) if name in ("", listed)])
    return _read(context, {n: found for n, found in tags.items() if wanted.get("tags", {}).items() <= found.items()})


def create(context: Context, new: New, values: Bucket) -> Found:
    """Whatever the answer does not tell is None, so that it is written rather than believed."""
    name = values.name or new.aws_name
    location = {} if context.region == control_bucket.UNCONSTRAINED else {"LocationConstraint": context.region}
    context.client("s3").create_bucket(
        Bucket=name,
        CreateBucketConfiguration={**location, "Tags": new.tag_list},
        ObjectOwnership=values.object_ownership or ENFORCED,
        ObjectLockEnabledForBucket=bool(values.object_lock),
    )
    made: Any = Bucket(
        name=name,
        object_ownership=values.object_ownership or ENFORCED,
        versioning=bool(values.object_lock),
        lifecycle=(),
        cors=(),
        logging={},
        website={},
        replication={},
        object_lock={} if not values.object_lock else None,
    )
    return _found(context, name, made, new.tags, _s3_contents.NOTHING)


def update(context: Context, found: Found, values: Bucket, fields: set[str]) -> None:
    for field in _s3.in_order(fields, values.versioning):
        _s3.write(context, field, found.id, getattr(values, field))


def delete(context: Context, found: Found) -> None:
    if _may_be_emptied(context, found) and not found.values.object_lock:
        number = _s3_contents.empty(context, found.id)
        if number:
            context.note(f"bucket {found.id}: {number} versions and delete markers were deleted before the bucket itself")
    _s3.call(context, "delete_bucket", found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """The call replaces all tags there are."""
    tags = {**_tags(context, found.id), **wanted}
    tag_set = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    _s3.call(context, "put_bucket_tagging", found.id, Tagging={"TagSet": tag_set})


def guard(found: Found) -> str | None:
    contents = found.attributes["contents"]
    if contents == _s3_contents.NOTHING:
        return None
    if found.values.object_lock:
        return LOCKED
    return None if found.attributes["empty_before_delete"] else KEPT[contents]


def _names(context: Context) -> list[str]:
    """Return the names of the region's buckets but the one that no stack has a part in."""
    control = control_bucket.name_of(context.stack.account, context.region)
    listed = context.pages("s3", "list_buckets", "Buckets", BucketRegion=context.region, PaginationConfig={"PageSize": 1000})
    return [raw["Name"] for raw in listed if raw["Name"] != control]


def _tags_of(context: Context, names: list[str]) -> dict[str, dict[str, str]]:
    """Return the tags by name of the buckets that are still there."""
    read = context.each(lambda name: existing(lambda: _tags(context, name)), names)
    return {name: tags for name, tags in zip(names, read, strict=True) if tags is not None}


def _tags(context: Context, bucket: str) -> dict[str, str]:
    try:
        answer = _s3.call(context, "get_bucket_tagging", bucket)
    except Exception as error:
        if code_of(error) != "NoSuchTagSet":
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def _read(context: Context, buckets: Mapping[str, Mapping[str, str]]) -> list[Found]:
    """Read all facts of all buckets, given with their tags, at once. What has gone in between is left out."""
    jobs = list(itertools.product(buckets, (*_s3.SETTINGS, CONTENTS)))
    facts = dict(zip(jobs, context.each(lambda job: existing(lambda: _fact(context, *job)), jobs), strict=True))
    gone = {name for (name, _setting), value in facts.items() if value is None}
    return [
        _found(
            context,
            name,
            Bucket(name=name, **{setting: facts[name, setting] for setting in _s3.SETTINGS}),
            tags,
            facts[name, CONTENTS],
        )
        for name, tags in buckets.items()
        if name not in gone
    ]


def _fact(context: Context, bucket: str, fact: str) -> Any:
    return _s3_contents.contents(context, bucket) if fact == CONTENTS else _s3.read(context, fact, bucket)


def _may_be_emptied(context: Context, found: Found) -> bool:
    """What is not declared any more keeps its contents."""
    return any(d.values.empty_before_delete for d in context.declared("bucket") if d.name == found.logical_name)


def _found(context: Context, name: str, values: Bucket, tags: Mapping[str, str], contents: str) -> Found:
    """`objects` is the ARN of everything in the bucket, for policies."""
    found, arn = Found(name, values, tags, name=name), _s3.arn(context, name)
    attributes = {
        "arn": arn,
        "objects": f"{arn}/*",
        "domain": f"{name}.s3.{context.region}.{_dns_suffix(context)}",
        CONTENTS: contents,
        "empty_before_delete": _may_be_emptied(context, found),
    }
    return dataclasses.replace(found, attributes=attributes)


def _dns_suffix(context: Context) -> str:
    return "amazonaws.com.cn" if context.region.startswith("cn-") else "amazonaws.com"


KIND = Kind(
    name="bucket",
    service="s3",
    values=Bucket,
    list=list_buckets,
    look_up=look_up,
    calls={
        "ListBuckets": "page",
        "GetResources": "page",
        "GetBucketTagging": "resource",
        "ListObjectsV2": "resource",
        "ListObjectVersions": "resource",
        **dict.fromkeys(_s3.operations("get"), "resource"),
    },
    actions=(
        "s3:CreateBucket",
        "s3:TagResource",
        "s3:PutBucketTagging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketCORS",
        "s3:PutBucketLogging",
        "s3:PutBucketWebsite",
        "s3:DeleteBucketWebsite",
        "s3:PutReplicationConfiguration",
        "iam:PassRole",
        "s3:ListBucketMultipartUploads",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:DeleteBucket",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    guard=guard,
    unique_name=True,
    # Names are unique in the world, so that the account is a part of them. What is too long gets a hash, of the whole.
    name_format="{stack}-{name}-{account}",
    name_limit=63,
    retries=tuple(_s3.retries()),
)
