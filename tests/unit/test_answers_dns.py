# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Route 53 and ACM answer to what was declared differs in form, and is no difference."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import FAILED, PENDING, READY, Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import (
    _route53,
    certificate,
    dns_record,
    health_check,
    hosted_zone,
)
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import Answers

STACK = Stack("demo", "123456789012", "eu-west-1")
ZONE, ARN = "Z0123456789ABCDEFGHIJ", "arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd"
BALANCER = "web-1234.eu-west-1.elb.amazonaws.com"
KNOWN = {"id": ZONE, "domain": "example.com", "dns_name": "Web-1234.eu-west-1.elb.amazonaws.com", "zone_id": "Z32O12XQLNTSW2"}
RECORD: dict[str, Any] = {"zone": "public", "record": "www.example.com", "type": "A", "values": ["192.0.2.1"]}
RAW: dict[str, Any] = {
    "Name": "www.example.com.",
    "Type": "A",
    "TTL": 300,
    "ResourceRecords": [{"Value": "192.0.2.1"}],
}
TARGET = {"HostedZoneId": "Z32O12XQLNTSW2", "DNSName": f"{BALANCER}.", "EvaluateTargetHealth": True}
# (what differs from the declared record, the answer to it)
RECORDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, RAW),
    ({"record": "WWW.Example.com"}, RAW),
    ({"record": "*.example.com"}, {**RAW, "Name": "\\052.example.com."}),
    ({"values": ["192.0.2.2", "192.0.2.1"]}, {**RAW, "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}]}),
    (
        {"values": [], "alias": {"load_balancer": "web"}},
        {"Name": "www.example.com.", "Type": "A", "ResourceRecords": [], "AliasTarget": TARGET},
    ),
    ({"type": "TXT", "values": ["v=spf1 -all"]}, {**RAW, "Type": "TXT", "ResourceRecords": [{"Value": '"v=spf1 -all"'}]}),
    ({"set_identifier": "a", "weight": 0}, {**RAW, "SetIdentifier": "a", "Weight": 0}),
    ({"set_identifier": "a", "failover": "PRIMARY"}, {**RAW, "SetIdentifier": "a", "Failover": "PRIMARY"}),
    ({"set_identifier": "a", "latency_region": "eu-west-1"}, {**RAW, "SetIdentifier": "a", "Region": "eu-west-1"}),
    ({"set_identifier": "a", "multivalue": True}, {**RAW, "SetIdentifier": "a", "MultiValueAnswer": True}),
]
CERTIFICATE = {"name": "web", "domain": "Example.com", "alternative_names": ["*.example.com"], "zones": ["public"]}
PROOF = {"Name": "_x1.example.com.", "Type": "CNAME", "Value": "_x2.acm-validations.aws."}
DESCRIBED: dict[str, Any] = {
    "CertificateArn": ARN,
    "DomainName": "example.com",
    "SubjectAlternativeNames": ["*.example.com", "example.com"],
    "DomainValidationOptions": [{"DomainName": name, "ResourceRecord": PROOF} for name in ("example.com", "*.example.com")],
    "Status": "ISSUED",
    "KeyAlgorithm": "RSA-2048",
    "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
    "InUseBy": [],
}


def declared(**tiers: Any) -> Declaration:
    """Return the only declaration, its references followed."""
    (found,) = declarations_of(tiers, STACK)
    resolved = transform(found.values, lambda leaf: KNOWN[leaf.attribute] if isinstance(leaf, Reference) else leaf)
    return dataclasses.replace(found, values=resolved)


def context(prepared: dict[str, Any], declaration: Declaration, *found: Found) -> Context:
    answers = Answers(prepared)
    client = SimpleNamespace(
        meta=SimpleNamespace(partition="aws"),
        get_paginator=answers.get_paginator,
        **{operation: getattr(answers, operation) for operation in prepared},
    )
    return Context(
        stack=STACK,
        region=STACK.region,
        client=lambda _service: client,
        declared=lambda _kind: (declaration,),
        found=lambda _kind: found,
        each=lambda function, items: [function(item) for item in items],
        tags_by_arn=dict,
        note=lambda _text: None,
    )


def tagged(declaration: Declaration) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in declaration.all_tags(STACK).items()]


@pytest.mark.parametrize(("options", "raw"), RECORDS)
def test_records(options: dict[str, Any], raw: dict[str, Any]) -> None:
    declaration = declared(dns={"records": [{**RECORD, **options}]})
    values = declaration.values
    mark = _route53.mark("example.com", values.record, values.type, values.set_identifier, declaration.identity_tags(STACK))
    apex = [{"Name": "example.com.", "Type": type_, "TTL": 900, "ResourceRecords": []} for type_ in ("NS", "SOA")]
    zone = Found(ZONE, hosted_zone.HostedZone(domain="example.com", private=False))
    listed = {"list_resource_record_sets": {"ResourceRecordSets": [*apex, raw, {**mark, "Name": f"{mark['Name']}."}]}}
    (found,) = dns_record.list_records(context(listed, declaration, zone))
    assert compare(found.values, values) == ()
    assert found.id == values.name
    assert found.belongs_to(STACK, "dns_record")
    assert found.logical_name == declaration.name


