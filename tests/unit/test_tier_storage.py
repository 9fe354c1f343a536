# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds import bucket as bucket_kind
from ansible_collections.terrace.aws.plugins.module_utils.tiers import storage

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
OPEN: dict[str, Any] = {"block_public_access": False}


def build(*buckets: dict[str, Any], stack: Stack = STACK) -> list[Declaration]:
    return storage.build(validated({"buckets": list(buckets)}, storage.SPEC, storage.CONSTRAINTS, "storage"), stack)


def bucket(**options: Any) -> Any:
    return build({"name": "app", **options}, {"name": "logs"})[0].values


def statements(**options: Any) -> dict[str, dict[str, Any]]:
    return {statement.get("Sid", ""): statement for statement in bucket(**options).policy["Statement"]}


def test_nothing_described_declares_nothing() -> None:
    assert build() == []


def test_a_bucket_is_safe_without_any_option() -> None:
    (declaration,) = build({"name": "app"})
    values = declaration.values
    assert values.public_access_block and all(values.public_access_block.values())
    assert values.object_ownership == "BucketOwnerEnforced"
    assert values.encryption["algorithm"] == "AES256"
    assert values.versioning is True
    assert values.empty_before_delete is False
    assert [values.cors, values.logging, values.website, values.replication, values.object_lock] == [(), {}, {}, {}, {}]
    assert {s["Sid"]: s["Effect"] for s in values.policy["Statement"]} == {"EncryptedConnections": "Deny", "Tls12": "Deny"}
    (rule,) = values.lifecycle
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_names_have_the_account_and_fit() -> None:
    name = bucket_kind.KIND.aws_name(STACK, "app")
    assert name == "demo-app-123456789012"
    long = Stack("a-stack-with-a-name-that-is-forty-letters", "123456789012", "eu-west-1")
    other = Stack(long.name, "210987654321", long.region)
    names = {bucket_kind.KIND.aws_name(stack, "app-" * 7 + "app") for stack in (long, other)}
    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)


def test_a_key_encrypts_with_a_bucket_key() -> None:
    expected = {"algorithm": "aws:kms", "kms_key": Reference("kms_key", "main", "arn"), "bucket_key": True}
    assert bucket(kms_key="main").encryption == expected


def test_a_region_is_passed_on() -> None:
    assert [d.region for d in build({"name": "app"}, {"name": "copies", "region": "eu-central-1"})] == [None, "eu-central-1"]


def test_old_versions_are_kept_for_ever_if_told() -> None:
    assert bucket(noncurrent_expiration=0, abort_incomplete_uploads=0).lifecycle == ()
    (rule,) = bucket(versioning=False).lifecycle
    assert "NoncurrentVersionExpiration" not in rule


def test_lifecycle_rules() -> None:
    old = {
        "name": "old",
        "transitions": {"DEEP_ARCHIVE": 180, "STANDARD_IA": "30"},
        "noncurrent_transitions": {"GLACIER": 1},
        "noncurrent_expiration": 60,
        "noncurrent_versions": 3,
    }
    rule, ours = bucket(lifecycle=[old]).lifecycle
    assert ours["ID"] == "terrace"
    assert rule == {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 180, "StorageClass": "DEEP_ARCHIVE"}],
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 60, "NewerNoncurrentVersions": 3},
    }


