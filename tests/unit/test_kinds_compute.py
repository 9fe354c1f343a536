# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract suite does not see of the compute kinds."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, READY
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _lifecycle_hooks, auto_scaling_group, launch_template
from ansible_collections.terrace.aws.plugins.module_utils.kinds.image import Image
from local_cloud.emulator import Emulator
from tests.contract.case import STACK
from tests.contract.cases_compute import CASES, FOR_GROUPS, FOR_TEMPLATES, HOOK, declared, group, template
from tests.contract.harness import actions, loopback_clients, run
from tests.unit import answering

REGION = STACK.region
Clients = Callable[[str, str], Any]
RAW_GROUP: dict[str, Any] = {
    "AutoScalingGroupName": "demo-app",
    "AutoScalingGroupARN": "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/demo-app",
    "MinSize": 2,
    "MaxSize": 4,
    "DesiredCapacity": 2,
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 300,
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def clients(emulator: Emulator) -> Clients:
    emulator.reset()
    return loopback_clients(emulator.endpoint)


def default_data(clients: Clients) -> dict[str, Any]:
    versions = clients("ec2", REGION).describe_launch_template_versions(Versions=["$Default"])["LaunchTemplateVersions"]
    return versions[0]["LaunchTemplateData"]


def with_image(image: Image, subject: Any) -> tuple[Declaration, ...]:
    parents = tuple(dataclasses.replace(d, values=image) if d.kind == "image" else d for d in FOR_TEMPLATES)
    return (*parents, declared("launch_template", "subject", subject))


BY_NAME = Image(owner="136693071363", image_name="debian-1?-amd64-*", architecture="x86_64")
UBUNTU = Image(parameter="/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id")


@pytest.mark.parametrize("image", [BY_NAME, UBUNTU])
def test_the_root_volume_is_the_images_root_device(image: Image, clients: Clients) -> None:
    outputs = run(clients, STACK, with_image(image, template()))["outputs"]["image"]["debian"]
    data = default_data(clients)
    assert (data["ImageId"], data["BlockDeviceMappings"][0]["DeviceName"]) == (outputs["id"], outputs["root_device"])


def pinning(image: Image, **changes: Any) -> tuple[Declaration, ...]:
    """Return a template that has the name of its image, as in the tier."""
    named = {"image": Reference("image", "subject"), "root_device": Reference("image", "subject", "root_device")}
    subject = declared("launch_template", "subject", template(**named, **changes))
    return (*FOR_TEMPLATES, declared("image", "subject", image), subject)


def test_the_image_is_pinned_also_when_something_else_changes(clients: Clients) -> None:
    run(clients, STACK, pinning(BY_NAME))
    before = default_data(clients)
    again = run(clients, STACK, pinning(UBUNTU))
    assert actions(again) == {}
    assert [note for note in again["notes"] if before["ImageId"] in note and "is available" in note]
    run(clients, STACK, pinning(UBUNTU, type="t3.large"))
    after = default_data(clients)
    assert after["InstanceType"] == "t3.large"
    assert (after["ImageId"], after["BlockDeviceMappings"]) == (before["ImageId"], before["BlockDeviceMappings"])


def test_a_newer_image_is_taken_when_it_is_asked_for(clients: Clients) -> None:
    run(clients, STACK, pinning(BY_NAME))
    before = default_data(clients)
    updated = run(clients, STACK, pinning(dataclasses.replace(UBUNTU, update=True)))
    assert actions(updated) == {"launch_template/subject": "update"}
    assert default_data(clients)["ImageId"] != before["ImageId"]
    pinned = run(clients, STACK, pinning(UBUNTU))
    assert (actions(pinned), pinned["notes"]) == ({}, [])


def test_a_pinned_image_outlives_what_it_was_found_by(clients: Clients) -> None:
    run(clients, STACK, pinning(BY_NAME))
    assert actions(run(clients, STACK, pinning(Image(parameter="/no/such")))) == {}


@pytest.mark.parametrize(
    "image", [Image(parameter="/no/such"), dataclasses.replace(BY_NAME, image_name="no-such-*"), Image(parameter="/own/gone")]
)
def test_an_image_that_is_not_there_is_refused_before_anything_changes(
    image: Image, emulator: Emulator, clients: Clients
) -> None:
    clients("ssm", REGION).put_parameter(Name="/own/gone", Value="ami-0123456789abcdef0", Type="String")
    before = len(emulator.calls)
    with pytest.raises(Refused, match="image/debian"):
        run(clients, STACK, with_image(image, template()))
    assert not [call for call in emulator.calls[before:] if call["mutating"]]


def test_old_versions_of_a_template_are_deleted(clients: Clients) -> None:
    for size in range(8, 16):
        volume = {"size": size, "type": "gp3", "encrypted": True, "kms_key": ""}
        run(clients, STACK, with_image(BY_NAME, template(root_volume=volume)))
    ec2 = clients("ec2", REGION)
    name = ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateName"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"]
    assert sorted(v["VersionNumber"] for v in versions) == [4, 5, 6, 7, 8]
    assert [v["VersionNumber"] for v in versions if v["DefaultVersion"]] == [8]
    assert len(versions) == launch_template.VERSIONS_KEPT


