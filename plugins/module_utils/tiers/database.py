# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database tier: RDS instances, each with a parameter group of its own, and the subnet groups they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds import db_instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_instance import DbInstance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_parameter_group import DbParameterGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_subnet_group import DbSubnetGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import reference, several

TIER = "database"
KINDS = ("db_subnet_group", "db_parameter_group", "db_instance")
SPEC = {
    "instances": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "engine": {"type": "str", "choices": ["postgres"], "default": "postgres"},
            "version": {"type": "str", "required": True},
            "class": {"type": "str", "required": True},
            "storage": {"type": "int", "required": True},
            "storage_type": {"type": "str", "choices": ["gp3", "io2"], "default": "gp3"},
            "iops": {"type": "int"},
            "throughput": {"type": "int"},
            "max_storage": {"type": "int", "default": 0},
            "database": {"type": "str"},
            "username": {"type": "str", "default": "terrace"},
            "port": {"type": "int", "default": 5432},
            "subnets": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "multi_az": {"type": "bool", "default": False},
            "encrypted": {"type": "bool", "default": True},
            "ca_certificate": {
                "type": "str",
                "default": "rds-ca-rsa2048-g1",
                "choices": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
            },
            "parameters": {"type": "dict", "default": {}},
            "backup_retention": {"type": "int", "default": 7},
            "backup_window": {"type": "str"},
            "maintenance_window": {"type": "str"},
            "auto_minor_version_upgrade": {"type": "bool", "default": True},
            "allow_major_upgrade": {"type": "bool", "default": False},
            "performance_insights": {"type": "bool", "default": False},
            "log_exports": {
                "type": "list",
                "elements": "str",
                "default": [],
                "choices": ["postgresql", "upgrade", "iam-db-auth-error"],
            },
            "deletion_protection": {"type": "bool", "default": True},
            "final_snapshot": {"type": "bool", "default": True},
        },
    },
}
HOUR = r"([01]\d|2[0-3]):[0-5]\d"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONSTRAINTS = {
    "instances": several(),
    "instances[].name": Constraint(
        pattern=r"(?=.{1,32}$)[a-z]+(-?[a-z0-9]+)*", says="a name is 1 to 32 lower-case letters, digits and single hyphens"
    ),
    "instances[].version": Constraint(
        pattern=r"\d{1,2}(\.\d{1,2})?", says='a version looks like "16" or "16.4" (quote it in YAML)'
    ),
    "instances[].class": Constraint(pattern=r"db\.[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}", says="a class looks like db.t4g.small"),
    "instances[].storage": Constraint(minimum=20, maximum=65536),
    "instances[].max_storage": Constraint(minimum=0, maximum=65536),
    "instances[].iops": Constraint(minimum=1000, maximum=256000),
    "instances[].throughput": Constraint(minimum=125, maximum=4000),
    "instances[].database": Constraint(
        pattern=r"(?!rdsadmin$)[A-Za-z][A-Za-z0-9_]{0,62}",
        says="1 to 63 letters, digits and underscores, beginning with a letter; rdsadmin is RDS's own",
    ),
    "instances[].username": Constraint(
        pattern=r"(?!(?:admin|rdsadmin|public)$|pg_|rds_)[a-z][a-z0-9_]{0,15}",
        says="1 to 16 lower-case letters, digits and underscores; admin, rdsadmin, public "
        "and what begins with pg_ or rds_ are PostgreSQL's and RDS's own",
    ),
    "instances[].port": Constraint(minimum=1150, maximum=65535),
    "instances[].subnets": reference("subnet/{}/"),
    "instances[].security_groups": Constraint(min_length=1, max_length=5, distinct=True),
    "instances[].security_groups[]": reference("security_group/{}"),
    "instances[].parameters": Constraint(
        keys=Constraint(pattern=r"[A-Za-z_][A-Za-z0-9_.]{0,254}", says="a parameter's name looks like rds.force_ssl"),
        values=Constraint(),
    ),
    "instances[].log_exports": Constraint(distinct=True),
    "instances[].backup_retention": Constraint(minimum=0, maximum=35),
    "instances[].backup_window": Constraint(pattern=f"{HOUR}-{HOUR}", says="a window looks like 03:00-04:00 (UTC)"),
    "instances[].maintenance_window": Constraint(
        pattern=f"(?i:{'|'.join(DAYS)}):{HOUR}-(?i:{'|'.join(DAYS)}):{HOUR}", says="a window looks like sun:04:30-sun:05:30 (UTC)"
    ),
}
# Options that are fields of the kind, as they are.
SAME_NAME = (
    "engine",
    "version",
    "storage",
    "storage_type",
    "iops",
    "throughput",
    "max_storage",
    "database",
    "username",
    "port",
    "multi_az",
    "encrypted",
    "ca_certificate",
    "backup_retention",
    "backup_window",
    "maintenance_window",
    "auto_minor_version_upgrade",
    "allow_major_upgrade",
    "performance_insights",
    "deletion_protection",
    "final_snapshot",
)
# PostgreSQL refuses connections without TLS, whatever the version's own default is.
DEFAULT_PARAMETERS = {"rds.force_ssl": "1"}
IDENTIFIER = re.compile(r"[a-z]([a-z0-9]|-(?!-))*(?<!-)")
GP3_STRIPED_FROM = 400
IO2_FROM = 100
MINUTES_OF_DAY, MINUTES_OF_WEEK = 1440, 10080
SHORTEST_WINDOW = 30


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    declarations: list[Declaration] = []
    for index, instance in enumerate(options["instances"]):
        path = f"database.instances[{index}]"
        _check(instance, path, stack)
        declarations += [_parameter_group(instance, path), _instance(instance, path)]
    return [*_subnet_groups(options), *declarations]


