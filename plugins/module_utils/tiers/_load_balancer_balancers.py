# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers themselves: where they are, who may reach them, how they treat HTTP, and where they log."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_listeners as listeners
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_target_groups as target_groups
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import reference

Options = Mapping[str, Any]
APPLICATION, NETWORK = "application", "network"
DUALSTACK, PRIVATE_IPV4 = "dualstack", "dualstack-without-public-ipv4"
SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": [APPLICATION, NETWORK], "default": APPLICATION},
    "scheme": {"type": "str", "choices": ["internet-facing", "internal"], "default": "internet-facing"},
    "subnets": {"type": "str", "required": True},
    "security_groups": {"type": "list", "elements": "str", "default": []},
    "ip_address_type": {"type": "str", "choices": ["ipv4", DUALSTACK, PRIVATE_IPV4], "default": "ipv4"},
    "addresses": {"type": "dict"},
    "deletion_protection": {"type": "bool", "default": False},
    "access_logs": {"type": "dict"},
    "connection_logs": {"type": "dict"},
    "http": {"type": "dict"},
    "listeners": {"type": "list", "elements": "dict", "default": [], "options": listeners.SPEC},
}
# Also a local zone's: eu-west-1a, us-east-1-bos-1a.
ZONE = r"[a-z]{2}(-[a-z]+)+-\d(-[a-z]{3}-\d)?[a-z]"
CONSTRAINTS = {
    "name": target_groups.CONSTRAINTS["name"],
    "subnets": reference("subnet/{}/"),
    "security_groups": Constraint(max_length=5, distinct=True),
    "security_groups[]": reference("security_group/{}"),
    "addresses": Constraint(
        min_length=1,
        keys=Constraint(pattern=ZONE, says="a zone looks like eu-west-1a"),
        values=Constraint(pattern=r"(\d{1,3}\.){3}\d{1,3}|[a-z][a-z0-9-]{0,63}", says="an address, or the name of an Elastic IP"),
    ),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    "listeners": Constraint(unique="port", max_length=50),
    **{f"listeners[].{name}": constraint for name, constraint in listeners.CONSTRAINTS.items()},
}
# Not part of SPEC, because Ansible's page would get too long to read.
HTTP: Spec = {
    "idle_timeout": {"type": "int", "default": 60},
    "keep_alive": {"type": "int", "default": 3600},
    "drop_invalid_headers": {"type": "bool", "default": True},
    "desync": {"type": "str", "choices": ["monitor", "defensive", "strictest"], "default": "defensive"},
    "preserve_host": {"type": "bool", "default": False},
    "forwarded_for": {"type": "str", "choices": ["append", "preserve", "remove"], "default": "append"},
    "forwarded_port": {"type": "bool", "default": False},
}
HTTP_CONSTRAINTS = {
    "idle_timeout": Constraint(minimum=1, maximum=4000),
    "keep_alive": Constraint(minimum=60, maximum=604800),
}
LOGS: Spec = {"bucket": {"type": "str", "required": True}, "prefix": {"type": "str"}}
LOGS_CONSTRAINTS = {
    "bucket": reference("bucket/{}"),
    "prefix": Constraint(
        pattern=r"(?!/)(?!.*AWSLogs)[!-)+->@-~]{0,256}(?<!/)", says="a prefix has no slash at its ends, and AWSLogs is not in it"
    ),
}
INNER: dict[str, tuple[Spec, dict[str, Constraint]]] = {
    "http": (HTTP, HTTP_CONSTRAINTS),
    "access_logs": (LOGS, LOGS_CONSTRAINTS),
    "connection_logs": (LOGS, LOGS_CONSTRAINTS),
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#availability-zones
LEAST_ZONES = {APPLICATION: 2, NETWORK: 1}


def load_balancer(balancer: Options, vpc: str, path: str) -> Declaration:
    """Return the declaration of validated options. Raises InvalidOption."""
    _check(balancer, path)
    network = balancer["type"] == NETWORK
    addresses = _addresses(balancer, f"{path}.addresses")
    values = LoadBalancer(
        type=balancer["type"],
        scheme=balancer["scheme"],
        subnets=None if addresses else _subnets(balancer),
        addresses=addresses,
        security_groups=tuple(Reference("security_group", name) for name in balancer["security_groups"]),
        ip_address_type=balancer["ip_address_type"],
        deletion_protection=balancer["deletion_protection"],
        access_logs=_logs(balancer, "access_logs", path),
        connection_logs=None if network else _logs(balancer, "connection_logs", path),
        internet_gateway=Reference("internet_gateway", vpc) if balancer["scheme"] == "internet-facing" else None,
        **({} if network else validated(balancer["http"] or {}, HTTP, HTTP_CONSTRAINTS, f"{path}.http")),
    )
    return Declaration("load_balancer", balancer["name"], "load_balancer", values, path)


def elastic_ips(balancer: Options, path: str) -> Iterator[Declaration]:
    """Yield the addresses that are not those of a subnet. Which are external is not ours to know."""
    for zone, address in sorted((balancer["addresses"] or {}).items()):
        if _is_name(address):
            yield Declaration("elastic_ip", address, "load_balancer", ElasticIp(), f"{path}.addresses.{zone}")


def _is_name(address: str) -> bool:
    return not re.match(r"\d", address)


def _subnets(balancer: Options) -> Reference:
    return Reference("subnet", f"{balancer['subnets']}/", every=True, at_least=LEAST_ZONES[balancer["type"]])


def _addresses(balancer: Options, path: str) -> tuple[dict[str, Any], ...] | None:
    """Return a subnet with its address for each zone. Raises InvalidOption."""
    if balancer["addresses"] is None:
        return None
    mappings = []
    for zone, address in sorted(balancer["addresses"].items()):
        named = _is_name(address)
        if not named:
            _check_address(address, f"{path}.{zone}")
        if named == (balancer["scheme"] == "internal"):
            raise InvalidOption(f"{path}.{zone}", "is an Elastic IP if the load balancer is internet-facing, else an address")
        chosen = {"AllocationId": Reference("elastic_ip", address)} if named else {"PrivateIPv4Address": address}
        mappings.append({"SubnetId": Reference("subnet", f"{balancer['subnets']}/{zone}"), **chosen})
    return tuple(mappings)


def _check_address(address: str, path: str) -> None:
    try:
        ipaddress.IPv4Address(address)
    except ValueError as error:
        raise InvalidOption(path, f"is not an address: {error}") from None


def _logs(balancer: Options, option: str, path: str) -> dict[str, Any]:
    if balancer[option] is None:
        return {"enabled": False}
    logs = validated(balancer[option], LOGS, LOGS_CONSTRAINTS, f"{path}.{option}")
    prefix = balancer["name"] if logs["prefix"] is None else logs["prefix"]
    return {"enabled": True, "bucket": Reference("bucket", logs["bucket"]), "prefix": prefix}


def _check(balancer: Options, path: str) -> None:
    """Refuse what is for the other type of load balancer."""
    network = balancer["type"] == NETWORK
    if not network and not balancer["security_groups"]:
        raise InvalidOption(f"{path}.security_groups", "needs at least one for an application load balancer")
    for option in ("http", "connection_logs") if network else ("addresses",):
        if balancer[option] is not None:
            raise InvalidOption(f"{path}.{option}", f"is not for a load balancer of type {balancer['type']}")
    if balancer["ip_address_type"] == PRIVATE_IPV4 and (network or balancer["scheme"] == "internal"):
        raise InvalidOption(f"{path}.ip_address_type", f"{PRIVATE_IPV4} is for internet-facing application load balancers")
