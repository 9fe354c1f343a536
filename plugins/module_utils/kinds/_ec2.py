# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the EC2 kinds share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

VALUES_PER_FILTER = 200


class Unsuccessful(Exception):
    """What a call for several resources answers for one of them, in the shape of an error of the API."""

    def __init__(self, operation: str, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('Code', '')}: {error.get('Message', '')}")
        self.operation_name = operation
        self.response = {"Error": dict(error)}


def raise_unsuccessful(operation: str, answer: Mapping[str, Any]) -> None:
    """Raise for what a call that answers 200 has not done."""
    for item in answer.get("Unsuccessful", []):
        raise Unsuccessful(operation, item.get("Error", {}))


def filtered(context: Context, operation: str, key: str, name: str, values: Iterable[str]) -> list[dict[str, Any]]:
    """Return the items of a list operation that match one of `values`; no values, no call."""
    pages = context.each(
        lambda batch: context.pages("ec2", operation, key, Filters=[{"Name": name, "Values": batch}]),
        batches(sorted(values), VALUES_PER_FILTER),
    )
    return [item for page in pages for item in page]


def in_our_vpcs(context: Context, operation: str, key: str, name: str = "vpc-id") -> list[dict[str, Any]]:
    """Return the items of a list operation in the VPCs that the survey has found."""
    return filtered(context, operation, key, name, (vpc.id for vpc in context.found("vpc")))


def with_identity(context: Context) -> list[Mapping[str, Any]]:
    """Return Filters for kinds whose resources Auto Scaling makes by the hundred, with the stack's tag but no identity."""
    return list(context.filters or [*context.stack_filter(), {"Name": "tag-key", "Values": [TAG_ID]}])


def tags(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an EC2 answer as a dict."""
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """CreateTags: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""
    context.client("ec2").create_tags(
        Resources=[found.id], Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    )


def interfaces(context: Context, filter_name: str, value: str) -> list[str]:
    """Name the network interfaces that keep something from being deleted, with what they belong to."""
    answer = context.client("ec2").describe_network_interfaces(Filters=[{"Name": filter_name, "Values": [value]}])
    return [
        f"{raw['NetworkInterfaceId']} ({raw.get('Description') or raw.get('InterfaceType') or 'no description'})"
        for raw in answer["NetworkInterfaces"]
    ]
