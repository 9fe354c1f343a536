# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones are shared: records of others stay as they are, and certificates find theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Adoption, External, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.contract.harness import actions, run

DEMO, OTHER = (Stack(name, "123456789012", "eu-west-1", regions=("us-east-1",)) for name in ("demo", "other"))
TIERS = frozenset({"dns", "certificate"})
ZONE = {"name": "public", "domain": "example.com"}
WWW = {"zone": "public", "record": "www.example.com", "type": "A", "values": ["192.0.2.1"]}
THEIRS = External("hosted_zone", "public", {"domain": "example.com"}, "external[0]")
WEB = {"name": "web", "domain": "example.com", "alternative_names": ["*.example.com"], "zones": ["public"]}
Clients = Callable[[str, str], Any]


@pytest.fixture
def route53(clients: Clients) -> Any:
    return clients("route53", "eu-west-1")


def converge(clients: Clients, stack: Stack = DEMO, certificates: tuple[Any, ...] = (), **arguments: Any) -> dict[str, Any]:
    dns = {option: arguments.pop(option, []) for option in ("zones", "records", "health_checks")}
    described = {"dns": dns, "certificate": {"certificates": list(certificates)}}
    return run(clients, stack, declarations_of(described, stack), **{"tiers": TIERS, **arguments})


def zone_of(route53: Any) -> str:
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    return str(zone["Id"])


def names(route53: Any, type_: str) -> list[str]:
    records = route53.list_resource_record_sets(HostedZoneId=zone_of(route53))["ResourceRecordSets"]
    return sorted(_route53.domain_of(raw["Name"]) for raw in records if raw["Type"] == type_)


def put(route53: Any, name: str, value: str = "192.0.2.9", action: str = "CREATE") -> None:
    raw = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": action, "ResourceRecordSet": raw}]}
    route53.change_resource_record_sets(HostedZoneId=zone_of(route53), ChangeBatch=changes)


def test_two_stacks_share_a_zone(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE], records=[WWW])
    shop = {**WWW, "record": "shop.example.com"}
    converge(clients, OTHER, records=[shop], externals=(THEIRS,))
    with pytest.raises(Refused, match=r".*/www\.example\.com/A.*does not carry this stack's tags; list it under terrace_adopt"):
        converge(clients, OTHER, records=[shop, {**WWW, "values": ["192.0.2.2"]}], externals=(THEIRS,))
    with pytest.raises(Refused, match=r"hosted_zone/public: has records that are not this stack's \(shop\.example\.com A"):
        converge(clients, zones=[ZONE], records=[WWW], state="absent")
    assert names(route53, "A") == ["shop.example.com", "www.example.com"]
    gone = converge(clients, OTHER, records=[shop], externals=(THEIRS,), state="absent")
    assert actions(gone) == {"dns_record/public/shop.example.com/A": "delete"}
    converge(clients, zones=[ZONE], records=[WWW], state="absent")
    assert route53.list_hosted_zones()["HostedZones"] == []


def test_a_record_of_somebody_else_is_adopted_on_request_only(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE])
    put(route53, "www.example.com")
    with pytest.raises(Refused, match="terrace_adopt"):
        converge(clients, zones=[ZONE], records=[WWW])
    record = f"{_route53.zone_id(zone_of(route53))}/www.example.com/A"
    adopted = (Adoption("dns_record", "public/www.example.com/A", record, "adopt[0]"),)
    converge(clients, zones=[ZONE], records=[WWW], adoptions=adopted)
    plan = converge(clients, zones=[ZONE], records=[WWW], adoptions=adopted, check=True)
    assert [(r["kind"], r["action"], r["fields"]) for r in plan["resources"] if r["action"] != "none"] == [
        ("dns_record", "update", ["ttl", "values"])
    ]


def test_a_record_that_is_not_declared_any_more_is_an_orphan(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE], records=[WWW])
    left = converge(clients, zones=[ZONE])
    assert [(orphan["kind"], orphan["name"]) for orphan in left["orphans"]] == [("dns_record", "public/www.example.com/A")]
    converge(clients, zones=[ZONE], prune=True)
    assert names(route53, "A") == names(route53, "TXT") == []


