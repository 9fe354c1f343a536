# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets tier: secrets with generated values, and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import CREATOR, WITH_CREATOR, Secret
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _secrets_parameters
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, REGION, key_of, reference, several
from ansible_collections.terrace.aws.plugins.module_utils.tiers._principals import PRINCIPAL, arn_of, service_role, stack_roles

TIER = "secrets"
KINDS = ("secret", "ssm_parameter")
# Nothing here is a secret itself, whatever Ansible concludes from the names.
SPEC = {
    "operators": {"type": "list", "elements": "str", "default": []},
    "secrets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "content": {"type": "str", "choices": ["generated", "empty"], "default": "generated"},
            "username": {"type": "str"},
            "fields": {"type": "dict"},
            "value_key": {"type": "str", "no_log": False},
            "length": {"type": "int", "default": 32},
            "exclude_characters": {"type": "str", "default": ""},
            "exclude_punctuation": {"type": "bool", "default": True},
            "exclude_numbers": {"type": "bool", "default": False},
            "exclude_uppercase": {"type": "bool", "default": False},
            "exclude_lowercase": {"type": "bool", "default": False},
            "require_each_included_type": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "readers": {"type": "list", "elements": "str", "default": []},
            "policy": {"type": "dict"},
            "rotation": {
                "type": "dict",
                "options": {
                    "lambda": {"type": "str", "required": True},
                    "schedule": {"type": "str", "default": "rate(30 days)"},
                    "duration": {"type": "str", "default": ""},
                    "rotate_immediately": {"type": "bool", "default": True},
                },
            },
            "replicas": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "region": {"type": "str", "required": True},
                    "kms_key": {"type": "str", "no_log": False},
                },
            },
            "region": {"type": "str"},
            "recovery_window": {"type": "int", "default": 30},
        },
    },
    "parameters": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": _secrets_parameters.SPEC,
    },
}
JSON_KEY = Constraint(pattern=r"[A-Za-z0-9_.-]{1,128}", says="a key has letters, digits and _.-")
CONSTRAINTS = {
    "operators": Constraint(distinct=True, max_length=50),
    "operators[]": PRINCIPAL,
    "secrets": several(),
    "secrets[].name": Constraint(
        pattern=r"[a-z][a-z0-9-]{0,63}", says="a name is 1 to 64 lower-case letters, digits and hyphens"
    ),
    "secrets[].description": Constraint(max_length=2048),
    "secrets[].username": Constraint(min_length=1, max_length=128),
    "secrets[].fields": Constraint(min_length=1, max_length=50, keys=JSON_KEY),
    "secrets[].value_key": Constraint(min_length=1, max_length=128),
    # AWS takes less, down to what no one should use.
    "secrets[].length": Constraint(minimum=16, maximum=4096),
    "secrets[].exclude_characters": Constraint(max_length=4096, verbatim=True),
    "secrets[].kms_key": KMS_KEY,
    "secrets[].readers": Constraint(max_length=50, distinct=True),
    "secrets[].readers[]": PRINCIPAL,
    "secrets[].policy": Constraint(min_length=1),
    "secrets[].rotation.lambda": Constraint(
        pattern=r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?",
        says="a rotation function is given by its ARN",
    ),
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
    "secrets[].rotation.schedule": Constraint(
        pattern=r"rate\([1-9]\d{0,3} (hours?|days?)\)|cron\(0 [0-9A-Z*?,/#L -]{9,200}\)",
        says="a schedule looks like rate(30 days) or cron(0 8 1 * ? *)",
    ),
    "secrets[].rotation.duration": Constraint(pattern=r"|([1-9]|1\d|2[0-4])h", says="a duration is 1h to 24h"),
    "secrets[].replicas": several("region"),
    "secrets[].replicas[].region": REGION,
    "secrets[].replicas[].kms_key": KMS_KEY,
    "secrets[].region": REGION,
    "secrets[].recovery_window": Constraint(minimum=0, maximum=30),
    **_secrets_parameters.CONSTRAINTS,
}
SHORTEST_WINDOW = 7
CLASSES = ("punctuation", "numbers", "uppercase", "lowercase")
# What a field may take from a thing of the stack, by default.
ENDPOINTS = {"db_instance": "endpoint", "cache_replication_group": "primary_endpoint"}
ATTRIBUTE = Constraint(pattern=r"[a-z_]{1,64}", says="an attribute looks like port")
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_POLICY = 20480
NO_SERVICE = {"aws:PrincipalIsAWSService": "false"}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    operators = [arn_of(operator, stack) for operator in options["operators"]]
    declared = [
        _declared(secret, operators, stack, f"secrets.secrets[{index}]") for index, secret in enumerate(options["secrets"])
    ]
    return [*declared, *_secrets_parameters.declare(options, stack)]


def _declared(secret: Mapping[str, Any], operators: list[str], stack: Stack, path: str) -> Declaration:
    _check(secret, path)
    _check_content(secret, path)
    _check_regions(secret, stack, path)
    values = Secret(
        description=secret["description"],
        kms_key=key_of(secret["kms_key"]),
        policy=_policy(secret, operators, stack, path),
        rotation=_rotation(secret),
        replicas=tuple({"region": item["region"], "kms_key": key_of(item["kms_key"])} for item in secret["replicas"]),
        generated=secret["content"] == "generated",
        username=secret["username"],
        content=_fields(secret, path),
        value_key=secret["value_key"],
        length=secret["length"],
        exclude_characters=secret["exclude_characters"],
        exclude_punctuation=secret["exclude_punctuation"],
        exclude_numbers=secret["exclude_numbers"],
        exclude_uppercase=secret["exclude_uppercase"],
        exclude_lowercase=secret["exclude_lowercase"],
        require_each_included_type=secret["require_each_included_type"],
        recovery_days=secret["recovery_window"],
    )
    return Declaration("secret", secret["name"], TIER, values, path, region=secret["region"])


