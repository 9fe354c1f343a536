# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warm pools and scheduled actions: capacity that is there before it is needed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.autoscaling import scaling_group
from tests.local_cloud.scenarios.common import eventually, refused
from tests.local_cloud.scenarios.lifecycle_hooks import APP, described, states


def pool(connect: Connect) -> list[str]:
    answer = connect("autoscaling").describe_warm_pool(**APP)
    return sorted(instance["LifecycleState"] for instance in answer["Instances"])


@scenario
def a_warm_pool_has_stopped_members_that_are_taken_first(connect: Connect) -> None:
    scaling_group(connect, MinSize=1)
    eventually(["InService"], lambda: states(connect))
    connect("autoscaling").put_warm_pool(**APP, MaxGroupPreparedCapacity=3, PoolState="Stopped")
    eventually(["Warmed:Stopped", "Warmed:Stopped"], lambda: pool(connect))
    assert (described(connect)["WarmPoolSize"], states(connect)) == (2, ["InService"])
    warm = {item["InstanceId"] for item in connect("autoscaling").describe_warm_pool(**APP)["Instances"]}
    connect("autoscaling").set_desired_capacity(**APP, DesiredCapacity=2)
    eventually(["InService", "InService"], lambda: states(connect))
    assert warm & {item["InstanceId"] for item in described(connect)["Instances"]}
    assert pool(connect) == ["Warmed:Stopped"]
    connect("autoscaling").delete_warm_pool(**APP, ForceDelete=True)
    eventually(False, lambda: "WarmPoolConfiguration" in described(connect))


def schedule(connect: Connect, name: str = "app", **settings: Any) -> None:
    action = {"AutoScalingGroupName": name, "ScheduledActionName": "morning", "Recurrence": "0 8 * * 1-5", "MinSize": 2}
    connect("autoscaling").put_scheduled_update_group_action(**(action | settings))


@scenario
def scheduled_actions_belong_to_their_group(connect: Connect) -> None:
    autoscaling = connect("autoscaling")
    for name in ("app", "jobs"):
        scaling_group(connect, name, MinSize=0)
        schedule(connect, name, TimeZone="Europe/Berlin")
    actions = autoscaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert [action["AutoScalingGroupName"] for action in actions] == ["app", "jobs"]
    assert len({action["ScheduledActionARN"] for action in actions}) == 2
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="jobs", ForceDelete=True)
    (action,) = autoscaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert action["AutoScalingGroupName"] == "app"


@scenario
def scheduled_actions_need_a_time_and_a_size(connect: Connect) -> None:
    scaling_group(connect, MinSize=0)
    put = connect("autoscaling").put_scheduled_update_group_action
    action = APP | {"ScheduledActionName": "morning"}
    for wrong in (
        {"Recurrence": "0 8 * * *"},
        {"MinSize": 1},
        {"MinSize": 1, "Recurrence": "0 25 x * *"},
        {"MinSize": 1, "Recurrence": "0 8 * * *", "TimeZone": "Europe/Atlantis"},
        {"MinSize": 1, "StartTime": datetime(2020, 1, 1, tzinfo=UTC)},
    ):
        refused("ValidationError", put, **action, **wrong)


@scenario
def a_scheduled_action_resizes_the_group(connect: Connect) -> None:
    scaling_group(connect, MinSize=0)
    schedule(connect, Recurrence="* * * * *", MinSize=1, MaxSize=3)
    eventually(["InService"], lambda: states(connect))
    assert [described(connect)[name] for name in ("MinSize", "MaxSize", "DesiredCapacity")] == [1, 3, 1]


@scenario
def an_action_may_happen_once(connect: Connect) -> None:
    scaling_group(connect, MinSize=0)
    connect("autoscaling").put_scheduled_update_group_action(
        **APP, ScheduledActionName="once", StartTime=datetime.now(UTC) + timedelta(seconds=2), DesiredCapacity=2
    )
    assert states(connect) == []
    eventually(["InService", "InService"], lambda: states(connect))
