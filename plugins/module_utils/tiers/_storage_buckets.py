# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The buckets of the storage tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.bucket import Bucket
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import NAME, REGION, several

TIER = "storage"
KINDS = ("bucket",)
SPEC = {
    "buckets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "region": {"type": "str"},
        },
    },
}
CONSTRAINTS: dict[str, Constraint] = {
    "buckets": several(),
    "buckets[].name": NAME,
    "buckets[].region": REGION,
}


def declarations(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:  # noqa: ARG001 as its neighbours
    """Yield the declarations of validated options. Raises InvalidOption."""
    for index, bucket in enumerate(options["buckets"]):
        values = Bucket(object_ownership="BucketOwnerEnforced")
        yield Declaration("bucket", bucket["name"], TIER, values, f"storage.buckets[{index}]", region=bucket["region"])
