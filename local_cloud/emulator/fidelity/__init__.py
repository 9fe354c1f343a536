# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto gets wrong or lacks and the product's kinds need: one topic per file.

AWS's documentation decides what a patch does. Importing a module applies its patches to moto's classes. Each has a
scenario in ``tests/local_cloud`` that fails on plain moto and passes here, and that says when moto no longer needs it.
"""

import functools
import importlib

PATCHES = (
    "addresses",
    "client_tokens",
    "dependencies",
    "dhcp_options",
    "launched_interfaces",
    "instance_settings",
    "reverse_names",
    "nat_gateways",
    "network_details",
    "peering_filters",
    "prefix_lists",
    "endpoints",
    "images",
    "launch_templates",
    "launch_template_tags",
    "scaling_groups",
    "scaling_members",
    "group_settings",
    "group_metrics",
    "lifecycle_hooks",
    "instance_refreshes",
    "warm_pools",
    "scheduled_actions",
    "scaling_policies",
    "load_balancer_addresses",
    "load_balancers",
    "load_balancer_duplicates",
    "load_balancer_logs",
    "target_groups",
    "listener_certificates",
    "listener_rules",
    "target_health",
    "target_draining",
    "database_groups",
    "databases",
    "database_lifecycle",
    "database_changes",
    "database_secrets",
    "database_replicas",
    "database_contents",
    "database_backups",
    "database_options",
    "cache_groups",
    "cache_users",
    "cache_members",
    "cache_changes",
    "cache_lifecycle",
    "cache_nodes",
    "tagged_resources",
    "policy_details",
    "log_group_keys",
    "buckets",
    "file_systems",
    "image_replication",
    "keys",
    "secrets",
    "record_sets",
    "certificates",
    "role_permissions",
)


@functools.cache
def apply() -> None:
    """Patch moto's backends, once per process."""
    for name in PATCHES:
        importlib.import_module(f"{__name__}.{name}")
