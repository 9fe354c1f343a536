# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file systems of the storage tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.access_point import AccessPoint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.file_system import FileSystem
from ansible_collections.terrace.aws.plugins.module_utils.kinds.mount_targets import MountTargets
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case

TLS: dict[str, Any] = {
    "Sid": "EncryptedConnections",
    "Effect": "Deny",
    "Principal": {"AWS": ["*"]},
    "Action": ["*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ANYBODY: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["elasticfilesystem:ClientMount"]}
SAFE: dict[str, Any] = {
    "encrypted": True,
    "zone": "",
    "performance_mode": "generalPurpose",
    "throughput": {"mode": "elastic", "mibps": 0},
    "lifecycle": {"ia": 0, "archive": 0, "primary": False},
    "automatic_backups": True,
    "replication_overwrite_protection": True,
    "policy": {"Version": "2012-10-17", "Statement": [TLS]},
}
SHARED = Declaration("file_system", "shared", "storage", FileSystem(**SAFE, empty_before_delete=True))
NETWORK = (
    Declaration("vpc", "main", "network", Vpc("10.9.0.0/16", True, True)),
    *(
        Declaration(
            "subnet",
            f"app/eu-west-1{zone}",
            "network",
            Subnet(vpc=Reference("vpc", "main"), cidr=f"10.9.{number}.0/24", zone=f"eu-west-1{zone}"),
        )
        for number, zone in enumerate("ab")
    ),
    *(
        Declaration("security_group", name, "network", SecurityGroup(vpc=Reference("vpc", "main"), description=name))
        for name in ("files", "other")
    ),
)

CASES = {
    "file_system": Case(
        FileSystem(**SAFE, empty_before_delete=False),
        "storage",
        changes={
            "throughput": {"mode": "provisioned", "mibps": 10},
            "lifecycle": {"ia": 30, "archive": 90, "primary": True},
            "automatic_backups": False,
            "replication_overwrite_protection": False,
            "policy": {"Version": "2012-10-17", "Statement": [TLS, ANYBODY]},
        },
    ),
    "mount_targets": Case(
        MountTargets(
            file_system=Reference("file_system", "shared"),
            subnets=(Reference("subnet", "app/eu-west-1a"),),
            security_groups=(Reference("security_group", "files"),),
        ),
        "storage",
        parents=(*NETWORK, SHARED),
        changes={
            "subnets": (Reference("subnet", "app/eu-west-1b"),),
            "security_groups": (Reference("security_group", "other"), Reference("security_group", "files")),
        },
    ),
    "access_point": Case(
        AccessPoint(
            file_system=Reference("file_system", "shared"),
            posix_user={"Uid": 1000, "Gid": 1000},
            root_directory={"Path": "/app", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0750"}},
        ),
        "storage",
        parents=(SHARED,),
    ),
}
