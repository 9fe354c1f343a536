# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for load balancers and what they have, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import transform
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.changes import DISRUPTS, FORBIDDEN, IN_PLACE, NOTHING, REPLACE, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1")
# (options before, options after, what it is)
# ModifyListener, AddListenerCertificates, RemoveListenerCertificates
LISTENERS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"target_group": "app"}, {"target_groups": {"app": 1}}, NOTHING),
    ({"target_group": "app"}, {"target_groups": {"app": 1, "next": 1}}, IN_PLACE),
    ({"target_groups": {"app": 1, "next": 1}}, {"target_groups": {"next": 1, "app": 1}}, NOTHING),
    ({"target_groups": {"app": 1, "next": 1}}, {"target_groups": {"app": 9, "next": 1}}, IN_PLACE),
    ({"target_group": "app"}, {"redirect": "https://#{host}"}, IN_PLACE),
    ({"target_group": "app"}, {"fixed_response": {"status": 503}}, IN_PLACE),
    ({"target_group": "app"}, {"target_group": "app", "protocol": "HTTPS", "certificate": "web"}, DISRUPTS),
    (
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web"},
        {"target_group": "app", "protocol": "HTTPS", "certificate": "other"},
        IN_PLACE,
    ),
    (
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web", "certificates": ["a", "b"]},
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web", "certificates": ["b", "a"]},
        NOTHING,
    ),
    (
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web", "certificates": ["a", "b"]},
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web", "certificates": ["b"]},
        IN_PLACE,
    ),
    (
        {"target_group": "app", "protocol": "HTTPS", "certificate": "web"},
        {
            "target_group": "app",
            "protocol": "HTTPS",
            "certificate": "web",
            "tls_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
        },
        IN_PLACE,
    ),
]
# ModifyRule, SetRulePriorities
RULES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"priority": 20}, IN_PLACE),
    ({}, {"target_group": "next"}, IN_PLACE),
    ({"hosts": ["a.example.com", "b.example.com"]}, {"hosts": ["b.example.com", "A.example.com"]}, NOTHING),
    ({}, {"paths": ["/b"]}, IN_PLACE),
    ({}, {"methods": ["GET"]}, IN_PLACE),
    ({}, {"headers": {"X-Beta": "yes"}}, IN_PLACE),
    ({"headers": {"X-Beta": "yes"}}, {"headers": {"X-Beta": ["yes"]}}, NOTHING),
    ({}, {"queries": ["a=b"]}, IN_PLACE),
    ({}, {"source_ips": ["192.0.2.0/24"]}, IN_PLACE),
]
RULE: dict[str, Any] = {"name": "api", "priority": 10, "paths": ["/a"], "target_group": "app"}
# Target groups: CreateTargetGroup alone sets protocol, port and type of targets.
GROUPS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"port": 3001}, REPLACE),
    ({}, {"protocol": "HTTPS"}, REPLACE),
    ({}, {"target_type": "ip"}, REPLACE),
    ({}, {"protocol_version": "GRPC"}, REPLACE),
    # ModifyTargetGroup
    ({}, {"health_check": {"path": "/ready"}}, IN_PLACE),
    ({}, {"health_check": {"path": "/"}}, NOTHING),
    ({}, {"health_check": {"protocol": "HTTPS"}}, IN_PLACE),
    ({}, {"health_check": {"port": 8080}}, IN_PLACE),
    ({"health_check": {"port": 8080}}, {"health_check": {"port": "8080"}}, NOTHING),
    ({"protocol": "TCP"}, {"protocol": "TCP", "health_check": {"protocol": "HTTP"}}, IN_PLACE),
    # ModifyTargetGroupAttributes
    ({}, {"deregistration_delay": 10}, IN_PLACE),
    ({}, {"slow_start": 30}, IN_PLACE),
    ({}, {"algorithm": "weighted_random"}, IN_PLACE),
    ({}, {"algorithm": "weighted_random", "anomaly_mitigation": True}, IN_PLACE),
    ({}, {"stickiness": {}}, IN_PLACE),
    ({"stickiness": {}}, {}, IN_PLACE),
    ({"stickiness": {}}, {"stickiness": {"duration": 60}}, IN_PLACE),
    ({"stickiness": {}}, {"stickiness": {"cookie": "session"}}, IN_PLACE),
    ({}, {"cross_zone": False}, IN_PLACE),
    ({"protocol": "TCP"}, {"protocol": "TCP", "stickiness": {}}, IN_PLACE),
    ({"protocol": "TCP"}, {"protocol": "TCP", "tcp": {"proxy_protocol": True}}, IN_PLACE),
    ({"protocol": "TCP"}, {"protocol": "TCP", "tcp": {"connection_termination": True}}, IN_PLACE),
    ({"protocol": "TCP"}, {"protocol": "TCP", "tcp": {"preserve_client_ip": False}}, IN_PLACE),
]
NETWORK = {"type": "network", "security_groups": []}
# CreateLoadBalancer alone sets the type and the scheme; the rest has calls of its own.
BALANCERS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, NETWORK, FORBIDDEN),
    ({}, {"type": "network"}, REPLACE),
    ({}, {"scheme": "internal"}, REPLACE),
    ({}, {"subnets": "other"}, IN_PLACE),
    ({}, {"security_groups": ["alb", "other"]}, IN_PLACE),
    ({"security_groups": ["alb", "other"]}, {"security_groups": ["other", "alb"]}, NOTHING),
    (NETWORK, {"type": "network"}, FORBIDDEN),
    ({"type": "network"}, NETWORK, FORBIDDEN),
    ({}, {"ip_address_type": "dualstack"}, IN_PLACE),
    ({}, {"deletion_protection": True}, IN_PLACE),
    ({}, {"access_logs": {"bucket": "logs"}}, IN_PLACE),
    ({"access_logs": {"bucket": "logs"}}, {"access_logs": {"bucket": "logs", "prefix": "web"}}, NOTHING),
    ({"access_logs": {"bucket": "logs"}}, {}, IN_PLACE),
    ({}, {"connection_logs": {"bucket": "logs"}}, IN_PLACE),
    ({}, {"http": {}}, NOTHING),
    *(
        ({}, {"http": {option: value}}, IN_PLACE)
        for option, value in (
            ("idle_timeout", 30),
            ("keep_alive", 60),
            ("drop_invalid_headers", False),
            ("desync", "monitor"),
            ("preserve_host", True),
            ("forwarded_for", "remove"),
            ("forwarded_port", True),
        )
    ),
    # Network Load Balancers: addresses are chosen when a zone is added.
    (
        {**NETWORK, "addresses": {"eu-west-1a": "one"}},
        {**NETWORK, "addresses": {"eu-west-1a": "one", "eu-west-1b": "two"}},
        IN_PLACE,
    ),
    ({**NETWORK, "addresses": {"eu-west-1a": "one"}}, {**NETWORK, "addresses": {"eu-west-1a": "two"}}, FORBIDDEN),
]


