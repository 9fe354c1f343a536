# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compute tier: groups of instances, each with its launch template, Auto Scaling group and scaling policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.auto_scaling_group import AutoScalingGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.launch_template import LaunchTemplate
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _bootstrap
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _compute_rollout as rollout
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _compute_scaling as scaling
from ansible_collections.terrace.aws.plugins.module_utils.tiers._compute_rollout import SIZE
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    NAME,
    TAG_KEY,
    TAG_VALUE,
    key_of,
    reference,
    several,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._launches import (
    HOP_LIMIT,
    IMAGE_CONSTRAINTS,
    IMAGE_OPTIONS,
    KEY_PAIR,
    TYPE,
    USER_DATA,
    check_architecture,
    check_image,
    image_of,
    routes,
    tags_of,
)

TIER = "compute"
KINDS = (
    "image",
    "log_group",
    "launch_template",
    "auto_scaling_group",
    "scaling_policy",
    "step_policy",
    "alarm",
    "scheduled_action",
)
VOLUME_OPTIONS = {
    "size": {"type": "int", "default": 20},
    "type": {"type": "str", "choices": ["gp3", "gp2"], "default": "gp3"},
    "encrypted": {"type": "bool", "default": True},
    # The ARN of a key, not a secret.
    "kms_key": {"type": "str", "no_log": False},
}
# Options that Ansible's page does not go into.
INNER: dict[str, tuple[Spec, Mapping[str, Constraint]]] = {**rollout.INNER, **scaling.INNER}
SPEC = {
    "groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "image": {"type": "dict", "required": True, "options": IMAGE_OPTIONS},
            "type": {"type": "str", "required": True},
            "min": {"type": "int", "required": True},
            "max": {"type": "int", "required": True},
            "desired": {"type": "int"},
            "subnets": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "target_groups": {"type": "list", "elements": "str", "default": []},
            "role": {"type": "str"},
            "root_volume": {"type": "dict", "default": {}, "options": VOLUME_OPTIONS},
            "key_name": {"type": "str", "default": ""},
            "user_data": {"type": "str", "default": ""},
            "bootstrap": {"type": "dict", "options": _bootstrap.SPEC},
            "health_check": {"type": "str", "choices": ["EC2", "ELB"], "default": "EC2"},
            "health_check_grace": {"type": "int", "default": 300},
            "lifecycle_hooks": {"type": "list", "elements": "dict"},
            "warmup": {"type": "int"},
            "refresh": {"type": "dict"},
            "mixed_instances": {"type": "dict"},
            "target_tracking": {"type": "dict"},
            "step_policies": {"type": "list", "elements": "dict", "default": []},
            "warm_pool": {"type": "dict"},
            "schedules": {"type": "list", "elements": "dict", "default": []},
            "metadata_hop_limit": {"type": "int", "default": 1},
            "detailed_monitoring": {"type": "bool", "default": False},
            "instance_tags": {"type": "dict", "default": {}},
        },
    },
}
CONSTRAINTS = {
    "groups": several(),
    "groups[].name": NAME,
    **{f"groups[].image.{option}": constraint for option, constraint in IMAGE_CONSTRAINTS.items()},
    "groups[].type": TYPE,
    "groups[].min": SIZE,
    "groups[].max": SIZE,
    "groups[].desired": SIZE,
    "groups[].subnets": reference("subnet/{}/"),
    "groups[].security_groups": Constraint(min_length=1, max_length=16, distinct=True),
    "groups[].security_groups[]": reference("security_group/{}"),
    "groups[].target_groups": Constraint(max_length=10, distinct=True),
    "groups[].target_groups[]": reference("target_group/{}"),
    "groups[].role": reference("instance_profile/{}"),
    "groups[].root_volume.size": Constraint(minimum=1, maximum=16384),
    "groups[].root_volume.kms_key": KMS_KEY,
    "groups[].key_name": KEY_PAIR,
    "groups[].user_data": USER_DATA,
    **{f"groups[].bootstrap.{option}": constraint for option, constraint in _bootstrap.CONSTRAINTS.items()},
    "groups[].health_check_grace": Constraint(minimum=0, maximum=7200),
    "groups[].lifecycle_hooks": Constraint(max_length=50),
    "groups[].warmup": Constraint(minimum=0, maximum=7200),
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html: 50 and 125 for each group.
    "groups[].step_policies": Constraint(max_length=48),
    "groups[].schedules": Constraint(max_length=125),
    "groups[].metadata_hop_limit": HOP_LIMIT,
    "groups[].instance_tags": Constraint(keys=TAG_KEY, values=TAG_VALUE),
}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    return [
        declaration
        for index, group in enumerate(options["groups"])
        for declaration in _group(_completed(group, f"compute.groups[{index}]"), stack, f"compute.groups[{index}]")
    ]


