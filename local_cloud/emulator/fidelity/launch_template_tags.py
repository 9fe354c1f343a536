# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch templates show the tags they have now: moto keeps those of the creation.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplate.html
"""

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate


def _now(self: Any) -> list[dict[str, str]]:
    return self.get_tags()


def _ignore(self: Any, tags: list[dict[str, str]]) -> None:
    """Moto's constructor assigns a copy."""


LaunchTemplate.tags = property(_now, _ignore)
