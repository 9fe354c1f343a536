# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that configure themselves: their user data, the hook that waits for them, and what their role has to allow."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket, first_boot
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _user_data
from ansible_collections.terrace.aws.plugins.module_utils.kinds.auto_scaling_group import KIND as SCALING_GROUP
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import KIND as LOG_GROUP
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import MANY, partition
from ansible_collections.terrace.aws.plugins.module_utils.tiers._launches import USER_DATA_BYTES

HOOK = "bootstrap"
LOG_DAYS = 30
# What the facts of one output may take, which are known only after the apply: an ARN.
OUTPUT_BYTES = 200
SPEC = {
    "bundle": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "outputs": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 1800},
    "environment": {"type": "dict", "default": {}},
}
# Whose facts instances may be given.
OUTPUT_KINDS = (
    "access_point",
    "bucket",
    "cache_replication_group",
    "db_instance",
    "ecr_repository",
    "file_system",
    "hosted_zone",
    "kms_key",
    "load_balancer",
    "log_group",
    "secret",
    "security_group",
    "ssm_parameter",
    "subnet",
    "target_group",
    "vpc",
)
CONSTRAINTS = {
    "bundle": Constraint(
        pattern=r"[a-z0-9][a-z0-9.-]{2,62}/[A-Za-z0-9!_.*'()/-]{1,1024}", says="a bundle is given as bucket/key"
    ),
    "sha256": Constraint(pattern=r"[0-9a-f]{64}", says="a checksum has 64 hex digits"),
    "outputs": Constraint(max_length=MANY, distinct=True),
    "outputs[]": Constraint(
        pattern=rf"({'|'.join(OUTPUT_KINDS)})/[A-Za-z0-9._/-]{{1,255}}/[a-z_]{{1,64}}",
        says=f"an output is kind/name/attribute; the kinds are {', '.join(OUTPUT_KINDS)}",
    ),
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html; two minutes are for the report.
    "timeout": Constraint(minimum=300, maximum=7200),
    "environment": Constraint(
        max_length=50,
        keys=Constraint(pattern=r"[A-Za-z_][A-Za-z0-9_]{0,127}", says="a variable has letters, digits and _"),
        values=Constraint(
            pattern=r"(?![^:]*://[^/]*@)[ -~]{0,1024}",
            says="a variable has up to 1024 printable characters and no password, which user data would show",
        ),
    ),
}
SCRIPT = """#!/usr/bin/python3
{program}

if __name__ == "__main__":
    outputs = r'''{outputs}'''
    main({{**json.loads(r'''{settings}'''), "outputs": json.loads(outputs)}})
"""


def log_name(group: str) -> str:
    """Return the logical name of the log group with what the instances of a group say."""
    return f"bootstrap-{group}"


def log_group() -> LogGroup:
    return LogGroup(retention=LOG_DAYS, kms_key="")


def hook(group: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the hook that holds an instance until it is configured. One that says nothing in time is replaced."""
    for index, other in enumerate(group["lifecycle_hooks"] or ()):
        if other["name"] == HOOK:
            raise InvalidOption(f"{path}.lifecycle_hooks[{index}].name", f"{HOOK} is the hook of the group's bootstrap")
    return {
        "name": HOOK,
        "transition": "launching",
        "timeout": group["bootstrap"]["timeout"],
        "default_result": "ABANDON",
    }


def user_data(group: Mapping[str, Any], stack: Stack, path: str) -> dict[str, Any]:
    """Return the first boot's program with its settings. What only AWS knows is filled in when the rest is there."""
    if not group["role"]:
        raise InvalidOption(f"{path}.role", "is needed for bootstrap: instances fetch their bundle with it")
    if group["user_data"] and not group["user_data"].startswith("#!"):
        raise InvalidOption(f"{path}.user_data", "has to begin with #! where there is a bootstrap, which runs it as a program")
    bootstrap = group["bootstrap"]
    settings = {
        "region": stack.region,
        "domain": "amazonaws.com.cn" if partition(stack.region) == "aws-cn" else "amazonaws.com",
        "bundle": bootstrap["bundle"],
        "sha256": bootstrap["sha256"],
        "scaling_group": SCALING_GROUP.aws_name(stack, group["name"]),
        "hook": HOOK,
        "log_group": LOG_GROUP.aws_name(stack, log_name(group["name"])),
        "timeout": bootstrap["timeout"],
        "environment": {name: str(value) for name, value in bootstrap["environment"].items()},
        "user_data": group["user_data"],
    }
    script = SCRIPT.format(program=_program(), settings=_quoted(settings), outputs=_user_data.OUTPUTS)
    if len(script.encode()) + OUTPUT_BYTES * len(bootstrap["outputs"]) > USER_DATA_BYTES:
        raise InvalidOption(
            f"{path}.user_data", f"makes the user data longer than {USER_DATA_BYTES} bytes, together with bootstrap's"
        )
    return {"script": script, "outputs": _outputs(bootstrap["outputs"])}


def policy(group: str, stack: Stack) -> dict[str, Any]:
    """Return the policy document of what the first boot does with the instance's role."""
    where = partition(stack.region)
    bucket = control_bucket.name_of(stack.account, stack.region)
    scaling = f"arn:{where}:autoscaling:{stack.region}:{stack.account}:autoScalingGroup:*:autoScalingGroupName"
    allowed = {
        "s3:GetObject": f"arn:{where}:s3:::{bucket}/{stack.name}/bundles/{group}/*",
        "autoscaling:CompleteLifecycleAction": f"{scaling}/{SCALING_GROUP.aws_name(stack, group)}",
        "logs:CreateLogStream": Reference("log_group", log_name(group), "streams"),
        "logs:PutLogEvents": Reference("log_group", log_name(group), "streams"),
    }
    statements = [{"Effect": "Allow", "Action": [action], "Resource": [resource]} for action, resource in allowed.items()]
    return {"Version": "2012-10-17", "Statement": statements}


def _program() -> str:
    """Return the program's own text, wherever it was loaded from: a module may run from an archive."""
    return inspect.getsource(first_boot)


def _quoted(settings: Mapping[str, Any]) -> str:
    """Return JSON that stands between quotes in a program."""
    return json.dumps(settings, indent=2, sort_keys=True).replace("'", "\\u0027")


def _outputs(names: list[str]) -> dict[str, dict[str, dict[str, Reference]]]:
    """Return references to the outputs, in the shape that stack_info has."""
    found: dict[str, dict[str, dict[str, Reference]]] = {}
    for name in names:
        kind, _slash, rest = name.partition("/")
        thing, _slash, attribute = rest.rpartition("/")
        found.setdefault(kind, {}).setdefault(thing, {})[attribute] = Reference(kind, thing, attribute)
    return found
