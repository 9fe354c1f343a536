# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners, rules and target groups become a proxy's configuration; its statistics become health."""

import pytest

from local_cloud.reconcile import haproxy
from local_cloud.reconcile.desired import Action, Balancer, Firewall, Listener, ListenerRule, Target, TargetGroup
from local_cloud.reconcile.health import FAILING, HEALTHY, INITIAL, read_statistics

GROUP = TargetGroup(
    arn="arn:app",
    name="app",
    check_path="/health",
    check_port=None,
    check_codes="200-299",
    interval=10,
    timeout=5,
    healthy=2,
    unhealthy=3,
    targets=(Target("i-1", "10.0.0.4", 3000), Target("i-2", "10.0.0.5", 3000)),
)


def configuration(*rules: ListenerRule, groups: tuple[TargetGroup, ...] = (GROUP,)) -> list[str]:
    balancer = Balancer(
        arn="arn:lb",
        name="web",
        vpc="vpc-1",
        address="10.0.0.6",
        dns_name="web.example.com",
        public=True,
        idle_timeout=60,
        listeners=(Listener(80, rules),),
        groups=groups,
        firewall=Firewall((), ()),
    )
    return [line.strip() for line in haproxy.render(balancer).splitlines()]


def forward(*groups: tuple[str, int]) -> Action:
    return Action("forward", groups=groups)


def test_a_target_group_is_checked_as_declared() -> None:
    lines = configuration(ListenerRule((), forward(("app", 1))))
    assert "http-check send meth GET uri /health ver HTTP/1.1 hdr Host app hdr User-Agent ELB-HealthChecker/2.0" in lines
    assert "http-check expect status 200-299" in lines
    assert any("inter 10s" in line and "rise 2 fall 3" in line for line in lines)
    assert "server i-1 10.0.0.4:3000" in lines


def test_rules_are_asked_in_order_of_priority() -> None:
    tea = ListenerRule((("path-pattern", ("/tea/*", "/t?")),), Action("fixed-response", settings=(("StatusCode", "418"),)))
    lines = configuration(tea, ListenerRule((), forward(("app", 1))))
    assert r"acl rule0-0 path -m reg '^/tea/.*$' '^/t.$'" in lines
    chosen = [line for line in lines if "set-var" in line]
    assert chosen == [
        "http-request set-var(txn.rule) int(0) if !{ var(txn.rule) -m found } rule0-0",
        "http-request set-var(txn.rule) int(1) if !{ var(txn.rule) -m found }",
    ]


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = ListenerRule((("path-pattern", ("/a",)), ("host-header", ("A.example.com",))), forward(("app", 1)))
    lines = configuration(rule)
    assert any(line.endswith("rule0-0 rule0-1") for line in lines)
    assert r"acl rule0-1 hdr(host),field(1,:),lower -m reg '^a\.example\.com$'" in lines


def test_unknown_conditions_never_hold() -> None:
    assert "acl rule0-0 always_false" in configuration(ListenerRule((("source-ip", ()),), forward(("app", 1))))


def test_weights_share_the_requests() -> None:
    lines = [line for line in configuration(ListenerRule((), forward(("a", 1), ("b", 0), ("c", 3)))) if "use_backend" in line]
    assert lines == [
        "use_backend a if { var(txn.rule) -m int 0 } { rand(4) -m int lt 1 }",
        "use_backend c if { var(txn.rule) -m int 0 }",
    ]


def test_redirects_keep_what_they_do_not_name() -> None:
    settings = (("Host", "#{host}"), ("Path", "/#{path}"), ("Port", "443"), ("Protocol", "HTTPS"), ("StatusCode", "HTTP_301"))
    lines = configuration(ListenerRule((), Action("redirect", settings=settings)))
    location = "https://%[hdr(host),field(1,:)]:443%[path]?%[query]"
    assert f'http-request redirect code 301 location "{location}" if {{ var(txn.rule) -m int 0 }}' in lines


@pytest.mark.parametrize(
    ("status", "check", "seen"),
    [
        ("UP", "L7OK", HEALTHY),
        ("UP", "* L7OK", HEALTHY),
        ("UP", "INI", INITIAL),
        ("UP 1/3", "L4CON", INITIAL),
        ("DOWN", "L7STS", FAILING),
        ("DOWN 1/2", "L7OK", FAILING),
    ],
)
def test_statistics_become_health(status: str, check: str, seen: tuple[str, str | None, str | None]) -> None:
    text = f"# pxname,svname,status,check_status,\napp,i-1,{status},{check},\napp,BACKEND,UP,,\nlistener-80,FRONTEND,OPEN,,\n"
    assert read_statistics(text) == [("app", "i-1", seen)]
