# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Route 53 kinds share: tags, record sets, and changes of a zone in few calls.

Route 53 takes five requests a second of an account, and one change of a zone after the other:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID, TAG_STACK, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

# https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html and API_ChangeTagsForResource.html
TAGS_PER_CALL = RESOURCES_PER_CALL = 10
# Somebody else may be changing the same zone: it takes one change after the other.
RETRIES = (Retry("ChangeResourceRecordSets", "PriorRequestNotComplete", seconds=300.0),)
# The names of records that mark others as ours begin with a hash, and go on with this.
MARK = "_terrace"
# Of one string of a TXT record, in bytes: RFC 1035.
LONGEST_STRING = 255
VALIDATION = "acm-validations.aws"


def reference_of(stack: Stack, kind: str, name: str) -> str:
    """Return how the caller references begin that are ours: their 64 characters have no room for names."""
    return hashlib.sha256(f"{stack.name}/{kind}/{name}".encode()).hexdigest()[:31] + "-"


def tags_by_id(context: Context, resource_type: str, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the tags of zones (``hostedzone``) or health checks (``healthcheck``), whose lists omit them."""
    client = context.client("route53")
    answers = context.each(
        lambda batch: client.list_tags_for_resources(ResourceType=resource_type, ResourceIds=batch)["ResourceTagSets"],
        batches(ids, RESOURCES_PER_CALL),
    )
    return {item["ResourceId"]: {t["Key"]: t["Value"] for t in item["Tags"]} for answer in answers for item in answer}


def owned_tags(context: Context, kind: str, reference: str, tags: Mapping[str, str]) -> Mapping[str, str]:
    """Return the tags, or the identity that the caller reference tells: a create whose run was killed has set none."""
    if tags:
        return tags
    for declaration in context.declared(kind):
        if reference.startswith(reference_of(context.stack, kind, declaration.name)):
            identity = declaration.identity_tags(context.stack)
            return {TAG_STACK: identity[TAG_STACK], TAG_ID: identity[TAG_ID]}
    return tags


def set_tags(context: Context, resource_type: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """ChangeTagsForResource, the identity first."""
    items = sorted(tags.items(), key=lambda item: (not item[0].startswith("terrace:"), item))
    for batch in batches(items, TAGS_PER_CALL):
        context.client("route53").change_tags_for_resource(
            ResourceType=resource_type,
            ResourceId=resource_id,
            AddTags=[{"Key": key, "Value": value} for key, value in batch],
        )


def arn(context: Context, resource_type: str, resource_id: str) -> str:
    return f"arn:{context.client('route53').meta.partition}:route53:::{resource_type}/{resource_id}"


def domain_of(name: str) -> str:
    """Return a name as people write it: Route 53 answers in lower case, with a dot at the end and ``\\052`` for an asterisk."""
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), name).rstrip(".").lower()


def is_within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def zone_id(path: str) -> str:
    """Return the id without ``/hostedzone/`` before it."""
    return path.rpartition("/")[2]


def record_sets(context: Context, zone: str) -> list[dict[str, Any]]:
    return context.pages("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)


def values_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item["Value"] for item in raw.get("ResourceRecords") or ())


def comes_with_zone(raw: Mapping[str, Any], domain: str) -> bool:
    """Whether a record set is one of the two that AWS makes with a zone, and takes away with it."""
    return raw["Type"] in ("NS", "SOA") and domain_of(raw["Name"]) == domain


def is_validation(raw: Mapping[str, Any]) -> bool:
    """Whether a record set proves to ACM who owns a domain. Certificates share them, so none of them is the owner."""
    return raw["Type"] == "CNAME" and any(domain_of(value).endswith(f".{VALIDATION}") for value in values_of(raw))


def is_mark(name: str, domain: str) -> bool:
    return domain_of(name).endswith(f".{MARK}.{domain}")


def mark_name(domain: str, name: str, type_: str, set_identifier: str) -> str:
    """Return the name of a record's mark. It is a hash, as names may be long, a wildcard, or delegated to other servers."""
    digest = hashlib.sha256("/".join((name, type_, set_identifier)).encode()).hexdigest()[:16]
    return f"{digest}.{MARK}.{domain}"


def mark(domain: str, name: str, type_: str, set_identifier: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the TXT record set that makes a record ours: ``terrace:stack=<stack>`` and ``terrace:id=<id>``."""
    texts = (f"{key}={value}" for key, value in sorted(tags.items()) if key.startswith("terrace:"))
    return {
        "Name": mark_name(domain, name, type_, set_identifier),
        "Type": "TXT",
        "TTL": 300,
        "ResourceRecords": [{"Value": quoted(text)} for text in texts],
    }


def marked(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the identity that a mark says."""
    texts = (unquoted(value).partition("=") for value in values_of(raw))
    return {key: value for key, _equals, value in texts if key.startswith("terrace:")}


def quoted(text: str) -> str:
    """Return text as the value of a TXT record: quoted strings of at most 255 bytes, with octal codes for what is not ASCII.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
    """
    parts = batches(text.encode(), LONGEST_STRING) or [[]]
    return " ".join('"' + "".join(map(_escaped, part)) + '"' for part in parts)


def unquoted(value: str) -> str:
    """Return the text of a value that `quoted` has made."""
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', value)
    codes = re.compile(r"\\(\d{3}|.)")
    return "".join(
        codes.sub(lambda match: chr(int(match[1], 8)) if match[1].isdigit() else match[1], string) for string in strings
    )


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{byte:03o}"


@dataclasses.dataclass
class _Wish:
    """What a thread wants to be changed, and what became of it: the id of the change, or the error."""

    changes: list[dict[str, Any]]
    answer: str | Exception | None = None


_zones: dict[str, threading.Lock] = {}
_wishes: dict[str, list[_Wish]] = {}
_lock = threading.Lock()


def change(context: Context, zone: str, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Make (action, record set) changes of a zone as a whole, and return the id of the change.

    While one call is on its way, what other threads want of the same zone gathers for the next.
    """
    wish = _Wish([{"Action": action, "ResourceRecordSet": dict(raw)} for action, raw in changes])
    with _lock:
        turn = _zones.setdefault(zone, threading.Lock())
        _wishes.setdefault(zone, []).append(wish)
    with turn:
        if wish.answer is None:
            with _lock:
                wishes = _wishes.pop(zone)
            _send(context, zone, wishes)
    if isinstance(wish.answer, Exception):
        raise wish.answer
    return str(wish.answer)


def _send(context: Context, zone: str, wishes: list[_Wish]) -> None:
    """One wrong change fails the whole call: then each is made by itself."""
    try:
        answer: str | Exception = _changed(context, zone, [item for wish in wishes for item in wish.changes])
    except Exception as error:
        if len(wishes) > 1 and code_of(error) in ("InvalidChangeBatch", "InvalidInput"):
            for wish in wishes:
                _send(context, zone, [wish])
            return
        answer = error
    for wish in wishes:
        wish.answer = answer


def _changed(context: Context, zone: str, changes: list[dict[str, Any]]) -> str:
    answer = context.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return str(answer["ChangeInfo"]["Id"])
