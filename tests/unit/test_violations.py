# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with a description is told in one line with the option's path, before any call."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.module import request_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import TIERS
from tests.unit.violations import description
from tests.unit.violations.by_hand import BY_HAND, Mistake
from tests.unit.violations.generate import Violation, strange, tiers, uses, violations
from tests.unit.violations.options import COMMON, options

STACK = Stack("demo", "123456789012", "eu-west-1")
GENERATED = [violation for tier in tiers() for violation in violations(tier)]
LONGEST_MESSAGE = 1500


def build(tier: str, described: Any) -> None:
    if tier == COMMON:
        request_of(described, {}, [])
    else:
        TIERS[tier].build(validated(described, TIERS[tier].SPEC, TIERS[tier].CONSTRAINTS, tier), STACK)


def ask(described: dict[str, Any]) -> Request:
    """Return what the stack module would ask the engine for."""
    return request_of(described, {tier: described[tier] for tier in TIERS}, list(TIERS))


def test_the_description_to_start_from_is_right() -> None:
    assert ask({**description.COMMON, **description.TIERS}).declarations


@pytest.mark.parametrize("tier", tiers())
def test_the_description_to_start_from_uses_every_option(tier: str) -> None:
    unused = [str(option) for option in options(tier) if not any(uses(option))]
    assert unused == []


@pytest.mark.parametrize("violation", GENERATED, ids=lambda violation: ascii(str(violation))[1:-1])
def test_a_generated_violation_is_refused_with_its_path(violation: Violation) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(violation.tier, violation.described)
    assert refused.value.path == violation.path
    assert "\n" not in str(refused.value) and len(str(refused.value)) < LONGEST_MESSAGE


@pytest.mark.parametrize("mistake", BY_HAND, ids=lambda mistake: mistake.what)
def test_a_mistake_is_told_with_its_path(mistake: Mistake) -> None:
    with pytest.raises(InvalidOption) as refused:
        ask(mistake.described)
    assert refused.value.path == mistake.path
    assert "\n" not in str(refused.value) and len(str(refused.value)) < LONGEST_MESSAGE


@pytest.mark.parametrize("tier", tiers())
def test_nothing_strange_ends_in_a_traceback(tier: str) -> None:
    failed = []
    for what, described in strange(tier):
        try:
            build(tier, described)
        except InvalidOption:
            continue
        except Exception as error:
            failed.append(f"{what}: {error!r}")
    assert failed == []
