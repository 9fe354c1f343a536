# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application load balancer: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    arguments,
    create_only,
    initial,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

STATES = {"provisioning": PENDING, "active": READY, "active_impaired": READY, "failed": FAILED}
ATTRIBUTES = {"idle_timeout", "deletion_protection", "drop_invalid_headers", "desync"}


@dataclasses.dataclass(frozen=True)
class LoadBalancer:
    """`subnets` have to be in at least two zones. Without the `internet_gateway`, AWS refuses an internet-facing one."""

    scheme: str | None = create_only("Scheme")
    subnets: Any = mutable("Subnets", normalise=unordered, refers=("subnet",))
    security_groups: Any = mutable("SecurityGroups", normalise=unordered, refers=("security_group",))
    idle_timeout: int | None = mutable("idle_timeout.timeout_seconds")
    deletion_protection: bool | None = mutable("deletion_protection.enabled")
    drop_invalid_headers: bool | None = mutable("routing.http.drop_invalid_header_fields.enabled")
    desync: str | None = mutable("routing.http.desync_mitigation_mode")
    internet_gateway: Any = initial(refers=("internet_gateway",))


def list_load_balancers(context: Context) -> Iterable[Found]:
    balancers = context.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    tags = _elbv2.tags_by_arn(context, [raw["LoadBalancerArn"] for raw in balancers])
    found = [_found(raw, tags.get(raw["LoadBalancerArn"], {})) for raw in balancers]
    return context.each(lambda balancer: _with_attributes(context, balancer), found)


def create(context: Context, new: New, values: LoadBalancer) -> Found:
    answer = context.client("elbv2").create_load_balancer(
        Name=new.aws_name, Type="application", **arguments(values, {"scheme", "subnets", "security_groups"}), Tags=new.tag_list
    )
    return _found(answer["LoadBalancers"][0], new.tags)


def update(context: Context, found: Found, values: LoadBalancer, fields: set[str]) -> None:
    elbv2 = context.client("elbv2")
    if fields & ATTRIBUTES:
        elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=found.id, Attributes=_elbv2.attribute_list(arguments(values, fields & ATTRIBUTES))
        )
    if "subnets" in fields:
        elbv2.set_subnets(LoadBalancerArn=found.id, **arguments(values, {"subnets"}))
    if "security_groups" in fields:
        elbv2.set_security_groups(LoadBalancerArn=found.id, **arguments(values, {"security_groups"}))


def delete(context: Context, found: Found) -> None:
    """The network interfaces stay for a while, and with them whatever they use."""
    context.client("elbv2").delete_load_balancer(LoadBalancerArn=found.id)


def guard(found: Found) -> str | None:
    if found.values.deletion_protection:
        return "deletion protection is on: set deletion_protection: false in load_balancer.load_balancers and run site.yml first"
    return None


def _with_attributes(context: Context, balancer: Found) -> Found:
    """Lists go on showing for a moment what has been deleted."""
    if not balancer.belongs_to(context.stack, "load_balancer"):
        return balancer
    try:
        answer = context.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer.id)
    except Exception as error:
        if is_not_found(error):
            return dataclasses.replace(balancer, state=GONE)
        raise
    actual = read(LoadBalancer, _elbv2.attributes(answer["Attributes"]))
    values = dataclasses.replace(balancer.values, **{name: getattr(actual, name) for name in ATTRIBUTES})
    return dataclasses.replace(balancer, values=values)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    state = raw.get("State", {})
    values = read(LoadBalancer, raw, subnets=tuple(zone["SubnetId"] for zone in raw.get("AvailabilityZones", [])))
    return Found(
        raw["LoadBalancerArn"],
        values,
        tags,
        STATES[state.get("Code", "active")],
        raw["LoadBalancerName"],
        {"arn": raw["LoadBalancerArn"], "dns_name": raw.get("DNSName"), "zone_id": raw.get("CanonicalHostedZoneId")},
        state.get("Reason", ""),
    )


KIND = Kind(
    name="load_balancer",
    service="elbv2",
    values=LoadBalancer,
    list=list_load_balancers,
    calls={"DescribeLoadBalancers": "page", "DescribeTags": "page", "DescribeLoadBalancerAttributes": "resource"},
    actions=(
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:SetSubnets",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:DeleteLoadBalancer",
        "iam:CreateServiceLinkedRole",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elbv2.tag,
    guard=guard,
    waits_for=("delete",),
    name_limit=32,
    unique_name=True,
)
