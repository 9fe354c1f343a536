# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of ACM."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import network, refused


def requested(connect: Connect, **more: Any) -> tuple[Any, str]:
    acm = connect("acm")
    return acm, acm.request_certificate(DomainName="example.com", ValidationMethod="DNS", **more)["CertificateArn"]


@scenario
def certificate_changes_its_options(connect: Connect) -> None:
    acm, arn = requested(connect)
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    acm.update_certificate_options(CertificateArn=arn, Options=options)
    answer = acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"]
    assert answer["CertificateTransparencyLoggingPreference"] == "DISABLED"


@scenario
def certificate_has_the_key_that_was_asked_for(connect: Connect) -> None:
    acm, arn = requested(connect, KeyAlgorithm="EC_prime256v1")
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["KeyAlgorithm"] == "EC_prime256v1"


@scenario
def certificate_with_another_key_is_listed_when_asked_for(connect: Connect) -> None:
    acm, arn = requested(connect, KeyAlgorithm="EC_prime256v1")
    assert acm.list_certificates()["CertificateSummaryList"] == []
    listed = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    assert [item["CertificateArn"] for item in listed] == [arn]


@scenario
def certificate_in_use_stays(connect: Connect) -> None:
    acm, arn = requested(connect)
    elbv2, (_vpc, subnets) = connect("elbv2"), network(connect)
    balancer = elbv2.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": arn}], DefaultActions=[action]
    )["Listeners"][0]["ListenerArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [balancer]
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
    elbv2.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)
