# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All options there are, each with its constraint, and where in a description they stand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec
from ansible_collections.terrace.aws.plugins.module_utils.module import COMMON_CONSTRAINTS, COMMON_SPEC, STACK_ONLY_SPEC
from ansible_collections.terrace.aws.plugins.module_utils.registry import TIERS
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_balancers as balancers
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_listeners as listeners
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_target_groups as target_groups
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_access as access
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_routes as routes
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _network_rules as rules
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_bucket_lifecycle as lifecycle
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_bucket_policy as bucket_policy
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_buckets as buckets
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_file_systems as file_systems
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_repositories as repositories
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _storage_statements as statements
from ansible_collections.terrace.aws.plugins.module_utils.tiers import compute, identity, network

# What all modules share counts as a tier without a name.
COMMON = ""
Steps = tuple[str | int, ...]
Constraints = Mapping[str, Constraint]


def _rule(spec: Spec, peer: str) -> tuple[Spec, Constraints]:
    return {**spec, peer: {"type": "raw", "required": True}}, rules.CONSTRAINTS


_STATEMENT = (identity.STATEMENT, identity.STATEMENT_CONSTRAINTS)
# Options that Ansible's pages do not go into, and that the tiers check themselves.
INNER: Mapping[str, Mapping[str, tuple[Spec, Constraints]]] = {
    "compute": {f"groups[].{name}": inner for name, inner in compute.INNER.items()},
    "identity": {"roles[].policies[].statements[]": _STATEMENT, "policies[].statements[]": _STATEMENT},
    "load_balancer": {
        **{f"load_balancers[].{name}": inner for name, inner in balancers.INNER.items()},
        **{f"load_balancers[].listeners[].{name}": inner for name, inner in listeners.INNER.items()},
        **{f"target_groups[].{name}": inner for name, inner in target_groups.INNER.items()},
    },
    "network": {
        "vpc.dhcp": (network.DHCP, network.DHCP_CONSTRAINTS),
        "vpc.flow_logs": (network.FLOW_LOGS, network.FLOW_LOGS_CONSTRAINTS),
        "subnets[].acl": (access.ACL, access.ACL_CONSTRAINTS),
        "subnets[].acl.ingress[]": _rule(rules.ACL_RULE, "from"),
        "subnets[].acl.egress[]": _rule(rules.ACL_RULE, "to"),
        "security_groups[].ingress[]": _rule(rules.GROUP_RULE, "from"),
        "security_groups[].egress[]": _rule(rules.GROUP_RULE, "to"),
        "prefix_lists[].entries[]": (access.ENTRY, access.ENTRY_CONSTRAINTS),
        "peerings[].peer": (routes.PEER, routes.PEER_CONSTRAINTS),
    },
    "storage": {
        "buckets[].lifecycle[]": (lifecycle.RULE, lifecycle.RULE_CONSTRAINTS),
        "buckets[].statements[]": (bucket_policy.STATEMENT, bucket_policy.STATEMENT_CONSTRAINTS),
        "buckets[].cors[]": (buckets.CORS, buckets.CORS_CONSTRAINTS),
        **{f"buckets[].{name}": inner for name, inner in buckets.INNER.items()},
        "file_systems[].access_points[]": (file_systems.ACCESS_POINT, file_systems.ACCESS_POINT_CONSTRAINTS),
        **{f"file_systems[].{name}": inner for name, inner in file_systems.INNER.items()},
        "file_systems[].policy.statements[]": (statements.STATEMENT, statements.constraints(file_systems.ACTION)),
        "repositories[].lifecycle[]": (repositories.RULE, repositories.RULE_CONSTRAINTS),
        "repositories[].policy": (repositories.POLICY, statements.POLICY_CONSTRAINTS),
        "repositories[].policy.statements[]": (statements.STATEMENT, statements.constraints(repositories.ACTION)),
    },
}
# Tiers check these themselves: texts of several forms, blocks of addresses, and names of what has to be declared.
CHECKED_BY_BUILD = {
    "identity.roles[].policies[].statements[].resources[]",
    "identity.policies[].statements[].resources[]",
    "network.prefix_lists[].entries[].cidr",
    "network.security_groups[].ingress[].from",
    "network.security_groups[].egress[].to",
    "network.subnets[].acl.ingress[].from",
    "network.subnets[].acl.egress[].to",
    "network.endpoints[].subnets[]",
    "network.endpoints[].security_groups[]",
    "network.peerings[].cidrs[]",
    "network.peerings[].subnets[]",
}


