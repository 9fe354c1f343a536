# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate of ACM, which proves by records in the DNS whose domain it is for.

https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html: the record of a domain is always the same in an
account, for the wildcard, too, and every renewal looks for it. So certificates share such records, and no certificate
takes them away: only the deletion of their zone does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotReady, NotVisible
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    FAILED,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found, repeat
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, create_only, initial, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53

STATES = {"PENDING_VALIDATION": PENDING, "ISSUED": READY}
# Without the filter ACM lists only certificates with RSA keys of up to 2,048 bits.
# https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
# ACM tells what to write into the DNS some seconds after the request.
RECORDS_SECONDS = 120.0
TTL = 300


def same_names(names: Iterable[str]) -> Any:
    """Normaliser: neither case nor order nor repetition matters."""
    return unordered({_route53.domain_of(name) for name in names})


@dataclasses.dataclass(frozen=True)
class Certificate:
    """`names` are all that the certificate is for, `domain` among them.

    `zones` are those to write the records of validation into, as ``{"id": ..., "domain": ...}``. `records` says whether
    they are there; without it somebody else has to write them.
    """

    domain: str | None = create_only(normalise=_route53.domain_of)
    names: Any = create_only(normalise=same_names)
    key_algorithm: str | None = create_only()
    transparency_logging: bool | None = mutable(disrupts=always("takes effect with the next renewal"))
    records: bool | None = mutable()
    zones: Any = initial(refers=("hosted_zone",))


def list_certificates(context: Context) -> Iterable[Found]:
    """Details are read of those that the index of tags knows, and of those that are for a declared domain."""
    summaries = _summaries(context)
    known = context.tags_by_arn() if summaries else {}
    declared = {_route53.domain_of(declaration.values.domain) for declaration in context.declared(KIND.name)}
    concerned = [raw for raw in summaries if raw["CertificateArn"] in known or _route53.domain_of(raw["DomainName"]) in declared]
    return _described(context, concerned)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Every certificate of the account may be meant, by its ARN, domain or tags."""
    arns = {wanted[key] for key in ("id", "arn") if key in wanted}
    meant = [
        raw
        for raw in _summaries(context)
        if (not arns or raw["CertificateArn"] in arns) and wanted.get("domain") in (None, _route53.domain_of(raw["DomainName"]))
    ]
    return _described(context, meant)


def create(context: Context, new: New, values: Certificate) -> Found:
    acm = context.client("acm")
    others = [name for name in values.names if name != values.domain]
    arn = acm.request_certificate(
        DomainName=values.domain,
        **({"SubjectAlternativeNames": others} if others else {}),
        ValidationMethod="DNS",
        KeyAlgorithm=values.key_algorithm,
        IdempotencyToken=new.token,
        Options=_options(values),
        Tags=new.tag_list,
    )["CertificateArn"]
    if values.records:
        _write_records(context, arn, values.zones)
    return Found(arn, values, new.tags, PENDING, attributes={"arn": arn, "domain": values.domain})


def update(context: Context, found: Found, values: Certificate, fields: set[str]) -> None:
    if "records" in fields:
        _write_records(context, found.id, values.zones)
    if "transparency_logging" in fields:
        context.client("acm").update_certificate_options(CertificateArn=found.id, Options=_options(values))


def delete(context: Context, found: Found) -> None:
    context.client("acm").delete_certificate(CertificateArn=found.id)
    if found.values.records:
        context.note(f"the records that validate {found.values.domain} stay in the DNS: other certificates may need them")


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    context.client("acm").add_tags_to_certificate(
        CertificateArn=found.id, Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    )


def holders(context: Context, found: Found) -> list[str]:
    """Name what uses the certificate, by ARN. Whoever lets it go is seen to do so some minutes later."""
    return sorted(context.client("acm").describe_certificate(CertificateArn=found.id)["Certificate"].get("InUseBy", []))


def records_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return name and value of the records that prove the domains: one for a domain and its wildcard together."""
    records = (option.get("ResourceRecord") for option in raw.get("DomainValidationOptions", ()))
    return {_route53.domain_of(record["Name"]): record["Value"] for record in records if record}


def _write_records(context: Context, arn: str, zones: Iterable[Mapping[str, str]]) -> None:
    """UPSERT: another certificate may have written the same already."""
    by_zone: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, value in _awaited_records(context, arn).items():
        within = [zone for zone in zones if _route53.is_within(name, _route53.domain_of(zone["domain"]))]
        if not within:
            raise NotReady(f"none of the zones of the certificate has {name}: add the zone of that domain to its zones")
        zone = max(within, key=lambda zone: len(zone["domain"]))
        by_zone.setdefault(zone["id"], []).append(("UPSERT", _record_set(name, value)))
    for zone_id, changes in by_zone.items():
        _route53.change(context, zone_id, changes)


def _awaited_records(context: Context, arn: str) -> dict[str, str]:
    """Return the records as soon as ACM tells all of them."""

    def told() -> dict[str, str]:
        raw = context.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
        options = raw.get("DomainValidationOptions", ())
        if not options or any("ResourceRecord" not in option for option in options):
            raise NotVisible(f"{arn} does not say yet how it is to be validated")
        return records_of(raw)

    return repeat(told, lambda error: RECORDS_SECONDS if is_not_found(error) else 0.0, context.stopping)