def join(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Return all tiers' declarations, completed by what this one takes from the others'."""
    return scaling.joined(declarations)


def _completed(group: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the group with its dictionaries validated. Raises InvalidOption."""
    completed = dict(group)
    for pattern, (spec, constraints) in INNER.items():
        name = pattern.removesuffix("[]")
        given, where = group[name], f"{path}.{name}"
        if given is None:
            continue
        if pattern == name:
            completed[name] = validated(given, spec, constraints, where)
        else:
            completed[name] = [validated(item, spec, constraints, f"{where}[{index}]") for index, item in enumerate(given)]
            _refuse_the_same(completed[name], where)
    return completed


def _refuse_the_same(items: list[dict[str, Any]], path: str) -> None:
    names = [item["name"] for item in items]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InvalidOption(f"{path}[{index}].name", f"{name!r} is given twice")


def _group(group: Mapping[str, Any], stack: Stack, path: str) -> Iterator[Declaration]:
    check_image(group["image"], f"{path}.image")
    check_architecture(group["image"], rollout.types(group, path))
    _check_sizes(group, path)
    rollout.check(group, path)
    name = group["name"]
    image = image_of(group["image"])
    yield Declaration("image", name, TIER, image, f"{path}.image")
    yield Declaration("launch_template", name, TIER, _launch_template(group, stack, path), path)
    yield Declaration("auto_scaling_group", name, TIER, _auto_scaling_group(group, path), path)
    if group["bootstrap"]:
        yield Declaration("log_group", _bootstrap.log_name(name), TIER, _bootstrap.log_group(), f"{path}.bootstrap")
    yield from scaling.policies(group, path)
    yield from scaling.step_policies(group, path)
    yield from scaling.scheduled_actions(group, path)


def _check_sizes(group: Mapping[str, Any], path: str) -> None:
    if group["min"] > group["max"]:
        raise InvalidOption(f"{path}.min", f"{group['min']} is greater than max {group['max']}")
    if group["desired"] is not None and not group["min"] <= group["desired"] <= group["max"]:
        raise InvalidOption(f"{path}.desired", f"has to be from min {group['min']} to max {group['max']}")


def _launch_template(group: Mapping[str, Any], stack: Stack, path: str) -> LaunchTemplate:
    return LaunchTemplate(
        image=Reference("image", group["name"]),
        root_device=Reference("image", group["name"], "root_device"),
        type=group["type"],
        instance_profile=Reference("instance_profile", group["role"], "arn") if group["role"] else "",
        security_groups=tuple(Reference("security_group", name) for name in group["security_groups"]),
        key_name=group["key_name"],
        user_data=_bootstrap.user_data(group, stack, path) if group["bootstrap"] else group["user_data"],
        root_volume=_root_volume(group["root_volume"], f"{path}.root_volume"),
        http_tokens="required",
        hop_limit=group["metadata_hop_limit"],
        detailed_monitoring=group["detailed_monitoring"],
        instance_tags=tags_of(group["name"], group["instance_tags"], stack, f"{path}.instance_tags"),
    )


def _root_volume(volume: Mapping[str, Any], path: str) -> dict[str, Any]:
    if volume["kms_key"] and not volume["encrypted"]:
        raise InvalidOption(f"{path}.kms_key", "needs encrypted: true")
    return {**volume, "kms_key": key_of(volume["kms_key"])}


def _auto_scaling_group(group: Mapping[str, Any], path: str) -> AutoScalingGroup:
    return AutoScalingGroup(
        launch_template=Reference("launch_template", group["name"]),
        template_version=Reference("launch_template", group["name"], "version"),
        mixed=rollout.mix_of(group),
        warm_pool=rollout.warm_pool_of(group),
        refresh=rollout.refresh_of(group),
        subnets=Reference("subnet", f"{group['subnets']}/", every=True),
        target_groups=tuple(Reference("target_group", name) for name in group["target_groups"]),
        warmup=group["warmup"],
        capacity_rebalance=bool(group["mixed_instances"] and group["mixed_instances"]["capacity_rebalance"]),
        **scaling.sizes(group),
        desired=group["min"] if group["desired"] is None else group["desired"],
        health_check=group["health_check"],
        grace=group["health_check_grace"],
        hooks=_hooks(group, path),
        routes=routes(group["subnets"]),
    )


def _hooks(group: Mapping[str, Any], path: str) -> tuple[dict[str, Any], ...] | None:
    """Return the hooks, with the one that waits until an instance has configured itself. None are those that are there."""
    if not group["bootstrap"]:
        return None if group["lifecycle_hooks"] is None else tuple(group["lifecycle_hooks"])
    return (*(group["lifecycle_hooks"] or ()), _bootstrap.hook(group, path))
