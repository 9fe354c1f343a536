# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ECR repositories of the storage tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds import ecr_replication
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ecr_replication import EcrReplication
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ecr_repository import EcrRepository
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_statements as statements
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, REGION, key_of, several

Options = Mapping[str, Any]
TIER = "storage"
KINDS = ("ecr_repository", "ecr_replication")
SPEC: dict[str, dict[str, Any]] = {
    "repositories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "repository_name": {"type": "str"},
            "region": {"type": "str"},
            "kms_key": {"type": "str", "no_log": False},
            "mutable_tags": {"type": "list", "elements": "str", "default": []},
            "lifecycle": {"type": "list", "elements": "dict", "default": []},
            "policy": {"type": "dict", "default": {}},
            "empty_before_delete": {"type": "bool", "default": False},
        },
    },
    "repository_replication": {"type": "list", "elements": "str", "default": []},
}
# Of one repository. Not part of SPEC, because Ansible's page would get too long to read.
POLICY: Spec = {
    "readers": {"type": "list", "elements": "str", "default": []},
    "writers": {"type": "list", "elements": "str", "default": []},
    "statements": {"type": "list", "elements": "dict", "default": []},
}
RULE: Spec = {
    "untagged": {"type": "bool", "default": False},
    "tags": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int"},
    "expiration": {"type": "int"},
}
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
PATTERN = Constraint(
    pattern=r"(?!(.*\*){5})[0-9A-Za-z._*-]{1,128}",
    says="tags have letters, digits and ._-, with up to four *",
)
COUNT = Constraint(minimum=1, maximum=100000)
RULE_CONSTRAINTS = {
    "tags": Constraint(max_length=100, distinct=True),
    "tags[]": PATTERN,
    "keep": COUNT,
    "expiration": COUNT,
}
EVERY_TAG, ANY, UNTAGGED = "*", "any", "untagged"
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
CONSTRAINTS: dict[str, Constraint] = {
    "repositories": several(("name", "repository_name")),
    "repositories[].name": Constraint(
        pattern=r"(?=.{1,32}$)[a-z][a-z0-9]*(-+[a-z0-9]+)*",
        says="a repository's name is 1 to 32 lower-case letters, digits and hyphens, and no hyphen ends it",
    ),
    "repositories[].repository_name": Constraint(
        pattern=rf"(?=.{{2,256}}$){PART}(?:/{PART})*",
        says="a repository's name in AWS has 2 to 256 lower-case letters and digits, with . _ - and / between them",
    ),
    "repositories[].region": REGION,
    "repositories[].kms_key": KMS_KEY,
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    "repositories[].mutable_tags": Constraint(max_length=5, distinct=True),
    "repositories[].mutable_tags[]": PATTERN,
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
    "repositories[].lifecycle": Constraint(max_length=50),
    "repository_replication": Constraint(max_length=25, distinct=True),
    "repository_replication[]": REGION,
}
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]
ACTION = Constraint(pattern=r"ecr:[A-Za-z*?]{1,128}", says="an action of a repository's policy looks like ecr:BatchGetImage")
LONGEST_POLICY = 10240


def declarations(options: Options, stack: Stack) -> Iterator[Declaration]:
    """Yield the declarations of validated options. Raises InvalidOption."""
    for index, repository in enumerate(options["repositories"]):
        path = f"storage.repositories[{index}]"
        values = _repository(repository, path)
        yield Declaration("ecr_repository", repository["name"], TIER, values, path, region=repository["region"])
    yield from _replication(options["repository_replication"], stack)


def _repository(repository: Options, path: str) -> EcrRepository:
    policy = validated(repository["policy"], POLICY, statements.POLICY_CONSTRAINTS, f"{path}.policy")
    everything = repository["mutable_tags"] == [EVERY_TAG]
    return EcrRepository(
        name=repository["repository_name"],
        kms_key=key_of(repository["kms_key"]),
        tag_mutability="MUTABLE" if everything else "IMMUTABLE",
        mutability_exclusions=() if everything else tuple(repository["mutable_tags"]),
        scan_on_push=True,
        lifecycle=_lifecycle(repository["lifecycle"], f"{path}.lifecycle"),
        policy=statements.document(_policy(policy, f"{path}.policy"), LONGEST_POLICY, f"{path}.policy"),
        empty_before_delete=repository["empty_before_delete"],
    )


def _policy(policy: Options, path: str) -> Iterator[dict[str, Any]]:
    """Roles of the account need no leave of the repository if their own policies give it."""
    yield from statements.granted("Readers", policy["readers"], PULL)
    yield from statements.granted("Writers", policy["writers"], sorted(PULL + PUSH))
    for index, statement in enumerate(statements.own(policy["statements"], ACTION, path)):
        if statements.everybody_may(statement):
            raise InvalidOption(f"{path}.statements[{index}].principals", "lets everybody in: name principals or conditions")
        yield statement


def _lifecycle(given: list[Options], path: str) -> dict[str, Any]:
    """Return ECR's policy, empty without a rule. Each image goes by the first rule that selects it. Raises InvalidOption."""
    selections = [_selection(rule, f"{path}[{index}]") for index, rule in enumerate(given)]
    statuses = [selection["tagStatus"] for selection in selections]
    if ANY in statuses[:-1]:
        raise InvalidOption(f"{path}[{statuses.index(ANY)}].tags", "are missing: a rule for all images has to be the last one")
    if statuses.count(UNTAGGED) > 1:
        raise InvalidOption(path, "has more than one rule for images without a tag")
    rules = [
        {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}
        for priority, selection in enumerate(selections, start=1)
    ]
    return {"rules": rules} if rules else {}


def _selection(given: Options, path: str) -> dict[str, Any]:
    rule = validated(given, RULE, RULE_CONSTRAINTS, path)
    if (rule["keep"] is None) == (rule["expiration"] is None):
        raise InvalidOption(path, "has to say either how many images it keeps, or after how many days they expire")
    if rule["untagged"] and rule["tags"]:
        raise InvalidOption(f"{path}.untagged", "excludes tags")
    count = {"countType": "imageCountMoreThan", "countNumber": rule["keep"]}
    age = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": rule["expiration"]}
    return {**_images(rule), **(count if rule["keep"] else age)}


def _images(rule: Options) -> dict[str, Any]:
    if rule["tags"]:
        return {"tagStatus": "tagged", "tagPatternList": sorted(rule["tags"])}
    return {"tagStatus": UNTAGGED if rule["untagged"] else ANY}


def _replication(regions: list[str], stack: Stack) -> Iterator[Declaration]:
    for index, region in enumerate(regions):
        if region == stack.region:
            raise InvalidOption(f"storage.repository_replication[{index}]", "is the region that the images come from")
    if regions:
        values = EcrReplication(destinations=tuple(regions))
        yield Declaration("ecr_replication", ecr_replication.NAME, TIER, values, "storage.repository_replication")
