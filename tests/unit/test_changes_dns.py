# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for zones, records, health checks and certificates, by AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import transform
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.changes import DISRUPTS, IN_PLACE, NOTHING, REPLACE, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1")
# (options before, options after, what it is)
ZONES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # Route 53, CreateHostedZone: neither the name nor whether it is private can be changed.
    ({}, {"domain": "example.org"}, REPLACE),
    ({}, {"vpcs": ["main"]}, REPLACE),
    ({}, {"domain": "Example.com"}, NOTHING),
    ({}, {"comment": "For all"}, IN_PLACE),
    # AssociateVPCWithHostedZone, DisassociateVPCFromHostedZone
    ({"vpcs": ["main"]}, {"vpcs": ["main", "other"]}, IN_PLACE),
    ({"vpcs": ["main", "other"]}, {"vpcs": ["other"]}, DISRUPTS),
]
BLUE: dict[str, Any] = {"set_identifier": "blue", "weight": 1}
# ChangeResourceRecordSets: name, type and set identifier say which record it is.
RECORDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"ttl": 60}, IN_PLACE),
    ({}, {"values": ["192.0.2.2"]}, IN_PLACE),
    ({}, {"values": [], "alias": {"load_balancer": "web"}}, IN_PLACE),
    (BLUE, {**BLUE, "weight": 2}, IN_PLACE),
    (BLUE, {**BLUE, "health_check": "web"}, IN_PLACE),
    (BLUE, {"set_identifier": "blue", "failover": "PRIMARY"}, IN_PLACE),
]
# UpdateHealthCheck: all but the type, the interval and the latency.
CHECKS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"type": "HTTP", "port": 443}, REPLACE),
    ({}, {"request_interval": 10}, REPLACE),
    ({}, {"measure_latency": True}, REPLACE),
    ({}, {"domain": "other.example.com"}, IN_PLACE),
    ({"address": "192.0.2.1"}, {"address": "192.0.2.2"}, IN_PLACE),
    ({}, {"port": 8443}, IN_PLACE),
    ({}, {"path": "/health"}, IN_PLACE),
    ({}, {"failure_threshold": 1}, IN_PLACE),
    ({}, {"inverted": True}, DISRUPTS),
    ({}, {"disabled": True}, DISRUPTS),
    ({"disabled": True}, {}, IN_PLACE),
    ({}, {"regions": ["us-east-1", "us-west-1", "eu-west-1"]}, IN_PLACE),
]
# ACM user guide, gs-acm-request-public.html: names and key cannot be changed.
CERTIFICATES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"domain": "example.org"}, REPLACE),
    ({}, {"alternative_names": ["*.example.com"]}, REPLACE),
    (
        {"alternative_names": ["a.example.com", "b.example.com"]},
        {"alternative_names": ["b.example.com", "A.example.com"]},
        NOTHING,
    ),
    ({}, {"key_algorithm": "EC_prime256v1"}, REPLACE),
    # UpdateCertificateOptions
    ({}, {"transparency_logging": False}, DISRUPTS),
]
CHANGES = [
    *(("dns", "zones", {"name": "public", "domain": "example.com"}, *change) for change in ZONES),
    *(
        ("dns", "records", {"zone": "public", "record": "www.example.com", "type": "A", "values": ["192.0.2.1"]}, *change)
        for change in RECORDS
    ),
    *(("dns", "health_checks", {"name": "web", "domain": "www.example.com"}, *change) for change in CHECKS),
    *(("certificate", "certificates", {"name": "web", "domain": "example.com"}, *change) for change in CERTIFICATES),
]


@pytest.mark.parametrize(("tier", "option", "least", "before", "after", "what"), CHANGES)
def test_changes(tier: str, option: str, least: dict[str, Any], before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    def values(options: dict[str, Any]) -> Any:
        (declaration,) = declarations_of({tier: {option: [{**least, **options}]}}, STACK)
        return transform(declaration.values, lambda leaf: leaf.name if isinstance(leaf, Reference) else leaf)

    assert kind_of_change(values(before), values(after)) == what
