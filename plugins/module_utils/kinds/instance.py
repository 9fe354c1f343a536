# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single EC2 instance: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Instances.html

Its image is pinned: a newer one is no change of an instance that exists. What user data a change brings it would not
run again, so that it counts when the instance is made alone.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    FAILED,
    GONE,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import (
    always,
    arguments,
    create_only,
    initial,
    mutable,
    unordered,
)
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ebs, _ec2, _instance_changes
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

STATES = {
    "pending": PENDING,
    "running": READY,
    "stopping": PENDING,
    "stopped": READY,
    "shutting-down": DELETING,
    "terminated": GONE,
}
ALIVE = ("pending", "running", "stopping", "stopped")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html
BURSTABLE = ("t2.", "t3.", "t3a.", "t4g.")
IDS_PER_CALL = 200
PLACE = ("subnet", "private_address", "security_groups")
LATE_PROFILE = "(?i)iam instance ?profile"
# What this run has started: AWS takes an instance that cannot start away again, and says why for an hour.
_launched: set[str] = set()
_lock = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Instance:
    """`instance_profile` is an ARN, empty without one. What begins with `root_` is that of the root volume.

    `kept_type` repeats the type where the instance must not be stopped for another one, and `pinned_image` the
    image where an update of it is to replace the instance. `routes` are there before the instance, whose user data may
    need the way out.
    """

    image: Any = initial("ImageId", refers=("image",))
    pinned_image: Any = create_only(refers=("image",))
    root_device: Any = initial(refers=("image",))
    type: str | None = mutable("InstanceType", disrupts=always("stops and starts the instance"))
    kept_type: str | None = create_only(forbids=_instance_changes.needs_permission)
    running: bool | None = mutable(disrupts=_instance_changes.power)
    subnet: Any = create_only("SubnetId", refers=("subnet",))
    private_address: str | None = create_only("PrivateIpAddress")
    security_groups: Any = mutable("SecurityGroupIds", normalise=unordered, refers=("security_group",))
    source_dest_check: bool | None = mutable()
    instance_profile: Any = mutable(refers=("instance_profile",))
    key_name: str | None = create_only()
    user_data: str | None = initial("UserData")
    http_tokens: str | None = mutable()
    hop_limit: int | None = mutable()
    detailed_monitoring: bool | None = mutable()
    termination_protection: bool | None = mutable("DisableApiTermination")
    stop_protection: bool | None = mutable("DisableApiStop")
    auto_recovery: str | None = mutable()
    cpu_credits: str | None = mutable()
    root_size: int | None = mutable(forbids=_ebs.smaller)
    root_type: str | None = mutable()
    root_encrypted: bool | None = create_only()
    root_kms_key: Any = create_only(refers=("kms_key",))
    routes: Any = initial(refers=("route_table",))


def list_instances(context: Context) -> Iterable[Found]:
    """What the list omits is read for those of ours that live: two attributes each, the rest in batches."""
    reservations = context.pages("ec2", "describe_instances", "Reservations", Filters=_ec2.with_identity(context))
    raws = [raw for reservation in reservations for raw in reservation["Instances"]]
    alive = [raw for raw in raws if raw["State"]["Name"] in ALIVE]
    volumes = {raw["VolumeId"]: raw for raw in _root_volumes(context, alive)}
    modifying = _ebs.modifying(context) if volumes else set()
    credits_ = _cpu_credits(context, alive)
    protections = dict(context.each(lambda raw: (raw["InstanceId"], _protections(context, raw["InstanceId"])), alive))
    found = [
        _found(
            raw,
            **protections.get(raw["InstanceId"], {}),
            cpu_credits=credits_.get(raw["InstanceId"]),
            **_root_values(volumes.get(_root_volume(raw))),
        )
        for raw in raws
    ]
    return [_growing(one) if one.attributes["root_volume"] in modifying else one for one in found]


def create(context: Context, new: New, values: Instance) -> Found:
    """Root volume and network interface bear the same tags: they live and die with the instance."""
    answer = context.client("ec2").run_instances(
        **arguments(values, {"image", "type", *PLACE, "user_data", "termination_protection", "stop_protection"}),
        **_settings(values),
        BlockDeviceMappings=[{"DeviceName": values.root_device, "Ebs": _root_settings(values)}],
        MinCount=1,
        MaxCount=1,
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("instance", "volume", "network-interface"),
    )
    (raw,) = answer["Instances"]
    with _lock:
        _launched.add(raw["InstanceId"])
    return dataclasses.replace(_found(raw), tags=new.tags, state=PENDING)


def delete(context: Context, found: Found) -> None:
    with _lock:
        _launched.discard(found.id)
    context.client("ec2").terminate_instances(InstanceIds=[found.id])


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """The root volume has copies of the instance's tags."""
    context.client("ec2").create_tags(
        Resources=[found.id, *filter(None, [found.attributes.get("root_volume")])],
        Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.items())],
    )


def guard(found: Found) -> str | None:
    """EC2 terminates nothing that must not even be stopped."""
    on = [name for name in ("termination_protection", "stop_protection") if getattr(found.values, name)]
    names = " and ".join(name.replace("_", " ") for name in on)
    settings = " and ".join(f"{name}: false" for name in on)
    return f"its {names} is on; set {settings} and apply that first" if on else None


def _settings(values: Instance) -> dict[str, Any]:
    settings = {
        "KeyName": values.key_name,
        "IamInstanceProfile": {"Arn": values.instance_profile} if values.instance_profile else None,
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": values.http_tokens,
            "HttpPutResponseHopLimit": values.hop_limit,
        },
        "Monitoring": {"Enabled": bool(values.detailed_monitoring)},
        "MaintenanceOptions": {"AutoRecovery": values.auto_recovery} if values.auto_recovery else None,
        "CreditSpecification": {"CpuCredits": values.cpu_credits} if values.cpu_credits else None,
    }
    return {name: value for name, value in settings.items() if value}


