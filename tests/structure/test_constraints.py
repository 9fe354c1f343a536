# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's limits stand as data beside each option, so that violations of them can be generated."""

from __future__ import annotations

import pytest

from tests.unit.violations.generate import tiers
from tests.unit.violations.options import Option, options, spec_of

pytestmark = pytest.mark.usefixtures("checkout")
# An entry may be the block itself, so that its path is the entry's; names that only a survey can tell to be wrong; and a
# document that is IAM's business.
WITHOUT_A_RULE = {
    "network.prefix_lists[].entries[].cidr",
    "network.vpc.flow_logs.log_group",
    "network.vpc.flow_logs.role",
    "network.peerings[].peer.stack",
    "network.peerings[].peer.vpc",
    "network.endpoints[].policy",
}
# As many as there are zones or classes, or as addresses are left, or as the tier counts itself; or quotas that can be raised.
WITHOUT_AN_END = {
    "network.subnets",
    "network.subnets[].cidrs",
    "network.subnets[].acl.ingress",
    "network.subnets[].acl.egress",
    "network.prefix_lists",
    "network.security_groups",
    "network.security_groups[].ingress",
    "network.security_groups[].egress",
    "network.endpoints[].subnets",
    "network.peerings[].subnets",
}


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
