# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds and all tiers, by name."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    auto_scaling_group,
    elastic_ip,
    image,
    internet_gateway,
    launch_template,
    nat_gateway,
    route_table,
    scaling_policy,
    security_group,
    security_group_rule,
    subnet,
    vpc,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers import compute, network

KINDS = {
    module.KIND.name: module.KIND
    for module in (
        auto_scaling_group,
        elastic_ip,
        image,
        internet_gateway,
        launch_template,
        nat_gateway,
        route_table,
        scaling_policy,
        security_group,
        security_group_rule,
        subnet,
        vpc,
    )
}
# In the order in which a reader meets them; the graph decides the order of work.
TIERS = {module.TIER: module for module in (network, compute)}
TIER_KINDS = {name: module.KINDS for name, module in TIERS.items()}
