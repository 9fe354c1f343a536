# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DNS and certificate tiers declare, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of

STACK = Stack("demo", "123456789012", "eu-west-1")
ZONE = {"name": "public", "domain": "Example.com"}
A: dict[str, Any] = {"zone": "public", "record": "WWW.example.com", "type": "A", "values": ["192.0.2.1"]}
CHECK: dict[str, Any] = {"name": "web", "domain": "www.example.com"}


def declared(**options: Any) -> dict[str, Declaration]:
    return {str(d.key): d for d in declarations_of({"dns": {"zones": [ZONE], **options}}, STACK)}


def values(**record: Any) -> Any:
    (found,) = (d.values for key, d in declared(records=[{**A, **record}]).items() if key.startswith("dns_record/"))
    return found


def test_zones_are_public_or_have_vpcs() -> None:
    zones = declared(zones=[ZONE, {"name": "inside", "domain": "example.com", "vpcs": ["main"]}])
    assert zones["hosted_zone/public"].values.domain == "example.com"
    assert zones["hosted_zone/public"].values.private is False
    inside = zones["hosted_zone/inside"].values
    assert inside.vpcs == ({"VPCId": Reference("vpc", "main"), "VPCRegion": "eu-west-1"},)
    assert (inside.private, inside.name) == (True, None)


def test_records_are_called_by_what_they_are() -> None:
    weighted = {**A, "set_identifier": "blue", "weight": 0}
    assert set(declared(records=[{**A, "type": "TXT", "values": ["x"]}, weighted])) == {
        "hosted_zone/public",
        "dns_record/public/www.example.com/TXT",
        "dns_record/public/www.example.com/A/blue",
    }
    assert values(**weighted).routing == {"Weight": 0}


def test_alias_of_a_load_balancer() -> None:
    made = values(values=[], alias={"load_balancer": "web"})
    assert (made.ttl, made.values) == (0, ())
    assert made.alias == {
        "DNSName": Reference("load_balancer", "web", "dns_name"),
        "HostedZoneId": Reference("load_balancer", "web", "zone_id"),
        "EvaluateTargetHealth": True,
    }


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("v=spf1 -all", '"v=spf1 -all"'),
        ('say "so"', r'"say \"so\""'),
        ("a" * 256, f'"{"a" * 255}" "a"'),
        ("é", r'"\303\251"'),
    ],
)
def test_text_is_quoted(text: str, quoted: str) -> None:
    assert values(type="TXT", values=[text]).values == (quoted,)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("AAAA", "2001:db8::1"),
        ("CAA", '0 issue "amazon.com"'),
        ("CNAME", "other.example.net."),
        ("MX", "10 mail.example.com"),
        ("NS", "ns-1.example.net"),
        ("SRV", "10 5 5060 _sip.example.com"),
    ],
)
def test_values_by_type(type_: str, value: str) -> None:
    assert values(type=type_, values=[value]).values == (value,)


def test_an_address_that_an_instance_has() -> None:
    assert values(values=[], elastic_ip="mail").values == (Reference("elastic_ip", "mail", "public_ip"),)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"record": "www.example.org"}, r"records\[0\].record: 'www.example.org' is not in the zone example.com"),
        ({"record": "example.com", "type": "CNAME", "values": ["a.example.net"]}, "not for the name of the zone itself"),
        ({"values": [], "elastic_ip": "mail", "type": "AAAA"}, "elastic_ip: is for the type A"),
        ({"values": []}, r"records\[0\]: needs either values, an alias or an elastic_ip"),
        ({"alias": {"load_balancer": "web"}}, "needs either values, an alias or an elastic_ip"),
        ({"values": [], "alias": {}}, "alias: needs either load_balancer or dns_name"),
        ({"values": [], "alias": {"dns_name": "a.example.net"}}, "alias.hosted_zone_id: goes with dns_name"),
        ({"values": [], "type": "MX", "alias": {"load_balancer": "web"}}, "is for the types A and AAAA"),
        ({"values": ["2001:db8::1"]}, r"values\[0\]: '2001:db8::1' is not for the type A, where values look like 192.0.2.1"),
        ({"type": "MX", "values": ["mail.example.com"]}, "look like 10 mail.example.com"),
        ({"type": "CNAME", "values": ["a.example.net", "b.example.net"]}, "has one name"),
        ({"weight": 1}, "set_identifier: goes with one of weight"),
        ({"set_identifier": "blue"}, "set_identifier: goes with one of weight"),
        ({"set_identifier": "blue", "weight": 1, "failover": "PRIMARY"}, "failover: excludes weight"),
        ({"health_check": "web"}, "needs a way of routing"),
    ],
)
def test_wrong_records(record: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        values(**record)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"domain": None}, "domain: is required unless"),
        ({"type": "TCP"}, "port: is required"),
        ({"type": "TCP", "port": 25, "path": "/"}, "path: has no meaning"),
        ({"search_string": "fine"}, "goes with the types"),
        ({"type": "HTTP_STR_MATCH"}, "search_string: goes with the types"),
        ({"regions": ["eu-west-1", "us-east-1"]}, "regions: needs at least 3"),
    ],
)
def test_wrong_health_checks(check: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        declared(health_checks=[{**CHECK, **check}])


def test_health_checks_know_the_ports_of_their_protocols() -> None:
    made = declared(health_checks=[CHECK, {**CHECK, "name": "plain", "type": "HTTP"}])
    assert (made["health_check/web"].values.port, made["health_check/plain"].values.port) == (443, 80)


def test_two_public_zones_of_one_domain() -> None:
    with pytest.raises(InvalidOption, match=r"zones\[1\].domain: 'example.com' has a public zone already"):
        declared(zones=[ZONE, {"name": "again", "domain": "example.com"}])


def certificate(**options: Any) -> Any:
    item = {"name": "web", "domain": "Example.com", **options}
    (found,) = declarations_of({"certificate": {"certificates": [item]}}, STACK)
    return found.values


def test_certificates_write_their_records_where_they_are_told() -> None:
    assert certificate().records is None
    made = certificate(alternative_names=["*.EXAMPLE.com"], zones=["public"])
    assert made.names == ("example.com", "*.example.com")
    assert made.records is True
    assert made.zones == ({"id": Reference("hosted_zone", "public"), "domain": Reference("hosted_zone", "public", "domain")},)


def test_a_name_is_given_once() -> None:
    with pytest.raises(InvalidOption, match=r"alternative_names\[0\]: 'example.com' is given twice"):
        certificate(alternative_names=["example.COM"])
