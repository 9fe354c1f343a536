# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53's zones, records and health checks."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import refused

CHECK = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com", "Port": 443}


def made(connect: Connect, reference: str = "one") -> tuple[Any, str]:
    client = connect("route53")
    return client, client.create_hosted_zone(Name="example.com", CallerReference=reference)["HostedZone"]["Id"]


def batch(action: str, value: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    raw = {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]} | more
    return {"Changes": [{"Action": action, "ResourceRecordSet": raw}]}


@scenario
def record_can_be_made_again_after_its_deletion(connect: Connect) -> None:
    client, zone = made(connect)
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("CREATE", Name="zone.example.com"))
    for _round in range(2):
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("CREATE"))
        refused("InvalidChangeBatch", client.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=batch("CREATE"))
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("DELETE"))


@scenario
def record_is_deleted_by_what_it_has(connect: Connect) -> None:
    client, zone = made(connect)
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("CREATE"))
    other = batch("DELETE", "192.0.2.2")
    refused("InvalidChangeBatch", client.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=other)


@scenario
def record_has_one_way_of_routing(connect: Connect) -> None:
    client, zone = made(connect)
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch("CREATE"))
    weighted = batch("CREATE", SetIdentifier="blue", Weight=1)
    refused("InvalidChangeBatch", client.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=weighted)


@scenario
def caller_reference_of_a_zone_serves_once(connect: Connect) -> None:
    client, _zone = made(connect)
    refused("HostedZoneAlreadyExists", client.create_hosted_zone, Name="example.com", CallerReference="one")


@scenario
def caller_reference_of_a_health_check_is_idempotent(connect: Connect) -> None:
    client = connect("route53")
    one, two = (client.create_health_check(CallerReference="one", HealthCheckConfig=CHECK)["HealthCheck"] for _ in range(2))
    assert one["Id"] == two["Id"]
    other = {**CHECK, "Port": 8443}
    refused("HealthCheckAlreadyExists", client.create_health_check, CallerReference="one", HealthCheckConfig=other)


@scenario
def health_check_keeps_what_is_not_changed(connect: Connect) -> None:
    client = connect("route53")
    regions = ["us-east-1", "us-west-1", "us-west-2"]
    config = {**CHECK, "Regions": regions}
    check = client.create_health_check(CallerReference="one", HealthCheckConfig=config)["HealthCheck"]["Id"]
    client.update_health_check(HealthCheckId=check, Port=8443)
    assert client.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]["Regions"] == regions
