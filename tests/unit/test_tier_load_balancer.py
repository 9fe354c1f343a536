# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2, load_balancer, target_group
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import load_balancer as tier

STACK = Stack("demo", "123456789012", "eu-west-1")
OPTIONS: dict[str, Any] = {
    "load_balancers": [
        {"name": "front", "subnets": "public", "security_groups": ["alb"], "listeners": [{"port": 80, "target_group": "app"}]}
    ],
    "target_groups": [{"name": "app", "port": 3000, "health_check": {"path": "/health"}}, {"name": "next", "port": 3001}],
}

NETWORK: dict[str, Any] = {
    "load_balancers": [
        {
            "name": "messages",
            "type": "network",
            "subnets": "public",
            "listeners": [{"port": 2775, "protocol": "TCP", "target_group": "smpp"}],
        }
    ],
    "target_groups": [{"name": "smpp", "port": 2775, "protocol": "TCP"}],
}


def build(options: dict[str, Any], stack: Stack = STACK) -> dict[Key, Declaration]:
    checked = validated(options, tier.SPEC, tier.CONSTRAINTS, "load_balancer")
    return {declaration.key: declaration for declaration in tier.build(checked, stack)}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    options = copy.deepcopy(OPTIONS)
    change(options)
    return options


def with_balancer(**options: Any) -> dict[str, Any]:
    return changed(lambda o: o["load_balancers"][0].update(options))


def with_listener(**listener: Any) -> dict[str, Any]:
    return changed(lambda o: o["load_balancers"][0].update(listeners=[{"port": 80, **listener}]))


def with_target_group(**options: Any) -> dict[str, Any]:
    return changed(lambda o: o["target_groups"][0].update(options))


def with_rule(**rule: Any) -> dict[str, Any]:
    first, second = (
        {"name": name, "priority": number, "paths": ["/x"], "target_group": "app"} for number, name in enumerate("ab", 1)
    )
    return with_listener(target_group="app", rules=[first, {**second, **rule}])


def action(**listener: Any) -> dict[str, Any]:
    return build(with_listener(**listener))[Key("listener", "front/80")].values.action


def test_nothing_described_declares_nothing() -> None:
    assert build({}) == {}


def test_a_listener_forwards_to_a_target_group() -> None:
    declared = build(OPTIONS)
    assert sorted(map(str, declared)) == ["listener/front/80", "load_balancer/front", "target_group/app", "target_group/next"]
    listener = declared[Key("listener", "front/80")].values
    assert listener.load_balancer == Reference("load_balancer", "front")
    assert listener.action == {"Type": "forward", "TargetGroupArn": Reference("target_group", "app")}


def test_only_an_internet_facing_one_waits_for_the_internet_gateway() -> None:
    assert build(OPTIONS)[Key("load_balancer", "front")].values.internet_gateway == Reference("internet_gateway", "main")
    internal = build(changed(lambda o: o["load_balancers"][0].update(scheme="internal")))
    assert internal[Key("load_balancer", "front")].values.internet_gateway is None


def test_the_rest_of_a_health_check_has_defaults_with_and_without_the_option() -> None:
    given = build(OPTIONS)[Key("target_group", "app")].values
    assert (given.path, given.interval, given.timeout, given.matcher) == ("/health", 15, 5, "200")
    omitted = build(changed(lambda o: o["target_groups"][0].pop("health_check")))[Key("target_group", "app")].values
    assert (omitted.path, omitted.interval, omitted.timeout, omitted.matcher) == ("/", 15, 5, "200")


def group(**options: Any) -> Any:
    return build(with_target_group(**options))[Key("target_group", "app")].values


