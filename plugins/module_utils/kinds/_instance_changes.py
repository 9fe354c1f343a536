# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of an instance that exists, each by a call of its own.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-resize.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

ACTIONS = (
    "ec2:ModifyInstanceAttribute",
    "ec2:StopInstances",
    "ec2:StartInstances",
    "ec2:AssociateIamInstanceProfile",
    "ec2:ReplaceIamInstanceProfileAssociation",
    "ec2:DisassociateIamInstanceProfile",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:ModifyInstanceMetadataOptions",
    "ec2:MonitorInstances",
    "ec2:UnmonitorInstances",
    "ec2:ModifyInstanceMaintenanceOptions",
    "ec2:ModifyInstanceCreditSpecification",
    "ec2:ModifyVolume",
)
PROTECTIONS = {"termination_protection": "DisableApiTermination", "stop_protection": "DisableApiStop"}
STILL_RUNNING = "IncorrectInstanceState"
NO_ROOM = ("InsufficientInstanceCapacity", "InstanceLimitExceeded", "Unsupported", "VcpuLimitExceeded")
METADATA = {"http_tokens": "HttpTokens", "hop_limit": "HttpPutResponseHopLimit"}
ROOT = {"root_size": "Size", "root_type": "VolumeType"}


def needs_permission(before: str, after: str) -> str:
    """The verdict on another type where the instance must not be stopped."""
    return f"is {before} and becomes {after} only while the instance is stopped: allow that with allow_stop: true"


def power(before: bool, after: bool) -> str:
    return "" if after else "stops the instance"


def update(context: Context, found: Found, values: Any, fields: set[str]) -> None:
    """Called again until a stopping instance has stopped, so that each change may be made twice.

    A protection that is given up goes first, as it may stand in the way of the rest.
    """
    ec2 = context.client("ec2")
    _protect(ec2, found.id, values, fields, wanted=False)
    if "type" in fields:
        _change_type(ec2, found.id, values)
    _set_attributes(ec2, found.id, values, fields)
    if "instance_profile" in fields:
        _set_profile(ec2, found.id, values.instance_profile)
    if "cpu_credits" in fields:
        _set_credits(ec2, found.id, values.cpu_credits)
    if (root := found.attributes["root_volume"]) and fields & ROOT.keys():
        ec2.modify_volume(VolumeId=root, **{key: getattr(values, name) for name, key in ROOT.items() if name in fields})
    if "type" in fields:
        _start_or_go_back(context, found, values)
    elif "running" in fields:
        _set_power(ec2, found.id, values.running is not False)
    _protect(ec2, found.id, values, fields, wanted=True)


def _protect(ec2: Any, instance: str, values: Any, fields: set[str], wanted: bool) -> None:
    for field, attribute in PROTECTIONS.items():
        if field in fields and getattr(values, field) is wanted:
            ec2.modify_instance_attribute(InstanceId=instance, **{attribute: {"Value": wanted}})


def _change_type(ec2: Any, instance: str, values: Any) -> None:
    """EC2 refuses the change until the instance has stopped, and the engine repeats it until then.

    One that is refused for another reason, such as another architecture, must not leave the instance stopped.
    """
    if _state_of(ec2, instance) == "running":
        ec2.stop_instances(InstanceIds=[instance])
    try:
        ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": values.type})
    except Exception as error:
        if code_of(error) != STILL_RUNNING and values.running is not False:
            ec2.start_instances(InstanceIds=[instance])
        raise


def _start_or_go_back(context: Context, found: Found, values: Any) -> None:
    """Start the instance; if AWS has no room for the new type, start it as it was.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
    """
    ec2 = context.client("ec2")
    try:
        _set_power(ec2, found.id, values.running is not False)
    except Exception as error:
        if code_of(error) in NO_ROOM:
            ec2.modify_instance_attribute(InstanceId=found.id, InstanceType={"Value": found.values.type})
            ec2.start_instances(InstanceIds=[found.id])
            context.note(f"instance {found.id} could not start as {values.type} and is {found.values.type} again")
        raise


def _set_power(ec2: Any, instance: str, wanted: bool) -> None:
    state = _state_of(ec2, instance)
    if wanted and state != "running":
        ec2.start_instances(InstanceIds=[instance])
    elif not wanted and state != "stopped":
        ec2.stop_instances(InstanceIds=[instance])


def _state_of(ec2: Any, instance: str) -> str:
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]["State"]["Name"]


def _set_attributes(ec2: Any, instance: str, values: Any, fields: set[str]) -> None:
    if "security_groups" in fields:
        ec2.modify_instance_attribute(InstanceId=instance, Groups=list(values.security_groups))
    if "source_dest_check" in fields:
        ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": values.source_dest_check})
    if fields & METADATA.keys():
        metadata = {key: getattr(values, name) for name, key in METADATA.items() if getattr(values, name) is not None}
        ec2.modify_instance_metadata_options(InstanceId=instance, HttpEndpoint="enabled", **metadata)
    if "detailed_monitoring" in fields:
        (ec2.monitor_instances if values.detailed_monitoring else ec2.unmonitor_instances)(InstanceIds=[instance])
    if "auto_recovery" in fields:
        ec2.modify_instance_maintenance_options(InstanceId=instance, AutoRecovery=values.auto_recovery)


def _set_profile(ec2: Any, instance: str, profile: str) -> None:
    filters = [{"Name": "instance-id", "Values": [instance]}, {"Name": "state", "Values": ["associating", "associated"]}]
    answer = ec2.describe_iam_instance_profile_associations(Filters=filters)
    current: Mapping[str, Any] = next(iter(answer["IamInstanceProfileAssociations"]), {})
    if not profile and current:
        ec2.disassociate_iam_instance_profile(AssociationId=current["AssociationId"])
    elif profile and current:
        ec2.replace_iam_instance_profile_association(AssociationId=current["AssociationId"], IamInstanceProfile={"Arn": profile})
    elif profile:
        ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Arn": profile})


def _set_credits(ec2: Any, instance: str, wanted: str) -> None:
    answer = ec2.modify_instance_credit_specification(
        InstanceCreditSpecifications=[{"InstanceId": instance, "CpuCredits": wanted}]
    )
    for item in answer.get("UnsuccessfulInstanceCreditSpecifications", ()):
        raise _ec2.Unsuccessful("ModifyInstanceCreditSpecification", item.get("Error", {}))
