# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Auto Scaling groups that moto drops: the hooks that a group is created with, warm-up and rebalancing.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
"""

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from local_cloud.emulator.fidelity.patching import around

setattr(FakeAutoScalingGroup, "default_instance_warmup", None)  # noqa: B010 mypy knows no such attribute


@around(AutoScalingResponse, "create_auto_scaling_group")
def create_auto_scaling_group(original: Any, self: Any) -> ActionResult:
    """Have the hooks before the first instance."""
    name, backend = self._get_param("AutoScalingGroupName"), self.autoscaling_backend
    if name in backend.autoscaling_groups:
        return original(self)
    hooks = self._get_param("LifecycleHookSpecificationList", [])
    for hook in hooks:
        backend.create_lifecycle_hook(
            name=hook["LifecycleHookName"],
            as_name=name,
            transition=hook["LifecycleTransition"],
            timeout=int(hook.get("HeartbeatTimeout", 3600)),
            result=hook.get("DefaultResult", "ABANDON"),
        )
    try:
        result = original(self)
    except Exception:
        for hook in hooks:
            backend.delete_lifecycle_hook(name, hook["LifecycleHookName"])
        raise
    _set(self)
    return result


@around(AutoScalingResponse, "update_auto_scaling_group")
def update_auto_scaling_group(original: Any, self: Any) -> ActionResult:
    """Change them, too. A negative warm-up takes it away."""
    result = original(self)
    _set(self)
    return result


def _set(responses: Any) -> None:
    group: Any = responses.autoscaling_backend.autoscaling_groups[responses._get_param("AutoScalingGroupName")]
    warmup, rebalance = responses._get_int_param("DefaultInstanceWarmup"), responses._get_bool_param("CapacityRebalance")
    if warmup is not None:
        group.default_instance_warmup = None if warmup < 0 else warmup
    if rebalance is not None:
        group.capacity_rebalance = rebalance


@around(AutoScalingResponse, "delete_auto_scaling_group")
def delete_auto_scaling_group(original: Any, self: Any) -> ActionResult:
    """Hooks go with their group."""
    name = self._get_param("AutoScalingGroupName")
    result = original(self)
    hooks = self.autoscaling_backend.lifecycle_hooks
    for key in [key for key, hook in hooks.items() if hook.auto_scaling_group_name == name]:
        del hooks[key]
    return result
