# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kinds of network ACLs share: rules, and how to change them without ever cutting what stays allowed.

https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

# The lowest matching number decides. AWS's own final denials have the numbers 32767 and, for IPv6, 32768.
SPACING, LAST_NUMBER = 100, 32766
PROTOCOLS = {"all": "-1", "tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
WORDS = {number: word for word, number in PROTOCOLS.items()}
ANY = -1

Rule = Mapping[str, Any]


def rules_of(raw: Mapping[str, Any], *, egress: bool) -> tuple[Rule, ...]:
    """Return the rules of one direction in their order, without the numbers.

    A rule has `action` (``allow``, ``deny``), `protocol`, `from_port` and `to_port` (-1: all; for ICMP type and code)
    and `cidr`.
    """
    return tuple(rule for _number, rule in _numbered(raw, egress=egress))


def set_rules(ec2: Any, network_acl: str, *, egress: bool, wanted: Iterable[Rule]) -> None:
    """Make `wanted` the rules of one direction, from a fresh look at what is there."""
    raw = ec2.describe_network_acls(NetworkAclIds=[network_acl])["NetworkAcls"][0]
    added, removed = steps(_numbered(raw, egress=egress), list(wanted))
    for number, rule in added:
        ec2.create_network_acl_entry(NetworkAclId=network_acl, RuleNumber=number, Egress=egress, **_arguments(rule))
    for number in removed:
        ec2.delete_network_acl_entry(NetworkAclId=network_acl, RuleNumber=number, Egress=egress)


def steps(actual: list[tuple[int, Rule]], wanted: list[Rule]) -> tuple[list[tuple[int, Rule]], list[int]]:
    """Return the rules to add, with numbers, and the numbers to remove, each in the order in which to do it.

    Rules in both lists stay where they are. Additions go from the first rule to the last, then removals from the last
    to the first: so at each moment whatever both lists allow is allowed, and whatever both deny is denied.
    """
    kept = _kept(actual, wanted)
    numbers = _new_numbers(actual, wanted, kept)
    if numbers is None:
        kept, numbers = {}, _after(max(number for number, _rule in actual), range(len(wanted)))
    removed = sorted({number for number, _rule in actual} - set(kept.values()), reverse=True)
    return [(number, wanted[index]) for index, number in sorted(numbers.items())], removed


def _kept(actual: list[tuple[int, Rule]], wanted: list[Rule]) -> dict[int, int]:
    """Return the numbers of the rules that can stay, by their index in `wanted`."""
    matcher = SequenceMatcher(None, [_text(rule) for _number, rule in actual], [_text(rule) for rule in wanted], autojunk=False)
    return {
        block.b + offset: actual[block.a + offset][0] for block in matcher.get_matching_blocks() for offset in range(block.size)
    }


def _new_numbers(actual: list[tuple[int, Rule]], wanted: list[Rule], kept: Mapping[int, int]) -> dict[int, int] | None:
    """Return numbers between the neighbours that stay, by index in `wanted`; None where they leave no room."""
    taken = {number for number, _rule in actual}
    numbers: dict[int, int] = {}
    borders = [(-1, 0), *sorted(kept.items())]
    for (left, low), (right, high) in itertools.pairwise(borders):
        inserted = range(left + 1, right)
        free = [number for number in range(low + 1, high) if number not in taken]
        if len(free) < len(inserted):
            return None
        numbers |= {index: free[(i + 1) * len(free) // (len(inserted) + 1)] for i, index in enumerate(inserted)}
    last, low = borders[-1]
    return numbers | _after(max(taken | {low}), range(last + 1, len(wanted)))


def _after(number: int, indices: range) -> dict[int, int]:
    """Return numbers after `number`, closer to each other where the end is near."""
    spacing = min(SPACING, (LAST_NUMBER - number) // max(len(indices), 1))
    return {index: number + spacing * (i + 1) for i, index in enumerate(indices)}


def _numbered(raw: Mapping[str, Any], *, egress: bool) -> list[tuple[int, Rule]]:
    entries = [entry for entry in raw["Entries"] if entry["Egress"] == egress and entry["RuleNumber"] <= LAST_NUMBER]
    return [(entry["RuleNumber"], _rule(entry)) for entry in sorted(entries, key=lambda entry: entry["RuleNumber"])]


def _rule(entry: Mapping[str, Any]) -> Rule:
    ports = entry.get("PortRange") or {}
    icmp = entry.get("IcmpTypeCode") or {}
    return {
        "action": entry["RuleAction"],
        "protocol": WORDS.get(entry["Protocol"], entry["Protocol"]),
        "from_port": ports.get("From", icmp.get("Type", ANY)),
        "to_port": ports.get("To", icmp.get("Code", ANY)),
        "cidr": entry.get("CidrBlock") or entry.get("Ipv6CidrBlock"),
    }


def _arguments(rule: Rule) -> dict[str, Any]:
    block = "Ipv6CidrBlock" if ":" in rule["cidr"] else "CidrBlock"
    arguments = {"RuleAction": rule["action"], "Protocol": PROTOCOLS[rule["protocol"]], block: rule["cidr"]}
    if rule["protocol"] in ("icmp", "icmpv6"):
        return {**arguments, "IcmpTypeCode": {"Type": rule["from_port"], "Code": rule["to_port"]}}
    if rule["protocol"] != "all":
        return {**arguments, "PortRange": {"From": rule["from_port"], "To": rule["to_port"]}}
    return arguments


def _text(rule: Rule) -> str:
    return json.dumps(rule, sort_keys=True)