@pytest.mark.parametrize(
    ("stickiness", "expected"),
    [
        (None, (False, None, None, None, None)),
        ({}, (True, "lb_cookie", 86400, None, None)),
        ({"duration": 60}, (True, "lb_cookie", 60, None, None)),
        ({"cookie": "session"}, (True, "app_cookie", None, "session", 86400)),
    ],
)
def test_stickiness(stickiness: dict[str, Any] | None, expected: tuple[Any, ...]) -> None:
    values = group(stickiness=stickiness)
    assert (values.sticky, values.sticky_type, values.sticky_seconds, values.cookie, values.cookie_seconds) == expected


def test_a_health_check_is_by_what_targets_speak() -> None:
    def check(**options: Any) -> tuple[Any, ...]:
        values = build(changed(lambda o: o["target_groups"].append({"name": "other", "port": 25, **options})))
        found = values[Key("target_group", "other")].values
        return (found.check_protocol, found.check_port, found.path, found.matcher)

    assert check() == ("HTTP", "traffic-port", "/", "200")
    assert check(protocol="HTTPS") == ("HTTPS", "traffic-port", "/", "200")
    assert check(protocol_version="GRPC") == ("HTTP", "traffic-port", "/AWS.ALB/healthcheck", "12")
    assert check(protocol="TCP") == ("TCP", "traffic-port", None, None)
    http = {"protocol": "HTTP", "port": 8080, "path": "/health", "matcher": "200-599"}
    assert check(protocol="UDP", health_check=http) == ("HTTP", "8080", "/health", "200-599")


def test_what_only_one_type_of_load_balancer_has_is_managed_there_alone() -> None:
    network = build(NETWORK)[Key("target_group", "smpp")].values
    assert (network.algorithm, network.slow_start, network.protocol_version) == (None, None, None)
    assert (network.proxy_protocol, network.preserve_client_ip, network.sticky_type) == (False, None, None)
    balancer = build(NETWORK)[Key("load_balancer", "messages")].values
    assert (balancer.idle_timeout, balancer.connection_logs, balancer.security_groups) == (None, None, ())
    assert build(NETWORK)[Key("listener", "messages/2775")].values.idle_timeout == 350
    application = build(OPTIONS)[Key("target_group", "app")].values
    assert (application.proxy_protocol, application.connection_termination, application.anomaly_mitigation) == (None, None, None)
    assert group(algorithm="weighted_random").anomaly_mitigation == "off"


def test_addresses() -> None:
    def balancer(**options: Any) -> Any:
        described = copy.deepcopy(NETWORK)
        described["load_balancers"][0].update(options)
        return build(described)[Key("load_balancer", "messages")].values

    subnet = Reference("subnet", "public/eu-west-1a")
    public = balancer(addresses={"eu-west-1a": "mail"})
    assert public.subnets is None
    assert public.addresses == ({"SubnetId": subnet, "AllocationId": Reference("elastic_ip", "mail")},)
    assert Key("elastic_ip", "mail") in build(with_network(addresses={"eu-west-1a": "mail"}))
    inside = balancer(addresses={"eu-west-1a": "10.0.0.5"}, scheme="internal").addresses
    assert inside == ({"SubnetId": subnet, "PrivateIPv4Address": "10.0.0.5"},)
    assert balancer().subnets.at_least == 1


def test_logs() -> None:
    front = build(with_balancer(access_logs={"bucket": "logs"}))[Key("load_balancer", "front")].values
    assert front.access_logs == {"enabled": True, "bucket": Reference("bucket", "logs"), "prefix": "front"}
    assert front.connection_logs == {"enabled": False}


