# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's control bucket: locks, one prefix for each stack. It is part of no stack."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of

# The one region whose buckets are created without a constraint.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
UNCONSTRAINED = "us-east-1"


def name_of(account: str, region: str) -> str:
    return f"terrace-{account}-{region}"


def ensure(s3: Any, account: str, region: str) -> str:
    """Create the bucket if it is missing, private, and return its name. Raises Refused if somebody else has the name."""
    bucket = name_of(account, region)
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except Exception as error:
        if code_of(error) == "403":
            raise Refused(f"the control bucket {bucket} belongs to another account, or s3:ListBucket is denied") from None
        if code_of(error) not in ("404", "NoSuchBucket"):
            raise
        _create(s3, bucket, account, region)
    return bucket


def _create(s3: Any, bucket: str, account: str, region: str) -> None:
    constraint = {} if region == UNCONSTRAINED else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **constraint)
    except Exception as error:
        if code_of(error) != "BucketAlreadyOwnedByYou":
            raise
    s3.get_waiter("bucket_exists").wait(Bucket=bucket, ExpectedBucketOwner=account, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    s3.put_public_access_block(
        Bucket=bucket,
        ExpectedBucketOwner=account,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
