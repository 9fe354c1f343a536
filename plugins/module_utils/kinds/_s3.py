# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an S3 bucket as a table: each is read, written and removed by calls of its own.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/creating-buckets-s3.html
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam

# What stands for the bucket's ARN in its own policy, whose name need not be known when it is described.
SELF = "{bucket}"
PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
# S3 works at one change of a bucket at a time, and needs a while to know a switch to versions everywhere.
BUSY, BUSY_SECONDS = "OperationAborted", 120.0


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: the operations (as SDK methods) that get, put and delete it.

    `absent` is the error code for a bucket without it; `parse` makes our value of the answer (empty for an absent one),
    `form` the request of our value. What is falsy is removed by `delete` where there is such a call.
    """

    get: str
    put: str
    parse: Callable[[Mapping[str, Any]], Any]
    form: Callable[[Any], dict[str, Any]]
    absent: str = ""
    delete: str = ""


def call(context: Context, operation: str, bucket: str, **request: Any) -> Any:
    """Call an operation of S3, which refuses should the bucket belong to another account."""
    method = getattr(context.client("s3"), operation)
    return method(Bucket=bucket, ExpectedBucketOwner=context.stack.account, **request)


def read(context: Context, field: str, bucket: str) -> Any:
    """Return the value of one setting."""
    setting = SETTINGS[field]
    try:
        answer = call(context, setting.get, bucket)
    except Exception as error:
        if not setting.absent or code_of(error) != setting.absent:
            raise
        answer = {}
    return setting.parse(_with_self(answer, arn(context, bucket)) if field == "policy" else answer)


def write(context: Context, field: str, bucket: str, value: Any) -> None:
    """Set one setting as a whole, or take it away."""
    setting = SETTINGS[field]
    if setting.delete and not value:
        call(context, setting.delete, bucket)
    else:
        request = setting.form(value)
        call(context, setting.put, bucket, **(_with_arn(request, arn(context, bucket)) if field == "policy" else request))


def in_order(fields: Iterable[str], versioning: bool | None) -> list[str]:
    """Return the settings in the order to write them in: versions before what needs them, and their end after its end."""
    order = list(SETTINGS)
    if versioning is False:
        order.append(order.pop(order.index("versioning")))
    return sorted(fields, key=order.index)


def arn(context: Context, bucket: str) -> str:
    return f"arn:{context.client('s3').meta.partition}:s3:::{bucket}"


def plain_encryption(value: Mapping[str, Any]) -> str:
    """Normaliser: without a key of KMS there is nothing for a bucket key to save."""
    return canonical(value if value.get("kms_key") else {"algorithm": value.get("algorithm")})


def same_rules(rules: Iterable[Mapping[str, Any]]) -> str:
    """Normaliser for lifecycle rules: they have ids and no order, and S3 fills in what is empty."""
    return canonical(sorted((_lifecycle_rule(rule) for rule in rules), key=lambda rule: str(rule.get("ID"))))


def same_cors(rules: Iterable[Mapping[str, Any]]) -> str:
    """Normaliser for CORS rules, of which the first that fits counts."""
    return canonical([_sorted_lists(_without_empty(rule)) for rule in rules])


def same_logging(value: Mapping[str, Any]) -> str:
    """Normaliser for access logging: the format of keys that S3 fills in is the plain one."""
    given = {name: item for name, item in value.items() if name != "TargetObjectKeyFormat" or "PartitionedPrefix" in item}
    return canonical(_without_empty(given))


def same_replication(value: Mapping[str, Any]) -> str:
    """Normaliser for replication: S3 fills in priorities, empty filters and what is disabled."""
    return canonical({**value, "Rules": [_replication_rule(rule) for rule in value.get("Rules", ())]} if value else {})


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A prefix may stand beside the filter, where it stood before filters came."""
    filled = _without_empty({**rule, "Filter": _filter(rule), "Prefix": ""})
    for transitions in ("Transitions", "NoncurrentVersionTransitions"):
        if transitions in filled:
            filled[transitions] = sorted(filled[transitions], key=canonical)
    return filled


