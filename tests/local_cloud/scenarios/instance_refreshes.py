# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance refreshes from the start to the end, or back."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.autoscaling import instances, scaling_group
from tests.local_cloud.scenarios.common import eventually, refused
from tests.local_cloud.scenarios.lifecycle_hooks import APP, complete, described, hook, states

FIRST = {"LaunchTemplate": {"LaunchTemplateName": "app", "Version": "1"}}
SECOND = {"LaunchTemplate": {"LaunchTemplateName": "app", "Version": "2"}}
SURPLUS = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "InstanceWarmup": 10}


def group(connect: Connect, **settings: Any) -> None:
    """Make a group of two and a second version of its template."""
    scaling_group(connect, **settings)
    connect("autoscaling").update_auto_scaling_group(**APP, **FIRST)
    data = {"InstanceType": "t3.medium"}
    connect("ec2").create_launch_template_version(LaunchTemplateName="app", SourceVersion="1", LaunchTemplateData=data)


def start(connect: Connect, desired: dict[str, Any] | None = None, **preferences: Any) -> str:
    arguments = {"DesiredConfiguration": desired} if desired else {}
    answer = connect("autoscaling").start_instance_refresh(**APP, **arguments, Preferences=SURPLUS | preferences)
    return answer["InstanceRefreshId"]


def latest(connect: Connect) -> dict[str, Any]:
    return connect("autoscaling").describe_instance_refreshes(**APP)["InstanceRefreshes"][0]


def status(connect: Connect) -> str:
    return latest(connect)["Status"]


def versions(connect: Connect) -> list[str]:
    return sorted(item["LaunchTemplate"]["Version"] for item in described(connect)["Instances"])


