# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a demo says about the way in."""

from pathlib import Path

from local_cloud.emulator import Emulator
from local_cloud.entrances import Entrance, find
from tests.local_cloud.scenarios.acm import requested
from tests.local_cloud.scenarios.common import balancer


def test_listeners_are_found_with_the_names_of_their_certificates(emulator: Emulator) -> None:
    elbv2, arn = emulator.client("elbv2"), balancer(emulator.client)["LoadBalancerArn"]
    _, certificate = requested(emulator.client)
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}]
    encrypted = {"Certificates": [{"CertificateArn": certificate}]}
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTPS", Port=443, DefaultActions=answer, **encrypted)
    for port in (80, 8080):
        elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=answer)
    found = find(emulator.client, {"front": {"80": 20080, "443": 20443, "8404": 1}})
    assert found == [Entrance("http", 20080), Entrance("https", 20443, "example.com")]


def test_each_host_that_a_rule_knows_is_a_site(emulator: Emulator) -> None:
    elbv2, front = emulator.client("elbv2"), balancer(emulator.client)
    _, certificate = requested(emulator.client)
    (group,) = elbv2.create_target_group(Name="api", Protocol="HTTP", Port=80, VpcId=front["VpcId"], HealthCheckPath="/health")[
        "TargetGroups"
    ]
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=front["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        DefaultActions=refuse,
        Certificates=[{"CertificateArn": certificate}],
    )["Listeners"]
    hosts = {"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com", "*.example.com"]}}
    other = {"Field": "host-header", "HostHeaderConfig": {"Values": ["old.example.com"]}}
    paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/beta"]}}
    rules = [([hosts], forward), ([other, paths], forward), ([other], refuse)]
    for priority, (conditions, actions) in enumerate(rules, start=1):
        elbv2.create_rule(ListenerArn=listener["ListenerArn"], Priority=priority, Conditions=conditions, Actions=actions)
    api = Entrance("https", 20443, "api.example.com", "/health")
    assert find(emulator.client, {"front": {"443": 20443}}) == [api]
    elbv2.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=forward)
    assert find(emulator.client, {"front": {"443": 20443}}) == [api, Entrance("https", 20443, "example.com", "/health")]


def test_commands_verify_the_certificate() -> None:
    plain, encrypted = Entrance("http", 20080), Entrance("https", 20443, "example.com", "/a")
    assert plain.curl(Path("ca.pem")) == "curl http://127.0.0.1:20080/"
    assert encrypted.curl(Path("ca.pem")) == (
        "curl --cacert ca.pem --resolve example.com:20443:127.0.0.1 https://example.com:20443/a"
    )
    assert encrypted.url == "https://127.0.0.1:20443"
