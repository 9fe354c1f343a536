# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds import ecr_repository
from ansible_collections.terrace.aws.plugins.module_utils.tiers import storage

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))


def build(*repositories: dict[str, Any], **options: Any) -> list[Declaration]:
    described = {"repositories": list(repositories), **options}
    return storage.build(validated(described, storage.SPEC, storage.CONSTRAINTS, "storage"), STACK)


def repository(**options: Any) -> Any:
    return build({"name": "app", **options})[0].values


def test_a_repository_is_safe_without_any_option() -> None:
    (declaration,) = build({"name": "app"})
    values = declaration.values
    assert values.tag_mutability == "IMMUTABLE"
    assert values.mutability_exclusions == ()
    assert values.scan_on_push is True
    assert values.empty_before_delete is False
    assert [values.kms_key, values.lifecycle, values.policy] == ["", {}, {}]
    assert ecr_repository.KIND.aws_name(STACK, "app") == "demo/app"


def test_a_region_and_a_key_are_passed_on() -> None:
    (declaration,) = build({"name": "app", "region": "eu-central-1", "kms_key": "images"})
    assert declaration.region == "eu-central-1"
    assert declaration.values.kms_key == Reference("kms_key", "images", "arn")


def test_all_tags_may_be_mutable() -> None:
    assert repository(mutable_tags=["*"]).tag_mutability == "MUTABLE"
    some = repository(mutable_tags=["latest", "pr-*"])
    assert (some.tag_mutability, some.mutability_exclusions) == ("IMMUTABLE", ("latest", "pr-*"))


def test_rules_go_in_their_order() -> None:
    rules = [{"untagged": True, "expiration": 7}, {"tags": ["pr-*", "dev"], "expiration": 14}, {"keep": 50}]
    given = repository(lifecycle=rules).lifecycle["rules"]
    assert [rule["rulePriority"] for rule in given] == [1, 2, 3]
    assert [rule["selection"] for rule in given] == [
        {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
        {
            "tagStatus": "tagged",
            "tagPatternList": ["dev", "pr-*"],
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": 14,
        },
        {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50},
    ]


def test_readers_pull_and_writers_push() -> None:
    partner = "arn:aws:iam::210987654321:role/partner"
    readers, writers = repository(policy={"readers": [partner, "app"], "writers": ["deploy"]}).policy["Statement"]
    assert readers["Principal"] == {"AWS": [Reference("iam_role", "app", "arn"), partner]}
    assert "ecr:PutImage" not in readers["Action"]
    assert writers["Principal"] == {"AWS": [Reference("iam_role", "deploy", "arn")]}
    assert {"ecr:PutImage", *readers["Action"]} <= set(writers["Action"])


def test_all_repositories_of_the_stack_are_replicated_by_one_rule() -> None:
    *_repositories, rule = build({"name": "app"}, {"name": "web"}, repository_replication=["us-east-1", "eu-central-1"])
    assert (rule.kind, rule.name) == ("ecr_replication", "repositories")
    assert rule.values.destinations == ("us-east-1", "eu-central-1")
    assert [declaration.kind for declaration in build({"name": "app"})] == ["ecr_repository"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"name": "app-"}, "name"),
        ({"repository_name": "Images"}, "repository_name"),
        ({"repository_name": "images//app"}, "repository_name"),
        ({"lifecycle": [{}]}, r"lifecycle\[0\]"),
        ({"lifecycle": [{"keep": 1, "expiration": 1}]}, r"lifecycle\[0\]"),
        ({"lifecycle": [{"keep": 0}]}, r"lifecycle\[0\].keep"),
        ({"lifecycle": [{"keep": 10}, {"tags": ["v*"], "keep": 5}]}, r"lifecycle\[0\].tags"),
        ({"lifecycle": [{"tags": ["*a*b*c*d*"], "keep": 5}]}, r"lifecycle\[0\].tags\[0\]"),
        ({"lifecycle": [{"untagged": True, "tags": ["v*"], "keep": 5}]}, r"lifecycle\[0\].untagged"),
        ({"lifecycle": [{"untagged": True, "keep": 5}, {"untagged": True, "keep": 3}]}, "lifecycle"),
        ({"mutable_tags": ["a b"]}, r"mutable_tags\[0\]"),
        ({"policy": {"statements": [{"principals": ["*"], "actions": ["ecr:*"]}]}}, r"policy.statements\[0\].principals"),
        ({"policy": {"statements": [{"principals": ["app"], "actions": ["s3:*"]}]}}, r"policy.statements\[0\].actions\[0\]"),
    ],
    ids=str,
)
def test_what_ecr_would_refuse(options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidOption, match=rf"storage\.repositories\[0\]\.{path}"):
        build({"name": "app", **options})


def test_images_are_not_copied_to_where_they_come_from() -> None:
    with pytest.raises(InvalidOption, match=r"storage\.repository_replication\[1\]"):
        build(repository_replication=["eu-central-1", "eu-west-1"])
