# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups become rules of a packet filter."""

import pytest

from local_cloud.reconcile.desired import Firewall, Rule
from local_cloud.reconcile.nftables import render


def accepted(*rules: Rule, management: tuple[str, int] | None = None) -> list[str]:
    """Return the lines that these ingress rules add."""
    empty = render(Firewall((), ())).splitlines()
    lines = [line.strip() for line in render(Firewall(rules, ()), management).splitlines() if line not in empty]
    return [line.removesuffix(" accept") for line in lines]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (Rule("tcp", 80, 80, ("0.0.0.0/0",)), "meta nfproto ipv4 tcp dport 80"),
        (Rule("tcp", 80, 80, ("::/0",)), "meta nfproto ipv6 tcp dport 80"),
        (Rule("tcp", 3000, 3010, ("10.0.0.9", "10.0.0.4")), "ip saddr { 10.0.0.4/32, 10.0.0.9/32 } tcp dport 3000-3010"),
        (Rule("udp", 53, 53, ("10.0.0.0/16",)), "ip saddr { 10.0.0.0/16 } udp dport 53"),
        (Rule("-1", 0, 65535, ("10.0.0.0/16",)), "ip saddr { 10.0.0.0/16 }"),
        (Rule("icmp", -1, -1, ("10.0.0.0/16",)), "ip saddr { 10.0.0.0/16 } meta l4proto icmp"),
        (Rule("icmp", 8, -1, ("10.0.0.0/16",)), "ip saddr { 10.0.0.0/16 } icmp type 8"),
        (Rule("50", 0, 0, ("10.0.0.0/16",)), "ip saddr { 10.0.0.0/16 } meta l4proto 50"),
        (Rule("tcp", 1, 1, ("10.0.0.0/16", "10.0.1.0/24")), "ip saddr { 10.0.0.0/16 } tcp dport 1"),
    ],
)
def test_a_rule_becomes_a_line(rule: Rule, line: str) -> None:
    assert accepted(rule) == [line]


def test_a_group_without_members_lets_nobody_in() -> None:
    assert accepted(Rule("tcp", 80, 80, ())) == []


def test_the_reconciler_alone_may_look_in() -> None:
    assert accepted(management=("10.0.0.1", 8404)) == ["ip saddr 10.0.0.1 tcp dport 8404", "tcp dport 8404 drop"]


def test_everything_else_is_dropped_also_of_open_connections() -> None:
    rules = render(Firewall((), ()))
    assert rules.count("policy drop") == 2
    assert "ct state established,related accept" not in rules
    assert rules.count("ct direction reply ct state established accept") == 2


def test_the_table_is_replaced_in_one_transaction() -> None:
    assert render(Firewall((), ())).splitlines()[:2] == ["table inet terrace_sg", "delete table inet terrace_sg"]