def _replication_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Rules without a filter are of the version that always copies delete markers."""
    if "Filter" not in rule:
        rule = {**rule, "DeleteMarkerReplication": {"Status": "Enabled"}}
    on = {name: item for name, item in rule.items() if not (isinstance(item, Mapping) and item.get("Status") == "Disabled")}
    destination = _without_empty({**rule.get("Destination", {}), "StorageClass": _unless_standard(rule)})
    return _without_empty({**on, "Filter": _filter(rule), "Prefix": "", "Priority": 0, "Destination": destination})


def _unless_standard(rule: Mapping[str, Any]) -> str:
    storage_class = rule.get("Destination", {}).get("StorageClass", "")
    return "" if storage_class == "STANDARD" else storage_class


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    return _without_empty(rule.get("Filter") or {"Prefix": rule.get("Prefix", "")})


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is empty or off, at every depth of dictionaries."""
    cleaned = {name: _without_empty(item) if isinstance(item, Mapping) else item for name, item in value.items()}
    return {name: item for name, item in cleaned.items() if item or (item == 0 and item is not False)}


def _sorted_lists(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(item) if isinstance(item, (list, tuple)) else item for name, item in value.items()}


def _with_arn(request: Mapping[str, Any], own: str) -> dict[str, Any]:
    return {name: text.replace(SELF, own) for name, text in request.items()}


def _with_self(answer: Mapping[str, Any], own: str) -> dict[str, Any]:
    """Put `SELF` in place of the bucket's ARN, not of one that begins with it."""
    if "Policy" not in answer:
        return {}
    document = json.loads(answer["Policy"])
    listed = document.get("Statement", [])
    statements = [listed] if isinstance(listed, Mapping) else listed
    return {"Policy": json.dumps({**document, "Statement": [_about_self(statement, own) for statement in statements]})}


def _about_self(statement: Mapping[str, Any], own: str) -> dict[str, Any]:
    return {
        element: [_relative(resource, own) for resource in ([value] if isinstance(value, str) else value)]
        if element in ("Resource", "NotResource")
        else value
        for element, value in statement.items()
    }


def _relative(resource: str, own: str) -> str:
    return SELF + resource.removeprefix(own) if resource == own or resource.startswith(f"{own}/") else resource


def _ownership(answer: Mapping[str, Any]) -> str:
    """Buckets older than the setting are without it, and work so: whoever writes an object owns it."""
    rules = answer.get("OwnershipControls", {}).get("Rules") or [{}]
    return rules[0].get("ObjectOwnership", "ObjectWriter")


def _public_access(answer: Mapping[str, Any]) -> dict[str, bool]:
    found = answer.get("PublicAccessBlockConfiguration", {})
    return {name: bool(found.get(name)) for name in PUBLIC_ACCESS}


def _encryption(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Whatever else a rule says, such as the kinds of encryption that S3 blocks of itself, is left to S3."""
    rule = (answer.get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}])[0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return {
        "algorithm": default.get("SSEAlgorithm", "AES256"),
        "kms_key": default.get("KMSMasterKeyID", ""),
        "bucket_key": bool(rule.get("BucketKeyEnabled")),
    }


def _encryption_request(value: Mapping[str, Any]) -> dict[str, Any]:
    key = {"KMSMasterKeyID": value["kms_key"]} if value["kms_key"] else {}
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": value["algorithm"], **key},
        "BucketKeyEnabled": value["bucket_key"],
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _object_lock(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{}`` without object lock, else mode, days and years of the default retention, which may be all empty."""
    configuration = answer.get("ObjectLockConfiguration", {})
    if configuration.get("ObjectLockEnabled") != "Enabled":
        return {}
    retention = configuration.get("Rule", {}).get("DefaultRetention", {})
    return {"mode": retention.get("Mode", ""), "days": retention.get("Days") or 0, "years": retention.get("Years") or 0}


def _object_lock_request(value: Mapping[str, Any]) -> dict[str, Any]:
    period = {"Days": value["days"]} if value["days"] else {"Years": value["years"]}
    rule = {"Rule": {"DefaultRetention": {"Mode": value["mode"], **period}}} if value["mode"] else {}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}


def _website(answer: Mapping[str, Any]) -> dict[str, Any]:
    parts = ("IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules")
    return {name: answer[name] for name in parts if answer.get(name)}


