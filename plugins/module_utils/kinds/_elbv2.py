# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the load balancing kinds share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

RESOURCES_PER_CALL = 20
# Listeners whose clients speak TLS.
ENCRYPTED = ("HTTPS", "TLS")
# What AWS adds to every action.
IMPLIED = ("Order",)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """AddTags: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html"""
    context.client("elbv2").add_tags(
        ResourceArns=[found.id], Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    )


def tags_by_arn(context: Context, arns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the tags of load balancers, listeners or target groups, whose lists omit them."""
    answers = context.each(lambda batch: _descriptions(context, batch), batches(arns, RESOURCES_PER_CALL))
    return {item["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in item["Tags"]} for answer in answers for item in answer}


def _descriptions(context: Context, arns: list[str]) -> list[dict[str, Any]]:
    """One resource that has gone since the list was read fails the whole call: then each is asked for by itself."""
    try:
        return context.client("elbv2").describe_tags(ResourceArns=arns)["TagDescriptions"]
    except Exception as error:
        if not is_not_found(error):
            raise
    return [item for arn in arns for item in _descriptions(context, [arn])] if len(arns) > 1 else []


def attribute_list(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return attributes as the API takes them, where every value is text."""
    return [{"Key": key, "Value": _text(value)} for key, value in sorted(attributes.items())]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def attributes(items: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Return the API's attributes as a dict with booleans and numbers."""
    return {item["Key"]: _typed(item.get("Value", "")) for item in items}


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"0|[1-9]\d*", text) else text


def last_action(actions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is done to a request in the end, as it is declared: other actions come before it.

    AWS answers an action that forwards to one target group in two ways at once, of which the simpler one is kept.
    """
    action = {key: value for key, value in (list(actions) or [{}])[-1].items() if key not in IMPLIED}
    if action.get("Type") != "forward":
        return action
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    if len(groups) == 1:
        return {"Type": "forward", "TargetGroupArn": groups[0]["TargetGroupArn"]}
    sticky = config.get("TargetGroupStickinessConfig") or {}
    kept = {"TargetGroupStickinessConfig": sticky} if sticky.get("Enabled") else {}
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, **kept}}


def comparable_action(action: Mapping[str, Any]) -> str:
    """Normaliser: the order of target groups means nothing, and no stickiness is as good as one that is off."""
    config = action.get("ForwardConfig") or {}
    groups = sorted(json.dumps(group, sort_keys=True, default=str) for group in config.get("TargetGroups", ()))
    sticky = config.get("TargetGroupStickinessConfig") or {}
    rest = {key: value for key, value in action.items() if key != "ForwardConfig"}
    return json.dumps([rest, groups, sticky if sticky.get("Enabled") else {}], sort_keys=True, default=str)


def children(context: Context, operation: str, key: str, **owner: str) -> list[dict[str, Any]]:
    """Return what a load balancer or listener has. The owner may have gone since it was listed."""
    try:
        return context.pages("elbv2", operation, key, **owner)
    except Exception as error:
        if is_not_found(error):
            return []
        raise