def _root_settings(values: Instance) -> dict[str, Any]:
    settings = {
        "VolumeSize": values.root_size,
        "VolumeType": values.root_type,
        "Encrypted": values.root_encrypted,
        "KmsKeyId": values.root_kms_key,
    }
    return {"DeleteOnTermination": True, **{name: value for name, value in settings.items() if value is not None}}


def _root_volume(raw: Mapping[str, Any]) -> str | None:
    """Return the id of the root volume, which is attached only when the instance is about to run."""
    devices = {
        device["DeviceName"]: device["Ebs"]["VolumeId"] for device in raw.get("BlockDeviceMappings", ()) if "Ebs" in device
    }
    return devices.get(raw.get("RootDeviceName"))


def _root_volumes(context: Context, alive: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    ids = filter(None, map(_root_volume, alive))
    return _ec2.filtered(context, "describe_volumes", "Volumes", "volume-id", ids)


def _growing(found: Found) -> Found:
    """EC2 tells a volume's new size a while after it has been asked for."""
    return (
        dataclasses.replace(found, state=PENDING, detail="its root volume is being modified") if found.state == READY else found
    )


def _root_values(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """An instance that has only begun to start has no volume yet."""
    if raw is None:
        return {}
    return {
        "root_size": raw["Size"],
        "root_type": raw["VolumeType"],
        "root_encrypted": raw["Encrypted"],
        "root_kms_key": raw.get("KmsKeyId", ""),
    }


def _cpu_credits(context: Context, alive: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    ids = sorted(raw["InstanceId"] for raw in alive if raw["InstanceType"].startswith(BURSTABLE))
    pages = context.each(
        lambda batch: context.pages(
            "ec2", "describe_instance_credit_specifications", "InstanceCreditSpecifications", InstanceIds=batch
        ),
        batches(ids, IDS_PER_CALL),
    )
    return {raw["InstanceId"]: raw["CpuCredits"] for page in pages for raw in page}


def _protections(context: Context, instance: str) -> dict[str, bool]:
    ec2 = context.client("ec2")

    def read(attribute: str, key: str) -> bool:
        answer = ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
        return bool(answer.get(key, {}).get("Value", False))

    return {
        "termination_protection": read("disableApiTermination", "DisableApiTermination"),
        "stop_protection": read("disableApiStop", "DisableApiStop"),
    }


def _state(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Return the state and what there is to say about it."""
    name, reason = raw["State"]["Name"], raw.get("StateReason", {}).get("Message", "")
    if name == "terminated" and raw["InstanceId"] in _launched:
        return FAILED, f"terminated: {reason or 'AWS does not say why'}"
    return STATES[name], name


def _found(raw: Mapping[str, Any], **read: Any) -> Found:
    metadata = raw.get("MetadataOptions", {})
    state, detail = _state(raw)
    values = Instance(
        image=raw["ImageId"],
        pinned_image=raw["ImageId"],
        root_device=raw.get("RootDeviceName"),
        type=raw["InstanceType"],
        kept_type=raw["InstanceType"],
        running=raw["State"]["Name"] in ("pending", "running"),
        subnet=raw.get("SubnetId"),
        private_address=raw.get("PrivateIpAddress"),
        security_groups=tuple(group["GroupId"] for group in raw.get("SecurityGroups", ())),
        source_dest_check=raw.get("SourceDestCheck"),
        instance_profile=raw.get("IamInstanceProfile", {}).get("Arn", ""),
        key_name=raw.get("KeyName", ""),
        http_tokens=metadata.get("HttpTokens"),
        hop_limit=metadata.get("HttpPutResponseHopLimit"),
        detailed_monitoring=raw.get("Monitoring", {}).get("State") in ("enabled", "pending"),
        auto_recovery=raw.get("MaintenanceOptions", {}).get("AutoRecovery"),
        **read,
    )
    return Found(raw["InstanceId"], values, _ec2.tags(raw), state, detail=detail, attributes=_facts(raw))


def _facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "root_volume": _root_volume(raw),
        "image": raw["ImageId"],
        "private_ip": raw.get("PrivateIpAddress"),
        "private_dns": raw.get("PrivateDnsName"),
        "public_ip": raw.get("PublicIpAddress"),
        "zone": raw.get("Placement", {}).get("AvailabilityZone"),
    }


KIND = Kind(
    name="instance",
    service="ec2",
    values=Instance,
    list=list_instances,
    calls={
        "DescribeInstances": "page",
        "DescribeVolumes": "page",
        "DescribeVolumesModifications": "page",
        "DescribeInstanceCreditSpecifications": "page",
        "DescribeInstanceAttribute": "resource",
    },
    actions=(
        "ec2:RunInstances",
        "ec2:CreateTags",
        "ec2:TerminateInstances",
        "iam:PassRole",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        *_instance_changes.ACTIONS,
    ),
    id_filter="instance-id",
    create=create,
    update=_instance_changes.update,
    delete=delete,
    tag=tag,
    guard=guard,
    waits_for=("update", "delete"),
    retries=(
        Retry("RunInstances", "InvalidParameterValue", LATE_PROFILE),
        Retry("AssociateIamInstanceProfile", "InvalidParameterValue", LATE_PROFILE),
        Retry("ReplaceIamInstanceProfileAssociation", "InvalidParameterValue", LATE_PROFILE),
        # Until the instance has stopped.
        Retry("ModifyInstanceAttribute", "IncorrectInstanceState", seconds=600.0),
        Retry("StartInstances", "IncorrectInstanceState", seconds=600.0),
    ),
    indexed=True,
)
