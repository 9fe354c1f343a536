# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a policy is about: roles by their logical names, or anybody by an ARN.

Policies of keys and secrets name them in conditions, by ARN. Named as principals, roles would have to exist before the key
or secret that they refer to themselves, and AWS would turn them into ids that lead nowhere once a role is made anew:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam, iam_role
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import partition

PRINCIPAL = Constraint(
    pattern=r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[!-~]{1,576}|[a-z][a-z0-9-]{0,63}",
    says="a principal is given by the name of a role of the stack, or by an ARN",
)


def arn_of(principal: str, stack: Stack) -> str:
    """Return an ARN as it is, and for a name the ARN that the role of that name has, or will have."""
    if principal.startswith("arn:"):
        return principal
    role = iam_role.KIND.aws_name(stack, principal)
    return f"arn:{partition(stack.region)}:iam::{stack.account}:role{_iam.path(stack)}{role}"


def stack_roles(stack: Stack | None) -> str:
    """Return the pattern of the ARNs of a stack's roles, or of those of any stack of any account."""
    if stack is None:
        return f"arn:*:iam::*:role{_iam.ROOT}*"
    return f"arn:{partition(stack.region)}:iam::{stack.account}:role{_iam.path(stack)}*"


def service_role(service: str, role: str, stack: Stack) -> str:
    """Return the ARN of a service-linked role, or the pattern of several."""
    return f"arn:{partition(stack.region)}:iam::{stack.account}:role/aws-service-role/{service}/{role}"
