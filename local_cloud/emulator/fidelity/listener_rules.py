# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a listener can change places in one call; moto calls a priority taken that another rule of the call leaves.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html
"""

from typing import Any

from moto.elbv2.exceptions import DuplicatePriorityError, PriorityInUseError
from moto.elbv2.models import ELBv2Backend

from local_cloud.emulator.fidelity.patching import method


@method(ELBv2Backend)
def set_rule_priorities(self: Any, rule_priorities: list[dict[str, Any]]) -> list[Any]:
    """Compare with the rules that the call does not name."""
    wanted = {item["RuleArn"]: int(item["Priority"]) for item in rule_priorities}
    for priority in wanted.values():
        if list(wanted.values()).count(priority) > 1:
            raise DuplicatePriorityError(str(priority))
    rules = self.describe_rules(listener_arn=None, rule_arns=list(wanted))
    for rule in rules:
        (listener,) = self.describe_listeners(None, [rule.listener_arn])
        staying = {str(other.priority) for arn, other in listener.rules.items() if arn not in wanted}
        if str(wanted[rule.arn]) in staying:
            raise PriorityInUseError()
    for rule in rules:
        rule.priority = wanted[rule.arn]
    return rules
