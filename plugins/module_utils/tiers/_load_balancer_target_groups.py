# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target groups: where load balancers forward to, and how they find out who can serve.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers._load_balancer_actions import LONGEST_STICKINESS, PORT_NUMBER

Options = Mapping[str, Any]
# The protocols of application load balancers; the others are those of network load balancers.
HTTP = ("HTTP", "HTTPS")
GRPC = "GRPC"
ROUND_ROBIN, WEIGHTED_RANDOM = "round_robin", "weighted_random"
SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "protocol": {"type": "str", "choices": [*HTTP, "TCP", "TLS", "UDP", "TCP_UDP"], "default": "HTTP"},
    "protocol_version": {"type": "str", "choices": ["HTTP1", "HTTP2", GRPC], "default": "HTTP1"},
    "target_type": {"type": "str", "choices": ["instance", "ip"], "default": "instance"},
    "health_check": {"type": "dict", "default": {}},
    "deregistration_delay": {"type": "int", "default": 60},
    "slow_start": {"type": "int", "default": 0},
    "algorithm": {
        "type": "str",
        "choices": [ROUND_ROBIN, "least_outstanding_requests", WEIGHTED_RANDOM],
        "default": ROUND_ROBIN,
    },
    "anomaly_mitigation": {"type": "bool", "default": False},
    "stickiness": {"type": "dict"},
    "cross_zone": {"type": "bool"},
    "tcp": {"type": "dict"},
}
CONSTRAINTS = {
    "name": Constraint(
        pattern=r"(?=.{1,32}$)[a-z]([a-z0-9-]*[a-z0-9])?", says="a name is 1 to 32 lower-case letters, digits and hyphens"
    ),
    "port": Constraint(minimum=1, maximum=65535),
    "deregistration_delay": Constraint(minimum=0, maximum=3600),
    "slow_start": Constraint(minimum=0, maximum=900),
}
# Not part of SPEC, because Ansible's page would get too long to read.
HEALTH_CHECK: Spec = {
    "protocol": {"type": "str", "choices": [*HTTP, "TCP"]},
    "port": {"type": "str", "default": "traffic-port"},
    "path": {"type": "str"},
    "interval": {"type": "int", "default": 15},
    "timeout": {"type": "int", "default": 5},
    "healthy": {"type": "int", "default": 2},
    "unhealthy": {"type": "int", "default": 3},
    "matcher": {"type": "str"},
}
CODE = r"\d{1,3}(-\d{1,3})?"
HEALTH_CHECK_CONSTRAINTS = {
    "port": Constraint(pattern=rf"traffic-port|{PORT_NUMBER}", says="a port is a number, or traffic-port for the targets' own"),
    "path": Constraint(pattern=r"/[!-~]{0,1023}", says="a path begins with / and is at most 1024 ASCII characters"),
    "interval": Constraint(minimum=5, maximum=300),
    "timeout": Constraint(minimum=2, maximum=120),
    "healthy": Constraint(minimum=2, maximum=10),
    "unhealthy": Constraint(minimum=2, maximum=10),
    "matcher": Constraint(pattern=rf"{CODE}(,{CODE})*", says='codes are given like "200", "200,204" or "200-299"'),
}
STICKINESS: Spec = {
    "type": {"type": "str", "choices": ["lb_cookie", "app_cookie", "source_ip"]},
    "duration": {"type": "int", "default": 86400},
    "cookie": {"type": "str"},
}
STICKINESS_CONSTRAINTS = {
    "duration": Constraint(minimum=1, maximum=LONGEST_STICKINESS),
    "cookie": Constraint(
        pattern=r"(?!AWSALB)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", says="a cookie's name is a word, and AWSALB does not begin it"
    ),
}
TCP: Spec = {
    "connection_termination": {"type": "bool"},
    "preserve_client_ip": {"type": "bool"},
    "proxy_protocol": {"type": "bool", "default": False},
}
INNER: dict[str, tuple[Spec, dict[str, Constraint]]] = {
    "health_check": (HEALTH_CHECK, HEALTH_CHECK_CONSTRAINTS),
    "stickiness": (STICKINESS, STICKINESS_CONSTRAINTS),
    "tcp": (TCP, {}),
}
SHORTEST_SLOW_START = 30
# Lowest and highest code of success, by what is asked.
CODES = {"application": (200, 499), "network": (200, 599), "grpc": (0, 99)}
AS_LOAD_BALANCER = "use_load_balancer_configuration"


def target_groups(options: Options) -> Iterator[Declaration]:
    """Yield the declarations of validated options. Raises InvalidOption."""
    for index, given in enumerate(options["target_groups"]):
        path = f"load_balancer.target_groups[{index}]"
        group = _completed(given, path)
        of = _of_application if group["protocol"] in HTTP else _of_network
        values = TargetGroup(
            vpc=Reference("vpc", options["vpc"]),
            protocol=group["protocol"],
            port=group["port"],
            target_type=group["target_type"],
            **_health_check(group, path),
            deregistration_delay=group["deregistration_delay"],
            # There is no such attribute for TLS.
            sticky=None if group["protocol"] == "TLS" else group["stickiness"] is not None,
            cross_zone=AS_LOAD_BALANCER if group["cross_zone"] is None else group["cross_zone"],
            **of(group, path),
        )
        yield Declaration("target_group", group["name"], "load_balancer", values, path)


