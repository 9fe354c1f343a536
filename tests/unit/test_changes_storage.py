# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a bucket that exists, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import Change, compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import Bucket
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_buckets as buckets

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
IN_PLACE, DISRUPTS, REPLACE, FORBIDDEN, NOTHING = "in place", "disrupts", "replace", "forbidden", "nothing"
OPEN: dict[str, Any] = {"block_public_access": False}
LOCK = {"mode": "GOVERNANCE", "days": 30}
STATEMENT = {"principals": {"AWS": ["210987654321"]}, "actions": ["s3:GetObject"]}
RULE = {"name": "old", "expiration": 30}
# (options before, options after, what it is). Pages are those of the Amazon S3 user guide, unless they are named in full.
CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # bucketnamingrules.html: a bucket cannot be renamed.
    ({"bucket_name": "one-name"}, {"bucket_name": "another-name"}, REPLACE),
    # about-object-ownership.html: with BucketOwnerEnforced, ACLs no longer affect permissions.
    ({"object_ownership": "ObjectWriter"}, {}, DISRUPTS),
    ({}, {"object_ownership": "BucketOwnerPreferred"}, IN_PLACE),
    # access-control-block-public-access.html: what was public is not any more, at once.
    (OPEN, {}, DISRUPTS),
    ({}, OPEN, IN_PLACE),
    # default-encryption-faq.html: what is in the bucket stays as it is encrypted.
    ({}, {"kms_key": "main"}, IN_PLACE),
    ({"kms_key": "main"}, {}, IN_PLACE),
    # Versioning.html: suspended, it keeps the versions there are.
    ({"versioning": False}, {}, IN_PLACE),
    ({}, {"versioning": False}, IN_PLACE),
    # object-lifecycle-mgmt.html
    ({}, {"noncurrent_expiration": 0}, IN_PLACE),
    ({}, {"abort_incomplete_uploads": 1}, IN_PLACE),
    ({}, {"lifecycle": [RULE]}, IN_PLACE),
    # bucket-policies.html
    ({}, {"allow": ["cloudtrail"]}, IN_PLACE),
    ({}, {"statements": [STATEMENT]}, IN_PLACE),
    # cors.html
    ({}, {"cors": [{"origins": ["*"], "methods": ["GET"]}]}, IN_PLACE),
    # ServerLogs.html
    ({}, {"logging": {"bucket": "logs"}}, IN_PLACE),
    # EnableWebsiteHosting.html: without the configuration the endpoint answers with an error.
    ({}, {"website": {}}, IN_PLACE),
    ({"website": {}}, {"website": {"index_document": "start.html"}}, IN_PLACE),
    ({"website": {}}, {}, DISRUPTS),
    # replication.html: of what is written from then on.
    ({}, {"replication": {"bucket": "logs"}}, IN_PLACE),
    ({"replication": {"bucket": "logs"}}, {"replication": {"bucket": "logs", "delete_markers": True}}, IN_PLACE),
    # object-lock-configure.html: also on existing buckets, and never off again.
    ({}, {"object_lock": LOCK}, IN_PLACE),
    ({"object_lock": {}}, {"object_lock": LOCK}, IN_PLACE),
    ({"object_lock": LOCK}, {"object_lock": {}}, IN_PLACE),
    ({"object_lock": LOCK}, {}, FORBIDDEN),
    # It says what a deletion is to do, and nothing of the bucket.
    ({}, {"empty_before_delete": True}, NOTHING),
]


def values(options: dict[str, Any]) -> Bucket:
    first, *_others = declarations_of({"storage": {"buckets": [{"name": "app", **options}, {"name": "logs"}]}}, STACK)
    return first.values


def kind_of(changes: tuple[Change, ...]) -> str:
    if any(change.obstacle for change in changes):
        return FORBIDDEN
    if any(change.create_only for change in changes):
        return REPLACE
    if any(change.disruption for change in changes):
        return DISRUPTS
    return IN_PLACE if changes else NOTHING


@pytest.mark.parametrize(("before", "after", "kind"), CHANGES, ids=str)
def test_a_change_is_what_aws_says(before: dict[str, Any], after: dict[str, Any], kind: str) -> None:
    assert kind_of(compare(values(before), values(after))) == kind


def test_every_option_is_classified() -> None:
    """A region is the engine's: nothing in AWS moves. The name is the identity."""
    classified = {option for before, after, _kind in CHANGES for option in (*before, *after)}
    assert classified == set(buckets.SPEC["buckets"]["options"]) - {"name", "region"}
