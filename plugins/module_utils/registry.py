# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds and all tiers, by name."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    auto_scaling_group,
    bucket,
    db_backup_replication,
    db_instance,
    db_option_group,
    db_parameter_group,
    db_subnet_group,
    default_network_acl,
    default_security_group,
    dhcp_options,
    egress_only_gateway,
    elastic_ip,
    flow_log,
    iam_policy,
    iam_role,
    image,
    instance_profile,
    internet_gateway,
    kms_alias,
    kms_key,
    launch_template,
    listener,
    load_balancer,
    log_group,
    nat_gateway,
    network_acl,
    peer_vpc,
    prefix_list,
    route_table,
    scaling_policy,
    secret,
    security_group,
    security_group_rule,
    ssm_parameter,
    subnet,
    target_group,
    vpc,
    vpc_cidr,
    vpc_endpoint,
    vpc_peering,
    vpc_peering_accepter,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers import (
    compute,
    database,
    identity,
    monitoring,
    network,
    secrets,
    storage,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers import load_balancer as load_balancer_tier

KINDS = {
    module.KIND.name: module.KIND
    for module in (
        auto_scaling_group,
        bucket,
        db_backup_replication,
        db_instance,
        db_option_group,
        db_parameter_group,
        db_subnet_group,
        default_network_acl,
        default_security_group,
        dhcp_options,
        egress_only_gateway,
        elastic_ip,
        flow_log,
        iam_policy,
        iam_role,
        image,
        instance_profile,
        internet_gateway,
        kms_alias,
        kms_key,
        launch_template,
        listener,
        load_balancer,
        log_group,
        nat_gateway,
        network_acl,
        peer_vpc,
        prefix_list,
        route_table,
        scaling_policy,
        secret,
        security_group,
        security_group_rule,
        ssm_parameter,
        subnet,
        target_group,
        vpc,
        vpc_cidr,
        vpc_endpoint,
        vpc_peering,
        vpc_peering_accepter,
    )
}
# In the order in which a reader meets them; the graph decides the order of work.
TIERS = {
    module.TIER: module for module in (network, identity, secrets, storage, database, load_balancer_tier, compute, monitoring)
}
TIER_KINDS = {name: module.KINDS for name, module in TIERS.items()}
