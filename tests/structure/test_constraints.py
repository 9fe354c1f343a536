# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's limits stand as data beside each option, so that violations of them can be generated."""

from __future__ import annotations

import pytest

from tests.unit.violations.generate import tiers
from tests.unit.violations.options import Option, options, spec_of

pytestmark = pytest.mark.usefixtures("checkout")
# A document of IAM's, whose length the tier checks.
WITHOUT_A_RULE = {"network.endpoints[].policy"}
# As many as there are classes of subnets: what repeats or is not one of them is refused.
WITHOUT_AN_END = {"network.endpoints[].subnets", "network.peerings[].subnets"}


def is_leaf(option: Option) -> bool:
    """Whether nothing inside of it could have the rules instead."""
    return option.inner is None and option.type != "list"


@pytest.mark.parametrize("tier", tiers())
def test_every_leaf_has_a_rule(tier: str) -> None:
    without = {str(option) for option in options(tier) if is_leaf(option) and not option.has_rule}
    assert without - WITHOUT_A_RULE == set()


@pytest.mark.parametrize("tier", tiers())
def test_every_list_has_an_end(tier: str) -> None:
    lists = [option for option in options(tier) if option.type == "list" and not option.details.get("choices")]
    endless = {str(option) for option in lists if option.constraint.max_length is None}
    assert endless - WITHOUT_AN_END == set()


@pytest.mark.parametrize("tier", tiers())
def test_every_constraint_is_of_an_option(tier: str) -> None:
    known = {option.pattern for option in options(tier)}
    assert [pattern for pattern in spec_of(tier)[1] if pattern not in known] == []
