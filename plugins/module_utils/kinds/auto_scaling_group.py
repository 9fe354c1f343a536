# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group of instances that keeps its size: https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-groups.html

Instances get their tags from the launch template; the group's own tags are not propagated, so that nothing but the
group carries its identity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, canonical, initial, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    _autoscaling,
    _instance_refresh,
    _lifecycle_hooks,
    _warm_pool,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches
from ansible_collections.terrace.aws.plugins.module_utils.kinds._instance_refresh import template_of
from ansible_collections.terrace.aws.plugins.module_utils.kinds._instance_sources import (
    mixed_of,
    outdated,
    running_versions,
    source,
    staying,
    versions,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds._warm_pool import pool_of

NAMES_PER_CALL = 100
TEMPLATE = {"launch_template", "template_version"}
TARGET_GROUPS_PER_CALL = 10
# Those of a moment: several instances may start and end at once.
ACTIVITIES = 20
UNSUCCESSFUL = ("Failed", "Cancelled")
# News of IAM, EC2 and load balancing reach Auto Scaling late; it checks the whole launch template on each of these calls.
LATE = (
    r"(?i)Invalid IAM Instance Profile|(launch template|security group|subnet ID)[^.]*does not exist"
    r"|could not find the specified version|target groups? (may not be valid|not found)"
)


@dataclasses.dataclass(frozen=True)
class AutoScalingGroup:
    """`desired` is the size at creation: scaling is not drift. `grace` is in seconds after an instance's start.

    `routes` are there before the first instance, whose user data may need the way out. `hooks` hold instances on their way
    in or out: each has name, transition (``launching`` or ``terminating``), timeout (seconds) and default_result.
    `mixed` is that of `_instance_sources`. `refresh` has the preferences of the instance refresh that another template
    version is rolled out by; without it, running instances stay as they are. `floor` and `ceiling` are the sizes at creation
    where schedules change them, so that `minimum` and `maximum` are nobody's to keep. `warmup` is in seconds. `warm_pool` is
    that of `_warm_pool`, empty for none.
    """

    launch_template: Any = mutable(refers=("launch_template",))
    template_version: Any = mutable(normalise=str, refers=("launch_template",))
    mixed: Any = mutable(normalise=canonical)
    refresh: Any = initial()
    subnets: Any = mutable(normalise=unordered, refers=("subnet",))
    target_groups: Any = mutable(normalise=unordered, refers=("target_group",))
    floor: int | None = initial("MinSize")
    ceiling: int | None = initial("MaxSize")
    minimum: int | None = mutable("MinSize")
    maximum: int | None = mutable("MaxSize")
    desired: int | None = initial("DesiredCapacity")
    health_check: str | None = mutable("HealthCheckType")
    grace: int | None = mutable("HealthCheckGracePeriod")
    warmup: int | None = mutable("DefaultInstanceWarmup")
    capacity_rebalance: bool | None = mutable("CapacityRebalance")
    warm_pool: Any = mutable(normalise=canonical)
    hooks: Any = mutable(normalise=unordered, disrupts=_lifecycle_hooks.disruption)
    routes: Any = initial(refers=("route_table",))


def list_groups(context: Context) -> Iterable[Found]:
    ours = context.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", Filters=context.stack_filter())
    groups = ours + _namesakes(context, {raw["AutoScalingGroupName"] for raw in ours})
    return context.each(lambda raw: _in_detail(context, raw), groups)


def create(context: Context, new: New, values: AutoScalingGroup) -> Found:
    """The answer is empty: what the group is like is seen when its instances are awaited."""
    context.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=new.aws_name,
        **arguments(values),
        **source(values.launch_template, values.template_version, values.mixed),
        VPCZoneIdentifier=",".join(values.subnets),
        TargetGroupARNs=list(values.target_groups or ()),
        LifecycleHookSpecificationList=[_lifecycle_hooks.specification(hook) for hook in values.hooks or ()],
        Tags=_tags(new.aws_name, new.tags),
    )
    return Found(new.aws_name, values, new.tags, PENDING, name=new.aws_name)


def update(context: Context, found: Found, values: AutoScalingGroup, fields: set[str]) -> None:
    if "target_groups" in fields:
        _set_target_groups(context.client("autoscaling"), found, values.target_groups)
    if "hooks" in fields:
        _lifecycle_hooks.set_hooks(context, found.id, found.values.hooks or (), values.hooks)
    if "warm_pool" in fields:
        _warm_pool.set_pool(context, found.id, values.warm_pool)
    kept = _version_to_keep(found, values) if fields & TEMPLATE else ""
    if settings := _settings(found, values, fields, kept):
        change = context.client("autoscaling").update_auto_scaling_group
        _instance_refresh.making_way(context, found.id, lambda: change(AutoScalingGroupName=found.id, **settings))
    if kept:
        wanted = source(values.launch_template, values.template_version, values.mixed)
        _instance_refresh.start(context, found.id, wanted, values.refresh)


