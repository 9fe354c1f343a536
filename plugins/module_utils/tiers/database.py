# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database tier: RDS instances, each with a parameter group of its own, and the subnet groups they stand in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds, db_instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds._db_create import LATEST
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_backup_replication import DbBackupReplication
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_instance import DbInstance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_option_group import DbOptionGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_parameter_group import DbParameterGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_subnet_group import DbSubnetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _windows
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    REGION,
    key_of,
    partition,
    reference,
    refuse_other_region,
    several,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._database_checks import check
from ansible_collections.terrace.aws.plugins.module_utils.tiers._database_engines import ENGINES, LOGS, Engine
from ansible_collections.terrace.aws.plugins.module_utils.tiers.monitoring import RETENTION_DAYS

TIER = "database"
KINDS = (
    "db_subnet_group",
    "db_parameter_group",
    "db_option_group",
    "db_instance",
    "db_backup_replication",
    "iam_role",
    "log_group",
)
SPEC = {
    "instances": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "engine": {"type": "str", "choices": list(ENGINES)},
            "version": {"type": "str"},
            "class": {"type": "str", "required": True},
            "replica_of": {"type": "str"},
            "region": {"type": "str"},
            "storage": {"type": "int"},
            "storage_type": {"type": "str", "choices": ["gp3", "io2"], "default": "gp3"},
            "iops": {"type": "int"},
            "throughput": {"type": "int"},
            "max_storage": {"type": "int", "default": 0},
            "database": {"type": "str"},
            "username": {"type": "str"},
            "master_secret": {"type": "str", "no_log": False},
            "port": {"type": "int"},
            "subnets": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "multi_az": {"type": "bool", "default": False},
            "encrypted": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "ca_certificate": {
                "type": "str",
                "default": "rds-ca-rsa2048-g1",
                "choices": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
            },
            "parameters": {"type": "dict", "default": {}},
            "options": {"type": "dict", "default": {}},
            "backup_retention": {"type": "int"},
            "backup_window": {"type": "str"},
            "backup_region": {"type": "str"},
            "backup_region_kms_key": {"type": "str", "no_log": False},
            "delete_automated_backups": {"type": "bool", "default": True},
            "restore_snapshot": {"type": "str"},
            "restore_instance": {"type": "str"},
            "restore_time": {"type": "str"},
            "maintenance_window": {"type": "str"},
            "auto_minor_version_upgrade": {"type": "bool", "default": True},
            "allow_major_upgrade": {"type": "bool", "default": False},
            "performance_insights": {"type": "bool", "default": False},
            "performance_insights_retention": {"type": "int", "choices": [7, 465]},
            "monitoring_interval": {"type": "int", "choices": [0, 1, 5, 10, 15, 30, 60], "default": 0},
            "log_exports": {"type": "list", "elements": "str", "default": [], "choices": LOGS},
            "log_retention": {"type": "int", "choices": RETENTION_DAYS},
            "deletion_protection": {"type": "bool", "default": True},
            "final_snapshot": {"type": "bool", "default": True},
        },
    },
}
CONSTRAINTS = {
    "instances": several(),
    "instances[].name": Constraint(
        pattern=r"(?=.{1,32}$)[a-z]+(-?[a-z0-9]+)*", says="a name is 1 to 32 lower-case letters, digits and single hyphens"
    ),
    "instances[].version": Constraint(
        pattern=r"\d{1,2}(\.\d{1,2}){0,2}", says='a version looks like "16", "16.4" or "8.4" (quote it in YAML)'
    ),
    "instances[].class": Constraint(pattern=r"db\.[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}", says="a class looks like db.t4g.small"),
    "instances[].replica_of": reference("db_instance/{}"),
    "instances[].region": REGION,
    "instances[].storage": Constraint(minimum=20, maximum=65536),
    "instances[].max_storage": Constraint(minimum=0, maximum=65536),
    "instances[].iops": Constraint(minimum=1000, maximum=256000),
    "instances[].throughput": Constraint(minimum=125, maximum=4000),
    "instances[].database": Constraint(
        pattern=r"(?!rdsadmin$)[A-Za-z][A-Za-z0-9_]{0,62}",
        says="1 to 63 letters, digits and underscores, beginning with a letter; rdsadmin is RDS's own",
    ),
    "instances[].username": Constraint(
        pattern=r"(?!rdsadmin$)[A-Za-z][A-Za-z0-9_]{0,62}",
        says="1 to 63 letters, digits and underscores, beginning with a letter; rdsadmin is RDS's own",
    ),
    "instances[].master_secret": reference("secret/{}"),
    "instances[].port": Constraint(minimum=1150, maximum=65535),
    "instances[].subnets": reference("subnet/{}/"),
    "instances[].security_groups": Constraint(min_length=1, max_length=5, distinct=True),
    "instances[].security_groups[]": reference("security_group/{}"),
    "instances[].parameters": Constraint(
        keys=Constraint(pattern=r"[A-Za-z_][A-Za-z0-9_.]{0,254}", says="a parameter's name looks like rds.force_ssl"),
        values=Constraint(),
    ),
    "instances[].options": Constraint(
        keys=Constraint(pattern=r"[A-Z][A-Z0-9_]{0,254}", says="an option's name looks like MARIADB_AUDIT_PLUGIN")
    ),
    "instances[].kms_key": KMS_KEY,
    "instances[].log_exports": Constraint(distinct=True),
    "instances[].backup_retention": Constraint(minimum=0, maximum=35),
    "instances[].backup_region": REGION,
    "instances[].backup_region_kms_key": KMS_KEY,
    "instances[].restore_snapshot": Constraint(
        pattern=r"(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:snapshot:|rds:)?[A-Za-z][A-Za-z0-9-]{0,254}",
        says="a snapshot is given by its identifier, or by its ARN if another account shares it",
    ),
    "instances[].restore_instance": reference("db_instance/{}"),
    "instances[].restore_time": Constraint(
        pattern=rf"{LATEST}|\d{{4}}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T{_windows.HOUR}(:[0-5]\d)?Z",
        says="a time is latest, or looks like 2026-11-20T07:30:00Z (UTC)",
    ),
    "instances[].backup_window": _windows.DAILY,
    "instances[].maintenance_window": _windows.WEEKLY,
}
# Options that are fields of the kind, as they are.
SAME_NAME = (
    "storage",
    "storage_type",
    "iops",
    "throughput",
    "max_storage",
    "multi_az",
    "ca_certificate",
    "backup_window",
    "maintenance_window",
    "auto_minor_version_upgrade",
    "allow_major_upgrade",
    "performance_insights",
    "monitoring_interval",
    "deletion_protection",
    "final_snapshot",
    "delete_automated_backups",
)
DEFAULT_ENGINE = "postgres"
MASTER_USER = "terrace"
BACKUP_RETENTION = 7
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html: Performance Insights have become a part of
# CloudWatch Database Insights, whose advanced mode keeps fifteen months.
STANDARD_INSIGHTS, ADVANCED_INSIGHTS = 7, 465
MONITORING_ROLE = "rds-monitoring"
MONITORING_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "monitoring.rds.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclasses.dataclass(frozen=True)
class Instance:
    """One described instance. `version` is its source's if it is a replica without one of its own, `path` is where it stands."""

    options: Mapping[str, Any]
    path: str
    engine: Engine
    version: str
    region: str
    region_of_source: str

    @property
    def name(self) -> str:
        return self.options["name"]

    @property
    def is_replica(self) -> bool:
        return self.options["replica_of"] is not None

    @property
    def is_restored(self) -> bool:
        return bool(self.options["restore_snapshot"] or self.options["restore_instance"])

    @property
    def major(self) -> str:
        return self.engine.major_of(self.version)

    def declaration(self, kind: str, values: Any, option: str = "", name: str = "") -> Declaration:
        path = f"{self.path}.{option}" if option else self.path
        return Declaration(kind, name or self.name, TIER, values, path, region=self.region)


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    instances = _instances(options["instances"], stack)
    declarations = [declaration for instance in instances for declaration in _declarations(instance, stack)]
    return [*_subnet_groups(instances), *_monitoring_role(instances, stack), *declarations]


