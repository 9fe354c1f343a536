# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stack consists of, read from AWS alone: no description is needed, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.aws import Clients, refuse_other_account
from ansible_collections.terrace.aws.plugins.module_utils.engine import converge, report
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID, Key, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    OWNER_TAG_PREFIXES,
    PENDING,
    QUEUED,
    READY,
    Context,
    Found,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import addresses_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey, take
from ansible_collections.terrace.aws.plugins.module_utils.module import guarded, stack_of
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS, TIERS
from ansible_collections.terrace.aws.plugins.module_utils.tiers._launches import TAG_GROUP

Owned = tuple[Key, str, Found]
# Where kinds put the name under which something can be reached.
ADDRESSES = ("dns_name", "endpoint")
# They have copies of the tags of what they were made of, and stay when it goes.
SNAPSHOT = re.compile(r"arn:[\w-]+:(ec2|elasticache|rds):[\w-]*:\d*:snapshot[:/]")


def run_stack_info(module: Any) -> None:
    """Read and exit, never with a traceback."""
    guarded(module, lambda: _read(module))


def describe(stack: Stack, clients: converge.Clients) -> dict[str, Any]:
    """Return the module's result, from one concurrent survey of all kinds."""
    survey = Survey()
    request = converge.Request(stack, (), KINDS, frozenset(TIERS), TIER_KINDS)
    contexts = converge.contexts_of(request, survey, clients, [])
    with ThreadPoolExecutor() as pool:
        tagged = [pool.submit(context.tags_by_arn) for context in contexts.values()]
        listed = [pool.submit(_instances, context) for context in contexts.values()]
        take(KINDS.values(), contexts, survey)
    tags = {arn: of_one for future in tagged for arn, of_one in future.result().items()}
    instances = [raw for future in listed for raw in future.result()]
    owned = sorted(_owned(survey.ours(stack, KINDS)), key=lambda resource: resource[:2])
    known = {handle for _key, _tier, found in owned for handle in (found.id, found.attributes.get("arn")) if handle}
    known |= survey.gone | {part for raw in instances for part in _parts(raw)}
    return {
        "changed": False,
        "resources": [_resource(*resource) for resource in owned],
        "outputs": _outputs(owned),
        "endpoints": [endpoint for resource in owned for endpoint in _endpoints(*resource)],
        "instances": _running(instances),
        "orphans": list(_orphans(tags, known)),
    }


def _read(module: Any) -> dict[str, Any]:
    stack = stack_of(module.params["stack"])
    clients = Clients(module)
    refuse_other_account(clients, stack.account, stack.region)
    return describe(stack, clients)


def _owned(ours: Mapping[str, list[Found]]) -> Iterator[Owned]:
    addresses = addresses_of(ours, KINDS)
    for kind, resources in ours.items():
        yield from ((*addresses[kind, found.id], found) for found in resources)


def _resource(key: Key, tier: str, found: Found) -> dict[str, Any]:
    attributes = report.plain(dict(found.attributes))
    return {**key._asdict(), "id": found.id, "tier": tier, "state": found.state, "attributes": attributes}


def _outputs(owned: Iterable[Owned]) -> dict[str, dict[str, Any]]:
    """Return the same shape as the stack module's `outputs`."""
    outputs: dict[str, dict[str, Any]] = {}
    for key, _tier, found in owned:
        if found.state in (READY, QUEUED, PENDING) and not KINDS[key.kind].identity:
            outputs.setdefault(key.kind, {})[key.name] = report.facts(found)
    return outputs


def _endpoints(key: Key, _tier: str, found: Found) -> Iterator[dict[str, Any]]:
    for attribute in ADDRESSES:
        if address := found.attributes.get(attribute):
            yield {**key._asdict(), "address": address, "port": found.attributes.get("port")}


def _instances(context: Context) -> list[dict[str, Any]]:
    reservations = context.pages("ec2", "describe_instances", "Reservations", Filters=context.stack_filter())
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def _running(instances: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    running = [_instance(raw) for raw in instances if raw["State"]["Name"] == "running"]
    return sorted(running, key=lambda instance: (instance["group"] or "", instance["instance_id"]))


def _instance(raw: Mapping[str, Any]) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}
    return {
        "instance_id": raw["InstanceId"],
        "group": tags.get(TAG_GROUP),
        "private_ip": raw.get("PrivateIpAddress"),
        "private_dns": raw.get("PrivateDnsName"),
        "zone": raw["Placement"]["AvailabilityZone"],
        "launch_time": raw["LaunchTime"].isoformat(),
        "state": raw["State"]["Name"],
    }


def _parts(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of an instance and of what lives and dies with it, which has copies of its tags."""
    yield raw["InstanceId"]
    yield from (device["Ebs"]["VolumeId"] for device in raw.get("BlockDeviceMappings", ()) if "Ebs" in device)
    yield from (interface["NetworkInterfaceId"] for interface in raw.get("NetworkInterfaces", ()))


def _orphans(tagged: Mapping[str, Mapping[str, str]], known: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield what carries the stack's tag but is neither a resource of a kind nor a child of one, nor data that was kept."""
    endings = tuple(separator + handle for handle in known for separator in ":/")
    whole = set(known)
    for arn, tags in sorted(tagged.items()):
        if arn in whole or arn.endswith(endings) or any(tag.startswith(OWNER_TAG_PREFIXES) for tag in tags):
            continue
        if SNAPSHOT.match(arn):
            continue
        kind, _slash, name = tags.get(TAG_ID, "").partition("/")[2].partition("/")
        yield {"kind": kind, "name": name, "id": arn}
