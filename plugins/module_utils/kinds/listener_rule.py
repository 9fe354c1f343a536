# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule of a listener of an application load balancer.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html

Two rules of a listener never have the same priority. Those that exist change theirs together, in one call, so that they can
change places without a moment in which a request meets neither.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elbv2

DEFAULT = "default"
HIGHEST = 50000

_listeners: dict[str, threading.Lock] = {}
_lock = threading.Lock()


def comparable_conditions(conditions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Normaliser: neither the order of conditions nor that of their values means anything."""
    return sorted(json.dumps(_sorted(condition), sort_keys=True, default=str) for condition in conditions or ())


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True, default=str))
    return value


@dataclasses.dataclass(frozen=True)
class ListenerRule:
    """`conditions` and `action` are in the API's words; all conditions have to be met. Lower priorities come first."""

    listener: Any = create_only("ListenerArn", refers=("listener",))
    priority: int | None = mutable()
    conditions: Any = mutable(normalise=comparable_conditions)
    action: Any = mutable(normalise=_elbv2.comparable_action, refers=("target_group",))


def list_rules(context: Context) -> Iterable[Found]:
    """Only those of HTTP have rules of their own."""
    owners = [owner.id for owner in context.found("listener") if owner.values.protocol in ("HTTP", "HTTPS")]
    return _rules_of(context, owners)


def create(context: Context, new: New, values: ListenerRule) -> Found:
    """CreateRule has no token: a priority that is taken may be so by this very rule, or by one that is to move away."""
    try:
        return _create(context, new, values)
    except Exception as error:
        if code_of(error) != "PriorityInUse":
            raise
        holders = [found for found in _rules_of(context, [values.listener]) if found.values.priority == values.priority]
        for found in holders:
            if found.belongs_to(context.stack, KIND.name) and found.logical_name == new.name:
                return found
    _arrange(context, new.name, values)
    return _create(context, new, values)


def update(context: Context, found: Found, values: ListenerRule, fields: set[str]) -> None:
    if "priority" in fields:
        _arrange(context, found.logical_name, values)
    changed = {
        **({"Conditions": list(values.conditions)} if "conditions" in fields else {}),
        **({"Actions": [values.action]} if "action" in fields else {}),
    }
    if changed:
        context.client("elbv2").modify_rule(RuleArn=found.id, **changed)


def delete(context: Context, found: Found) -> None:
    context.client("elbv2").delete_rule(RuleArn=found.id)


def _create(context: Context, new: New, values: ListenerRule) -> Found:
    answer = context.client("elbv2").create_rule(
        ListenerArn=values.listener,
        Priority=values.priority,
        Conditions=list(values.conditions),
        Actions=[values.action],
        Tags=new.tag_list,
    )
    return _found(values.listener, answer["Rules"][0], new.tags)


def _arrange(context: Context, name: str, values: ListenerRule) -> None:
    """Give all rules of a listener their declared priorities.

    One rule's turn does it for the others, whose turns then find nothing left to do.
    """
    with _lock:
        turn = _listeners.setdefault(values.listener, threading.Lock())
    with turn:
        owner = name.rpartition("/")[0]
        wanted = {d.name: d.values.priority for d in context.declared(KIND.name) if d.name.rpartition("/")[0] == owner}
        changes = priorities(_rules_of(context, [values.listener]), {**wanted, name: values.priority})
        if changes:
            listed = [{"RuleArn": arn, "Priority": priority} for arn, priority in sorted(changes.items())]
            context.client("elbv2").set_rule_priorities(RulePriorities=listed)


def priorities(present: Iterable[Found], wanted: Mapping[str, int]) -> dict[str, int]:
    """Return what has to change, by ARN, so that the rules present have the `wanted` priorities, by logical name.

    Rules that nobody declares any more make way to the end of the list: they are deleted only after the others are right.
    """
    present = list(present)
    moved = {found.id: wanted[found.logical_name] for found in present if found.logical_name in wanted}
    taken = {*wanted.values(), *(found.values.priority for found in present)}
    free = iter(priority for priority in range(HIGHEST, 0, -1) if priority not in taken)
    for found in present:
        if found.id not in moved and found.values.priority in wanted.values():
            moved[found.id] = next(free)
    return {found.id: moved[found.id] for found in present if moved.get(found.id, found.values.priority) != found.values.priority}


def _rules_of(context: Context, listeners: Iterable[str]) -> list[Found]:
    """Return the rules of listeners, without the default ones, which the listeners have."""
    pages = context.each(
        lambda arn: [(arn, raw) for raw in _elbv2.children(context, "describe_rules", "Rules", ListenerArn=arn)], listeners
    )
    rules = [(arn, raw) for page in pages for arn, raw in page if raw["Priority"] != DEFAULT]
    tags = _elbv2.tags_by_arn(context, [raw["RuleArn"] for _arn, raw in rules])
    return [_found(arn, raw, tags.get(raw["RuleArn"], {})) for arn, raw in rules]


def _found(listener: str, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = ListenerRule(
        listener=listener,
        priority=int(raw["Priority"]),
        conditions=tuple(_condition(condition) for condition in raw.get("Conditions") or ()),
        action=_elbv2.last_action(raw.get("Actions") or ()),
    )
    return Found(raw["RuleArn"], values, tags, name=raw["Priority"], attributes={"arn": raw["RuleArn"]})


def _condition(raw: Mapping[str, Any]) -> dict[str, Any]:
    """AWS answers the values of hosts and paths twice, the second time in the way of old. What is empty is not there."""
    given = {key: _given(value) for key, value in raw.items() if value}
    return {key: value for key, value in given.items() if not (key == "Values" and len(given) > len(("Field", "Values")))}


def _given(value: Any) -> Any:
    return {key: item for key, item in value.items() if item} if isinstance(value, Mapping) else value


KIND = Kind(
    name="listener_rule",
    service="elbv2",
    values=ListenerRule,
    list=list_rules,
    calls={"DescribeRules": "parent", "DescribeTags": "parent"},
    actions=(
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:SetRulePriorities",
        "elasticloadbalancing:DeleteRule",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elbv2.tag,
    after=("listener",),
    parent="listener",
)
