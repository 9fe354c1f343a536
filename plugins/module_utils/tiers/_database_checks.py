# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What RDS refuses of a single instance, beyond the limits of single options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.kinds import db_instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds._db_changes import GP3_STRIPED_FROM, GP3_STRIPED_IOPS
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _windows
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import IDENTIFIER
from ansible_collections.terrace.aws.plugins.module_utils.tiers._database_engines import Engine

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html, the same for all engines that we know.
GP3_IOPS, GP3_THROUGHPUT = (GP3_STRIPED_IOPS, 64000), (500, 4000)
GP3_IOPS_PER_THROUGHPUT = 4
IO2_FROM = 100
IO2_IOPS_PER_GIB = (0.5, 1000)
SHORTEST_WINDOW = 30
Refuse = Callable[[str, str], InvalidOption]
# What a replica has from its source.
OF_THE_SOURCE = ("database", "username", "master_secret", "restore_snapshot", "restore_instance", "restore_time")


def check(instance: Mapping[str, Any], engine: Engine, path: str, stack: Stack) -> None:
    """Check an instance with all its options. Raises InvalidOption."""

    def refuse(option: str, problem: str) -> InvalidOption:
        return InvalidOption(f"{path}.{option}", problem)

    _check_identifier(db_instance.KIND.aws_name(stack, instance["name"]), refuse)
    _check_version(instance, engine, refuse)
    _check_parts(instance, engine, refuse)
    _check_names(instance, engine, refuse)
    for rule in (_check_origin, _check_storage, _check_backups, _check_monitoring):
        rule(instance, refuse)
    _windows.check(instance, "backup_window", "maintenance_window", SHORTEST_WINDOW, path)


def _check_identifier(identifier: str, refuse: Refuse) -> None:
    if not IDENTIFIER.fullmatch(identifier):
        raise refuse("name", f"gives the identifier {identifier}, in which RDS refuses two hyphens in a row")


def _check_version(instance: Mapping[str, Any], engine: Engine, refuse: Refuse) -> None:
    version = instance["version"]
    if version is None:
        raise refuse("version", "is required")
    if not engine.knows(version):
        major, minor = engine.example
        raise refuse("version", f'{version} is none of {engine.name}, which has versions like "{major}" and "{minor}"')
    if engine.is_minor(version) and instance["auto_minor_version_upgrade"]:
        raise refuse(
            "version",
            "names a minor version, which auto_minor_version_upgrade lets RDS raise: "
            f'say "{engine.major_of(version)}", or set auto_minor_version_upgrade: false',
        )


def _check_parts(instance: Mapping[str, Any], engine: Engine, refuse: Refuse) -> None:
    """Logs and options are the engine's own."""
    for index, log in enumerate(instance["log_exports"]):
        if log not in engine.logs:
            raise refuse(f"log_exports[{index}]", f"{log} is no log of {engine.name}, which has {', '.join(engine.logs)}")
    if instance["options"] and not engine.options:
        raise refuse("options", f"RDS has no options for {engine.name}")
    for name, settings in instance["options"].items():
        if settings is not None and not isinstance(settings, Mapping):
            raise refuse(f"options.{name}", "has to be a dictionary of settings, which may be empty")


def _check_names(instance: Mapping[str, Any], engine: Engine, refuse: Refuse) -> None:
    user, database = instance["username"], instance["database"]
    if user and (user.lower() in engine.reserved_users or not engine.users.fullmatch(user)):
        raise refuse("username", f"{user} is reserved, or not the name of a {engine.name} user: letters, digits and underscores")
    if database and database.lower() in engine.reserved_databases:
        raise refuse("database", f"{database} is {engine.name}'s or RDS's own")


def _check_origin(instance: Mapping[str, Any], refuse: Refuse) -> None:
    """A new instance is empty, restored, or a replica."""
    restored = bool(instance["restore_snapshot"] or instance["restore_instance"])
    if instance["replica_of"]:
        for name in OF_THE_SOURCE:
            if instance[name] is not None:
                raise refuse(name, "is not an option of a replica")
    elif instance["storage"] is None and not restored:
        raise refuse("storage", "is required, unless the instance is a replica or restored")
    if instance["restore_snapshot"] and instance["restore_instance"]:
        raise refuse("restore_snapshot", "excludes restore_instance")
    if instance["restore_time"] and not instance["restore_instance"]:
        raise refuse("restore_time", "needs restore_instance")
    if instance["restore_instance"] == instance["name"]:
        raise refuse("restore_instance", "is the instance itself: restore into one of another name")
    if restored and instance["kms_key"]:
        raise refuse("kms_key", "cannot be chosen on restoring: copy the snapshot with that key, and restore the copy")
    if instance["kms_key"] and not instance["encrypted"]:
        raise refuse("kms_key", "needs encrypted: true")


def _check_storage(instance: Mapping[str, Any], refuse: Refuse) -> None:
    storage, limit = instance["storage"], instance["max_storage"]
    if storage is None:
        return
    if limit and limit < storage * 1.1:
        raise refuse("max_storage", f"has to be at least a tenth above storage ({storage}); 0 turns autoscaling off")
    (_check_gp3 if instance["storage_type"] == "gp3" else _check_io2)(instance, storage, refuse)


def _check_gp3(instance: Mapping[str, Any], storage: int, refuse: Refuse) -> None:
    for name, (least, most) in (("iops", GP3_IOPS), ("throughput", GP3_THROUGHPUT)):
        value = instance[name]
        if value is None:
            continue
        if storage < GP3_STRIPED_FROM:
            raise refuse(name, f"can be chosen from {GP3_STRIPED_FROM} GiB of gp3 storage on")
        if not least <= value <= most:
            raise refuse(name, f"{value} has to be between {least} and {most} for gp3")
    iops, throughput = instance["iops"] or GP3_IOPS[0], instance["throughput"] or GP3_THROUGHPUT[0]
    if throughput * GP3_IOPS_PER_THROUGHPUT > iops:
        raise refuse("throughput", f"{throughput} needs at least {throughput * GP3_IOPS_PER_THROUGHPUT} iops")


def _check_io2(instance: Mapping[str, Any], storage: int, refuse: Refuse) -> None:
    iops = instance["iops"]
    if iops is None:
        raise refuse("iops", "is required for io2")
    if instance["throughput"] is not None:
        raise refuse("throughput", "is an option of gp3 only")
    if storage < IO2_FROM:
        raise refuse("storage", f"{storage} is below the minimum of {IO2_FROM} for io2")
    least, most = (int(storage * ratio) for ratio in IO2_IOPS_PER_GIB)
    if not least <= iops <= most:
        raise refuse("iops", f"{iops} has to be between {least} and {most} for {storage} GiB of io2")


def _check_backups(instance: Mapping[str, Any], refuse: Refuse) -> None:
    if not instance["backup_region"]:
        if instance["backup_region_kms_key"]:
            raise refuse("backup_region_kms_key", "needs backup_region")
        return
    if instance["replica_of"] or instance["backup_retention"] == 0:
        raise refuse("backup_region", "needs automated backups: backup_retention above 0, and no replica")
    if instance["encrypted"] and not instance["backup_region_kms_key"]:
        raise refuse("backup_region_kms_key", "is required, because the backups are encrypted: a key of that region")


def _check_monitoring(instance: Mapping[str, Any], refuse: Refuse) -> None:
    if instance["performance_insights_retention"] and not instance["performance_insights"]:
        raise refuse("performance_insights_retention", "needs performance_insights: true")
    if instance["log_retention"] is not None and not instance["log_exports"]:
        raise refuse("log_retention", "needs log_exports")
