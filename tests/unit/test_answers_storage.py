# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What S3 answers to what was declared differs in form, and is no difference."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _s3
from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import Bucket
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
NAME, ARN = "demo-app-123456789012", "arn:aws:s3:::demo-app-123456789012"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE, COPIES = "arn:aws:iam::123456789012:role/terrace/demo/demo-replication-app", "arn:aws:s3:::demo-copies-123456789012"
WITH_SSE_C_BLOCKED = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
TERRACE_RULE = {
    "ID": "terrace",
    "Status": "Enabled",
    "Filter": {},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    "Expiration": {"ExpiredObjectDeleteMarker": True},
}


class Absent(Exception):
    """What S3 answers about a setting that a bucket does not have."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


def found(field: str, answer: dict[str, Any] | Absent) -> Any:
    """Return what the survey makes of an answer."""

    def method(**request: Any) -> dict[str, Any]:
        assert request == {"Bucket": NAME, "ExpectedBucketOwner": STACK.account}
        if isinstance(answer, Absent):
            raise answer
        return answer

    client = SimpleNamespace(meta=SimpleNamespace(partition="aws"), **{_s3.SETTINGS[field].get: method})
    context: Any = SimpleNamespace(stack=STACK, client=lambda _service: client)
    return _s3.read(context, field, NAME)


def declared(field: str, **options: Any) -> Any:
    others = [{"name": "copies", "region": "eu-central-1"}, {"name": "logs"}]
    described = {"storage": {"buckets": [{"name": "app", **options}, *others]}}
    first, *_others = declarations_of(described, STACK)
    return getattr(first.values, field)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Policy": json.dumps({"Statement": list(statements), "Version": "2012-10-17"})}


def denial(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Resource": [f"{ARN}/*", ARN], "Action": ["s3:*"], **elements}


SECURE = denial(Sid="EncryptedConnections", Condition={"Bool": {"aws:SecureTransport": ["false"]}})
TLS = denial(Sid="Tls12", Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})
PARTNER = {
    "Sid": "Partner",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": "s3:GetObject",
    "Resource": f"{ARN}/shared/*",
}
PARTNERS = [{"sid": "Partner", "principals": {"AWS": "210987654321"}, "actions": ["s3:GetObject"], "resources": ["/shared/*"]}]


@pytest.mark.parametrize(
    ("field", "options", "answer"),
    [
        pytest.param(
            "object_ownership",
            {"object_ownership": "ObjectWriter"},
            Absent("OwnershipControlsNotFoundError"),
            id="a bucket older than ownership controls",
        ),
        pytest.param("versioning", {"versioning": False}, {}, id="versioning that was never on has no status"),
        pytest.param("versioning", {"versioning": False}, {"Status": "Suspended"}, id="versioning that was on once"),
        pytest.param("versioning", {}, {"Status": "Enabled", "MFADelete": "Disabled"}, id="the status of MFA delete"),
        pytest.param(
            "encryption",
            {},
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                            "BucketKeyEnabled": True,
                            **WITH_SSE_C_BLOCKED,
                        }
                    ]
                }
            },
            id="S3's own encryption with a bucket key that it has no use for, and SSE-C blocked by S3 itself",
        ),
        pytest.param(
            "encryption", {}, Absent("ServerSideEncryptionConfigurationNotFoundError"), id="encryption as S3 does it anyway"
        ),
        pytest.param("object_lock", {}, Absent("ObjectLockConfigurationNotFoundError"), id="no object lock"),
        pytest.param(
            "object_lock", {"object_lock": {}}, {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, id="lock alone"
        ),
        pytest.param(
            "object_lock",
            {"object_lock": {"mode": "GOVERNANCE", "days": 30}},
            {
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
                }
            },
            id="retention in days without years",
        ),
        pytest.param(
            "policy", {}, policy(TLS, SECURE), id="statements in another order, one text for a list of one, a bare star"
        ),
        pytest.param("policy", {"statements": PARTNERS}, policy(PARTNER, SECURE, TLS), id="an account as its root user"),
        pytest.param("lifecycle", {}, {"Rules": [TERRACE_RULE]}, id="an empty filter for an empty prefix"),
        pytest.param("lifecycle", {}, {"Rules": [{**TERRACE_RULE, "Prefix": ""}]}, id="a prefix where it stood before filters"),
        pytest.param(
            "lifecycle",
            {
                "lifecycle": [
                    {"name": "old", "prefix": "a/", "transitions": {"GLACIER": 90, "STANDARD_IA": 30}, "expiration": 365}
                ]
            },
            {
                "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K",
                "Rules": [
                    TERRACE_RULE,
                    {
                        "ID": "old",
                        "Status": "Enabled",
                        "Filter": {"Prefix": "a/"},
                        "Expiration": {"Days": 365, "ExpiredObjectDeleteMarker": False},
                        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}, {"Days": 30, "StorageClass": "STANDARD_IA"}],
                    },
                ],
            },
            id="rules and transitions in another order, and what is off said to be so",
        ),
        pytest.param(
            "lifecycle",
            {"noncurrent_expiration": 0, "abort_incomplete_uploads": 0},
            Absent("NoSuchLifecycleConfiguration"),
            id="no lifecycle",
        ),
        pytest.param(
            "cors",
            {"cors": [{"origins": ["https://b", "https://a"], "methods": ["PUT", "GET"]}]},
            {
                "CORSRules": [
                    {
                        "AllowedMethods": ["GET", "PUT"],
                        "AllowedOrigins": ["https://a", "https://b"],
                        "ExposeHeaders": [],
                        "ID": "",
                    }
                ]
            },
            id="origins in another order, and empty lists",
        ),
        pytest.param("cors", {}, Absent("NoSuchCORSConfiguration"), id="no CORS"),
        pytest.param("logging", {}, {}, id="no logging"),
        pytest.param("website", {}, Absent("NoSuchWebsiteConfiguration"), id="no website"),
        pytest.param("replication", {}, Absent("ReplicationConfigurationNotFoundError"), id="no replication"),
    ],
)
def test_an_answer_of_another_form_is_no_difference(field: str, options: dict[str, Any], answer: dict[str, Any] | Absent) -> None:
    wanted = Bucket(**{field: declared(field, **options)})
    assert compare(Bucket(**{field: found(field, answer)}), wanted) == ()


def test_references_aside_logging_and_replication_are_told_alike() -> None:
    logging = {**declared("logging", logging={"bucket": "logs"}), "TargetBucket": "logs-1"}
    answer = {"LoggingEnabled": {**logging, "TargetObjectKeyFormat": {"SimplePrefix": {}}, "TargetGrants": []}}
    assert compare(Bucket(logging=found("logging", answer)), Bucket(logging=logging)) == ()

    configuration = declared("replication", replication={"bucket": "copies"})
    (rule,) = configuration["Rules"]
    wanted = {"Role": ROLE, "Rules": [{**rule, "Destination": {**rule["Destination"], "Bucket": COPIES}}]}
    told = {
        "ID": "terrace",
        "Priority": 0,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": COPIES},
    }
    answered = found("replication", {"ReplicationConfiguration": {"Role": ROLE, "Rules": [told]}})
    assert compare(Bucket(replication=answered), Bucket(replication=wanted)) == ()


@pytest.mark.parametrize(
    ("field", "options", "answer"),
    [
        ("policy", {}, policy(SECURE)),
        ("policy", {}, Absent("NoSuchBucketPolicy")),
        ("policy", {"statements": PARTNERS}, policy({**PARTNER, "Resource": f"{ARN}-2/shared/*"}, SECURE, TLS)),
        ("lifecycle", {}, {"Rules": [{**TERRACE_RULE, "Status": "Disabled"}]}),
        ("lifecycle", {}, {"Rules": [{**TERRACE_RULE, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}]}),
        ("public_access_block", {}, Absent("NoSuchPublicAccessBlockConfiguration")),
        (
            "encryption",
            {},
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
                }
            },
        ),
    ],
)
def test_what_is_different_is_told(field: str, options: dict[str, Any], answer: dict[str, Any] | Absent) -> None:
    wanted = Bucket(**{field: declared(field, **options)})
    assert [change.field for change in compare(Bucket(**{field: found(field, answer)}), wanted)] == [field]


def test_rules_without_a_filter_copy_deletions() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html, on the earlier version"""
    rule = {"ID": "a", "Status": "Enabled", "Priority": 1, "Destination": {"Bucket": COPIES}}
    earlier, later = ({"Role": ROLE, "Rules": [{**rule, **filter_}]} for filter_ in ({"Prefix": ""}, {"Filter": {"Prefix": ""}}))
    assert [c.field for c in compare(Bucket(replication=earlier), Bucket(replication=later))] == ["replication"]


def test_another_error_is_not_taken_for_an_absent_setting() -> None:
    with pytest.raises(Absent):
        found("policy", Absent("NoSuchBucket"))
