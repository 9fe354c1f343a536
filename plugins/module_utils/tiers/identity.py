# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity tier: IAM roles with their instance profiles, policies that roles share, and KMS keys."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, names, require_known, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_policy import IamPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance_profile import InstanceProfile
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _bootstrap, _identity_keys
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    MANY,
    NAME,
    SERVICE,
    partition,
    reference,
    several,
)

TIER = "identity"
KINDS = ("iam_role", "instance_profile", "iam_policy", "kms_key", "kms_alias")
# Of every statement. Not part of SPEC, because Ansible's pages would get too deep to read.
STATEMENT: Spec = {
    "sid": {"type": "str"},
    "effect": {"type": "str", "choices": ["Allow", "Deny"], "default": "Allow"},
    "actions": {"type": "list", "elements": "str", "required": True},
    "resources": {"type": "list", "elements": "raw", "required": True},
    "conditions": {"type": "dict"},
}
POLICY = {
    "name": {"type": "str", "required": True},
    "statements": {"type": "list", "elements": "dict", "required": True},
}
SPEC = {
    "roles": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "service": {"type": "str"},
            "trust": {"type": "dict"},
            "max_session": {"type": "int", "default": 3600},
            "managed_policies": {"type": "list", "elements": "str", "default": []},
            "policies": {"type": "list", "elements": "dict", "default": [], "options": POLICY},
            "permissions_boundary": {"type": "str", "default": ""},
            "instance_profile": {"type": "bool"},
            "fleets": {"type": "list", "elements": "str", "default": []},
        },
    },
    "policies": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**POLICY, "description": {"type": "str", "default": ""}},
    },
    "keys": {"type": "list", "elements": "dict", "default": [], "no_log": False, "options": _identity_keys.SPEC},
}
POLICY_NAME = Constraint(pattern=r"[A-Za-z0-9_+=,.@-]{1,128}", says="a policy's name has letters, digits and _+=,.@-")
STATEMENT_CONSTRAINTS = {
    "sid": Constraint(pattern=r"[A-Za-z0-9]{1,128}", says="a statement id has letters and digits only"),
    "actions": Constraint(min_length=1, max_length=MANY, distinct=True),
    "actions[]": Constraint(pattern=r"\*|[a-z0-9-]{1,64}:[A-Za-z0-9*?]{1,128}", says="an action looks like s3:GetObject"),
    "resources": Constraint(min_length=1, max_length=MANY),
    "conditions": Constraint(
        min_length=1,
        keys=Constraint(pattern=r"(For(AllValues|AnyValue):)?[A-Za-z]{1,64}", says="an operator looks like StringEquals"),
    ),
}
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
DESCRIPTION = Constraint(pattern=r"[\t\n\r -~\u00a1-\u00ff]{0,1000}", says="up to 1000 characters of Latin-1")
MANAGED_POLICY = Constraint(
    pattern=r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[!-~]{1,512}|([A-Za-z0-9-]{1,128}/)?[A-Za-z0-9_+=,.@-]{1,128}",
    says="a managed policy is given by its name or ARN",
)
CONSTRAINTS = {
    "roles": several(),
    "roles[].name": NAME,
    "roles[].description": DESCRIPTION,
    "roles[].service": SERVICE,
    "roles[].trust": Constraint(min_length=1),
    "roles[].max_session": Constraint(minimum=3600, maximum=43200),
    # The highest that the quota can be raised to.
    "roles[].managed_policies": Constraint(max_length=20, distinct=True),
    "roles[].managed_policies[]": MANAGED_POLICY,
    "roles[].permissions_boundary": dataclasses.replace(MANAGED_POLICY, pattern=f"|{MANAGED_POLICY.pattern}"),
    "roles[].fleets": Constraint(max_length=10, distinct=True),
    "roles[].fleets[]": reference("log_group/bootstrap-{}"),
    "roles[].policies": several(),
    "roles[].policies[].name": POLICY_NAME,
    "roles[].policies[].statements": Constraint(min_length=1, max_length=MANY),
    "policies": several(),
    "policies[].name": NAME,
    "policies[].description": DESCRIPTION,
    "policies[].statements": Constraint(min_length=1, max_length=MANY),
    **_identity_keys.CONSTRAINTS,
}
# Characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_INLINE, MAX_MANAGED, MAX_TRUST = 10240, 6144, 2048
EC2 = "ec2.amazonaws.com"
# What a statement's resource may point to in the stack: the kind, and the attribute that policies need.
RESOURCES = {
    "secret": ("secret", "arn"),
    "log_group": ("log_group", "streams"),
    "kms_key": ("kms_key", "arn"),
    "ssm_parameter": ("ssm_parameter", "arn"),
    "bucket": ("bucket", "arn"),
    "objects": ("bucket", "objects"),
    "file_system": ("file_system", "arn"),
    "ecr_repository": ("ecr_repository", "arn"),
    # The secret of the master user, where RDS keeps it.
    "master_secret": ("db_instance", "master_secret_arn"),
}
ARN_OR_ALL = re.compile(r"\*|arn:[ -~]{1,2043}")


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    return [*_policies(options), *_roles(options, stack), *_identity_keys.declare(options, stack)]


def _policies(options: Mapping[str, Any]) -> Iterator[Declaration]:
    for index, policy in enumerate(options["policies"]):
        path = f"identity.policies[{index}]"
        document = _fitting(_document(policy, path), f"{path}.statements", MAX_MANAGED)
        yield Declaration("iam_policy", policy["name"], TIER, IamPolicy(document, policy["description"]), path)


