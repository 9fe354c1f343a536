# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a bucket: enough of it to say why it is kept, and how to delete all of it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/empty-bucket.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import TerraceError
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _s3

NOTHING, OBJECTS, VERSIONS, MARKERS = "nothing", "objects", "versions", "delete markers"
# DeleteObjects takes no more: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
BATCH = 1000
SHOWN = 3


class NotEmptied(TerraceError):
    """Some versions could not be deleted."""


def contents(context: Context, bucket: str) -> str:
    """Return which of the four above describes what a bucket holds, by at most two calls."""
    if _s3.call(context, "list_objects_v2", bucket, MaxKeys=1).get("KeyCount"):
        return OBJECTS
    answer = _s3.call(context, "list_object_versions", bucket)
    if answer.get("Versions"):
        return VERSIONS
    return MARKERS if answer.get("DeleteMarkers") else NOTHING


def empty(context: Context, bucket: str) -> int:
    """Delete all versions, delete markers and unfinished uploads, and return the number of the first two. Raises NotEmptied.

    Retention is not bypassed: S3 refuses to delete what is under it.
    """
    number = 0
    while batch := _some_versions(context, bucket):
        _delete(context, bucket, batch)
        number += len(batch)
    _abort_uploads(context, bucket)
    return number


def _some_versions(context: Context, bucket: str) -> list[dict[str, str]]:
    """Return what there is, up to a batch: from the start, because what has been listed before is gone."""
    page = _s3.call(context, "list_object_versions", bucket, MaxKeys=BATCH)
    items = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]


def _delete(context: Context, bucket: str, objects: list[dict[str, str]]) -> None:
    """The call succeeds also when parts of it do not."""
    answer = _s3.call(context, "delete_objects", bucket, Delete={"Objects": objects, "Quiet": True})
    if errors := answer.get("Errors", ()):
        raise NotEmptied(f"{len(errors)} of the versions in {bucket} could not be deleted: {_told(errors)}")


def _told(errors: Iterable[Mapping[str, Any]]) -> str:
    first = [f"{error.get('Key')} ({error.get('Code')}: {error.get('Message')})" for error in list(errors)[:SHOWN]]
    return ", ".join(first)


def _abort_uploads(context: Context, bucket: str) -> None:
    paginator = context.client("s3").get_paginator("list_multipart_uploads")
    for page in paginator.paginate(Bucket=bucket, ExpectedBucketOwner=context.stack.account):
        for upload in page.get("Uploads", ()):
            _s3.call(context, "abort_multipart_upload", bucket, Key=upload["Key"], UploadId=upload["UploadId"])
