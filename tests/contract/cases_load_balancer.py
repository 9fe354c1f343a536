# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the load balancer tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener import Listener
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener_rule import ListenerRule
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case
from tests.contract.cases_certificate import CASES as CERTIFICATES


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
PLAIN = Listener(
    load_balancer=Reference("load_balancer", "front"),
    port=80,
    protocol="HTTP",
    action={"Type": "forward", "TargetGroupArn": Reference("target_group", "app")},
)
ENCRYPTED = {
    "protocol": "HTTPS",
    "certificate": Reference("certificate", "web", "arn"),
    "tls_policy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
}
WEIGHTED = {
    "Type": "forward",
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": Reference("target_group", name), "Weight": 1} for name in ("app", "other")],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    },
}
BALANCED = (
    *NETWORK,
    Declaration("load_balancer", "front", "load_balancer", FRONT),
    *(Declaration("target_group", name, "load_balancer", APP) for name in ("app", "other")),
    *CERTIFICATES["certificate"].parents,
    *(Declaration("certificate", name, "certificate", CERTIFICATES["certificate"].values) for name in ("web", "other")),
)

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
        PLAIN,
        "load_balancer",
        BALANCED,
        changes={
            "action": WEIGHTED,
            "protocol": "HTTPS",
            "certificate": Reference("certificate", "other", "arn"),
            "certificates": (Reference("certificate", "other", "arn"),),
            "tls_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
        },
        given={
            "certificate": ENCRYPTED,
            "certificates": {**ENCRYPTED, "certificates": ()},
            "tls_policy": ENCRYPTED,
        },
        along={"protocol": {name: value for name, value in ENCRYPTED.items() if name != "protocol"}},
    ),
    "listener_rule": Case(
        ListenerRule(
            listener=Reference("listener", "front/80"),
            priority=10,
            conditions=({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}},),
            action={"Type": "forward", "TargetGroupArn": Reference("target_group", "app")},
        ),
        "load_balancer",
        (*BALANCED, Declaration("listener", "front/80", "load_balancer", PLAIN)),
        changes={
            "priority": 20,
            "conditions": (
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*", "/v2/*"]}},
                {"Field": "host-header", "HostHeaderConfig": {"Values": ["www.example.com"]}},
                {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}},
                {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "version", "Value": "2"}]}},
            ),
            "action": REDIRECT,
        },
        name="front/80/api",
    ),
}
