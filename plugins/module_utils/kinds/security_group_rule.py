# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule of a security group. Its identity is what it says: direction, protocol, ports and source.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2


@dataclasses.dataclass(frozen=True)
class SecurityGroupRule:
    """`peer` is a CIDR, a prefix list id or a security group id: the source of ingress, the destination of egress.

    `protocol` is ``tcp``, ``udp``, ``icmp``, ``icmpv6`` or ``-1`` for all; ports are -1 where the protocol has none.
    """

    group: Any = create_only(refers=("security_group",))
    direction: str | None = create_only()
    protocol: str | None = create_only()
    from_port: int | None = create_only()
    to_port: int | None = create_only()
    peer: Any = create_only(refers=("security_group", "prefix_list"))
    description: str | None = mutable()


def list_rules(context: Context) -> Iterable[Found]:
    groups = (group.id for group in context.found("security_group"))
    return map(_found, _ec2.filtered(context, "describe_security_group_rules", "SecurityGroupRules", "group-id", groups))


def identity(values: SecurityGroupRule) -> tuple[Any, ...]:
    return (values.group, values.direction, values.protocol, values.from_port, values.to_port, values.peer)


def spares(group: Any, found: Found) -> bool:
    """Rules that we have not made stay in a group that is not purged."""
    return group.purge_rules is False and TAG_STACK not in found.tags


def create(context: Context, new: New, values: SecurityGroupRule) -> Found:
    ec2 = context.client("ec2")
    authorize = ec2.authorize_security_group_egress if values.direction == "egress" else ec2.authorize_security_group_ingress
    answer = authorize(
        GroupId=values.group, IpPermissions=[_permission(values)], TagSpecifications=new.tag_specifications("security-group-rule")
    )
    return _found(answer["SecurityGroupRules"][0])


def update(context: Context, found: Found, values: SecurityGroupRule, fields: set[str]) -> None:
    context.client("ec2").modify_security_group_rules(
        GroupId=values.group, SecurityGroupRules=[{"SecurityGroupRuleId": found.id, "SecurityGroupRule": _rule(values)}]
    )


def delete(context: Context, found: Found) -> None:
    ec2 = context.client("ec2")
    revoke = ec2.revoke_security_group_egress if found.values.direction == "egress" else ec2.revoke_security_group_ingress
    revoke(GroupId=found.values.group, SecurityGroupRuleIds=[found.id])


def _permission(values: SecurityGroupRule) -> dict[str, Any]:
    """Return the IpPermission of the authorize calls, where the peer decides the key."""
    described = {"Description": values.description} if values.description else {}
    permission: dict[str, Any] = {"IpProtocol": values.protocol}
    if values.protocol != "-1":
        permission |= {"FromPort": values.from_port, "ToPort": values.to_port}
    list_key, item_key = _peer_keys(values.peer)
    return {**permission, list_key: [{item_key: values.peer, **described}]}


def _peer_keys(peer: str) -> tuple[str, str]:
    if peer.startswith("sg-"):
        return "UserIdGroupPairs", "GroupId"
    if peer.startswith("pl-"):
        return "PrefixListIds", "PrefixListId"
    return ("Ipv6Ranges", "CidrIpv6") if ":" in peer else ("IpRanges", "CidrIp")


def _rule(values: SecurityGroupRule) -> dict[str, Any]:
    """Return the SecurityGroupRule of ModifySecurityGroupRules, which names the same things differently."""
    peer_key = {
        "UserIdGroupPairs": "ReferencedGroupId",
        "PrefixListIds": "PrefixListId",
        "Ipv6Ranges": "CidrIpv6",
        "IpRanges": "CidrIpv4",
    }[_peer_keys(values.peer)[0]]
    return {
        "IpProtocol": values.protocol,
        "FromPort": values.from_port,
        "ToPort": values.to_port,
        peer_key: values.peer,
        "Description": values.description or "",
    }


def _found(raw: Mapping[str, Any]) -> Found:
    peer = (
        raw.get("CidrIpv4") or raw.get("CidrIpv6") or raw.get("PrefixListId") or raw.get("ReferencedGroupInfo", {}).get("GroupId")
    )
    values = SecurityGroupRule(
        group=raw["GroupId"],
        direction="egress" if raw["IsEgress"] else "ingress",
        protocol=raw["IpProtocol"],
        from_port=raw.get("FromPort", -1),
        to_port=raw.get("ToPort", -1),
        peer=peer,
        description=raw.get("Description") or "",
    )
    name = rule_text(values.direction, values.protocol, values.from_port, values.to_port, values.peer)
    return Found(raw["SecurityGroupRuleId"], values, _ec2.tags(raw), name=name)


def rule_text(direction: str, protocol: str, from_port: int, to_port: int, peer: str) -> str:
    """Return the rule as people read it: ``ingress/tcp/3000/app``, ``egress/all/0.0.0.0/0``."""
    ports = [] if from_port == -1 else [str(from_port) if from_port == to_port else f"{from_port}-{to_port}"]
    return "/".join([direction, "all" if protocol == "-1" else protocol, *ports, peer])


KIND = Kind(
    name="security_group_rule",
    service="ec2",
    values=SecurityGroupRule,
    list=list_rules,
    calls={"DescribeSecurityGroupRules": "parent"},
    actions=(
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:CreateTags",
        "ec2:ModifySecurityGroupRules",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    create=create,
    update=update,
    delete=delete,
    after=("security_group",),
    identity=identity,
    parent="group",
    spares=spares,
)
