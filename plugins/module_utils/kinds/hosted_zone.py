# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hosted zone, public or private: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-working-with.html

It takes no tags on creation: until it has some it is known by its caller reference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import GONE, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53

TAGGED = "hostedzone"
# Of records in the way: more than this many are not worth reading in a message.
SHOWN = 5
# Those that AWS makes with the zone.
OWN_RECORDS = 2


def lost_by_vpcs(before: Iterable[Any], after: Iterable[Any]) -> str:
    lost = sorted({vpc["VPCId"] for vpc in before} - {vpc["VPCId"] for vpc in after})
    return f"leaves {', '.join(lost)} without the names of the zone" if lost else ""


@dataclasses.dataclass(frozen=True)
class HostedZone:
    """`vpcs` are ``{"VPCId": ..., "VPCRegion": ...}``; only a `private` zone has some, and never none."""

    domain: str | None = create_only()
    private: bool | None = create_only()
    comment: str | None = mutable()
    vpcs: Any = mutable(normalise=unordered, refers=("vpc",), disrupts=lost_by_vpcs)

    @property
    def name(self) -> str | None:
        """A second public zone for a domain answers nobody. Private ones may have the names of others."""
        return None if self.private else self.domain


def list_zones(context: Context) -> Iterable[Found]:
    """All zones of the account. Details are read of ours alone."""
    zones = context.pages("route53", "list_hosted_zones", "HostedZones")
    tags = _route53.tags_by_id(context, TAGGED, [_route53.zone_id(raw["Id"]) for raw in zones])

    def owned(raw: Mapping[str, Any]) -> Mapping[str, str]:
        return _route53.owned_tags(context, KIND.name, raw["CallerReference"], tags.get(_route53.zone_id(raw["Id"]), {}))

    found = [_found(context, raw, owned(raw)) for raw in zones]
    records = {_route53.zone_id(raw["Id"]): raw.get("ResourceRecordSetCount", 0) for raw in zones}
    return context.each(lambda zone: _with_details(context, zone, records[zone.id] > OWN_RECORDS), found)


def create(context: Context, new: New, values: HostedZone) -> Found:
    first = {"VPC": values.vpcs[0]} if values.private else {}
    answer = context.client("route53").create_hosted_zone(
        Name=values.domain,
        CallerReference=_route53.reference_of(context.stack, KIND.name, new.name) + new.token,
        HostedZoneConfig={"Comment": values.comment or "", "PrivateZone": bool(values.private)},
        **first,
    )
    zone = _found(context, answer["HostedZone"], new.tags)
    _route53.set_tags(context, TAGGED, zone.id, new.tags)
    servers = tuple(answer.get("DelegationSet", {}).get("NameServers", ()))
    vpcs = (values.vpcs[0],) if values.private else ()
    return dataclasses.replace(
        zone, values=dataclasses.replace(zone.values, vpcs=vpcs), attributes={**zone.attributes, "name_servers": servers}
    )


def update(context: Context, found: Found, values: HostedZone, fields: set[str]) -> None:
    """VPCs are added before others are taken away: the last one cannot be."""
    client = context.client("route53")
    if "comment" in fields:
        client.update_hosted_zone_comment(Id=found.id, Comment=values.comment)
    if "vpcs" in fields:
        present, wanted = ({vpc["VPCId"]: vpc for vpc in vpcs} for vpcs in (found.values.vpcs or (), values.vpcs))
        for vpc in wanted.keys() - present.keys():
            client.associate_vpc_with_hosted_zone(HostedZoneId=found.id, VPC=wanted[vpc])
        for vpc in present.keys() - wanted.keys():
            client.disassociate_vpc_from_hosted_zone(HostedZoneId=found.id, VPC=present[vpc])


