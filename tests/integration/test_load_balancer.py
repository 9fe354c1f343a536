# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers among certificates and records; rules that change places; rules and certificates that go."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
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


def test_logs_go_to_a_bucket_of_the_same_run(clients: Clients, elbv2: Any) -> None:
    logs = {"access_logs": {"bucket": "logs"}, "connection_logs": {"bucket": "logs", "prefix": "connections"}}
    front = {"name": "front", "subnets": "public", "security_groups": ["alb"], **logs}
    described = {
        **DESCRIBED,
        "dns": {},
        "certificate": {},
        "storage": {"buckets": [{"name": "logs", "allow": ["load_balancer_logs"]}]},
        "load_balancer": {"load_balancers": [front]},
    }
    tiers = TIERS | {"storage"}
    run(clients, STACK, declarations_of(described, STACK), tiers=tiers)
    assert actions(run(clients, STACK, declarations_of(described, STACK), tiers=tiers)) == {}
    arn = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    attributes = {a["Key"]: a["Value"] for a in elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]}
    assert (attributes["access_logs.s3.enabled"], attributes["access_logs.s3.prefix"]) == ("true", "front")
    assert (attributes["connection_logs.s3.enabled"], attributes["connection_logs.s3.prefix"]) == ("true", "connections")
    silent = {**described, "load_balancer": {"load_balancers": [{**front, "access_logs": None}]}}
    assert actions(run(clients, STACK, declarations_of(silent, STACK), tiers=tiers)) == {"load_balancer/front": "update"}
    assert actions(run(clients, STACK, declarations_of(silent, STACK), tiers=tiers)) == {}


def test_mail_and_messages(clients: Clients, elbv2: Any) -> None:
    groups = [
        {"name": "submission", "port": 587, "protocol": "TCP", "tcp": {"proxy_protocol": True}},
        {"name": "submissions", "port": 465, "protocol": "TCP", "health_check": {"interval": 5, "timeout": 5}},
        {"name": "smpp", "port": 2775, "protocol": "TCP", "stickiness": {}},
    ]
    listeners = [
        {"port": 587, "protocol": "TCP", "target_group": "submission"},
        {"port": 465, "protocol": "TLS", "certificate": "web", "certificates": ["shop"], "target_group": "submissions"},
        {"port": 2775, "protocol": "TCP", "idle_timeout": 3600, "target_group": "smpp"},
    ]
    mail = {"name": "mail", "type": "network", "subnets": "public", "listeners": listeners}
    described = {**DESCRIBED, "dns": {**DESCRIBED["dns"], "records": []}}
    tier = {"load_balancers": [{**mail, "security_groups": ["alb"]}], "target_groups": groups}
    run(clients, STACK, declarations_of({**described, "load_balancer": tier}, STACK), tiers=TIERS)
    assert actions(run(clients, STACK, declarations_of({**described, "load_balancer": tier}, STACK), tiers=TIERS)) == {}
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]
    assert (balancer["Type"], len(balancer["AvailabilityZones"])) == ("network", 2)
    raw = {item["Port"]: item for item in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]}
    assert {port: item["Protocol"] for port, item in raw.items()} == {587: "TCP", 465: "TLS", 2775: "TCP"}
    assert raw[465]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    with pytest.raises(Refused, match="security_groups are given to a network load balancer when it is made, or never"):
        open_to_all = {"load_balancers": [mail], "target_groups": groups}
        run(clients, STACK, declarations_of({**described, "load_balancer": open_to_all}, STACK), tiers=TIERS)


