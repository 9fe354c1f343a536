# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of Auto Scaling groups come and go in the background, held by lifecycle hooks; sizes have limits.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import activities, launches, members, progress

DEFAULTS: dict[type, dict[str, Any]] = {
    FakeAutoScalingGroup: {"status": None},
    InstanceState: {"template": None, "served": 0.0, "abandoned": "", "warming": False},
}
for owner, attributes in DEFAULTS.items():
    for name, value in attributes.items():
        setattr(owner, name, value)

lifecycle.by_itself(progress.advance)


@around(InstanceState, "__init__")
def member(original: Any, self: Any, instance: Any, *arguments: Any, **keywords: Any) -> None:
    """Have what a member's life needs, also for an instance that somebody attached."""
    original(self, instance, *arguments, **keywords)
    self.actions = []
    self.activity = activities.Activity(self.auto_scaling_group, f"Attaching EC2 instance: {instance.id}", "on request.")


def _template(self: Any) -> dict[str, str] | None:
    return self.template


def _template_of_group(self: Any) -> dict[str, str] | None:
    """A group has a template or a policy with one."""
    if self.ec2_launch_template is None or self.mixed_instances_policy:
        return None
    template = self.ec2_launch_template
    version = self.provided_launch_template_version
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name} | ({"Version": version} if version else {})


def _instances(self: Any) -> list[InstanceState]:
    return [member for member in self.instance_states if not member.lifecycle_state.startswith(members.WARM)]


setattr(InstanceState, "launch_template", property(_template))  # noqa: B010 mypy forbids to assign a property
setattr(FakeAutoScalingGroup, "launch_template", property(_template_of_group))  # noqa: B010
setattr(FakeAutoScalingGroup, "instances", property(_instances))  # noqa: B010


@method(FakeAutoScalingGroup)
def set_desired_capacity(self: Any, new_capacity: int | None) -> None:
    """Note the size; the members follow."""
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity
    if self.name in self.autoscaling_backend.autoscaling_groups:
        progress.advance_group(self)


@around(AutoScalingBackend, "create_auto_scaling_group")
def create_auto_scaling_group(original: Any, self: Any, **keywords: Any) -> Any:
    """Begin to launch, from a template that exists."""
    template, policy = keywords.get("launch_template"), keywords.get("mixed_instances_policy")
    if template or policy:
        check_template(self, launches.of_request({"LaunchTemplate": template, "MixedInstancesPolicy": policy}))
    group = original(self, **keywords)
    progress.advance_group(group)
    return group


@around(AutoScalingBackend, "set_desired_capacity")
def set_capacity(original: Any, self: Any, group_name: str, desired_capacity: int) -> None:
    """Stay within the group's limits."""
    group = find_group(self, group_name)
    for limit, word, broken in (
        (group.min_size, "below min", desired_capacity < group.min_size),
        (group.max_size, "above max", desired_capacity > group.max_size),
    ):
        if broken:
            raise ValidationError(
                f"New SetDesiredCapacity value {desired_capacity} is {word} value {limit} for the AutoScalingGroup."
            )
    original(self, group_name, desired_capacity)


@method(AutoScalingBackend)
def delete_auto_scaling_group(self: Any, group_name: str) -> None:
    """Terminate the members at once; the group goes a little later."""
    group = self.autoscaling_groups.get(group_name)
    if group is None:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{group_name}' not found")
    if group.status is None:
        group.status = "Delete in progress"
        lifecycle.start(progress.DELETING, group.arn)
    progress.advance_group(group)


@method(AutoScalingBackend)
def update_attached_target_groups(self: Any, group_name: str) -> None:
    """Register who is in service, in the target groups that still exist."""
    group = self.autoscaling_groups[group_name]
    for arn in group.target_group_arns:
        target_group = self.elbv2_backend.target_groups.get(arn)
        if target_group is None:
            continue
        serving = [item.instance_id for item in members.in_service(group) if item.instance.state == "running"]
        new = [{"Id": instance, "Port": target_group.port} for instance in serving if instance not in target_group.targets]
        if new:
            self.elbv2_backend.register_targets(arn, new)


@method(AutoScalingBackend)
def notify_terminate_instances(self: Any, instance_ids: list[str]) -> None:
    """Replace members that somebody terminated."""
    for group in list(self.autoscaling_groups.values()):
        if any(item.instance_id in instance_ids for item in members.live(group)):
            progress.advance_group(group)


@method(AutoScalingBackend)
def terminate_instance(self: Any, instance_id: str, should_decrement: bool) -> activities.Activity:
    """Begin a member's end, in favour of another one or of a smaller group."""
    group, item = find_member(self, instance_id)
    if should_decrement:
        if group.desired_capacity <= group.min_size:
            raise ValidationError(
                "Currently, desiredSize equals minSize. Terminating instance without replacement will violate it."
            )
        group.desired_capacity -= 1
    members.leave(group, item, f"instance {instance_id} was taken out of service in response to a user request.")
    progress.advance_group(group)
    return item.activity


@around(AutoScalingResponse, "describe_scaling_activities")
def describe_scaling_activities(_: Any, self: Any) -> ActionResult:
    """Tell what was done, newest first, in pages."""
    name, ids = self._get_param("AutoScalingGroupName"), self._get_param("ActivityIds", [])
    backend, deleted = self.autoscaling_backend, self._get_bool_param("IncludeDeletedGroups", False)
    if name and name not in backend.autoscaling_groups and not deleted:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    found = [
        item
        for item in activities.activities(backend)
        if (not name or item.auto_scaling_group_name == name)
        and (not ids or item.activity_id in ids)
        and (deleted or item.auto_scaling_group_name in backend.autoscaling_groups)
    ]
    start, size = int(self._get_param("NextToken") or 0), self._get_int_param("MaxRecords", 100)
    token = str(start + size) if start + size < len(found) else None
    return ActionResult({"Activities": found[start : start + size], "NextToken": token})


def check_template(owner: Any, configuration: launches.Configuration) -> None:
    """Refuse what nothing can be launched from, for a group or a backend with groups."""
    problem = "You must use a valid fully-formed launch template."
    try:
        reference = launches.reference(owner, configuration)
    except ServiceException as error:
        raise ValidationError(f"{problem} {error.message}") from error
    image = launches.template_of(owner, configuration).get_version(reference["Version"]).image_id
    if image.startswith("ami-") and not owner.ec2_backend.describe_images(filters={"image-id": image}):
        raise ValidationError(f"{problem} The image id '[{image}]' does not exist")


def find_member(backend: Any, instance_id: str) -> tuple[Any, Any]:
    """Return a member and its group."""
    for group in backend.autoscaling_groups.values():
        for item in group.instance_states:
            if item.instance_id == instance_id:
                return group, item
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


def find_group(backend: Any, name: str) -> Any:
    """Return a group."""
    if name not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return backend.autoscaling_groups[name]
