# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle hooks: whoever prepares an instance completes its action, or asks for more time.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/completing-lifecycle-hooks.html
"""

import time
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult

from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.scaling import hooks, progress


@method(AutoScalingResponse)
def complete_lifecycle_action(self: Any) -> EmptyResult:
    """End an action."""
    result = self._get_param("LifecycleActionResult")
    if result not in (hooks.CONTINUE, hooks.ABANDON):
        raise ValidationError("LifecycleActionResult must be one of [CONTINUE, ABANDON]")
    group, action = _action(self)
    action.complete(result)
    progress.advance_group(group)
    return EmptyResult()


@method(AutoScalingResponse)
def record_lifecycle_action_heartbeat(self: Any) -> EmptyResult:
    """Begin the timeout anew."""
    _group, action = _action(self)
    action.heartbeat = time.monotonic()
    return EmptyResult()


def _action(responses: Any) -> tuple[Any, hooks.Action]:
    """Find the group and an open action by its hook and its token or instance."""
    name, hook = responses._get_param("AutoScalingGroupName"), responses._get_param("LifecycleHookName")
    token, instance = responses._get_param("LifecycleActionToken"), responses._get_param("InstanceId")
    group = responses.autoscaling_backend.autoscaling_groups.get(name)
    for member in group.instance_states if group else ():
        for action in member.actions:
            asked = action.token == token if token else member.instance_id == instance
            if asked and action.hook.name == hook and not action.result:
                return group, action
    what = f"token {token}" if token else f"instance ID {instance}"
    raise ValidationError(f"No active Lifecycle Action found with {what}")


@around(AutoScalingBackend, "create_lifecycle_hook")
def create_lifecycle_hook(original: Any, self: Any, name: str, as_name: str, **keywords: Any) -> LifecycleHook:
    """Change what is not given only where there is a hook of that name; tell of no topic that nobody named."""
    hook = original(self, name=name, as_name=as_name, **keywords)
    hook.role_arn = hook.notification_target_arn = None
    hook.global_timeout = min(hooks.LONGEST_WAIT, hooks.LONGEST_TIMES * hook.heartbeat_timeout)
    return hook


@around(AutoScalingBackend, "delete_lifecycle_hook")
def delete_lifecycle_hook(original: Any, self: Any, as_name: str, name: str) -> None:
    """Abandon who waits on the way in, let go who waits on the way out."""
    group = self.autoscaling_groups.get(as_name)
    for member in group.instance_states if group else ():
        for action in member.actions:
            if action.hook.name == name and not action.result:
                action.complete(hooks.ABANDON if member.lifecycle_state.startswith("Pending") else hooks.CONTINUE)
    original(self, as_name, name)
