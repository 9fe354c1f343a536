# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of the DNS tier.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53
from ansible_collections.terrace.aws.plugins.module_utils.kinds.dns_record import DnsRecord
from ansible_collections.terrace.aws.plugins.module_utils.tiers._domains import HOST_NAME

NUMBER = r"\d{1,5}"
# What values look like, by type; addresses are looked at otherwise, and TXT may be any text.
PATTERNS = {
    "CAA": (r'\d{1,3} (issue|issuewild|iodef|contactemail|contactphone) "[^"]*"', '0 issue "amazon.com"'),
    "CNAME": (HOST_NAME, "other.example.com"),
    "MX": (rf"{NUMBER} ({HOST_NAME}|\.)", "10 mail.example.com"),
    "NS": (HOST_NAME, "ns-1.example.net"),
    "SRV": (rf"{NUMBER} {NUMBER} {NUMBER} ({HOST_NAME}|\.)", "10 5 5060 sip.example.com"),
}
RECORD_TYPES = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]
ALIASES = ("A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA")
ROUTING = {"weight": "Weight", "failover": "Failover", "latency_region": "Region", "multivalue": "MultiValueAnswer"}
ONE_VALUE = 1


def record(item: Mapping[str, Any], path: str, domains: Mapping[str, str]) -> Declaration:
    """Return the declaration of a record. `domains` has those of the zones of the stack's own. Raises InvalidOption."""
    for option, problem in _wrong(item, domains.get(item["zone"])):
        raise InvalidOption(f"{path}.{option}" if option else path, problem)
    name, identifier = item["record"].lower(), item["set_identifier"] or ""
    values = DnsRecord(
        zone=Reference("hosted_zone", item["zone"]),
        record=name,
        type=item["type"],
        set_identifier=identifier,
        ttl=0 if item["alias"] else item["ttl"],
        values=_values(item),
        alias=_alias(item["alias"]) if item["alias"] else {},
        routing={ROUTING[option]: item[option] for option in _routing(item)},
        health_check=Reference("health_check", item["health_check"]) if item["health_check"] else "",
    )
    return Declaration("dns_record", "/".join(filter(None, (item["zone"], name, item["type"], identifier))), "dns", values, path)


def _values(item: Mapping[str, Any]) -> tuple[Any, ...]:
    if item["elastic_ip"]:
        return (Reference("elastic_ip", item["elastic_ip"], "public_ip"),)
    return tuple(_route53.quoted(value) if item["type"] == "TXT" else value for value in item["values"])


def _alias(alias: Mapping[str, Any]) -> dict[str, Any]:
    """Return the AliasTarget. That of a load balancer is in a zone of AWS's, not of the user's."""
    if alias["load_balancer"]:
        balancer = alias["load_balancer"]
        target = {
            "DNSName": Reference("load_balancer", balancer, "dns_name"),
            "HostedZoneId": Reference("load_balancer", balancer, "zone_id"),
        }
    else:
        target = {"DNSName": alias["dns_name"].lower(), "HostedZoneId": alias["hosted_zone_id"]}
    return {**target, "EvaluateTargetHealth": alias["evaluate_target_health"]}


def _routing(item: Mapping[str, Any]) -> list[str]:
    return [option for option in ROUTING if item[option] is not None and item[option] is not False]


def _wrong(item: Mapping[str, Any], domain: str | None) -> Iterator[tuple[str, str]]:
    """Yield (option, problem)."""
    name = item["record"].lower()
    if domain and not _route53.is_within(name, domain):
        yield "record", f"{name!r} is not in the zone {domain}"
    if domain == name and item["type"] in ("CNAME", "NS"):
        yield "type", f"{item['type']} is not for the name of the zone itself"
    if sum(bool(item[option]) for option in ("values", "alias", "elastic_ip")) != ONE_VALUE:
        yield "", "needs either values, an alias or an elastic_ip"
    if item["elastic_ip"] and item["type"] != "A":
        yield "elastic_ip", "is for the type A"
    yield from _wrong_alias(item)
    yield from _wrong_routing(item)
    yield from _wrong_values(item)


def _wrong_alias(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    alias = item["alias"]
    if not alias:
        return
    if item["type"] not in ALIASES:
        yield "alias", f"is not for the type {item['type']}"
    if alias["load_balancer"] and item["type"] not in ("A", "AAAA"):
        yield "alias.load_balancer", "is for the types A and AAAA"
    if bool(alias["load_balancer"]) == bool(alias["dns_name"]):
        yield "alias", "needs either load_balancer or dns_name"
    if bool(alias["dns_name"]) != bool(alias["hosted_zone_id"]):
        yield "alias.hosted_zone_id", "goes with dns_name"


def _wrong_routing(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html"""
    ways = _routing(item)
    if len(ways) > 1:
        yield ways[1], f"excludes {ways[0]}"
    if bool(ways) != bool(item["set_identifier"]):
        yield "set_identifier", f"goes with one of {', '.join(ROUTING)}"
    if "multivalue" in ways and (item["alias"] or item["type"] in ("CNAME", "NS")):
        yield "multivalue", "is not for aliases, CNAME and NS"
    if item["type"] == "NS" and ways:
        yield ways[0], "is not for the type NS"
    if item["health_check"] and not ways:
        yield "health_check", "needs a way of routing to another record"


def _wrong_values(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if item["type"] == "CNAME" and len(item["values"]) > ONE_VALUE:
        yield "values", "has one name for the type CNAME"
    for index, value in enumerate(item["values"]):
        example = _wrong_value(item["type"], value)
        if example:
            yield f"values[{index}]", f"{value[:80]!r} is not for the type {item['type']}, where values look like {example}"


def _wrong_value(type_: str, value: str) -> str:
    """Return what a value should look like, nothing if it does."""
    if type_ in ("A", "AAAA"):
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            address = None
        wanted, example = {"A": (4, "192.0.2.1"), "AAAA": (6, "2001:db8::1")}[type_]
        return "" if address and address.version == wanted else example
    pattern, example = PATTERNS.get(type_, ("", ""))
    return example if pattern and not re.fullmatch(pattern, value, re.ASCII) else ""
