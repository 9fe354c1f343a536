# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application or network load balancer.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
"""

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
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    arguments,
    canonical,
    create_only,
    initial,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

STATES = {"provisioning": PENDING, "active": READY, "active_impaired": READY, "failed": FAILED}
LOGS = ("access_logs", "connection_logs")
ATTRIBUTES = {
    "idle_timeout",
    "keep_alive",
    "drop_invalid_headers",
    "desync",
    "preserve_host",
    "forwarded_for",
    "forwarded_port",
    "deletion_protection",
}
# What AWS gives every new one.
FRESH: dict[str, Any] = {"deletion_protection": False, **{name: {"enabled": False} for name in LOGS}}
# What an address is, by its zone: an Elastic IP, or one of the subnet's own.
ADDRESS = ("AllocationId", "PrivateIPv4Address")


def _forbidden_groups(before: Any, after: Any) -> str:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html"""
    if bool(before) == bool(after):
        return ""
    return "are given to a network load balancer when it is made, or never: describe one of another name, then remove this one"


def _forbidden_addresses(before: Any, after: Any) -> str:
    former, wanted = ({item["SubnetId"]: item for item in items} for items in (before, after))
    if all(former[subnet] == wanted[subnet] for subnet in former.keys() & wanted.keys()):
        return ""
    return "cannot be changed where there are some already: describe one of another name, then remove this one"


@dataclasses.dataclass(frozen=True)
class LoadBalancer:
    """An application load balancer has `subnets` in at least two zones. Without the `internet_gateway`, AWS refuses an
    internet-facing one. `addresses` of a network load balancer are its subnets, each with an Elastic IP or an address.

    Logs are ``{"enabled": True, "bucket": ..., "prefix": ...}`` or ``{"enabled": False}``. Times are in seconds.
    """

    type: str | None = create_only("Type")
    scheme: str | None = create_only("Scheme")
    subnets: Any = mutable("Subnets", normalise=unordered, refers=("subnet",))
    addresses: Any = mutable(normalise=unordered, refers=("subnet", "elastic_ip"), forbids=_forbidden_addresses)
    security_groups: Any = mutable("SecurityGroups", normalise=unordered, refers=("security_group",), forbids=_forbidden_groups)
    ip_address_type: str | None = mutable("IpAddressType")
    idle_timeout: int | None = mutable("idle_timeout.timeout_seconds")
    keep_alive: int | None = mutable("client_keep_alive.seconds")
    drop_invalid_headers: bool | None = mutable("routing.http.drop_invalid_header_fields.enabled")
    desync: str | None = mutable("routing.http.desync_mitigation_mode")
    preserve_host: bool | None = mutable("routing.http.preserve_host_header.enabled")
    forwarded_for: str | None = mutable("routing.http.xff_header_processing.mode")
    forwarded_port: bool | None = mutable("routing.http.xff_client_port.enabled")
    deletion_protection: bool | None = mutable("deletion_protection.enabled")
    access_logs: Any = mutable(normalise=canonical, refers=("bucket",))
    connection_logs: Any = mutable(normalise=canonical, refers=("bucket",))
    internet_gateway: Any = initial(refers=("internet_gateway",))


def list_load_balancers(context: Context) -> Iterable[Found]:
    balancers = context.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    tags = _elbv2.tags_by_arn(context, [raw["LoadBalancerArn"] for raw in balancers])
    found = [_found(raw, tags.get(raw["LoadBalancerArn"], {})) for raw in balancers]
    return context.each(lambda balancer: _with_attributes(context, balancer), found)


def create(context: Context, new: New, values: LoadBalancer) -> Found:
    given = arguments(values, {"type", "scheme", "subnets", "security_groups", "ip_address_type"})
    mappings = {"SubnetMappings": list(values.addresses)} if values.addresses else {}
    answer = context.client("elbv2").create_load_balancer(
        Name=new.aws_name, **{name: value for name, value in given.items() if value}, **mappings, Tags=new.tag_list
    )
    made = _found(answer["LoadBalancers"][0], new.tags)
    return dataclasses.replace(made, values=dataclasses.replace(made.values, **FRESH))


