# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener of an application load balancer, known by its port.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, canonical, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

# What AWS adds to an action that forwards to one target group.
IMPLIED = ("ForwardConfig", "Order")


@dataclasses.dataclass(frozen=True)
class Listener:
    """`action` is what happens to every request, in the API's words: ``{"Type": "forward", "TargetGroupArn": ...}``."""

    load_balancer: Any = create_only("LoadBalancerArn", refers=("load_balancer",))
    port: int | None = create_only("Port")
    protocol: str | None = create_only("Protocol")
    action: Any = mutable(normalise=canonical, refers=("target_group",))


def list_listeners(context: Context) -> Iterable[Found]:
    owners = [owner.id for owner in context.found("load_balancer") if owner.belongs_to(context.stack, "load_balancer")]
    pages = context.each(lambda owner: context.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=owner), owners)
    listeners = [raw for page in pages for raw in page]
    tags = _elbv2.tags_by_arn(context, [raw["ListenerArn"] for raw in listeners])
    return [_found(raw, tags.get(raw["ListenerArn"], {})) for raw in listeners]


def identity(values: Listener) -> tuple[Any, ...]:
    return (values.load_balancer, values.port)


def create(context: Context, new: New, values: Listener) -> Found:
    answer = context.client("elbv2").create_listener(**arguments(values), DefaultActions=[values.action], Tags=new.tag_list)
    return _found(answer["Listeners"][0], new.tags)


def update(context: Context, found: Found, values: Listener, fields: set[str]) -> None:
    action = {"DefaultActions": [values.action]} if "action" in fields else {}
    context.client("elbv2").modify_listener(ListenerArn=found.id, **arguments(values, fields), **action)


def delete(context: Context, found: Found) -> None:
    context.client("elbv2").delete_listener(ListenerArn=found.id)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    default = raw["DefaultActions"][-1] if raw.get("DefaultActions") else {}
    action = {key: value for key, value in default.items() if key not in IMPLIED}
    return Found(
        raw["ListenerArn"],
        read(Listener, raw, action=action),
        tags,
        name=str(raw["Port"]),
        attributes={"arn": raw["ListenerArn"]},
    )


KIND = Kind(
    name="listener",
    service="elbv2",
    values=Listener,
    list=list_listeners,
    calls={"DescribeListeners": "parent", "DescribeTags": "parent"},
    actions=(
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:DeleteListener",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elbv2.tag,
    after=("load_balancer",),
    identity=identity,
    parent="load_balancer",
)
