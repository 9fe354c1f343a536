# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds the instances of a group on their way in or out until somebody says that they are done.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context

TRANSITIONS = {"launching": "autoscaling:EC2_INSTANCE_LAUNCHING", "terminating": "autoscaling:EC2_INSTANCE_TERMINATING"}
NAMES = {transition: name for name, transition in TRANSITIONS.items()}


def specification(hook: Mapping[str, Any]) -> dict[str, Any]:
    """Return the LifecycleHookSpecification, which PutLifecycleHook takes as well."""
    return {
        "LifecycleHookName": hook["name"],
        "LifecycleTransition": TRANSITIONS[hook["transition"]],
        "HeartbeatTimeout": hook["timeout"],
        "DefaultResult": hook["default_result"],
    }


def hooks_of(context: Context, group: str) -> tuple[dict[str, Any], ...]:
    answer = context.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=group)
    return tuple(
        {
            "name": raw["LifecycleHookName"],
            "transition": NAMES[raw["LifecycleTransition"]],
            "timeout": raw["HeartbeatTimeout"],
            "default_result": raw["DefaultResult"],
        }
        for raw in answer["LifecycleHooks"]
    )


def set_hooks(context: Context, group: str, actual: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]]) -> None:
    """Make the new ones before the others go, so that no instance slips through."""
    client, known, wanted = context.client("autoscaling"), {hook["name"]: hook for hook in actual}, list(wanted)
    for hook in wanted:
        if hook != known.get(hook["name"]):
            client.put_lifecycle_hook(AutoScalingGroupName=group, **specification(hook))
    for name in sorted(known.keys() - {hook["name"] for hook in wanted}):
        client.delete_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName=name)


def disruption(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> str:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLifecycleHook.html"""
    kept = {hook["name"] for hook in after}
    gone = sorted(hook["name"] for hook in before if hook["transition"] == "launching" and hook["name"] not in kept)
    return f"abandons the instances that wait for {', '.join(gone)}" if gone else ""
