# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM calls the operations of the API: https://docs.aws.amazon.com/service-authorization/latest/reference/"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Kind

# Services that IAM does not call by their name in the SDK.
PREFIXES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
}
# Operations that another action allows.
ACTIONS = {
    ("s3", "GetBucketCors"): "s3:GetBucketCORS",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListMultipartUploads"): "s3:ListBucketMultipartUploads",
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "DeleteBucketCors"): "s3:PutBucketCORS",
    ("s3", "DeleteBucketLifecycle"): "s3:PutLifecycleConfiguration",
    ("s3", "DeleteBucketReplication"): "s3:PutReplicationConfiguration",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
    ("s3", "PutBucketCors"): "s3:PutBucketCORS",
    ("s3", "PutBucketEncryption"): "s3:PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "s3:PutLifecycleConfiguration",
    ("s3", "PutBucketReplication"): "s3:PutReplicationConfiguration",
    ("s3", "PutObjectLockConfiguration"): "s3:PutBucketObjectLockConfiguration",
    ("s3", "PutPublicAccessBlock"): "s3:PutBucketPublicAccessBlock",
}
# What kinds ask of services other than their own.
SERVICES = {
    "GetParameters": "ssm",
    "GetResources": "resourcegroupstaggingapi",
    "ListHostedZones": "route53",
    "ListResourceRecordSets": "route53",
}


def prefix(service: str) -> str:
    """Return IAM's name of a service of the SDK."""
    return PREFIXES.get(service, service)


def action(service: str, operation: str) -> str:
    """Return the IAM action that allows an operation, such as ``elasticloadbalancing:CreateListener``."""
    return ACTIONS.get((service, operation), f"{prefix(service)}:{operation}")


def survey_actions(kind: Kind) -> set[str]:
    """Return the IAM actions that looking for resources of the kind needs."""
    return {action(SERVICES.get(operation, kind.service), operation) for operation in kind.calls}