@dataclasses.dataclass(frozen=True)
class Option:
    """One option, or with ``[]`` at the end of `pattern` the items of a list. `inner` is the spec of what is inside."""

    tier: str
    pattern: str
    details: Mapping[str, Any]
    constraint: Constraint
    inner: Spec | None

    @property
    def type(self) -> str:
        return self.details.get("type", "str")

    @property
    def is_element(self) -> bool:
        return self.pattern.endswith("[]")

    @property
    def has_rule(self) -> bool:
        """Whether anything beside its type is known of it."""
        known = bool(self.details.get("choices")) or self.type == "bool" or str(self) in CHECKED_BY_BUILD
        return known or self.constraint != Constraint()

    def __str__(self) -> str:
        return f"{self.tier or 'common'}.{self.pattern}"


def options(tier: str) -> Iterator[Option]:
    spec, constraints = spec_of(tier)
    yield from _walk(tier, spec, constraints, "", "")


def spec_of(tier: str) -> tuple[Spec, Constraints]:
    if tier == COMMON:
        return {**COMMON_SPEC, **STACK_ONLY_SPEC}, COMMON_CONSTRAINTS
    return TIERS[tier].SPEC, TIERS[tier].CONSTRAINTS


def places(described: Any, pattern: str) -> Iterator[Steps]:
    """Yield the steps to everything in a description that a pattern like ``groups[].image.name`` selects."""
    head, _dot, rest = pattern.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(described, Mapping) or name not in described:
        return
    inner = described[name]
    found = [((name, index), item) for index, item in enumerate(inner)] if head.endswith("[]") else [((name,), inner)]
    for steps, item in found:
        yield from ((*steps, *more) for more in places(item, rest)) if rest else iter([steps])


def at(described: Any, steps: Steps) -> Any:
    for step in steps:
        described = described[step]
    return described


def replaced(described: Any, steps: Steps, value: Any) -> Any:
    changed = _copied(described)
    at(changed, steps[:-1])[steps[-1]] = value
    return changed


def without(described: Any, steps: Steps) -> Any:
    changed = _copied(described)
    del at(changed, steps[:-1])[steps[-1]]
    return changed


def _copied(described: Any) -> Any:
    """Unlike deepcopy, let nothing in the copy be the same object as something else in it."""
    if isinstance(described, dict):
        return {key: _copied(item) for key, item in described.items()}
    return [_copied(item) for item in described] if isinstance(described, list) else described


def path(tier: str, steps: Steps) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return f"{tier}{text}".removeprefix(".")


def _walk(tier: str, spec: Spec, constraints: Constraints, prefix: str, constraint_prefix: str) -> Iterator[Option]:
    for name, details in spec.items():
        pattern, rule = f"{prefix}{name}", f"{constraint_prefix}{name}"
        yield from _option(tier, pattern, rule, details, constraints)


def _option(tier: str, pattern: str, rule: str, details: Mapping[str, Any], constraints: Constraints) -> Iterator[Option]:
    inner, inner_constraints = INNER.get(tier, {}).get(pattern, (None, {}))
    own = inner or (details.get("options") if details.get("type") != "list" else None)
    yield Option(tier, pattern, details, constraints.get(rule, Constraint()), own)
    if inner:
        yield from _walk(tier, inner, inner_constraints, f"{pattern}.", "")
    elif own:
        yield from _walk(tier, own, constraints, f"{pattern}.", f"{rule}.")
    elif details.get("type") == "list":
        element = {"type": details.get("elements", "raw"), "required": True, "choices": details.get("choices")}
        if details.get("options"):
            element["options"] = details["options"]
        yield from _option(tier, f"{pattern}[]", f"{rule}[]", element, constraints)
