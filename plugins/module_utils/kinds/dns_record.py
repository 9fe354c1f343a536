# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record set of a zone: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrsets-working-with.html

It takes no tags. It is ours if a TXT record says so, which every change makes and takes away together with it; records
of others, in a zone that is shared, are never touched.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical, create_only, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

ROUTING = ("Weight", "Failover", "Region", "MultiValueAnswer", "GeoLocation")


def same_alias(alias: Mapping[str, Any]) -> str:
    """Normaliser: names come back in lower case and with a dot at the end."""
    name = {"DNSName": _route53.domain_of(alias["DNSName"])} if isinstance(alias.get("DNSName"), str) else {}
    return str(canonical({**alias, **name}))


@dataclasses.dataclass(frozen=True)
class DnsRecord:
    """`record` is the whole name. There are either `values` with a `ttl`, or an `alias` (AliasTarget) with neither.

    `routing` is ``{"Weight": 1}``, ``{"Failover": "PRIMARY"}``, ``{"Region": ...}`` or ``{"MultiValueAnswer": True}``, and
    needs a `set_identifier`. What there is not is empty.
    """

    zone: Any = create_only(refers=("hosted_zone",))
    record: str | None = create_only()
    type: str | None = create_only()
    set_identifier: str | None = create_only()
    ttl: int | None = mutable()
    values: Any = mutable(normalise=unordered, refers=("elastic_ip",))
    alias: Any = mutable(normalise=same_alias, refers=("load_balancer",))
    routing: Any = mutable(normalise=canonical)
    health_check: Any = mutable(refers=("health_check",))

    @property
    def name(self) -> str:
        """The address of the record, which is its id, too."""
        return "/".join(filter(None, (str(self.zone), self.record, self.type, self.set_identifier)))


# The changes that not all name servers have yet, by record.
_unsynced: dict[str, str] = {}
_lock = threading.Lock()


def list_records(context: Context) -> Iterable[Found]:
    """Those of our zones and of the zones that declared records are in, whoever's they are."""
    declared = [declaration.values.record for declaration in context.declared(KIND.name)]
    zones = [
        zone
        for zone in context.found("hosted_zone")
        if zone.belongs_to(context.stack, "hosted_zone") or any(_route53.is_within(n, zone.values.domain) for n in declared)
    ]
    _forget_synced(context)
    lists = context.each(lambda zone: _records_of(context, zone.id, zone.values.domain), zones)
    return [found for of_one in lists for found in of_one]


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """A record is known by its id alone, which begins with that of its zone: ``Z0123/www.example.com/A``."""
    zone = str(wanted.get("id", "")).partition("/")[0]
    answer = existing(lambda: context.client("route53").get_hosted_zone(Id=zone)) if zone else None
    return _records_of(context, zone, _route53.domain_of(answer["HostedZone"]["Name"])) if answer else []


def create(context: Context, new: New, values: DnsRecord) -> Found:
    """CREATE, as what is there already is not ours: unless an earlier call, whose answer was lost, has made it."""
    domain, raw = _domain(context, values.zone), _record_set(values)
    mark = _mark(domain, values, new.tags)
    try:
        change = _route53.change(context, values.zone, [("CREATE", raw), ("UPSERT", mark)])
    except Exception as error:
        if code_of(error) == "InvalidChangeBatch" and "already exists" in str(error):
            present = next((found for found in list_records(context) if found.id == values.name), None)
            if present and present.tags.items() <= dict(new.tags).items() and present.tags:
                return present
        raise
    return _changed(context, values, new.tags, change)


def update(context: Context, found: Found, values: DnsRecord, fields: set[str]) -> None:
    """UPSERT. A set of records has one way of routing: from one way to another leads a new record only."""
    before, after = _record_set(found.values), _record_set(values)
    moved = "routing" in fields and (found.values.routing or {}).keys() != (values.routing or {}).keys()
    changes = [("DELETE", before), ("CREATE", after)] if moved else [("UPSERT", after)]
    _changed(context, values, found.tags, _route53.change(context, values.zone, changes))


