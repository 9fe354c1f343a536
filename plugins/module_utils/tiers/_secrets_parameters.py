# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets tier's parameters of Systems Manager."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ssm_parameter import ADVANCED, SECURE, SsmParameter
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, REGION, key_of, several

# Nothing here is a secret itself, whatever Ansible concludes from the names.
SPEC = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "type": {"type": "str", "choices": ["String", "StringList", "SecureString"], "default": "String"},
    "value": {"type": "str"},
    "values": {"type": "list", "elements": "str"},
    "tier": {"type": "str", "choices": ["Standard", "Advanced"], "default": "Standard"},
    "allowed_pattern": {"type": "str", "default": ""},
    "data_type": {"type": "str", "choices": ["text", "aws:ec2:image"], "default": "text"},
    "length": {"type": "int", "default": 32},
    "exclude_characters": {"type": "str", "default": ""},
    "exclude_punctuation": {"type": "bool", "default": True},
    "kms_key": {"type": "str", "no_log": False},
    "region": {"type": "str"},
}
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
MAX_STANDARD, MAX_ADVANCED = 4096, 8192
CONSTRAINTS = {
    "parameters": several(),
    "parameters[].name": Constraint(
        pattern=r"[a-z][A-Za-z0-9_.-]{0,127}(/[A-Za-z0-9_.-]{1,128}){0,12}",
        says="a parameter's name has letters, digits and _.-, in up to 13 levels parted by slashes",
    ),
    "parameters[].description": Constraint(max_length=1024),
    "parameters[].value": Constraint(min_length=1, max_bytes=MAX_ADVANCED),
    "parameters[].values": Constraint(min_length=1, max_length=1000),
    "parameters[].values[]": Constraint(min_length=1),
    "parameters[].allowed_pattern": Constraint(max_length=1024, verbatim=True),
    "parameters[].length": Constraint(minimum=16, maximum=MAX_STANDARD),
    "parameters[].exclude_characters": Constraint(max_length=4096, verbatim=True),
    "parameters[].kms_key": KMS_KEY,
    "parameters[].region": REGION,
}
RESERVED = ("aws", "ssm")


def declare(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:
    for index, parameter in enumerate(options["parameters"]):
        path = f"secrets.parameters[{index}]"
        if stack.name.startswith(RESERVED):
            raise InvalidOption(
                f"{path}.name", f"AWS has no parameters under /{stack.name}: what begins with aws or ssm is its own"
            )
        yield Declaration(
            "ssm_parameter", parameter["name"], "secrets", _values(parameter, path), path, region=parameter["region"]
        )


def _values(parameter: Mapping[str, Any], path: str) -> SsmParameter:
    secure = parameter["type"] == SECURE
    value = _value(parameter, path)
    _check_size(parameter, value or "", path)
    _check_pattern(parameter, value, path)
    if parameter["kms_key"] and not secure:
        raise InvalidOption(f"{path}.kms_key", f"is for type {SECURE}")
    if parameter["data_type"] != "text" and parameter["type"] != "String":
        raise InvalidOption(f"{path}.data_type", "is for type String")
    return SsmParameter(
        type=parameter["type"],
        value=value,
        description=parameter["description"],
        tier=parameter["tier"],
        kms_key=key_of(parameter["kms_key"]) if secure else None,
        allowed_pattern=parameter["allowed_pattern"],
        data_type=parameter["data_type"],
        length=parameter["length"] if secure else None,
        exclude_characters=parameter["exclude_characters"] if secure else None,
        exclude_punctuation=parameter["exclude_punctuation"] if secure else None,
    )


def _value(parameter: Mapping[str, Any], path: str) -> str | None:
    """Return the value of what is no secret. Messages never repeat one: it may have been meant to be a secret."""
    wanted = {"String": "value", "StringList": "values"}.get(parameter["type"])
    for option in ("value", "values"):
        if option != wanted and parameter[option] is not None:
            reason = (
                "is not for a SecureString, whose value is generated" if wanted is None else f"is not for a {parameter['type']}"
            )
            raise InvalidOption(f"{path}.{option}", reason)
    if wanted is None:
        return None
    if parameter[wanted] is None:
        raise InvalidOption(f"{path}.{wanted}", "is required")
    if wanted == "value":
        return parameter["value"]
    for index, item in enumerate(parameter["values"]):
        if "," in item:
            raise InvalidOption(f"{path}.values[{index}]", "has a comma, which parts the values of a StringList")
    return ",".join(parameter["values"])


def _check_size(parameter: Mapping[str, Any], value: str, path: str) -> None:
    limit = MAX_ADVANCED if parameter["tier"] == ADVANCED else MAX_STANDARD
    if len(value.encode()) > limit:
        option = "value" if parameter["type"] == "String" else "values"
        raise InvalidOption(f"{path}.{option}", f"has {len(value.encode())} bytes, the tier {parameter['tier']} takes {limit}")


def _check_pattern(parameter: Mapping[str, Any], value: str | None, path: str) -> None:
    """The patterns of AWS are Java's, nearly all of which Python understands; what it does not is left to AWS."""
    try:
        pattern = re.compile(parameter["allowed_pattern"])
    except re.error:
        return
    values = parameter["values"] or ([value] if value is not None else [])
    if parameter["allowed_pattern"] and not all(pattern.search(item) for item in values):
        option = "value" if parameter["type"] == "String" else "values"
        raise InvalidOption(f"{path}.{option}", "does not match allowed_pattern")
