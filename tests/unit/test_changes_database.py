# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of each option means for a database that exists, by AWS's documentation."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_instance import DbInstance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_parameter_group import DbParameterGroup, Parameters
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from ansible_collections.terrace.aws.plugins.module_utils.tiers import database
from tests.unit.changes import DISRUPTS, FORBIDDEN, IN_PLACE, NOTHING, REPLACE, kind_of_change

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
INSTANCE: dict[str, Any] = {
    "name": "main",
    "version": "16",
    "class": "db.t4g.small",
    "storage": 400,
    "subnets": "data",
    "security_groups": ["db"],
}
OTHER = {**INSTANCE, "name": "other", "master_secret": "master"}
MINOR = {"auto_minor_version_upgrade": False}
MARIADB = {"engine": "mariadb", "version": "11.4"}
AUDIT = {**MARIADB, "options": {"MARIADB_AUDIT_PLUGIN": {}}}
EMPTY = {"storage": None, "version": None}
# (options before, options after, what it is). Where nothing else is said, by the page USER_ModifyInstance.Settings.html of the
# RDS user guide, for changes that are applied at once.
INSTANCES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # USER_UpgradeDBInstance.Upgrading.html: an outage, no way back, and a major version only if it is allowed.
    ({"version": "16.4", **MINOR}, {"version": "16.10", **MINOR}, DISRUPTS),
    ({"version": "16.10", **MINOR}, {"version": "16.4", **MINOR}, FORBIDDEN),
    ({"version": "16.10", **MINOR}, {"version": "16"}, IN_PLACE),
    ({}, {"version": "17"}, FORBIDDEN),
    ({}, {"version": "17", "allow_major_upgrade": True}, DISRUPTS),
    ({"version": "17"}, {"version": "16", "allow_major_upgrade": True}, FORBIDDEN),
    ({**MARIADB, "version": "10.11"}, {**MARIADB, "allow_major_upgrade": True}, DISRUPTS),
    ({**MARIADB, "version": "10.11"}, MARIADB, FORBIDDEN),
    # No engine becomes another one.
    ({}, MARIADB, FORBIDDEN),
    ({}, {"class": "db.t4g.large"}, DISRUPTS),
    # USER_PIOPS.StorageTypes.html: storage grows, and never shrinks.
    ({}, {"storage": 500}, IN_PLACE),
    ({"storage": 500}, {"storage": 400}, FORBIDDEN),
    # API_ModifyDBInstance.html: RDS rounds up what is less than a tenth more.
    ({}, {"storage": 439}, FORBIDDEN),
    ({}, {"storage": 440}, IN_PLACE),
    ({"storage": 500, "max_storage": 1000}, {"storage": 400, "max_storage": 1000}, NOTHING),
    ({}, {"storage_type": "io2", "iops": 12000}, IN_PLACE),
    ({}, {"iops": 13000}, IN_PLACE),
    ({"iops": 13000}, {"iops": 13000, "throughput": 600}, IN_PLACE),
    ({}, {"max_storage": 1000}, IN_PLACE),
    # No call changes these.
    ({}, {"database": "app"}, REPLACE),
    ({}, {"username": "owner"}, REPLACE),
    ({}, {"subnets": "other"}, REPLACE),
    # Overview.Encryption.html
    ({}, {"encrypted": False}, REPLACE),
    ({"kms_key": "data"}, {"kms_key": "other"}, REPLACE),
    # rds-secrets-manager.html
    ({}, {"master_secret": "master"}, IN_PLACE),
    ({"master_secret": "master"}, {"master_secret": "other"}, NOTHING),
    ({}, {"port": 6432}, DISRUPTS),
    ({}, {"security_groups": ["db", "other"]}, IN_PLACE),
    # Latency only, and no outage.
    ({}, {"multi_az": True}, DISRUPTS),
    ({"multi_az": True}, {}, IN_PLACE),
    # UsingWithRDS.SSL-certificate-rotation.html
    ({}, {"ca_certificate": "rds-ca-ecc384-g1"}, DISRUPTS),
    # Appendix.MariaDB.Options.AuditPlugin.html: adding it restarts.
    (MARIADB, AUDIT, DISRUPTS),
    # Only between none and some.
    ({}, {"backup_retention": 14}, IN_PLACE),
    ({}, {"backup_retention": 0}, DISRUPTS),
    ({"backup_retention": 0}, {}, DISRUPTS),
    ({"backup_window": "03:00-04:00"}, {"backup_window": "04:00-05:00"}, IN_PLACE),
    ({"maintenance_window": "sun:03:00-sun:04:00"}, {"maintenance_window": "mon:03:00-mon:04:00"}, IN_PLACE),
    ({}, {"auto_minor_version_upgrade": False}, IN_PLACE),
    ({}, {"performance_insights": True}, IN_PLACE),
    ({"performance_insights": True}, {"performance_insights": True, "performance_insights_retention": 465}, IN_PLACE),
    ({}, {"monitoring_interval": 60}, IN_PLACE),
    ({}, {"log_exports": ["postgresql"]}, IN_PLACE),
    ({"log_exports": ["postgresql"]}, {"log_exports": ["postgresql"], "log_retention": 7}, NOTHING),
    ({}, {"deletion_protection": False}, IN_PLACE),
    # For the delete call alone.
    ({}, {"final_snapshot": False}, NOTHING),
    ({}, {"delete_automated_backups": False}, NOTHING),
    # Instances beside it, or resources of their own.
    ({}, {"parameters": {"work_mem": 8192}}, NOTHING),
    ({}, {"backup_region": "eu-central-1", "backup_region_kms_key": "copies"}, NOTHING),
    # USER_ReadRepl.html: a replica is promoted by a call of its own, and made as a replica.
    ({"replica_of": "other", **EMPTY}, {}, FORBIDDEN),
    ({}, {"replica_of": "other", **EMPTY}, FORBIDDEN),
    ({"replica_of": "other", **EMPTY}, {"replica_of": "third", **EMPTY}, REPLACE),
    # What it was made from matters no more.
    ({}, {"restore_snapshot": "earlier", "storage": None}, NOTHING),
    ({}, {"restore_instance": "other", "restore_time": "2026-11-20T07:30:00Z", "storage": None}, NOTHING),
]


