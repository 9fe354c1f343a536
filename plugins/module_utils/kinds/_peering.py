# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two sides of a VPC peering connection share.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, GONE, PENDING, READY

WAITING = "pending-acceptance"
# A request that waits for the other side is all that this side can do.
STATES = {
    "initiating-request": PENDING,
    WAITING: READY,
    "provisioning": PENDING,
    "active": READY,
    "deleting": DELETING,
    "deleted": GONE,
    "rejected": FAILED,
    "failed": FAILED,
    "expired": FAILED,
}
