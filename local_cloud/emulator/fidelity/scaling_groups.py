# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups: names are unique, instances are spread over the subnets, and what goes leaves the target groups."""

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.models.instances import InstanceBackend
from moto.elbv2.models import elbv2_backends

from local_cloud.emulator.fidelity.patching import around, method


@around(AutoScalingBackend, "create_auto_scaling_group")
def create_auto_scaling_group(original: Any, self: Any, name: str, **keywords: Any) -> Any:
    """Refuse a name that is taken."""
    if name in self.autoscaling_groups:
        raise AutoscalingClientError(
            "AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name " + name + " already exists"
        )
    return original(self, name=name, **keywords)


@around(AutoScalingResponse, "delete_auto_scaling_group")
def delete_auto_scaling_group(original: Any, self: Any) -> Any:
    """Refuse to delete a group with instances unless it is forced; its policies go with it."""
    name = self._get_param("AutoScalingGroupName")
    group = self.autoscaling_backend.autoscaling_groups.get(name)
    if group is not None and group.instance_states and not self._get_bool_param("ForceDelete", False):
        raise AutoscalingClientError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.",
        )
    result = original(self)
    policies = self.autoscaling_backend.policies
    for key in [key for key, policy in policies.items() if policy.auto_scaling_group_name == name]:
        del policies[key]
    return result


@method(FakeAutoScalingGroup)
def replace_autoscaling_group_instances(self: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Launch each instance in the subnet that has fewest of the group's; moto puts all into the first."""
    tags = self.instance_tags | propagated_tags | {"aws:autoscaling:groupName": self.name}
    for _ in range(count_needed):
        reservation = self.autoscaling_backend.ec2_backend.run_instances(
            self.image_id,
            1,
            self.user_data,
            self.security_groups,
            instance_type=self.instance_type,
            tags={"instance": tags, "volume": self._volume_tags()},
            placement=None if self.vpc_zone_identifier else self.availability_zones[0],
            launch_config=self.launch_config,
            launch_template=self._template_reference(),
            is_instance_type_default=False,
            associate_public_ip=self.launch_config.associate_public_ip_address if self.launch_config else None,
            subnet_id=self._emptiest_subnet(),
            region_name=self.region,
        )
        instance = reservation.instances[0]
        instance.autoscaling_group = self
        protected = self.new_instances_protected_from_scale_in
        self.instance_states.append(InstanceState(instance, protected_from_scale_in=protected))


@method(FakeAutoScalingGroup)
def _emptiest_subnet(self: Any) -> str | None:
    if not self.vpc_zone_identifier:
        return None
    used = [state.instance.subnet_id for state in self.instance_states]
    return min(self.vpc_zone_identifier.split(","), key=used.count)


@method(FakeAutoScalingGroup)
def _template_reference(self: Any) -> dict[str, Any] | None:
    if not self.ec2_launch_template:
        return None
    return {"LaunchTemplateId": self.ec2_launch_template.id, "Version": self.launch_template_version}


@method(FakeAutoScalingGroup)
def _volume_tags(self: Any) -> dict[str, str]:
    if not self.ec2_launch_template:
        return {}
    specifications = self.ec2_launch_template.get_version(self.launch_template_version).data.get("TagSpecifications", [])
    return {tag["Key"]: tag["Value"] for item in specifications if item["ResourceType"] == "volume" for tag in item["Tags"]}


@around(InstanceBackend, "terminate_instances")
def terminate_instances(original: Any, self: Any, instance_ids: list[str]) -> Any:
    """Take terminated instances out of the target groups, also those that a group terminates."""
    result = original(self, instance_ids)
    elbv2_backends[self.account_id][self.region_name].notify_terminate_instances(instance_ids)
    return result


@around(AutoScalingBackend, "notify_terminate_instances")
def notify_terminate_instances(original: Any, self: Any, instance_ids: list[str]) -> None:
    """Register the replacements of terminated instances."""
    original(self, instance_ids)
    for name in self.autoscaling_groups:
        self.update_attached_target_groups(name)
