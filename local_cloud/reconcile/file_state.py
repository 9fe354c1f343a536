# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the mount targets of the emulated account."""

from typing import Any

from moto.ec2.models import ec2_backends

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.reconcile.desired import Directory, MountTarget
from local_cloud.reconcile.group_rules import firewall


def read_mount_targets(efs: Any) -> list[MountTarget]:
    """Return the mount targets of a region that are not being deleted."""
    return [_target(efs, target) for target in efs.mount_targets_by_id.values() if target.life_cycle_state != "deleting"]


def _target(efs: Any, target: Any) -> MountTarget:
    ec2 = ec2_backends[ACCOUNT][efs.region_name]
    interface = ec2.get_network_interface(target.network_interface_id)
    name = f"{target.file_system_id}.efs.{efs.region_name}.amazonaws.com"
    return MountTarget(
        id=target.mount_target_id,
        file_system=target.file_system_id,
        vpc=target.vpc_id,
        address=target.ip_address,
        names=(name, f"{target.availability_zone_name}.{name}"),
        directories=_directories(efs, target.file_system_id),
        firewall=firewall(ec2, interface.group_set),
    )


def _directories(efs: Any, file_system: str) -> tuple[Directory, ...]:
    points = [point for point in efs.access_points.values() if point.file_system_id == file_system]
    roots = [_root(file_system, point) for point in sorted(points, key=lambda point: point.access_point_id)]
    return (Directory(file_system, file_system), *roots)


def _root(file_system: str, point: Any) -> Directory:
    """Return the directory of an access point, which EFS makes at the first use if it is told for whom."""
    root = point.root_directory
    owner = root.get("CreationInfo")
    return Directory(
        name=f"{file_system}/{point.access_point_id}",
        path=f"{file_system}/{root.get('Path', '/').strip('/')}".rstrip("/"),
        owner=(int(owner["OwnerUid"]), int(owner["OwnerGid"]), str(owner["Permissions"])) if owner else None,
    )