def test_who_logs_into_a_bucket_may_write_there_and_nowhere_else() -> None:
    app, web, logs, *_ = build(
        {"name": "app", "logging": {"bucket": "logs"}},
        {"name": "web", "logging": {"bucket": "logs", "prefix": "sites/web-"}},
        {"name": "logs"},
    )
    assert app.values.logging == {"TargetBucket": Reference("bucket", "logs"), "TargetPrefix": "app/"}
    assert web.values.logging["TargetPrefix"] == "sites/web-"
    (delivery,) = [s for s in logs.values.policy["Statement"] if s["Sid"] == "AccessLogs"]
    assert delivery["Resource"] == ["{bucket}/app/*", "{bucket}/sites/web-*"]
    assert delivery["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_services_may_use_a_bucket_for_this_account_only() -> None:
    allowed = statements(allow=["cloudfront", "cloudtrail", "delivered_logs", "load_balancer_logs"])
    conditions = [str(s["Condition"]) for s in allowed.values() if s["Effect"] == "Allow"]
    assert len(conditions) == 6
    assert all("123456789012" in condition for condition in conditions)
    assert allowed["LoadBalancerLogs"]["Resource"] == [
        "{bucket}/AWSLogs/123456789012/*",
        "{bucket}/*/AWSLogs/123456789012/*",
    ]


def test_partitions() -> None:
    china = Stack("demo", "123456789012", "cn-north-1")
    (declaration,) = build({"name": "app", "allow": ["load_balancer_logs"]}, stack=china)
    assert "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/*" in str(declaration.values.policy)


def test_a_website_is_public_by_two_decisions() -> None:
    assert bucket(website={}).website == {"IndexDocument": {"Suffix": "index.html"}}
    assert "Website" not in statements(website={})
    public = statements(**OPEN, website={"public": True, "error_document": "404.html"})
    assert public["Website"]["Action"] == "s3:GetObject"
    # Websites are served without encryption.
    assert public["EncryptedConnections"]["NotAction"] == "s3:GetObject"
    blocked = bucket(**OPEN).public_access_block
    assert blocked == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }


def test_statements_are_about_this_bucket() -> None:
    given = {"principals": {"AWS": "210987654321"}, "actions": ["s3:GetObject"]}
    assert statements(statements=[given])[""] == {
        "Effect": "Allow",
        "Principal": {"AWS": ["210987654321"]},
        "Action": ["s3:GetObject"],
        "Resource": ["{bucket}", "{bucket}/*"],
    }


def test_replication_has_a_role_of_its_own() -> None:
    app, role, _copies = build({"name": "app", "replication": {"bucket": "copies"}}, {"name": "copies", "region": "eu-central-1"})
    assert role.key == ("iam_role", "replication/app")
    assert app.values.replication["Role"] == Reference("iam_role", "replication/app", "arn")
    (rule,) = app.values.replication["Rules"]
    assert rule["Destination"]["Bucket"] == Reference("bucket", "copies", "arn")
    assert rule["DeleteMarkerReplication"] == {"Status": "Disabled"}
    assert "SourceSelectionCriteria" not in rule
    reading, objects, writing = role.values.policies["Replicate"]["Statement"]
    assert reading["Resource"] == ["arn:aws:s3:::demo-app-123456789012"]
    assert objects["Resource"] == ["arn:aws:s3:::demo-app-123456789012/*"]
    assert writing["Resource"] == [Reference("bucket", "copies", "objects")]


def test_encrypted_objects_are_copied_with_the_key_of_the_copies() -> None:
    app, role, _copies = build(
        {"name": "app", "kms_key": "here", "replication": {"bucket": "copies"}},
        {"name": "copies", "region": "eu-central-1", "kms_key": "there"},
    )
    (rule,) = app.values.replication["Rules"]
    assert rule["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": Reference("kms_key", "there", "arn")}
    *_, decrypting, encrypting = role.values.policies["Replicate"]["Statement"]
    assert decrypting["Resource"] == [Reference("kms_key", "here", "arn")]
    assert encrypting["Condition"] == {"StringLike": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}


def test_object_lock_with_and_without_retention() -> None:
    assert bucket(object_lock={}).object_lock == {"mode": "", "days": 0, "years": 0}
    assert bucket(object_lock={"mode": "COMPLIANCE", "years": 7}).object_lock == {"mode": "COMPLIANCE", "days": 0, "years": 7}


LOCK, PUBLIC = {"mode": "GOVERNANCE", "days": 1}, {"principals": {"AWS": "*"}, "actions": ["s3:GetObject"]}


