# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacing the instances of a group by ones of another template version.

The group itself gets the new version when the last instance has it; until then it can go back to the old one.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of

GOING_ON = ("Pending", "InProgress", "Baking")
ACTIVE = (*GOING_ON, "Cancelling", "RollbackInProgress")
# AWS's limit for one refresh. It gives up by itself when nothing has moved for an hour.
LONGEST = 14 * 24 * 3600.0
# While another one is being cancelled or rolled back, which takes as long as its instances take.
OTHERS = 3600.0
IN_THE_WAY = "(?i)active instance refresh"
RETRIES = (
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachLoadBalancerTargetGroups.html#API_AttachLoadBalancerTargetGroups_Errors
    *(
        Retry(operation, "InstanceRefreshInProgress", seconds=OTHERS)
        for operation in ("StartInstanceRefresh", "AttachLoadBalancerTargetGroups", "PutWarmPool")
    ),
    Retry("UpdateAutoScalingGroup", "ValidationError", IN_THE_WAY, OTHERS),
)


def latest(context: Context, group: str) -> Mapping[str, Any] | None:
    answer = context.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=group, MaxRecords=1)
    return next(iter(answer["InstanceRefreshes"]), None)


def start(context: Context, group: str, configuration: Mapping[str, Any], preferences: Mapping[str, Any]) -> None:
    """Start a refresh to the configuration, unless an earlier run has done so. One to another configuration is ended."""
    running = latest(context, group)
    if running and running["Status"] in GOING_ON:
        if template_of(running.get("DesiredConfiguration", {})) == template_of(configuration):
            return
        _cancel(context, group)
    context.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=group, DesiredConfiguration=configuration, Preferences=_preferences(preferences)
    )


def making_way(context: Context, group: str, change: Callable[[], Any]) -> None:
    """Make a change. A refresh that is in its way is cancelled; when it has ended, the change is repeated."""
    try:
        change()
    except Exception as error:
        if re.search(IN_THE_WAY, str(error)):
            _cancel(context, group)
        raise


def template_of(configuration: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return id and version of the launch template in a configuration, or in a group."""
    policy = configuration.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification", {})
    template = configuration.get("LaunchTemplate") or policy
    return template.get("LaunchTemplateId"), template.get("Version")


def failure(refresh: Mapping[str, Any] | None) -> str:
    """Say how a refresh has ended, if it has ended badly."""
    if refresh is None or refresh["Status"] in (*ACTIVE, "Successful"):
        return ""
    reason = f": {refresh['StatusReason']}" if refresh.get("StatusReason") else ""
    return f"the instance refresh {refresh['InstanceRefreshId']} is {refresh['Status']}{reason}"


def progress(refresh: Mapping[str, Any]) -> str:
    status, percentage = refresh["Status"], refresh.get("PercentageComplete", 0)
    doing = {"RollbackInProgress": "rolling back", "Cancelling": "cancelling the refresh"}.get(status, "refreshing")
    reason = f": {refresh['StatusReason']}" if refresh.get("StatusReason") else ""
    return f"{doing} {percentage} %{reason}"


def _cancel(context: Context, group: str) -> None:
    """It may end by itself at the same moment."""
    try:
        context.client("autoscaling").cancel_instance_refresh(AutoScalingGroupName=group)
    except Exception as error:
        if code_of(error) not in ("ActiveInstanceRefreshNotFound", "ActiveInstanceRefreshNotFoundFault"):
            raise


def _preferences(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RefreshPreferences. Instances that are as wanted stay: an earlier refresh may have replaced them."""
    checkpoints = {"CheckpointPercentages": list(given["checkpoints"]), "CheckpointDelay": given["checkpoint_delay"]}
    return {
        "MinHealthyPercentage": given["min_healthy"],
        "MaxHealthyPercentage": given["max_healthy"],
        "AutoRollback": given["auto_rollback"],
        "SkipMatching": True,
        **(checkpoints if given["checkpoints"] else {}),
    }