def values(kind: str, name: str, **tier: Any) -> Any:
    found = {(d.kind, d.name): d.values for d in declarations_of({"load_balancer": tier}, STACK)}[kind, name]
    return transform(found, lambda leaf: leaf.name if isinstance(leaf, Reference) else leaf)


def listening(kind: str, name: str, **listener: Any) -> Any:
    balancer = {"name": "web", "subnets": "public", "security_groups": ["alb"], "listeners": [{"port": 80, **listener}]}
    groups = [{"name": group, "port": 3000} for group in ("app", "next")]
    return values(kind, name, load_balancers=[balancer], target_groups=groups)


@pytest.mark.parametrize(("before", "after", "what"), LISTENERS)
def test_listeners(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    assert kind_of_change(*(listening("listener", "web/80", **options) for options in (before, after))) == what


@pytest.mark.parametrize(("before", "after", "what"), BALANCERS)
def test_load_balancers(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    usual = {"name": "web", "subnets": "public", "security_groups": ["alb"]}
    described = ([{**usual, **options}] for options in (before, after))
    assert kind_of_change(*(values("load_balancer", "web", load_balancers=balancers) for balancers in described)) == what


@pytest.mark.parametrize(("before", "after", "what"), RULES)
def test_rules(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    described = ({"target_group": "app", "rules": [{**RULE, **options}]} for options in (before, after))
    assert kind_of_change(*(listening("listener_rule", "web/80/api", **options) for options in described)) == what


@pytest.mark.parametrize(("before", "after", "what"), GROUPS)
def test_target_groups(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    groups = ({"name": "app", "port": 3000, **options} for options in (before, after))
    assert kind_of_change(*(values("target_group", "app", target_groups=[group]) for group in groups)) == what
