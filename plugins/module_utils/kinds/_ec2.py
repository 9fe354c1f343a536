# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the EC2 kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found


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
