# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A target group of an application or network load balancer.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

HEALTH_CHECK = {"check_protocol", "check_port", "path", "interval", "timeout", "healthy", "unhealthy"}
ATTRIBUTES = {
    "deregistration_delay",
    "connection_termination",
    "slow_start",
    "algorithm",
    "anomaly_mitigation",
    "sticky",
    "sticky_type",
    "sticky_seconds",
    "cookie",
    "cookie_seconds",
    "cross_zone",
    "preserve_client_ip",
    "proxy_protocol",
}


@dataclasses.dataclass(frozen=True)
class TargetGroup:
    """Times are in seconds; `check_protocol` to `matcher` are the health check's.

    `sticky_seconds` are those of the load balancer's own cookie, `cookie_seconds` those of the application's `cookie`.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    protocol: str | None = create_only("Protocol")
    protocol_version: str | None = create_only("ProtocolVersion")
    port: int | None = create_only("Port")
    target_type: str | None = create_only("TargetType")
    path: str | None = mutable("HealthCheckPath")
    check_protocol: str | None = mutable("HealthCheckProtocol")
    check_port: str | None = mutable("HealthCheckPort")
    interval: int | None = mutable("HealthCheckIntervalSeconds")
    timeout: int | None = mutable("HealthCheckTimeoutSeconds")
    healthy: int | None = mutable("HealthyThresholdCount")
    unhealthy: int | None = mutable("UnhealthyThresholdCount")
    matcher: str | None = mutable()
    deregistration_delay: int | None = mutable("deregistration_delay.timeout_seconds")
    connection_termination: bool | None = mutable("deregistration_delay.connection_termination.enabled")
    slow_start: int | None = mutable("slow_start.duration_seconds")
    algorithm: str | None = mutable("load_balancing.algorithm.type")
    anomaly_mitigation: str | None = mutable("load_balancing.algorithm.anomaly_mitigation")
    sticky: bool | None = mutable("stickiness.enabled")
    sticky_type: str | None = mutable("stickiness.type")
    sticky_seconds: int | None = mutable("stickiness.lb_cookie.duration_seconds")
    cookie: str | None = mutable("stickiness.app_cookie.cookie_name", normalise=str)
    cookie_seconds: int | None = mutable("stickiness.app_cookie.duration_seconds")
    cross_zone: bool | str | None = mutable("load_balancing.cross_zone.enabled")
    preserve_client_ip: bool | None = mutable("preserve_client_ip.enabled")
    proxy_protocol: bool | None = mutable("proxy_protocol_v2.enabled")


def list_target_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("elbv2", "describe_target_groups", "TargetGroups")
    tags = _elbv2.tags_by_arn(context, [raw["TargetGroupArn"] for raw in groups])
    found = [_found(raw, tags.get(raw["TargetGroupArn"], {})) for raw in groups]
    return context.each(lambda group: _with_attributes(context, group), found)


def create(context: Context, new: New, values: TargetGroup) -> Found:
    fixed = arguments(values, {"vpc", "protocol", "protocol_version", "port", "target_type"})
    answer = context.client("elbv2").create_target_group(
        Name=new.aws_name, **fixed, **_health_check(values, HEALTH_CHECK | {"matcher"}), Tags=new.tag_list
    )
    return _found(answer["TargetGroups"][0], new.tags)


def update(context: Context, found: Found, values: TargetGroup, fields: set[str]) -> None:
    elbv2 = context.client("elbv2")
    if health_check := _health_check(values, fields):
        elbv2.modify_target_group(TargetGroupArn=found.id, **health_check)
    if attributes := arguments(values, fields & ATTRIBUTES):
        elbv2.modify_target_group_attributes(TargetGroupArn=found.id, Attributes=_elbv2.attribute_list(attributes))


def delete(context: Context, found: Found) -> None:
    context.client("elbv2").delete_target_group(TargetGroupArn=found.id)


def _health_check(values: TargetGroup, fields: set[str]) -> dict[str, Any]:
    codes = "GrpcCode" if values.protocol_version == "GRPC" else "HttpCode"
    matcher = {"Matcher": {codes: values.matcher}} if "matcher" in fields and values.matcher else {}
    return {**arguments(values, fields & HEALTH_CHECK), **matcher}


def _with_attributes(context: Context, group: Found) -> Found:
    if not group.belongs_to(context.stack, "target_group"):
        return group
    answer = context.client("elbv2").describe_target_group_attributes(TargetGroupArn=group.id)
    actual = read(TargetGroup, _elbv2.attributes(answer["Attributes"]))
    values = dataclasses.replace(group.values, **{name: getattr(actual, name) for name in ATTRIBUTES})
    return dataclasses.replace(group, values=values)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    matcher = raw.get("Matcher", {})
    values = read(TargetGroup, raw, matcher=matcher.get("HttpCode") or matcher.get("GrpcCode"))
    # Of application load balancers, there is at most one.
    attributes = {"arn": raw["TargetGroupArn"], "load_balancer": next(iter(raw.get("LoadBalancerArns", ())), None)}
    return Found(raw["TargetGroupArn"], values, tags, name=raw["TargetGroupName"], attributes=attributes)


KIND = Kind(
    name="target_group",
    service="elbv2",
    values=TargetGroup,
    list=list_target_groups,
    calls={"DescribeTargetGroups": "page", "DescribeTags": "page", "DescribeTargetGroupAttributes": "resource"},
    actions=(
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:DeleteTargetGroup",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elbv2.tag,
    create_before_delete=True,
    name_limit=32,
    unique_name=True,
)
