# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repositories of the storage tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.kinds.ecr_replication import EcrReplication
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ecr_repository import EcrRepository
from tests.contract.case import Case

PULL: dict[str, Any] = {
    "Sid": "Readers",
    "Effect": "Allow",
    "Principal": {"AWS": ["123456789012"]},
    "Action": ["ecr:BatchGetImage"],
}


def keep(number: int) -> dict[str, Any]:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": number}
    return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}


CASES = {
    "ecr_repository": Case(
        EcrRepository(
            kms_key="",
            tag_mutability="IMMUTABLE",
            mutability_exclusions=(),
            scan_on_push=True,
            lifecycle=keep(10),
            policy={},
            empty_before_delete=False,
        ),
        "storage",
        changes={
            "tag_mutability": "MUTABLE",
            "mutability_exclusions": ("latest", "pr-*"),
            "scan_on_push": False,
            "lifecycle": {},
            "policy": {"Version": "2012-10-17", "Statement": [PULL]},
        },
    ),
    "ecr_replication": Case(
        EcrReplication(destinations=("eu-central-1",)),
        "storage",
        changes={"destinations": ("us-east-1", "eu-central-1")},
        name="repositories",
    ),
}
