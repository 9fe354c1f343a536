# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A health check of an endpoint: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover.html

It takes no tags on creation: until it has some it is known by its caller reference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    always,
    arguments,
    create_only,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53

TAGGED = "healthcheck"
DISABLED = "makes Route 53 take the endpoint for healthy, whatever it answers"


def disrupted_by_disabling(before: bool, after: bool) -> str:
    return DISABLED if after and not before else ""


@dataclasses.dataclass(frozen=True)
class HealthCheck:
    """`type` is one of the API's that ask an endpoint; `domain` is the host name that is asked, or only named in the request
    where there is an `address`. Without `regions`, AWS's checkers in all of theirs ask."""

    type: str | None = create_only("Type")
    request_interval: int | None = create_only("RequestInterval")
    measure_latency: bool | None = create_only("MeasureLatency")
    domain: str | None = mutable("FullyQualifiedDomainName")
    address: str | None = mutable("IPAddress")
    port: int | None = mutable("Port")
    path: str | None = mutable("ResourcePath")
    search_string: str | None = mutable("SearchString")
    failure_threshold: int | None = mutable("FailureThreshold")
    inverted: bool | None = mutable("Inverted", disrupts=always("turns healthy into unhealthy, and back"))
    disabled: bool | None = mutable("Disabled", disrupts=disrupted_by_disabling)
    regions: Any = mutable("Regions", normalise=unordered)


def list_checks(context: Context) -> Iterable[Found]:
    checks = context.pages("route53", "list_health_checks", "HealthChecks")
    tags = _route53.tags_by_id(context, TAGGED, [raw["Id"] for raw in checks])
    return [
        _found(context, raw, _route53.owned_tags(context, KIND.name, raw["CallerReference"], tags.get(raw["Id"], {})))
        for raw in checks
    ]


def create(context: Context, new: New, values: HealthCheck) -> Found:
    answer = context.client("route53").create_health_check(
        CallerReference=_route53.reference_of(context.stack, KIND.name, new.name) + new.token, HealthCheckConfig=arguments(values)
    )
    check = _found(context, answer["HealthCheck"], new.tags)
    _route53.set_tags(context, TAGGED, check.id, new.tags)
    return check


def update(context: Context, found: Found, values: HealthCheck, fields: set[str]) -> None:
    context.client("route53").update_health_check(HealthCheckId=found.id, **arguments(values, fields))


def delete(context: Context, found: Found) -> None:
    """AWS would not object while records use it: they are all ours, and have gone before."""
    context.client("route53").delete_health_check(HealthCheckId=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """The identity may only have been guessed by the caller reference."""
    identity = {key: value for key, value in found.tags.items() if key.startswith("terrace:")}
    _route53.set_tags(context, TAGGED, found.id, {**identity, **wanted})


def _found(context: Context, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    config = raw["HealthCheckConfig"]
    given = {
        "MeasureLatency": False,
        "Inverted": False,
        "Disabled": False,
        **{key: value for key, value in config.items() if value is not None},
    }
    values = read(HealthCheck, given, regions=tuple(config.get("Regions") or ()))
    return Found(raw["Id"], values, tags, attributes={"arn": _route53.arn(context, TAGGED, raw["Id"])})


KIND = Kind(
    name="health_check",
    service="route53",
    values=HealthCheck,
    list=list_checks,
    calls={"ListHealthChecks": "page", "ListTagsForResources": "page"},
    actions=(
        "route53:CreateHealthCheck",
        "route53:ChangeTagsForResource",
        "route53:UpdateHealthCheck",
        "route53:DeleteHealthCheck",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    held_by_users=True,
    global_service=True,
)