# In the order of writing: what is public is told before the policy that makes it so.
SETTINGS = {
    "object_ownership": Setting(
        "get_bucket_ownership_controls",
        "put_bucket_ownership_controls",
        _ownership,
        lambda value: {"OwnershipControls": {"Rules": [{"ObjectOwnership": value}]}},
        absent="OwnershipControlsNotFoundError",
    ),
    "public_access_block": Setting(
        "get_public_access_block",
        "put_public_access_block",
        _public_access,
        lambda value: {"PublicAccessBlockConfiguration": value},
        absent="NoSuchPublicAccessBlockConfiguration",
    ),
    "encryption": Setting(
        "get_bucket_encryption",
        "put_bucket_encryption",
        _encryption,
        _encryption_request,
        absent="ServerSideEncryptionConfigurationNotFoundError",
    ),
    "versioning": Setting(
        "get_bucket_versioning",
        "put_bucket_versioning",
        lambda answer: answer.get("Status") == "Enabled",
        lambda value: {"VersioningConfiguration": {"Status": "Enabled" if value else "Suspended"}},
    ),
    "object_lock": Setting(
        "get_object_lock_configuration",
        "put_object_lock_configuration",
        _object_lock,
        _object_lock_request,
        absent="ObjectLockConfigurationNotFoundError",
    ),
    "policy": Setting(
        "get_bucket_policy",
        "put_bucket_policy",
        lambda answer: json.loads(answer["Policy"]) if answer else {},
        lambda value: {"Policy": _iam.encoded(value)},
        absent="NoSuchBucketPolicy",
        delete="delete_bucket_policy",
    ),
    "lifecycle": Setting(
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        lambda answer: tuple(answer.get("Rules", ())),
        lambda value: {"LifecycleConfiguration": {"Rules": list(value)}},
        absent="NoSuchLifecycleConfiguration",
        delete="delete_bucket_lifecycle",
    ),
    "cors": Setting(
        "get_bucket_cors",
        "put_bucket_cors",
        lambda answer: tuple(answer.get("CORSRules", ())),
        lambda value: {"CORSConfiguration": {"CORSRules": list(value)}},
        absent="NoSuchCORSConfiguration",
        delete="delete_bucket_cors",
    ),
    "logging": Setting(
        "get_bucket_logging",
        "put_bucket_logging",
        lambda answer: answer.get("LoggingEnabled", {}),
        lambda value: {"BucketLoggingStatus": {"LoggingEnabled": value} if value else {}},
    ),
    "website": Setting(
        "get_bucket_website",
        "put_bucket_website",
        _website,
        lambda value: {"WebsiteConfiguration": value},
        absent="NoSuchWebsiteConfiguration",
        delete="delete_bucket_website",
    ),
    "replication": Setting(
        "get_bucket_replication",
        "put_bucket_replication",
        lambda answer: answer.get("ReplicationConfiguration", {}),
        lambda value: {"ReplicationConfiguration": value},
        absent="ReplicationConfigurationNotFoundError",
        delete="delete_bucket_replication",
    ),
}


def operations(*which: str) -> tuple[str, ...]:
    """Return the names of the settings' operations as the API has them, such as ``GetBucketPolicy``."""
    methods = (getattr(setting, name) for setting in SETTINGS.values() for name in which)
    return tuple(_camel(method) for method in methods if method)


def retries() -> Iterator[Retry]:
    """Yield what S3 asks to repeat: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
    others = ("CreateBucket", "PutBucketTagging", "DeleteBucket")
    yield from (Retry(operation, BUSY, seconds=BUSY_SECONDS) for operation in (*operations("put", "delete"), *others))
    yield Retry("PutBucketReplication", "InvalidRequest", "[Vv]ersioning must be", BUSY_SECONDS)
    yield Retry("PutObjectLockConfiguration", "InvalidBucketState", "[Vv]ersioning must be", BUSY_SECONDS)
    # A principal created a moment ago is not known everywhere yet.
    yield Retry("PutBucketPolicy", "MalformedPolicy", "Invalid principal")


def _camel(method: str) -> str:
    return "".join(word.capitalize() for word in method.split("_"))
