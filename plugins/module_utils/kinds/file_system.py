# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An EFS file system with its settings: https://docs.aws.amazon.com/efs/latest/ug/creating-using.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, GONE, Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import canonical, create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _efs, _iam
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

# What is metered of a file system that has never held anything: https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html
EMPTY_BYTES = 6 * 1024
FILES, MOUNTED, NOTHING = "files", "mounted", "nothing"
GIVE_UP = "set empty_before_delete: true in storage.file_systems to let it all be deleted for ever"
KEPT = {
    FILES: f"the file system holds files: move them elsewhere, or {GIVE_UP}",
    MOUNTED: "the file system has mount targets, and AWS may not have measured yet what was written last: "
    f"delete them and wait some hours, or {GIVE_UP}",
}
NO_POLICY: dict[str, Any] = {}
UPDATES = ("UpdateFileSystem", "PutLifecycleConfiguration", "PutFileSystemPolicy", "DeleteFileSystemPolicy", "PutBackupPolicy")


def _anonymous_ends(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    ends = _lets_anybody_mount(before) and not _lets_anybody_mount(after)
    return "cuts off the clients that mount without an IAM role" if ends else ""


def _lets_anybody_mount(policy: Mapping[str, Any]) -> bool:
    """Without a policy, whoever reaches a mount target may do everything."""
    statements = policy.get("Statement", [])
    anybody = ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return not statements or any(s["Effect"] == "Allow" and s.get("Principal") in anybody for s in statements)


def _backups_end(before: bool, after: bool) -> str:
    return "ends the daily backups" if before and not after else ""


@dataclasses.dataclass(frozen=True)
class FileSystem:
    """`zone` makes it a file system in one zone only. `throughput` has ``mode`` and ``mibps``, 0 unless it is provisioned.

    `lifecycle` has the forms of `_efs.lifecycle`; an empty `policy` is none.
    """

    encrypted: bool | None = create_only("Encrypted")
    kms_key: Any = create_only("KmsKeyId", refers=("kms_key",))
    zone: str | None = create_only("AvailabilityZoneName")
    performance_mode: str | None = create_only("PerformanceMode")
    throughput: Any = mutable(normalise=canonical)
    lifecycle: Any = mutable(normalise=canonical)
    automatic_backups: bool | None = mutable(disrupts=_backups_end)
    replication_overwrite_protection: bool | None = mutable()
    policy: Any = mutable(normalise=_iam.same_policy, refers=("iam_role",), disrupts=_anonymous_ends)
    empty_before_delete: bool | None = initial()


def list_file_systems(context: Context) -> Iterable[Found]:
    ours = [raw for raw in _describe(context) if _efs.tags(raw).get(TAG_STACK) == context.stack.name]
    return _read(context, ours)


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Find a file system by ``id``, ``name`` (its tag) or tags."""
    known = {"FileSystemId": wanted["id"]} if "id" in wanted else {}
    listed = existing(lambda: _describe(context, **known)) or []
    return _read(context, [raw for raw in listed if wanted.get("tags", {}).items() <= _efs.tags(raw).items()])


def create(context: Context, new: New, values: FileSystem) -> Found:
    """Nobody can mount it until it has mount targets, so that its policy may come later."""
    raw = context.client("efs").create_file_system(
        CreationToken=new.token,
        Encrypted=values.encrypted is not False,
        Backup=values.automatic_backups is not False,
        Tags=new.tag_list,
        **_placement(values),
        **(_throughput(values.throughput) if values.throughput else {}),
    )
    return _found(context, raw, lifecycle=_efs.lifecycle([]), automatic_backups=None, policy=NO_POLICY)


def update(context: Context, found: Found, values: FileSystem, fields: set[str]) -> None:
    """The throughput comes last: until its change is done, EFS takes no other."""
    efs = context.client("efs")
    if "policy" in fields:
        _set_policy(efs, found.id, values.policy)
    if "automatic_backups" in fields:
        status = "ENABLED" if values.automatic_backups else "DISABLED"
        efs.put_backup_policy(FileSystemId=found.id, BackupPolicy={"Status": status})
    # Archive needs elastic throughput: out of it before that ends, and into it when that has begun.
    leaving = not (values.lifecycle or {}).get("archive")
    if "lifecycle" in fields and leaving:
        _set_lifecycle(efs, found.id, values.lifecycle)
    if "replication_overwrite_protection" in fields:
        protection = "ENABLED" if values.replication_overwrite_protection else "DISABLED"
        efs.update_file_system_protection(FileSystemId=found.id, ReplicationOverwriteProtection=protection)
    if "throughput" in fields:
        efs.update_file_system(FileSystemId=found.id, **_throughput(values.throughput))
    if "lifecycle" in fields and not leaving:
        _set_lifecycle(efs, found.id, values.lifecycle)


def delete(context: Context, found: Found) -> None:
    context.client("efs").delete_file_system(FileSystemId=found.id)
    if found.values.automatic_backups:
        context.note(f"file system {found.id}: its automatic backups, if there are any, stay in AWS Backup until they expire")


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    _efs.tag(context, found.id, wanted)


def guard(found: Found) -> str | None:
    return None if found.attributes["empty_before_delete"] else KEPT.get(found.attributes["contents"])


def _describe(context: Context, **request: Any) -> list[dict[str, Any]]:
    return context.pages("efs", "describe_file_systems", "FileSystems", PaginationConfig={"PageSize": 100}, **request)


def _placement(values: FileSystem) -> dict[str, Any]:
    given = {
        "KmsKeyId": values.kms_key,
        "AvailabilityZoneName": values.zone,
        "PerformanceMode": values.performance_mode,
    }
    return {name: value for name, value in given.items() if value}


def _throughput(throughput: Mapping[str, Any]) -> dict[str, Any]:
    provisioned = {"ProvisionedThroughputInMibps": float(throughput["mibps"])} if throughput["mibps"] else {}
    return {"ThroughputMode": throughput["mode"], **provisioned}


def _set_policy(efs: Any, file_system: str, policy: Mapping[str, Any]) -> None:
    if policy:
        efs.put_file_system_policy(FileSystemId=file_system, Policy=_iam.encoded(policy))
    else:
        efs.delete_file_system_policy(FileSystemId=file_system)


def _set_lifecycle(efs: Any, file_system: str, lifecycle: Mapping[str, Any]) -> None:
    efs.put_lifecycle_configuration(FileSystemId=file_system, LifecyclePolicies=_efs.lifecycle_policies(lifecycle))


def _read(context: Context, listed: Iterable[Mapping[str, Any]]) -> list[Found]:
    """Read what the list lacks. What has gone in between is left out, and what is going has no settings any more."""
    read = context.each(lambda raw: existing(lambda: _with_settings(context, raw)), listed)
    return [found for found in read if found]


def _with_settings(context: Context, raw: Mapping[str, Any]) -> Found:
    if _efs.STATES[raw["LifeCycleState"]] in (DELETING, GONE):
        return _found(context, raw)
    efs, file_system = context.client("efs"), raw["FileSystemId"]
    policies = efs.describe_lifecycle_configuration(FileSystemId=file_system)["LifecyclePolicies"]
    return _found(
        context,
        raw,
        lifecycle=_efs.lifecycle(policies),
        automatic_backups=_automatic_backups(efs, file_system),
        policy=_policy(efs, raw),
    )


def _automatic_backups(efs: Any, file_system: str) -> bool:
    answer = _unless_without_policy(lambda: efs.describe_backup_policy(FileSystemId=file_system))
    return bool(answer) and answer["BackupPolicy"]["Status"] in ("ENABLED", "ENABLING")


def _policy(efs: Any, raw: Mapping[str, Any]) -> dict[str, Any]:
    answer = _unless_without_policy(lambda: efs.describe_file_system_policy(FileSystemId=raw["FileSystemId"]))
    return _efs.policy(answer["Policy"], raw["FileSystemArn"]) if answer else NO_POLICY


def _unless_without_policy(read: Any) -> Any:
    try:
        return read()
    except Exception as error:
        if code_of(error) != "PolicyNotFound":
            raise
        return None


def _contents(raw: Mapping[str, Any]) -> str:
    """The size lags behind by hours: https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemSize.html"""
    if raw["SizeInBytes"]["Value"] > EMPTY_BYTES:
        return FILES
    return MOUNTED if raw["NumberOfMountTargets"] else NOTHING


def _may_be_emptied(context: Context, found: Found) -> bool:
    """What is not declared any more keeps its contents."""
    return any(d.values.empty_before_delete for d in context.declared("file_system") if d.name == found.logical_name)


def _found(context: Context, raw: Mapping[str, Any], **settings: Any) -> Found:
    values = FileSystem(
        encrypted=raw.get("Encrypted", False),
        kms_key=raw.get("KmsKeyId"),
        zone=raw.get("AvailabilityZoneName") or "",
        performance_mode=raw["PerformanceMode"],
        throughput={
            "mode": raw.get("ThroughputMode", "bursting"),
            "mibps": int(raw.get("ProvisionedThroughputInMibps") or 0),
        },
        # While it is the target of a replication nothing else can overwrite it.
        replication_overwrite_protection=raw.get("FileSystemProtection", {}).get("ReplicationOverwriteProtection") != "DISABLED",
        **settings,
    )
    tags, state = _efs.tags(raw), raw["LifeCycleState"]
    found = Found(raw["FileSystemId"], values, tags, _efs.STATES[state], tags.get("Name"), detail=state)
    attributes = {
        "arn": raw["FileSystemArn"],
        "domain": f"{raw['FileSystemId']}.efs.{context.region}.amazonaws.com{'.cn' * context.region.startswith('cn-')}",
        "contents": _contents(raw),
        "empty_before_delete": _may_be_emptied(context, found),
    }
    return dataclasses.replace(found, attributes=attributes)


KIND = Kind(
    name="file_system",
    service="efs",
    values=FileSystem,
    list=list_file_systems,
    look_up=look_up,
    calls={
        "DescribeFileSystems": "page",
        "DescribeLifecycleConfiguration": "resource",
        "DescribeBackupPolicy": "resource",
        "DescribeFileSystemPolicy": "resource",
    },
    actions=(
        "elasticfilesystem:CreateFileSystem",
        "elasticfilesystem:TagResource",
        "elasticfilesystem:PutLifecycleConfiguration",
        "elasticfilesystem:PutBackupPolicy",
        "elasticfilesystem:PutFileSystemPolicy",
        "elasticfilesystem:DeleteFileSystemPolicy",
        "elasticfilesystem:UpdateFileSystem",
        "elasticfilesystem:UpdateFileSystemProtection",
        "elasticfilesystem:DeleteFileSystem",
        "iam:CreateServiceLinkedRole",
        "kms:DescribeKey",
        "kms:CreateGrant",
        "kms:GenerateDataKeyWithoutPlaintext",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    guard=guard,
    waits_for=("update", "delete"),
    retries=(
        *_efs.busy(*UPDATES, "UpdateFileSystemProtection", "DeleteFileSystem"),
        # Of a role that has just been made: https://docs.aws.amazon.com/efs/latest/ug/API_PutFileSystemPolicy.html
        Retry("PutFileSystemPolicy", "InvalidPolicyException", "(?i)principal"),
        # Of mount targets that have just gone.
        Retry("DeleteFileSystem", "FileSystemInUse"),
    ),
    indexed=True,
)
