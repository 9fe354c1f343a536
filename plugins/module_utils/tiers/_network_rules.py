# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of security groups and network ACLs: one small language, because they say the same things.

Not part of the tier's SPEC: Ansible's page would get too long to read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated

DESCRIPTION_CHARACTERS = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]"
PORTS: Spec = {
    "port": {"type": "int"},
    "from_port": {"type": "int"},
    "to_port": {"type": "int"},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp", "icmpv6", "all"], "default": "tcp"},
}
GROUP_RULE: Spec = {**PORTS, "description": {"type": "str", "default": ""}}
ACL_RULE: Spec = {**PORTS, "action": {"type": "str", "choices": ["allow", "deny"], "default": "allow"}}
PORT = Constraint(minimum=-1, maximum=65535)
CONSTRAINTS = {
    "port": Constraint(minimum=0, maximum=65535),
    "from_port": PORT,
    "to_port": PORT,
    "description": Constraint(
        pattern=rf"{DESCRIPTION_CHARACTERS}{{0,255}}", says="at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    ),
}
# Which option names the other end, by direction.
PEER = {"ingress": "from", "egress": "to"}
ALL = -1


def checked(rule: Any, spec: Spec, direction: str, path: str) -> dict[str, Any]:
    """Return a rule with defaults and ``peers``, a list of texts. Raises InvalidOption."""
    peer = PEER[direction]
    result = validated(rule, {**spec, peer: {"type": "raw", "required": True}}, CONSTRAINTS, path)
    given = result.pop(peer)
    peers = given if isinstance(given, list) else [given]
    if not peers:
        raise InvalidOption(f"{path}.{peer}", "needs at least one")
    result["from_port"], result["to_port"] = ports(result, path)
    return {**result, "peers": [str(item) for item in peers]}


def ports(rule: Mapping[str, Any], path: str) -> tuple[int, int]:
    """Return the port range; -1 to -1 stands for protocols without ports and for all ICMP types."""
    single, first, last = rule["port"], rule["from_port"], rule["to_port"]
    if rule["protocol"] in ("all", "icmp", "icmpv6"):
        if single is not None or (rule["protocol"] == "all" and (first, last) != (None, None)):
            raise InvalidOption(path, f"protocol {rule['protocol']} has no ports")
        return (ALL if first is None else first, ALL if last is None else last)
    if single is not None:
        if first is not None or last is not None:
            raise InvalidOption(f"{path}.port", "excludes from_port and to_port")
        return single, single
    if first is None or last is None:
        raise InvalidOption(f"{path}.port", "is required (or from_port and to_port) for tcp and udp")
    if min(first, last) < 0:
        raise InvalidOption(f"{path}.from_port", "is below the minimum of 0")
    if first > last:
        raise InvalidOption(f"{path}.from_port", f"{first} is greater than to_port {last}")
    return first, last


def cidr(text: str, path: str) -> str:
    """Return a CIDR block in AWS's notation. Raises InvalidOption."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise InvalidOption(path, f"is not a CIDR block: {error}") from None
