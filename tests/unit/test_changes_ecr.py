# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a repository that exists, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_repositories as repositories

STACK = Stack("demo", "123456789012", "eu-west-1")
IN_PLACE, REPLACE, NOTHING = "in place", "replace", "nothing"
STATEMENT = {"principals": ["210987654321"], "actions": ["ecr:BatchGetImage"]}
# (options before, options after, what it is). Pages are those of the Amazon ECR user guide.
CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # repository-create.html: neither the name nor the encryption can be changed.
    ({"repository_name": "one"}, {"repository_name": "another"}, REPLACE),
    ({}, {"kms_key": "main"}, REPLACE),
    ({"kms_key": "main"}, {}, REPLACE),
    # image-tag-mutability.html
    ({}, {"mutable_tags": ["*"]}, IN_PLACE),
    ({}, {"mutable_tags": ["latest"]}, IN_PLACE),
    # LifecyclePolicies.html
    ({"lifecycle": [{"untagged": True, "expiration": 7}]}, {}, IN_PLACE),
    ({}, {"lifecycle": [{"keep": 5}]}, IN_PLACE),
    # repository-policies.html
    ({}, {"policy": {"readers": ["app"], "writers": ["deploy"]}}, IN_PLACE),
    ({"policy": {"writers": ["app"]}}, {}, IN_PLACE),
    ({}, {"policy": {"statements": [STATEMENT]}}, IN_PLACE),
    # It says what a deletion is to do, and nothing of the repository.
    ({}, {"empty_before_delete": True}, NOTHING),
]


def values(options: dict[str, Any]) -> Any:
    (declaration,) = declarations_of({"storage": {"repositories": [{"name": "app", **options}]}}, STACK)
    return declaration.values


@pytest.mark.parametrize(("before", "after", "kind"), CHANGES, ids=str)
def test_a_change_is_what_aws_says(before: dict[str, Any], after: dict[str, Any], kind: str) -> None:
    changes = compare(values(before), values(after))
    assert not any(change.disruption or change.obstacle for change in changes)
    expected = {REPLACE: [True], IN_PLACE: [False], NOTHING: []}[kind]
    assert [change.create_only for change in changes] == expected


def test_every_option_is_classified() -> None:
    """A region is the engine's: nothing in AWS moves. The name is the identity."""
    classified = {option for before, after, _kind in CHANGES for option in (*before, *after)}
    assert classified == set(repositories.SPEC["repositories"]["options"]) - {"name", "region"}
