# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may talk to whom in a network: prefix lists, security groups with their rules, network ACLs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, names, require_known, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.default_network_acl import DefaultNetworkAcl
from ansible_collections.terrace.aws.plugins.module_utils.kinds.default_security_group import DefaultSecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.network_acl import NetworkAcl
from ansible_collections.terrace.aws.plugins.module_utils.kinds.prefix_list import PrefixList
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group_rule import SecurityGroupRule, rule_text
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_rules as rules
from ansible_collections.terrace.aws.plugins.module_utils.tiers._network_addresses import Options, class_blocks

TIER = "network"
ANYWHERE, ANYWHERE_IPV6 = "0.0.0.0/0", "::/0"
# The network ACL of all classes without one of their own, while the VPC's default one is empty.
OPEN = "open"
# Hard limit of one direction; the quota is 20 until raised: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
RULES_PER_ACL = 40
RAW_PREFIX_LIST = re.compile(r"pl-[0-9a-f]{8,17}")
ACL_CONSTRAINTS = {direction: Constraint(max_length=RULES_PER_ACL) for direction in rules.PEER}
ACL: Spec = {
    "ingress": {"type": "list", "elements": "dict"},
    "egress": {"type": "list", "elements": "dict"},
}
ENTRY: Spec = {"cidr": {"type": "str", "required": True}, "description": {"type": "str", "default": ""}}
ENTRY_CONSTRAINTS = {"description": Constraint(max_length=255)}


def prefix_lists(options: Options) -> Iterator[Declaration]:
    for index, item in enumerate(options["prefix_lists"]):
        path = f"network.prefix_lists[{index}]"
        entries = _entries(item["entries"], f"{path}.entries")
        size = item["max_entries"] or len(entries)
        if size < len(entries):
            raise InvalidOption(f"{path}.max_entries", f"{size} is less than the {len(entries)} entries")
        family = "IPv6" if any(":" in block for block in entries) else "IPv4"
        yield Declaration("prefix_list", item["name"], TIER, PrefixList(family, size, entries), path)


def security_groups(options: Options) -> Iterator[Declaration]:
    vpc, known = Reference("vpc", options["vpc"]["name"]), names(options["security_groups"])
    lists = names(options["prefix_lists"])
    for index, group in enumerate(options["security_groups"]):
        path = f"network.security_groups[{index}]"
        values = SecurityGroup(vpc, group["description"], group["purge_rules"])
        yield Declaration("security_group", group["name"], TIER, values, path)
        seen: set[str] = set()
        for direction in rules.PEER:
            for number, rule in enumerate(_rules_or_open(group, direction, options)):
                rule_path = f"{path}.{direction}[{number}]"
                for declaration in _group_rules(group["name"], direction, rule, known, lists, rule_path):
                    if declaration.name in seen:
                        raise InvalidOption(rule_path, "says the same as a rule before it")
                    seen.add(declaration.name)
                    yield declaration


def network_acls(options: Options) -> Iterator[Declaration]:
    """One for each class that describes it, and an open one for the others while the VPC's default one is empty."""
    vpc, blocks = Reference("vpc", options["vpc"]["name"]), class_blocks(options)
    for index, subnet in enumerate(options["subnets"]):
        if subnet["acl"] is not None:
            path = f"network.subnets[{index}].acl"
            acl = validated(subnet["acl"], ACL, ACL_CONSTRAINTS, path)
            ingress, egress = (_acl_rules(acl[way], way, options, blocks, f"{path}.{way}") for way in rules.PEER)
            yield Declaration("network_acl", subnet["name"], TIER, NetworkAcl(vpc, ingress, egress), path)
    if options["vpc"]["empty_defaults"] and any(subnet["acl"] is None for subnet in options["subnets"]):
        values = NetworkAcl(vpc, _open_acl(options), _open_acl(options))
        yield Declaration("network_acl", OPEN, TIER, values, "network.vpc.empty_defaults")


def network_acl_of(options: Options, subnet: Mapping[str, Any]) -> Reference | None:
    """Return the network ACL of a class of subnets, if it is managed."""
    if subnet["acl"] is not None:
        return Reference("network_acl", subnet["name"])
    return Reference("network_acl", OPEN) if options["vpc"]["empty_defaults"] else None


def defaults(options: Options) -> Iterator[Declaration]:
    """What AWS makes with every VPC. Its network ACL is emptied only after its subnets have moved to another."""
    if not options["vpc"]["empty_defaults"]:
        return
    path, vpc = "network.vpc.empty_defaults", Reference("vpc", options["vpc"]["name"])
    subnets = [Reference("subnet", f"{s['name']}/{zone}") for s in options["subnets"] for zone in options["vpc"]["zones"]]
    ipv6 = [Reference("vpc_cidr", "ipv6")] if options["vpc"]["ipv6"] else []
    acl = DefaultNetworkAcl(vpc, ingress=(), egress=(), waits_for=(*subnets, *ipv6))
    yield Declaration("default_network_acl", vpc.name, TIER, acl, path, part_of=vpc.key)
    yield Declaration("default_security_group", vpc.name, TIER, DefaultSecurityGroup(vpc, empty=True), path, part_of=vpc.key)


