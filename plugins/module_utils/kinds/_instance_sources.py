# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an Auto Scaling group starts: instances of one type, or a mix of types and of on-demand and Spot capacity.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.kinds._instance_refresh import template_of

# Named though they are fixed, because AWS's defaults have been others.
DISTRIBUTION = {"OnDemandAllocationStrategy": "prioritized", "SpotAllocationStrategy": "price-capacity-optimized"}


def source(template: str, version: Any, mixed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return either LaunchTemplate or MixedInstancesPolicy. `mixed` has overrides, on_demand_base and on_demand_percentage."""
    specification = {"LaunchTemplateId": template, "Version": str(version)}
    if not mixed:
        return {"LaunchTemplate": specification}
    return {
        "MixedInstancesPolicy": {
            "LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": list(mixed["overrides"])},
            "InstancesDistribution": {
                **DISTRIBUTION,
                "OnDemandBaseCapacity": mixed["on_demand_base"],
                "OnDemandPercentageAboveBaseCapacity": mixed["on_demand_percentage"],
            },
        }
    }


def mixed_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mix of a group, empty if it has none. What AWS says beyond `source` is a difference."""
    policy = raw.get("MixedInstancesPolicy")
    if not policy:
        return {}
    distribution = policy.get("InstancesDistribution", {})
    others = {name: distribution.get(name) for name, value in DISTRIBUTION.items() if distribution.get(name) != value}
    return {
        "overrides": tuple(policy["LaunchTemplate"].get("Overrides", ())),
        "on_demand_base": distribution.get("OnDemandBaseCapacity", 0),
        "on_demand_percentage": distribution.get("OnDemandPercentageAboveBaseCapacity", 100),
        **others,
    }


def outdated(raw: Mapping[str, Any]) -> int:
    """Return how many instances run something else than what the group starts now."""
    wanted = template_of(raw)
    templates = [instance.get("LaunchTemplate", {}) for instance in staying(raw)]
    return sum((template.get("LaunchTemplateId"), template.get("Version")) != wanted for template in templates if template)


def staying(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the instances that are not on their way out."""
    return [instance for instance in raw.get("Instances", ()) if not instance["LifecycleState"].startswith("Terminat")]


def running_versions(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the numbers of the versions of the group's template that its instances have, the newest last."""
    templates = [instance.get("LaunchTemplate", {}) for instance in staying(raw)]
    numbers = {template["Version"] for template in templates if template and template["LaunchTemplateId"] == template_of(raw)[0]}
    return tuple(sorted(numbers, key=int))


def versions(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the template versions that a group and its instances have."""
    templates = [instance.get("LaunchTemplate", {}) for instance in raw.get("Instances", ())]
    return tuple(sorted({template_of(raw)[1] or "", *(template.get("Version", "") for template in templates)} - {""}))