def _subnet_groups(options: Mapping[str, Any]) -> Iterator[Declaration]:
    """One group for each class of subnets that a database is in."""
    classes = {instance["subnets"]: index for index, instance in reversed(list(enumerate(options["instances"])))}
    for name, index in sorted(classes.items()):
        yield Declaration(
            "db_subnet_group",
            name,
            TIER,
            DbSubnetGroup(description=f"Subnets {name}", subnets=Reference("subnet", f"{name}/", every=True)),
            f"database.instances[{index}].subnets",
        )


def _parameter_group(instance: Mapping[str, Any], path: str) -> Declaration:
    parameters = {
        **DEFAULT_PARAMETERS,
        **{name: _text(value) for name, value in instance["parameters"].items()},
    }
    return Declaration(
        "db_parameter_group",
        instance["name"],
        TIER,
        DbParameterGroup(
            family=f"{instance['engine']}{_major(instance)}",
            description=f"Parameters of {instance['name']}",
            parameters=parameters,
        ),
        f"{path}.parameters",
    )


def _instance(instance: Mapping[str, Any], path: str) -> Declaration:
    return Declaration(
        "db_instance",
        instance["name"],
        TIER,
        DbInstance(
            **{name: instance[name] for name in SAME_NAME},
            instance_class=instance["class"],
            security_groups=tuple(Reference("security_group", name) for name in instance["security_groups"]),
            log_exports=tuple(instance["log_exports"]),
            subnet_group=Reference("db_subnet_group", instance["subnets"]),
            parameter_group=Reference("db_parameter_group", instance["name"]),
            managed_password=True,
            public=False,
            # A snapshot with the instance's tags would look like a part of the stack.
            copy_tags_to_snapshot=False,
        ),
        path,
    )


def _major(instance: Mapping[str, Any]) -> str:
    return instance["version"].partition(".")[0]


def _text(value: Any) -> str:
    """Return a parameter's value as RDS has it: text, with 1 and 0 for what is on or off."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _check(instance: Mapping[str, Any], path: str, stack: Stack) -> None:
    identifier = db_instance.KIND.aws_name(stack, instance["name"])
    if not IDENTIFIER.fullmatch(identifier):
        raise InvalidOption(f"{path}.name", f"gives the identifier {identifier}, in which RDS refuses two hyphens in a row")
    if "." in instance["version"] and instance["auto_minor_version_upgrade"]:
        raise InvalidOption(
            f"{path}.version",
            "names a minor version, which auto_minor_version_upgrade lets RDS raise: "
            f'say "{_major(instance)}", or set auto_minor_version_upgrade: false',
        )
    _check_storage(instance, path)
    _check_windows(instance, path)


def _check_storage(instance: Mapping[str, Any], path: str) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html"""
    storage, limit = instance["storage"], instance["max_storage"]
    if limit and limit < storage * 1.1:
        raise InvalidOption(
            f"{path}.max_storage", f"has to be at least a tenth above storage ({storage}); 0 turns autoscaling off"
        )
    if instance["storage_type"] == "gp3":
        if storage < GP3_STRIPED_FROM:
            for name in ("iops", "throughput"):
                if instance[name] is not None:
                    raise InvalidOption(f"{path}.{name}", f"can be chosen from {GP3_STRIPED_FROM} GiB of gp3 storage on")
        return
    if instance["iops"] is None:
        raise InvalidOption(f"{path}.iops", "is required for io2")
    if instance["throughput"] is not None:
        raise InvalidOption(f"{path}.throughput", "is an option of gp3 only")
    if storage < IO2_FROM:
        raise InvalidOption(f"{path}.storage", f"{storage} is below the minimum of {IO2_FROM} for io2")


def _check_windows(instance: Mapping[str, Any], path: str) -> None:
    backup = _minutes(instance["backup_window"], f"{path}.backup_window")
    maintenance = _minutes(instance["maintenance_window"], f"{path}.maintenance_window")
    daily = {minute + day * MINUTES_OF_DAY for minute in backup for day in range(len(DAYS))}
    if daily & maintenance:
        raise InvalidOption(f"{path}.maintenance_window", "overlaps with backup_window")


def _minutes(window: str | None, path: str) -> set[int]:
    """Return the minutes of the day or, with day names, of the week that a window covers. Raises InvalidOption."""
    if window is None:
        return set()
    start, end = (_minute(moment.lower()) for moment in window.split("-"))
    cycle = MINUTES_OF_WEEK if window[0].isalpha() else MINUTES_OF_DAY
    length = (end - start) % cycle
    if length < SHORTEST_WINDOW:
        raise InvalidOption(path, f"has to be at least {SHORTEST_WINDOW} minutes long")
    return {(start + offset) % cycle for offset in range(length)}


def _minute(moment: str) -> int:
    *day, hour, minute = moment.split(":")
    return (DAYS.index(day[0]) if day else 0) * MINUTES_OF_DAY + int(hour) * 60 + int(minute)
