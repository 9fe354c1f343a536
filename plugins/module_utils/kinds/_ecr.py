# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a repository's settings: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical

WITH_EXCLUSION = "_WITH_EXCLUSION"
NO_POLICY: dict[str, Any] = {}


def mutability(tag_mutability: str, exclusions: tuple[str, ...] | None) -> dict[str, Any]:
    """Return what the calls take of both settings."""
    if not exclusions:
        return {"imageTagMutability": tag_mutability}
    filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in exclusions]
    return {"imageTagMutability": tag_mutability + WITH_EXCLUSION, "imageTagMutabilityExclusionFilters": filters}


def tag_mutability(raw: Mapping[str, Any]) -> str:
    return raw["imageTagMutability"].removesuffix(WITH_EXCLUSION)


def exclusions(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(given["filter"] for given in raw.get("imageTagMutabilityExclusionFilters") or ())


def encryption(key: str | None) -> dict[str, str]:
    return {"encryptionType": "KMS", "kmsKey": key} if key else {"encryptionType": "AES256"}


def same_lifecycle(policy: Mapping[str, Any]) -> str:
    """Normaliser: rules go by their priority, whatever they stand behind, and descriptions do nothing."""
    rules = sorted(policy.get("rules", []), key=lambda rule: rule["rulePriority"])
    return canonical([_rule(rule) for rule in rules])


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    selection = {name: sorted(value) if isinstance(value, list) else value for name, value in rule["selection"].items()}
    return {"selection": selection, "action": rule["action"]}