def delete(context: Context, found: Found) -> None:
    values = found.values
    mark = _mark(_domain(context, values.zone), values, found.tags)
    _route53.change(context, values.zone, [("DELETE", _record_set(values)), ("DELETE", mark)])


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """Mark a record that is to become ours, or that has got another name."""
    mark = _mark(_domain(context, found.values.zone), found.values, {**found.tags, **wanted})
    _route53.change(context, found.values.zone, [("UPSERT", mark)])


def _changed(context: Context, values: DnsRecord, tags: Mapping[str, str], change: str) -> Found:
    with _lock:
        _unsynced[values.name] = change
    return Found(values.name, values, tags, PENDING, values.name, detail="on its way to all name servers")


def _forget_synced(context: Context) -> None:
    """Ask once for each change that is on its way: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html"""
    with _lock:
        changes = set(_unsynced.values())
    synced = {change for change in changes if _is_synced(context, change)}
    with _lock:
        for record in [record for record, change in _unsynced.items() if change in synced]:
            del _unsynced[record]


def _is_synced(context: Context, change: str) -> bool:
    answer = existing(lambda: context.client("route53").get_change(Id=change))
    return answer is None or answer["ChangeInfo"]["Status"] == "INSYNC"


def _records_of(context: Context, zone: str, domain: str) -> list[Found]:
    """A zone may go between the list and the reads."""
    raws = existing(lambda: _route53.record_sets(context, zone)) or []
    marks = {_route53.domain_of(raw["Name"]): _route53.marked(raw) for raw in raws if _route53.is_mark(raw["Name"], domain)}
    return [
        _found(zone, domain, raw, marks)
        for raw in raws
        if not (_route53.comes_with_zone(raw, domain) or _route53.is_mark(raw["Name"], domain))
    ]


def _found(zone: str, domain: str, raw: Mapping[str, Any], marks: Mapping[str, Mapping[str, str]]) -> Found:
    alias = raw.get("AliasTarget") or {}
    values = DnsRecord(
        zone=zone,
        record=_route53.domain_of(raw["Name"]),
        type=raw["Type"],
        set_identifier=raw.get("SetIdentifier") or "",
        ttl=0 if alias else int(raw.get("TTL") or 0),
        values=_route53.values_of(raw),
        alias={key: alias[key] for key in ("DNSName", "HostedZoneId", "EvaluateTargetHealth") if key in alias},
        routing={key: raw[key] for key in ROUTING if raw.get(key) is not None},
        health_check=raw.get("HealthCheckId") or "",
    )
    tags = marks.get(_route53.mark_name(domain, values.record, values.type, values.set_identifier), {})
    state = PENDING if values.name in _unsynced else READY
    return Found(values.name, values, tags, state, values.name, {"fqdn": values.record})


def _record_set(values: DnsRecord) -> dict[str, Any]:
    """Return the ResourceRecordSet of the API."""
    answers = {"AliasTarget": dict(values.alias)} if values.alias else _plain_answers(values)
    identifier = {"SetIdentifier": values.set_identifier} if values.set_identifier else {}
    check = {"HealthCheckId": values.health_check} if values.health_check else {}
    return {"Name": values.record, "Type": values.type, **identifier, **(values.routing or {}), **answers, **check}


def _plain_answers(values: DnsRecord) -> dict[str, Any]:
    return {"TTL": values.ttl, "ResourceRecords": [{"Value": value} for value in values.values]}


def _mark(domain: str, values: DnsRecord, tags: Mapping[str, str]) -> dict[str, Any]:
    return _route53.mark(domain, values.record, values.type, values.set_identifier or "", tags)


def _domain(context: Context, zone: str) -> str:
    return next(found.values.domain for found in context.found("hosted_zone") if found.id == zone)


KIND = Kind(
    name="dns_record",
    service="route53",
    values=DnsRecord,
    list=list_records,
    look_up=look_up,
    calls={"ListResourceRecordSets": "parent", "GetChange": "resource", "GetHostedZone": "resource"},
    actions=("route53:ChangeResourceRecordSets",),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    after=("hosted_zone",),
    waits_for=("update",),
    global_service=True,
    marked=True,
    unique_name=True,
    name_format="{name}/",
    name_limit=1024,
    retries=_route53.RETRIES,
)
