# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a group that come, wait and go."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.autoscaling import instances, scaling_group, targets
from tests.local_cloud.scenarios.common import becomes, eventually, network, refused

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
APP = {"AutoScalingGroupName": "app"}


def hook(transition: str = LAUNCHING, **settings: Any) -> dict[str, Any]:
    return {"LifecycleHookName": "ready", "LifecycleTransition": transition, "HeartbeatTimeout": 600} | settings


def described(connect: Connect) -> dict[str, Any]:
    (group,) = connect("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["app"])["AutoScalingGroups"]
    return group


def states(connect: Connect) -> list[str]:
    return sorted(instance["LifecycleState"] for instance in described(connect)["Instances"])


def member(connect: Connect, state: str) -> str:
    return next(item["InstanceId"] for item in described(connect)["Instances"] if item["LifecycleState"] == state)


def complete(connect: Connect, instance: str, result: str = "CONTINUE") -> None:
    connect("autoscaling").complete_lifecycle_action(
        **APP, LifecycleHookName="ready", InstanceId=instance, LifecycleActionResult=result
    )


def activities(connect: Connect, **settings: Any) -> list[dict[str, Any]]:
    return connect("autoscaling").describe_scaling_activities(**(APP | settings))["Activities"]


@scenario
def members_are_pending_before_they_serve(connect: Connect) -> None:
    scaling_group(connect)
    becomes(["InService", "InService"], lambda: states(connect))
    assert {item["LaunchTemplate"]["Version"] for item in described(connect)["Instances"]} == {"1"}


@scenario
def a_hook_holds_members_out_of_the_target_group(connect: Connect) -> None:
    vpc, _ = network(connect)
    elbv2 = connect("elbv2")
    target = elbv2.create_target_group(Name="app", Protocol="HTTP", Port=3000, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    scaling_group(connect, TargetGroupARNs=[target], LifecycleHookSpecificationList=[hook()])
    eventually(["Pending:Wait", "Pending:Wait"], lambda: states(connect))
    assert targets(connect, target) == set()
    first = member(connect, "Pending:Wait")
    complete(connect, first)
    eventually({first}, lambda: targets(connect, target))
    assert states(connect) == ["InService", "Pending:Wait"]
    assert {item["StatusCode"] for item in activities(connect)} == {"Successful", "MidLifecycleAction"}
    refused(
        "ValidationError",
        connect("autoscaling").complete_lifecycle_action,
        **APP,
        LifecycleHookName="ready",
        InstanceId=first,
        LifecycleActionResult="CONTINUE",
    )


@scenario
def an_abandoned_member_is_replaced(connect: Connect) -> None:
    scaling_group(connect, MinSize=1, LifecycleHookSpecificationList=[hook()])
    eventually(["Pending:Wait"], lambda: states(connect))
    first = member(connect, "Pending:Wait")
    complete(connect, first, "ABANDON")
    eventually(["Pending:Wait"], lambda: states(connect))
    assert first not in {instance["InstanceId"] for instance in instances(connect)}
    (cancelled,) = [item for item in activities(connect) if item["StatusCode"] == "Cancelled"]
    assert cancelled["Description"] == f"Launching a new EC2 instance: {first}"
    assert cancelled["StatusMessage"].endswith("was abandoned: Lifecycle Action Completed with ABANDON Result")


@scenario
def a_hook_ends_by_itself_unless_somebody_asks_for_time(connect: Connect) -> None:
    scaling_group(connect, MinSize=1, LifecycleHookSpecificationList=[hook(HeartbeatTimeout=30, DefaultResult="CONTINUE")])
    eventually(["Pending:Wait"], lambda: states(connect))
    autoscaling = connect("autoscaling")
    autoscaling.put_lifecycle_hook(**APP, **hook(HeartbeatTimeout=31, DefaultResult="CONTINUE"))
    autoscaling.record_lifecycle_action_heartbeat(**APP, LifecycleHookName="ready", InstanceId=member(connect, "Pending:Wait"))
    assert states(connect) == ["Pending:Wait"]


@scenario
def a_terminating_hook_holds_the_instance(connect: Connect) -> None:
    scaling_group(connect, MinSize=1, LifecycleHookSpecificationList=[hook(TERMINATING)])
    eventually(["InService"], lambda: states(connect))
    connect("autoscaling").update_auto_scaling_group(**APP, MinSize=0, DesiredCapacity=0)
    eventually(["Terminating:Wait"], lambda: states(connect))
    assert len(instances(connect)) == 1
    complete(connect, member(connect, "Terminating:Wait"))
    eventually([], lambda: states(connect))
    assert instances(connect) == []


@scenario
def a_deleted_hook_abandons_who_waits(connect: Connect) -> None:
    scaling_group(connect, MinSize=1, LifecycleHookSpecificationList=[hook()])
    eventually(["Pending:Wait"], lambda: states(connect))
    first = member(connect, "Pending:Wait")
    connect("autoscaling").delete_lifecycle_hook(**APP, LifecycleHookName="ready")
    eventually(["InService"], lambda: states(connect))
    assert member(connect, "InService") != first


@scenario
def a_group_stays_within_its_limits(connect: Connect) -> None:
    scaling_group(connect)
    autoscaling = connect("autoscaling")
    for size in (1, 5):
        refused("ValidationError", autoscaling.set_desired_capacity, **APP, DesiredCapacity=size)
    autoscaling.set_desired_capacity(**APP, DesiredCapacity=4)
    eventually(["InService"] * 4, lambda: states(connect))


@scenario
def a_launch_that_fails_is_an_activity(connect: Connect) -> None:
    scaling_group(connect, MinSize=0)
    ec2 = connect("ec2")
    gone = {"ImageId": "ami-0123456789abcdef0"}
    ec2.create_launch_template_version(LaunchTemplateName="app", SourceVersion="1", LaunchTemplateData=gone)
    connect("autoscaling").set_desired_capacity(**APP, DesiredCapacity=1)

    def failures() -> set[bool]:
        """The launch is tried again and again."""
        return {gone["ImageId"] in item["StatusMessage"] for item in activities(connect) if item["StatusCode"] == "Failed"}

    eventually({True}, failures)


@scenario
def a_group_needs_a_template_that_can_be_launched(connect: Connect) -> None:
    scaling_group(connect, MinSize=0)
    update = connect("autoscaling").update_auto_scaling_group
    refused("ValidationError", update, **APP, LaunchTemplate={"LaunchTemplateName": "app", "Version": "7"})
    gone = {"ImageId": "ami-0123456789abcdef0"}
    connect("ec2").create_launch_template_version(LaunchTemplateName="app", SourceVersion="1", LaunchTemplateData=gone)
    refused("ValidationError", update, **APP, LaunchTemplate={"LaunchTemplateName": "app", "Version": "2"})


@scenario
def an_unhealthy_member_is_replaced(connect: Connect) -> None:
    scaling_group(connect, MinSize=1)
    eventually(["InService"], lambda: states(connect))
    first = member(connect, "InService")
    connect("autoscaling").set_instance_health(InstanceId=first, HealthStatus="Unhealthy")
    eventually(True, lambda: first not in {instance["InstanceId"] for instance in instances(connect)})
    eventually(["InService"], lambda: states(connect))


@scenario
def a_deleted_group_takes_a_moment(connect: Connect) -> None:
    scaling_group(connect)
    connect("autoscaling").delete_auto_scaling_group(**APP, ForceDelete=True)
    assert described(connect)["Status"] == "Delete in progress"
    eventually([], lambda: connect("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"])