def blocks() -> list[dict[str, Any]]:
    """Return what the page shows."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "load-balancing.md").read_text()
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


def settles(clients: Clients, described: dict[str, Any]) -> bool:
    tiers = TIERS | {"storage"}
    run(clients, STACK, declarations_of(described, STACK), tiers=tiers)
    return actions(run(clients, STACK, declarations_of(described, STACK), tiers=tiers)) == {}


def test_what_the_page_shows(clients: Clients) -> None:
    website, rules, _mail = blocks()
    shown = {name.removeprefix("terrace_"): options for name, options in website.items()}
    described = {"network": DESCRIBED["network"], **shown}
    assert settles(clients, described)
    tier = described["load_balancer"]
    listener = {**tier["load_balancers"][0]["listeners"][1], **rules}
    trial = {**tier["load_balancers"][0], "listeners": [listener]}
    groups = [*tier["target_groups"], {"name": "green", "port": 3001}]
    assert settles(clients, {**described, "load_balancer": {"load_balancers": [trial], "target_groups": groups}})


def test_what_the_page_shows_for_mail(clients: Clients) -> None:
    *_others, mail = blocks()
    network = {**DESCRIBED["network"], "security_groups": [{"name": "mail", "ingress": [{"port": 587, "from": "0.0.0.0/0"}]}]}
    certificates = {"certificates": [{"name": "mail", "domain": "mail.example.com", "zones": ["public"]}]}
    dns = {"zones": DESCRIBED["dns"]["zones"]}
    assert settles(clients, {"network": network, "dns": dns, "certificate": certificates, "load_balancer": mail})


def test_fixed_addresses(clients: Clients, elbv2: Any) -> None:
    mail = {"name": "mail", "type": "network", "subnets": "public", "security_groups": ["alb"], "listeners": []}
    described = {"network": DESCRIBED["network"], "dns": {"zones": DESCRIBED["dns"]["zones"]}}

    def balanced(**addresses: str) -> dict[str, Any]:
        zones = {f"eu-west-1{letter}": name for letter, name in addresses.items()}
        return {**described, "load_balancer": {"load_balancers": [{**mail, "addresses": zones}]}}

    assert settles(clients, balanced(a="mail-a"))
    assert settles(clients, balanced(a="mail-a", b="mail-b"))
    zones = elbv2.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
    addresses = clients("ec2", STACK.region).describe_addresses()["Addresses"]
    assert {z["LoadBalancerAddresses"][0]["AllocationId"] for z in zones} == {raw["AllocationId"] for raw in addresses}
    with pytest.raises(Refused, match="addresses cannot be changed where there are some already"):
        settles(clients, balanced(a="mail-b", b="mail-a"))
    run(clients, STACK, declarations_of(balanced(a="mail-a"), STACK), tiers=TIERS, state="absent")
    assert clients("ec2", STACK.region).describe_addresses()["Addresses"] == []


def test_ipv6(clients: Clients, elbv2: Any) -> None:
    network = {**DESCRIBED["network"], "vpc": {**DESCRIBED["network"]["vpc"], "ipv6": True}}
    front = {"name": "front", "subnets": "public", "security_groups": ["alb"]}

    def balanced(kind: str) -> dict[str, Any]:
        return {"network": network, "load_balancer": {"load_balancers": [{**front, "ip_address_type": kind}]}}

    assert settles(clients, balanced("dualstack"))
    assert settles(clients, balanced("ipv4"))
    assert settles(clients, balanced("dualstack-without-public-ipv4"))
    assert elbv2.describe_load_balancers()["LoadBalancers"][0]["IpAddressType"] == "dualstack-without-public-ipv4"


def test_a_target_group_is_replaced_under_its_users(clients: Clients, elbv2: Any) -> None:
    listener = https(rule("a", 10), target_group=None, target_groups={"app": 90, "next": 10})
    front = {"name": "front", "subnets": "public", "security_groups": ["alb"], "listeners": [listener]}

    def balanced(port: int) -> dict[str, Any]:
        groups = [GROUPS[0], {"name": "next", "port": port}]
        return {**DESCRIBED, "load_balancer": {"load_balancers": [front], "target_groups": groups}}

    run(clients, STACK, declarations_of(balanced(3001), STACK), tiers=TIERS)
    allowed = {"allow_replacement": ("target_group/next",)}
    done = run(clients, STACK, declarations_of(balanced(4001), STACK), tiers=TIERS, **allowed)
    assert actions(done) == {
        "target_group/next": "replace",
        "listener/front/443": "update",
        "listener_rule/front/443/a": "update",
    }
    assert sorted(raw["Port"] for raw in elbv2.describe_target_groups()["TargetGroups"]) == [3000, 4001]
    assert settles(clients, balanced(4001))
