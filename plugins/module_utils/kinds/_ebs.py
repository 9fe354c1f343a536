# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What root volumes and data volumes share: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html"""

from __future__ import annotations


def smaller(before: int, after: int) -> str:
    """The verdict on a change of size."""
    return f"cannot go down from {before} to {after} GiB: EBS only grows volumes" if after < before else ""
