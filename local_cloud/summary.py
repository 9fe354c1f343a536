# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a demo, and the same for scripts."""

import json
import textwrap
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from local_cloud import entrances, paths
from local_cloud.emulator.environment import CLIENT_SETTINGS, REGION
from local_cloud.entrances import WEB, Entrance

RULE = "-" * 78


def summarise(state: dict[str, Any]) -> str:
    """Write ``.local/demo.json`` and return the table."""
    resources = _resources(state["endpoint"]) + _scaling_groups(state["endpoint"])
    ways = entrances.find(partial(_client, endpoint=state["endpoint"]), state["balancers"])
    demo = {
        "endpoint": state["endpoint"],
        "region": REGION,
        "account": "123456789012",
        "stack": next((stack for stack, _kind in resources), None),
        "urls": list(dict.fromkeys(way.url for way in ways if way.scheme in WEB)),
        "names": {way.name: way.url for way in ways if way.name},
        "ca_file": state["ca_file"],
        "resources": dict(Counter(kind for _stack, kind in resources)),
        "seconds": _seconds(),
    }
    paths.DEMO.parent.mkdir(exist_ok=True)
    paths.DEMO.write_text(json.dumps(demo, indent=2) + "\n")
    return "\n".join([RULE, *_table(demo, ways), RULE])


def _resources(endpoint: str) -> list[tuple[str, str]]:
    """Return stack and kind of everything that belongs to a stack."""
    client = _client("resourcegroupstaggingapi", endpoint)
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": "terrace:stack"}])
    return [_resource(item, item["ResourceARN"]) for page in pages for item in page["ResourceTagMappingList"]]


def _scaling_groups(endpoint: str) -> list[tuple[str, str]]:
    """Return the same of the Auto Scaling groups, which GetResources leaves out."""
    filters = [{"Name": "tag-key", "Values": ["terrace:stack"]}]
    pages = _client("autoscaling", endpoint).get_paginator("describe_auto_scaling_groups").paginate(Filters=filters)
    return [_resource(group, group["AutoScalingGroupARN"]) for page in pages for group in page["AutoScalingGroups"]]


def _resource(item: dict[str, Any], arn: str) -> tuple[str, str]:
    """Return stack and kind; what groups have started (instances, volumes) is named by its ARN alone."""
    tags = {tag["Key"]: tag["Value"] for tag in item["Tags"]}
    parts = tags.get("terrace:id", "").split("/")
    kind = parts[1] if len(parts) > 2 else arn.split(":", 5)[-1].split("/")[0]
    return tags["terrace:stack"], kind


def _client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CLIENT_SETTINGS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CLIENT_SETTINGS["AWS_SECRET_ACCESS_KEY"],
    )


def _seconds() -> dict[str, dict[str, float]]:
    """Return what the progress callback reported of the last run: seconds of each tier and of each play."""
    try:
        return json.loads(paths.REPORT.read_text())["seconds"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}


def _table(demo: dict[str, Any], ways: list[Entrance]) -> list[str]:
    counts = sorted(demo["resources"].items(), key=lambda item: (-item[1], item[0]))
    created = [f"{count} {kind.replace('_', ' ')}{'s' if count > 1 else ''}" for kind, count in counts]
    lines = [f"{demo['stack']} runs in the local cloud, region {demo['region']}", ""]
    lines += [f"  URL       {way.shown}" for way in ways]
    web = [way for way in ways if way.scheme in WEB]
    # What has a name, if anything has: the rest would only point there.
    lines += [f"  try       {way.curl(Path(demo['ca_file']))}" for way in [way for way in web if way.name] or web[:1]]
    lines += [f"  AWS API   {demo['endpoint']}", ""]
    lines += _wrapped("created", created or ["nothing"])
    for what, seconds in demo["seconds"].items():
        lines += _wrapped(what, [f"{name} {duration:.1f} s" for name, duration in seconds.items()])
    return lines


def _wrapped(title: str, items: list[str]) -> list[str]:
    """Return the items behind their title, folded at the width of the table."""
    folded = textwrap.wrap(", ".join(items), len(RULE) - 12, break_long_words=False)
    return [f"  {title if number == 0 else '':10}{line}" for number, line in enumerate(folded)]
