# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EFS file systems of the storage tier, where they can be mounted, and their access points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.access_point import AccessPoint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.file_system import FileSystem
from ansible_collections.terrace.aws.plugins.module_utils.kinds.mount_targets import MountTargets
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_statements as statements
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    MANY,
    NAME,
    ZONE,
    key_of,
    reference,
    several,
)

Options = Mapping[str, Any]
TIER = "storage"
KINDS = ("file_system", "mount_targets", "access_point")
GENERAL_PURPOSE, MAX_IO = "generalPurpose", "maxIO"
ELASTIC, BURSTING, PROVISIONED = "elastic", "bursting", "provisioned"
# https://docs.aws.amazon.com/efs/latest/ug/API_LifecyclePolicy.html
NEVER, DAYS = 0, [0, 1, 7, 14, 30, 60, 90, 180, 270, 365]
SPEC: dict[str, dict[str, Any]] = {
    "file_systems": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "subnets": {"type": "str"},
            "security_groups": {"type": "list", "elements": "str", "default": []},
            "zone": {"type": "str"},
            "encrypted": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "performance": {"type": "dict", "default": {}},
            "lifecycle": {"type": "dict", "default": {}},
            "automatic_backups": {"type": "bool", "default": True},
            "policy": {"type": "dict", "default": {}},
            "access_points": {"type": "list", "elements": "dict", "default": []},
            "empty_before_delete": {"type": "bool", "default": False},
        },
    },
}
# Of one file system. Not part of SPEC, because Ansible's page would get too long to read.
PERFORMANCE: Spec = {
    "performance_mode": {"type": "str", "choices": [GENERAL_PURPOSE, MAX_IO], "default": GENERAL_PURPOSE},
    "throughput_mode": {"type": "str", "choices": [ELASTIC, BURSTING, PROVISIONED], "default": ELASTIC},
    "provisioned_throughput": {"type": "int"},
}
LIFECYCLE: Spec = {
    "transition_to_ia": {"type": "int", "choices": DAYS, "default": NEVER},
    "transition_to_archive": {"type": "int", "choices": DAYS, "default": NEVER},
    "transition_to_primary": {"type": "bool", "default": False},
}
POLICY: Spec = {
    "anonymous_access": {"type": "bool", "default": False},
    "readers": {"type": "list", "elements": "str", "default": []},
    "writers": {"type": "list", "elements": "str", "default": []},
    "statements": {"type": "list", "elements": "dict", "default": []},
}
ACCESS_POINT: Spec = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "uid": {"type": "int", "required": True},
    "gid": {"type": "int", "required": True},
    "secondary_gids": {"type": "list", "elements": "int", "default": []},
    "permissions": {"type": "str", "default": "0750"},
}
POSIX_ID = Constraint(minimum=0, maximum=2**32 - 1)
# https://docs.aws.amazon.com/efs/latest/ug/API_CreateAccessPoint.html
ACCESS_POINT_CONSTRAINTS = {
    "name": NAME,
    "path": Constraint(
        pattern=r"/|(?=.{2,100}$)(/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}", says="a path has up to four directories: /uploads/public"
    ),
    "uid": POSIX_ID,
    "gid": POSIX_ID,
    "secondary_gids": Constraint(max_length=16, distinct=True),
    "secondary_gids[]": POSIX_ID,
    # YAML would read an unquoted number as octal, and give us another one.
    "permissions": Constraint(pattern=r"0[0-7]{3}", says="permissions are given in quotes, like '0750'"),
}
# https://docs.aws.amazon.com/efs/latest/ug/performance.html
PERFORMANCE_CONSTRAINTS = {"provisioned_throughput": Constraint(minimum=1, maximum=10240)}
INNER: dict[str, tuple[Spec, Mapping[str, Constraint]]] = {
    "performance": (PERFORMANCE, PERFORMANCE_CONSTRAINTS),
    "lifecycle": (LIFECYCLE, {}),
    "policy": (POLICY, statements.POLICY_CONSTRAINTS),
}
# Those of one network interface: https://docs.aws.amazon.com/efs/latest/ug/limits.html
MOST_GROUPS = 5
CONSTRAINTS: dict[str, Constraint] = {
    "file_systems": several(),
    "file_systems[].name": NAME,
    "file_systems[].subnets": reference("subnet/{}/"),
    "file_systems[].security_groups": Constraint(max_length=MOST_GROUPS, distinct=True),
    "file_systems[].security_groups[]": reference("security_group/{}"),
    "file_systems[].zone": ZONE,
    "file_systems[].kms_key": KMS_KEY,
    "file_systems[].access_points": Constraint(max_length=MANY),
}
MOUNT, WRITE = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
ACTION = Constraint(
    pattern=r"elasticfilesystem:[A-Za-z*?]{1,128}",
    says="an action looks like elasticfilesystem:ClientMount",
)
# Characters: https://docs.aws.amazon.com/efs/latest/ug/API_PutFileSystemPolicy.html
LONGEST_POLICY = 20000


