# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling: names, subnets, target groups, policies."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import eventually, network, refused, template


def scaling_group(connect: Connect, name: str = "app", **settings: Any) -> list[str]:
    """Make a group of two instances, if nothing else is said; its subnets."""
    _, subnets = network(connect)
    arguments = {
        "AutoScalingGroupName": name,
        "LaunchTemplate": {"LaunchTemplateId": template(connect, name), "Version": "$Latest"},
        "MinSize": 2,
        "MaxSize": 4,
        "VPCZoneIdentifier": ",".join(subnets),
    }
    connect("autoscaling").create_auto_scaling_group(**(arguments | settings))
    return subnets


def instances(connect: Connect) -> list[dict[str, Any]]:
    reservations = connect("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    return [instance for reservation in reservations["Reservations"] for instance in reservation["Instances"]]


def targets(connect: Connect, target_group: str) -> set[str]:
    health = connect("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return {item["Target"]["Id"] for item in health if item["TargetHealth"]["State"] != "draining"}


@scenario
def group_name_is_taken_once(connect: Connect) -> None:
    scaling_group(connect)
    launch_template = {"LaunchTemplateName": "app"}
    refused(
        "AlreadyExists",
        connect("autoscaling").create_auto_scaling_group,
        AutoScalingGroupName="app",
        LaunchTemplate=launch_template,
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=["eu-west-1a"],
    )


@scenario
def instances_are_spread_over_the_subnets(connect: Connect) -> None:
    subnets = scaling_group(connect)
    assert {instance["SubnetId"] for instance in instances(connect)} == set(subnets)


@scenario
def group_with_instances_is_deleted_by_force_only(connect: Connect) -> None:
    scaling_group(connect)
    autoscaling = connect("autoscaling")
    refused("ResourceInUse", autoscaling.delete_auto_scaling_group, AutoScalingGroupName="app")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    assert instances(connect) == []


@scenario
def terminated_members_leave_the_target_group(connect: Connect) -> None:
    vpc, _ = network(connect)
    elbv2 = connect("elbv2")
    target = elbv2.create_target_group(Name="app", Protocol="HTTP", Port=3000, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    scaling_group(connect, TargetGroupARNs=[target])
    eventually(2, lambda: len(targets(connect, target)))
    connect("autoscaling").update_auto_scaling_group(AutoScalingGroupName="app", MinSize=1, DesiredCapacity=1)
    eventually(1, lambda: len(instances(connect)))
    assert targets(connect, target) == {instance["InstanceId"] for instance in instances(connect)}


@scenario
def replacement_joins_the_target_group(connect: Connect) -> None:
    vpc, _ = network(connect)
    elbv2 = connect("elbv2")
    target = elbv2.create_target_group(Name="app", Protocol="HTTP", Port=3000, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    scaling_group(connect, TargetGroupARNs=[target])
    eventually(2, lambda: len(targets(connect, target)))
    connect("ec2").terminate_instances(InstanceIds=[instances(connect)[0]["InstanceId"]])
    eventually(2, lambda: len(targets(connect, target)))
    assert targets(connect, target) == {instance["InstanceId"] for instance in instances(connect)}


@scenario
def policies_answer_with_their_arn_and_belong_to_their_group(connect: Connect) -> None:
    autoscaling = connect("autoscaling")
    arns = []
    for name in ("app", "jobs"):
        scaling_group(connect, name, MinSize=0)
        configuration = {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50.0,
        }
        arns.append(
            autoscaling.put_scaling_policy(
                AutoScalingGroupName=name,
                PolicyName="cpu",
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration=configuration,
            )["PolicyARN"]
        )
    assert sorted(policy["PolicyARN"] for policy in autoscaling.describe_policies()["ScalingPolicies"]) == sorted(arns)
    autoscaling.delete_policy(AutoScalingGroupName="app", PolicyName="cpu")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="jobs")
    assert autoscaling.describe_policies()["ScalingPolicies"] == []


@scenario
def groups_keep_the_settings_they_are_created_with(connect: Connect) -> None:
    hook = {"LifecycleHookName": "ready", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING", "HeartbeatTimeout": 60}
    scaling_group(connect, LifecycleHookSpecificationList=[hook], DefaultInstanceWarmup=30)
    autoscaling = connect("autoscaling")
    (seen,) = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="app")["LifecycleHooks"]
    assert {name: seen[name] for name in hook} == hook
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="app", CapacityRebalance=True)
    (group,) = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["DefaultInstanceWarmup"], group["CapacityRebalance"]) == (30, True)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="app", DefaultInstanceWarmup=-1)
    (group,) = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert "DefaultInstanceWarmup" not in group
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    eventually([], lambda: autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"])
    again = {"LaunchTemplate": {"LaunchTemplateName": "app"}, "AvailabilityZones": ["eu-west-1a"]}
    autoscaling.create_auto_scaling_group(AutoScalingGroupName="app", MinSize=0, MaxSize=1, **again)
    assert autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="app")["LifecycleHooks"] == []


@scenario
def metrics_of_a_group_are_switched_off_again(connect: Connect) -> None:
    scaling_group(connect)
    autoscaling = connect("autoscaling")
    metrics = {"GroupMinSize", "GroupMaxSize"}
    autoscaling.enable_metrics_collection(AutoScalingGroupName="app", Metrics=sorted(metrics), Granularity="1Minute")

    def collected() -> set[str]:
        (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["app"])["AutoScalingGroups"]
        return {metric["Metric"] for metric in group["EnabledMetrics"]}

    assert collected() == metrics
    autoscaling.disable_metrics_collection(AutoScalingGroupName="app", Metrics=["GroupMinSize"])
    assert collected() == {"GroupMaxSize"}
    autoscaling.disable_metrics_collection(AutoScalingGroupName="app")
    assert collected() == set()
