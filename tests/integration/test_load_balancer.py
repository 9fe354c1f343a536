# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers among certificates and records; rules that change places; rules and certificates that go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

STACK = Stack("demo", "123456789012", "eu-west-1")
TIERS = frozenset({"network", "dns", "certificate", "load_balancer"})
DESCRIBED: dict[str, Any] = {
    "network": {
        "vpc": {"name": "main", "cidr": "10.20.0.0/16", "zones": ["eu-west-1a", "eu-west-1b"]},
        "subnets": [{"name": "public", "public": True}],
        "security_groups": [{"name": "alb", "ingress": [{"port": 443, "from": "0.0.0.0/0"}]}],
    },
    "dns": {
        "zones": [{"name": "public", "domain": "example.com"}],
        "records": [{"zone": "public", "record": "www.example.com", "type": "A", "alias": {"load_balancer": "front"}}],
    },
    "certificate": {
        "certificates": [
            {"name": "web", "domain": "www.example.com", "zones": ["public"]},
            {"name": "shop", "domain": "shop.example.com", "zones": ["public"]},
        ]
    },
}
GROUPS = [{"name": "app", "port": 3000}, {"name": "next", "port": 3001}]
Clients = Callable[[str, str], Any]


def converge(clients: Clients, *listeners: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    front = {"name": "front", "subnets": "public", "security_groups": ["alb"], "listeners": list(listeners)}
    described = {**DESCRIBED, "load_balancer": {"load_balancers": [front], "target_groups": GROUPS}}
    return run(clients, STACK, declarations_of(described, STACK), **{"tiers": TIERS, **arguments})


def https(*rules: dict[str, Any], **listener: Any) -> dict[str, Any]:
    usual = {"port": 443, "protocol": "HTTPS", "certificate": "web", "target_group": "app"}
    return {**usual, **listener, "rules": list(rules)}


def rule(name: str, priority: int, **options: Any) -> dict[str, Any]:
    return {"name": name, "priority": priority, "paths": [f"/{name}/*"], "target_group": "next", **options}


def paths(elbv2: Any) -> list[tuple[str, str]]:
    """Return priority and path of the rules."""
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    return sorted(
        (raw["Priority"], raw["Conditions"][0]["PathPatternConfig"]["Values"][0]) for raw in rules if raw["Priority"] != "default"
    )


@pytest.fixture
def elbv2(clients: Clients) -> Any:
    return clients("elbv2", STACK.region)


def test_https_under_a_name_of_ones_own(clients: Clients, elbv2: Any) -> None:
    redirect = {"port": 80, "redirect": "https://#{host}/#{path}?#{query}"}
    converge(clients, redirect, https(certificates=["shop"]))
    assert actions(converge(clients, redirect, https(certificates=["shop"]))) == {}
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]
    route53 = clients("route53", STACK.region)
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (alias,) = (raw["AliasTarget"] for raw in records if raw["Name"] == "www.example.com." and "AliasTarget" in raw)
    assert alias["DNSName"].rstrip(".") == balancer["DNSName"]
    assert actions(converge(clients, redirect, https())) == {"listener/front/443": "update"}
    assert actions(converge(clients, redirect, https(), state="absent"))["load_balancer/front"] == "delete"


def test_an_external_certificate(clients: Clients) -> None:
    arn = clients("acm", STACK.region).request_certificate(DomainName="example.org", ValidationMethod="DNS")["CertificateArn"]
    theirs = (External("certificate", "theirs", {"domain": "example.org"}, "external[0]"),)
    converge(clients, https(certificate="theirs"), externals=theirs)
    assert actions(converge(clients, https(certificate="theirs"), externals=theirs)) == {}
    assert clients("acm", STACK.region).describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]


def test_rules_change_places_in_one_call(clients: Clients, elbv2: Any) -> None:
    converge(clients, https(rule("a", 10), rule("b", 20), rule("c", 30)))
    swapped = https(rule("a", 30), rule("b", 20), rule("c", 10))
    assert actions(converge(clients, swapped)) == {f"listener_rule/front/443/{name}": "update" for name in "ac"}
    assert paths(elbv2) == [("10", "/c/*"), ("20", "/b/*"), ("30", "/a/*")]
    assert actions(converge(clients, swapped)) == {}


def test_a_rule_takes_the_place_of_another(clients: Clients, elbv2: Any) -> None:
    converge(clients, https(rule("a", 10), rule("b", 20)))
    renamed = https(rule("new", 10), rule("a", 20))
    done = actions(converge(clients, renamed))
    assert done == {
        "listener_rule/front/443/new": "create",
        "listener_rule/front/443/a": "update",
        "listener_rule/front/443/b": "delete",
    }
    assert paths(elbv2) == [("10", "/new/*"), ("20", "/a/*")]
    assert actions(converge(clients, renamed)) == {}


def test_rules_that_others_have_made_are_removed(clients: Clients, elbv2: Any) -> None:
    converge(clients, https(rule("a", 10)))
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/theirs"]}}
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    elbv2.create_rule(ListenerArn=listener, Priority=5, Conditions=[condition], Actions=[action])
    assert sorted(actions(converge(clients, https(rule("a", 5)))).values()) == ["delete", "update"]
    assert paths(elbv2) == [("5", "/a/*")]


def test_a_listener_becomes_encrypted_where_it_is(clients: Clients, elbv2: Any) -> None:
    plain = {"port": 443, "target_group": "app", "rules": [rule("a", 10)]}
    converge(clients, plain)
    assert actions(converge(clients, https(rule("a", 10), certificates=["shop"]))) == {"listener/front/443": "update"}
    assert actions(converge(clients, https(rule("a", 10), certificates=["shop"]))) == {}
    assert actions(converge(clients, plain)) == {"listener/front/443": "update"}
    assert actions(converge(clients, plain)) == {}
