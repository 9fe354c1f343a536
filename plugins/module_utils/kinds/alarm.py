# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CloudWatch alarm on one metric.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, mutable, read, unordered


@dataclasses.dataclass(frozen=True)
class Alarm:
    """`dimensions` is a mapping; `period` is in seconds, `actions` and `ok_actions` are ARNs."""

    description: str | None = mutable("AlarmDescription")
    namespace: str | None = mutable("Namespace")
    metric: str | None = mutable("MetricName")
    dimensions: Any = mutable(refers=("instance", "auto_scaling_group"))
    statistic: str | None = mutable("Statistic")
    period: int | None = mutable("Period")
    evaluation_periods: int | None = mutable("EvaluationPeriods")
    comparison: str | None = mutable("ComparisonOperator")
    threshold: float | None = mutable("Threshold")
    missing_data: str | None = mutable("TreatMissingData")
    actions: Any = mutable("AlarmActions", normalise=unordered, refers=("step_policy",))
    ok_actions: Any = mutable("OKActions", normalise=unordered)


def list_alarms(context: Context) -> Iterable[Found]:
    """The list omits tags; they are asked for only where the name begins as ours do."""
    prefix = KIND.aws_name(context.stack, "")
    raws = context.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    return context.each(lambda raw: _found(raw, _tags(context, raw["AlarmArn"])), raws)


def create(context: Context, new: New, values: Alarm) -> Found:
    """PutMetricAlarm changes what has the name already: that nothing has it was seen by the survey."""
    cloudwatch = context.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName=new.aws_name, **_arguments(values), Tags=new.tag_list)
    arn = f"arn:{cloudwatch.meta.partition}:cloudwatch:{context.region}:{context.stack.account}:alarm:{new.aws_name}"
    return Found(new.aws_name, values, new.tags, name=new.aws_name, attributes={"arn": arn})


def update(context: Context, found: Found, values: Alarm, fields: set[str]) -> None:
    """What the call leaves out goes back to its default, so that everything is in it."""
    context.client("cloudwatch").put_metric_alarm(AlarmName=found.id, **_arguments(values))


def delete(context: Context, found: Found) -> None:
    context.client("cloudwatch").delete_alarms(AlarmNames=[found.id])


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    context.client("cloudwatch").tag_resource(
        ResourceARN=found.attributes["arn"], Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    )


def _arguments(values: Alarm) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted((values.dimensions or {}).items())]
    return {**arguments(values), "Dimensions": dimensions, "ActionsEnabled": True}


def _tags(context: Context, arn: str) -> Mapping[str, str]:
    """Return the tags from the index, or by a call of its own for what the index does not have (yet)."""
    indexed = context.tags_by_arn().get(arn)
    if indexed:
        return indexed
    answer = context.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = read(
        Alarm,
        {"AlarmDescription": "", "TreatMissingData": "missing", **raw},
        dimensions={dimension["Name"]: dimension["Value"] for dimension in raw.get("Dimensions", ())},
        actions=tuple(raw.get("AlarmActions", ())) if raw.get("ActionsEnabled", True) else (),
        ok_actions=tuple(raw.get("OKActions", ())) if raw.get("ActionsEnabled", True) else (),
    )
    return Found(raw["AlarmName"], values, tags, name=raw["AlarmName"], attributes={"arn": raw["AlarmArn"]})


KIND = Kind(
    name="alarm",
    service="cloudwatch",
    values=Alarm,
    list=list_alarms,
    calls={"DescribeAlarms": "page", "GetResources": "page", "ListTagsForResource": "resource"},
    actions=(
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:DeleteAlarms",
        "iam:CreateServiceLinkedRole",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    indexed=True,
)
