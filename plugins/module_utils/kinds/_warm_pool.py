# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that a group keeps ready beside those in service.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context

# For MaxGroupPreparedCapacity: as many as the group's greatest size.
AS_THE_GROUP = -1


def pool_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group's warm pool, empty if it has none or it is on its way out."""
    pool = raw.get("WarmPoolConfiguration")
    if not pool or pool.get("Status") == "PendingDelete":
        return {}
    prepared = pool.get("MaxGroupPreparedCapacity")
    return {
        "min": pool.get("MinSize") or 0,
        "max_prepared": AS_THE_GROUP if prepared is None else prepared,
        "state": pool.get("PoolState") or "Stopped",
        "reuse": bool(pool.get("InstanceReusePolicy", {}).get("ReuseOnScaleIn")),
    }


def set_pool(context: Context, group: str, wanted: Mapping[str, Any]) -> None:
    """Fill it, change it, or take it away with its instances."""
    client = context.client("autoscaling")
    if not wanted:
        client.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)
        return
    client.put_warm_pool(
        AutoScalingGroupName=group,
        MinSize=wanted["min"],
        MaxGroupPreparedCapacity=wanted["max_prepared"],
        PoolState=wanted["state"],
        InstanceReusePolicy={"ReuseOnScaleIn": wanted["reuse"]},
    )
