# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the load balancing kinds share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

RESOURCES_PER_CALL = 20


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
    return [{"Key": key, "Value": str(value).lower()} for key, value in sorted(attributes.items())]


def attributes(items: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Return the API's attributes as a dict with booleans and numbers."""
    return {item["Key"]: _typed(item.get("Value", "")) for item in items}


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"\d+", text) else text