def _record_set(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Type": "CNAME", "TTL": TTL, "ResourceRecords": [{"Value": value}]}


def _options(values: Certificate) -> dict[str, str]:
    wanted = "DISABLED" if values.transparency_logging is False else "ENABLED"
    return {"CertificateTransparencyLoggingPreference": wanted}


def _summaries(context: Context) -> list[dict[str, Any]]:
    return context.pages("acm", "list_certificates", "CertificateSummaryList", Includes={"keyTypes": KEY_TYPES})


def _described(context: Context, summaries: Iterable[Mapping[str, Any]]) -> list[Found]:
    described = context.each(lambda raw: _read(context, raw["CertificateArn"]), summaries)
    found = [item for item in described if item]
    needed = {name: value for raw, tags in found for name, value in records_of(raw).items() if _ours(context, tags)}
    present = _present(context, needed) if needed else set()
    return [_found(raw, tags, records_of(raw).keys() <= present) for raw, tags in found]


def _ours(context: Context, tags: Mapping[str, str]) -> bool:
    return Found("", None, tags).belongs_to(context.stack, KIND.name)


def _read(context: Context, arn: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    """A certificate may go between the list and the reads."""
    acm = context.client("acm")
    try:
        raw = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        tags = acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    except Exception as error:
        if is_not_found(error):
            return None
        raise
    return raw, {tag["Key"]: tag.get("Value", "") for tag in tags}


def _present(context: Context, needed: Mapping[str, str]) -> set[str]:
    """Return the names of the records that a public zone of the account has, with the right values."""
    zones = context.pages("route53", "list_hosted_zones", "HostedZones")
    public = [
        (_route53.zone_id(raw["Id"]), _route53.domain_of(raw["Name"]))
        for raw in zones
        if not raw.get("Config", {}).get("PrivateZone")
    ]
    asked = [(zone, name) for name in sorted(needed) for zone, domain in public if _route53.is_within(name, domain)]
    answers = context.each(lambda pair: _value(context, *pair), asked)
    return {name for (_zone, name), value in zip(asked, answers, strict=True) if value == _route53.domain_of(needed[name])}


def _value(context: Context, zone: str, name: str) -> str | None:
    answer = context.client("route53").list_resource_record_sets(
        HostedZoneId=zone, StartRecordName=name, StartRecordType="CNAME", MaxItems="1"
    )
    for raw in answer["ResourceRecordSets"]:
        if raw["Type"] == "CNAME" and _route53.domain_of(raw["Name"]) == name:
            return _route53.domain_of(_route53.values_of(raw)[0])
    return None


def _found(raw: Mapping[str, Any], tags: Mapping[str, str], records: bool) -> Found:
    values = Certificate(
        domain=_route53.domain_of(raw["DomainName"]),
        names=tuple(raw.get("SubjectAlternativeNames") or (raw["DomainName"],)),
        # Answers have a hyphen where requests have an underscore.
        key_algorithm=raw.get("KeyAlgorithm", "").replace("-", "_"),
        transparency_logging=raw.get("Options", {}).get("CertificateTransparencyLoggingPreference") != "DISABLED",
        records=records and bool(records_of(raw)),
    )
    attributes = {"arn": raw["CertificateArn"], "domain": values.domain, "validation_records": records_of(raw)}
    return Found(
        raw["CertificateArn"],
        values,
        tags,
        STATES.get(raw["Status"], FAILED),
        attributes=attributes,
        detail=_detail(raw),
    )


def _detail(raw: Mapping[str, Any]) -> str:
    """Say what a certificate waits for, or why there will be none."""
    if raw["Status"] != "PENDING_VALIDATION":
        return f"{raw['Status']} {raw.get('FailureReason', '')}".strip()
    waiting = ", ".join(f"{name} CNAME {value}" for name, value in sorted(records_of(raw).items()))
    return f"PENDING_VALIDATION: ACM looks for {waiting}" if waiting else "PENDING_VALIDATION"


KIND = Kind(
    name="certificate",
    service="acm",
    values=Certificate,
    list=list_certificates,
    look_up=look_up,
    calls={
        "ListCertificates": "page",
        "GetResources": "page",
        "DescribeCertificate": "resource",
        "ListTagsForCertificate": "resource",
        "ListHostedZones": "page",
        "ListResourceRecordSets": "resource",
    },
    actions=(
        "acm:RequestCertificate",
        "acm:AddTagsToCertificate",
        "acm:UpdateCertificateOptions",
        "acm:DeleteCertificate",
        "route53:ChangeResourceRecordSets",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    holders=holders,
    mended_by_update=True,
    create_before_delete=True,
    # ACM wants no options to be changed before the certificate is issued.
    retries=(Retry("UpdateCertificateOptions", "InvalidStateException", seconds=600.0), *_route53.RETRIES),
    timeout=2700.0,
    indexed=True,
)
