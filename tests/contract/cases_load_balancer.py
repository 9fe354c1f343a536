# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the load balancer tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener import Listener
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case


def network(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "network", values)


MAIN = Reference("vpc", "main")
NETWORK = (
    network("vpc", "main", Vpc(cidr="10.30.0.0/16")),
    network("internet_gateway", "main", InternetGateway(vpc=MAIN)),
    *(
        network("subnet", f"public/eu-west-1{zone}", Subnet(vpc=MAIN, cidr=f"10.30.{number}.0/24", zone=f"eu-west-1{zone}"))
        for number, zone in enumerate("abc")
    ),
    *(network("security_group", name, SecurityGroup(vpc=MAIN, description=name)) for name in ("alb", "other")),
)
FRONT = LoadBalancer(
    scheme="internet-facing",
    subnets=(Reference("subnet", "public/eu-west-1a"), Reference("subnet", "public/eu-west-1b")),
    security_groups=(Reference("security_group", "alb"),),
    idle_timeout=60,
    deletion_protection=False,
    drop_invalid_headers=True,
    desync="defensive",
    internet_gateway=Reference("internet_gateway", "main"),
)
APP = TargetGroup(
    vpc=MAIN,
    protocol="HTTP",
    port=3000,
    target_type="instance",
    path="/health",
    interval=15,
    timeout=5,
    healthy=2,
    unhealthy=3,
    matcher="200",
    deregistration_delay=60,
    slow_start=0,
    algorithm="round_robin",
    sticky=False,
    sticky_seconds=86400,
)
REDIRECT = {
    "Type": "redirect",
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Host": "#{host}",
        "Port": "443",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    },
}

CASES = {
    "load_balancer": Case(
        FRONT,
        "load_balancer",
        NETWORK,
        changes={
            "subnets": Reference("subnet", "public/", every=True),
            "security_groups": (Reference("security_group", "other"),),
            "idle_timeout": 120,
            "deletion_protection": True,
            "drop_invalid_headers": False,
            "desync": "strictest",
        },
        before_delete={"deletion_protection": False},
    ),
    "target_group": Case(
        APP,
        "load_balancer",
        NETWORK,
        changes={
            "path": "/ready",
            "interval": 30,
            "timeout": 10,
            "healthy": 5,
            "unhealthy": 2,
            "matcher": "200-299",
            "deregistration_delay": 30,
            "slow_start": 60,
            "algorithm": "least_outstanding_requests",
            "sticky": True,
            "sticky_seconds": 3600,
        },
    ),
    "listener": Case(
        Listener(
            load_balancer=Reference("load_balancer", "front"),
            port=80,
            protocol="HTTP",
            action={"Type": "forward", "TargetGroupArn": Reference("target_group", "app")},
        ),
        "load_balancer",
        (
            *NETWORK,
            Declaration("load_balancer", "front", "load_balancer", FRONT),
            Declaration("target_group", "app", "load_balancer", APP),
        ),
        changes={"action": REDIRECT},
    ),
}
