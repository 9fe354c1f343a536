# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target health is what somebody observed: moto calls every registered target healthy."""

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

from local_cloud.emulator.fidelity.patching import around

# (target group's ARN, target's id, port) -> (state, reason, description), or None: not observed.
Observation = tuple[str, str | None, str | None]
Observer = Callable[[str, str, str], Observation | None]

observers: list[Observer] = []


@around(FakeTargetGroup, "health_for")
def health_for(original: Any, self: Any, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
    """Ask the observers about targets that moto calls healthy."""
    status = original(self, target, ec2_backend)
    if status.status == "healthy":
        for observe in observers:
            if seen := observe(self.arn, status.instance_id, str(status.port)):
                status.status, status.reason, status.description = seen
    return status