REQUESTS = {
    "name": "app",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "min": 1,
    "max": 2,
    "subnets": "app",
    "security_groups": ["app"],
    "target_tracking": {"requests_per_target": 100},
}
CROSSING: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "bucket that is closed": (
        {"access_logs": {"bucket": "logs"}},
        {"storage": {"buckets": [{"name": "logs", "allow": ["delivered_logs"]}]}},
        "load_balancer.load_balancers[0].access_logs.bucket: logs does not let load balancers write: "
        "storage.buckets[0].allow needs load_balancer_logs",
    ),
    "bucket elsewhere": (
        {"connection_logs": {"bucket": "logs"}},
        {"storage": {"buckets": [{"name": "logs", "allow": ["load_balancer_logs"], "region": "eu-central-1"}]}},
        "load_balancer.load_balancers[0].connection_logs.bucket: logs has to be in the load balancer's region",
    ),
    "subnets without IPv6": (
        {"ip_address_type": "dualstack"},
        {
            "network": {
                "vpc": {"name": "main", "cidr": "10.20.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
                "subnets": [{"name": "public", "public": True}],
            }
        },
        "load_balancer.load_balancers[0].ip_address_type: needs IPv6 in the subnet public/eu-west-1a",
    ),
    "requests of TCP": (
        {},
        {
            "compute": {
                "groups": [{**REQUESTS, "target_groups": ["messages"]}],
            }
        },
        "compute.groups[0].target_tracking.requests_per_target: the target group messages is for TCP",
    ),
    "certificate elsewhere": (
        {"listeners": [{"port": 443, "protocol": "HTTPS", "certificate": "web", "target_group": "app"}]},
        {
            "certificate": {
                "certificates": [{"name": "web", "domain": "example.com", "zones": ["public"], "region": "us-east-1"}]
            },
        },
        "load_balancer.load_balancers[0].listeners[0]: the certificate web has to be in the load balancer's region",
    ),
}


@pytest.mark.parametrize(
    ("group", "counted"),
    [
        ("app", Reference("load_balancer", "front")),
        ("next", Reference("load_balancer", "front")),
        ("elsewhere", Reference("target_group", "elsewhere", "load_balancer")),
    ],
)
def test_requests_are_counted_by_what_forwards_to_the_targets(group: str, counted: Reference) -> None:
    rule = {"name": "next", "priority": 1, "paths": ["/next/*"], "target_group": "next"}
    described = with_listener(target_group="app", rules=[rule])
    compute = {"groups": [{**REQUESTS, "target_groups": [group]}]}
    policies = [d for d in declarations_of({"load_balancer": described, "compute": compute}, STACK) if d.kind == "scaling_policy"]
    assert [policy.values.load_balancer for policy in policies] == [counted]


@pytest.mark.parametrize(("balancer", "others", "message"), CROSSING.values(), ids=list(CROSSING))
def test_what_other_tiers_declare_has_to_fit(balancer: dict[str, Any], others: dict[str, Any], message: str) -> None:
    stack = dataclasses.replace(STACK, regions=("us-east-1", "eu-central-1"))
    described = with_balancer(**balancer)
    described["target_groups"].append({"name": "messages", "port": 2775, "protocol": "TCP"})
    with pytest.raises(InvalidOption) as refused:
        declarations_of({**others, "load_balancer": described}, stack)
    assert str(refused.value).startswith(message)


def test_a_bucket_that_takes_logs() -> None:
    logs = {"storage": {"buckets": [{"name": "logs", "allow": ["load_balancer_logs"]}]}}
    described = {**logs, "load_balancer": with_balancer(access_logs={"bucket": "logs"}, connection_logs={"bucket": "elsewhere"})}
    assert Key("load_balancer", "front") in {declaration.key for declaration in declarations_of(described, STACK)}


@pytest.mark.parametrize(
    ("url", "protocol", "host", "port", "path", "query"),
    [
        ("https://#{host}/#{path}?#{query}", "HTTPS", "#{host}", "443", "/#{path}", "#{query}"),
        ("https://#{host}", "HTTPS", "#{host}", "443", "/#{path}", "#{query}"),
        ("https://www.example.com:8443/new?from=#{host}", "HTTPS", "www.example.com", "8443", "/new", "from=#{host}"),
        ("#{protocol}://www.example.com", "#{protocol}", "www.example.com", "#{port}", "/#{path}", "#{query}"),
        ("http://#{host}:#{port}/moved", "HTTP", "#{host}", "#{port}", "/moved", "#{query}"),
    ],
)
def test_a_redirect_keeps_what_it_does_not_say(url: str, protocol: str, host: str, port: str, path: str, query: str) -> None:
    assert action(redirect=url) == {
        "Type": "redirect",
        "RedirectConfig": {
            "Protocol": protocol,
            "Host": host,
            "Port": port,
            "Path": path,
            "Query": query,
            "StatusCode": "HTTP_301",
        },
    }


