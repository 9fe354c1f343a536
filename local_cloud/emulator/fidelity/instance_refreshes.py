# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance refreshes, which moto lacks: started, described, cancelled and rolled back.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html
"""

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.fidelity.scaling_members import check_template, find_group
from local_cloud.emulator.scaling import launches, members, progress, refresh

NUMBERS = {
    "MinHealthyPercentage": (0, 100),
    "MaxHealthyPercentage": (100, 200),
    "InstanceWarmup": (0, None),
    "CheckpointDelay": (0, 172800),
    "BakeTime": (0, 172800),
}
WIDEST_RANGE = 100


@method(AutoScalingResponse)
def start_instance_refresh(self: Any) -> ActionResult:
    """Begin to replace the members, all of them or those that differ."""
    group = find_group(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    if refresh.active(group):
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        )
    preferences, desired = _preferences(self._get_param("Preferences", {})), self._get_param("DesiredConfiguration")
    wanted = _configuration(group, desired)
    previous = launches.of_group(group)
    if preferences.get("AutoRollback") and not _can_go_back(previous, desired):
        raise ValidationError(
            "Rollback is not supported without a desired configuration, nor for a group with the $Latest or $Default version."
        )
    old = {
        item.instance_id
        for item in members.live(group)
        if not (preferences.get("SkipMatching") and _matches(group, item, wanted))
    }
    item = refresh.Refresh(group.name, preferences, desired, wanted, previous, old)
    refresh.of(group).insert(0, item)
    return ActionResult({"InstanceRefreshId": item.id})


@method(AutoScalingResponse)
def describe_instance_refreshes(self: Any) -> ActionResult:
    """Tell of those of a group, newest first, in pages."""
    group = find_group(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    ids, start = self._get_param("InstanceRefreshIds", []), int(self._get_param("NextToken") or 0)
    found = [item for item in refresh.of(group) if not ids or item.id in ids]
    end = start + self._get_int_param("MaxRecords", 50)
    token = str(end) if end < len(found) else None
    return ActionResult({"InstanceRefreshes": [_described(item) for item in found[start:end]], "NextToken": token})


@method(AutoScalingResponse)
def cancel_instance_refresh(self: Any) -> ActionResult:
    """Replace no more members; the ones on their way arrive."""
    group, item = _active(self)
    item.status, item.reason = "Cancelling", "Cancelled due to user request."
    progress.advance_group(group)
    return ActionResult({"InstanceRefreshId": item.id})


@method(AutoScalingResponse)
def rollback_instance_refresh(self: Any) -> ActionResult:
    """Go back to the configuration of before."""
    group, item = _active(self)
    if not _can_go_back(item.previous, item.desired) or item.status == refresh.ROLLING_BACK:
        raise AutoscalingClientError("IrreversibleInstanceRefresh", "The instance refresh cannot be rolled back.")
    refresh.roll_back(group, item, "Rolled back due to user request.")
    return ActionResult({"InstanceRefreshId": item.id})


@around(FakeAutoScalingGroup, "update")
def update(original: Any, self: Any, **keywords: Any) -> None:
    """Keep a mixed instances policy, stay within the limits, and leave alone what a refresh is about to set."""
    replaced = [name for name in ("launch_template", "launch_config_name", "mixed_instances_policy") if keywords.get(name)]
    item = refresh.active(self)
    if replaced and item is not None and item.desired:
        raise ValidationError(
            "An active instance refresh with a desired configuration exists. All configuration options derived from the desired "
            "configuration are not available for update while the instance refresh is active."
        )
    template, mixed = keywords.get("launch_template"), keywords.get("mixed_instances_policy")
    if template or mixed:
        check_template(self, launches.of_request({"LaunchTemplate": template, "MixedInstancesPolicy": mixed}))
    policy = self.mixed_instances_policy
    low = self.min_size if keywords["min_size"] is None else keywords["min_size"]
    high = self.max_size if keywords["max_size"] is None else keywords["max_size"]
    if low > high:
        raise ValidationError("Max bound must be greater than or equal to min bound")
    if keywords["desired_capacity"] is None:
        keywords["desired_capacity"] = max(low, min(high, self.desired_capacity))
    original(self, **keywords)
    if not replaced:
        self.mixed_instances_policy = policy


def _active(responses: Any) -> tuple[Any, refresh.Refresh]:
    group = find_group(responses.autoscaling_backend, responses._get_param("AutoScalingGroupName"))
    item = refresh.active(group)
    if item is None:
        raise AutoscalingClientError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.")
    return group, item


def _configuration(group: Any, desired: dict[str, Any] | None) -> launches.Configuration | None:
    """Return what to launch from; refuse a template or version that does not exist."""
    if not desired:
        return launches.of_group(group)
    configuration = launches.of_request(desired)
    check_template(group, configuration)
    return configuration


def _preferences(given: dict[str, Any]) -> dict[str, Any]:
    """Return the preferences with numbers as such; refuse those out of their range."""
    preferences: dict[str, Any] = dict(given)
    for name, (least, most) in NUMBERS.items():
        if name in preferences:
            preferences[name] = int(preferences[name])
            if preferences[name] < least or (most is not None and preferences[name] > most):
                raise ValidationError(f"{name} must be between {least} and {most}.")
    if "MaxHealthyPercentage" in preferences:
        least = preferences.get("MinHealthyPercentage")
        if least is None or preferences["MaxHealthyPercentage"] - least > WIDEST_RANGE:
            raise ValidationError("MaxHealthyPercentage takes a MinHealthyPercentage that is at most 100 less.")
    preferences |= {"CheckpointPercentages": [int(value) for value in preferences.get("CheckpointPercentages", [])]}
    percentages = preferences["CheckpointPercentages"]
    if percentages != sorted(set(percentages)) or not all(1 <= value <= 100 for value in percentages):
        raise ValidationError("CheckpointPercentages must be unique, in ascending order and between 1 and 100.")
    if "CheckpointDelay" in preferences and not percentages:
        raise ValidationError("CheckpointDelay takes CheckpointPercentages.")
    for name in ("SkipMatching", "AutoRollback"):
        preferences[name] = str(preferences.get(name, False)).lower() == "true"
    return preferences


def _can_go_back(previous: launches.Configuration | None, desired: dict[str, Any] | None) -> bool:
    return bool(desired) and previous is not None and previous.version.isdigit()


def _matches(group: Any, member: Any, configuration: launches.Configuration | None) -> bool:
    """Whether a member was launched from the same version of the same template."""
    return configuration is not None and member.template == launches.reference(group, configuration)


def _described(item: refresh.Refresh) -> dict[str, Any]:
    remaining = item.total - item.done
    return {
        "InstanceRefreshId": item.id,
        "AutoScalingGroupName": item.group_name,
        "Status": item.status,
        "StatusReason": item.reason or None,
        "StartTime": item.started,
        "EndTime": item.ended,
        "PercentageComplete": item.percentage,
        "InstancesToUpdate": remaining,
        "ProgressDetails": {"LivePoolProgress": {"PercentageComplete": item.percentage, "InstancesToUpdate": remaining}},
        "Preferences": item.preferences,
        "DesiredConfiguration": item.desired,
        "RollbackDetails": item.rollback or None,
        "Strategy": "Rolling",
    }
