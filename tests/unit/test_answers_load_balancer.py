# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Elastic Load Balancing answers to what was declared differs in form, and is no difference."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import listener, listener_rule, load_balancer, target_group
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import context

STACK = Stack("demo", "123456789012", "eu-west-1")
PREFIX = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
BALANCER = f"{PREFIX}:loadbalancer/app/demo-front/50dc6c495c0c9188"
LISTENER, RULE = f"{PREFIX}:listener/app/demo-front/50dc/f2f7", f"{PREFIX}:listener-rule/app/demo-front/50dc/f2f7/9683"


def arn_of(reference: Reference) -> str:
    if reference.kind == "load_balancer":
        return BALANCER
    return LISTENER if reference.kind == "listener" else f"{PREFIX}:{reference.kind}/{reference.name}"


def declared(kind: str, **options: Any) -> Declaration:
    """Return the declaration, with ARNs in place of references, of the listener's only thing of a kind."""
    description = {
        "load_balancers": [
            {"name": "front", "subnets": "public", "security_groups": ["alb"], "listeners": [{"port": 80, **options}]}
        ],
        "target_groups": [{"name": name, "port": 3000} for name in ("app", "next")],
    }
    (found,) = (d for d in declarations_of({"load_balancer": description}, STACK) if d.kind == kind)
    values = transform(found.values, lambda leaf: arn_of(leaf) if isinstance(leaf, Reference) else leaf)
    return Declaration(found.kind, found.name, found.tier, values)


def tags(declaration: Declaration, arn: str) -> dict[str, Any]:
    listed = [{"Key": key, "Value": value} for key, value in declaration.all_tags(STACK).items()]
    return {"TagDescriptions": [{"ResourceArn": arn, "Tags": listed}]}


def owner(kind: str, arn: str, values: Any) -> Found:
    return Found(arn, values, {"terrace:stack": "demo", "terrace:id": f"load_balancer/{kind}/front"})


def group(name: str, weight: int = 1) -> dict[str, Any]:
    return {"TargetGroupArn": f"{PREFIX}:target_group/{name}", "Weight": weight}


FORWARD = {
    "Type": "forward",
    "TargetGroupArn": group("app")["TargetGroupArn"],
    "Order": 1,
    "ForwardConfig": {"TargetGroups": [group("app")], "TargetGroupStickinessConfig": {"Enabled": False}},
}
SHARED = {
    "Type": "forward",
    "Order": 1,
    "ForwardConfig": {
        "TargetGroups": [group("next", 10), group("app", 90)],
        "TargetGroupStickinessConfig": {"Enabled": False},
    },
}
REDIRECT = {
    "Type": "redirect",
    "Order": 1,
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    },
}
STICKY = {"Enabled": True, "DurationSeconds": 60}
SIGNED_IN = [{"Type": "authenticate-oidc", "Order": 1}, {**FORWARD, "Order": 2}]
# (the listener's options, the actions in the answer)
ACTIONS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"target_group": "app"}, [FORWARD]),
    ({"target_group": "app"}, [{key: FORWARD[key] for key in ("Type", "TargetGroupArn")}]),
    ({"target_groups": {"app": 1}}, [FORWARD]),
    ({"target_groups": {"app": 90, "next": 10}}, [SHARED]),
    (
        {"target_groups": {"app": 90, "next": 10}, "stickiness": 60},
        [{**SHARED, "ForwardConfig": {**SHARED["ForwardConfig"], "TargetGroupStickinessConfig": STICKY}}],
    ),
    ({"redirect": "https://#{host}"}, [REDIRECT]),
    ({"target_group": "app"}, SIGNED_IN),
]