def _completed(group: Options, path: str) -> dict[str, Any]:
    """Return the target group with its dictionaries validated. Raises InvalidOption."""
    inner = {
        name: validated(group[name], spec, constraints, f"{path}.{name}")
        for name, (spec, constraints) in INNER.items()
        if group[name] is not None
    }
    return {**group, **inner}


def _of_application(group: Options, path: str) -> dict[str, Any]:
    """Return what only target groups of application load balancers have. Raises InvalidOption."""
    if group["tcp"] is not None:
        raise InvalidOption(f"{path}.tcp", f"is not for {group['protocol']}")
    if 0 < group["slow_start"] < SHORTEST_SLOW_START:
        raise InvalidOption(f"{path}.slow_start", f"is 0 for off, or {SHORTEST_SLOW_START} to 900 seconds")
    if group["slow_start"] and group["algorithm"] != ROUND_ROBIN:
        raise InvalidOption(f"{path}.slow_start", f"needs the algorithm {ROUND_ROBIN}")
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/disable-cross-zone.html
    if group["stickiness"] is not None and group["cross_zone"] is False:
        raise InvalidOption(f"{path}.stickiness", "is not there while cross_zone is false")
    random = group["algorithm"] == WEIGHTED_RANDOM
    if group["anomaly_mitigation"] and not random:
        raise InvalidOption(f"{path}.anomaly_mitigation", f"needs the algorithm {WEIGHTED_RANDOM}")
    return {
        "protocol_version": group["protocol_version"],
        "slow_start": group["slow_start"],
        "algorithm": group["algorithm"],
        "anomaly_mitigation": ("on" if group["anomaly_mitigation"] else "off") if random else None,
        **_cookies(group["stickiness"], f"{path}.stickiness"),
    }


def _cookies(stickiness: Options | None, path: str) -> dict[str, Any]:
    if stickiness is None:
        return {}
    kind = stickiness["type"] or ("app_cookie" if stickiness["cookie"] else "lb_cookie")
    if kind == "source_ip":
        raise InvalidOption(f"{path}.type", "source_ip is for network load balancers")
    if (kind == "app_cookie") != bool(stickiness["cookie"]):
        raise InvalidOption(f"{path}.cookie", "goes with the type app_cookie")
    if kind == "app_cookie":
        return {"sticky_type": kind, "cookie": stickiness["cookie"], "cookie_seconds": stickiness["duration"]}
    return {"sticky_type": kind, "sticky_seconds": stickiness["duration"]}


def _of_network(group: Options, path: str) -> dict[str, Any]:
    """Return what only target groups of network load balancers have. Raises InvalidOption."""
    protocol, stickiness = group["protocol"], group["stickiness"]
    for option in ("protocol_version", "slow_start", "algorithm", "anomaly_mitigation"):
        if group[option] != SPEC[option]["default"]:
            raise InvalidOption(f"{path}.{option}", f"is not for {protocol}")
    if stickiness is not None and protocol == "TLS":
        raise InvalidOption(f"{path}.stickiness", "is not for TLS")
    if stickiness is not None and (stickiness["cookie"] or stickiness["type"] in ("lb_cookie", "app_cookie")):
        raise InvalidOption(f"{path}.stickiness", f"is by source_ip for {protocol}")
    tcp = group["tcp"] or validated({}, TCP, {}, f"{path}.tcp")
    if tcp["preserve_client_ip"] is False and "UDP" in protocol:
        raise InvalidOption(f"{path}.tcp.preserve_client_ip", f"cannot be switched off for {protocol}")
    return {**tcp, "sticky_type": "source_ip" if stickiness is not None else None}


def _health_check(group: Options, path: str) -> dict[str, Any]:
    """Return the fields of the health check, which is by the targets' own protocol unless it says otherwise."""
    check, where = group["health_check"], f"{path}.health_check"
    network, grpc = group["protocol"] not in HTTP, group["protocol_version"] == GRPC
    protocol = check["protocol"] or ("TCP" if network else group["protocol"])
    if protocol == "TCP" and not network:
        raise InvalidOption(f"{where}.protocol", f"TCP is not for {group['protocol']}")
    if check["timeout"] > check["interval"] or (check["timeout"] == check["interval"] and not network):
        raise InvalidOption(f"{where}.timeout", f"{check['timeout']} has to be below the interval of {check['interval']}")
    asked = {option: check[option] for option in ("path", "matcher") if check[option] is not None}
    if protocol == "TCP" and asked:
        raise InvalidOption(f"{where}.{next(iter(asked))}", "is not for health checks of TCP")
    if check["matcher"]:
        _check_codes(check["matcher"], "network" if network else "grpc" if grpc else "application", f"{where}.matcher")
    defaults = {"path": "/AWS.ALB/healthcheck", "matcher": "12"} if grpc else {"path": "/", "matcher": "200"}
    return {
        "check_protocol": protocol,
        "check_port": check["port"],
        **{option: check[option] for option in ("interval", "timeout", "healthy", "unhealthy")},
        **({} if protocol == "TCP" else {**defaults, **asked}),
    }


def _check_codes(matcher: str, kind: str, path: str) -> None:
    lowest, highest = CODES[kind]
    for part in matcher.split(","):
        codes = [int(code) for code in re.findall(r"\d+", part)]
        if codes != sorted(codes) or codes[0] < lowest or codes[-1] > highest:
            raise InvalidOption(path, f"{part} has to be from {lowest} to {highest}")
