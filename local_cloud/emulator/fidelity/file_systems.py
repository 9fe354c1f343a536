# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFS file systems can be changed, protected and stripped of their policy; moto makes them only.

https://docs.aws.amazon.com/efs/latest/ug/API_Operations.html
"""

import json
from collections.abc import Callable
from typing import Any

from moto.efs import urls
from moto.efs.exceptions import BadRequest, FileSystemNotFound
from moto.efs.models import EFSBackend, FileSystem
from moto.efs.responses import EFSResponse

from local_cloud.emulator.fidelity.patching import around, method

# What EFS meters of a file system without any file.
EMPTY_BYTES = 6144
Answer = tuple[str, dict[str, Any]]

urls.url_paths["/2015-02-01/file-systems/<file_system_id>/protection"] = urls.response.dispatch


@around(FileSystem, "__init__")
def meter_from_the_start(original: Callable[..., None], self: FileSystem, *arguments: Any, **settings: Any) -> None:
    """A new file system is protected, and not quite empty."""
    original(self, *arguments, **settings)
    self._size_value = EMPTY_BYTES
    self.__dict__["_protection"] = "ENABLED"


@around(FileSystem, "info_json")
def tell_protection(original: Callable[..., dict[str, Any]], self: FileSystem) -> dict[str, Any]:
    """https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html"""
    return {**original(self), "FileSystemProtection": {"ReplicationOverwriteProtection": self.__dict__["_protection"]}}


@around(EFSBackend, "describe_file_system_policy")
def fill_in_the_resource(original: Callable[..., str], self: EFSBackend, file_system_id: str) -> str:
    """Each statement of a file system's policy is about that file system, and says so when it is read."""
    policy = json.loads(original(self, file_system_id))
    arn = self.file_systems_by_id[file_system_id].file_system_arn
    return json.dumps({**policy, "Statement": [{"Resource": arn, **statement} for statement in policy["Statement"]]})


@method(EFSResponse)
def update_file_system(self: EFSResponse) -> Answer:
    """Answer UpdateFileSystem."""
    file_system, mode = _file_system(self), self._get_param("ThroughputMode")
    throughput = self._get_param("ProvisionedThroughputInMibps")
    if (mode == "provisioned") != bool(throughput):
        raise BadRequest("ProvisionedThroughputInMibps goes with the throughput mode provisioned.")
    file_system.throughput_mode, file_system.provisioned_throughput_in_mibps = mode, throughput
    return _answer(file_system.info_json(), 202)


@method(EFSResponse)
def update_file_system_protection(self: EFSResponse) -> Answer:
    """Answer UpdateFileSystemProtection."""
    protection = self._get_param("ReplicationOverwriteProtection")
    _file_system(self).__dict__["_protection"] = protection
    return _answer({"ReplicationOverwriteProtection": protection})


@method(EFSResponse)
def put_backup_policy(self: EFSResponse) -> Answer:
    """Answer PutBackupPolicy."""
    policy = self._get_param("BackupPolicy")
    _file_system(self)._backup = policy["Status"] == "ENABLED"
    return _answer({"BackupPolicy": policy})


@method(EFSResponse)
def delete_file_system_policy(self: EFSResponse) -> Answer:
    """Answer DeleteFileSystemPolicy."""
    _file_system(self).file_system_policy = None
    return _answer({})


def _file_system(response: EFSResponse) -> FileSystem:
    name = response._get_param("FileSystemId")
    if name not in response.efs_backend.file_systems_by_id:
        raise FileSystemNotFound(name)
    return response.efs_backend.file_systems_by_id[name]


def _answer(content: dict[str, Any], status: int = 200) -> Answer:
    return json.dumps(content), {"status": status, "Content-Type": "application/json"}
