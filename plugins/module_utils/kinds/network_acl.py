# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network ACL of our own. Its subnets name it, not the other way round: each subnet has exactly one.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2, _network_acl


@dataclasses.dataclass(frozen=True)
class NetworkAcl:
    """`ingress` and `egress` are rules as `_network_acl.rules_of` describes them: the first that matches decides."""

    vpc: Any = create_only("VpcId", refers=("vpc",))
    ingress: Any = mutable()
    egress: Any = mutable()


def list_network_acls(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_network_acls", "NetworkAcls", Filters=context.stack_filter()))


def create(context: Context, new: New, values: NetworkAcl) -> Found:
    answer = context.client("ec2").create_network_acl(
        VpcId=values.vpc, ClientToken=new.token, TagSpecifications=new.tag_specifications("network-acl")
    )
    return _found(answer["NetworkAcl"])


def update(context: Context, found: Found, values: NetworkAcl, fields: set[str]) -> None:
    if "ingress" in fields:
        _network_acl.set_rules(context.client("ec2"), found.id, egress=False, wanted=values.ingress)
    if "egress" in fields:
        _network_acl.set_rules(context.client("ec2"), found.id, egress=True, wanted=values.egress)


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_network_acl(NetworkAclId=found.id)


def holders(context: Context, found: Found) -> list[str]:
    """Name the subnets that still have it."""
    raw = context.client("ec2").describe_network_acls(NetworkAclIds=[found.id])["NetworkAcls"][0]
    return [association["SubnetId"] for association in raw["Associations"]]


def _found(raw: Mapping[str, Any]) -> Found:
    values = NetworkAcl(
        vpc=raw["VpcId"],
        ingress=_network_acl.rules_of(raw, egress=False),
        egress=_network_acl.rules_of(raw, egress=True),
    )
    return Found(raw["NetworkAclId"], values, _ec2.tags(raw))


KIND = Kind(
    name="network_acl",
    service="ec2",
    values=NetworkAcl,
    list=list_network_acls,
    calls={"DescribeNetworkAcls": "page"},
    actions=(
        "ec2:CreateNetworkAcl",
        "ec2:CreateTags",
        "ec2:CreateNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
        "ec2:DeleteNetworkAcl",
    ),
    id_filter="network-acl-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    holders=holders,
    indexed=True,
)
