# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policies of a role allow, as far as it can be told without the conditions of their statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.access_control import IAMPolicy
from moto.iam.models import iam_backends

from local_cloud.emulator.environment import ACCOUNT

Statement = dict[str, Any]


def statements(role: str) -> list[Statement]:
    """Return the statements of a role's own and of its attached policies; none for a role that is gone."""
    backend = iam_backends[ACCOUNT]["aws"]
    if role not in {item.name for item in backend.roles.values()}:
        return []
    documents = [json.loads(backend.get_role_policy(role, name)[1]) for name in backend.list_role_policies(role)]
    documents += [IAMPolicy(policy)._policy_json for policy in backend.list_attached_role_policies(role)[0]]
    return [statement for document in documents for statement in _list(document["Statement"])]


def allow(policies: Iterable[Statement], action: str, resource: str | None) -> bool:
    """Whether statements allow an action; without a resource, whether they allow it on any.

    An allowance with a condition counts, a denial with one does not: what a condition asks for is not looked at.
    """
    concerned = [item for item in policies if _names(item, "Action", action, fold=True)]
    allowed = [item for item in concerned if item["Effect"] == "Allow"]
    denied = [item for item in concerned if item["Effect"] == "Deny" and not item.get("Condition")]
    if resource is None:
        return bool(allowed) and not any("*" in _list(item.get("Resource")) for item in denied)
    return any(_names(item, "Resource", resource) for item in allowed) and not any(
        _names(item, "Resource", resource) for item in denied
    )


def _names(statement: Statement, element: str, value: str, *, fold: bool = False) -> bool:
    """Whether a statement's Action or Resource, or what it excepts, covers a value; actions have no case."""
    excepted = f"Not{element}" in statement
    patterns = _list(statement.get(f"Not{element}" if excepted else element))
    if fold:
        value, patterns = value.lower(), [pattern.lower() for pattern in patterns]
    return any(fnmatchcase(value, pattern.replace("[", "[[]")) for pattern in patterns) != excepted


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
