# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What root volumes and data volumes share: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context

MODIFYING = "modifying"


def smaller(before: int, after: int) -> str:
    """The verdict on a change of size."""
    return f"cannot go down from {before} to {after} GiB: EBS only grows volumes" if after < before else ""


def modifying(context: Context) -> set[str]:
    """Return the ids of the account's volumes that are on their way to new settings, and still tell the former ones."""
    filters = [{"Name": "modification-state", "Values": [MODIFYING]}]
    pages = context.pages("ec2", "describe_volumes_modifications", "VolumesModifications", Filters=filters)
    return {raw["VolumeId"] for raw in pages}