@scenario
def a_refresh_replaces_every_member_without_a_gap(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    start(connect, SECOND)
    fewest = 2
    while status(connect) in ("Pending", "InProgress"):
        fewest = min(fewest, states(connect).count("InService"))
    assert (status(connect), latest(connect)["PercentageComplete"], fewest) == ("Successful", 100, 2)
    eventually(["2", "2"], lambda: versions(connect))
    assert described(connect)["LaunchTemplate"]["Version"] == "2"
    assert {instance["InstanceType"] for instance in instances(connect)} == {"t3.medium"}


@scenario
def what_waits_in_a_warm_pool_is_no_replacement_while_it_is_outdated(connect: Connect) -> None:
    group(connect)
    autoscaling = connect("autoscaling")
    autoscaling.put_warm_pool(**APP, MaxGroupPreparedCapacity=3, PoolState="Stopped")
    eventually(
        ["Warmed:Stopped"], lambda: [item["LifecycleState"] for item in autoscaling.describe_warm_pool(**APP)["Instances"]]
    )
    start(connect, SECOND)
    eventually("Successful", lambda: status(connect))
    eventually(["2", "2"], lambda: versions(connect))
    eventually(["2"], lambda: [item["LaunchTemplate"]["Version"] for item in autoscaling.describe_warm_pool(**APP)["Instances"]])


@scenario
def one_refresh_at_a_time(connect: Connect) -> None:
    group(connect)
    autoscaling = connect("autoscaling")
    refused("ActiveInstanceRefreshNotFound", autoscaling.cancel_instance_refresh, **APP)
    start(connect, SECOND)
    refused("InstanceRefreshInProgress", autoscaling.start_instance_refresh, **APP)
    refused("ValidationError", autoscaling.update_auto_scaling_group, **APP, **SECOND)
    autoscaling.update_auto_scaling_group(**APP, MaxSize=5)
    autoscaling.cancel_instance_refresh(**APP)
    eventually("Cancelled", lambda: status(connect))
    assert described(connect)["LaunchTemplate"]["Version"] == "1"


@scenario
def an_abandoned_launch_rolls_the_refresh_back(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    before = {instance["InstanceId"] for instance in instances(connect)}
    connect("autoscaling").put_lifecycle_hook(**APP, **hook())
    start(connect, SECOND, AutoRollback=True)
    eventually(["InService", "InService", "Pending:Wait"], lambda: states(connect))
    (new,) = {instance["InstanceId"] for instance in instances(connect)} - before
    complete(connect, new, "ABANDON")
    eventually("RollbackSuccessful", lambda: status(connect))
    assert new in latest(connect)["RollbackDetails"]["RollbackReason"]
    eventually(before, lambda: {instance["InstanceId"] for instance in instances(connect)})
    assert described(connect)["LaunchTemplate"]["Version"] == "1"


@scenario
def without_rollback_a_failed_refresh_stops(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    connect("autoscaling").put_lifecycle_hook(**APP, **hook(HeartbeatTimeout=30))
    start(connect, SECOND)
    eventually(["InService", "InService", "Pending:Wait"], lambda: states(connect))
    new = next(item["InstanceId"] for item in described(connect)["Instances"] if item["LifecycleState"] == "Pending:Wait")
    complete(connect, new, "ABANDON")
    eventually("Failed", lambda: status(connect))
    assert new in latest(connect)["StatusReason"]


@scenario
def a_refresh_is_rolled_back_on_request(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    start(connect, SECOND, CheckpointPercentages=[50, 100], CheckpointDelay=3600)
    eventually(50, lambda: latest(connect)["PercentageComplete"])
    connect("autoscaling").rollback_instance_refresh(**APP)
    eventually("RollbackSuccessful", lambda: status(connect))
    eventually(["1", "1"], lambda: versions(connect))


@scenario
def an_alarm_rolls_the_refresh_back(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    cloudwatch = connect("cloudwatch")
    metric = {"Namespace": "app", "MetricName": "errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(AlarmName="bad", **metric, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    start(connect, SECOND, AutoRollback=True, AlarmSpecification={"Alarms": ["bad"]}, CheckpointPercentages=[50, 100])
    eventually(50, lambda: latest(connect)["PercentageComplete"])
    cloudwatch.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="test")
    eventually("RollbackSuccessful", lambda: status(connect))
    eventually(["1", "1"], lambda: versions(connect))


@scenario
def what_cannot_be_rolled_back_says_so(connect: Connect) -> None:
    group(connect)
    autoscaling = connect("autoscaling")
    refused("ValidationError", autoscaling.start_instance_refresh, **APP, Preferences={"AutoRollback": True})
    start(connect)
    refused("IrreversibleInstanceRefresh", autoscaling.rollback_instance_refresh, **APP)


@scenario
def matching_members_are_skipped(connect: Connect) -> None:
    group(connect)
    eventually(["InService", "InService"], lambda: states(connect))
    before = {instance["InstanceId"] for instance in instances(connect)}
    start(connect, FIRST, SkipMatching=True)
    eventually("Successful", lambda: status(connect))
    assert before == {instance["InstanceId"] for instance in instances(connect)}


@scenario
def preferences_have_their_ranges(connect: Connect) -> None:
    group(connect)
    autoscaling = connect("autoscaling")
    for preferences in (
        {"MaxHealthyPercentage": 150},
        {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 200},
        {"CheckpointPercentages": [100, 50]},
        {"CheckpointDelay": 60},
    ):
        refused("ValidationError", autoscaling.start_instance_refresh, **APP, Preferences=preferences)


@scenario
def an_update_keeps_the_mixed_instances(connect: Connect) -> None:
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "1"},
            "Overrides": [{"InstanceType": "t3.small"}, {"InstanceType": "t3.medium"}],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0},
    }
    scaling_group(connect, "other")
    data = {"ImageId": instances(connect)[0]["ImageId"], "InstanceType": "t3.small"}
    connect("ec2").create_launch_template(LaunchTemplateName="app", LaunchTemplateData=data)
    autoscaling = connect("autoscaling")
    zones = {"AvailabilityZones": ["eu-west-1a"]}
    autoscaling.create_auto_scaling_group(**APP, MinSize=2, MaxSize=3, MixedInstancesPolicy=policy, **zones)
    autoscaling.update_auto_scaling_group(**APP, MaxSize=4)
    distribution = described(connect)["MixedInstancesPolicy"]["InstancesDistribution"]
    assert distribution["OnDemandPercentageAboveBaseCapacity"] == 0
    names = {item["InstanceId"] for item in described(connect)["Instances"]}
    lifecycles = [instance.get("InstanceLifecycle") for instance in instances(connect) if instance["InstanceId"] in names]
    assert sorted(map(str, lifecycles)) == ["None", "spot"]
