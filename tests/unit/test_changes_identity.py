# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for keys, roles and policies that exist, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import identity
from tests.unit.changes import DISRUPTS, FORBIDDEN, IN_PLACE, NOTHING, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
READ = {"actions": ["s3:GetObject"], "resources": ["*"]}
WRITE = {"actions": ["s3:PutObject"], "resources": ["*"]}
TRUST = {"Version": "2012-10-17", "Statement": []}
SHARED = {"name": "shared", "statements": [READ]}
# (options before, options after, what it is). Pages are those of the KMS developer guide, unless they are named in full.
KEYS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # editing-keys.html: description, state and rotation can be changed.
    ({}, {"description": "Another"}, IN_PLACE),
    # enabling-keys.html: a disabled key cannot be used for anything.
    ({}, {"enabled": False}, DISRUPTS),
    ({"enabled": False}, {}, IN_PLACE),
    # rotating-keys-enable.html: 90 to 2560 days; older material stays.
    ({}, {"rotation": 90}, IN_PLACE),
    ({}, {"rotation": 0}, IN_PLACE),
    # key-policy-modifying.html
    ({}, {"administrators": ["app"]}, IN_PLACE),
    ({}, {"users": ["app"]}, IN_PLACE),
    ({}, {"services": ["logs.amazonaws.com"]}, IN_PLACE),
    # deleting-keys.html: the window is given with the deletion.
    ({}, {"deletion_window": 7}, NOTHING),
    # multi-region-keys-overview.html: a key cannot be converted.
    ({}, {"multi_region": True}, FORBIDDEN),
    ({"multi_region": True}, {}, FORBIDDEN),
    ({"multi_region": True}, {"regions": ["eu-central-1"]}, NOTHING),
]
ROLES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update.html
    ({}, {"description": "Another"}, IN_PLACE),
    ({}, {"max_session": 7200}, IN_PLACE),
    ({}, {"service": "backup.amazonaws.com", "instance_profile": False}, IN_PLACE),
    ({}, {"trust": TRUST}, IN_PLACE),
    ({}, {"managed_policies": ["ReadOnlyAccess"]}, IN_PLACE),
    ({}, {"permissions_boundary": "ReadOnlyAccess"}, IN_PLACE),
    ({"permissions_boundary": "ReadOnlyAccess"}, {}, IN_PLACE),
    ({}, {"policies": [{"name": "own", "statements": [READ]}]}, IN_PLACE),
    ({}, {"fleets": ["app"]}, IN_PLACE),
    (
        {"policies": [{"name": "own", "statements": [READ, WRITE]}]},
        {"policies": [{"name": "own", "statements": [WRITE, READ]}]},
        NOTHING,
    ),
]
POLICIES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
    ({}, {"statements": [READ, WRITE]}, IN_PLACE),
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html: the description is immutable.
    ({}, {"description": "Another"}, NOTHING),
]


def values(kind: str, **options: Any) -> Any:
    described = {"roles": [{"name": "app"}], **options}
    return next(d.values for d in declarations_of({"identity": described}, STACK) if d.key == Key(kind, "subject"))


@pytest.mark.parametrize(("before", "after", "expected"), KEYS)
def test_a_key(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    have, want = (values("kms_key", keys=[{"name": "subject", **options}]) for options in (before, after))
    assert kind_of_change(have, want) == expected


@pytest.mark.parametrize(("before", "after", "expected"), ROLES)
def test_a_role(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    have, want = (values("iam_role", roles=[{"name": "subject", **options}]) for options in (before, after))
    assert kind_of_change(have, want) == expected


@pytest.mark.parametrize(("before", "after", "expected"), POLICIES)
def test_a_policy(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    have, want = (values("iam_policy", policies=[{**SHARED, "name": "subject", **options}]) for options in (before, after))
    assert kind_of_change(have, want) == expected


@pytest.mark.parametrize(("things", "table"), [("keys", KEYS), ("roles", ROLES), ("policies", POLICIES)])
def test_every_option_is_in_the_table(things: str, table: list[tuple[dict[str, Any], dict[str, Any], str]]) -> None:
    """A name is what a thing is found by, and its region is the business of the engine: nothing moves."""
    told = {option for before, after, _expected in table for option in {**before, **after}}
    assert set(identity.SPEC[things]["options"]) - {"name", "region", "instance_profile"} <= told
