# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An EBS volume for data: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html

It is grown in place, and kept as a snapshot when it is deleted.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping, Sequence
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
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, initial, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ebs, _ec2

STATES = {
    "creating": PENDING,
    "available": READY,
    "in-use": READY,
    "deleting": DELETING,
    "deleted": GONE,
    "error": FAILED,
}
COMPLETED, FAILED_SNAPSHOT = "completed", "error"
UNFINISHED = "Snapshot.Pending"
# Of a full volume of 64 TiB, whatever it takes: nothing is deleted before its copy is there.
SNAPSHOT_SECONDS = 24 * 3600.0
# The snapshots that this run has begun, by volume: one of an earlier run may lack what was written since.
_snapshots: dict[str, str] = {}
_lock = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Volume:
    """`size` is in GiB, `throughput` in MiB/s; `kms_key` is an ARN, `snapshot` the id of what it begins with."""

    zone: str | None = create_only("AvailabilityZone")
    size: int | None = mutable("Size", forbids=_ebs.smaller)
    type: str | None = mutable("VolumeType")
    iops: int | None = mutable("Iops")
    throughput: int | None = mutable("Throughput")
    encrypted: bool | None = create_only("Encrypted")
    kms_key: Any = create_only("KmsKeyId", refers=("kms_key",))
    snapshot: str | None = initial("SnapshotId")
    final_snapshot: bool | None = initial()


def list_volumes(context: Context) -> Iterable[Found]:
    raws = context.pages("ec2", "describe_volumes", "Volumes", Filters=_ec2.with_identity(context))
    modifying = _ebs.modifying(context) if raws else set()
    return [_found(context, raw, raw["VolumeId"] in modifying) for raw in raws]


def create(context: Context, new: New, values: Volume) -> Found:
    raw = context.client("ec2").create_volume(
        **arguments(values), ClientToken=new.token, TagSpecifications=new.tag_specifications("volume")
    )
    return _found(context, {**raw, "Tags": new.tag_list}, modifying=False)


def update(context: Context, found: Found, values: Volume, fields: set[str]) -> None:
    """Another type needs its IOPS and throughput with it."""
    changed = fields | {"iops", "throughput"} if "type" in fields else fields
    context.client("ec2").modify_volume(VolumeId=found.id, **arguments(values, changed))


def delete(context: Context, found: Found) -> None:
    """Called again until the snapshot is complete."""
    if found.attributes["final_snapshot"]:
        _keep(context, found)
    context.client("ec2").delete_volume(VolumeId=found.id)
    if snapshot := _snapshots.get(found.id):
        context.note(f"volume {found.id}: its data is kept in the final snapshot {snapshot}, which is no part of the stack")


def leaves(context: Context, going: Sequence[Found]) -> dict[str, str]:
    """The keys of final snapshots, and of all the account's snapshots that there are already, those of images included."""
    encrypted = [{"Name": "encrypted", "Values": ["true"]}]
    snapshots = context.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=encrypted)
    left = {raw.get("KmsKeyId"): f"the snapshot {raw['SnapshotId']}" for raw in snapshots}
    left |= {found.values.kms_key: f"the final snapshot of {found.id}" for found in going if found.attributes["final_snapshot"]}
    return {key: what for key, what in left.items() if key}


def _keep(context: Context, found: Found) -> None:
    """Raise until there is a whole snapshot of what the volume holds now."""
    ec2 = context.client("ec2")
    with _lock:
        if found.id not in _snapshots:
            _snapshots[found.id] = _begin_snapshot(ec2, found)["SnapshotId"]
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[_snapshots[found.id]])["Snapshots"]
    if snapshot["State"] == FAILED_SNAPSHOT:
        del _snapshots[found.id]
    if snapshot["State"] != COMPLETED:
        message = f"{snapshot['SnapshotId']} of {found.id} is {snapshot['State']}, {snapshot.get('Progress', '')} done"
        raise _ec2.Unsuccessful("CreateSnapshot", {"Code": UNFINISHED, "Message": message})


def _begin_snapshot(ec2: Any, found: Found) -> Any:
    """It is tagged as the volume is, so that it can be found, and may be made at all, as part of the stack's data."""
    tags = {**found.tags, "Name": f"{found.tags.get('Name', found.id)}-final"}
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items()) if not key.startswith("aws:")]
    return ec2.create_snapshot(
        VolumeId=found.id,
        Description=f"What {found.id} held when it was deleted",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": listed}],
    )


def _wants_snapshot(context: Context, tags: Mapping[str, str]) -> bool:
    """What is not declared any more goes as it does by default: with a final snapshot."""
    wanted = {declaration.name: declaration.values.final_snapshot for declaration in context.declared(KIND.name)}
    return wanted.get(Found("", None, tags).logical_name) is not False


def _found(context: Context, raw: Mapping[str, Any], modifying: bool) -> Found:
    tags = _ec2.tags(raw)
    values = read(Volume, {"KmsKeyId": "", **raw})
    state = PENDING if modifying else STATES[raw["State"]]
    attributes = {"final_snapshot": _wants_snapshot(context, tags)}
    return Found(
        raw["VolumeId"], values, tags, state, detail=_ebs.MODIFYING if modifying else raw["State"], attributes=attributes
    )


KIND = Kind(
    name="volume",
    service="ec2",
    values=Volume,
    list=list_volumes,
    calls={"DescribeVolumes": "page", "DescribeVolumesModifications": "page", "DescribeSnapshots": "page"},
    actions=(
        "ec2:CreateVolume",
        "ec2:CreateTags",
        "ec2:ModifyVolume",
        "ec2:CreateSnapshot",
        "ec2:DeleteVolume",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ),
    id_filter="volume-id",
    create=create,
    update=update,
    delete=delete,
    tag=_ec2.tag,
    waits_for=("update", "delete"),
    leaves=leaves,
    retries=(
        Retry("CreateSnapshot", UNFINISHED, seconds=SNAPSHOT_SECONDS),
        Retry("DeleteVolume", "VolumeInUse", seconds=300.0),
    ),
    indexed=True,
)
