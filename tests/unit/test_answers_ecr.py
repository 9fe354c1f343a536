# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ECR answers to what was declared differs in form, and is no difference."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds import ecr_replication, ecr_repository
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ecr_replication import EcrReplication
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1")
NAME, ARN = "demo/app", "arn:aws:ecr:eu-west-1:123456789012:repository/demo/app"
TAGS = {"terrace:stack": "demo", "terrace:id": "storage/ecr_repository/app"}
RAW: dict[str, Any] = {
    "repositoryArn": ARN,
    "registryId": STACK.account,
    "repositoryName": NAME,
    "repositoryUri": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{NAME}",
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "AES256"},
}
PARTNER = "arn:aws:iam::210987654321:role/partner"
PULL = ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]


class Absent(Exception):
    """What ECR answers about a policy that there is not."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.response = {"Error": {"Code": f"{what}NotFoundException"}}


def context(client: Any) -> Context:
    return Context(
        STACK,
        STACK.region,
        client=lambda _service: client,
        declared=lambda _kind: (),
        found=lambda _kind: (),
        each=lambda function, items: [function(item) for item in items],
        tags_by_arn=dict,
        note=lambda _text: None,
    )


def found(raw: dict[str, Any], lifecycle: Any = None, policy: Any = None, images: tuple[Any, ...] = ()) -> list[Found]:
    def document(what: str, key: str, value: Any) -> Any:
        def method(**request: Any) -> dict[str, str]:
            assert request == {"repositoryName": NAME}
            if value is None:
                raise Absent(what)
            return {key: json.dumps(value)}

        return method

    client = SimpleNamespace(
        get_paginator=lambda _name: SimpleNamespace(paginate=lambda **_: [{"repositories": [{**RAW, **raw}]}]),
        list_tags_for_resource=lambda **_: {"tags": [{"Key": key, "Value": value} for key, value in TAGS.items()]},
        get_lifecycle_policy=document("LifecyclePolicy", "lifecyclePolicyText", lifecycle),
        get_repository_policy=document("RepositoryPolicy", "policyText", policy),
        list_images=lambda **_: {"imageIds": list(images)},
    )
    return list(ecr_repository.list_repositories(context(client)))


def declared(**options: Any) -> Any:
    (declaration,) = declarations_of({"storage": {"repositories": [{"name": "app", **options}]}}, STACK)
    return declaration.values


def rule(priority: int, **selection: Any) -> dict[str, Any]:
    return {"rulePriority": priority, "description": "", "selection": selection, "action": {"type": "expire"}}


@pytest.mark.parametrize(
    ("options", "raw", "lifecycle", "policy"),
    [
        pytest.param({}, {}, None, None, id="tags that the list lacks, and no policies"),
        pytest.param({}, {"imageTagMutabilityExclusionFilters": []}, None, None, id="an empty list of exclusions"),
        pytest.param(
            {"mutable_tags": ["pr-*", "latest"]},
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [
                    {"filterType": "WILDCARD", "filter": "latest"},
                    {"filterType": "WILDCARD", "filter": "pr-*"},
                ],
            },
            None,
            None,
            id="exclusions in another order, and a mode of their own",
        ),
        pytest.param({}, {"encryptionConfiguration": {}}, None, None, id="no word of encryption"),
        pytest.param(
            {
                "lifecycle": [
                    {"untagged": True, "expiration": 7},
                    {"tags": ["v*", "dev"], "keep": 5},
                    {"expiration": 90},
                ]
            },
            {},
            {
                "rules": [
                    rule(9, tagStatus="any", countType="sinceImagePushed", countUnit="days", countNumber=90),
                    rule(1, countNumber=7, countUnit="days", countType="sinceImagePushed", tagStatus="untagged"),
                    rule(5, tagStatus="tagged", tagPatternList=["v*", "dev"], countType="imageCountMoreThan", countNumber=5),
                ]
            },
            None,
            id="rules by other priorities, in another order, with descriptions",
        ),
        pytest.param(
            {"policy": {"readers": [PARTNER]}},
            {},
            None,
            {
                "Version": "2012-10-17",
                "Statement": {"Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": PULL},
            },
            id="one statement for a list of one, and actions in another order",
        ),
        pytest.param(
            {"policy": {"statements": [{"principals": ["210987654321"], "actions": ["ecr:BatchGetImage"]}]}},
            {},
            None,
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "ecr:BatchGetImage"}
                ],
            },
            id="an account as its root user",
        ),
    ],
)
def test_an_answer_of_another_form_is_no_difference(
    options: dict[str, Any], raw: dict[str, Any], lifecycle: Any, policy: Any
) -> None:
    (seen,) = found(raw, lifecycle, policy)
    assert seen.belongs_to(STACK, "ecr_repository")
    assert compare(seen.values, declared(**options)) == ()


@pytest.mark.parametrize(
    ("options", "raw", "lifecycle", "policy", "field"),
    [
        ({}, {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:k"}}, None, None, "kms_key"),
        ({}, {"imageTagMutability": "MUTABLE"}, None, None, "tag_mutability"),
        ({}, {"imageScanningConfiguration": {}}, None, None, "scan_on_push"),
        ({}, {}, {"rules": [rule(1, tagStatus="any", countType="imageCountMoreThan", countNumber=1)]}, None, "lifecycle"),
        (
            # AWS shows what was a role as its unique id once it has been deleted, also if there is another of that name.
            {"policy": {"readers": [PARTNER]}},
            {},
            None,
            {
                "Version": "2012-10-17",
                "Statement": [{"Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLE"}, "Action": PULL}],
            },
            "policy",
        ),
    ],
)
def test_what_is_different_is_told(options: dict[str, Any], raw: dict[str, Any], lifecycle: Any, policy: Any, field: str) -> None:
    (seen,) = found(raw, lifecycle, policy)
    assert [change.field for change in compare(seen.values, declared(**options))] == [field]


def test_what_is_neither_ours_nor_in_the_way_is_left_out() -> None:
    assert found({"repositoryName": "others", "repositoryArn": "arn:aws:ecr:eu-west-1:123456789012:repository/others"}) == []


def test_what_holds_images_is_kept() -> None:
    (empty,), (full,) = found({}), found({}, images=({"imageDigest": "sha256:0"},))
    assert ecr_repository.guard(empty) is None
    assert "empty_before_delete: true" in str(ecr_repository.guard(full))


def replicated(*rules: dict[str, Any]) -> list[Found]:
    client = SimpleNamespace(describe_registry=lambda: {"replicationConfiguration": {"rules": list(rules)}})
    return list(ecr_replication.list_replications(context(client)))


def replication(prefix: str | None, *destinations: tuple[str, str]) -> dict[str, Any]:
    filters = [{"filterType": "PREFIX_MATCH", "filter": prefix}] if prefix else []
    targets = [{"registryId": account, "region": region} for account, region in destinations]
    return {"destinations": targets, **({"repositoryFilters": filters} if filters else {})}


HERE, EVERYTHING = STACK.account, replication(None, ("210987654321", "eu-west-1"))


def test_only_the_rule_with_the_prefix_of_the_stack_is_ours() -> None:
    ours = replication("demo/", (HERE, "us-east-1"), (HERE, "eu-central-1"))
    (seen,) = replicated(EVERYTHING, replication("demo-2/", (HERE, "us-west-2")), ours, replication("dem", (HERE, "us-west-1")))
    assert seen.belongs_to(STACK, "ecr_replication")
    assert compare(seen.values, EcrReplication(("us-east-1", "eu-central-1"))) == ()
    assert replicated(EVERYTHING) == []


def test_another_account_is_told() -> None:
    (seen,) = replicated(replication("demo/", (HERE, "us-east-1"), ("210987654321", "us-east-1")))
    (change,) = compare(seen.values, EcrReplication(("us-east-1",)))
    assert change.before == ("210987654321/us-east-1", "us-east-1")