def _version_to_keep(found: Found, values: AutoScalingGroup) -> str:
    """Return the version that the group keeps until a refresh has replaced its instances; nothing if it needs no refresh.

    AWS goes back to numbers only. A group that says ``$Default`` or ``$Latest`` gets the number that its instances have.
    """
    version, running = str(found.attributes["version"]), found.attributes["running_versions"]
    if not (values.refresh and found.attributes["in_service"]):
        return ""
    if version.isdigit():
        return version
    return next((number for number in reversed(running) if number != str(values.template_version)), "")


def delete(context: Context, found: Found) -> None:
    """The instances go with the group."""
    _autoscaling.unless_gone(
        lambda: context.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=found.id, ForceDelete=True)
    )


def shortfall(found: Found, desired: AutoScalingGroup) -> str | None:
    """A refresh that has failed leaves the group with the version it had."""
    failure, version, wanted = found.attributes.get("failed_refresh"), found.attributes["version"], str(desired.template_version)
    return f"{failure}; the group is at version {version} and not at {wanted}" if failure and version != wanted else None


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    context.client("autoscaling").create_or_update_tags(Tags=_tags(found.id, wanted))


def guard(found: Found) -> str | None:
    protection = found.attributes.get("deletion_protection", "none")
    return None if protection == "none" else f"its deletion protection is {protection}; set it to none first"


def _namesakes(context: Context, known: set[str]) -> list[dict[str, Any]]:
    """Return the groups of others that have a name we are going to give."""
    wanted = {KIND.aws_name(context.stack, declaration.name) for declaration in context.declared("auto_scaling_group")}
    pages = context.each(
        lambda batch: context.pages(
            "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=batch
        ),
        batches(sorted(wanted - known), NAMES_PER_CALL),
    )
    return [raw for page in pages for raw in page]


def _settings(found: Found, values: AutoScalingGroup, fields: set[str], kept: str) -> dict[str, Any]:
    """Return what UpdateAutoScalingGroup takes of the fields. A mix includes the template, which may be another field's.

    With a version that is `kept`, the new one is left to the refresh.
    """
    settings = arguments(values, fields)
    if fields & TEMPLATE and not kept:
        settings |= source(values.launch_template, values.template_version, values.mixed)
    elif "mixed" in fields or kept not in ("", found.attributes["version"]):
        mixed = values.mixed if "mixed" in fields else found.values.mixed
        settings |= source(found.values.launch_template, kept or found.attributes["version"], mixed)
    if "subnets" in fields:
        settings["VPCZoneIdentifier"] = ",".join(values.subnets)
    return settings


def _set_target_groups(client: Any, found: Found, wanted: Iterable[str]) -> None:
    """Attach before detaching, so that the instances never are without traffic."""
    actual = set(found.values.target_groups or ())
    for batch in batches(sorted(set(wanted) - actual), TARGET_GROUPS_PER_CALL):
        client.attach_load_balancer_target_groups(AutoScalingGroupName=found.id, TargetGroupARNs=batch)
    for batch in batches(sorted(actual - set(wanted)), TARGET_GROUPS_PER_CALL):
        client.detach_load_balancer_target_groups(AutoScalingGroupName=found.id, TargetGroupARNs=batch)


def _tags(group: str, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"ResourceType": "auto-scaling-group", "ResourceId": group, "Key": key, "Value": value, "PropagateAtLaunch": False}
        for key, value in sorted(wanted.items())
    ]


def _in_detail(context: Context, raw: Mapping[str, Any]) -> Found:
    """Look at what takes a call for each group, as far as it is declared."""
    found = _with_problem(context, _found(raw))
    declared = {declaration.name: declaration.values for declaration in context.declared("auto_scaling_group")}
    wanted = declared.get(found.logical_name, AutoScalingGroup())
    if wanted.refresh is not None:
        found = _with_refresh(context, found, raw)
    if wanted.hooks is not None:
        found = _with_hooks(context, found)
    return found


def _with_refresh(context: Context, found: Found, raw: Mapping[str, Any]) -> Found:
    """Look at the refresh where there may be one: when the group or an instance has not the template's latest version."""
    template, version = template_of(raw)
    latest = {other.id: str(other.attributes["version"]) for other in context.found("launch_template")}
    if found.state == DELETING or (not (old := outdated(raw)) and latest.get(template or "") == version):
        return found
    if old:
        versions = f"{version} ({old} of {len(staying(raw))} instances have others)"
        found = dataclasses.replace(found, values=dataclasses.replace(found.values, template_version=versions))
    refresh = _instance_refresh.latest(context, found.id)
    if refresh and refresh["Status"] in _instance_refresh.ACTIVE:
        detail, patience = _instance_refresh.progress(refresh), _instance_refresh.LONGEST
        return dataclasses.replace(found, state=PENDING, detail=detail, patience=patience)
    if failure := _instance_refresh.failure(refresh):
        return dataclasses.replace(found, attributes={**found.attributes, "failed_refresh": failure})
    return found