def test_a_record_without_a_mark_is_nobodys() -> None:
    declaration = declared(dns={"records": [RECORD]})
    zone = Found(ZONE, hosted_zone.HostedZone(domain="example.com", private=False))
    (found,) = dns_record.list_records(context({"list_resource_record_sets": {"ResourceRecordSets": [RAW]}}, declaration, zone))
    assert found.tags == {}


@pytest.mark.parametrize(
    ("tags", "guarded"),
    [(True, False), (False, False)],
    ids=["tagged", "known by its reference"],
)
def test_zones(tags: bool, guarded: bool) -> None:
    declaration = declared(dns={"zones": [{"name": "public", "domain": "Example.com"}]})
    raw = {
        "Id": f"/hostedzone/{ZONE}",
        "Name": "example.com.",
        "CallerReference": _route53.reference_of(STACK, "hosted_zone", "public") + "0" * 32,
        "Config": {"PrivateZone": False},
        "ResourceRecordSetCount": 2,
    }
    prepared = {
        "list_hosted_zones": {"HostedZones": [raw]},
        "list_tags_for_resources": {"ResourceTagSets": [{"ResourceId": ZONE, "Tags": tagged(declaration) if tags else []}]},
        "get_hosted_zone": {"HostedZone": raw, "DelegationSet": {"NameServers": ["ns-1.awsdns-1.com"]}},
    }
    (found,) = hosted_zone.list_zones(context(prepared, declaration))
    assert compare(found.values, declaration.values) == ()
    assert found.belongs_to(STACK, "hosted_zone")
    assert bool(hosted_zone.guard(found)) is guarded
    assert found.attributes["name_servers"] == ("ns-1.awsdns-1.com",)


def test_health_checks() -> None:
    declaration = declared(dns={"health_checks": [{"name": "web", "domain": "www.example.com"}]})
    # What is off may be left out, and the regions come in another order.
    config = {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "www.example.com",
        "Port": 443,
        "ResourcePath": "/",
        "RequestInterval": 30,
        "FailureThreshold": 3,
        "EnableSNI": True,
        "Regions": sorted(declaration.values.regions),
    }
    raw = {"Id": "0a1b", "CallerReference": "x", "HealthCheckConfig": config, "HealthCheckVersion": 1}
    prepared = {
        "list_health_checks": {"HealthChecks": [raw]},
        "list_tags_for_resources": {"ResourceTagSets": [{"ResourceId": "0a1b", "Tags": tagged(declaration)}]},
    }
    (found,) = health_check.list_checks(context(prepared, declaration))
    assert compare(found.values, declaration.values) == ()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({}, READY),
        ({"Status": "PENDING_VALIDATION"}, PENDING),
        ({"Status": "FAILED", "FailureReason": "CAA_ERROR"}, FAILED),
        ({"Status": "VALIDATION_TIMED_OUT"}, FAILED),
        ({"SubjectAlternativeNames": ["example.com", "*.EXAMPLE.com"]}, READY),
    ],
)
def test_certificates(answer: dict[str, Any], state: str) -> None:
    declaration = declared(certificate={"certificates": [CERTIFICATE]})
    proof = {"Name": PROOF["Name"], "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": PROOF["Value"]}]}
    zones = [{"Id": f"/hostedzone/{ZONE}", "Name": "example.com.", "Config": {"PrivateZone": False}}]
    prepared = {
        "list_certificates": {"CertificateSummaryList": [{"CertificateArn": ARN, "DomainName": "example.com"}]},
        "describe_certificate": {"Certificate": {**DESCRIBED, **answer}},
        "list_tags_for_certificate": {"Tags": tagged(declaration)},
        "list_hosted_zones": {"HostedZones": zones},
        "list_resource_record_sets": {"ResourceRecordSets": [proof]},
    }
    (found,) = certificate.list_certificates(context(prepared, declaration))
    assert compare(found.values, declaration.values) == ()
    assert found.state == state
    assert certificate.records_of(DESCRIBED) == {"_x1.example.com": PROOF["Value"]}


def test_records_of_validation_that_are_not_there_yet() -> None:
    declaration = declared(certificate={"certificates": [CERTIFICATE]})
    raw = {**DESCRIBED, "Status": "PENDING_VALIDATION", "DomainValidationOptions": [{"DomainName": "example.com"}]}
    prepared = {
        "list_certificates": {"CertificateSummaryList": [{"CertificateArn": ARN, "DomainName": "example.com"}]},
        "describe_certificate": {"Certificate": raw},
        "list_tags_for_certificate": {"Tags": tagged(declaration)},
    }
    (found,) = certificate.list_certificates(context(prepared, declaration))
    assert [change.field for change in compare(found.values, declaration.values)] == ["records"]
