# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private way from a VPC to a service: https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    arguments,
    canonical,
    create_only,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

GATEWAY, INTERFACE = "Gateway", "Interface"
FULL_ACCESS = "full access"
# AWS writes some of the states with a capital letter.
STATES = {
    "pending": PENDING,
    "pendingacceptance": PENDING,
    "available": READY,
    "deleting": DELETING,
    "deleted": GONE,
    "rejected": FAILED,
    "failed": FAILED,
    "expired": FAILED,
    "partial": PENDING,
}
# Lists that ModifyVpcEndpoint takes as additions and removals.
MEMBERS = {"subnets": "SubnetIds", "security_groups": "SecurityGroupIds", "route_tables": "RouteTableIds"}


def _same_policy(document: Any) -> str:
    """Normaliser: the policy that AWS attaches by default, in either of its wordings, is full access."""
    if document == FULL_ACCESS:
        return FULL_ACCESS
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return FULL_ACCESS if document.get("Statement") == [everything] else canonical(document)


@dataclasses.dataclass(frozen=True)
class VpcEndpoint:
    """`service` is a whole name like ``com.amazonaws.eu-west-1.s3``, `type` ``Gateway`` or ``Interface``.

    Gateways have `route_tables`; interfaces have `subnets`, `security_groups` and `private_dns`, which makes the service's
    usual names lead to them. `policy` is a document or ``full access``.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    service: str | None = create_only("ServiceName")
    type: str | None = create_only("VpcEndpointType")
    policy: Any = mutable(normalise=_same_policy)
    private_dns: bool | None = mutable("PrivateDnsEnabled")
    subnets: Any = mutable("SubnetIds", normalise=unordered, refers=("subnet",))
    security_groups: Any = mutable("SecurityGroupIds", normalise=unordered, refers=("security_group",))
    route_tables: Any = mutable("RouteTableIds", normalise=unordered, refers=("route_table",))


def list_endpoints(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=context.stack_filter()))


def create(context: Context, new: New, values: VpcEndpoint) -> Found:
    answer = context.client("ec2").create_vpc_endpoint(
        **arguments(values),
        **_policy(values),
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("vpc-endpoint"),
    )
    return _found(answer["VpcEndpoint"])


def update(context: Context, found: Found, values: VpcEndpoint, fields: set[str]) -> None:
    request: dict[str, Any] = arguments(values, fields & {"private_dns"})
    if "policy" in fields:
        request |= _policy(values) or {"ResetPolicy": True}
    for field in fields & MEMBERS.keys():
        request |= _members(MEMBERS[field], getattr(found.values, field) or (), getattr(values, field))
    context.client("ec2").modify_vpc_endpoint(VpcEndpointId=found.id, **request)


def delete(context: Context, found: Found) -> None:
    answer = context.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[found.id])
    _ec2.raise_unsuccessful("DeleteVpcEndpoints", answer)


def _policy(values: VpcEndpoint) -> dict[str, Any]:
    return {} if values.policy in (None, FULL_ACCESS) else {"PolicyDocument": json.dumps(values.policy)}


def _members(key: str, actual: Iterable[str], wanted: Iterable[str]) -> dict[str, list[str]]:
    changes = {f"Add{key}": sorted(set(wanted) - set(actual)), f"Remove{key}": sorted(set(actual) - set(wanted))}
    return {name: ids for name, ids in changes.items() if ids}


def _found(raw: Mapping[str, Any]) -> Found:
    values = read(
        VpcEndpoint,
        raw,
        policy=json.loads(raw["PolicyDocument"]) if raw.get("PolicyDocument") else FULL_ACCESS,
        security_groups=tuple(group["GroupId"] for group in raw.get("Groups", [])),
    )
    return Found(
        raw["VpcEndpointId"],
        values,
        _ec2.tags(raw),
        STATES[raw["State"].lower()],
        detail=raw.get("LastError", {}).get("Message", ""),
        attributes={"dns_names": [entry["DnsName"] for entry in raw.get("DnsEntries", []) if "DnsName" in entry]},
    )


KIND = Kind(
    name="vpc_endpoint",
    service="ec2",
    values=VpcEndpoint,
    list=list_endpoints,
    calls={"DescribeVpcEndpoints": "page"},
    actions=(
        "ec2:CreateVpcEndpoint",
        "ec2:CreateTags",
        "ec2:ModifyVpcEndpoint",
        "ec2:DeleteVpcEndpoints",
        "route53:AssociateVPCWithHostedZone",
    ),
    id_filter="vpc-endpoint-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    waits_for=("update", "delete"),
    indexed=True,
)