def _roles(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:
    known = names(options["policies"])
    for index, role in enumerate(options["roles"]):
        path = f"identity.roles[{index}]"
        yield Declaration("iam_role", role["name"], TIER, _role(role, stack, known, path), path)
        if _has_profile(role, path):
            profile = InstanceProfile(role=Reference("iam_role", role["name"]))
            yield Declaration("instance_profile", role["name"], TIER, profile, path)


def _role(role: Mapping[str, Any], stack: Stack, known: set[str], path: str) -> IamRole:
    return IamRole(
        trust=_trust(role, stack, path),
        description=role["description"],
        max_session=role["max_session"],
        boundary=_boundary(role, stack, known, path),
        policies=_inline_policies(role, stack, path),
        managed_policies=tuple(
            _managed_policy(policy, stack, known, f"{path}.managed_policies[{index}]")
            for index, policy in enumerate(role["managed_policies"])
        ),
    )


def _has_profile(role: Mapping[str, Any], path: str) -> bool:
    for_instances = role["trust"] is None and role["service"] in (None, EC2)
    if role["instance_profile"] and role["trust"] is None and not for_instances:
        raise InvalidOption(f"{path}.instance_profile", f"is for roles that {EC2} may assume, not {role['service']}")
    return for_instances if role["instance_profile"] is None else role["instance_profile"]


def _trust(role: Mapping[str, Any], stack: Stack, path: str) -> dict[str, Any]:
    """Return the trust policy: as given, or for a service.

    Other services than EC2 act for many accounts, so that theirs is restricted to this one:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    if role["trust"] is not None:
        if role["service"]:
            raise InvalidOption(f"{path}.service", "excludes trust, which says who may assume the role")
        if not isinstance(role["trust"].get("Statement"), (list, Mapping)):
            raise InvalidOption(f"{path}.trust", "needs a Statement, as in IAM's own trust policies")
        return _fitting(role["trust"], f"{path}.trust", MAX_TRUST)
    service = role["service"] or EC2
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service != EC2:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": stack.account}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _boundary(role: Mapping[str, Any], stack: Stack, known: set[str], path: str) -> Any:
    boundary = role["permissions_boundary"]
    return _managed_policy(boundary, stack, known, f"{path}.permissions_boundary") if boundary else ""


def _managed_policy(policy: str, stack: Stack, known: set[str], path: str) -> Any:
    """Own policies are lower case; those of AWS begin with a capital, after a path that some have."""
    if policy.startswith("arn:"):
        return policy
    if policy in known or not policy.rpartition("/")[2][:1].isupper():
        require_known(policy, known, path, "policy")
        return Reference("iam_policy", policy, "arn")
    return f"arn:{partition(stack.region)}:iam::aws:policy/{policy}"


def _inline_policies(role: Mapping[str, Any], stack: Stack, path: str) -> dict[str, Any]:
    """Return the documents by name; their sizes are limited together."""
    policies = {policy["name"]: _document(policy, f"{path}.policies[{index}]") for index, policy in enumerate(role["policies"])}
    for index, group in enumerate(role["fleets"]):
        name = f"bootstrap-{group}"
        if name in policies:
            raise InvalidOption(f"{path}.fleets[{index}]", f"makes the policy {name}, which is described already")
        policies[name] = _bootstrap.policy(group, stack)
    return _fitting(policies, f"{path}.policies", MAX_INLINE)


def _document(policy: Mapping[str, Any], path: str) -> dict[str, Any]:
    statements: list[dict[str, Any]] = []
    for index, item in enumerate(policy["statements"]):
        where = f"{path}.statements[{index}]"
        statement = _statement(item, where)
        if "Sid" in statement and statement["Sid"] in {other.get("Sid") for other in statements}:
            raise InvalidOption(f"{where}.sid", f"{statement['Sid']!r} is given twice")
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(given: Mapping[str, Any], path: str) -> dict[str, Any]:
    statement = validated(given, STATEMENT, STATEMENT_CONSTRAINTS, path)
    resources = [_resource(item, f"{path}.resources[{index}]") for index, item in enumerate(statement["resources"])]
    for operator, tested in (statement["conditions"] or {}).items():
        if not isinstance(tested, Mapping) or not tested:
            raise InvalidOption(f"{path}.conditions.{operator}", "has to be a dictionary of condition keys and values")
    return {
        **({"Sid": statement["sid"]} if statement["sid"] else {}),
        "Effect": statement["effect"],
        "Action": statement["actions"],
        "Resource": resources,
        **({"Condition": statement["conditions"]} if statement["conditions"] else {}),
    }


def _resource(resource: Any, path: str) -> Any:
    """Return an ARN or ``*`` as it is, and ``{secret: app}`` as the reference that it means."""
    if isinstance(resource, str):
        if not ARN_OR_ALL.fullmatch(resource):
            raise InvalidOption(
                path, f"{resource[:80]!r} is neither an ARN nor *; a thing of the stack is written {{kind: name}}"
            )
        return resource
    if not isinstance(resource, Mapping) or len(resource) != 1:
        raise InvalidOption(path, "has to be an ARN, * or one pair of kind and name, such as {secret: app}")
    word = next(iter(resource))
    if word not in RESOURCES:
        raise InvalidOption(path, f"{word} is not a kind that policies can point to (there are: {', '.join(RESOURCES)})")
    kind, attribute = RESOURCES[word]
    name = validated(resource, {word: {"type": "str", "required": True}}, {word: reference(f"{kind}/{{}}")}, path)[word]
    return Reference(kind, name, attribute)


def _fitting(document: dict[str, Any], path: str, limit: int) -> dict[str, Any]:
    """Refuse what is too long already without the ARNs that only AWS knows; white space does not count."""
    length = len("".join(json.dumps(document, default=lambda reference: reference.name).split()))
    if length > limit:
        raise InvalidOption(path, f"makes a policy of {length} characters, AWS takes {limit}")
    return document
