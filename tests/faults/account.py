# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account holds, in a form in which two accounts can be compared: without ids, times and addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from local_cloud.emulator import Emulator


class Listing(NamedTuple):
    """One list call: boto3's service and method, the key of the items, and the field that identifies each."""

    service: str
    method: str
    items: str
    id: str


VPCS = Listing("ec2", "describe_vpcs", "Vpcs", "VpcId")
RULES = Listing("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId")
LISTINGS = (
    VPCS,
    Listing("ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    Listing("ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    Listing("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    Listing("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    RULES,
    Listing("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Listing("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("ec2", "describe_dhcp_options", "DhcpOptions", "DhcpOptionsId"),
    Listing("ec2", "describe_managed_prefix_lists", "PrefixLists", "PrefixListId"),
    Listing("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    Listing("ec2", "describe_instances", "Reservations", "ReservationId"),
    Listing("ec2", "describe_volumes", "Volumes", "VolumeId"),
    Listing("ec2", "describe_addresses_attribute", "Addresses", "AllocationId"),
    Listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("iam", "list_roles", "Roles", "RoleName"),
    Listing("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    Listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("secretsmanager", "list_secrets", "SecretList", "Name"),
    Listing("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    Listing("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    Listing("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Listing("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    Listing("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    Listing("autoscaling", "describe_policies", "ScalingPolicies", "PolicyName"),
    Listing("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions", "ScheduledActionName"),
)
EC2_ID = re.compile(r"\b([a-z]{1,9})-(?:[0-9a-f]{17}|[0-9a-f]{8})\b(?!-)")
# Hashes, addresses, and the suffix that names get which a successor could not have at the same time.
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
IPV6 = r"\b[0-9a-f]{4}:[0-9a-f:]*/"
SUFFIXED = r"[a-z-]+-[0-9a-f]{4}"
RANDOM = re.compile(
    rf"{UUID}|{IPV6}|\b[0-9a-f]{{16,}}\b|\b\d+\.\d+\.\d+\.\d+\b(?!/)"
    rf"|(?<=\": \"){SUFFIXED}(?=\")|(?<=targetgroup/){SUFFIXED}(?=/)"
)
VOLATILE = re.compile(
    r"AvailableIpAddressCount|Time|Date|Token|Mac|VersionId|VersionNumber|(?i:arn)$|(?i:dns)Name|KmsKeyId|MasterUserSecret|HostedZoneId|DbiResourceId|RoleId|ProfileId"
)


def contents(emulator: Emulator) -> list[str]:
    """Return one line per resource, sorted. Two that are alike give two lines.

    What was deleted is not shown, nor what the emulator has forgotten to delete along with a VPC: its default NACL.
    """
    found = {listing: _items(emulator, listing) for listing in LISTINGS}
    names = {item[listing.id]: _tag(item, "terrace:id") for listing, items in found.items() if listing != RULES for item in items}
    vpcs = {"", *(vpc["VpcId"] for vpc in found[VPCS])}
    members = _members(found)
    lines = [
        f"{listing.items} {_text(_compared(item), names)}"
        for listing, items in found.items()
        for item in items
        if not _is_gone(item) and not _is_of_member(item, members) and item.get("VpcId", "") in vpcs
    ]
    return sorted([*lines, *_vpc_attributes(emulator, found, names), *_routing(emulator), *_objects(emulator)])


def _members(found: Mapping[Listing, list[Any]]) -> set[str]:
    """Return the ids of the instances that groups have started: where, and how often, is a matter of chance."""
    instances = [instance for items in found.values() for item in items for instance in item.get("Instances", ())]
    return {instance["InstanceId"] for instance in instances if _tag(instance, "aws:autoscaling:groupName")}


def _is_of_member(item: Mapping[str, Any], members: set[str]) -> bool:
    """Whether this is such an instance, or what lives and dies with it."""
    attached = [item.get("Attachment", {}), *item.get("Attachments", ()), *item.get("Instances", ())]
    return "AutoScalingGroupName" not in item and any(part.get("InstanceId") in members for part in attached)


def _is_gone(item: Mapping[str, Any]) -> bool:
    """Whether it only shows for a while that there was something."""
    states = [instance["State"]["Name"] for instance in item.get("Instances", ()) if "State" in instance]
    return item.get("State") == "deleted" or (bool(states) and set(states) == {"terminated"})


def _items(emulator: Emulator, listing: Listing) -> list[dict[str, Any]]:
    client = emulator.client(listing.service)
    if client.can_paginate(listing.method):
        pages = client.get_paginator(listing.method).paginate()
        return [item for page in pages for item in page.get(listing.items, [])]
    return getattr(client, listing.method)()[listing.items]


def _compared(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule that AWS has made along with its group may stand for the declared one that says the same, without its tags.

    Of an Auto Scaling group, the instances come and go.
    """
    ignored = {"SecurityGroupRuleId": {"Tags"}, "AutoScalingGroupName": {"Instances", "WarmPoolSize"}}
    left_out = {name for mark, names in ignored.items() if mark in item for name in names}
    zones = {"VPCZoneIdentifier": item["VPCZoneIdentifier"].split(",")} if "VPCZoneIdentifier" in item else {}
    return {key: value for key, value in {**item, **zones}.items() if key not in left_out}


def _vpc_attributes(emulator: Emulator, found: Mapping[Listing, list[Any]], names: Mapping[str, str]) -> Iterator[str]:
    ec2 = emulator.client("ec2")
    for vpc in (item["VpcId"] for item in found[VPCS]):
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
            yield f"VpcAttribute {names[vpc]} {attribute} {answer[attribute[0].upper() + attribute[1:]]['Value']}"


def _routing(emulator: Emulator) -> Iterator[str]:
    """Yield the listeners of load balancers, and their rules, with the names of target groups."""
    elbv2 = emulator.client("elbv2")
    names = {raw["TargetGroupArn"]: raw["TargetGroupName"] for raw in elbv2.describe_target_groups()["TargetGroups"]}
    for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
        for listener in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            attributes = elbv2.describe_listener_attributes(ListenerArn=listener["ListenerArn"])["Attributes"]
            for kind, item in (("Listener", {**listener, "Attributes": attributes}), *(("Rule", rule) for rule in rules)):
                text = json.dumps(item, sort_keys=True)
                for arn, name in names.items():
                    text = text.replace(arn, name)
                yield f"{kind} {_text(json.loads(text), {})}"


def _objects(emulator: Emulator) -> Iterator[str]:
    """Yield what lies in buckets: a lock that was not released is a leftover."""
    s3 = emulator.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            yield f"Object {bucket['Name']}/{item['Key']}"


def _tag(item: Mapping[str, Any], name: str) -> str:
    return next((tag["Value"] for tag in item.get("Tags") or item.get("TagSet") or [] if tag["Key"] == name), "")


def _text(item: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Write a resource with the logical names of others in place of their ids."""
    text = json.dumps(_ordered(item, names), sort_keys=True)
    return RANDOM.sub("*", text)


def _ordered(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(item, names) for key, item in value.items() if not VOLATILE.search(key)}
    if isinstance(value, list):
        return sorted((_ordered(item, names) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return EC2_ID.sub(lambda match: f"<{names.get(match[0]) or match[1]}>", value)
    return str(value)