def declarations(options: Options, stack: Stack) -> Iterator[Declaration]:
    """Yield the declarations of validated options. Raises InvalidOption."""
    for index, given in enumerate(options["file_systems"]):
        path = f"storage.file_systems[{index}]"
        file_system = {
            **given,
            **{name: validated(given[name], *inner, f"{path}.{name}") for name, inner in INNER.items()},
        }
        _check(file_system, stack, path)
        yield Declaration("file_system", file_system["name"], TIER, _file_system(file_system, path), path)
        yield from _mount_targets(file_system, path)
        yield from _access_points(file_system, path)


def _file_system(file_system: Options, path: str) -> FileSystem:
    performance, lifecycle = file_system["performance"], file_system["lifecycle"]
    return FileSystem(
        encrypted=file_system["encrypted"],
        kms_key=key_of(file_system["kms_key"], None),
        zone=file_system["zone"] or "",
        performance_mode=performance["performance_mode"],
        throughput={"mode": performance["throughput_mode"], "mibps": performance["provisioned_throughput"] or 0},
        lifecycle={
            "ia": lifecycle["transition_to_ia"],
            "archive": lifecycle["transition_to_archive"],
            "primary": lifecycle["transition_to_primary"],
        },
        automatic_backups=file_system["automatic_backups"],
        # Nothing described is the target of a replication, which would overwrite it.
        replication_overwrite_protection=True,
        policy=statements.document(_policy(file_system["policy"], f"{path}.policy"), LONGEST_POLICY, f"{path}.policy"),
        empty_before_delete=file_system["empty_before_delete"],
    )


