# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The buckets of the storage tier. Policies, lifecycle rules and replication have files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import ENFORCED, Bucket
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_bucket_lifecycle as lifecycle
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_bucket_policy as policy
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_bucket_replication as replication
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    MANY,
    NAME,
    REGION,
    key_of,
    reference,
    several,
)

Options = Mapping[str, Any]
TIER = "storage"
KINDS = ("bucket", "iam_role")
SPEC: dict[str, dict[str, Any]] = {
    "buckets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "bucket_name": {"type": "str"},
            "region": {"type": "str"},
            "object_ownership": {
                "type": "str",
                "choices": [ENFORCED, "BucketOwnerPreferred", "ObjectWriter"],
                "default": ENFORCED,
            },
            "block_public_access": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "versioning": {"type": "bool", "default": True},
            "noncurrent_expiration": {"type": "int", "default": 90},
            "abort_incomplete_uploads": {"type": "int", "default": 7},
            "lifecycle": {"type": "list", "elements": "dict", "default": []},
            "allow": {"type": "list", "elements": "str", "choices": list(policy.SERVICES), "default": []},
            "statements": {"type": "list", "elements": "dict", "default": []},
            "cors": {"type": "list", "elements": "dict", "default": []},
            "logging": {"type": "dict"},
            "website": {"type": "dict"},
            "replication": {"type": "dict"},
            "object_lock": {"type": "dict"},
            "empty_before_delete": {"type": "bool", "default": False},
        },
    },
}
# Of one bucket. Not part of SPEC, because Ansible's page would get too long to read.
CORS: Spec = {
    "origins": {"type": "list", "elements": "str", "required": True},
    "methods": {"type": "list", "elements": "str", "choices": ["GET", "HEAD", "PUT", "POST", "DELETE"], "required": True},
    "headers": {"type": "list", "elements": "str", "default": []},
    "expose_headers": {"type": "list", "elements": "str", "default": []},
    "max_age": {"type": "int"},
}
LOGGING: Spec = {"bucket": {"type": "str", "required": True}, "prefix": {"type": "str"}}
WEBSITE: Spec = {
    "index_document": {"type": "str", "default": "index.html"},
    "error_document": {"type": "str"},
    "public": {"type": "bool", "default": False},
}
OBJECT_LOCK: Spec = {
    "mode": {"type": "str", "choices": ["GOVERNANCE", "COMPLIANCE"]},
    "days": {"type": "int"},
    "years": {"type": "int"},
}
DAYS_OR_NEVER = Constraint(minimum=0, maximum=36500)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = Constraint(
    pattern=r"(?!xn--|sthree-|amzn-s3-demo-|terrace-\d{12}-|(\d+\.){3}\d+$)"
    r"[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)(?<!-an)",
    says="a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots, and no reserved beginning or end",
)
HEADER = Constraint(pattern=r"[!-~]{1,256}", says="a header is named like x-amz-meta-*")
CORS_CONSTRAINTS = {
    "origins": Constraint(min_length=1, max_length=MANY, distinct=True),
    "origins[]": Constraint(
        pattern=r"(?!.*\*.*\*)[!-~]{1,2048}", says="an origin is like https://example.com, with one * at most"
    ),
    "methods": Constraint(min_length=1, max_length=5, distinct=True),
    "headers": Constraint(max_length=MANY, distinct=True),
    "headers[]": HEADER,
    "expose_headers": Constraint(max_length=MANY, distinct=True),
    "expose_headers[]": HEADER,
    "max_age": Constraint(minimum=0, maximum=86400),
}
LOGGING_CONSTRAINTS = {
    "bucket": reference("bucket/{}"),
    "prefix": Constraint(pattern=r"(?!/)[ -)+->@-~]{0,800}", says="a prefix is ASCII without * and ?, and no slash begins it"),
}
WEBSITE_CONSTRAINTS = {
    "index_document": Constraint(pattern=r"[!-.0-~]{1,1024}", says="the name of a document has no slash"),
    "error_document": Constraint(pattern=r"(?!/)[!-~]{1,1024}", says="a key does not begin with a slash"),
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
OBJECT_LOCK_CONSTRAINTS = {"days": Constraint(minimum=1, maximum=36500), "years": Constraint(minimum=1, maximum=100)}
CONSTRAINTS: dict[str, Constraint] = {
    "buckets": several(("name", "bucket_name")),
    "buckets[].name": NAME,
    "buckets[].bucket_name": BUCKET_NAME,
    "buckets[].region": REGION,
    "buckets[].kms_key": KMS_KEY,
    "buckets[].noncurrent_expiration": DAYS_OR_NEVER,
    "buckets[].abort_incomplete_uploads": DAYS_OR_NEVER,
    "buckets[].lifecycle": Constraint(max_length=lifecycle.MOST_RULES),
    "buckets[].allow": Constraint(distinct=True),
    "buckets[].statements": Constraint(max_length=MANY),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    "buckets[].cors": Constraint(max_length=100),
}
INNER = {
    "logging": (LOGGING, LOGGING_CONSTRAINTS),
    "website": (WEBSITE, WEBSITE_CONSTRAINTS),
    "replication": (replication.REPLICATION, replication.REPLICATION_CONSTRAINTS),
    "object_lock": (OBJECT_LOCK, OBJECT_LOCK_CONSTRAINTS),
}
# ACLs give no public access in any case: there are policies for that.
PUBLIC_BY_POLICY = ("BlockPublicPolicy", "RestrictPublicBuckets")
PUBLIC_BY_ACL = ("BlockPublicAcls", "IgnorePublicAcls")


def declarations(options: Options, stack: Stack) -> Iterator[Declaration]:
    """Yield the declarations of validated options. Raises InvalidOption."""
    buckets = [_completed(bucket, f"storage.buckets[{index}]") for index, bucket in enumerate(options["buckets"])]
    others = {bucket["name"]: bucket for bucket in buckets}
    for index, bucket in enumerate(buckets):
        path = f"storage.buckets[{index}]"
        _check(bucket, others, stack, path)
        yield Declaration("bucket", bucket["name"], TIER, _bucket(bucket, others, stack, path), path, region=bucket["region"])
        yield from replication.role(bucket, others, stack, path)


def _completed(bucket: Options, path: str) -> dict[str, Any]:
    """Return the bucket with its dictionaries validated. Raises InvalidOption."""
    inner = {
        name: validated(bucket[name], spec, constraints, f"{path}.{name}")
        for name, (spec, constraints) in INNER.items()
        if bucket[name] is not None
    }
    completed = {**bucket, **inner}
    if completed["logging"] and completed["logging"]["prefix"] is None:
        completed["logging"] = {**completed["logging"], "prefix": f"{bucket['name']}/"}
    return completed


def _bucket(bucket: Options, others: Mapping[str, Options], stack: Stack, path: str) -> Bucket:
    key = bucket["kms_key"]
    return Bucket(
        name=bucket["bucket_name"],
        object_ownership=bucket["object_ownership"],
        public_access_block={
            **dict.fromkeys(PUBLIC_BY_ACL, True),
            **dict.fromkeys(PUBLIC_BY_POLICY, bucket["block_public_access"]),
        },
        # A bucket key spares most calls of KMS, and their price: there is no reason to be without.
        encryption={"algorithm": "aws:kms" if key else "AES256", "kms_key": key_of(key), "bucket_key": bool(key)},
        versioning=bucket["versioning"],
        object_lock=_object_lock(bucket["object_lock"], path),
        policy=policy.document(bucket, _prefixes(bucket, others), stack, path),
        lifecycle=lifecycle.rules(bucket, path),
        cors=tuple(_cors(rule, f"{path}.cors[{index}]") for index, rule in enumerate(bucket["cors"])),
        logging=_logging(bucket["logging"]),
        website=_website(bucket["website"]),
        replication=replication.configuration(bucket, others, path),
        empty_before_delete=bucket["empty_before_delete"],
    )


def _prefixes(bucket: Options, others: Mapping[str, Options]) -> list[str]:
    """Return where in the bucket others write their access logs."""
    logged = (other["logging"] for other in others.values() if other["logging"])
    return [logging["prefix"] for logging in logged if logging["bucket"] == bucket["name"]]


def _object_lock(lock: Options | None, path: str) -> dict[str, Any]:
    if lock is None:
        return {}
    periods = [name for name in ("days", "years") if lock[name]]
    if len(periods) != (1 if lock["mode"] else 0):
        raise InvalidOption(f"{path}.object_lock", "a default retention has a mode, and either days or years")
    return {"mode": lock["mode"] or "", "days": lock["days"] or 0, "years": lock["years"] or 0}


def _cors(given: Options, path: str) -> dict[str, Any]:
    rule = validated(given, CORS, CORS_CONSTRAINTS, path)
    optional = {"AllowedHeaders": rule["headers"], "ExposeHeaders": rule["expose_headers"]}
    age = {} if rule["max_age"] is None else {"MaxAgeSeconds": rule["max_age"]}
    filled = {name: value for name, value in optional.items() if value}
    return {"AllowedOrigins": rule["origins"], "AllowedMethods": rule["methods"], **filled, **age}


def _logging(logging: Options | None) -> dict[str, Any]:
    return {"TargetBucket": Reference("bucket", logging["bucket"]), "TargetPrefix": logging["prefix"]} if logging else {}


def _website(website: Options | None) -> dict[str, Any]:
    if website is None:
        return {}
    error = {"ErrorDocument": {"Key": website["error_document"]}} if website["error_document"] else {}
    return {"IndexDocument": {"Suffix": website["index_document"]}, **error}


def _check(bucket: Options, others: Mapping[str, Options], stack: Stack, path: str) -> None:
    """Refuse what S3 would, as far as one bucket and those that it names can tell."""
    if bucket["object_lock"] is not None:
        if not bucket["versioning"]:
            raise InvalidOption(f"{path}.object_lock", "needs versioning: true")
        if bucket["empty_before_delete"]:
            raise InvalidOption(f"{path}.empty_before_delete", "excludes object_lock, which keeps what is in the bucket")
    if (bucket["website"] or {}).get("public") and bucket["block_public_access"]:
        raise InvalidOption(f"{path}.website.public", "lets everybody in, for which block_public_access has to be false")
    if "load_balancer_logs" in bucket["allow"] and bucket["kms_key"]:
        raise InvalidOption(f"{path}.kms_key", "load balancers write logs to buckets without a key only")
    if bucket["logging"]:
        _check_log_target(bucket, others.get(bucket["logging"]["bucket"]), stack, f"{path}.logging.bucket")


def _check_log_target(bucket: Options, target: Options | None, stack: Stack, path: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html"""
    name = bucket["logging"]["bucket"]
    if name == bucket["name"]:
        raise InvalidOption(path, "is this bucket itself: every log would be logged")
    if target is None:
        return
    if (target["region"] or stack.region) != (bucket["region"] or stack.region):
        raise InvalidOption(path, f"{name} has to be in the same region")
    if target["kms_key"]:
        raise InvalidOption(path, f"{name} must not have a kms_key: S3 writes logs to buckets without a key only")
    if (target["object_lock"] or {}).get("mode"):
        raise InvalidOption(path, f"{name} must not have a default retention")