def _entries(items: list[Any], path: str) -> dict[str, str]:
    """Return descriptions by block; an entry is a block, or a dictionary of both."""
    entries: dict[str, str] = {}
    for index, item in enumerate(items):
        where = f"{path}[{index}]"
        given = item if isinstance(item, Mapping) else {"cidr": item}
        entry = validated(given, ENTRY, ENTRY_CONSTRAINTS, where)
        block = rules.cidr(entry["cidr"], f"{where}.cidr" if isinstance(item, Mapping) else where)
        if block in entries:
            raise InvalidOption(where, f"{block} is given twice")
        if any((":" in block) != (":" in other) for other in entries):
            raise InvalidOption(where, "a prefix list has IPv4 or IPv6 blocks, not both")
        entries[block] = entry["description"]
    return entries


def _rules_or_open(group: Mapping[str, Any], direction: str, options: Options) -> list[Mapping[str, Any]]:
    """Egress is open unless it is described."""
    if group[direction] is not None:
        return group[direction]
    return [{"protocol": "all", "to": ANYWHERE}, *([{"protocol": "all", "to": ANYWHERE_IPV6}] if options["vpc"]["ipv6"] else [])]


def _group_rules(
    group: str, direction: str, given: Mapping[str, Any], known: set[str], lists: set[str], path: str
) -> Iterator[Declaration]:
    """One declaration for each peer of the rule."""
    rule = rules.checked(given, rules.GROUP_RULE, direction, path)
    protocol = "-1" if rule["protocol"] == "all" else rule["protocol"]
    for peer in rule["peers"]:
        values = SecurityGroupRule(
            group=Reference("security_group", group),
            direction=direction,
            protocol=protocol,
            from_port=rule["from_port"],
            to_port=rule["to_port"],
            peer=_group_peer(peer, known, lists, f"{path}.{rules.PEER[direction]}"),
            description=rule["description"],
        )
        name = f"{group}/{rule_text(direction, protocol, rule['from_port'], rule['to_port'], peer)}"
        yield Declaration("security_group_rule", name, TIER, values, path)


def _group_peer(peer: str, known: set[str], lists: set[str], path: str) -> Any:
    """A ``/`` means a CIDR, ``pl-`` a prefix list by name or id, anything else a security group."""
    if peer.startswith("pl-"):
        name = peer.removeprefix("pl-")
        return peer if name not in lists and RAW_PREFIX_LIST.fullmatch(peer) else Reference("prefix_list", name)
    if "/" in peer:
        return rules.cidr(peer, path)
    require_known(peer, known, path, "security group")
    return Reference("security_group", peer)


def _acl_rules(
    given: list[Any] | None,
    direction: str,
    options: Options,
    blocks: Mapping[str, list[ipaddress.IPv4Network]],
    path: str,
) -> tuple[Mapping[str, Any], ...]:
    """Return one rule for each block. A direction that is not described is open."""
    if given is None:
        return _open_acl(options)
    result: list[Mapping[str, Any]] = []
    for index, item in enumerate(given):
        where = f"{path}[{index}]"
        rule = rules.checked(item, rules.ACL_RULE, direction, where)
        for peer in rule["peers"]:
            for block in _acl_blocks(peer, blocks, f"{where}.{rules.PEER[direction]}"):
                result.append(_acl_rule(rule["action"], rule["protocol"], rule["from_port"], rule["to_port"], block))
    if len(result) > RULES_PER_ACL:
        raise InvalidOption(path, f"makes {len(result)} rules, and a network ACL takes at most {RULES_PER_ACL} each way")
    return tuple(result)


def _acl_blocks(peer: str, blocks: Mapping[str, list[ipaddress.IPv4Network]], path: str) -> list[str]:
    """A ``/`` means a CIDR, anything else the IPv4 blocks of a class of subnets."""
    if "/" in peer:
        return [rules.cidr(peer, path)]
    require_known(peer, set(blocks), path, "class of subnets")
    return [str(block) for block in blocks[peer]]


def _acl_rule(action: str, protocol: str, from_port: int, to_port: int, cidr: str) -> dict[str, Any]:
    return {"action": action, "protocol": protocol, "from_port": from_port, "to_port": to_port, "cidr": cidr}


def _open_acl(options: Options) -> tuple[Mapping[str, Any], ...]:
    blocks = [ANYWHERE, ANYWHERE_IPV6] if options["vpc"]["ipv6"] else [ANYWHERE]
    return tuple(_acl_rule("allow", "all", rules.ALL, rules.ALL, block) for block in blocks)