def _instances(described: list[Mapping[str, Any]], stack: Stack) -> list[Instance]:
    by_name = {options["name"]: options for options in described}
    return [_described(options, by_name, f"{TIER}.instances[{index}]", stack) for index, options in enumerate(described)]


def _described(options: Mapping[str, Any], by_name: Mapping[str, Mapping[str, Any]], path: str, stack: Stack) -> Instance:
    version = _of_the_chain(options, "version", by_name)
    engine = ENGINES[_of_the_chain(options, "engine", by_name) or DEFAULT_ENGINE]
    source = by_name.get(options["replica_of"], {})
    region = options["region"] or stack.region
    check({**options, "version": version}, engine, path, stack)
    instance = Instance(options, path, engine, version, region, source.get("region") or stack.region)
    _check_source(instance, source)
    _check_regions(instance, stack)
    return instance


def _check_source(instance: Instance, source: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations"""
    if source and source["replica_of"] is None and source["master_secret"] is None:
        problem = f"RDS makes no replicas of instances whose master password it manages: give {source['name']} a master_secret"
        raise InvalidOption(f"{instance.path}.replica_of", problem)


def _of_the_chain(options: Mapping[str, Any], name: str, by_name: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return an option that a replica takes over from its source. Circles are the graph's to refuse."""
    seen: set[str] = set()
    while options[name] is None and options["replica_of"] in by_name and options["replica_of"] not in seen:
        seen.add(options["replica_of"])
        options = by_name[options["replica_of"]]
    return options[name]


def _check_regions(instance: Instance, stack: Stack) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html"""
    options, elsewhere = instance.options, instance.region != instance.region_of_source
    for name in ("region", "backup_region"):
        refuse_other_region(options[name], f"{instance.path}.{name}", stack)
    if options["backup_region"] == instance.region:
        raise InvalidOption(f"{instance.path}.backup_region", "is the instance's own region, which has its backups already")
    if instance.is_replica and elsewhere and options["encrypted"] and not options["kms_key"]:
        raise InvalidOption(f"{instance.path}.kms_key", "is required of an encrypted replica elsewhere: a key of its region")
    if instance.is_replica and not elsewhere and options["kms_key"]:
        raise InvalidOption(f"{instance.path}.kms_key", "is its source's of a replica in the same region")


def _declarations(instance: Instance, stack: Stack) -> Iterator[Declaration]:
    yield _parameter_group(instance)
    if instance.options["options"]:
        yield _option_group(instance)
    yield from _log_groups(instance, stack)
    yield _instance(instance)
    if instance.options["backup_region"]:
        yield _backup_replication(instance)


def _subnet_groups(instances: list[Instance]) -> Iterator[Declaration]:
    """One group for each class of subnets that a database is in. What is in another region has its own classes there."""
    classes: dict[str, Instance] = {}
    for instance in instances:
        first = classes.setdefault(instance.options["subnets"], instance)
        if first.region != instance.region:
            problem = f"are in {first.region} for {first.name}, and cannot be in {instance.region}"
            raise InvalidOption(f"{instance.path}.subnets", problem)
    for name, instance in sorted(classes.items()):
        values = DbSubnetGroup(description=f"Subnets {name}", subnets=Reference("subnet", f"{name}/", every=True, at_least=2))
        yield instance.declaration("db_subnet_group", values, "subnets", name)


def _monitoring_role(instances: list[Instance], stack: Stack) -> Iterator[Declaration]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html"""
    watched = next((instance for instance in instances if instance.options["monitoring_interval"]), None)
    if watched:
        policy = f"arn:{partition(stack.region)}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
        values = IamRole(
            trust=MONITORING_TRUST,
            description="Enhanced monitoring of RDS instances",
            max_session=3600,
            boundary="",
            policies={},
            managed_policies=(policy,),
        )
        yield Declaration("iam_role", MONITORING_ROLE, TIER, values, f"{watched.path}.monitoring_interval")


def _parameter_group(instance: Instance) -> Declaration:
    given = {name: _text(value) for name, value in instance.options["parameters"].items()}
    values = DbParameterGroup(
        family=instance.engine.family(instance.version),
        description=f"Parameters of {instance.name}",
        parameters={**instance.engine.parameters, **given},
    )
    return instance.declaration("db_parameter_group", values, "parameters")


def _option_group(instance: Instance) -> Declaration:
    options = instance.options["options"]
    values = DbOptionGroup(
        engine=instance.engine.name,
        major_version=instance.major,
        description=f"Options of {instance.name}",
        options={name: {key: _text(value) for key, value in (options[name] or {}).items()} for name in options},
    )
    return instance.declaration("db_option_group", values, "options")


def _log_groups(instance: Instance, stack: Stack) -> Iterator[Declaration]:
    retention = instance.options["log_retention"]
    if retention is None:
        return
    identifier = db_instance.KIND.aws_name(stack, instance.name)
    for log in instance.options["log_exports"]:
        values = LogGroup(name=_rds.log_group(identifier, log), retention=retention, kms_key="")
        yield instance.declaration("log_group", values, "log_retention", _log_group_name(instance, log))


def _log_group_name(instance: Instance, log: str) -> str:
    return f"{instance.name}/{log}"


def _instance(instance: Instance) -> Declaration:
    options = instance.options
    values = DbInstance(
        **{name: options[name] for name in SAME_NAME},
        **_data(instance),
        **_monitoring(instance),
        engine=instance.engine.name,
        kept_storage=None if options["max_storage"] else options["storage"],
        instance_class=options["class"],
        port=options["port"] or instance.engine.port,
        security_groups=tuple(Reference("security_group", name) for name in options["security_groups"]),
        subnet_group=Reference("db_subnet_group", options["subnets"]),
        parameter_group=Reference("db_parameter_group", instance.name),
        option_group=_option_group_of(instance),
        log_exports=tuple(options["log_exports"]),
        public=False,
        # A snapshot with the instance's tags would look like a part of the stack.
        copy_tags_to_snapshot=False,
    )
    return instance.declaration("db_instance", values)


def _data(instance: Instance) -> dict[str, Any]:
    """Return where the data come from, and what follows from it: data that are there have users, names and a key already."""
    options = instance.options
    retention = options["backup_retention"]
    if instance.is_replica:
        return {
            **(_version(instance) if options["version"] else {}),
            "source": _source(instance),
            "kms_key": key_of(options["kms_key"], None),
            "backup_retention": retention or 0,
        }
    return {
        **_version(instance),
        **(_restored(options) if instance.is_restored else _empty(options)),
        "source": db_instance.NO_SOURCE,
        "database": options["database"],
        "managed_password": options["master_secret"] is None,
        "master_secret": _arn("secret", options["master_secret"]),
        "backup_retention": BACKUP_RETENTION if retention is None else retention,
    }


def _version(instance: Instance) -> dict[str, Any]:
    """A replica without a version of its own has what RDS gives it with its source's upgrades."""
    return {"version": instance.version, "kept_major": None if instance.options["allow_major_upgrade"] else instance.major}


def _empty(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "username": options["username"] or MASTER_USER,
        "encrypted": options["encrypted"],
        "kms_key": key_of(options["kms_key"], None),
    }


def _restored(options: Mapping[str, Any]) -> dict[str, Any]:
    """What it was restored from may be gone long before the instance."""
    source = options["restore_instance"]
    return {
        "username": options["username"],
        "snapshot": options["restore_snapshot"],
        "restored_from": Reference("db_instance", source, optional=True) if source else None,
        "restore_time": (options["restore_time"] or LATEST) if source else None,
    }


def _source(instance: Instance) -> Reference:
    """RDS names a source in another region by its ARN."""
    attribute = "id" if instance.region == instance.region_of_source else "arn"
    return Reference("db_instance", instance.options["replica_of"], attribute)


def _monitoring(instance: Instance) -> dict[str, Any]:
    options = instance.options
    insights = options["performance_insights"]
    kept = options["performance_insights_retention"] or STANDARD_INSIGHTS
    watched = options["monitoring_interval"] > 0
    exported = options["log_exports"] if options["log_retention"] is not None else ()
    return {
        "performance_insights_retention": kept if insights else None,
        "insights_mode": ("advanced" if kept == ADVANCED_INSIGHTS else "standard") if insights else None,
        "monitoring_role": Reference("iam_role", MONITORING_ROLE, "arn") if watched else None,
        "log_groups": tuple(Reference("log_group", _log_group_name(instance, log)) for log in exported),
    }


def _option_group_of(instance: Instance) -> Any:
    """An instance that had options once goes back to the engine's own group."""
    if instance.options["options"]:
        return Reference("db_option_group", instance.name)
    return instance.engine.default_option_group(instance.version)


def _backup_replication(instance: Instance) -> Declaration:
    options = instance.options
    retention = options["backup_retention"]
    values = DbBackupReplication(
        source=Reference("db_instance", instance.name),
        source_arn=Reference("db_instance", instance.name, "arn"),
        retention=BACKUP_RETENTION if retention is None else retention,
        kms_key=key_of(options["backup_region_kms_key"], None),
    )
    path = f"{instance.path}.backup_region"
    return Declaration("db_backup_replication", instance.name, TIER, values, path, region=options["backup_region"])


def _arn(kind: str, name: str | None) -> Reference | None:
    return Reference(kind, name, "arn") if name else None


def _text(value: Any) -> str:
    """Return a setting's value as RDS has it: text, with 1 and 0 for what is on or off."""
    return str(int(value)) if isinstance(value, bool) else str(value)