@pytest.mark.parametrize(("left", "numbers"), [("t3.large", [1, 2]), ("t3.nano", [1, 2, 3])])
def test_a_version_that_an_interrupted_run_has_made_is_used(clients: Clients, left: str, numbers: list[int]) -> None:
    """The version is one call, what makes it the default one another."""
    run(clients, STACK, with_image(BY_NAME, template()))
    ec2, name = clients("ec2", REGION), f"{STACK.name}-subject"
    data = {**default_data(clients), "InstanceType": left}
    ec2.create_launch_template_version(LaunchTemplateName=name, LaunchTemplateData=data)
    run(clients, STACK, with_image(BY_NAME, template(type="t3.large")))
    versions = ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"]
    assert sorted(version["VersionNumber"] for version in versions) == numbers
    assert default_data(clients)["InstanceType"] == "t3.large"


def test_versions_in_use_are_not_deleted(clients: Clients) -> None:
    subject = declared("auto_scaling_group", "app", group("app"))
    for size in range(8, 16):
        volume = {"size": size, "type": "gp3", "encrypted": True, "kms_key": ""}
        changed = declared("launch_template", "app", template(root_volume=volume))
        run(clients, STACK, (*(d for d in FOR_GROUPS if d.key != changed.key), changed, subject))
    versions = clients("ec2", REGION).describe_launch_template_versions(LaunchTemplateName=f"{STACK.name}-app")
    assert sorted(v["VersionNumber"] for v in versions["LaunchTemplateVersions"]) == [1, 4, 5, 6, 7, 8]


def test_a_template_of_others_with_our_name_is_refused(clients: Clients) -> None:
    clients("ec2", REGION).create_launch_template(
        LaunchTemplateName=f"{STACK.name}-subject", LaunchTemplateData={"InstanceType": "t3.micro"}
    )
    with pytest.raises(Refused, match="already has contract-suite-subject"):
        run(clients, STACK, with_image(BY_NAME, template()))


def test_a_group_of_others_with_our_name_is_refused(clients: Clients) -> None:
    run(clients, STACK, FOR_GROUPS)
    clients("autoscaling", REGION).create_auto_scaling_group(
        AutoScalingGroupName=f"{STACK.name}-subject",
        LaunchTemplate={"LaunchTemplateName": f"{STACK.name}-app"},
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["eu-west-1a"],
    )
    with pytest.raises(Refused, match="already has contract-suite-subject"):
        run(clients, STACK, (*FOR_GROUPS, declared("auto_scaling_group", "subject", group("app"))))


def test_policies_beyond_the_declared_are_removed(clients: Clients) -> None:
    case = CASES["scaling_policy"]
    described = (*case.parents, declared("scaling_policy", "app/cpu", case.values))
    run(clients, STACK, described)
    clients("autoscaling", REGION).put_scaling_policy(
        AutoScalingGroupName=f"{STACK.name}-app",
        PolicyName="by-hand",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageNetworkOut"},
            "TargetValue": 1.0,
        },
    )
    assert actions(run(clients, STACK, described)) == {"scaling_policy/app/by-hand": "delete"}
    assert actions(run(clients, STACK, described)) == {}


