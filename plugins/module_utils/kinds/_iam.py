# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the IAM kinds share: the stack's path, the account's details, and when two policy documents mean the same.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical

# Elements of a statement whose value is one string or a list of strings, in no order.
ACTIONS, RESOURCES = ("Action", "NotAction"), ("Resource", "NotResource")
PRINCIPALS = ("Principal", "NotPrincipal")


# The namespace of all stacks.
ROOT = "/terrace/"


def path(stack: Stack) -> str:
    """Return the namespace of the stack's roles, profiles and policies."""
    return f"{ROOT}{stack.name}/"


def details(context: Context, entity: str, key: str) -> list[dict[str, Any]]:
    """Return all roles or local policies of the account with everything attached to them.

    Single reads are four calls and more for each role; this is one call for each 1,000 entities of the account:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    return context.pages("iam", "get_account_authorization_details", key, Filter=[entity], PaginationConfig={"PageSize": 1000})


def concerns(context: Context, name: str, raw: Mapping[str, Any]) -> bool:
    """Whether something of the account is ours, or bears a name like those that we give."""
    return raw["Path"] == path(context.stack) or name.startswith(f"{context.stack.name}-") or TAG_STACK in tags(raw)


def tags(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an IAM answer as a dict."""
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def encoded(document: Mapping[str, Any]) -> str:
    """Return a policy document as the API takes it."""
    return json.dumps(document, separators=(",", ":"))


def same_policy(document: Mapping[str, Any]) -> str:
    """Normaliser for policy documents: order, and one string in place of a list of one, do not matter.

    Neither does the case of actions and condition keys:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return canonical({**document, "Statement": sorted(canonical(_statement(statement)) for statement in listed)})


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {element: _element(element, value) for element, value in statement.items() if (element, value) != ("Sid", "")}


def _element(element: str, value: Any) -> Any:
    if element in ACTIONS:
        return sorted({action.lower() for action in _texts(value)})
    if element in RESOURCES:
        return _texts(value)
    if element in PRINCIPALS:
        principals = {"AWS": value} if isinstance(value, str) else value
        return {kind: sorted(set(map(_account_root, _texts(names)))) for kind, names in principals.items()}
    if element == "Condition":
        return {operator: {key.lower(): _texts(wanted) for key, wanted in test.items()} for operator, test in value.items()}
    return value


def _texts(value: Any) -> list[str]:
    """Return the strings of a list or of a single value, each once; JSON's booleans and numbers count as their text."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return sorted({str(item).lower() if isinstance(item, bool) else str(item) for item in items})


def _account_root(principal: str) -> str:
    """IAM turns the root user's ARN and the bare account id into each other."""
    parts = principal.split(":")
    return parts[4] if len(parts) == 6 and parts[5] == "root" else principal
