# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CloudWatch Logs group: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable

FOREVER = 0
ARN_OF_GROUPS = ":log-group:"


@dataclasses.dataclass(frozen=True)
class LogGroup:
    """`name` is given only where the derived one does not do. `retention` is in days, 0 keeps everything.

    `kms_key` is the ARN of a key, an empty string for the service's own encryption.
    """

    name: str | None = create_only()
    retention: int | None = mutable()
    kms_key: Any = mutable(refers=("kms_key",))


def list_log_groups(context: Context) -> Iterable[Found]:
    """Groups under our prefix by one list; those with names of their own by one each."""
    prefix = KIND.aws_name(context.stack, "")
    others = {name for name in _names_elsewhere(context) if not name.startswith(prefix)}
    pages = context.each(lambda start: _describe(context, start), [prefix, *sorted(others)])
    raws = [raw for page in pages for raw in page if raw["logGroupName"].startswith(prefix) or raw["logGroupName"] in others]
    by_name = {raw["logGroupName"]: raw for raw in raws}
    return context.each(lambda raw: _found(raw, _tags(context, raw)), by_name.values())


def create(context: Context, new: New, values: LogGroup) -> Found:
    logs, name = context.client("logs"), values.name or new.aws_name
    encryption = {"kmsKeyId": values.kms_key} if values.kms_key else {}
    logs.create_log_group(logGroupName=name, tags=dict(new.tags), **encryption)
    arn = f"arn:{logs.meta.partition}:logs:{context.region}:{context.stack.account}{ARN_OF_GROUPS}{name}:*"
    return _found({"logGroupName": name, "arn": arn, **encryption}, new.tags)


def update(context: Context, found: Found, values: LogGroup, fields: set[str]) -> None:
    if "retention" in fields:
        _set_retention(context.client("logs"), found.id, values.retention)
    if "kms_key" in fields:
        _set_key(context.client("logs"), found.id, values.kms_key)


def delete(context: Context, found: Found) -> None:
    context.client("logs").delete_log_group(logGroupName=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    context.client("logs").tag_resource(resourceArn=found.attributes["arn"], tags=dict(wanted))


def _set_retention(logs: Any, name: str, days: int) -> None:
    if days == FOREVER:
        logs.delete_retention_policy(logGroupName=name)
    else:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def _set_key(logs: Any, name: str, key: str) -> None:
    """What is stored already stays as it is encrypted."""
    if key:
        logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    else:
        logs.disassociate_kms_key(logGroupName=name)


def _names_elsewhere(context: Context) -> set[str]:
    """Return the names that are declared, and those of everything in the tag index."""
    declared = {declaration.values.name for declaration in context.declared("log_group") if declaration.values.name}
    return declared | {arn.split(ARN_OF_GROUPS)[1].removesuffix(":*") for arn in context.tags_by_arn() if ARN_OF_GROUPS in arn}


def _describe(context: Context, prefix: str) -> list[dict[str, Any]]:
    return context.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)


def _tags(context: Context, raw: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the tags from the index, or by a call of its own for what the index does not have (yet)."""
    arn = _arn(raw)
    indexed = context.tags_by_arn().get(arn)
    return indexed or context.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]


def _arn(raw: Mapping[str, Any]) -> str:
    return raw["arn"].removesuffix(":*")


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    """`streams` is the ARN for policies: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html"""
    name = raw["logGroupName"]
    values = LogGroup(name=name, retention=raw.get("retentionInDays", FOREVER), kms_key=raw.get("kmsKeyId", ""))
    return Found(name, values, tags, name=name, attributes={"arn": _arn(raw), "streams": f"{_arn(raw)}:*"})


KIND = Kind(
    name="log_group",
    service="logs",
    values=LogGroup,
    list=list_log_groups,
    calls={"DescribeLogGroups": "page", "GetResources": "page", "ListTagsForResource": "resource"},
    actions=(
        "logs:CreateLogGroup",
        "logs:TagResource",
        "logs:PutRetentionPolicy",
        "logs:DeleteRetentionPolicy",
        "logs:AssociateKmsKey",
        "logs:DisassociateKmsKey",
        "logs:DeleteLogGroup",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_format="/terrace/{stack}/{name}",
    name_limit=512,
    # Two changes of one group at a time.
    retries=(
        Retry("PutRetentionPolicy", "OperationAbortedException"),
        Retry("AssociateKmsKey", "OperationAbortedException"),
    ),
    indexed=True,
)
