# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of buckets: encrypted connections only, what named services may write or read, and statements of one's own.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds._s3 import SELF
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY, partition

OBJECTS = f"{SELF}/*"
ANYBODY = {"AWS": "*"}
# Bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
LONGEST = 20 * 1024
# Of buckets[].statements[]. Not part of SPEC, because Ansible's page would get too deep to read.
STATEMENT: Spec = {
    "sid": {"type": "str"},
    "effect": {"type": "str", "choices": ["Allow", "Deny"], "default": "Allow"},
    "principals": {"type": "dict", "required": True},
    "actions": {"type": "list", "elements": "str", "required": True},
    "resources": {"type": "list", "elements": "str", "default": ["", "/*"]},
    "conditions": {"type": "dict"},
}
STATEMENT_CONSTRAINTS = {
    "sid": Constraint(pattern=r"[A-Za-z0-9]{1,128}", says="a statement id has letters and digits only"),
    "principals": Constraint(
        min_length=1,
        keys=Constraint(pattern="AWS|Service|Federated|CanonicalUser", says="AWS, Service, Federated or CanonicalUser"),
    ),
    "actions": Constraint(min_length=1, max_length=MANY, distinct=True),
    "actions[]": Constraint(pattern=r"s3:[A-Za-z0-9*?]{1,128}", says="an action of a bucket's policy looks like s3:GetObject"),
    "resources": Constraint(min_length=1, max_length=MANY, distinct=True),
    "resources[]": Constraint(
        pattern=r"|/[ -~]{1,1024}", says="what is in the bucket is given by its key after a slash, the bucket by an empty text"
    ),
    "conditions": Constraint(
        min_length=1,
        keys=Constraint(pattern=r"(For(AllValues|AnyValue):)?[A-Za-z]{1,64}", says="an operator looks like StringEquals"),
    ),
}
# By the name of an option's choice: who may do what, where, under which further condition.
SERVICES = ("cloudfront", "cloudtrail", "delivered_logs", "load_balancer_logs")


def document(bucket: Mapping[str, Any], log_prefixes: Iterable[str], stack: Stack, path: str) -> dict[str, Any]:
    """Return the whole policy of a bucket, into which others log under `log_prefixes`. Raises InvalidOption."""
    website = bucket["website"] or {}
    statements = [
        *_encrypted_connections(bool(website.get("public"))),
        *_access_logs(sorted(log_prefixes), stack),
        *(statement for service in sorted(bucket["allow"]) for statement in _service(service, bucket, stack)),
        *([_public_reading()] if website.get("public") else []),
        *(_own(given, bucket, f"{path}.statements[{index}]") for index, given in enumerate(bucket["statements"])),
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    if (size := len(json.dumps(policy, separators=(",", ":")).encode())) > LONGEST:
        raise InvalidOption(f"{path}.statements", f"make a policy of {size} bytes, and S3 takes {LONGEST}")
    return policy


def _encrypted_connections(public: bool) -> Iterator[dict[str, Any]]:
    """S3 serves websites without encryption: only there public objects may be read so."""
    everything = {"Principal": ANYBODY, "Resource": [SELF, OBJECTS], "Effect": "Deny"}
    actions = {"NotAction": "s3:GetObject"} if public else {"Action": "s3:*"}
    yield {"Sid": "EncryptedConnections", **everything, **actions, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    yield {"Sid": "Tls12", **everything, "Action": "s3:*", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}


def _access_logs(prefixes: list[str], stack: Stack) -> Iterator[dict[str, Any]]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html"""
    if prefixes:
        yield {
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": [f"{SELF}/{prefix}*" for prefix in prefixes],
            "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
        }


def _service(service: str, bucket: Mapping[str, Any], stack: Stack) -> list[dict[str, Any]]:
    account, aws = stack.account, partition(stack.region)
    region = bucket["region"] or stack.region
    ours = {"StringEquals": {"aws:SourceAccount": account}}
    logs = [f"{SELF}/AWSLogs/{account}/*", f"{SELF}/*/AWSLogs/{account}/*"]
    given_away = {"StringEquals": {**ours["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"}}
    if service == "cloudfront":
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
        distributions = {"ArnLike": {"aws:SourceArn": f"arn:{aws}:cloudfront::{account}:distribution/*"}}
        return [_allow("Cloudfront", "cloudfront.amazonaws.com", "s3:GetObject", [OBJECTS], distributions)]
    if service == "load_balancer_logs":
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        balancers = {"ArnLike": {"aws:SourceArn": f"arn:{aws}:elasticloadbalancing:{region}:{account}:loadbalancer/*"}}
        return [_allow("LoadBalancerLogs", "logdelivery.elasticloadbalancing.amazonaws.com", "s3:PutObject", logs, balancers)]
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
    sid, principal = {
        "cloudtrail": ("Cloudtrail", "cloudtrail.amazonaws.com"),
        "delivered_logs": ("DeliveredLogs", "delivery.logs.amazonaws.com"),
    }[service]
    return [
        _allow(f"{sid}Check", principal, "s3:GetBucketAcl", [SELF], ours),
        _allow(f"{sid}Write", principal, "s3:PutObject", logs, given_away),
    ]


def _allow(sid: str, principal: str, action: str, resources: list[str], condition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": action,
        "Resource": resources,
        "Condition": condition,
    }


def _public_reading() -> dict[str, Any]:
    return {"Sid": "Website", "Effect": "Allow", "Principal": ANYBODY, "Action": "s3:GetObject", "Resource": [OBJECTS]}


def _own(given: Mapping[str, Any], bucket: Mapping[str, Any], path: str) -> dict[str, Any]:
    statement = validated(given, STATEMENT, STATEMENT_CONSTRAINTS, path)
    principals = {kind: _names(names, f"{path}.principals.{kind}") for kind, names in statement["principals"].items()}
    if bucket["block_public_access"] and _is_public(statement, principals):
        raise InvalidOption(f"{path}.principals", "lets everybody in, for which block_public_access has to be false")
    return {
        **({"Sid": statement["sid"]} if statement["sid"] else {}),
        "Effect": statement["effect"],
        "Principal": principals,
        "Action": statement["actions"],
        "Resource": [f"{SELF}{key}" for key in statement["resources"]],
        **({"Condition": statement["conditions"]} if statement["conditions"] else {}),
    }


def _names(names: Any, path: str) -> list[str]:
    listed = names if isinstance(names, list) else [names]
    for name in listed:
        if not isinstance(name, str) or not name:
            raise InvalidOption(path, "has to be text or a list of texts")
    return listed


def _is_public(statement: Mapping[str, Any], principals: Mapping[str, list[str]]) -> bool:
    """S3 also refuses some that have conditions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    everybody = any("*" in names for names in principals.values())
    return everybody and statement["effect"] == "Allow" and not statement["conditions"]
