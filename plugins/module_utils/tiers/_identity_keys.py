# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity tier's keys: KMS keys with their replicas, aliases and policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds import kms_alias
from ansible_collections.terrace.aws.plugins.module_utils.kinds.kms_alias import KmsAlias
from ansible_collections.terrace.aws.plugins.module_utils.kinds.kms_key import KmsKey
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    NAME,
    REGION,
    SERVICE,
    partition,
    refuse_other_region,
    several,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._principals import PRINCIPAL, arn_of, service_role

SPEC = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "administrators": {"type": "list", "elements": "str", "default": []},
    "users": {"type": "list", "elements": "str", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "enabled": {"type": "bool", "default": True},
    "rotation": {"type": "int", "default": 365},
    "deletion_window": {"type": "int", "default": 30},
    "region": {"type": "str"},
    "multi_region": {"type": "bool"},
    "regions": {"type": "list", "elements": "str", "default": []},
}
CONSTRAINTS = {
    "keys": several(),
    "keys[].name": NAME,
    "keys[].description": Constraint(max_length=8192),
    "keys[].administrators": Constraint(max_length=50, distinct=True),
    "keys[].administrators[]": PRINCIPAL,
    "keys[].users": Constraint(max_length=50, distinct=True),
    "keys[].users[]": PRINCIPAL,
    "keys[].services": Constraint(max_length=50, distinct=True),
    "keys[].services[]": SERVICE,
    "keys[].rotation": Constraint(minimum=0, maximum=2560),
    "keys[].deletion_window": Constraint(minimum=7, maximum=30),
    "keys[].region": REGION,
    "keys[].regions": Constraint(max_length=50, distinct=True),
    "keys[].regions[]": REGION,
}
SHORTEST_ROTATION = 90
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:ReplicateKey",
    "kms:Revoke*",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
]
USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
LOGS = "logs.amazonaws.com"
# Services that use keys through a role of their own instead of their name.
SERVICE_ROLES = {"autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling"}


def declare(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:
    """Yield keys, their replicas and their aliases."""
    roles = {role["name"] for role in options["roles"]}
    for index, key in enumerate(options["keys"]):
        path = f"identity.keys[{index}]"
        _check(key, stack, path)
        home = key["region"] or stack.region
        yield from _key(key, key["name"], home, None, roles, stack, path)
        for region in key["regions"]:
            primary = Reference("kms_key", key["name"], "arn")
            yield from _key(key, f"{key['name']}-{region}", region, primary, roles, stack, path)


def _check(key: Mapping[str, Any], stack: Stack, path: str) -> None:
    if 0 < key["rotation"] < SHORTEST_ROTATION:
        raise InvalidOption(f"{path}.rotation", f"{key['rotation']} is neither 0 nor at least {SHORTEST_ROTATION} days")
    if key["regions"] and key["multi_region"] is False:
        raise InvalidOption(f"{path}.multi_region", "has to be true for a key with replicas in other regions")
    for number, region in enumerate(key["regions"]):
        if region == (key["region"] or stack.region):
            raise InvalidOption(f"{path}.regions[{number}]", f"the key itself is in {region} already")
        refuse_other_region(region, f"{path}.regions[{number}]", stack)


def _key(
    key: Mapping[str, Any], name: str, region: str, primary: Reference | None, roles: set[str], stack: Stack, path: str
) -> Iterator[Declaration]:
    """Yield a key and its alias, which is the same in all regions."""
    values = KmsKey(
        description=key["description"],
        policy=_policy(key, region, roles, stack),
        enabled=key["enabled"],
        rotation=None if primary else key["rotation"],
        multi_region=bool(key["multi_region"] or key["regions"]),
        primary=primary,
        window=key["deletion_window"],
    )
    elsewhere = region if region != stack.region else None
    alias = KmsAlias(kms_alias.KIND.aws_name(stack, key["name"]), Reference("kms_key", name, "arn"))
    yield Declaration("kms_key", name, "identity", values, path, region=elsewhere)
    yield Declaration("kms_alias", name, "identity", alias, path, region=elsewhere)


def _policy(key: Mapping[str, Any], region: str, roles: set[str], stack: Stack) -> dict[str, Any]:
    """Return the key's policy. The account comes first, so that no key can be lost, and IAM policies can allow its use."""
    root = f"arn:{partition(region)}:iam::{stack.account}:root"
    statements = [{"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}]
    administrators = [_principal(name, roles, stack) for name in key["administrators"]]
    users = [_principal(name, roles, stack) for name in key["users"]]
    users += [service_role(service, SERVICE_ROLES[service], stack) for service in key["services"] if service in SERVICE_ROLES]
    if administrators:
        statements.append(_for_roles("Administration", ADMINISTRATION, administrators, stack))
    if users:
        granting = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements.append(_for_roles("Use", USE, users, stack))
        statements.append(_for_roles("Granting", ["kms:CreateGrant"], users, stack, granting))
    statements += _for_services(key["services"], region, stack)
    return {"Version": "2012-10-17", "Statement": statements}


def _for_roles(
    sid: str, actions: list[str], arns: list[Any], stack: Stack, condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    accounts = sorted({stack.account} | {arn.split(":")[4] for arn in arns if isinstance(arn, str)})
    test = {"StringEquals": {"kms:CallerAccount": accounts}, "ArnEquals": {"aws:PrincipalArn": arns}, **(condition or {})}
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": actions, "Resource": "*", "Condition": test}


def _for_services(services: Iterable[str], region: str, stack: Stack) -> Iterator[dict[str, Any]]:
    """Yield what lets services act for this account only.

    Log groups are told apart by the encryption context:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    others = [service for service in services if service not in (LOGS, *SERVICE_ROLES)]
    if others:
        yield {
            "Sid": "Services",
            "Effect": "Allow",
            "Principal": {"Service": others},
            "Action": [*USE, "kms:CreateGrant"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
        }
    if LOGS in services:
        groups = f"arn:{partition(region)}:logs:{region}:{stack.account}:*"
        yield {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": USE,
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        }


def _principal(name: str, roles: set[str], stack: Stack) -> Any:
    """A role that is not described here may be external: it is looked up."""
    return arn_of(name, stack) if name.startswith("arn:") or name in roles else Reference("iam_role", name, "arn")
