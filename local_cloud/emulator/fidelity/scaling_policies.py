# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaling policies: the answer has their ARN, and their names are unique per group only."""

from typing import Any

from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from local_cloud.emulator.fidelity.patching import around


@around(AutoScalingBackend, "put_scaling_policy")
def put_scaling_policy(original: Any, self: Any, name: str, *arguments: Any, **keywords: Any) -> Any:
    """Keep the policy under its group's and its own name; a changed one stays enabled."""
    other = self.policies.pop(name, None)
    policy = original(self, name, *arguments, **keywords)
    self.policies[(policy.auto_scaling_group_name, name)] = self.policies.pop(name)
    if other is not None:
        self.policies[name] = other
    policy.enabled = True
    return policy


@around(AutoScalingResponse, "put_scaling_policy")
def answer_put_scaling_policy(original: Any, self: Any) -> ActionResult:
    """Spell the member as the API does."""
    result = original(self).result
    return ActionResult({"PolicyARN": result["PolicyArn"], "Alarms": []})


@around(AutoScalingResponse, "delete_policy")
def delete_policy(_: Any, self: Any) -> ActionResult:
    """Delete by group and name, or by ARN."""
    name, group = self._get_param("PolicyName"), self._get_param("AutoScalingGroupName")
    policies = self.autoscaling_backend.policies
    for key in [key for key, policy in policies.items() if name in (policy.arn, policy.name)]:
        if group in (None, policies[key].auto_scaling_group_name):
            del policies[key]
    return EmptyResult()
