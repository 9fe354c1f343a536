# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the RDS kinds share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found

# PostgreSQL counts its major versions by one number, MySQL and MariaDB by two: 16, 8.4, 11.4.
PARTS_OF_A_MAJOR_VERSION = {"postgres": 1}


def major(engine: str, version: str) -> str:
    """Return the major version of an engine's version."""
    return ".".join(version.split(".")[: PARTS_OF_A_MAJOR_VERSION.get(engine, 2)])


def numbers(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by. Suffixes, as in 8.0.mysql_aurora, are none of the versions that we know."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def tags(items: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return a TagList as a dict."""
    return {item["Key"]: item["Value"] for item in items}


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """AddTagsToResource: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html"""
    context.client("rds").add_tags_to_resource(
        ResourceName=found.attributes["arn"], Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    )


def tags_by_arn(context: Context, arns: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the tags of groups, whose lists omit them, from the region's tag index.

    The index lags: what it does not have is read one by one if its name says that it may be the stack's.
    """
    index = context.tags_by_arn()
    arns = list(arns)
    unknown = [arn for arn in arns if arn not in index and _name(arn).startswith(f"{context.stack.name}-")]
    read = dict(zip(unknown, context.each(lambda arn: _read_tags(context, arn), unknown), strict=True))
    return {arn: index.get(arn) or read.get(arn, {}) for arn in arns}


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def _read_tags(context: Context, arn: str) -> dict[str, str]:
    return tags(context.client("rds").list_tags_for_resource(ResourceName=arn)["TagList"])


def given(request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: an empty list is sent as an empty string."""
    return {name: value for name, value in request.items() if value}


def log_group(identifier: str, log: str) -> str:
    """Return the log group of a database's exported log."""
    return f"/aws/rds/instance/{identifier}/{log}"
