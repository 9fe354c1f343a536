# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the load balancer tier."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.internet_gateway import InternetGateway
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener import Listener
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener_rule import ListenerRule
from ansible_collections.terrace.aws.plugins.module_utils.kinds.load_balancer import LoadBalancer
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target_group import TargetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.case import STACK, Case
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
ADDRESSES = tuple(network("elastic_ip", name, ElasticIp()) for name in ("first", "second"))
FRONT = LoadBalancer(
    type="application",
    scheme="internet-facing",
    subnets=(Reference("subnet", "public/eu-west-1a"), Reference("subnet", "public/eu-west-1b")),
    security_groups=(Reference("security_group", "alb"),),
    ip_address_type="ipv4",
    idle_timeout=60,
    keep_alive=3600,
    drop_invalid_headers=True,
    desync="defensive",
    preserve_host=False,
    forwarded_for="append",
    forwarded_port=False,
    deletion_protection=False,
    access_logs={"enabled": False},
    connection_logs={"enabled": False},
    internet_gateway=Reference("internet_gateway", "main"),
)
OF_APPLICATION = (
    "subnets",
    "idle_timeout",
    "keep_alive",
    "drop_invalid_headers",
    "desync",
    "preserve_host",
    "forwarded_for",
    "forwarded_port",
    "connection_logs",
)
OF_NETWORK: dict[str, Any] = {
    **dict.fromkeys(OF_APPLICATION),
    "type": "network",
    "security_groups": (),
    "addresses": ({"SubnetId": Reference("subnet", "public/eu-west-1a"), "AllocationId": Reference("elastic_ip", "first")},),
}
BUCKETS = declarations_of({"storage": {"buckets": [{"name": "logs", "allow": ["load_balancer_logs"]}]}}, STACK)
LOGGED = {"enabled": True, "bucket": Reference("bucket", "logs"), "prefix": "2026"}
APP = TargetGroup(
    vpc=MAIN,
    protocol="HTTP",
    protocol_version="HTTP1",
    port=3000,
    target_type="instance",
    check_protocol="HTTP",
    check_port="traffic-port",
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
    cross_zone="use_load_balancer_configuration",
)
OF_TCP: dict[str, Any] = {
    **dict.fromkeys(("protocol_version", "path", "matcher", "slow_start", "algorithm")),
    "protocol": "TCP",
    "check_protocol": "TCP",
}
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
    *ADDRESSES,
    Declaration("load_balancer", "net", "load_balancer", dataclasses.replace(FRONT, **OF_NETWORK)),
    Declaration("target_group", "tcp", "load_balancer", dataclasses.replace(APP, **OF_TCP)),
    *CERTIFICATES["certificate"].parents,
    *(Declaration("certificate", name, "certificate", CERTIFICATES["certificate"].values) for name in ("web", "other")),
)

CASES = {
    "load_balancer": Case(
        FRONT,
        "load_balancer",
        (*NETWORK, *ADDRESSES, *BUCKETS),
        changes={
            "subnets": Reference("subnet", "public/", every=True),
            "addresses": (
                *OF_NETWORK["addresses"],
                {"SubnetId": Reference("subnet", "public/eu-west-1b"), "AllocationId": Reference("elastic_ip", "second")},
            ),
            "security_groups": (Reference("security_group", "other"),),
            "ip_address_type": "dualstack",
            "idle_timeout": 120,
            "keep_alive": 600,
            "drop_invalid_headers": False,
            "desync": "strictest",
            "preserve_host": True,
            "forwarded_for": "remove",
            "forwarded_port": True,
            "deletion_protection": True,
            "access_logs": LOGGED,
            "connection_logs": LOGGED,
        },
        given={"addresses": OF_NETWORK},
        before_delete={"deletion_protection": False},
    ),
    "target_group": Case(
        APP,
        "load_balancer",
        NETWORK,
        changes={
            "path": "/ready",
            "check_protocol": "HTTPS",
            "check_port": "8080",
            "interval": 30,
            "timeout": 10,
            "healthy": 5,
            "unhealthy": 2,
            "matcher": "200-299",
            "deregistration_delay": 30,
            "connection_termination": True,
            "slow_start": 60,
            "algorithm": "least_outstanding_requests",
            "anomaly_mitigation": "on",
            "sticky": True,
            "sticky_type": "app_cookie",
            "sticky_seconds": 3600,
            "cookie": "Session",
            "cookie_seconds": 3600,
            "cross_zone": True,
            "preserve_client_ip": False,
            "proxy_protocol": True,
        },
        given={
            "anomaly_mitigation": {"algorithm": "weighted_random"},
            "sticky_seconds": {"sticky": True, "sticky_type": "lb_cookie"},
            **dict.fromkeys(("connection_termination", "preserve_client_ip", "proxy_protocol"), OF_TCP),
        },
        along={"sticky_type": {"cookie": "session"}},
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
            "idle_timeout": 600,
        },
        given={
            "idle_timeout": {
                "load_balancer": Reference("load_balancer", "net"),
                "protocol": "TCP",
                "action": {"Type": "forward", "TargetGroupArn": Reference("target_group", "tcp")},
            },
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
