# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network ACL that comes with a VPC. It carries no tags of ours: it is found through its VPC and goes with it.

https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotReady, NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2, _network_acl


@dataclasses.dataclass(frozen=True)
class DefaultNetworkAcl:
    """The rules are like those of a network ACL. `waits_for` is what has to be done before it
    changes: its subnets have moved to another one, and AWS has added what it adds for an IPv6 block.
    """

    vpc: Any = create_only("VpcId", refers=("vpc",))
    ingress: Any = mutable()
    egress: Any = mutable()
    waits_for: Any = initial(refers=("subnet", "vpc_cidr"))


def list_default_network_acls(context: Context) -> Iterable[Found]:
    acls = _ec2.in_our_vpcs(context, "describe_network_acls", "NetworkAcls")
    return [_found(raw) for raw in acls if raw["IsDefault"]]


def identity(values: DefaultNetworkAcl) -> tuple[Any, ...]:
    return (values.vpc,)


def create(context: Context, new: New, values: DefaultNetworkAcl) -> Found:
    """AWS has made it together with the VPC."""
    filters = [{"Name": "vpc-id", "Values": [values.vpc]}, {"Name": "default", "Values": ["true"]}]
    acls = context.client("ec2").describe_network_acls(Filters=filters)["NetworkAcls"]
    if not acls:
        raise NotVisible(f"the default network ACL of {values.vpc} is not visible yet")
    return _found(acls[0])


def update(context: Context, found: Found, values: DefaultNetworkAcl, fields: set[str]) -> None:
    ec2 = context.client("ec2")
    if not (values.ingress and values.egress):
        _refuse_to_cut(ec2, found.id)
    if "ingress" in fields:
        _network_acl.set_rules(ec2, found.id, egress=False, wanted=values.ingress)
    if "egress" in fields:
        _network_acl.set_rules(ec2, found.id, egress=True, wanted=values.egress)


def _refuse_to_cut(ec2: Any, network_acl: str) -> None:
    """Subnets that are not ours may rely on the rules."""
    raw = ec2.describe_network_acls(NetworkAclIds=[network_acl])["NetworkAcls"][0]
    subnets = sorted(association["SubnetId"] for association in raw["Associations"])
    if subnets:
        raise NotReady(
            f"emptying {network_acl} would cut off {', '.join(subnets)}, which the stack does not declare; "
            "give them another network ACL, or set network.vpc.empty_defaults to false"
        )


def _found(raw: Mapping[str, Any]) -> Found:
    values = DefaultNetworkAcl(
        vpc=raw["VpcId"],
        ingress=_network_acl.rules_of(raw, egress=False),
        egress=_network_acl.rules_of(raw, egress=True),
    )
    return Found(raw["NetworkAclId"], values, _ec2.tags(raw))


KIND = Kind(
    name="default_network_acl",
    service="ec2",
    values=DefaultNetworkAcl,
    list=list_default_network_acls,
    calls={"DescribeNetworkAcls": "page"},
    actions=(
        "ec2:CreateNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
    ),
    create=create,
    update=update,
    after=("vpc",),
    identity=identity,
)
