# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets tier: secrets with generated values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import KMS_KEY, key_of, several

TIER = "secrets"
KINDS = ("secret",)
# Nothing here is a secret itself, whatever Ansible concludes from the names.
SPEC = {
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
            "value_key": {"type": "str", "no_log": False},
            "length": {"type": "int", "default": 32},
            "exclude_characters": {"type": "str", "default": ""},
            "exclude_punctuation": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "recovery_window": {"type": "int", "default": 30},
        },
    },
}
CONSTRAINTS = {
    "secrets": several(),
    "secrets[].name": Constraint(
        pattern=r"[a-z][a-z0-9-]{0,63}", says="a name is 1 to 64 lower-case letters, digits and hyphens"
    ),
    "secrets[].description": Constraint(max_length=2048),
    "secrets[].username": Constraint(min_length=1, max_length=128),
    "secrets[].value_key": Constraint(min_length=1, max_length=128),
    # AWS takes less, down to what no one should use.
    "secrets[].length": Constraint(minimum=16, maximum=4096),
    "secrets[].exclude_characters": Constraint(max_length=4096, verbatim=True),
    "secrets[].kms_key": KMS_KEY,
    "secrets[].recovery_window": Constraint(minimum=0, maximum=30),
}
SHORTEST_WINDOW = 7


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:  # noqa: ARG001 the tiers' interface
    """Return the declarations of validated options. Raises InvalidOption."""
    return [_declared(secret, f"secrets.secrets[{index}]") for index, secret in enumerate(options["secrets"])]


def _declared(secret: Mapping[str, Any], path: str) -> Declaration:
    _check(secret, path)
    values = Secret(
        description=secret["description"],
        kms_key=key_of(secret["kms_key"], None),
        generated=secret["content"] == "generated",
        username=secret["username"],
        value_key=secret["value_key"],
        length=secret["length"],
        exclude_characters=secret["exclude_characters"],
        exclude_punctuation=secret["exclude_punctuation"],
        recovery_days=secret["recovery_window"],
    )
    return Declaration("secret", secret["name"], TIER, values, path)


def _check(secret: Mapping[str, Any], path: str) -> None:
    if 0 < secret["recovery_window"] < SHORTEST_WINDOW:
        raise InvalidOption(
            f"{path}.recovery_window", f"{secret['recovery_window']} is neither 0 nor at least {SHORTEST_WINDOW} days"
        )
    for option in ("username", "value_key"):
        if secret["content"] == "empty" and secret[option]:
            raise InvalidOption(f"{path}.{option}", "is for generated content")
    if secret["username"] and secret["value_key"] == "username":
        raise InvalidOption(f"{path}.value_key", "is taken by the user name")
