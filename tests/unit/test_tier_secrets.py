# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.terrace.aws.plugins.module_utils.tiers import secrets


def build(*described: dict[str, Any]) -> list[Declaration]:
    checked = validated({"secrets": list(described)}, secrets.SPEC, secrets.CONSTRAINTS, "secrets")
    return secrets.build(checked, Stack("demo", "123456789012", "eu-west-1"))


def test_nothing_described_declares_nothing() -> None:
    assert build() == []


def test_a_value_is_long_and_plain_by_default() -> None:
    (declaration,) = build({"name": "app", "username": "jyoti_app"})
    assert declaration.values == Secret(
        description="",
        kms_key="",
        policy={},
        rotation={},
        replicas=(),
        generated=True,
        username="jyoti_app",
        length=32,
        exclude_characters="",
        exclude_punctuation=True,
        exclude_numbers=False,
        exclude_uppercase=False,
        exclude_lowercase=False,
        include_space=False,
        require_each_included_type=True,
        recovery_days=30,
    )


def test_a_secret_can_be_left_to_be_filled_in() -> None:
    (declaration,) = build({"name": "resend", "content": "empty"})
    assert declaration.values.generated is False


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("name", {"name": "with/slash"}),
        ("content", {"content": "given"}),
        ("value", {"value": "hunter2"}),
        ("username", {"username": ""}),
        ("username", {"username": "app", "content": "empty"}),
        ("value_key", {"value_key": "token", "content": "empty"}),
        ("value_key", {"value_key": "username", "username": "app"}),
        ("length", {"length": 15}),
        ("kms_key", {"kms_key": "alias/app"}),
        ("recovery_window", {"recovery_window": 31}),
        ("recovery_window", {"recovery_window": 6}),
    ],
)
def test_a_wrong_secret_is_refused_with_its_path(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        build({"name": "app", **options})
    assert refused.value.path == f"secrets.secrets[0].{path}"
    assert "hunter2" not in str(refused.value)


def test_two_secrets_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidOption, match=r"secrets\.secrets\[1\]\.name"):
        build({"name": "app"}, {"name": "app"})
