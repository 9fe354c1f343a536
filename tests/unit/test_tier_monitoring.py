# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers import monitoring


def build(*described: dict[str, Any]) -> list[Declaration]:
    checked = validated({"log_groups": list(described)}, monitoring.SPEC, monitoring.CONSTRAINTS, "monitoring")
    return monitoring.build(checked, Stack("demo", "123456789012", "eu-west-1"))


def test_nothing_described_declares_nothing() -> None:
    assert build() == []


def test_a_log_group_has_a_derived_name_and_an_end_by_default() -> None:
    (declaration,) = build({"name": "app"})
    assert declaration.values == LogGroup(name=None, retention=30, kms_key="")


def test_a_log_group_can_have_a_name_of_its_own() -> None:
    (declaration,) = build({"name": "flow", "log_group": "/vpc/flow", "retention": 0})
    assert (declaration.name, declaration.values.name, declaration.values.retention) == ("flow", "/vpc/flow", 0)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("name", {"name": "/app"}),
        ("retention", {"retention": 31}),
        ("log_group", {"log_group": "aws/app"}),
        ("log_group", {"log_group": "with space"}),
        ("kms_key", {"kms_key": "alias/app"}),
    ],
)
def test_a_wrong_log_group_is_refused_with_its_path(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        build({"name": "app", **options})
    assert refused.value.path == f"monitoring.log_groups[0].{path}"
