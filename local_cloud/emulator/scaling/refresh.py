# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance refreshes: the members of a group are replaced step by step by such that follow another configuration.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
"""

import math
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.emulator.scaling import health, launches, members, warm_pools

WARMUP, CHECKPOINT, BAKE = "autoscaling.warmup", "autoscaling.checkpoint", "autoscaling.bake"
ACTIVE = ("Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress")
ROLLING_BACK = "RollbackInProgress"


@dataclass
class Refresh:
    """One refresh. `old` are the members to replace, `new` those that were launched for it, by instance id."""

    group_name: str
    preferences: dict[str, Any]
    desired: dict[str, Any] | None
    configuration: launches.Configuration | None
    previous: launches.Configuration | None
    old: set[str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    new: set[str] = field(default_factory=set)
    status: str = "Pending"
    reason: str = ""
    started: datetime = field(default_factory=utcnow)
    ended: datetime | None = None
    total: int = 0
    done: int = 0
    checkpoint: int = 0
    rollback: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.total = len(self.old)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def percentage(self) -> int:
        return self.done * 100 // self.total if self.total else 100

    def end(self, status: str, reason: str = "") -> None:
        self.status, self.reason, self.ended = status, reason or self.reason, utcnow()


def of(group: Any) -> list[Refresh]:
    """Return the refreshes of a group, newest first."""
    return group.__dict__.setdefault("_refreshes", [])


def active(group: Any) -> Refresh | None:
    """Return the refresh that is under way."""
    return next((item for item in of(group) if item.active), None)


def configuration(group: Any) -> launches.Configuration | None:
    """Return what the group launches from now: what its refresh wants, else what it says itself."""
    item = active(group)
    if item is not None and item.configuration is not None and item.status != "Cancelling":
        return item.configuration
    return launches.of_group(group)


def note_launch(group: Any, member: Any) -> None:
    """Count a new member for the refresh that is under way."""
    if item := active(group):
        item.new.add(member.instance_id)


def forget(group: Any, member: Any) -> None:
    """Do not take it for a failure that the group shrinks."""
    if item := active(group):
        item.new.discard(member.instance_id)


def surplus(group: Any) -> int:
    """Return how many members more than its size the group has for the moment."""
    item = active(group)
    if item is None or item.status == "Cancelling":
        return 0
    size = group.desired_capacity or 0
    return min(most(item, size) - size, _to_go(group, item))


def advance(group: Any) -> bool:
    """Take the refresh that is under way a step further; whether anything changed."""
    item = active(group)
    if item is None or members.suspended(group, "InstanceRefresh"):
        return False
    before = (item.status, item.done, item.checkpoint)
    if item.status == "Pending":
        item.status = "InProgress"
    problem = _problem(group, item)
    if item.status == "Baking":
        _bake(group, item, problem)
    elif problem:
        fail(group, item, problem)
    else:
        _replace(group, item)
    return before != (item.status, item.done, item.checkpoint)


def fail(group: Any, item: Refresh, problem: str) -> None:
    """End in failure, or go back to the configuration of before if that was asked for."""
    if item.status == ROLLING_BACK:
        item.end("RollbackFailed", problem)
    elif item.preferences.get("AutoRollback") and item.status != "Cancelling":
        roll_back(group, item, problem)
    else:
        item.end("Cancelled" if item.status == "Cancelling" else "Failed", problem)


def roll_back(group: Any, item: Refresh, reason: str) -> None:
    """Replace what was launched so far by members of before."""
    item.rollback = {
        "RollbackReason": reason,
        "RollbackStartTime": utcnow(),
        "PercentageCompleteOnRollback": item.percentage,
        "InstancesToUpdateOnRollback": item.total - item.done,
    }
    item.status, item.reason, item.configuration = ROLLING_BACK, reason, item.previous
    item.old = {member.instance_id for member in members.live(group) if member.instance_id in item.new}
    item.new, item.total, item.done, item.checkpoint = set(), len(item.old), 0, 0
    item.preferences = {name: value for name, value in item.preferences.items() if not name.startswith("Checkpoint")}


def _problem(group: Any, item: Refresh) -> str:
    """Return why the refresh cannot go on: a member that it launched did not make it, or nothing can be launched."""
    alive = {member.instance_id for member in members.live(group)}
    lost = sorted(item.new - alive)
    if lost:
        item.new -= set(lost)
        return f"The instance {lost[0]} did not become or stay healthy."
    if lifecycle.pending("autoscaling.retry", group.arn):
        return "An instance could not be launched. The scaling activities tell why."
    names = (item.preferences.get("AlarmSpecification") or {}).get("Alarms") or []
    alarms = cloudwatch_backends[group.account_id][group.region].alarms
    raised = [name for name in names if name in alarms and alarms[name].state_value == "ALARM"]
    return f"The alarm {raised[0]} is in ALARM state." if raised and item.status != ROLLING_BACK else ""


def _replace(group: Any, item: Refresh) -> None:
    live = members.live(group)
    ready = [member for member in live if _is_ready(group, item, member)]
    remaining = [member for member in live if member.instance_id in item.old]
    arriving = [member for member in live if member.instance_id in item.new and member not in ready]
    item.done = min(item.total - len(remaining), len([member for member in ready if member.instance_id in item.new]))
    size = group.desired_capacity or 0
    if item.status == "Cancelling":
        if not arriving:
            item.end("Cancelled")
        return
    spare = len(ready) - fewest(item, size)
    for member in [member for member in remaining if not member.protected_from_scale_in][: min(spare, _to_go(group, item))]:
        members.leave(group, member, "an instance was taken out of service in response to an instance refresh.")
    if not arriving and not _to_go(group, item) and len(members.live(group)) >= size:
        _arrive(group, item)


def _arrive(group: Any, item: Refresh) -> None:
    """Wait at a checkpoint, or finish."""
    percentages = item.preferences.get("CheckpointPercentages") or [100]
    item.done = max(item.done, min(item.total, _limit(item)))
    if item.checkpoint >= len(percentages) - 1:
        bake = int(item.preferences.get("BakeTime") or 0)
        if bake and item.status != ROLLING_BACK:
            item.status = "Baking"
            lifecycle.start(BAKE, item.id, bake)
        else:
            _finish(group, item)
        return
    key = f"{item.id}/{item.checkpoint}"
    if not item.reason:
        item.reason = f"Waiting at the checkpoint of {percentages[item.checkpoint]} %."
        lifecycle.start(CHECKPOINT, key, float(item.preferences.get("CheckpointDelay", 3600)))
    elif not lifecycle.pending(CHECKPOINT, key):
        item.checkpoint, item.reason = item.checkpoint + 1, ""


def _bake(group: Any, item: Refresh, problem: str) -> None:
    if problem:
        fail(group, item, problem)
    elif not lifecycle.pending(BAKE, item.id):
        _finish(group, item)


def _finish(group: Any, item: Refresh) -> None:
    """The configuration becomes the group's own when everything has it."""
    if item.status == ROLLING_BACK:
        item.end("RollbackSuccessful")
        return
    if item.desired:
        policy = item.desired.get("MixedInstancesPolicy")
        group.mixed_instances_policy = policy
        group._set_launch_configuration("", item.desired.get("LaunchTemplate") or {}, policy)
    # The warm pool follows at the end; new ones are launched as needed.
    warm_pools.drop(group, [member for member in warm_pools.pooled(group) if not _is_current(group, member)])
    item.end("Successful")