def _check(secret: Mapping[str, Any], path: str) -> None:
    if 0 < secret["recovery_window"] < SHORTEST_WINDOW:
        raise InvalidOption(
            f"{path}.recovery_window", f"{secret['recovery_window']} is neither 0 nor at least {SHORTEST_WINDOW} days"
        )
    if secret["readers"] and secret["policy"]:
        raise InvalidOption(f"{path}.readers", "excludes policy, which says who may read the secret")


def _check_content(secret: Mapping[str, Any], path: str) -> None:
    for option in ("username", "fields", "value_key"):
        if secret["content"] == "empty" and secret[option]:
            raise InvalidOption(f"{path}.{option}", "is for generated content")
    if secret["username"] and secret["value_key"] == "username":
        raise InvalidOption(f"{path}.value_key", "is taken by the user name")
    if all(secret[f"exclude_{name}"] for name in CLASSES):
        raise InvalidOption(f"{path}.exclude_lowercase", "leaves no characters for a value")
    taken = {secret["value_key"] or "password"} | ({"username"} if secret["username"] else set())
    for name in secret["fields"] or ():
        if name in taken:
            raise InvalidOption(f"{path}.fields.{name}", "is generated, or the user name")


def _check_regions(secret: Mapping[str, Any], stack: Stack, path: str) -> None:
    for index, replica in enumerate(secret["replicas"]):
        if replica["region"] == (secret["region"] or stack.region):
            raise InvalidOption(f"{path}.replicas[{index}].region", "is where the secret itself is")


def _fields(secret: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """Return the fixed part of the content: text and numbers, and ``{db_instance: main}`` as what it stands for."""
    if not secret["fields"]:
        return None
    return {str(name): _field(value, f"{path}.fields.{name}") for name, value in secret["fields"].items()}


def _field(value: Any, path: str) -> Any:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    if not isinstance(value, Mapping):
        raise InvalidOption(path, "has to be text, a number, or a thing of the stack such as {db_instance: main}")
    kinds = sorted(set(value) & set(ENDPOINTS))
    if len(kinds) != 1:
        raise InvalidOption(path, f"has to name one thing of the stack (kinds: {', '.join(ENDPOINTS)})")
    spec: Spec = {kinds[0]: {"type": "str", "required": True}, "attribute": {"type": "str", "default": ENDPOINTS[kinds[0]]}}
    known = validated(value, spec, {kinds[0]: reference(f"{kinds[0]}/{{}}"), "attribute": ATTRIBUTE}, path)
    return Reference(kinds[0], known[kinds[0]], known["attribute"])


def _rotation(secret: Mapping[str, Any]) -> dict[str, Any]:
    rotation = secret["rotation"]
    if not rotation:
        return {}
    return {
        "lambda": rotation["lambda"],
        "schedule": rotation["schedule"],
        "duration": rotation["duration"],
        "immediately": rotation["rotate_immediately"],
    }


def _policy(secret: Mapping[str, Any], operators: list[str], stack: Stack, path: str) -> dict[str, Any]:
    """Return the resource policy: as given, or one that keeps all but the readers from the value, whatever IAM allows."""
    if secret["policy"]:
        if not isinstance(secret["policy"].get("Statement"), (list, Mapping)):
            raise InvalidOption(f"{path}.policy", "needs a Statement, as in IAM's own policies")
        if len(str(secret["policy"])) > MAX_POLICY:
            raise InvalidOption(f"{path}.policy", f"is longer than the {MAX_POLICY} characters that AWS takes")
        return dict(secret["policy"])
    return {"Version": "2012-10-17", "Statement": _statements(secret, operators, stack)}


def _statements(secret: Mapping[str, Any], operators: list[str], stack: Stack) -> list[dict[str, Any]]:
    """By default the role of a function that rotates the secret has to be let in, which we do not know."""
    own = stack_roles(stack)
    if secret["rotation"] and not secret["readers"]:
        others = {"ArnLike": {"aws:PrincipalArn": [stack_roles(None)]}, "ArnNotLike": {"aws:PrincipalArn": [own]}}
        foreign = {"StringNotEquals": {"aws:PrincipalAccount": stack.account}, "Bool": NO_SERVICE}
        return [_denied("NoOtherStack", others), _denied("NoOtherAccount", foreign)]
    named = [*(arn_of(reader, stack) for reader in secret["readers"]), *operators]
    # Services and their service-linked roles, which no policy of ours can be about, are left out.
    readers = [*([] if secret["readers"] else [own]), *named, service_role("*", "*", stack)]
    strangers = {"ArnNotLike": {"aws:PrincipalArn": readers}, "Bool": NO_SERVICE}
    denied = _denied("OnlyReaders", strangers) if operators else _denied(WITH_CREATOR, {**strangers, **CREATOR})
    foreign_readers = [arn for arn in named if arn.split(":")[4] != stack.account and "*" not in arn]
    return [denied, *([_allowed(foreign_readers)] if foreign_readers else [])]


def _denied(sid: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": condition,
    }


def _allowed(readers: list[str]) -> dict[str, Any]:
    """Readers of other accounts need to be allowed here too."""
    return {
        "Sid": "OtherAccounts",
        "Effect": "Allow",
        "Principal": {"AWS": readers},
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        "Resource": "*",
    }
