# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the instances of a group come and go: the hooks that hold them, what replaces them, and what they are mixed of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec
from ansible_collections.terrace.aws.plugins.module_utils.kinds._warm_pool import AS_THE_GROUP
from ansible_collections.terrace.aws.plugins.module_utils.tiers._launches import TYPE

SIZE = Constraint(minimum=0, maximum=10000)
HOOK: Spec = {
    "name": {"type": "str", "required": True},
    "transition": {"type": "str", "choices": ["launching", "terminating"], "required": True},
    "timeout": {"type": "int", "default": 3600},
    "default_result": {"type": "str", "choices": ["ABANDON", "CONTINUE"], "default": "ABANDON"},
}
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
HOOK_CONSTRAINTS = {
    "name": Constraint(pattern=r"[A-Za-z0-9_/-]{1,255}", says="a hook's name has 1 to 255 letters, digits and _/-"),
    "timeout": Constraint(minimum=30, maximum=7200),
}
ALL = 100
REFRESH: Spec = {
    "enabled": {"type": "bool", "default": True},
    "min_healthy": {"type": "int", "default": 100},
    "max_healthy": {"type": "int", "default": 110},
    "checkpoints": {"type": "list", "elements": "int", "default": []},
    "checkpoint_delay": {"type": "int", "default": 3600},
    "auto_rollback": {"type": "bool", "default": True},
}
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
REFRESH_CONSTRAINTS = {
    "min_healthy": Constraint(minimum=0, maximum=100),
    "max_healthy": Constraint(minimum=100, maximum=200),
    "checkpoints": Constraint(distinct=True, max_length=100),
    "checkpoints[]": Constraint(minimum=1, maximum=100),
    "checkpoint_delay": Constraint(minimum=0, maximum=172800),
}
MIX: Spec = {
    "types": {"type": "list", "elements": "str", "default": []},
    "on_demand_base": {"type": "int", "default": 0},
    "on_demand_percentage": {"type": "int", "default": 100},
    "capacity_rebalance": {"type": "bool", "default": True},
}
MIX_CONSTRAINTS = {
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplate.html: 40 types, the group's own among them.
    "types": Constraint(distinct=True, max_length=39),
    "types[]": TYPE,
    "on_demand_base": SIZE,
    "on_demand_percentage": Constraint(minimum=0, maximum=100),
}
WARM_POOL: Spec = {
    "min": {"type": "int", "default": 0},
    "max_prepared": {"type": "int"},
    "state": {"type": "str", "choices": ["stopped", "running"], "default": "stopped"},
    "reuse": {"type": "bool", "default": False},
}
WARM_POOL_CONSTRAINTS = {"min": SIZE, "max_prepared": SIZE}
INNER: dict[str, tuple[Spec, Mapping[str, Constraint]]] = {
    "lifecycle_hooks[]": (HOOK, HOOK_CONSTRAINTS),
    "refresh": (REFRESH, REFRESH_CONSTRAINTS),
    "mixed_instances": (MIX, MIX_CONSTRAINTS),
    "warm_pool": (WARM_POOL, WARM_POOL_CONSTRAINTS),
}


def check(group: Mapping[str, Any], path: str) -> None:
    """Refuse what AWS would not accept together. Raises InvalidOption."""
    refresh, mix = group["refresh"], group["mixed_instances"]
    if refresh and refresh["max_healthy"] - refresh["min_healthy"] > 100:
        raise InvalidOption(f"{path}.refresh.max_healthy", "may be at most 100 more than min_healthy")
    if refresh and refresh["checkpoints"] != sorted(refresh["checkpoints"]):
        raise InvalidOption(f"{path}.refresh.checkpoints", "have to be in ascending order")
    if refresh and refresh["checkpoints"] and refresh["checkpoints"][-1] != ALL:
        raise InvalidOption(f"{path}.refresh.checkpoints", f"have to end with {ALL}: the rest would never be replaced")
    if mix and group["type"] in mix["types"]:
        index = mix["types"].index(group["type"])
        raise InvalidOption(f"{path}.mixed_instances.types[{index}]", "is the group's own type already")
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/warm-pool-instance-lifecycle.html
    if group["warm_pool"] and group["bootstrap"]:
        raise InvalidOption(f"{path}.warm_pool", "excludes bootstrap, whose hook nobody answers when instances leave the pool")
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html#warm-pools-limitations
    if group["warm_pool"] and mix and mix["on_demand_percentage"] < 100:
        raise InvalidOption(f"{path}.warm_pool", "takes no Spot capacity, which mixed_instances.on_demand_percentage asks for")


def types(group: Mapping[str, Any], path: str) -> dict[str, str]:
    """Return all types that a group may start, by the path of the option that names them."""
    others = group["mixed_instances"]["types"] if group["mixed_instances"] else ()
    return {f"{path}.type": group["type"], **{f"{path}.mixed_instances.types[{i}]": name for i, name in enumerate(others)}}


def refresh_of(group: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how changes are rolled out: by default where instances configure themselves, and elsewhere not at all."""
    refresh = group["refresh"]
    if refresh is None and group["bootstrap"]:
        refresh = {name: option["default"] for name, option in REFRESH.items()}
    return refresh if refresh and refresh["enabled"] else None


def mix_of(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `_instance_sources` calls mixed."""
    mix = group["mixed_instances"]
    if not mix:
        return {}
    overrides = tuple({"InstanceType": name} for name in (group["type"], *mix["types"]))
    return {"overrides": overrides, **{name: mix[name] for name in ("on_demand_base", "on_demand_percentage")}}


def warm_pool_of(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the warm pool as `_warm_pool` has it."""
    pool = group["warm_pool"]
    if pool is None:
        return {}
    prepared = AS_THE_GROUP if pool["max_prepared"] is None else pool["max_prepared"]
    return {**pool, "max_prepared": prepared, "state": pool["state"].capitalize()}