def update(context: Context, found: Found, values: LoadBalancer, fields: set[str]) -> None:
    elbv2 = context.client("elbv2")
    if attributes := {**arguments(values, fields & ATTRIBUTES), **_logs(values, fields)}:
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=found.id, Attributes=_elbv2.attribute_list(attributes))
    if "subnets" in fields:
        elbv2.set_subnets(LoadBalancerArn=found.id, **arguments(values, {"subnets"}))
    if "addresses" in fields:
        elbv2.set_subnets(LoadBalancerArn=found.id, SubnetMappings=list(values.addresses))
    if "security_groups" in fields:
        elbv2.set_security_groups(LoadBalancerArn=found.id, **arguments(values, {"security_groups"}))
    if "ip_address_type" in fields:
        elbv2.set_ip_address_type(LoadBalancerArn=found.id, **arguments(values, {"ip_address_type"}))


def delete(context: Context, found: Found) -> None:
    """The network interfaces stay for a while, and with them whatever they use."""
    context.client("elbv2").delete_load_balancer(LoadBalancerArn=found.id)


def guard(found: Found) -> str | None:
    if found.values.deletion_protection:
        return "deletion protection is on: set deletion_protection: false in load_balancer.load_balancers and run site.yml first"
    return None


def _logs(values: LoadBalancer, fields: set[str]) -> dict[str, Any]:
    """Return the attributes of the logs that change."""
    changed = [(name, getattr(values, name)) for name in LOGS if name in fields]
    return {f"{name}.s3.{key}": value for name, logs in changed for key, value in logs.items()}


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
    attributes = _elbv2.attributes(answer["Attributes"])
    actual = read(LoadBalancer, attributes)
    logs = {name: _read_logs(attributes, name) for name in LOGS}
    values = dataclasses.replace(balancer.values, **{name: getattr(actual, name) for name in ATTRIBUTES}, **logs)
    return dataclasses.replace(balancer, values=values)


def _read_logs(attributes: Mapping[str, Any], name: str) -> dict[str, Any]:
    if not attributes.get(f"{name}.s3.enabled"):
        return {"enabled": False}
    return {"enabled": True, **{key: str(attributes.get(f"{name}.s3.{key}", "")) for key in ("bucket", "prefix")}}


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    state = raw.get("State", {})
    zones = raw.get("AvailabilityZones", [])
    values = read(
        LoadBalancer,
        raw,
        subnets=tuple(zone["SubnetId"] for zone in zones),
        addresses=tuple({"SubnetId": zone["SubnetId"], **_address(zone)} for zone in zones),
        security_groups=tuple(raw.get("SecurityGroups") or ()),
    )
    return Found(
        raw["LoadBalancerArn"],
        values,
        tags,
        STATES[state.get("Code", "active")],
        raw["LoadBalancerName"],
        {"arn": raw["LoadBalancerArn"], "dns_name": raw.get("DNSName"), "zone_id": raw.get("CanonicalHostedZoneId")},
        state.get("Reason", ""),
    )


def _address(zone: Mapping[str, Any]) -> dict[str, str]:
    """Return the address that was chosen for a zone, if any was."""
    addresses = zone.get("LoadBalancerAddresses") or [{}]
    return {key: addresses[0][key] for key in ADDRESS if addresses[0].get(key)}


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
        "elasticloadbalancing:SetIpAddressType",
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
    retries=(
        # The bucket's policy may be a moment old.
        Retry("ModifyLoadBalancerAttributes", "InvalidConfigurationRequest", "Access Denied for bucket", seconds=60.0),
        # So may be what EC2 has just made; of security groups that has a code of its own.
        Retry("CreateLoadBalancer", "InvalidSecurityGroup", "does not exist", seconds=60.0),
        Retry("SetSecurityGroups", "InvalidSecurityGroup", "does not exist", seconds=60.0),
    ),
    name_limit=32,
    unique_name=True,
)
