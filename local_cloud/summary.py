# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a demo, and the same for scripts."""

import json
from collections import Counter
from typing import Any

import boto3

from local_cloud import paths
from local_cloud.emulator.environment import CLIENT_SETTINGS, REGION
from local_cloud.reconcile.haproxy import STATISTICS_PORT

RULE = "-" * 60


def summarise(state: dict[str, Any]) -> str:
    """Write ``.local/demo.json`` and return the table."""
    resources = _resources(state["endpoint"]) + _scaling_groups(state["endpoint"])
    demo = {
        "endpoint": state["endpoint"],
        "region": REGION,
        "account": "123456789012",
        "stack": next((tags["terrace:stack"] for tags in resources), None),
        "urls": _urls(state["balancers"]),
        "ca_file": state["ca_file"],
        "resources": dict(Counter(_kind(tags) for tags in resources)),
        "seconds": _seconds(),
    }
    paths.DEMO.parent.mkdir(exist_ok=True)
    paths.DEMO.write_text(json.dumps(demo, indent=2) + "\n")
    return "\n".join([RULE, *_table(demo), RULE])


def _resources(endpoint: str) -> list[dict[str, str]]:
    """Return the tags of everything that belongs to a stack."""
    client = _client("resourcegroupstaggingapi", endpoint)
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": "terrace:stack"}])
    return [_tags(item) for page in pages for item in page["ResourceTagMappingList"]]


def _scaling_groups(endpoint: str) -> list[dict[str, str]]:
    """Return the tags of the Auto Scaling groups, which GetResources leaves out."""
    filters = [{"Name": "tag-key", "Values": ["terrace:stack"]}]
    pages = _client("autoscaling", endpoint).get_paginator("describe_auto_scaling_groups").paginate(Filters=filters)
    return [_tags(group) for page in pages for group in page["AutoScalingGroups"]]


def _client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CLIENT_SETTINGS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CLIENT_SETTINGS["AWS_SECRET_ACCESS_KEY"],
    )


def _tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item["Tags"]}


def _kind(tags: dict[str, str]) -> str:
    """Return the kind in ``terrace:id=<tier>/<kind>/<name>``."""
    parts = tags.get("terrace:id", "").split("/")
    if len(parts) > 2:
        return parts[1]
    return "instance" if "aws:autoscaling:groupName" in tags else "other"


def _urls(balancers: dict[str, dict[str, int]]) -> list[str]:
    return [
        f"http://127.0.0.1:{host_port}"
        for _, ports in sorted(balancers.items())
        for port, host_port in sorted(ports.items(), key=lambda item: int(item[0]))
        if int(port) != STATISTICS_PORT
    ]


def _seconds() -> dict[str, dict[str, float]]:
    """Return what the progress callback reported of the last run: seconds of each tier and of each play."""
    try:
        return json.loads(paths.REPORT.read_text())["seconds"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}


def _table(demo: dict[str, Any]) -> list[str]:
    lines = [f"stack      {demo['stack']} in {demo['region']}, AWS API at {demo['endpoint']}"]
    lines += [f"URL        {url}" for url in demo["urls"]]
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(demo["resources"].items()))
    lines.append(f"created    {counts or 'nothing'}")
    for what, seconds in demo["seconds"].items():
        lines += [f"{what:10} {name:32} {duration:6.1f} s" for name, duration in seconds.items()]
    return lines
