# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups: names are unique, policies go with their group, and what is terminated leaves the target groups."""

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.models.instances import InstanceBackend
from moto.elbv2.models import elbv2_backends

from local_cloud.emulator.fidelity.patching import around


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


@around(InstanceBackend, "terminate_instances")
def terminate_instances(original: Any, self: Any, instance_ids: list[str]) -> Any:
    """Take terminated instances out of the target groups, also those that a group terminates."""
    result = original(self, instance_ids)
    elbv2_backends[self.account_id][self.region_name].notify_terminate_instances(instance_ids)
    return result
