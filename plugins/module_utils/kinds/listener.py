# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener of a load balancer, known by its port.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    always,
    arguments,
    create_only,
    mutable,
    read,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

IDLE_TIMEOUT = "tcp.idle_timeout.seconds"
DEFAULT_IDLE_TIMEOUT = 350


@dataclasses.dataclass(frozen=True)
class Listener:
    """`action` is what happens to every request that no rule is for, in the API's words.

    `certificate` is the one for clients that name no host or one that none of the `certificates` is for. `idle_timeout`
    is in seconds, of TCP.
    """

    load_balancer: Any = create_only("LoadBalancerArn", refers=("load_balancer",))
    port: int | None = create_only("Port")
    action: Any = mutable(normalise=_elbv2.comparable_action, refers=("target_group",))
    protocol: str | None = mutable("Protocol", disrupts=always("shuts out clients of the former protocol"))
    certificate: Any = mutable(refers=("certificate",))
    certificates: Any = mutable(normalise=unordered, refers=("certificate",))
    tls_policy: str | None = mutable("SslPolicy")
    idle_timeout: int | None = mutable()


def list_listeners(context: Context) -> Iterable[Found]:
    owners = [owner.id for owner in context.found("load_balancer") if owner.belongs_to(context.stack, "load_balancer")]
    pages = context.each(lambda owner: _elbv2.children(context, "describe_listeners", "Listeners", LoadBalancerArn=owner), owners)
    listeners = [raw for page in pages for raw in page]
    tags = _elbv2.tags_by_arn(context, [raw["ListenerArn"] for raw in listeners])
    found = [_found(raw, tags.get(raw["ListenerArn"], {})) for raw in listeners]
    return context.each(lambda listener: _with_details(context, listener), found)


def identity(values: Listener) -> tuple[Any, ...]:
    return (values.load_balancer, values.port)


def create(context: Context, new: New, values: Listener) -> Found:
    answer = context.client("elbv2").create_listener(
        **arguments(values), **_certificate(values), DefaultActions=[values.action], Tags=new.tag_list
    )
    made = _found(answer["Listeners"][0], new.tags)
    return dataclasses.replace(made, values=dataclasses.replace(made.values, idle_timeout=DEFAULT_IDLE_TIMEOUT))


def update(context: Context, found: Found, values: Listener, fields: set[str]) -> None:
    """A listener that becomes encrypted needs its certificate in the same call."""
    elbv2 = context.client("elbv2")
    changed = {
        **arguments(values, fields),
        **(_certificate(values) if "certificate" in fields else {}),
        **({"DefaultActions": [values.action]} if "action" in fields else {}),
    }
    if changed:
        elbv2.modify_listener(ListenerArn=found.id, **changed)
    if "certificates" in fields:
        _set_certificates(elbv2, found, values)
    if "idle_timeout" in fields:
        attribute = {"Key": IDLE_TIMEOUT, "Value": str(values.idle_timeout)}
        elbv2.modify_listener_attributes(ListenerArn=found.id, Attributes=[attribute])


def delete(context: Context, found: Found) -> None:
    context.client("elbv2").delete_listener(ListenerArn=found.id)


def _certificate(values: Listener) -> dict[str, Any]:
    return {"Certificates": [{"CertificateArn": values.certificate}]} if values.certificate else {}


def _set_certificates(elbv2: Any, found: Found, values: Listener) -> None:
    """AWS takes and leaves one further certificate a call; no client is without its own in between.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html
    """
    wanted, present = set(values.certificates), set(found.values.certificates or ())
    for arn in sorted(wanted - present):
        elbv2.add_listener_certificates(ListenerArn=found.id, Certificates=[{"CertificateArn": arn}])
    for arn in sorted(present - wanted):
        elbv2.remove_listener_certificates(ListenerArn=found.id, Certificates=[{"CertificateArn": arn}])


def _with_details(context: Context, listener: Found) -> Found:
    """A listener may go between the list and the reads."""
    details: dict[str, Any] = {}
    try:
        if listener.values.protocol in _elbv2.ENCRYPTED:
            details["certificates"] = _certificates(context, listener.id)
        if listener.values.protocol == "TCP":
            details["idle_timeout"] = _idle_timeout(context, listener.id)
    except Exception as error:
        if not is_not_found(error):
            raise
    return dataclasses.replace(listener, values=dataclasses.replace(listener.values, **details)) if details else listener


def _certificates(context: Context, arn: str) -> tuple[str, ...]:
    """Return the further certificates. The default one is listed with them."""
    listed = context.pages("elbv2", "describe_listener_certificates", "Certificates", ListenerArn=arn)
    return tuple(raw["CertificateArn"] for raw in listed if not raw.get("IsDefault"))


def _idle_timeout(context: Context, arn: str) -> int | None:
    answer = context.client("elbv2").describe_listener_attributes(ListenerArn=arn)
    return _elbv2.attributes(answer["Attributes"]).get(IDLE_TIMEOUT)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    default = (raw.get("Certificates") or [{}])[0].get("CertificateArn")
    action = _elbv2.last_action(raw.get("DefaultActions") or ())
    return Found(
        raw["ListenerArn"],
        read(Listener, raw, certificate=default, certificates=(), action=action),
        tags,
        name=str(raw["Port"]),
        attributes={"arn": raw["ListenerArn"]},
    )


KIND = Kind(
    name="listener",
    service="elbv2",
    values=Listener,
    list=list_listeners,
    calls={
        "DescribeListeners": "parent",
        "DescribeTags": "parent",
        "DescribeListenerCertificates": "resource",
        "DescribeListenerAttributes": "resource",
    },
    actions=(
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:DeleteListener",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elbv2.tag,
    after=("load_balancer",),
    identity=identity,
    parent="load_balancer",
    # ACM says that a certificate is issued some moments before load balancers know.
    retries=(
        Retry("CreateListener", "UnsupportedCertificate", seconds=60.0),
        Retry("ModifyListener", "UnsupportedCertificate", seconds=60.0),
    ),
)