def declared(options: dict[str, Any], kind: str = "db_instance") -> Any:
    described = [{**INSTANCE, **options}, OTHER, {**OTHER, "name": "third"}]
    found = next(d for d in declarations_of({"database": {"instances": described}}, STACK) if d.key == Key(kind, "main"))
    return transform(found.values, lambda leaf: str(leaf.key) if isinstance(leaf, Reference) else leaf)


def as_it_is(options: dict[str, Any]) -> DbInstance:
    """Return what RDS would show of it."""
    values = declared(options)
    version = values.version or "16"
    return dataclasses.replace(
        values, version=version, kept_major=_rds.major(values.engine, version), kept_storage=values.storage, encrypted=True
    )


@pytest.mark.parametrize(("before", "after", "expected"), INSTANCES)
def test_an_instance(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    assert kind_of_change(as_it_is(before), declared(after)) == expected


def test_every_option_is_in_the_table() -> None:
    """A name is what an instance is found by, and its region is the business of the engine: nothing moves."""
    told = {option for before, after, _expected in INSTANCES for option in {**before, **after}}
    assert set(database.SPEC["instances"]["options"]) - {"name", "region"} <= told


# USER_WorkingWithParamGroups.html: dynamic parameters at once, static ones at a reboot.
@pytest.mark.parametrize(
    ("after", "expected"),
    [({"work_mem": "8192"}, IN_PLACE), ({"shared_buffers": "100"}, DISRUPTS), ({}, DISRUPTS)],
)
def test_parameters(after: dict[str, str], expected: str) -> None:
    before = Parameters({"shared_buffers": "200"})
    before.static = frozenset({"shared_buffers"})
    wanted = {"shared_buffers": "200", **after} if "work_mem" in after else after
    assert kind_of_change(DbParameterGroup(parameters=before), DbParameterGroup(parameters=wanted)) == expected


@pytest.mark.parametrize("kind", ["db_parameter_group", "db_option_group"])
def test_groups_go_with_the_major_version(kind: str) -> None:
    """A group of another family is another group: both are there until the databases have moved."""
    before, after = (declared({**AUDIT, "version": version}, kind) for version in ("10.11", "11.4"))
    assert kind_of_change(before, after) == REPLACE


# USER_ReplicateBackups.html: the retention cannot be changed; what has been copied stays.
def test_copied_backups() -> None:
    copied = {"backup_region": "eu-central-1", "backup_region_kms_key": "copies"}
    before, after = (declared({**copied, "backup_retention": days}, "db_backup_replication") for days in (7, 14))
    assert kind_of_change(before, after) == REPLACE