def _is_current(group: Any, member: Any) -> bool:
    own = launches.of_group(group)
    return own is None or member.template == launches.reference(group, own)


def _is_ready(group: Any, item: Refresh, member: Any) -> bool:
    """Whether a member serves; one of the refresh's own must have warmed up, too, and be healthy for load balancers."""
    if member.lifecycle_state != members.IN_SERVICE:
        return False
    if member.instance_id not in item.new:
        return True
    if not member.warming:
        member.warming = True
        lifecycle.start(WARMUP, member.instance_id, _warmup(group, item))
    return not lifecycle.pending(WARMUP, member.instance_id) and _is_balanced(group, member)


def _is_balanced(group: Any, member: Any) -> bool:
    """Whether load balancers are asked, and all know a member to be healthy."""
    return group.health_check_type != "ELB" or set(health.target_states(group, member)) <= {"healthy", "unused"}


def _warmup(group: Any, item: Refresh) -> float:
    for seconds in (item.preferences.get("InstanceWarmup"), group.default_instance_warmup, group.health_check_grace_period):
        if seconds is not None:
            return float(seconds)
    return 0


def _limit(item: Refresh) -> int:
    """Return how many members are to be replaced by the checkpoint that is ahead."""
    percentages = item.preferences.get("CheckpointPercentages") or [100]
    return math.ceil(item.total * int(percentages[min(item.checkpoint, len(percentages) - 1)]) / 100)


def _to_go(group: Any, item: Refresh) -> int:
    """Return how many members are to be replaced now that still have the old configuration."""
    remaining = sum(member.instance_id in item.old for member in members.live(group))
    return max(remaining - (item.total - _limit(item)), 0)


def most(item: Refresh, size: int) -> int:
    """Return how many members there may be at a time."""
    return math.ceil(size * int(item.preferences.get("MaxHealthyPercentage") or 100) / 100)


def fewest(item: Refresh, size: int) -> int:
    """Return how many members must be ready: where none more may be launched, one at least has to go first."""
    least = math.ceil(size * int(item.preferences.get("MinHealthyPercentage", 90)) / 100)
    return least if most(item, size) > size else min(least, size - 1)
