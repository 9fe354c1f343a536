# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the storage tier."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import Bucket
from tests.contract.case import Case

CASES = {
    "bucket": Case(
        Bucket(object_ownership="BucketOwnerEnforced"), "storage", changes={"object_ownership": "BucketOwnerPreferred"}
    ),
}
