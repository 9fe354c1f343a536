# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an EBS volume is plugged in: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-attaching-volume.html

A volume is not pulled out of an instance that runs: what its file system has not written yet would be lost. An
instance that is terminated has shut down, and lets its volumes go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, create_only, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

STATES = {"attaching": PENDING, "attached": READY, "busy": DELETING, "detaching": DELETING}
DETACHED = "detached"
DETACHES = always("detaches the volume, for which its instance has to be stopped")


@dataclasses.dataclass(frozen=True)
class VolumeAttachment:
    """`device` is the name that the API wants: on Nitro instances the kernel has another one.

    `instance` holds no deletion back: a volume is let go by the end of the instance, not the other way round.
    """

    volume: Any = create_only(refers=("volume",))
    instance: Any = mutable(disrupts=DETACHES)
    device: str | None = mutable(disrupts=DETACHES)


def list_attachments(context: Context) -> Iterable[Found]:
    if not context.found("volume"):
        return []
    raws = context.pages("ec2", "describe_volumes", "Volumes", Filters=_ec2.with_identity(context))
    return [_found(attachment) for raw in raws for attachment in _attachments(raw)]


def create(context: Context, new: New, values: VolumeAttachment) -> Found:
    answer = context.client("ec2").attach_volume(VolumeId=values.volume, InstanceId=values.instance, Device=values.device)
    return _found({"State": "attaching", **answer})


def update(context: Context, found: Found, values: VolumeAttachment, fields: set[str]) -> None:
    """Called again until the volume is free. An instance that has been replaced has let it go already."""
    ec2 = context.client("ec2")
    (raw,) = ec2.describe_volumes(VolumeIds=[found.id])["Volumes"]
    for attachment in _attachments(raw):
        if (attachment["InstanceId"], attachment["Device"]) == (values.instance, values.device):
            return
        _detach(ec2, attachment)
    ec2.attach_volume(VolumeId=found.id, InstanceId=values.instance, Device=values.device)


def delete(context: Context, found: Found) -> None:
    ec2 = context.client("ec2")
    (raw,) = ec2.describe_volumes(VolumeIds=[found.id])["Volumes"]
    for attachment in _attachments(raw):
        _detach(ec2, attachment)


def _detach(ec2: Any, attachment: Mapping[str, Any]) -> None:
    if STATES[attachment["State"]] == DELETING:
        return
    volume, instance = attachment["VolumeId"], attachment["InstanceId"]
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    state = reservation["Instances"][0]["State"]["Name"]
    if state in ("pending", "running"):
        message = f"{volume} is in use by {instance}, which is {state}: stop it, or unmount the volume and detach it yourself"
        raise _ec2.Unsuccessful("DetachVolume", {"Code": "IncorrectInstanceState", "Message": message})
    ec2.detach_volume(VolumeId=volume, InstanceId=instance)


def _attachments(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [attachment for attachment in raw.get("Attachments", ()) if attachment["State"] != DETACHED]


def _found(raw: Mapping[str, Any]) -> Found:
    values = VolumeAttachment(volume=raw["VolumeId"], instance=raw["InstanceId"], device=raw["Device"])
    return Found(raw["VolumeId"], values, state=STATES[raw["State"]], name=raw["Device"].rpartition("/")[2], detail=raw["State"])


KIND = Kind(
    name="volume_attachment",
    service="ec2",
    values=VolumeAttachment,
    list=list_attachments,
    calls={"DescribeVolumes": "page"},
    actions=("ec2:AttachVolume", "ec2:DetachVolume"),
    after=("volume",),
    identity=lambda values: (values.volume,),
    parent="volume",
    create=create,
    update=update,
    delete=delete,
    outlives=("instance",),
    waits_for=("update", "delete"),
    # While it is being detached from elsewhere.
    retries=(Retry("AttachVolume", "VolumeInUse", seconds=300.0),),
)