def _with_hooks(context: Context, found: Found) -> Found:
    """Who waits for hooks needs longer."""
    hooks = _lifecycle_hooks.hooks_of(context, found.id)
    patience = max(found.patience, KIND.timeout + max((hook["timeout"] for hook in hooks), default=0))
    return dataclasses.replace(found, values=dataclasses.replace(found.values, hooks=hooks), patience=patience)


def _with_problem(context: Context, found: Found) -> Found:
    """A group that is short of instances tells why in its activities alone. A launch that a hook has ended is cancelled."""
    if found.state != PENDING:
        return found
    answer = context.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=found.id, MaxRecords=ACTIVITIES)
    launches = [activity for activity in answer["Activities"] if activity["Description"].startswith("Launching")]
    last: dict[str, Any] = next((launch for launch in launches if launch["StatusCode"] in ("Successful", *UNSUCCESSFUL)), {})
    problems = [last["StatusMessage"]] if last.get("StatusCode") in UNSUCCESSFUL and last.get("StatusMessage") else []
    return dataclasses.replace(found, detail=": ".join([found.detail, *problems]))


def _found(raw: Mapping[str, Any]) -> Found:
    template, version = template_of(raw)
    values = AutoScalingGroup(
        launch_template=template,
        template_version=version,
        mixed=mixed_of(raw),
        warm_pool=pool_of(raw),
        subnets=tuple(filter(None, raw.get("VPCZoneIdentifier", "").split(","))),
        target_groups=tuple(raw.get("TargetGroupARNs", ())),
        minimum=raw["MinSize"],
        maximum=raw["MaxSize"],
        desired=raw["DesiredCapacity"],
        health_check=raw["HealthCheckType"],
        grace=raw["HealthCheckGracePeriod"],
        warmup=raw.get("DefaultInstanceWarmup"),
        capacity_rebalance=raw.get("CapacityRebalance", False),
    )
    in_service = sum(instance["LifecycleState"] == "InService" for instance in raw.get("Instances", ()))
    state = DELETING if raw.get("Status") else READY if in_service >= _needed(raw) else PENDING
    return Found(
        raw["AutoScalingGroupName"],
        values,
        {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())},
        state,
        name=raw["AutoScalingGroupName"],
        detail=f"{in_service} of {raw['DesiredCapacity']} in service",
        attributes={
            "arn": raw["AutoScalingGroupARN"],
            "desired": raw["DesiredCapacity"],
            "in_service": in_service,
            "version": version,
            "running_versions": running_versions(raw),
            "template_versions": versions(raw),
            "deletion_protection": raw.get("DeletionProtection", "none"),
        },
    )


def _needed(raw: Mapping[str, Any]) -> int:
    """Return how many instances make the group ready. Between minimum and maximum it may always be on its way."""
    return min(raw["DesiredCapacity"], max(raw["MinSize"], 1))


KIND = Kind(
    name="auto_scaling_group",
    service="autoscaling",
    values=AutoScalingGroup,
    list=list_groups,
    calls={
        "DescribeAutoScalingGroups": "page",
        "DescribeScalingActivities": "resource",
        "DescribeLifecycleHooks": "resource",
        "DescribeInstanceRefreshes": "resource",
    },
    actions=(
        "autoscaling:CreateAutoScalingGroup",
        "autoscaling:CreateOrUpdateTags",
        "autoscaling:UpdateAutoScalingGroup",
        "autoscaling:AttachLoadBalancerTargetGroups",
        "autoscaling:DetachLoadBalancerTargetGroups",
        "autoscaling:PutLifecycleHook",
        "autoscaling:DeleteLifecycleHook",
        "autoscaling:PutWarmPool",
        "autoscaling:DeleteWarmPool",
        "autoscaling:StartInstanceRefresh",
        "autoscaling:CancelInstanceRefresh",
        "autoscaling:DeleteAutoScalingGroup",
        "ec2:RunInstances",
        "ec2:CreateTags",
        "iam:PassRole",
        "iam:CreateServiceLinkedRole",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    guard=guard,
    shortfall=shortfall,
    after=("launch_template",),
    waits_for=("update", "delete"),
    # A group whose instances cannot start goes on trying; another launch template is what helps it.
    mended_by_update=True,
    unique_name=True,
    retries=(
        *(
            Retry(operation, "ValidationError", LATE)
            for operation in (
                "CreateAutoScalingGroup",
                "UpdateAutoScalingGroup",
                "AttachLoadBalancerTargetGroups",
                "StartInstanceRefresh",
            )
        ),
        *_instance_refresh.RETRIES,
    ),
)
