# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a network: the VPC's blocks, and each class's blocks in each zone."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption

# Each class of subnets gets four zones' worth of consecutive blocks, so that adding a zone moves nothing.
ZONES_PER_CLASS = 4
BITS_PER_CLASS = 4
# An IPv6 block of a VPC has 256 blocks for subnets.
IPV6_PER_CLASS = 8
IPV6_PER_VPC = 256
# A VPC keeps to one of these: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions
FAMILIES = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16")))

Options = Mapping[str, Any]
Blocks = dict[str, list[ipaddress.IPv4Network]]


def vpc_blocks(options: Options) -> list[ipaddress.IPv4Network]:
    """Return the primary block and the secondary ones. Raises InvalidOption for combinations that AWS refuses."""
    blocks = [ipaddress.IPv4Network(options["vpc"]["cidr"])]
    for index, cidr in enumerate(options["vpc"]["secondary_cidrs"]):
        path, block = f"network.vpc.secondary_cidrs[{index}]", ipaddress.IPv4Network(cidr)
        if clash := next((other for other in blocks if other.overlaps(block)), None):
            raise InvalidOption(path, f"{cidr} overlaps with {clash}")
        if _family(block) not in (None, _family(blocks[0])):
            raise InvalidOption(path, f"AWS does not allow {cidr} beside {blocks[0]}: a VPC keeps to one private range")
        blocks.append(block)
    return blocks


def class_blocks(options: Options) -> Blocks:
    """Return the IPv4 blocks by class, one for each zone. Raises InvalidOption."""
    taken: dict[ipaddress.IPv4Network, str] = {}
    available, result = vpc_blocks(options), {}
    for index, subnet in enumerate(options["subnets"]):
        path = f"network.subnets[{index}].cidrs"
        result[subnet["name"]] = _blocks_of_class(options, index, path)
        for zone, block in zip(options["vpc"]["zones"], result[subnet["name"]], strict=True):
            _check_free(block, taken, available, path)
            taken[block] = f"{subnet['name']}/{zone}"
    return result


def secondary_block(options: Options, block: ipaddress.IPv4Network) -> str | None:
    """Return the secondary block that a subnet is in, if it is in one."""
    return next((str(other) for other in vpc_blocks(options)[1:] if block.subnet_of(other)), None)


def ipv6_number(class_index: int, zone_index: int) -> int:
    """Return which of the VPC's IPv6 blocks a subnet gets. Neither a new class at the end nor a new zone moves others."""
    number = class_index * IPV6_PER_CLASS + zone_index
    if number >= IPV6_PER_VPC:
        raise InvalidOption(f"network.subnets[{class_index}]", f"IPv6 has room for {IPV6_PER_VPC // IPV6_PER_CLASS} classes")
    return number


def _family(block: ipaddress.IPv4Network) -> ipaddress.IPv4Network | None:
    return next((family for family in FAMILIES if block.subnet_of(family)), None)


def _blocks_of_class(options: Options, index: int, path: str) -> list[ipaddress.IPv4Network]:
    """Return one block per zone: as given, or a sixteenth of the VPC each."""
    zones, given = options["vpc"]["zones"], options["subnets"][index]["cidrs"]
    if given is not None:
        if len(given) != len(zones):
            raise InvalidOption(path, f"needs one block for each of the {len(zones)} zones, not {len(given)}")
        return [ipaddress.IPv4Network(cidr) for cidr in given]
    network = ipaddress.IPv4Network(options["vpc"]["cidr"])
    first = index * ZONES_PER_CLASS
    if len(zones) > ZONES_PER_CLASS or first + len(zones) > 2**BITS_PER_CLASS or network.prefixlen + BITS_PER_CLASS > 28:
        raise InvalidOption(
            path, "is required: blocks are computed for up to four classes of up to four zones in a VPC of /24 or larger"
        )
    return list(network.subnets(prefixlen_diff=BITS_PER_CLASS))[first : first + len(zones)]


def _check_free(
    block: ipaddress.IPv4Network,
    taken: Mapping[ipaddress.IPv4Network, str],
    available: list[ipaddress.IPv4Network],
    path: str,
) -> None:
    if not any(block.subnet_of(whole) for whole in available):
        raise InvalidOption(path, f"{block} is not inside the VPC's {', '.join(map(str, available))}")
    for other, name in taken.items():
        if block.overlaps(other):
            raise InvalidOption(path, f"{block} overlaps with subnet {name} ({other})")
