# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the DNS tier."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.dns_record import DnsRecord
from ansible_collections.terrace.aws.plugins.module_utils.kinds.health_check import HealthCheck
from ansible_collections.terrace.aws.plugins.module_utils.kinds.hosted_zone import HostedZone
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case

VPCS = tuple(Declaration("vpc", name, "network", Vpc(cidr=f"10.{number}.0.0/16")) for number, name in enumerate(("one", "two")))
ONE, TWO = ({"VPCId": Reference("vpc", name), "VPCRegion": "eu-west-1"} for name in ("one", "two"))
PUBLIC = Declaration("hosted_zone", "public", "dns", HostedZone(domain="example.com", private=False, comment="", vpcs=()))
ALIAS = {"DNSName": "web.eu-west-1.elb.amazonaws.com", "HostedZoneId": "Z32O12XQLNTSW2", "EvaluateTargetHealth": True}
CHECK = HealthCheck(
    type="HTTPS_STR_MATCH",
    request_interval=30,
    measure_latency=False,
    domain="www.example.com",
    address="192.0.2.1",
    port=443,
    path="/",
    search_string="well",
    failure_threshold=3,
    inverted=False,
    disabled=False,
    regions=("us-east-1", "us-west-1", "us-west-2"),
)

CASES = {
    "hosted_zone": Case(
        HostedZone(domain="internal", private=True, comment="", vpcs=(ONE,)),
        "dns",
        parents=VPCS,
        changes={"comment": "Inside", "vpcs": (ONE, TWO)},
    ),
    "dns_record": Case(
        DnsRecord(
            zone=Reference("hosted_zone", "public"),
            record="*.example.com",
            type="A",
            set_identifier="blue",
            ttl=300,
            values=("192.0.2.1",),
            alias={},
            routing={"Weight": 1},
            health_check="",
        ),
        "dns",
        parents=(PUBLIC, Declaration("health_check", "web", "dns", CHECK)),
        changes={
            "ttl": 60,
            "values": ("192.0.2.2", "192.0.2.3"),
            "alias": ALIAS,
            "routing": {"Failover": "PRIMARY"},
            "health_check": Reference("health_check", "web"),
        },
        along={"alias": {"values": (), "ttl": 0}},
    ),
    "health_check": Case(
        CHECK,
        "dns",
        changes={
            "domain": "other.example.com",
            "address": "192.0.2.2",
            "port": 8443,
            "path": "/health",
            "search_string": "fine",
            "failure_threshold": 1,
            "inverted": True,
            "disabled": True,
            "regions": ("eu-west-1", "us-west-1", "us-west-2"),
        },
    ),
}
