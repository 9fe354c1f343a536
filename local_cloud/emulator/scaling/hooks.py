# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle actions: what holds an instance on its way in or out.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
CONTINUE, ABANDON = "CONTINUE", "ABANDON"
# An instance waits 48 hours or a hundred times the timeout, whichever is less, however often somebody asks for more.
LONGEST_WAIT = 48 * 3600
LONGEST_TIMES = 100


@dataclass
class Action:
    """A hook that holds an instance. The times are of the monotonic clock; nobody shortens them, also in tests."""

    hook: Any
    started: float = field(default_factory=time.monotonic)
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: str = ""
    reason: str = ""
    heartbeat: float = field(default_factory=time.monotonic)

    @property
    def expires(self) -> float:
        timeout = self.hook.heartbeat_timeout
        return min(self.heartbeat + timeout, self.started + min(LONGEST_WAIT, LONGEST_TIMES * timeout))

    def complete(self, result: str) -> None:
        """End it as somebody says."""
        self.result, self.reason = result, f"Lifecycle Action Completed with {result} Result"

    def expire(self) -> None:
        """End it as the hook says, if nobody did in time."""
        if not self.result and time.monotonic() >= self.expires:
            self.result, self.reason = self.hook.default_result, "Heartbeat Timeout"


def begin(group: Any, transition: str) -> list[Action]:
    """Return an action for each of the group's hooks of a transition."""
    hooks = group.autoscaling_backend.lifecycle_hooks.values()
    return [
        Action(hook) for hook in hooks if (hook.auto_scaling_group_name, hook.lifecycle_transition) == (group.name, transition)
    ]


def outcome(actions: list[Action]) -> str:
    """Return how the actions of an instance ended, or nothing while it has to wait: one ABANDON ends them all."""
    for action in actions:
        action.expire()
    results = [action.result for action in actions]
    if ABANDON in results:
        return ABANDON
    return CONTINUE if all(results) else ""


def problem(actions: list[Action]) -> str:
    """Return what AWS says of an abandoned launch."""
    (action, *_) = [action for action in actions if action.result == ABANDON]
    return (
        "Instance failed to complete user's Lifecycle Action: "
        f"Lifecycle Action with token {action.token} was abandoned: {action.reason}"
    )
