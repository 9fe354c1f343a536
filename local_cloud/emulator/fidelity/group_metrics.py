# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups whose metrics are switched off again: DisableMetricsCollection."""

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from local_cloud.emulator.fidelity.patching import method


@method(AutoScalingResponse)
def disable_metrics_collection(self: Any) -> ActionResult:
    """Collect the metrics no longer that are named, or none if none is."""
    group = self.autoscaling_backend.describe_auto_scaling_groups([self._get_param("AutoScalingGroupName")])[0]
    named = self._get_param("Metrics") or group.metrics
    group.metrics = [metric for metric in group.metrics if metric not in named]
    return EmptyResult()
