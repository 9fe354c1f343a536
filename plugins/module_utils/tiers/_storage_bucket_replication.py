# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of objects in another bucket, and the role that S3 copies with.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec
from ansible_collections.terrace.aws.plugins.module_utils.kinds import bucket as bucket_kind
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, key_of, partition, reference

TIER = "storage"
STORAGE_CLASSES = ["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
# Of buckets[].replication. Not part of SPEC, because Ansible's page would get too long to read.
REPLICATION: Spec = {
    "bucket": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "delete_markers": {"type": "bool", "default": False},
    "storage_class": {"type": "str", "choices": STORAGE_CLASSES, "default": "STANDARD"},
    "kms_key": {"type": "str"},
}
REPLICATION_CONSTRAINTS = {
    "bucket": reference("bucket/{}"),
    "prefix": Constraint(max_bytes=1024),
    "kms_key": KMS_KEY,
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
READ = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
READ_LOCKS = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"]
WRITE = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]


def role_name(bucket: Mapping[str, Any]) -> str:
    """No role of the identity tier has a slash in its name."""
    return f"replication/{bucket['name']}"


def configuration(bucket: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], path: str) -> dict[str, Any]:
    """Return S3's configuration, empty without replication. `others` are the buckets described, by name. Raises InvalidOption."""
    copies = bucket["replication"]
    if copies is None:
        return {}
    _check(bucket, others.get(copies["bucket"]), path)
    key = _key(bucket, others)
    encrypted = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}} if key else {}
    replica = {"EncryptionConfiguration": {"ReplicaKmsKeyID": key_of(key)}} if key else {}
    rule = {
        "ID": "terrace",
        "Priority": 0,
        "Status": "Enabled",
        "Filter": {"Prefix": copies["prefix"]},
        "DeleteMarkerReplication": {"Status": "Enabled" if copies["delete_markers"] else "Disabled"},
        **encrypted,
        "Destination": {
            "Bucket": Reference("bucket", copies["bucket"], "arn"),
            "StorageClass": copies["storage_class"],
            **replica,
        },
    }
    return {"Role": Reference("iam_role", role_name(bucket), "arn"), "Rules": [rule]}


def role(bucket: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], stack: Stack, path: str) -> Iterator[Declaration]:
    """Yield the role of a replicated bucket.

    S3 itself asks who configures a replication for the right to pass the role, and documents no condition for its trust.
    """
    if bucket["replication"] is None:
        return
    trust = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    values = IamRole(
        trust=_policy([trust]),
        description=f"Replicates the bucket {bucket['name']}",
        max_session=3600,
        boundary="",
        policies={"Replicate": _policy([*_copying(bucket, stack), *_encryption(bucket, others, stack)])},
        managed_policies=(),
    )
    yield Declaration("iam_role", role_name(bucket), TIER, values, f"{path}.replication")


def _copying(bucket: Mapping[str, Any], stack: Stack) -> Iterator[dict[str, Any]]:
    """The bucket refers to its role, so that the role has to know the bucket by the name that it is going to have."""
    name = bucket["bucket_name"] or bucket_kind.KIND.aws_name(stack, bucket["name"])
    source = f"arn:{partition(stack.region)}:s3:::{name}"
    reading = READ + (READ_LOCKS if bucket["object_lock"] is not None else [])
    target = Reference("bucket", bucket["replication"]["bucket"], "objects")
    yield _allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source)
    yield _allow(reading, f"{source}/*")
    yield _allow(WRITE, target)


def _encryption(bucket: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], stack: Stack) -> Iterator[dict[str, Any]]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html"""
    home = bucket["region"] or stack.region
    target = others.get(bucket["replication"]["bucket"], {})
    if bucket["kms_key"]:
        yield _allow(["kms:Decrypt"], key_of(bucket["kms_key"]), _via(home))
    if key := _key(bucket, others):
        yield _allow(["kms:Encrypt", "kms:GenerateDataKey"], key_of(key), _via(target.get("region") or stack.region))


def _via(region: str) -> dict[str, Any]:
    return {"StringLike": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}


def _key(bucket: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the name of the key of the copies: as given, or the other bucket's."""
    copies = bucket["replication"]
    return copies["kms_key"] or others.get(copies["bucket"], {}).get("kms_key")


def _check(bucket: Mapping[str, Any], target: Mapping[str, Any] | None, path: str) -> None:
    copies = bucket["replication"]
    if copies["bucket"] == bucket["name"]:
        raise InvalidOption(f"{path}.replication.bucket", "is this bucket itself")
    if not bucket["versioning"]:
        raise InvalidOption(f"{path}.replication", "needs versioning: true")
    if target is not None and not target["versioning"]:
        raise InvalidOption(f"{path}.replication.bucket", f"{copies['bucket']} needs versioning: true")
    if bucket["object_lock"] is not None and target is not None and target["object_lock"] is None:
        raise InvalidOption(f"{path}.replication.bucket", f"{copies['bucket']} needs object_lock, too")
    if bucket["kms_key"] and not (copies["kms_key"] or (target or {}).get("kms_key")):
        raise InvalidOption(
            f"{path}.replication.kms_key", "is required, because the objects are encrypted: a key of the region of the copies"
        )


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(actions: list[str], resource: Any, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    limited = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": [resource], **limited}