def test_a_record_deleted_by_hand_comes_back(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE], records=[WWW])
    put(route53, "www.example.com", "192.0.2.1", "UPSERT")
    raw = {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    changes = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": raw}]}
    route53.change_resource_record_sets(HostedZoneId=zone_of(route53), ChangeBatch=changes)
    assert actions(converge(clients, zones=[ZONE], records=[WWW])) == {"dns_record/public/www.example.com/A": "create"}
    assert len(names(route53, "TXT")) == 1


def test_a_zone_without_tags_yet_is_known_by_its_caller_reference(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE])
    zone = _route53.zone_id(zone_of(route53))
    tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]["Tags"]
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, RemoveTagKeys=[tag["Key"] for tag in tags])
    assert actions(converge(clients, zones=[ZONE])) == {"hosted_zone/public": "update"}
    again = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]["Tags"]
    assert again == tags or {tag["Key"]: tag["Value"] for tag in again} == {tag["Key"]: tag["Value"] for tag in tags}


def test_a_second_public_zone_for_a_domain_is_refused(clients: Clients, route53: Any) -> None:
    route53.create_hosted_zone(Name="example.com", CallerReference="theirs")
    with pytest.raises(Refused, match=r"route53 already has example\.com"):
        converge(clients, zones=[ZONE])


def test_many_records_are_made_in_few_calls(clients: Clients, route53: Any, account: Any) -> None:
    records = [{**WWW, "record": f"n{number}.example.com"} for number in range(40)]
    account.calls.clear()
    converge(clients, zones=[ZONE], records=records)
    assert len(names(route53, "A")) == 40
    assert sum(call["operation"] == "ChangeResourceRecordSets" for call in account.calls) <= 40
    assert actions(converge(clients, zones=[ZONE], records=records)) == {}


def test_certificates_share_the_records_of_their_domain(clients: Clients, route53: Any) -> None:
    far = {**WEB, "name": "cdn", "region": "us-east-1"}
    made = converge(clients, zones=[ZONE], certificates=(WEB, far))
    assert actions(made) == {"hosted_zone/public": "create", "certificate/web": "create", "certificate/cdn": "create"}
    # One for the domain and its wildcard.
    assert len(names(route53, "CNAME")) == 1
    assert actions(converge(clients, zones=[ZONE], certificates=(WEB, far))) == {}
    gone = converge(clients, zones=[ZONE], certificates=(WEB,), prune=True)
    assert actions(gone) == {"certificate/cdn": "delete"}
    assert len(names(route53, "CNAME")) == 1
    assert [note for note in gone["notes"] if "stay in the DNS" in note]


def test_a_record_of_validation_that_has_gone_is_written_again(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE], certificates=(WEB,))
    records = route53.list_resource_record_sets(HostedZoneId=zone_of(route53))["ResourceRecordSets"]
    (raw,) = (raw for raw in records if raw["Type"] == "CNAME")
    changes = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": raw}]}
    route53.change_resource_record_sets(HostedZoneId=zone_of(route53), ChangeBatch=changes)
    assert actions(converge(clients, zones=[ZONE], certificates=(WEB,))) == {"certificate/web": "update"}
    assert len(names(route53, "CNAME")) == 1


def test_a_zone_goes_with_the_records_of_validation_in_it(clients: Clients, route53: Any) -> None:
    converge(clients, zones=[ZONE], records=[WWW], certificates=(WEB,))
    converge(clients, zones=[ZONE], records=[WWW], certificates=(WEB,), state="absent")
    assert route53.list_hosted_zones()["HostedZones"] == []
    assert clients("acm", "eu-west-1").list_certificates()["CertificateSummaryList"] == []


def test_a_certificate_is_replaced_before_the_old_one_goes(clients: Clients) -> None:
    converge(clients, zones=[ZONE], certificates=(WEB,))
    more = {**WEB, "alternative_names": ["*.example.com", "*.shop.example.com"]}
    with pytest.raises(Refused, match=r"certificate/web \(names\)"):
        converge(clients, zones=[ZONE], certificates=(more,))
    converge(clients, zones=[ZONE], certificates=(more,), allow_replacement=("certificate/web",))
    assert len(clients("acm", "eu-west-1").list_certificates()["CertificateSummaryList"]) == 1
