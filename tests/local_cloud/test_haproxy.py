# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners, rules and target groups become a proxy's configuration."""

import re
from dataclasses import replace
from typing import Any

import pytest

from local_cloud.reconcile import haproxy, haproxy_backends
from local_cloud.reconcile.desired import (
    Action,
    Balancer,
    Condition,
    Encryption,
    Firewall,
    Forwarding,
    HealthCheck,
    Listener,
    ListenerRule,
    Stickiness,
    Target,
    TargetGroup,
)
from local_cloud.reconcile.haproxy_rules import wildcard

GROUP = TargetGroup(
    arn="arn:app",
    name="app",
    protocol="HTTP",
    version="HTTP1",
    algorithm="round_robin",
    slow_start=0,
    proxy_protocol=False,
    stickiness=None,
    check=HealthCheck("HTTP", None, "/health", "200-299", 10, 5, 2, 3),
    targets=(Target("i-1", "10.0.0.4", 3000), Target("i-2", "10.0.0.5", 3000)),
)
BALANCER = Balancer(
    arn="arn:lb",
    name="web",
    application=True,
    vpc="vpc-1",
    address="10.0.0.6",
    dns_name="web.example.com",
    public=True,
    idle_timeout=60,
    forwarding=Forwarding(),
    listeners=(),
    groups=(GROUP,),
    firewall=Firewall((), ()),
)
RULE_0 = "{ var(txn.rule) -m int 0 }"


def lines_of(balancer: Balancer, **more: Any) -> list[str]:
    return [line.strip() for line in haproxy.render(balancer, more.pop("published", {}), **more).splitlines()]


def configuration(*rules: ListenerRule, group: TargetGroup = GROUP, **more: Any) -> list[str]:
    return lines_of(replace(BALANCER, listeners=(Listener(80, "HTTP", rules),), groups=(group,)), **more)


def forward(*groups: tuple[str, int], sticky: int = 0) -> Action:
    return Action("forward", groups=groups, sticky_seconds=sticky)


def test_a_target_group_is_checked_as_declared() -> None:
    lines = configuration(ListenerRule((), forward(("app", 1))))
    assert 'http-check send meth GET uri "/health" ver HTTP/1.1 hdr Host app hdr User-Agent ELB-HealthChecker/2.0' in lines
    assert "http-check expect status 200-299" in lines
    server = haproxy_backends.checked(GROUP, GROUP.targets[0])
    assert server.startswith("i-1:3000 10.0.0.4:3000 check inter 10s ")
    assert "rise 2 fall 3" in server


def test_a_check_may_be_of_tcp_and_on_another_port() -> None:
    group = replace(GROUP, check=replace(GROUP.check, protocol="TCP", port=9000))
    assert "option httpchk" not in configuration(ListenerRule((), forward(("app", 1))), group=group)
    assert " port 9000" in haproxy_backends.checked(group, GROUP.targets[0])


def test_a_reload_keeps_what_is_known_and_adds_only_spares() -> None:
    servers = [line for line in configuration(known={"app": frozenset({"i-1:3000"})}) if line.startswith("server ")]
    assert [server.split()[1] for server in servers] == ["i-1:3000", "i-1:3000_spare", "i-2:3000_spare"]
    assert not [line for line in configuration() if line.startswith("server ")]


def test_rules_are_asked_in_order_of_priority() -> None:
    condition = Condition("path-pattern", ("/tea/*", "/t?"))
    tea = ListenerRule((condition,), Action("fixed-response", settings=(("StatusCode", "418"),)))
    lines = configuration(tea, ListenerRule((), forward(("app", 1))))
    assert r"acl rule0-0 path -m reg '^/tea/.*$' '^/t.$'" in lines
    assert [line for line in lines if "set-var(txn.rule)" in line] == [
        "http-request set-var(txn.rule) int(0) if !{ var(txn.rule) -m found } rule0-0",
        "http-request set-var(txn.rule) int(1) if !{ var(txn.rule) -m found }",
    ]


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = ListenerRule((Condition("path-pattern", ("/a",)), Condition("host-header", ("A.example.com",))), forward(("app", 1)))
    assert any(line.endswith("rule0-0 rule0-1") for line in configuration(rule))


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (Condition("host-header", ("*.Example.com",)), r"hdr(host),field(1,:) -m reg -i '^.*\.Example\.com$'"),
        (Condition("host-header", expressions=("^a[0-9]+$",)), "hdr(host),field(1,:) -m reg -i '^a[0-9]+$'"),
        (Condition("http-header", ("*it's*",), header="X-Kind"), r"'req.fhdr(X-Kind)' -m reg -i '^.*it\x27s.*$'"),
        (Condition("http-request-method", ("GET", "PURGE")), "method -m str GET PURGE"),
        (Condition("query-string", pairs=(("v", "1*"),)), "query -m reg -i '(^|&)v=1[^&]*(&|$)'"),
        (Condition("query-string", pairs=(("", "b?"),)), "query -m reg -i '(^|&)([^&=]*=)?b[^&](&|$)'"),
        (Condition("source-ip", ("10.0.0.0/8", "192.0.2.1/32")), "src 10.0.0.0/8 192.0.2.1/32"),
    ],
)
def test_conditions_follow_aws(condition: Condition, line: str) -> None:
    assert f"acl rule0-0 {line}" in configuration(ListenerRule((condition,), forward(("app", 1))))


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        ("/img/*", "/img/a/b.png", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a.c", "/abc", False),
        (r"what\?", "what?", True),
        (r"what\?", "whats", False),
        (r"\*", "*", True),
    ],
)
def test_wildcards_stand_for_any_characters(value: str, text: str, matches: bool) -> None:
    assert bool(re.fullmatch(wildcard(value), text)) == matches


