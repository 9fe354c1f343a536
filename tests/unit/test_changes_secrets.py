# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for secrets and parameters that exist, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import secrets
from tests.unit.changes import DISRUPTS, FORBIDDEN, IN_PLACE, NOTHING, REPLACE, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
ROTATED: dict[str, Any] = {"rotation": {"lambda": "arn:aws:lambda:eu-west-1:123456789012:function:rotate"}}
LATER: dict[str, Any] = {"rotation": {**ROTATED["rotation"], "rotate_immediately": False}}
COPIED: dict[str, Any] = {"replicas": [{"region": "eu-central-1"}]}
# (options before, options after, what it is). Pages are those of the Secrets Manager user guide, unless named in full.
SECRETS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # manage_update-secret.html: description and key; versions from then on are encrypted with the new key.
    ({}, {"description": "Another"}, IN_PLACE),
    ({}, {"kms_key": "main"}, IN_PLACE),
    ({"kms_key": "main"}, {}, IN_PLACE),
    # auth-and-access_resource-policies.html
    ({}, {"readers": ["app"]}, IN_PLACE),
    ({"readers": ["app"]}, {}, IN_PLACE),
    ({"readers": ["app"]}, {"policy": {"Statement": []}}, IN_PLACE),
    ({"readers": ["app", "web"]}, {"readers": ["web", "app"]}, NOTHING),
    # rotate-secrets_turn-on-for-other.html, rotate-secrets_schedule.html: at once, unless told otherwise.
    ({}, ROTATED, DISRUPTS),
    ({}, LATER, IN_PLACE),
    (ROTATED, {}, IN_PLACE),
    (ROTATED, {"rotation": {**LATER["rotation"], "schedule": "rate(10 days)", "duration": "3h"}}, IN_PLACE),
    (ROTATED, LATER, NOTHING),
    # replicate-secrets.html
    ({}, COPIED, IN_PLACE),
    (COPIED, {}, DISRUPTS),
    (COPIED, {"replicas": [{"region": "eu-central-1", "kms_key": "main-eu-central-1"}]}, DISRUPTS),
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html: given with the deletion.
    ({}, {"recovery_window": 7}, NOTHING),
    # How the first value is made; later ones are made by whoever rotates it.
    ({}, {"content": "empty"}, NOTHING),
    ({}, {"username": "app"}, NOTHING),
    ({}, {"fields": {"engine": "postgres"}}, NOTHING),
    ({}, {"value_key": "token"}, NOTHING),
    ({}, {"length": 64}, NOTHING),
    ({}, {"exclude_characters": "O0", "exclude_punctuation": False}, NOTHING),
    ({}, {"exclude_numbers": True, "exclude_uppercase": True}, NOTHING),
    ({}, {"exclude_lowercase": True, "require_each_included_type": False}, NOTHING),
]
PLAIN: dict[str, Any] = {"value": "info"}
LIST: dict[str, Any] = {"type": "StringList", "values": ["a"]}
SECURE: dict[str, Any] = {"type": "SecureString"}
# Pages are those of the Systems Manager user guide and its API reference.
PARAMETERS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # API_PutParameter.html
    (PLAIN, {"value": "debug"}, IN_PLACE),
    (LIST, {**LIST, "values": ["a", "b"]}, IN_PLACE),
    (PLAIN, {**PLAIN, "description": "Another"}, IN_PLACE),
    (PLAIN, {**PLAIN, "allowed_pattern": "[a-z]+"}, IN_PLACE),
    ({**PLAIN, "allowed_pattern": "[a-z]+"}, PLAIN, IN_PLACE),
    # API_PutParameter.html, HierarchyTypeMismatchException: the type cannot be changed.
    (PLAIN, LIST, REPLACE),
    (PLAIN, SECURE, REPLACE),
    (PLAIN, {"value": "info", "data_type": "aws:ec2:image"}, REPLACE),
    # parameter-store-advanced-parameters.html: up, and not down.
    (PLAIN, {**PLAIN, "tier": "Advanced"}, IN_PLACE),
    ({**PLAIN, "tier": "Advanced"}, PLAIN, FORBIDDEN),
    # sysman-paramstore-securestring.html
    (SECURE, {**SECURE, "kms_key": "main"}, IN_PLACE),
    ({**SECURE, "kms_key": "main"}, SECURE, IN_PLACE),
    (SECURE, {**SECURE, "length": 64, "exclude_characters": "O0", "exclude_punctuation": False}, NOTHING),
]


def values(what: str, options: dict[str, Any]) -> Any:
    (declared,) = declarations_of({"secrets": {what: [{"name": "subject", **options}]}}, STACK)
    return declared.values


@pytest.mark.parametrize(("before", "after", "expected"), SECRETS)
def test_a_secret(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    assert kind_of_change(values("secrets", before), values("secrets", after)) == expected


@pytest.mark.parametrize(("before", "after", "expected"), PARAMETERS)
def test_a_parameter(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    assert kind_of_change(values("parameters", before), values("parameters", after)) == expected


@pytest.mark.parametrize(("what", "table"), [("secrets", SECRETS), ("parameters", PARAMETERS)])
def test_every_option_is_in_the_table(what: str, table: list[tuple[dict[str, Any], dict[str, Any], str]]) -> None:
    """A name is what a thing is found by, and its region is the business of the engine: nothing moves."""
    told = {option for before, after, _expected in table for option in {**before, **after}}
    assert set(secrets.SPEC[what]["options"]) - {"name", "region"} == told
