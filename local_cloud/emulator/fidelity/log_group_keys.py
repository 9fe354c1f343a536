# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log group's key can be set, changed and taken away; moto knows it at creation only."""

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from local_cloud.emulator.fidelity.patching import method


def _group(response: LogsResponse) -> LogGroup:
    name = response._get_param("logGroupName")
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException()
    return response.logs_backend.groups[name]


@method(LogsResponse)
def associate_kms_key(self: LogsResponse) -> str:
    """Answer AssociateKmsKey."""
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return "{}"


@method(LogsResponse)
def disassociate_kms_key(self: LogsResponse) -> str:
    """Answer DisassociateKmsKey."""
    _group(self).kms_key_id = None
    return "{}"
