# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the storage tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import Bucket
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from tests.contract.case import Case

ACCOUNT, KEY = "123456789012", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
PRIVATE: dict[str, Any] = {
    "object_ownership": "BucketOwnerEnforced",
    "public_access_block": ALL_BLOCKED,
    "encryption": {"algorithm": "AES256", "kms_key": "", "bucket_key": False},
    "versioning": True,
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def statement(sid: str, **elements: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Resource": ["{bucket}/*"], **elements}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def lifecycle(days: int) -> tuple[dict[str, Any], ...]:
    transitions = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": days, "StorageClass": "DEEP_ARCHIVE"}]
    return (
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Transitions": transitions},
        {
            "ID": "terrace",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        },
    )


LOGS = policy(
    statement("Logs", Principal={"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject"),
)
OWN = policy(statement("Own", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action=["s3:GetObject"]))
OTHER = policy(statement("Other", Principal={"AWS": ACCOUNT}, Action=["s3:PutObject"]))
ROLE = Reference("iam_role", "copier", "arn")


def replication(**rule: Any) -> dict[str, Any]:
    return {
        "Role": ROLE,
        "Rules": [
            {
                "ID": "terrace",
                "Priority": 0,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": Reference("bucket", "copies", "arn")},
                **rule,
            }
        ],
    }


CASES = {
    "bucket": Case(
        Bucket(
            **PRIVATE,
            object_lock={},
            policy=OWN,
            lifecycle=lifecycle(180),
            cors=(),
            logging={},
            website={},
            replication={},
            empty_before_delete=False,
        ),
        "storage",
        parents=(
            Declaration("bucket", "copies", "storage", Bucket(**PRIVATE)),
            Declaration("bucket", "logs", "storage", Bucket(**PRIVATE, policy=LOGS, empty_before_delete=True)),
            Declaration("iam_role", "copier", "identity", IamRole(trust=TRUST)),
        ),
        changes={
            "object_ownership": "BucketOwnerPreferred",
            "public_access_block": {**ALL_BLOCKED, "BlockPublicPolicy": False},
            "encryption": {"algorithm": "aws:kms", "kms_key": KEY, "bucket_key": True},
            "versioning": False,
            "object_lock": {"mode": "GOVERNANCE", "days": 1, "years": 0},
            "policy": OTHER,
            "lifecycle": lifecycle(365),
            "cors": ({"AllowedOrigins": ["https://example.com"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]},),
            "logging": {"TargetBucket": Reference("bucket", "logs"), "TargetPrefix": "subject/"},
            "website": {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}},
            "replication": replication(DeleteMarkerReplication={"Status": "Enabled"}),
        },
        # What depends on versions keeps them.
        given={"versioning": {"object_lock": {}, "replication": {}}},
        before_delete={"object_lock": {"mode": "GOVERNANCE", "days": 1, "years": 0}},
    ),
}
