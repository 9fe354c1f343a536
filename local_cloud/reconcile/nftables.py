# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as an nftables ruleset for one network namespace.

AWS's groups are stateful, and AWS lets tracked connections outlive the rule that admitted them. Here the rules are
asked for every packet in the connection's own direction and only replies pass by state: a revoked rule takes effect at
once, which is what somebody who tries it out wants to see.
"""

from ipaddress import ip_network
from typing import Any

from local_cloud.reconcile.desired import Firewall, Rule

TABLE = "inet terrace_sg"


def render(firewall: Firewall, management: tuple[str, int] | None = None) -> str:
    """Return the ruleset that replaces our table in one transaction.

    `management` is an (address, port) from which and on which the reconciler itself looks in, and nobody else may.
    """
    extra = _only_from(*management) if management else []
    ingress = [line for rule in firewall.ingress for line in _lines(rule, "saddr")]
    egress = [line for rule in firewall.egress for line in _lines(rule, "daddr")]
    # The VPC's name server is no subject of security groups.
    resolver = ["udp dport 53 accept", "tcp dport 53 accept"]
    return "\n".join(
        [
            f"table {TABLE}",
            f"delete table {TABLE}",
            f"table {TABLE} {{",
            *_chain("input", "iif", extra + ingress),
            *_chain("output", "oif", resolver + egress),
            "}",
            "",
        ]
    )


def _only_from(address: str, port: int) -> list[str]:
    return [f"ip saddr {address} tcp dport {port} accept", f"tcp dport {port} drop"]


def _chain(hook: str, interface: str, rules: list[str]) -> list[str]:
    fixed = [
        f"type filter hook {hook} priority filter; policy drop;",
        f'{interface} "lo" accept',
        "ct direction reply ct state established accept",
        "ct state related accept",
    ]
    return [f"  chain {hook} {{", *(f"    {line}" for line in fixed + rules), "  }"]


def _lines(rule: Rule, side: str) -> list[str]:
    lines = []
    for family, version in (("ip", 4), ("ip6", 6)):
        peers = [peer for peer in rule.peers if ip_network(peer, strict=False).version == version]
        if not peers:
            continue
        everyone = any(ip_network(peer, strict=False).prefixlen == 0 for peer in peers)
        where = f"meta nfproto ipv{version}" if everyone else f"{family} {side} {{ {', '.join(_separate(peers))} }}"
        lines.append(f"{where} {_what(rule)}accept")
    return lines


def _separate(peers: list[str]) -> list[str]:
    """Drop what lies within another range: nftables refuses overlapping elements."""
    networks = [ip_network(peer, strict=False) for peer in peers]
    outer = [one for one in networks if not any(one != other and _within(one, other) for other in networks)]
    return [str(network) for network in sorted(set(outer))]


def _within(inner: Any, outer: Any) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)


def _what(rule: Rule) -> str:
    if rule.protocol == "-1":
        return ""
    if rule.protocol in ("tcp", "udp"):
        ports = str(rule.from_port) if rule.from_port == rule.to_port else f"{rule.from_port}-{rule.to_port}"
        return f"{rule.protocol} dport {ports} "
    if rule.protocol in ("icmp", "icmpv6"):
        return f"{rule.protocol} type {rule.from_port} " if rule.from_port >= 0 else f"meta l4proto {rule.protocol} "
    return f"meta l4proto {rule.protocol} "
