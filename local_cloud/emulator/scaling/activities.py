# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a group did, newest first.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html
"""

import uuid
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from local_cloud.emulator.fidelity.patching import store

PROGRESS = {"InProgress": 30, "MidLifecycleAction": 60, "WaitingForELBConnectionDraining": 50}
OVER = {"Successful", "Failed", "Cancelled"}


class Activity:
    """One launch or termination; the attributes are named as the API's members."""

    def __init__(self, group: Any, description: str, cause: str) -> None:
        self.activity_id = str(uuid.uuid4())
        self.auto_scaling_group_name = group.name
        self.auto_scaling_group_arn = group.arn
        self.description = description
        self.cause = f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} {cause}"
        self.details = "{}"
        self.start_time = utcnow()
        self.end_time: datetime | None = None
        self.status_code = "InProgress"
        self.status_message: str | None = None

    @property
    def progress(self) -> int:
        return PROGRESS.get(self.status_code, 100)

    def become(self, status: str, message: str | None = None) -> None:
        """Go on, or end."""
        self.status_code, self.status_message = status, message
        if status in OVER:
            self.end_time = utcnow()


def begin(group: Any, description: str, cause: str) -> Activity:
    """Note a new activity of a group."""
    activity = Activity(group, description, cause)
    activities(group.autoscaling_backend).insert(0, activity)
    return activity


def activities(backend: Any) -> list[Activity]:
    """Return the activities of all groups, those that are gone included."""
    return store(backend, "scaling").setdefault("activities", [])
