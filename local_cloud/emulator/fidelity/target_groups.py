# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target groups change the codes of success whatever they are for; moto does so for HTTP and application load balancers only.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.responses import ELBV2Response

from local_cloud.emulator.fidelity.patching import around


@around(ELBV2Response, "modify_target_group")
def modify_target_group(original: Callable[[Any], ActionResult], self: Any) -> ActionResult:
    """Take the matcher as it is given, with codes of HTTP or gRPC."""
    answer = original(self)
    if matcher := self._get_param("Matcher"):
        self.elbv2_backend.target_groups[self._get_param("TargetGroupArn")].matcher = dict(matcher)
    return answer