def delete(context: Context, found: Found) -> None:
    """Take away what nobody owns first: validation records of certificates, and marks of records that have gone."""
    domain = found.values.domain
    nobodys = [raw for raw in _route53.record_sets(context, found.id) if _is_left(raw, domain, context.stack.name)]
    if nobodys:
        _route53.change(context, found.id, [("DELETE", raw) for raw in nobodys])
    context.client("route53").delete_hosted_zone(Id=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """The identity may only have been guessed by the caller reference."""
    identity = {key: value for key, value in found.tags.items() if key.startswith("terrace:")}
    _route53.set_tags(context, TAGGED, found.id, {**identity, **wanted})


def guard(found: Found) -> str | None:
    foreign = found.attributes.get("foreign_records") or ()
    if not foreign:
        return None
    shown = ", ".join(foreign[:SHOWN]) + (f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else "")
    return f"has records that are not this stack's ({shown}): delete those first, or list the zone under terrace_external"


def _with_details(context: Context, zone: Found, has_records: bool) -> Found:
    """A zone may go between the list and the reads."""
    if not zone.belongs_to(context.stack, KIND.name):
        return zone
    try:
        answer = context.client("route53").get_hosted_zone(Id=zone.id)
        records = _route53.record_sets(context, zone.id) if has_records else []
    except Exception as error:
        if is_not_found(error):
            return dataclasses.replace(zone, state=GONE)
        raise
    vpcs = tuple({"VPCId": vpc["VPCId"], "VPCRegion": vpc["VPCRegion"]} for vpc in answer.get("VPCs", ()))
    more = {
        "name_servers": tuple(answer.get("DelegationSet", {}).get("NameServers", ())),
        "foreign_records": _foreign(records, zone.values.domain, context.stack.name),
    }
    return dataclasses.replace(zone, values=dataclasses.replace(zone.values, vpcs=vpcs), attributes={**zone.attributes, **more})


def _foreign(records: list[dict[str, Any]], domain: str, stack: str) -> tuple[str, ...]:
    """Return the records that are not ours to delete, as ``www.example.com A``."""
    ours = {
        _route53.domain_of(raw["Name"])
        for raw in records
        if _route53.is_mark(raw["Name"], domain) and _route53.marked(raw).get("terrace:stack") == stack
    }
    foreign = []
    for raw in records:
        name = _route53.domain_of(raw["Name"])
        mark = _route53.mark_name(domain, name, raw["Type"], raw.get("SetIdentifier") or "")
        left = _route53.comes_with_zone(raw, domain) or _route53.is_validation(raw) or _route53.is_mark(name, domain)
        if not (left or mark in ours):
            foreign.append(f"{name} {raw['Type']}")
    return tuple(dict.fromkeys(foreign))


def _is_left(raw: Mapping[str, Any], domain: str, stack: str) -> bool:
    ours = _route53.is_mark(raw["Name"], domain) and _route53.marked(raw).get("terrace:stack") == stack
    return ours or _route53.is_validation(raw)


def _found(context: Context, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    config = raw.get("Config", {})
    domain, private = _route53.domain_of(raw["Name"]), bool(config.get("PrivateZone"))
    identity = _route53.zone_id(raw["Id"])
    values = HostedZone(domain=domain, private=private, comment=config.get("Comment") or "")
    attributes = {"arn": _route53.arn(context, TAGGED, identity), "domain": domain, "private": private}
    return Found(identity, values, tags, name=None if private else domain, attributes=attributes)


KIND = Kind(
    name="hosted_zone",
    service="route53",
    values=HostedZone,
    list=list_zones,
    calls={
        "ListHostedZones": "page",
        "ListTagsForResources": "page",
        "GetHostedZone": "resource",
        "ListResourceRecordSets": "resource",
    },
    actions=(
        "route53:CreateHostedZone",
        "route53:ChangeTagsForResource",
        "route53:UpdateHostedZoneComment",
        "route53:AssociateVPCWithHostedZone",
        "route53:DisassociateVPCFromHostedZone",
        "route53:ChangeResourceRecordSets",
        "route53:DeleteHostedZone",
        "ec2:DescribeVpcs",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    guard=guard,
    global_service=True,
    unique_name=True,
    name_format="terrace/{stack}/{name}",
    retries=_route53.RETRIES,
)