def test_weights_share_the_requests() -> None:
    lines = [line for line in configuration(ListenerRule((), forward(("a", 1), ("b", 0), ("c", 3)))) if "str(" in line]
    undecided = "!{ var(txn.group) -m found }"
    assert lines == [
        f"http-request set-var(txn.group) str(a) if {RULE_0} {undecided} {{ rand(4) -m int lt 1 }}",
        f"http-request set-var(txn.group) str(c) if {RULE_0} {undecided}",
    ]


def test_clients_stay_with_a_group_also_of_weight_zero() -> None:
    lines = configuration(ListenerRule((), forward(("a", 1), ("b", 0), sticky=60)))
    assert f"http-request set-var(txn.group) req.cook(AWSALBTG) if {RULE_0} {{ req.cook(AWSALBTG) -m str a b }}" in lines
    assert any("Set-Cookie" in line and "AWSALBTGCORS=" in line and "SameSite=None; Secure" in line for line in lines)


def test_redirects_know_both_sides_of_a_published_port() -> None:
    settings = {"Protocol": "HTTPS", "Host": "#{host}", "Port": "443", "Path": "/#{path}", "Query": "#{query}"}
    action = Action("redirect", settings=(*settings.items(), ("StatusCode", "HTTP_301")))
    redirects = [
        line for line in configuration(ListenerRule((), action), published={80: 20080, 443: 20443}) if "redirect" in line
    ]
    location = "https://%[hdr(host),field(1,:)]:{}%[path]%[var(txn.query)]"
    assert redirects == [
        f'http-request redirect code 301 location "{location.format(20443)}" if {RULE_0} {{ hdr(host),field(2,:) -m str 20080 }}',
        f'http-request redirect code 301 location "{location.format(443)}" if {RULE_0}',
    ]


@pytest.mark.parametrize(
    ("stickiness", "line"),
    [
        (Stickiness("lb_cookie", 60), "use-server %[req.cook(AWSALB)] if { req.cook(AWSALB) -m found }"),
        (
            Stickiness("app_cookie", 60, "SESSION"),
            "use-server %[req.cook(AWSALBAPP-0)] if { req.cook(AWSALBAPP-0) -m found } { 'req.cook(SESSION)' -m found }",
        ),
    ],
)
def test_clients_stay_with_a_target(stickiness: Stickiness, line: str) -> None:
    assert line in configuration(group=replace(GROUP, stickiness=stickiness))


def test_algorithms_have_their_counterparts() -> None:
    assert "balance leastconn" in configuration(group=replace(GROUP, algorithm="least_outstanding_requests"))
    assert "slowstart 30s" in haproxy_backends.checked(replace(GROUP, slow_start=30), GROUP.targets[0])


def test_a_security_policy_says_what_is_accepted() -> None:
    encryption = Encryption((), ("TLSv1.2", "TLSv1.3"), ("TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-SHA256"), ("h2", "http/1.1"))
    listener = Listener(443, "HTTPS", (ListenerRule((), forward(("app", 1))),), encryption)
    lines = lines_of(replace(BALANCER, listeners=(listener,)))
    assert (
        "bind *:443 ssl crt-list /etc/haproxy/certificates-443 ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3"
        " ciphersuites TLS_AES_128_GCM_SHA256 ciphers ECDHE-RSA-AES128-SHA256 alpn h2,http/1.1"
    ) in lines
    assert "http-request set-header X-Forwarded-Proto https" in lines


def test_a_network_load_balancer_passes_connections_on() -> None:
    group = replace(GROUP, protocol="TCP", proxy_protocol=True, stickiness=Stickiness("source_ip", 0))
    listener = Listener(587, "TCP", (ListenerRule((), forward(("app", 1))),))
    lines = lines_of(replace(BALANCER, application=False, listeners=(listener,), groups=(group,)))
    assert "mode tcp" in lines
    assert "use_backend app" in lines
    assert "balance source" in lines
    assert not [line for line in lines if line.startswith("http-request")]
    assert haproxy_backends.spare(group, GROUP.targets[0]).endswith("send-proxy-v2")
