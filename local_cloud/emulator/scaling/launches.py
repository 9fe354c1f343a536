# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a group starts an instance: from which template, as which type, in which subnet.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html
"""

import math
from dataclasses import dataclass, field
from typing import Any

from local_cloud.emulator.scaling import members


@dataclass(frozen=True)
class Configuration:
    """What a group launches from: a launch template, and the types and shares of a mixed instances policy."""

    specification: dict[str, str]
    overrides: list[dict[str, Any]] = field(default_factory=list)
    distribution: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.specification.get("Version") or "$Default"


@dataclass(frozen=True)
class Choice:
    """One instance to launch."""

    type: str
    weight: int
    spot: bool


def of_group(group: Any) -> Configuration | None:
    """Return what the group itself says, None for one with a launch configuration."""
    if group.ec2_launch_template is None:
        return None
    template = {"LaunchTemplateId": group.ec2_launch_template.id, "Version": str(group.launch_template_version)}
    return of_request({"LaunchTemplate": template, "MixedInstancesPolicy": group.mixed_instances_policy})


def of_request(request: dict[str, Any]) -> Configuration:
    """Return what a group's or an instance refresh's parameters say: a template, or a policy with one."""
    policy = request.get("MixedInstancesPolicy")
    if not policy:
        return Configuration(request["LaunchTemplate"])
    template = policy["LaunchTemplate"]
    return Configuration(
        template["LaunchTemplateSpecification"], template.get("Overrides") or [], policy.get("InstancesDistribution") or {}
    )


def template_of(owner: Any, configuration: Configuration) -> Any:
    """Return the launch template of a configuration, for a group or a backend with groups."""
    specification, ec2 = configuration.specification, owner.ec2_backend
    if specification.get("LaunchTemplateId"):
        return ec2.get_launch_template(specification["LaunchTemplateId"])
    return ec2.get_launch_template_by_name(specification["LaunchTemplateName"])


def reference(owner: Any, configuration: Configuration) -> dict[str, str]:
    """Return the template with the number of the version that it stands for now."""
    template = template_of(owner, configuration)
    number = template.get_version(configuration.version).number
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": str(number)}


def launch(group: Any, configuration: Configuration | None) -> Any:
    """Start one instance; moto's EC2 instance and the reference to its template."""
    version = group.launch_config
    template = None
    if configuration is not None:
        template = reference(group, configuration)
        version = template_of(group, configuration).get_version(template["Version"])
    choice = _choose(group, configuration, version.instance_type)
    tags = getattr(version, "instance_tags", {}) | group.get_propagated_tags() | {"aws:autoscaling:groupName": group.name}
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        version.user_data,
        version.security_groups,
        instance_type=choice.type,
        tags={"instance": tags, "volume": _volume_tags(version)},
        placement=None if group.vpc_zone_identifier else group.availability_zones[0],
        launch_config=group.launch_config,
        launch_template=template and {"LaunchTemplateId": template["LaunchTemplateId"], "Version": template["Version"]},
        is_instance_type_default=False,
        associate_public_ip=group.launch_config.associate_public_ip_address if group.launch_config else None,
        subnet_id=_emptiest_subnet(group),
        region_name=group.region,
        lifecycle="spot" if choice.spot else None,
    )
    instance = reservation.instances[0]
    instance.weight = choice.weight
    return instance, template


def weight(member: Any) -> int:
    """Return how much of the group's size a member is."""
    return getattr(member.instance, "weight", 1)


def _choose(group: Any, configuration: Configuration | None, default_type: str) -> Choice:
    """Choose on-demand until its share is there, in the order of the overrides, which Spot instances take in turn."""
    if configuration is None or not (configuration.overrides or configuration.distribution):
        return Choice(default_type, 1, spot=False)
    on_demand = [member for member in members.live(group) if member.instance.lifecycle != "spot"]
    spot = len(members.live(group)) - len(on_demand)
    wanted = _on_demand_share(configuration.distribution, group.desired_capacity or 0)
    is_spot = sum(weight(member) for member in on_demand) >= wanted
    overrides = configuration.overrides or [{}]
    override = overrides[spot % len(overrides)] if is_spot else overrides[0]
    return Choice(override.get("InstanceType") or default_type, int(override.get("WeightedCapacity") or 1), is_spot)


def _on_demand_share(distribution: dict[str, Any], size: int) -> int:
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    percentage = int(distribution.get("OnDemandPercentageAboveBaseCapacity") or 100)
    if "OnDemandPercentageAboveBaseCapacity" in distribution:
        percentage = int(distribution["OnDemandPercentageAboveBaseCapacity"])
    return base + math.ceil(max(size - base, 0) * percentage / 100)


def _emptiest_subnet(group: Any) -> str | None:
    if not group.vpc_zone_identifier:
        return None
    used = [member.instance.subnet_id for member in members.live(group)]
    return min(group.vpc_zone_identifier.split(","), key=used.count)


def _volume_tags(version: Any) -> dict[str, str]:
    specifications = getattr(version, "data", {}).get("TagSpecifications", [])
    return {tag["Key"]: tag["Value"] for item in specifications if item["ResourceType"] == "volume" for tag in item["Tags"]}