def test_a_fixed_response() -> None:
    config = {"StatusCode": "404", "ContentType": "text/plain"}
    assert action(fixed_response={"status": 404}) == {"Type": "fixed-response", "FixedResponseConfig": config}
    page = action(fixed_response={"status": 503, "body": "<p>{{ later }}</p>", "content_type": "text/html"})
    assert page["FixedResponseConfig"] == {"StatusCode": "503", "ContentType": "text/html", "MessageBody": "<p>{{ later }}</p>"}


def test_weights() -> None:
    groups = [
        {"TargetGroupArn": Reference("target_group", name), "Weight": weight} for name, weight in (("app", 90), ("next", 10))
    ]
    shared = action(target_groups={"next": "10", "app": 90})
    assert shared == {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    sticky = action(target_groups={"next": 10, "app": 90}, stickiness=60)["ForwardConfig"]
    assert sticky["TargetGroupStickinessConfig"] == {"Enabled": True, "DurationSeconds": 60}
    assert action(target_groups={"app": 7}) == {"Type": "forward", "TargetGroupArn": Reference("target_group", "app")}


def test_https() -> None:
    listener = {"protocol": "HTTPS", "certificate": "web", "certificates": ["other"], "target_group": "app"}
    values = build(with_listener(**listener))[Key("listener", "front/80")].values
    assert values.certificate == Reference("certificate", "web", "arn")
    assert values.certificates == (Reference("certificate", "other", "arn"),)
    assert values.tls_policy == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    plain = build(with_listener(target_group="app"))[Key("listener", "front/80")].values
    assert (plain.certificate, plain.certificates, plain.tls_policy) == (None, None, None)


def test_rules() -> None:
    rule = {
        "name": "api",
        "priority": 10,
        "hosts": ["API.example.com"],
        "paths": ["/v2/*"],
        "methods": ["GET"],
        "headers": {"X-Beta": "yes"},
        "queries": ["version=2=b"],
        "target_group": "app",
    }
    declared = build(with_listener(target_group="app", rules=[rule, {**rule, "name": "in", "priority": 1, "queries": ["x"]}]))
    values = declared[Key("listener_rule", "front/80/api")].values
    assert (values.listener, values.priority) == (Reference("listener", "front/80"), 10)
    assert values.action == {"Type": "forward", "TargetGroupArn": Reference("target_group", "app")}
    assert values.conditions == (
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "version", "Value": "2=b"}]}},
    )
    other = declared[Key("listener_rule", "front/80/in")].values.conditions
    assert other[-1] == {"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "x"}]}}


def with_network(**options: Any) -> dict[str, Any]:
    described = copy.deepcopy(NETWORK)
    described["load_balancers"][0].update(options)
    return described


def tcp(balancer: dict[str, Any] | None = None, **listener: Any) -> dict[str, Any]:
    described = with_network(**(balancer or {}))
    described["load_balancers"][0]["listeners"][0].update(listener)
    return described


def smpp(**options: Any) -> dict[str, Any]:
    described = copy.deepcopy(NETWORK)
    described["target_groups"][0].update(options)
    return described


BALANCER, LISTENER, GROUP = "load_balancers[0]", "load_balancers[0].listeners[0]", "target_groups[0]"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "name in capitals": (changed(lambda o: o["load_balancers"][0].update(name="Front")), f"{BALANCER}.name"),
    "no security group": (with_balancer(security_groups=[]), f"{BALANCER}.security_groups"),
    "endless idling": (with_balancer(http={"idle_timeout": 4001}), f"{BALANCER}.http.idle_timeout"),
    "logs without a bucket": (with_balancer(access_logs={}), f"{BALANCER}.access_logs.bucket"),
    "logs under a slash": (with_balancer(access_logs={"bucket": "logs", "prefix": "/x"}), f"{BALANCER}.access_logs.prefix"),
    "fixed addresses for HTTP": (with_balancer(addresses={"eu-west-1a": "mail"}), f"{BALANCER}.addresses"),
    "private IPv4 inside": (
        with_balancer(scheme="internal", ip_address_type="dualstack-without-public-ipv4"),
        f"{BALANCER}.ip_address_type",
    ),
    "HTTP for a network": (with_network(http={}), f"{BALANCER}.http"),
    "connection logs of a network": (with_network(connection_logs={"bucket": "logs"}), f"{BALANCER}.connection_logs"),
    "public address without a name": (with_network(addresses={"eu-west-1a": "192.0.2.1"}), f"{BALANCER}.addresses.eu-west-1a"),
    "address that is none": (
        with_network(scheme="internal", addresses={"eu-west-1a": "10.0.0.256"}),
        f"{BALANCER}.addresses.eu-west-1a",
    ),
    "zone that is none": (with_network(addresses={"Dublin": "mail"}), f"{BALANCER}.addresses"),
    "HTTP on a network load balancer": (tcp(protocol="HTTP"), f"{LISTENER}.protocol"),
    "TCP on an application load balancer": (with_listener(protocol="TCP", target_group="app"), f"{LISTENER}.protocol"),
    "redirect of TCP": (tcp(target_group=None, redirect="https://#{host}"), f"{LISTENER}.redirect"),
    "rules of TCP": (tcp(rules=[{"name": "a"}]), f"{LISTENER}.rules"),
    "TLS without a certificate": (tcp(protocol="TLS"), f"{LISTENER}.certificate"),
    "UDP with IPv6": (tcp({"ip_address_type": "dualstack"}, protocol="UDP"), f"{LISTENER}.protocol"),
    "silent HTTP": (with_listener(idle_timeout=60, target_group="app"), f"{LISTENER}.idle_timeout"),
    "UDP to targets of TCP": (tcp(protocol="UDP"), f"{LISTENER}.target_group"),
    "HTTP to targets of gRPC": (with_target_group(protocol_version="GRPC"), f"{LISTENER}.target_group"),
    "one target group for two": (
        changed(lambda o: o["load_balancers"].append({**o["load_balancers"][0], "name": "second"})),
        "load_balancers[1].listeners[0]",
    ),
    "TCP's options for HTTP": (with_target_group(tcp={}), f"{GROUP}.tcp"),
    "check of TCP for HTTP": (with_target_group(health_check={"protocol": "TCP"}), f"{GROUP}.health_check.protocol"),
    "anomalies in turn": (with_target_group(anomaly_mitigation=True), f"{GROUP}.anomaly_mitigation"),
    "sticky by address for HTTP": (with_target_group(stickiness={"type": "source_ip"}), f"{GROUP}.stickiness.type"),
    "application's cookie without a name": (with_target_group(stickiness={"type": "app_cookie"}), f"{GROUP}.stickiness.cookie"),
    "cookie of AWS's": (with_target_group(stickiness={"cookie": "AWSALB"}), f"{GROUP}.stickiness.cookie"),
    "slow start of TCP": (smpp(slow_start=30), f"{GROUP}.slow_start"),
    "path of TCP": (smpp(health_check={"path": "/"}), f"{GROUP}.health_check.path"),
    "sticky within zones": (with_target_group(stickiness={}, cross_zone=False), f"{GROUP}.stickiness"),
    "cookie of TCP": (smpp(stickiness={"cookie": "session"}), f"{GROUP}.stickiness"),
    "sticky TLS": (smpp(protocol="TLS", stickiness={}), f"{GROUP}.stickiness"),
    "UDP without clients' addresses": (
        smpp(protocol="UDP", tcp={"preserve_client_ip": False}),
        f"{GROUP}.tcp.preserve_client_ip",
    ),
    "codes backwards": (with_target_group(health_check={"matcher": "299-200"}), f"{GROUP}.health_check.matcher"),
    "two load balancers of a name": (
        changed(lambda o: o["load_balancers"].append(o["load_balancers"][0])),
        "load_balancers[1].name",
    ),
    "two listeners of a port": (
        changed(lambda o: o["load_balancers"][0]["listeners"].append({"port": 80, "fixed_response": {"status": 404}})),
        "load_balancers[0].listeners[1].port",
    ),
    "listener without an action": (with_listener(), LISTENER),
    "listener with two actions": (with_listener(target_group="app", fixed_response={"status": 404}), LISTENER),
    "unknown target group": (with_listener(target_group="web"), f"{LISTENER}.target_group"),
    "response that redirects": (with_listener(fixed_response={"status": 301}), f"{LISTENER}.fixed_response.status"),
    "response without a status": (with_listener(fixed_response={}), f"{LISTENER}.fixed_response.status"),
    "stickiness to one group": (with_listener(target_group="app", stickiness=60), f"{LISTENER}.stickiness"),
    "unknown group of several": (with_listener(target_groups={"app": 1, "web": 1}), f"{LISTENER}.target_groups.web"),
    "weights of nothing": (with_listener(target_groups={"app": 0}), f"{LISTENER}.target_groups"),
    "weight below nothing": (with_listener(target_groups={"app": -1}), f"{LISTENER}.target_groups.app"),
    "six groups": (with_listener(target_groups={f"g{n}": 1 for n in range(6)}), f"{LISTENER}.target_groups"),
    "HTTPS without a certificate": (with_listener(protocol="HTTPS", target_group="app"), f"{LISTENER}.certificate"),
    "certificate without HTTPS": (with_listener(certificate="web", target_group="app"), f"{LISTENER}.certificate"),
    "certificate twice": (
        with_listener(protocol="HTTPS", certificate="web", certificates=["web"], target_group="app"),
        f"{LISTENER}.certificates",
    ),
    "policy of one's own": (
        with_listener(protocol="HTTPS", certificate="web", tls_policy="modern", target_group="app"),
        f"{LISTENER}.tls_policy",
    ),
    "rule without a condition": (with_rule(paths=[]), f"{LISTENER}.rules[1]"),
    "rule without an action": (with_rule(target_group=None), f"{LISTENER}.rules[1]"),
    "rule of the same name": (with_rule(name="a"), f"{LISTENER}.rules[1].name"),
    "rule of the same priority": (with_rule(priority=1), f"{LISTENER}.rules[1].priority"),
    "six values": (with_rule(paths=["/a", "/b", "/c"], methods=["GET", "PUT", "POST"]), f"{LISTENER}.rules[1]"),
    "six wildcards": (with_rule(paths=["/*/*/*", "/?/?/?"]), f"{LISTENER}.rules[1]"),
    "host without a dot": (with_rule(hosts=["localhost"]), f"{LISTENER}.rules[1].hosts[0]"),
    "host as a header": (with_rule(headers={"Host": "example.com"}), f"{LISTENER}.rules[1].headers"),
    "header without a value": (with_rule(headers={"X-Beta": []}), f"{LISTENER}.rules[1].headers.X-Beta"),
    "header that is true": (with_rule(headers={"X-Beta": True}), f"{LISTENER}.rules[1].headers.X-Beta"),
    "address without a prefix": (with_rule(source_ips=["192.0.2.1"]), f"{LISTENER}.rules[1].source_ips[0]"),
    "block with host bits": (with_rule(source_ips=["192.0.2.1/24"]), f"{LISTENER}.rules[1].source_ips[0]"),
    "redirect without an address": (with_listener(redirect="https"), f"{LISTENER}.redirect"),
    "redirect to itself": (with_listener(redirect="#{protocol}://#{host}/#{path}?x"), f"{LISTENER}.redirect"),
    "redirect for a while": (with_listener(redirect="https://#{host}", redirect_status=307), f"{LISTENER}.redirect_status"),
    "port 0": (with_listener(port=0, target_group="app"), f"{LISTENER}.port"),
    "relative path": (with_target_group(health_check={"path": "health"}), f"{GROUP}.health_check.path"),
    "hasty check": (with_target_group(health_check={"interval": 4}), f"{GROUP}.health_check.interval"),
    "check that overtakes itself": (with_target_group(health_check={"interval": 5}), f"{GROUP}.health_check.timeout"),
    "success by error": (with_target_group(health_check={"matcher": "500"}), f"{GROUP}.health_check.matcher"),
    "one success": (with_target_group(health_check={"healthy": 1}), f"{GROUP}.health_check.healthy"),
    "long farewell": (with_target_group(deregistration_delay=3601), f"{GROUP}.deregistration_delay"),
    "slow start that is none": (with_target_group(slow_start=10), f"{GROUP}.slow_start"),
    "slow start with another algorithm": (
        with_target_group(slow_start=30, algorithm="least_outstanding_requests"),
        f"{GROUP}.slow_start",
    ),
    "sticky for months": (with_target_group(stickiness={"duration": 604801}), f"{GROUP}.stickiness.duration"),
}


