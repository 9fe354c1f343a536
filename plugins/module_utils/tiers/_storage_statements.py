# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of file systems and repositories: what named roles may do, and statements of one's own.

Such a policy is about the one thing that it belongs to, so that no statement of it names a resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY
from ansible_collections.terrace.aws.plugins.module_utils.tiers._principals import PRINCIPAL

VERSION = "2012-10-17"
PRINCIPALS = Constraint(max_length=MANY, distinct=True)
# Of a policy's options.
POLICY_CONSTRAINTS = {
    "readers": PRINCIPALS,
    "readers[]": PRINCIPAL,
    "writers": PRINCIPALS,
    "writers[]": PRINCIPAL,
    "statements": Constraint(max_length=MANY),
}
# Of one statement. Not part of SPEC, because Ansible's page would get too deep to read.
STATEMENT: Spec = {
    "sid": {"type": "str"},
    "effect": {"type": "str", "choices": ["Allow", "Deny"], "default": "Allow"},
    "principals": {"type": "list", "elements": "str", "required": True},
    "actions": {"type": "list", "elements": "str", "required": True},
    "conditions": {"type": "dict"},
}
ANYBODY = "*"
STATEMENT_CONSTRAINTS = {
    "sid": Constraint(pattern=r"[A-Za-z0-9]{1,128}", says="a statement id has letters and digits only"),
    "principals": Constraint(min_length=1, max_length=MANY, distinct=True),
    "principals[]": Constraint(
        pattern=rf"{PRINCIPAL.pattern}|\d{{12}}|\*", says="a principal is the name of a role, an ARN, an account's number or *"
    ),
    "actions": Constraint(min_length=1, max_length=MANY, distinct=True),
    "conditions": Constraint(
        min_length=1,
        keys=Constraint(pattern=r"(For(AllValues|AnyValue):)?[A-Za-z]{1,64}", says="an operator looks like StringEquals"),
    ),
}


def constraints(action: Constraint) -> dict[str, Constraint]:
    """Return those of a statement. `action` is what an action has to look like."""
    return {**STATEMENT_CONSTRAINTS, "actions[]": action}


def document(statements: Iterable[Mapping[str, Any]], longest: int, path: str) -> dict[str, Any]:
    """Return the policy of these statements, empty without any. Raises InvalidOption if it has more than `longest` characters."""
    policy = {"Version": VERSION, "Statement": list(statements)}
    if (size := len(json.dumps(policy, separators=(",", ":"), default=str))) > longest:
        raise InvalidOption(f"{path}.statements", f"make a policy of {size} characters, and AWS takes {longest}")
    return policy if policy["Statement"] else {}


def granted(sid: str, principals: Iterable[str], actions: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the statement that lets the principals, if there are any, do something."""
    if names := sorted(principals):
        yield {"Sid": sid, "Effect": "Allow", "Principal": _principal(names), "Action": actions}


def own(given: list[Mapping[str, Any]], action: Constraint, path: str) -> Iterator[dict[str, Any]]:
    """Yield the described statements. `action` is what an action has to look like. Raises InvalidOption."""
    for index, item in enumerate(given):
        statement = validated(item, STATEMENT, constraints(action), f"{path}.statements[{index}]")
        yield {
            **({"Sid": statement["sid"]} if statement["sid"] else {}),
            "Effect": statement["effect"],
            "Principal": _principal(statement["principals"]),
            "Action": statement["actions"],
            **({"Condition": statement["conditions"]} if statement["conditions"] else {}),
        }


def everybody_may(statement: Mapping[str, Any]) -> bool:
    """Whether a statement lets everybody in, without any condition."""
    return statement["Effect"] == "Allow" and ANYBODY in statement["Principal"]["AWS"] and "Condition" not in statement


def _principal(names: Iterable[str]) -> dict[str, list[Any]]:
    """A role is named by its ARN: AWS does not take one that does not exist, so that the role comes first."""
    return {"AWS": [Reference("iam_role", name, "arn") if _is_logical(name) else name for name in names]}


def _is_logical(name: str) -> bool:
    return not (name.startswith("arn:") or name.isdigit() or name == ANYBODY)