@pytest.mark.parametrize(("options", "actions"), ACTIONS)
def test_actions(options: dict[str, Any], actions: list[dict[str, Any]]) -> None:
    declaration = declared("listener", **options)
    raw = {"ListenerArn": LISTENER, "LoadBalancerArn": BALANCER, "Port": 80, "Protocol": "HTTP", "DefaultActions": actions}
    prepared = {"describe_listeners": {"Listeners": [raw]}, "describe_tags": tags(declaration, LISTENER)}
    above = owner("load_balancer", BALANCER, load_balancer.LoadBalancer())
    (found,) = listener.list_listeners(context(STACK, prepared, {}, [], above))
    assert compare(found.values, declaration.values) == ()


def test_certificates() -> None:
    options = {"protocol": "HTTPS", "certificate": "web", "certificates": ["two", "one"], "target_group": "app"}
    declaration = declared("listener", **options)
    web, one, two = (f"{PREFIX}:certificate/{name}" for name in ("web", "one", "two"))
    raw = {
        "ListenerArn": LISTENER,
        "LoadBalancerArn": BALANCER,
        "Port": 80,
        "Protocol": "HTTPS",
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "Certificates": [{"CertificateArn": web}],
        "DefaultActions": [FORWARD],
    }
    listed = [{"CertificateArn": web, "IsDefault": True}, *({"CertificateArn": arn, "IsDefault": False} for arn in (one, two))]
    prepared = {
        "describe_listeners": {"Listeners": [raw]},
        "describe_tags": tags(declaration, LISTENER),
        "describe_listener_certificates": {"Certificates": listed},
    }
    above = owner("load_balancer", BALANCER, load_balancer.LoadBalancer())
    (found,) = listener.list_listeners(context(STACK, prepared, {}, [], above))
    assert compare(found.values, declaration.values) == ()


