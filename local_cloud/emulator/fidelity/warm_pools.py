# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warm pools have instances; moto keeps their settings only.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutWarmPool.html
"""

from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, FakeWarmPool
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.fidelity.scaling_members import find_group
from local_cloud.emulator.scaling import progress, warm_pools

setattr(FakeWarmPool, "status", None)  # noqa: B010 mypy knows no such attribute


def _size(self: Any) -> int | None:
    return len(warm_pools.pooled(self)) if self.warm_pool else None


setattr(FakeAutoScalingGroup, "warm_pool_size", property(_size))  # noqa: B010


@around(AutoScalingBackend, "put_warm_pool")
def put_warm_pool(original: Any, self: Any, group_name: str, **keywords: Any) -> None:
    """Begin to fill the pool."""
    group = find_group(self, group_name)
    original(self, group_name=group_name, **keywords)
    progress.advance_group(group)


@around(AutoScalingResponse, "describe_warm_pool")
def describe_warm_pool(_: Any, self: Any) -> ActionResult:
    """Tell the instances, too."""
    group = find_group(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    return ActionResult({"WarmPoolConfiguration": group.warm_pool, "Instances": warm_pools.pooled(group)})


@method(AutoScalingBackend)
def delete_warm_pool(self: Any, group_name: str) -> None:
    """End the pool's instances; the pool goes with the last of them."""
    group = find_group(self, group_name)
    if group.warm_pool is not None:
        group.warm_pool.status = "PendingDelete"
        progress.advance_group(group)
