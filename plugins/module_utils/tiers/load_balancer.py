# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load balancer tier: load balancers with their listeners and rules, and target groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_balancers as balancers
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_checks as checks
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_listeners as listeners
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_target_groups as target_groups
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import reference, several

TIER = "load_balancer"
KINDS = ("elastic_ip", "load_balancer", "target_group", "listener", "listener_rule")
SPEC = {
    "vpc": {"type": "str", "default": "main"},
    "load_balancers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": balancers.SPEC,
    },
    "target_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": target_groups.SPEC,
    },
}
CONSTRAINTS = {
    "vpc": reference("vpc/{}"),
    "load_balancers": several(),
    **{f"load_balancers[].{name}": constraint for name, constraint in balancers.CONSTRAINTS.items()},
    "target_groups": several(),
    **{f"target_groups[].{name}": constraint for name, constraint in target_groups.CONSTRAINTS.items()},
}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    _check_prefix(options, stack)
    declarations = [*target_groups.target_groups(options), *_load_balancers(options)]
    _check_sharing(declarations)
    return declarations


def check_together(declarations: Iterable[Declaration], stack: Stack) -> None:
    """Compare with what all tiers declare. Raises InvalidOption."""
    checks.check_together(declarations, stack)


def _load_balancers(options: Mapping[str, Any]) -> Iterator[Declaration]:
    groups = {group["name"]: group for group in options["target_groups"]}
    for index, balancer in enumerate(options["load_balancers"]):
        path = f"load_balancer.load_balancers[{index}]"
        yield from balancers.elastic_ips(balancer, path)
        yield balancers.load_balancer(balancer, options["vpc"], path)
        yield from listeners.listeners(balancer, groups, path)


def _check_prefix(options: Mapping[str, Any], stack: Stack) -> None:
    if options["load_balancers"] and stack.name.startswith("internal-"):
        raise InvalidOption("stack.name", "must not begin with internal-, which AWS reserves in names of load balancers")


def _check_sharing(declarations: Iterable[Declaration]) -> None:
    """AWS takes a target group for one load balancer only."""
    users: dict[str, str] = {}
    for declaration in declarations:
        balancer = declaration.name.partition("/")[0]
        groups = (pointer.name for pointer in declaration.references() if pointer.kind == "target_group")
        for name in groups:
            if users.setdefault(name, balancer) != balancer:
                raise InvalidOption(declaration.path, f"forwards to {name}, which {users[name]} has: a target group is for one")
