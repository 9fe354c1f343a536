# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a zone are made as a whole or not at all, by what the zone has now; moto goes by a journal of earlier changes.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from collections.abc import Callable
from typing import Any

from moto.route53.exceptions import DnsNameInvalidForZone, ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import FakeZone, RecordSet, Route53Backend

from local_cloud.emulator.fidelity.patching import around, method

ROUTING = ("weight", "region", "failover", "geo_location", "multi_value_answer")


@method(Route53Backend)
def change_resource_record_sets(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    """Work on a copy of the zone's records, and keep it if all changes were right."""
    zone = self.get_hosted_zone(zoneid)
    records = list(zone.rrsets)
    for change in change_list:
        _change(zone, records, change["Action"], _record_set(change["ResourceRecordSet"]))
    zone.rrsets = records


@around(Route53Backend, "create_hosted_zone")
def create_hosted_zone(original: Callable[..., FakeZone], self: Route53Backend, name: str, **settings: Any) -> FakeZone:
    """A caller reference serves once: https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html"""
    reference = settings.get("caller_reference")
    if any(zone.caller_reference == reference for zone in self.zones.values()):
        raise Route53ClientError("HostedZoneAlreadyExists", f"A hosted zone has been created with {reference} already")
    return original(self, name, **settings)


@around(Route53Backend, "create_health_check")
def create_health_check(original: Callable[..., Any], self: Route53Backend, caller_reference: str, settings: Any) -> Any:
    """The same reference with the same settings is the same health check.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
    """
    for check in self.health_checks.values():
        if check.caller_reference == caller_reference:
            if check.__dict__["_settings"] == settings:
                return check
            raise Route53ClientError("HealthCheckAlreadyExists", f"{caller_reference} has been used with other settings")
    made = original(self, caller_reference, settings)
    made.__dict__["_settings"] = dict(settings)
    return made


@around(Route53Backend, "update_health_check")
def update_health_check(original: Callable[..., Any], self: Route53Backend, check: str, settings: dict[str, Any]) -> Any:
    """What is not given stays: https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html"""
    return original(self, check, {**settings, **{name: settings[name] or None for name in ("children", "regions")}})


def _record_set(raw: dict[str, Any]) -> RecordSet:
    values = [item["Value"] for item in raw.get("ResourceRecords") or []]
    return RecordSet({**raw, "Name": raw["Name"].rstrip(".").lower() + ".", "ResourceRecords": values})


def _change(zone: FakeZone, records: list[RecordSet], action: str, wanted: RecordSet) -> None:
    domain = zone.name.strip(".")
    name = wanted.name.strip(".")
    if name != domain and not name.endswith(f".{domain}"):
        raise DnsNameInvalidForZone(name=wanted.name, zone_name=zone.name)
    present = [record for record in records if _identity(record) == _identity(wanted)]
    if action == "CREATE" and present:
        raise ResourceRecordAlreadyExists(name=wanted.name, _type=str(wanted.type))
    if action == "DELETE" and not any(_content(record) == _content(wanted) for record in present):
        raise Route53ClientError("InvalidChangeBatch", f"Tried to delete {wanted.name} {wanted.type} but it was not found")
    records[:] = [record for record in records if record not in present]
    if action != "DELETE":
        _refuse_conflict(records, wanted)
        records.append(wanted)


def _refuse_conflict(records: list[RecordSet], wanted: RecordSet) -> None:
    """Records of one name and type have one way of routing, and a CNAME is alone."""
    for record in (record for record in records if record.name == wanted.name):
        alone = "CNAME" in (record.type, wanted.type) and record.type != wanted.type
        if alone or (record.type == wanted.type and _way(record) != _way(wanted)):
            message = f"RRSet of type {wanted.type} with DNS name {wanted.name} is not permitted as a conflicting RRSet exists"
            raise Route53ClientError("InvalidChangeBatch", message)


def _way(record: RecordSet) -> list[str]:
    return [name for name in ROUTING if getattr(record, name) is not None]


def _identity(record: RecordSet) -> tuple[Any, ...]:
    return (record.name, record.type, record.set_identifier)


def _content(record: RecordSet) -> tuple[Any, ...]:
    ttl = None if record.ttl is None else int(record.ttl)
    return (ttl, sorted(record.records or []), record.alias_target, record.health_check_id)
