# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the rules of a listener of the emulated account."""

from typing import Any

from local_cloud.reconcile.desired import Action, Condition, ListenerRule

CONFIGURATIONS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
# What AWS adds to a redirect that does not say it.
REDIRECT = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}


def read_rules(elbv2: Any, listener: Any) -> tuple[ListenerRule, ...]:
    """Return a listener's rules in order of priority, the default last."""
    rules = sorted(listener.rules.values(), key=_priority)
    return tuple(_rule(elbv2, listener, rule) for rule in rules)


def _priority(rule: Any) -> float:
    return float("inf") if rule.priority == "default" else float(rule.priority)


def _rule(elbv2: Any, listener: Any, rule: Any) -> ListenerRule:
    default = rule.priority == "default"
    # moto keeps a default action that was modified on the listener only.
    actions = listener.default_actions if default else rule.actions
    conditions = () if default else tuple(_condition(item) for item in rule.conditions)
    return ListenerRule(conditions, _action(elbv2, actions[-1].data), 0 if default else int(rule.priority))


def _condition(condition: dict[str, Any]) -> Condition:
    field = condition["Field"]
    settings = condition.get(CONFIGURATIONS[field]) or condition
    values, expressions = settings.get("Values") or (), tuple(settings.get("RegexValues") or ())
    if field == "query-string":
        return Condition(field, pairs=tuple((pair.get("Key") or "", pair["Value"]) for pair in values))
    return Condition(field, tuple(values), expressions, header=settings.get("HttpHeaderName", ""))


def _action(elbv2: Any, data: dict[str, Any]) -> Action:
    if data["Type"] == "forward":
        return _forward(elbv2, data)
    if data["Type"] == "redirect":
        return Action("redirect", settings=_settings(REDIRECT | data["RedirectConfig"]))
    return Action(data["Type"], settings=_settings(data.get("FixedResponseConfig") or {}))


def _forward(elbv2: Any, data: dict[str, Any]) -> Action:
    configuration = data.get("ForwardConfig") or {}
    shares = [(item["TargetGroupArn"], int(item.get("Weight", 1))) for item in configuration.get("TargetGroups") or [data]]
    groups = {arn: group for arn, group in elbv2.target_groups.items() if group.target_type != "lambda"}
    known = tuple((groups[arn].name, weight) for arn, weight in shares if arn in groups)
    sticky = configuration.get("TargetGroupStickinessConfig") or {}
    enabled = str(sticky.get("Enabled")).lower() == "true"
    return Action("forward", groups=known, sticky_seconds=int(sticky.get("DurationSeconds") or 0) if enabled else 0)


def _settings(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in data.items() if value is not None))