def _policy(policy: Options, path: str) -> Iterator[dict[str, Any]]:
    """A file system with a policy lets in whom it names only; one without lets everybody do everything.

    https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    yield {
        "Sid": "EncryptedConnections",
        "Effect": "Deny",
        "Principal": {"AWS": [statements.ANYBODY]},
        "Action": ["*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    if policy["anonymous_access"]:
        yield {
            "Sid": "Anonymous",
            "Effect": "Allow",
            "Principal": {"AWS": [statements.ANYBODY]},
            "Action": [MOUNT, WRITE],
            "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
        }
    yield from statements.granted("Readers", policy["readers"], [MOUNT])
    yield from statements.granted("Writers", policy["writers"], [MOUNT, WRITE])
    for index, statement in enumerate(statements.own(policy["statements"], ACTION, path)):
        if statements.everybody_may(statement):
            raise InvalidOption(
                f"{path}.statements[{index}].principals",
                "lets everybody in: set anonymous_access, if so",
            )
        yield statement


def _mount_targets(file_system: Options, path: str) -> Iterator[Declaration]:
    """A file system in one zone has its only mount target there."""
    name, subnets, zone = file_system["name"], file_system["subnets"], file_system["zone"]
    if subnets:
        every = Reference("subnet", f"{subnets}/", every=True)
        values = MountTargets(
            file_system=Reference("file_system", name),
            subnets=(Reference("subnet", f"{subnets}/{zone}"),) if zone else every,
            security_groups=tuple(Reference("security_group", group) for group in file_system["security_groups"]),
        )
        yield Declaration("mount_targets", name, TIER, values, path)


def _access_points(file_system: Options, path: str) -> Iterator[Declaration]:
    names: set[str] = set()
    for index, given in enumerate(file_system["access_points"]):
        where = f"{path}.access_points[{index}]"
        point = validated(given, ACCESS_POINT, ACCESS_POINT_CONSTRAINTS, where)
        if point["name"] in names:
            raise InvalidOption(f"{where}.name", f"{point['name']!r} is given twice")
        names.add(point["name"])
        yield Declaration(
            "access_point", f"{file_system['name']}/{point['name']}", TIER, _access_point(file_system["name"], point), where
        )


def _access_point(file_system: str, point: Options) -> AccessPoint:
    further = {"SecondaryGids": point["secondary_gids"]} if point["secondary_gids"] else {}
    path = point["path"] or f"/{point['name']}"
    made = {"OwnerUid": point["uid"], "OwnerGid": point["gid"], "Permissions": point["permissions"]}
    return AccessPoint(
        file_system=Reference("file_system", file_system),
        posix_user={"Uid": point["uid"], "Gid": point["gid"], **further},
        root_directory={"Path": path, **({} if path == "/" else {"CreationInfo": made})},
    )


def _check(file_system: Options, stack: Stack, path: str) -> None:
    """Refuse what EFS would."""
    if file_system["kms_key"] and not file_system["encrypted"]:
        raise InvalidOption(f"{path}.kms_key", "needs encrypted: true")
    if file_system["subnets"] and not file_system["security_groups"]:
        raise InvalidOption(f"{path}.security_groups", "is required with subnets: they say who reaches the mount targets")
    if file_system["security_groups"] and not file_system["subnets"]:
        raise InvalidOption(f"{path}.security_groups", "needs subnets, in which there are mount targets to have them")
    if file_system["zone"] and not file_system["zone"].startswith(stack.region):
        raise InvalidOption(f"{path}.zone", f"is not in {stack.region}")
    _check_performance(file_system["performance"], file_system["zone"], f"{path}.performance")
    _check_lifecycle(file_system["lifecycle"], file_system["performance"], f"{path}.lifecycle")


def _check_performance(performance: Options, zone: str | None, path: str) -> None:
    """https://docs.aws.amazon.com/efs/latest/ug/performance.html"""
    mode, throughput = performance["throughput_mode"], performance["provisioned_throughput"]
    if (mode == PROVISIONED) != (throughput is not None):
        raise InvalidOption(f"{path}.provisioned_throughput", f"goes with throughput_mode: {PROVISIONED}, and that with it")
    if performance["performance_mode"] == MAX_IO and (mode == ELASTIC or zone):
        raise InvalidOption(f"{path}.performance_mode", f"{MAX_IO} excludes throughput_mode: {ELASTIC} and a zone")


def _check_lifecycle(lifecycle: Options, performance: Options, path: str) -> None:
    """https://docs.aws.amazon.com/efs/latest/ug/API_PutLifecycleConfiguration.html"""
    infrequent, archive = lifecycle["transition_to_ia"], lifecycle["transition_to_archive"]
    if archive and performance["throughput_mode"] != ELASTIC:
        raise InvalidOption(f"{path}.transition_to_archive", f"needs performance.throughput_mode: {ELASTIC}")
    if archive and infrequent >= archive:
        raise InvalidOption(f"{path}.transition_to_archive", "has to be later than transition_to_ia")
    if lifecycle["transition_to_primary"] and not (infrequent or archive):
        raise InvalidOption(f"{path}.transition_to_primary", "needs transition_to_ia, or there is nothing to come back")
