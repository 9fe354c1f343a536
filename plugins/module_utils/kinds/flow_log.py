# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of a VPC's traffic: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

LOG_GROUP, BUCKET = "cloud-watch-logs", "s3"


@dataclasses.dataclass(frozen=True)
class FlowLog:
    """A flow log cannot be changed. It goes to `log_group` (a name), written by `role` (an ARN), or to `bucket` (an ARN).

    `traffic` is ``ACCEPT``, ``REJECT`` or ``ALL``, `interval` 60 or 600 seconds.
    """

    vpc: Any = create_only("ResourceId", refers=("vpc",))
    log_group: Any = create_only("LogGroupName", refers=("log_group",))
    role: Any = create_only("DeliverLogsPermissionArn", refers=("iam_role",))
    bucket: str | None = create_only("LogDestination")
    traffic: str | None = create_only("TrafficType")
    interval: int | None = create_only("MaxAggregationInterval")


def list_flow_logs(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_flow_logs", "FlowLogs", Filter=context.stack_filter()))


def create(context: Context, new: New, values: FlowLog) -> Found:
    answer = context.client("ec2").create_flow_logs(
        ResourceIds=[values.vpc],
        ResourceType="VPC",
        LogDestinationType=LOG_GROUP if values.log_group else BUCKET,
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("vpc-flow-log"),
        **arguments(values, {"log_group", "role", "bucket", "traffic", "interval"}),
    )
    _ec2.raise_unsuccessful("CreateFlowLogs", answer)
    return Found(answer["FlowLogIds"][0], values, new.tags)


def delete(context: Context, found: Found) -> None:
    answer = context.client("ec2").delete_flow_logs(FlowLogIds=[found.id])
    _ec2.raise_unsuccessful("DeleteFlowLogs", answer)


def _found(raw: Mapping[str, Any]) -> Found:
    """Whether records arrive is no state of the flow log itself: the outputs tell it."""
    status = raw.get("DeliverLogsErrorMessage") or raw.get("DeliverLogsStatus")
    return Found(raw["FlowLogId"], read(FlowLog, raw), _ec2.tags(raw), attributes={"delivery": status})


KIND = Kind(
    name="flow_log",
    service="ec2",
    values=FlowLog,
    list=list_flow_logs,
    calls={"DescribeFlowLogs": "page"},
    actions=(
        "ec2:CreateFlowLogs",
        "ec2:CreateTags",
        "ec2:DeleteFlowLogs",
        "iam:PassRole",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
    ),
    id_filter="flow-log-id",
    create=create,
    delete=delete,
    tag=_ec2.tag,
    # A role created a moment ago is not known everywhere yet.
    retries=(Retry("CreateFlowLogs", "InvalidParameter", "Unable to assume given IAM role"),),
    indexed=True,
)