@pytest.mark.parametrize("how", ["declared", "seen"])
def test_a_policy_follows_a_load_balancer_that_is_replaced(clients: Clients, how: str) -> None:
    """The run that replaces it changes the policy; a run of the tier alone sees what forwards to the target group."""
    case, name = CASES["scaling_policy"], Key("load_balancer", "internal")
    policy = declared("scaling_policy", "app/cpu", case.values)
    run(clients, STACK, (*case.parents, policy))
    public = [
        dataclasses.replace(d, values=dataclasses.replace(d.values, scheme="internet-facing")) if d.key == name else d
        for d in case.parents
    ]
    replaced = {"allow_replacement": (str(name), "listener/internal/80")}
    if how == "declared":
        done = actions(run(clients, STACK, (*public, policy), **replaced))
        assert done["scaling_policy/app/cpu"] == "update"
    else:
        run(clients, STACK, (*public, undetermined(policy)), **replaced)
        assert actions(run(clients, STACK, (*public, undetermined(policy)))) == {"scaling_policy/app/cpu": "update"}
    (balancer,) = clients("elbv2", REGION).describe_load_balancers(Names=[f"{STACK.name}-internal"])["LoadBalancers"]
    (found,) = clients("autoscaling", REGION).describe_policies()["ScalingPolicies"]
    label = found["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label.startswith(balancer["LoadBalancerArn"].partition("loadbalancer/")[2] + "/targetgroup/")
    assert actions(run(clients, STACK, (*public, policy))) == {}


def undetermined(policy: Declaration) -> Declaration:
    """Return the policy of a description that does not tell what forwards to its target group."""
    seen = Reference("target_group", "app", "load_balancer")
    return dataclasses.replace(policy, values=dataclasses.replace(policy.values, load_balancer=seen))


def test_scaling_is_no_drift(clients: Clients) -> None:
    described = (*FOR_GROUPS, declared("auto_scaling_group", "subject", group("app")))
    run(clients, STACK, described)
    clients("autoscaling", REGION).set_desired_capacity(AutoScalingGroupName=f"{STACK.name}-subject", DesiredCapacity=2)
    assert actions(run(clients, STACK, described)) == {}


def instances(*states: str) -> list[dict[str, str]]:
    return [{"LifecycleState": state} for state in states]


@pytest.mark.parametrize(
    ("changes", "state", "detail"),
    [
        ({"Instances": instances("InService", "InService")}, READY, "2 of 2 in service"),
        ({"Instances": instances("InService", "Pending")}, PENDING, "1 of 2 in service"),
        ({"DesiredCapacity": 3, "Instances": instances("InService", "InService")}, READY, "2 of 3 in service"),
        ({"MinSize": 0, "DesiredCapacity": 1}, PENDING, "0 of 1 in service"),
        ({"MinSize": 0, "DesiredCapacity": 0}, READY, "0 of 0 in service"),
        ({"Status": "Delete in progress"}, DELETING, "0 of 2 in service"),
    ],
)
def test_states_of_a_group(changes: dict[str, Any], state: str, detail: str) -> None:
    found = auto_scaling_group._found({**RAW_GROUP, **changes})
    assert (found.state, found.detail) == (state, detail)


ABANDONED = "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token 1 was abandoned"
LAUNCHING, TERMINATING = "Launching a new EC2 instance: i-1", "Terminating EC2 instance: i-1"


@pytest.mark.parametrize(
    ("activities", "said"),
    [
        ([(LAUNCHING, "Failed", "no t3.small left in eu-west-1a")], ": no t3.small left in eu-west-1a"),
        ([(LAUNCHING, "InProgress", ""), (TERMINATING, "Successful", ""), (LAUNCHING, "Cancelled", ABANDONED)], f": {ABANDONED}"),
        ([(LAUNCHING, "Successful", ""), (LAUNCHING, "Failed", "long ago")], ""),
        ([(LAUNCHING, "MidLifecycleAction", "")], ""),
        ([], ""),
    ],
)
def test_a_group_short_of_instances_says_why(activities: list[tuple[str, ...]], said: str) -> None:
    names = ("Description", "StatusCode", "StatusMessage")
    answer = {"Activities": [dict(zip(names, activity, strict=True)) for activity in activities]}
    context = answering.context(STACK, {"describe_scaling_activities": answer}, {}, [])
    found = auto_scaling_group._with_problem(context, auto_scaling_group._found(RAW_GROUP))
    assert found.detail == f"0 of 2 in service{said}"


def test_deletion_protection_guards_a_group() -> None:
    protected = auto_scaling_group._found({**RAW_GROUP, "DeletionProtection": "prevent-all-deletion"})
    assert "prevent-all-deletion" in auto_scaling_group.guard(protected)
    assert auto_scaling_group.guard(auto_scaling_group._found(RAW_GROUP)) is None


def error(operation: str, message: str, code: str = "ValidationError") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


VERSION = "Could not find the specified version 2 for the launch template with ID lt-1."
INVALID_TEMPLATE = "You must use a valid fully-formed launch template. "
PROFILE = (
    "Value (arn:aws:iam::1:instance-profile/x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
)


@pytest.mark.parametrize(
    ("operation", "message", "patient"),
    [
        ("CreateAutoScalingGroup", INVALID_TEMPLATE + PROFILE, True),
        ("UpdateAutoScalingGroup", INVALID_TEMPLATE + PROFILE, True),
        ("CreateAutoScalingGroup", INVALID_TEMPLATE + "The security group 'sg-1' does not exist", True),
        ("StartInstanceRefresh", INVALID_TEMPLATE + VERSION, True),
        ("CreateAutoScalingGroup", "Provided Target Groups may not be valid. Please ensure they exist and try again.", True),
        ("CreateAutoScalingGroup", INVALID_TEMPLATE + "The image id '[ami-1]' does not exist", False),
        ("CreateAutoScalingGroup", "Max bound, 1, must be greater than or equal to min bound, 2", False),
        ("DeleteAutoScalingGroup", INVALID_TEMPLATE + PROFILE, False),
    ],
)
def test_only_late_news_of_other_services_is_waited_for(operation: str, message: str, patient: bool) -> None:
    assert bool(retry.patience(auto_scaling_group.KIND, error(operation, message), fresh_parents=True)) is patient


def test_refreshes_of_others_are_waited_for() -> None:
    for operation in ("AttachLoadBalancerTargetGroups", "PutWarmPool", "StartInstanceRefresh"):
        running = error(operation, "An Instance Refresh is already in progress", code="InstanceRefreshInProgress")
        assert retry.patience(auto_scaling_group.KIND, running, fresh_parents=False)


def test_a_group_that_is_gone_already_is_fine(clients: Clients) -> None:
    described = (*FOR_GROUPS, declared("auto_scaling_group", "subject", group("app")))
    run(clients, STACK, described)

    def vanishing(service: str, region: str) -> Any:
        client = clients(service, region)
        return Vanishing(client) if service == "autoscaling" else client

    run(vanishing, STACK, described, state="absent")


class Vanishing:
    """A client whose group somebody else deletes just before we do."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def delete_auto_scaling_group(self, **request: Any) -> Any:
        self._client.delete_auto_scaling_group(**request)
        return self._client.delete_auto_scaling_group(**request)


def test_other_refusals_of_a_deletion_are_told(clients: Clients) -> None:
    described = (*FOR_GROUPS, declared("auto_scaling_group", "subject", group("app")))
    run(clients, STACK, described)

    class Refusing(Vanishing):
        def delete_auto_scaling_group(self, **_request: Any) -> Any:
            raise error("DeleteAutoScalingGroup", "no", "AccessDenied")

    def refusing(service: str, region: str) -> Any:
        client = clients(service, region)
        return Refusing(client) if service == "autoscaling" else client

    with pytest.raises(ApplyFailed, match="AccessDenied"):
        run(refusing, STACK, described, state="absent")


def test_the_first_instances_meet_the_hooks(emulator: Emulator, clients: Clients) -> None:
    run(clients, STACK, (*FOR_GROUPS, declared("auto_scaling_group", "subject", group("app"))))
    hooks = clients("autoscaling", REGION).describe_lifecycle_hooks(AutoScalingGroupName=f"{STACK.name}-subject")
    assert [hook["LifecycleHookName"] for hook in hooks["LifecycleHooks"]] == ["drain"]
    assert not [call for call in emulator.calls if call["operation"] == "PutLifecycleHook"]


def test_the_end_of_a_launching_hook_abandons_who_waits() -> None:
    waiting, drain = {**HOOK, "name": "ready", "transition": "launching"}, HOOK
    assert _lifecycle_hooks.disruption((waiting, drain), (waiting,)) == ""
    assert _lifecycle_hooks.disruption((waiting, drain), (drain,)) == "abandons the instances that wait for ready"


def test_user_data_with_facts_is_known_when_they_are(clients: Clients) -> None:
    script = "cat <<'END'\n@OUTPUTS@\nEND\n"
    facts = {"subnet": {"id": Reference("subnet", "app/eu-west-1a")}}
    described = (*FOR_GROUPS, declared("launch_template", "subject", template(user_data={"script": script, "outputs": facts})))
    (planned,) = [d for d in run(clients, STACK, described, check=True)["differences"] if d["name"] == "subject"]
    assert "(known after apply)" in planned["fields"]["user_data"]["after"]
    outputs = run(clients, STACK, described)["outputs"]
    assert actions(run(clients, STACK, described)) == {}
    versions = clients("ec2", REGION).describe_launch_template_versions(
        LaunchTemplateId=outputs["launch_template"]["subject"]["id"], Versions=["1"]
    )
    text = base64.b64decode(versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]).decode()
    subnet = outputs["subnet"]["app/eu-west-1a"]["id"]
    assert text == f"cat <<'END'\n{json.dumps({'subnet': {'id': subnet}}, indent=2)}\nEND\n"