def test_certificates_come_and_go_one_a_call() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html"""
    calls: list[tuple[str, list[str]]] = []

    class Client:
        def __getattr__(self, operation: str) -> Any:
            return lambda **request: calls.append((operation, [item["CertificateArn"] for item in request["Certificates"]]))

    found = Found(LISTENER, listener.Listener(certificates=("a", "b", "c")))
    doing = dataclasses.replace(context(STACK, {}, {}, []), client=lambda _service: Client())
    listener.update(doing, found, listener.Listener(certificates=("c", "d", "e")), {"certificates"})
    added, removed = "add_listener_certificates", "remove_listener_certificates"
    assert calls == [(added, ["d"]), (added, ["e"]), (removed, ["a"]), (removed, ["b"])]


# (the rule's conditions, those of the answer)
CONDITIONS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"hosts": ["WWW.example.com", "example.com"]},
        [
            {
                "Field": "host-header",
                "Values": ["example.com", "www.example.com"],
                "HostHeaderConfig": {"Values": ["example.com", "www.example.com"]},
            }
        ],
    ),
    (
        {"paths": ["/a/*"], "methods": ["GET"]},
        [
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
            {"Field": "path-pattern", "Values": ["/a/*"], "PathPatternConfig": {"Values": ["/a/*"]}},
        ],
    ),
    (
        {"paths": ["/b"]},
        [
            {
                "Field": "path-pattern",
                "Values": ["/b"],
                "PathPatternConfig": {"Values": ["/b"], "RegexValues": []},
                "RegexValues": [],
            }
        ],
    ),
    (
        {"headers": {"X-Beta": ["yes", "on"]}},
        [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["on", "yes"]}}],
    ),
    (
        {"queries": ["version=2", "beta"]},
        [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "beta"}, {"Key": "version", "Value": "2"}]}}],
    ),
    (
        {"source_ips": ["192.0.2.0/24"]},
        [{"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}],
    ),
]


@pytest.mark.parametrize(("options", "conditions"), CONDITIONS)
def test_rules(options: dict[str, Any], conditions: list[dict[str, Any]]) -> None:
    rule = {"name": "api", "priority": 10, "target_group": "app", **options}
    declaration = declared("listener_rule", target_group="app", rules=[rule])
    default = {"RuleArn": f"{RULE}0", "Priority": "default", "Conditions": [], "Actions": [FORWARD], "IsDefault": True}
    raw = {"RuleArn": RULE, "Priority": "10", "Conditions": conditions, "Actions": [FORWARD], "IsDefault": False}
    prepared = {"describe_rules": {"Rules": [raw, default]}, "describe_tags": tags(declaration, RULE)}
    above = owner("listener", LISTENER, listener.Listener(protocol="HTTPS"))
    (found,) = listener_rule.list_rules(context(STACK, prepared, {}, [], above))
    assert compare(found.values, declaration.values) == ()
    assert found.belongs_to(STACK, "listener_rule") and found.logical_name == "front/80/api"


RAW_BALANCER: dict[str, Any] = {
    "LoadBalancerArn": BALANCER,
    "LoadBalancerName": "demo-front",
    "DNSName": "demo-front-1.eu-west-1.elb.amazonaws.com",
    "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
    "Type": "application",
    "Scheme": "internet-facing",
    "IpAddressType": "ipv4",
    "State": {"Code": "active"},
    "SecurityGroups": [f"{PREFIX}:security_group/alb"],
    "AvailabilityZones": [{"SubnetId": "subnet-1", "ZoneName": "eu-west-1a", "LoadBalancerAddresses": []}],
}
ATTRIBUTES = {
    "access_logs.s3.enabled": "true",
    "access_logs.s3.bucket": f"{PREFIX}:bucket/logs",
    "access_logs.s3.prefix": "2026",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "client_keep_alive.seconds": "3600",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "true",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
    "load_balancing.cross_zone.enabled": "true",
}
# What a network load balancer, made without security groups, says of itself: nothing of HTTP.
OF_NETWORK = ("access_logs", "deletion_protection", "load_balancing", "zonal_shift")
MAIL: dict[str, Any] = {"type": "network", "security_groups": [], "addresses": {"eu-west-1a": "mail"}}
MAIL_ZONE = {
    "SubnetId": f"{PREFIX}:subnet/public/eu-west-1a",
    "ZoneName": "eu-west-1a",
    "LoadBalancerAddresses": [{"IpAddress": "192.0.2.25", "AllocationId": f"{PREFIX}:elastic_ip/mail"}],
}


@pytest.mark.parametrize(
    ("options", "answer", "kept"),
    [
        ({}, RAW_BALANCER, ATTRIBUTES),
        (
            MAIL,
            {**RAW_BALANCER, "Type": "network", "SecurityGroups": None, "AvailabilityZones": [MAIL_ZONE]},
            {key: value for key, value in ATTRIBUTES.items() if key.startswith(OF_NETWORK)},
        ),
    ],
)
def test_load_balancers(options: dict[str, Any], answer: dict[str, Any], kept: dict[str, str]) -> None:
    logged = {"access_logs": {"bucket": "logs", "prefix": "2026"}}
    front = {"name": "front", "subnets": "public", "security_groups": ["alb"], **logged}
    described = {"load_balancer": {"load_balancers": [{**front, **options}]}}
    (found,) = (d for d in declarations_of(described, STACK) if d.kind == "load_balancer")

    def known(leaf: Any) -> Any:
        if isinstance(leaf, Reference):
            return ("subnet-1",) if leaf.every else arn_of(leaf)
        return leaf

    values = transform(found.values, known)
    prepared = {
        "describe_load_balancers": {"LoadBalancers": [answer]},
        "describe_tags": tags(found, BALANCER),
        "describe_load_balancer_attributes": {"Attributes": [{"Key": key, "Value": value} for key, value in kept.items()]},
    }
    (seen,) = load_balancer.list_load_balancers(context(STACK, prepared, {}, []))
    assert compare(seen.values, values) == ()


GROUP = f"{PREFIX}:targetgroup/demo-app/73e2"
RAW_GROUP: dict[str, Any] = {
    "TargetGroupArn": GROUP,
    "TargetGroupName": "demo-app",
    "Protocol": "HTTP",
    "ProtocolVersion": "HTTP1",
    "Port": 3000,
    "VpcId": f"{PREFIX}:vpc/main",
    "TargetType": "instance",
    "IpAddressType": "ipv4",
    "HealthCheckEnabled": True,
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckPath": "/",
    "HealthCheckIntervalSeconds": 15,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 3,
    "Matcher": {"HttpCode": "200"},
}
SHARED_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "60",
    "stickiness.enabled": "false",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
}
HTTP_ATTRIBUTES = {
    **SHARED_ATTRIBUTES,
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "slow_start.duration_seconds": "0",
}
TCP_ATTRIBUTES = {
    **SHARED_ATTRIBUTES,
    "stickiness.type": "source_ip",
    "deregistration_delay.connection_termination.enabled": "false",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "false",
}
OF_TCP: dict[str, Any] = {
    **{key: value for key, value in RAW_GROUP.items() if key not in ("Matcher", "HealthCheckPath", "ProtocolVersion")},
    "Protocol": "TCP",
    "HealthCheckProtocol": "TCP",
}
GRPC = {"ProtocolVersion": "GRPC", "HealthCheckPath": "/AWS.ALB/healthcheck", "Matcher": {"GrpcCode": "12"}}
COOKIE = {"stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "Session"}
# (the target group's options, the answer, its attributes)
GROUPS: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ({}, RAW_GROUP, HTTP_ATTRIBUTES),
    ({"protocol_version": "GRPC"}, {**RAW_GROUP, **GRPC}, HTTP_ATTRIBUTES),
    ({"stickiness": {"cookie": "Session"}}, RAW_GROUP, {**HTTP_ATTRIBUTES, **COOKIE}),
    ({"stickiness": {"cookie": "1234"}}, RAW_GROUP, {**HTTP_ATTRIBUTES, **COOKIE, "stickiness.app_cookie.cookie_name": "1234"}),
    (
        {"stickiness": {"cookie": "0012"}},
        RAW_GROUP,
        {**HTTP_ATTRIBUTES, **COOKIE, "stickiness.app_cookie.cookie_name": "0012"},
    ),
    ({"cross_zone": False}, RAW_GROUP, {**HTTP_ATTRIBUTES, "load_balancing.cross_zone.enabled": "false"}),
    ({"protocol": "TCP"}, OF_TCP, TCP_ATTRIBUTES),
    ({"protocol": "TCP", "tcp": {"preserve_client_ip": True}}, OF_TCP, TCP_ATTRIBUTES),
]


@pytest.mark.parametrize(("options", "answer", "kept"), GROUPS)
def test_target_groups(options: dict[str, Any], answer: dict[str, Any], kept: dict[str, str]) -> None:
    group = {"name": "app", "port": 3000, **options}
    (found,) = declarations_of({"load_balancer": {"target_groups": [group]}}, STACK)
    values = transform(found.values, lambda leaf: arn_of(leaf) if isinstance(leaf, Reference) else leaf)
    prepared = {
        "describe_target_groups": {"TargetGroups": [answer]},
        "describe_tags": tags(found, GROUP),
        "describe_target_group_attributes": {"Attributes": [{"Key": key, "Value": value} for key, value in kept.items()]},
    }
    (seen,) = target_group.list_target_groups(context(STACK, prepared, {}, []))
    assert compare(seen.values, values) == ()


def test_idle_timeout_of_tcp() -> None:
    raw = {"ListenerArn": LISTENER, "LoadBalancerArn": BALANCER, "Port": 2775, "Protocol": "TCP", "DefaultActions": [FORWARD]}
    prepared = {
        "describe_listeners": {"Listeners": [raw]},
        "describe_tags": {"TagDescriptions": []},
        "describe_listener_attributes": {"Attributes": [{"Key": "tcp.idle_timeout.seconds", "Value": "350"}]},
    }
    above = owner("load_balancer", BALANCER, load_balancer.LoadBalancer())
    (found,) = listener.list_listeners(context(STACK, prepared, {}, [], above))
    assert found.values.idle_timeout == 350
