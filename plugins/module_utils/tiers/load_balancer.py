# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load balancer tier: application load balancers with their listeners, and target groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_listeners as listeners
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import reference, several
from ansible_collections.terrace.aws.plugins.module_utils.tiers._load_balancer_actions import LONGEST_STICKINESS

TIER = "load_balancer"
KINDS = ("load_balancer", "target_group", "listener", "listener_rule")
SPEC = {
    "vpc": {"type": "str", "default": "main"},
    "load_balancers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "scheme": {"type": "str", "choices": ["internet-facing", "internal"], "default": "internet-facing"},
            "subnets": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "idle_timeout": {"type": "int", "default": 60},
            "drop_invalid_headers": {"type": "bool", "default": True},
            "desync": {"type": "str", "choices": ["monitor", "defensive", "strictest"], "default": "defensive"},
            "deletion_protection": {"type": "bool", "default": False},
            "listeners": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": listeners.SPEC,
            },
        },
    },
    "target_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTP"},
            "target_type": {"type": "str", "choices": ["instance", "ip"], "default": "instance"},
            "health_check": {
                "type": "dict",
                "default": {},
                "options": {
                    "path": {"type": "str", "default": "/"},
                    "interval": {"type": "int", "default": 15},
                    "timeout": {"type": "int", "default": 5},
                    "healthy": {"type": "int", "default": 2},
                    "unhealthy": {"type": "int", "default": 3},
                    "matcher": {"type": "str", "default": "200"},
                },
            },
            "deregistration_delay": {"type": "int", "default": 60},
            "slow_start": {"type": "int", "default": 0},
            "stickiness": {"type": "int", "default": 0},
            "algorithm": {"type": "str", "choices": ["round_robin", "least_outstanding_requests"], "default": "round_robin"},
        },
    },
}
NAME = Constraint(
    pattern=r"(?=.{1,32}$)[a-z]([a-z0-9-]*[a-z0-9])?", says="a name is 1 to 32 lower-case letters, digits and hyphens"
)
PORT = Constraint(minimum=1, maximum=65535)
CODES = r"[2-4]\d\d(-[2-4]\d\d)?"
CONSTRAINTS = {
    "vpc": reference("vpc/{}"),
    "load_balancers": several(),
    "load_balancers[].name": NAME,
    "load_balancers[].subnets": reference("subnet/{}/"),
    "load_balancers[].security_groups": Constraint(min_length=1, max_length=5, distinct=True),
    "load_balancers[].security_groups[]": reference("security_group/{}"),
    "load_balancers[].idle_timeout": Constraint(minimum=1, maximum=4000),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    "load_balancers[].listeners": Constraint(unique="port", max_length=50),
    **{f"load_balancers[].listeners[].{name}": constraint for name, constraint in listeners.CONSTRAINTS.items()},
    "target_groups": several(),
    "target_groups[].name": NAME,
    "target_groups[].port": PORT,
    "target_groups[].health_check.path": Constraint(
        pattern=r"/[!-~]{0,1023}", says="a path begins with / and is at most 1024 ASCII characters"
    ),
    "target_groups[].health_check.interval": Constraint(minimum=5, maximum=300),
    "target_groups[].health_check.timeout": Constraint(minimum=2, maximum=120),
    "target_groups[].health_check.healthy": Constraint(minimum=2, maximum=10),
    "target_groups[].health_check.unhealthy": Constraint(minimum=2, maximum=10),
    "target_groups[].health_check.matcher": Constraint(
        pattern=rf"{CODES}(,{CODES})*", says='codes from 200 to 499 like "200", "200,204" or "200-299"'
    ),
    "target_groups[].deregistration_delay": Constraint(minimum=0, maximum=3600),
    "target_groups[].slow_start": Constraint(minimum=0, maximum=900),
    "target_groups[].stickiness": Constraint(minimum=0, maximum=LONGEST_STICKINESS),
}
SHORTEST_SLOW_START = 30
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#availability-zones
LEAST_ZONES = 2
# AWS keeps this duration while stickiness is off.
DEFAULT_STICKY_SECONDS = 86400


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    _check_prefix(options, stack)
    return [*_target_groups(options), *_load_balancers(options)]


def _target_groups(options: Mapping[str, Any]) -> Iterator[Declaration]:
    for index, group in enumerate(options["target_groups"]):
        path = f"load_balancer.target_groups[{index}]"
        _check_target_group(group, path)
        yield Declaration(
            "target_group",
            group["name"],
            TIER,
            TargetGroup(
                vpc=Reference("vpc", options["vpc"]),
                protocol=group["protocol"],
                port=group["port"],
                target_type=group["target_type"],
                **group["health_check"],
                deregistration_delay=group["deregistration_delay"],
                slow_start=group["slow_start"],
                algorithm=group["algorithm"],
                sticky=group["stickiness"] > 0,
                sticky_seconds=group["stickiness"] or DEFAULT_STICKY_SECONDS,
            ),
            path,
        )


def _load_balancers(options: Mapping[str, Any]) -> Iterator[Declaration]:
    groups = {group["name"]: group for group in options["target_groups"]}
    for index, balancer in enumerate(options["load_balancers"]):
        path = f"load_balancer.load_balancers[{index}]"
        public = balancer["scheme"] == "internet-facing"
        yield Declaration(
            "load_balancer",
            balancer["name"],
            TIER,
            LoadBalancer(
                scheme=balancer["scheme"],
                subnets=Reference("subnet", f"{balancer['subnets']}/", every=True, at_least=LEAST_ZONES),
                security_groups=tuple(Reference("security_group", name) for name in balancer["security_groups"]),
                idle_timeout=balancer["idle_timeout"],
                deletion_protection=balancer["deletion_protection"],
                drop_invalid_headers=balancer["drop_invalid_headers"],
                desync=balancer["desync"],
                internet_gateway=Reference("internet_gateway", options["vpc"]) if public else None,
            ),
            path,
        )
        yield from listeners.listeners(balancer, groups, path)


def _check_prefix(options: Mapping[str, Any], stack: Stack) -> None:
    if options["load_balancers"] and stack.name.startswith("internal-"):
        raise InvalidOption("stack.name", "must not begin with internal-, which AWS reserves in names of load balancers")


def _check_target_group(group: Mapping[str, Any], path: str) -> None:
    check = group["health_check"]
    if check["timeout"] >= check["interval"]:
        raise InvalidOption(
            f"{path}.health_check.timeout", f"{check['timeout']} has to be below the interval of {check['interval']}"
        )
    if 0 < group["slow_start"] < SHORTEST_SLOW_START:
        raise InvalidOption(f"{path}.slow_start", f"is 0 for off, or {SHORTEST_SLOW_START} to 900 seconds")
    if group["slow_start"] and group["algorithm"] != "round_robin":
        raise InvalidOption(f"{path}.slow_start", "needs the algorithm round_robin")
