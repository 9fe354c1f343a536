# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a group that exists, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import transform
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.changes import DISRUPTS, IN_PLACE, NOTHING, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1")
GROUP: dict[str, Any] = {
    "name": "app",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "min": 2,
    "max": 6,
    "subnets": "app",
    "security_groups": ["app"],
}
READY: dict[str, Any] = {"name": "ready", "transition": "launching"}
DRAIN: dict[str, Any] = {"name": "drain", "transition": "terminating"}
NIGHT: dict[str, Any] = {"name": "night", "recurrence": "0 22 * * *", "min": 0}
BUSY: dict[str, Any] = {"name": "busy", "comparison": "above", "threshold": 60, "changes": [1]}
# (options before, options after, what it is). Pages are those of the EC2 Auto Scaling user guide.
GROUPS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # asg-capacity-limits.html; the desired capacity is that of the creation.
    ({}, {"min": 3}, IN_PLACE),
    ({}, {"max": 9}, IN_PLACE),
    ({}, {"desired": 4}, NOTHING),
    # ec2-auto-scaling-scheduled-scaling.html: what a schedule changes is not the description's any more.
    ({"schedules": [NIGHT]}, {"schedules": [NIGHT], "min": 3}, NOTHING),
    ({"schedules": [NIGHT]}, {"schedules": [NIGHT], "max": 9}, IN_PLACE),
    # asg-in-vpc.html
    ({}, {"subnets": "web"}, IN_PLACE),
    # attach-load-balancer-asg.html
    ({}, {"target_groups": ["app"]}, IN_PLACE),
    # health-checks-overview.html, health-check-grace-period.html, ec2-auto-scaling-default-instance-warmup.html
    ({}, {"health_check": "ELB"}, IN_PLACE),
    ({}, {"health_check_grace": 60}, IN_PLACE),
    ({}, {"warmup": 60}, IN_PLACE),
    # lifecycle-hooks.html; API_DeleteLifecycleHook.html: instances that wait to be launched are abandoned.
    ({"lifecycle_hooks": []}, {"lifecycle_hooks": [READY]}, IN_PLACE),
    ({"lifecycle_hooks": [READY, DRAIN]}, {"lifecycle_hooks": [READY]}, IN_PLACE),
    ({"lifecycle_hooks": [READY, DRAIN]}, {"lifecycle_hooks": [DRAIN]}, DISRUPTS),
    ({"lifecycle_hooks": [READY]}, {"lifecycle_hooks": [{**READY, "timeout": 60}]}, IN_PLACE),
    # Left alone.
    ({"lifecycle_hooks": [READY]}, {}, NOTHING),
    # ec2-auto-scaling-mixed-instances-groups.html: instances are replaced as they come and go.
    ({}, {"mixed_instances": {"types": ["t3a.small"]}}, IN_PLACE),
    ({"mixed_instances": {"types": ["t3a.small"]}}, {}, IN_PLACE),
    # ec2-auto-scaling-capacity-rebalancing.html
    ({"mixed_instances": {}}, {"mixed_instances": {"capacity_rebalance": False}}, IN_PLACE),
    # ec2-auto-scaling-warm-pools.html
    ({}, {"warm_pool": {}}, IN_PLACE),
    ({"warm_pool": {}}, {"warm_pool": {"state": "running"}}, IN_PLACE),
    ({"warm_pool": {}}, {}, IN_PLACE),
    # It says how a change is rolled out, and is none.
    ({}, {"refresh": {"min_healthy": 50}}, NOTHING),
]
# EC2 user guide, manage-launch-template-versions.html: a new version, whatever it is.
TEMPLATES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"type": "t3.large"}, IN_PLACE),
    ({}, {"role": "app"}, IN_PLACE),
    ({}, {"security_groups": ["app", "other"]}, IN_PLACE),
    ({}, {"key_name": "operators"}, IN_PLACE),
    ({}, {"user_data": "#!/bin/sh\n"}, IN_PLACE),
    ({}, {"root_volume": {"size": 30}}, IN_PLACE),
    ({}, {"metadata_hop_limit": 2}, IN_PLACE),
    ({}, {"detailed_monitoring": True}, IN_PLACE),
    ({}, {"instance_tags": {"owner": "team"}}, IN_PLACE),
    ({}, {"min": 1}, NOTHING),
]
OTHERS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("scaling_policy", {"target_tracking": {"cpu": 50}}, {"target_tracking": {"cpu": 60}}, IN_PLACE),
    ("scheduled_action", {"schedules": [NIGHT]}, {"schedules": [{**NIGHT, "min": 1}]}, IN_PLACE),
    ("scheduled_action", {"schedules": [NIGHT]}, {"schedules": [{**NIGHT, "recurrence": "0 23 * * *"}]}, IN_PLACE),
    ("scheduled_action", {"schedules": [NIGHT]}, {"schedules": [{**NIGHT, "time_zone": "Europe/Berlin"}]}, IN_PLACE),
    ("step_policy", {"step_policies": [BUSY]}, {"step_policies": [{**BUSY, "changes": [2]}]}, IN_PLACE),
    ("step_policy", {"step_policies": [BUSY]}, {"step_policies": [{**BUSY, "adjustment": "percent"}]}, IN_PLACE),
    ("alarm", {"step_policies": [BUSY]}, {"step_policies": [{**BUSY, "threshold": 70}]}, IN_PLACE),
]


def resolved(kind: str, options: dict[str, Any]) -> Any:
    described = {"compute": {"groups": [{**GROUP, **options}]}}
    (values,) = (d.values for d in declarations_of(described, STACK) if d.kind == kind)
    return transform(values, lambda leaf: f"{leaf.kind}:{leaf.name}" if isinstance(leaf, Reference) else leaf)


@pytest.mark.parametrize(("before", "after", "expected"), GROUPS)
def test_groups(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    actual, desired = (resolved("auto_scaling_group", options) for options in (before, after))
    assert kind_of_change(actual, desired) == expected


@pytest.mark.parametrize(("before", "after", "expected"), TEMPLATES)
def test_templates(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    actual, desired = (resolved("launch_template", options) for options in (before, after))
    assert kind_of_change(actual, desired) == expected


@pytest.mark.parametrize(("kind", "before", "after", "expected"), OTHERS)
def test_what_scales(kind: str, before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    assert kind_of_change(resolved(kind, before), resolved(kind, after)) == expected