@pytest.mark.parametrize(
    ("options", "path", "problem"),
    [
        ({"website": {"public": True}}, "website.public", "block_public_access has to be false"),
        ({"statements": [PUBLIC]}, "statements[0].principals", "block_public_access has to be false"),
        ({"statements": [{**PUBLIC, "principals": {"AWS": [1]}}]}, "statements[0].principals.AWS", "text"),
        ({"object_lock": LOCK, "versioning": False}, "object_lock", "needs versioning"),
        ({"object_lock": LOCK, "empty_before_delete": True}, "empty_before_delete", "excludes object_lock"),
        ({"object_lock": {"mode": "GOVERNANCE"}}, "object_lock", "either days or years"),
        ({"object_lock": {"days": 1}}, "object_lock", "either days or years"),
        ({"object_lock": {**LOCK, "years": 1}}, "object_lock", "either days or years"),
        ({"kms_key": "main", "allow": ["load_balancer_logs"]}, "kms_key", "load balancers"),
        ({"logging": {"bucket": "app"}}, "logging.bucket", "this bucket itself"),
        ({"logging": {"bucket": "logs"}, "region": "eu-central-1"}, "logging.bucket", "same region"),
        ({"logging": {"bucket": "encrypted"}}, "logging.bucket", "must not have a kms_key"),
        ({"logging": {"bucket": "locked"}}, "logging.bucket", "default retention"),
        ({"replication": {"bucket": "app"}}, "replication.bucket", "this bucket itself"),
        ({"replication": {"bucket": "logs"}, "versioning": False}, "replication", "needs versioning"),
        ({"replication": {"bucket": "plain"}}, "replication.bucket", "plain needs versioning"),
        ({"replication": {"bucket": "logs"}, "object_lock": {}}, "replication.bucket", "logs needs object_lock"),
        ({"replication": {"bucket": "logs"}, "kms_key": "main"}, "replication.kms_key", "is required"),
        ({"lifecycle": [{"name": "a"}]}, "lifecycle[0]", "says nothing"),
        ({"lifecycle": [{"name": "a", "expiration": 1}] * 2}, "lifecycle[1].name", "given twice"),
        ({"lifecycle": [{"name": "a", "transitions": {"STANDARD_IA": 29}}]}, "lifecycle[0].transitions.STANDARD_IA", "30 days"),
        (
            {"lifecycle": [{"name": "a", "transitions": {"STANDARD_IA": 30, "GLACIER": 59}}]},
            "lifecycle[0].transitions.GLACIER",
            "stay in STANDARD_IA",
        ),
        (
            {"lifecycle": [{"name": "a", "transitions": {"GLACIER": 90, "DEEP_ARCHIVE": 90}}]},
            "lifecycle[0].transitions.DEEP_ARCHIVE",
            "later than GLACIER",
        ),
        (
            {"lifecycle": [{"name": "a", "transitions": {"GLACIER": 90}, "expiration": 90}]},
            "lifecycle[0].transitions.GLACIER",
            "expire after 90",
        ),
        (
            {"lifecycle": [{"name": "a", "noncurrent_versions": 3}]},
            "lifecycle[0].noncurrent_versions",
            "needs noncurrent_expiration",
        ),
        ({"bucket_name": "terrace-123456789012-eu-west-1"}, "bucket_name", "reserved"),
        ({"bucket_name": "10.0.0.1"}, "bucket_name", "reserved"),
        ({"bucket_name": "a..b"}, "bucket_name", "reserved"),
        ({"cors": [{"origins": ["*"], "methods": ["PATCH"]}]}, "cors[0].methods[0]", "one of"),
    ],
)
def test_what_s3_would_refuse_is_refused_before_anything_changes(options: dict[str, Any], path: str, problem: str) -> None:
    others = [
        {"name": "logs"},
        {"name": "encrypted", "kms_key": "main"},
        {"name": "locked", "object_lock": LOCK},
        {"name": "plain", "versioning": False},
    ]
    with pytest.raises(InvalidOption, match=problem) as refusal:
        build({"name": "app", **options}, *others)
    assert str(refusal.value).startswith(f"storage.buckets[0].{path}:")


def test_a_policy_has_an_end() -> None:
    many = [
        {"principals": {"AWS": "210987654321"}, "actions": ["s3:GetObject"], "resources": [f"/{'a' * 1000}{n}"]}
        for n in range(20)
    ]
    with pytest.raises(InvalidOption, match="20480"):
        build({"name": "app", "statements": many})
