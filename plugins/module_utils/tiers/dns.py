# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS tier: hosted zones, records and health checks of Route 53."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.health_check import HealthCheck
from ansible_collections.terrace.aws.plugins.module_utils.kinds.hosted_zone import HostedZone
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY, NAME, REGION, reference, several
from ansible_collections.terrace.aws.plugins.module_utils.tiers._dns_records import RECORD_TYPES, record
from ansible_collections.terrace.aws.plugins.module_utils.tiers._domains import DOMAIN, RECORD

TIER = "dns"
KINDS = ("hosted_zone", "dns_record", "health_check")
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
CHECKER_REGIONS = [
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
]  # fmt: skip
SPEC = {
    "zones": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "domain": {"type": "str", "required": True},
            "comment": {"type": "str", "default": ""},
            "vpcs": {"type": "list", "elements": "str", "default": []},
        },
    },
    "records": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "zone": {"type": "str", "required": True},
            "record": {"type": "str", "required": True},
            "type": {"type": "str", "choices": RECORD_TYPES, "required": True},
            "values": {"type": "list", "elements": "str", "default": []},
            "elastic_ip": {"type": "str"},
            "ttl": {"type": "int", "default": 300},
            "alias": {
                "type": "dict",
                "options": {
                    "load_balancer": {"type": "str"},
                    "dns_name": {"type": "str"},
                    "hosted_zone_id": {"type": "str"},
                    "evaluate_target_health": {"type": "bool", "default": True},
                },
            },
            "set_identifier": {"type": "str"},
            "weight": {"type": "int"},
            "failover": {"type": "str", "choices": ["PRIMARY", "SECONDARY"]},
            "latency_region": {"type": "str"},
            "multivalue": {"type": "bool", "default": False},
            "health_check": {"type": "str"},
        },
    },
    "health_checks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "type": {
                "type": "str",
                "choices": ["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"],
                "default": "HTTPS",
            },
            "domain": {"type": "str"},
            "address": {"type": "str"},
            "port": {"type": "int"},
            "path": {"type": "str"},
            "search_string": {"type": "str"},
            "request_interval": {"type": "int", "choices": [10, 30], "default": 30},
            "failure_threshold": {"type": "int", "default": 3},
            "measure_latency": {"type": "bool", "default": False},
            "inverted": {"type": "bool", "default": False},
            "disabled": {"type": "bool", "default": False},
            "regions": {"type": "list", "elements": "str", "choices": CHECKER_REGIONS, "default": CHECKER_REGIONS},
        },
    },
}
CONSTRAINTS = {
    "zones": several(),
    "zones[].name": NAME,
    "zones[].domain": DOMAIN,
    "zones[].comment": Constraint(max_length=256),
    "zones[].vpcs": Constraint(distinct=True, max_length=300),
    "zones[].vpcs[]": reference("vpc/{}"),
    "records": Constraint(max_length=10 * MANY),
    "records[].zone": reference("hosted_zone/{}"),
    "records[].record": RECORD,
    "records[].values": Constraint(distinct=True, max_length=400),
    "records[].values[]": Constraint(min_length=1, max_length=4000),
    "records[].elastic_ip": reference("elastic_ip/{}"),
    "records[].ttl": Constraint(minimum=0, maximum=2147483647),
    "records[].alias.load_balancer": reference("load_balancer/{}"),
    "records[].alias.dns_name": RECORD,
    "records[].alias.hosted_zone_id": Constraint(pattern=r"Z[A-Z0-9]{1,31}", says="the id of a zone looks like Z2FDTNDATAQYW2"),
    "records[].set_identifier": Constraint(
        pattern=r"[A-Za-z0-9._-]{1,128}", says="a set identifier is 1 to 128 letters, digits and ._-"
    ),
    "records[].weight": Constraint(minimum=0, maximum=255),
    "records[].latency_region": REGION,
    "records[].health_check": reference("health_check/{}"),
    "health_checks": several(),
    "health_checks[].name": NAME,
    "health_checks[].domain": DOMAIN,
    "health_checks[].address": Constraint(pattern=r"[0-9.]{7,15}|[0-9A-Fa-f:.]{3,45}", says="an address is one of IPv4 or IPv6"),
    "health_checks[].port": Constraint(minimum=1, maximum=65535),
    "health_checks[].path": Constraint(pattern=r"/[!-~]{0,254}", says="a path begins with / and is at most 255 ASCII characters"),
    "health_checks[].search_string": Constraint(min_length=1, max_length=255),
    "health_checks[].failure_threshold": Constraint(minimum=1, maximum=10),
    "health_checks[].regions": Constraint(min_length=3, distinct=True),
}
PORTS = {"HTTP": 80, "HTTPS": 443}
TCP, MATCHING = "TCP", "_STR_MATCH"


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    domains = {zone["name"]: zone["domain"].lower() for zone in options["zones"]}
    _check_zones(options["zones"])
    return [
        *(_zone(zone, f"dns.zones[{index}]", stack) for index, zone in enumerate(options["zones"])),
        *(_check(check, f"dns.health_checks[{index}]") for index, check in enumerate(options["health_checks"])),
        *(record(item, f"dns.records[{index}]", domains) for index, item in enumerate(options["records"])),
    ]


def _check_zones(zones: list[Mapping[str, Any]]) -> None:
    """A second public zone for the same domain would answer nobody."""
    public: set[str] = set()
    for index, zone in enumerate(zones):
        domain = zone["domain"].lower()
        if not zone["vpcs"] and domain in public:
            raise InvalidOption(f"dns.zones[{index}].domain", f"{domain!r} has a public zone already")
        public |= set() if zone["vpcs"] else {domain}


def _zone(zone: Mapping[str, Any], path: str, stack: Stack) -> Declaration:
    vpcs = tuple({"VPCId": Reference("vpc", vpc), "VPCRegion": stack.region} for vpc in zone["vpcs"])
    values = HostedZone(domain=zone["domain"].lower(), private=bool(vpcs), comment=zone["comment"], vpcs=vpcs)
    return Declaration("hosted_zone", zone["name"], TIER, values, path)


def _check(check: Mapping[str, Any], path: str) -> Declaration:
    """Return a health check with the ports of its protocol. Raises InvalidOption."""
    for broken in _wrong(check):
        raise InvalidOption(f"{path}.{broken[0]}", broken[1])
    protocol = check["type"].removesuffix(MATCHING)
    given = {name: value for name, value in check.items() if name not in ("name", "port", "path", "regions")}
    values = HealthCheck(
        **given,
        port=check["port"] or PORTS.get(protocol),
        path=None if protocol == TCP else check["path"] or "/",
        regions=tuple(check["regions"]),
    )
    return Declaration("health_check", check["name"], TIER, values, path)


def _wrong(check: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (option, problem)."""
    if not (check["domain"] or check["address"]):
        yield "domain", "is required unless there is an address"
    if check["type"] == TCP:
        if not check["port"]:
            yield "port", "is required for the type TCP"
        if check["path"]:
            yield "path", "has no meaning for the type TCP"
        if check["domain"] and check["address"]:
            yield "address", "excludes domain for the type TCP"
    if bool(check["search_string"]) != check["type"].endswith(MATCHING):
        yield "search_string", f"goes with the types HTTP{MATCHING} and HTTPS{MATCHING}"
