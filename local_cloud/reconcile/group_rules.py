# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as plain rules: groups that are named as peers become the addresses of their members."""

from collections.abc import Iterable
from typing import Any

from local_cloud.reconcile.desired import Firewall, Rule

PROTOCOL_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def firewall(ec2: Any, groups: Iterable[Any]) -> Firewall:
    """Return the union of moto's security groups, in a stable order."""
    ordered = sorted(groups, key=lambda group: group.id)
    return Firewall(
        ingress=_rules(ec2, [rule for group in ordered for rule in group.ingress_rules]),
        egress=_rules(ec2, [rule for group in ordered for rule in group.egress_rules]),
    )


def members(ec2: Any, group_id: str) -> list[str]:
    """Return the private addresses of the interfaces in a group."""
    return [
        address["PrivateIpAddress"]
        for interface in ec2.enis.values()
        if any(group.id == group_id for group in interface.group_set)
        for address in interface.private_ip_addresses
    ]


def _rules(ec2: Any, rules: list[Any]) -> tuple[Rule, ...]:
    return tuple(sorted({_rule(ec2, rule) for rule in rules}, key=repr))


def _rule(ec2: Any, rule: Any) -> Rule:
    source = rule.source_group.get("GroupId")
    peers = members(ec2, source) if source else [rule.cidr_ipv4 or rule.cidr_ipv6]
    protocol = PROTOCOL_NUMBERS.get(str(rule.ip_protocol), str(rule.ip_protocol))
    return Rule(protocol, _port(rule.from_port, 0), _port(rule.to_port, 65535), tuple(sorted(peer for peer in peers if peer)))


def _port(value: Any, default: int) -> int:
    return default if value in (None, "") else int(value)
