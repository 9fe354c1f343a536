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


def test_commands_verify_the_certificate() -> None:
    plain, encrypted = Entrance("http", 20080), Entrance("https", 20443, "example.com")
    assert plain.curl("/", Path("ca.pem")) == "curl http://127.0.0.1:20080/"
    assert encrypted.curl("/a", Path("ca.pem")) == (
        "curl --cacert ca.pem --resolve example.com:20443:127.0.0.1 https://example.com:20443/a"
    )
    assert encrypted.url == "https://127.0.0.1:20443"