@pytest.mark.parametrize(("options", "where"), WRONG.values(), ids=list(WRONG))
def test_wrong_options_are_refused_with_their_path(options: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(options)
    assert refused.value.path == f"load_balancer.{where}"


def test_a_name_that_aws_reserves_is_refused() -> None:
    with pytest.raises(InvalidOption, match="internal-"):
        build(OPTIONS, Stack("internal-tools", "123456789012", "eu-west-1"))


@pytest.mark.parametrize("kind", [load_balancer.KIND, target_group.KIND], ids=lambda kind: kind.name)
def test_long_names_are_shortened_to_32_characters(kind: Any) -> None:
    long = Stack("a-stack-with-quite-a-long-name", "123456789012", "eu-west-1")
    first, second = (kind.aws_name(long, name, "-1a2b") for name in ("app-blue", "app-green"))
    assert len(first) <= 32 and len(second) <= 32 and first != second


def test_attributes_are_text_in_the_api_alone() -> None:
    attributes = {"deletion_protection.enabled": True, "idle_timeout.timeout_seconds": 60, "mode": "defensive"}
    as_text = _elbv2.attribute_list(attributes)
    assert {item["Key"]: item["Value"] for item in as_text} == {
        "deletion_protection.enabled": "true",
        "idle_timeout.timeout_seconds": "60",
        "mode": "defensive",
    }
    assert _elbv2.attributes(as_text) == attributes


class Vanishing(Exception):
    """An answer of the API about something that has gone."""

    response = {"Error": {"Code": "LoadBalancerNotFound"}}  # noqa: RUF012


class Busy:
    """A context in whose account others delete load balancers: asking for the tags of ``gone`` fails."""

    def client(self, _service: str) -> Busy:
        return self

    def each(self, function: Callable[[Any], Any], items: Any) -> list[Any]:
        return [function(item) for item in items]

    def describe_tags(self, ResourceArns: list[str]) -> dict[str, Any]:  # noqa: N803  the API's name
        if "gone" in ResourceArns:
            raise Vanishing
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": [{"Key": "of", "Value": arn}]} for arn in ResourceArns]}


def test_what_goes_while_it_is_looked_at_does_not_fail_the_survey() -> None:
    assert _elbv2.tags_by_arn(Busy(), ["first", "gone", "second"]) == {"first": {"of": "first"}, "second": {"of": "second"}}
