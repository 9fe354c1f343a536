# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, PENDING, READY, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds import db_instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.db_instance import DbInstance
from ansible_collections.terrace.aws.plugins.module_utils.tiers import database

STACK = Stack("demo", "123456789012", "eu-west-1")
INSTANCE: dict[str, Any] = {
    "name": "main",
    "version": "16",
    "class": "db.t4g.small",
    "storage": 20,
    "subnets": "data",
    "security_groups": ["db"],
}


def build(*instances: dict[str, Any], stack: Stack = STACK) -> dict[Key, Declaration]:
    checked = validated({"instances": list(instances)}, database.SPEC, database.CONSTRAINTS, "database")
    return {declaration.key: declaration for declaration in database.build(checked, stack)}


def instance(**options: Any) -> DbInstance:
    return build(INSTANCE | options)[Key("db_instance", "main")].values


def test_nothing_described_declares_nothing() -> None:
    assert build() == {}


def test_an_instance_comes_with_its_groups() -> None:
    declared = build(INSTANCE)
    assert sorted(map(str, declared)) == ["db_instance/main", "db_parameter_group/main", "db_subnet_group/data"]
    assert declared[Key("db_subnet_group", "data")].values.subnets == Reference("subnet", "data/", every=True)
    values = declared[Key("db_instance", "main")].values
    assert values.subnet_group == Reference("db_subnet_group", "data")
    assert values.parameter_group == Reference("db_parameter_group", "main")
    assert values.security_groups == (Reference("security_group", "db"),)


def test_instances_of_a_class_of_subnets_share_the_group() -> None:
    declared = build(INSTANCE, INSTANCE | {"name": "second"}, INSTANCE | {"name": "third", "subnets": "other"})
    groups = {key.name: d.path for key, d in declared.items() if key.kind == "db_subnet_group"}
    assert groups == {"data": "database.instances[0].subnets", "other": "database.instances[2].subnets"}


def test_safe_unless_said_otherwise() -> None:
    values = instance()
    assert (values.encrypted, values.deletion_protection, values.final_snapshot, values.managed_password) == (True,) * 4
    assert (values.public, values.copy_tags_to_snapshot, values.backup_retention) == (False, False, 7)


def test_tls_is_forced_and_parameters_are_text() -> None:
    group = build(INSTANCE | {"parameters": {"work_mem": 8192, "log_connections": True}})[Key("db_parameter_group", "main")]
    assert group.values.family == "postgres16"
    assert group.values.parameters == {"rds.force_ssl": "1", "work_mem": "8192", "log_connections": "1"}
    given = build(INSTANCE | {"parameters": {"rds.force_ssl": False}})[Key("db_parameter_group", "main")]
    assert given.values.parameters == {"rds.force_ssl": "0"}


def test_windows_that_touch_do_not_overlap() -> None:
    assert instance(backup_window="23:30-00:30", maintenance_window="Sun:00:30-Sun:01:30").backup_window == "23:30-00:30"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "name with two hyphens": ({"name": "a--b"}, "name"),
    "name in capitals": ({"name": "Main"}, "name"),
    "version without a number": ({"version": "latest"}, "version"),
    "minor version that is raised": ({"version": "16.4"}, "version"),
    "class without db": ({"class": "t4g.small"}, "class"),
    "too little storage": ({"storage": 19}, "storage"),
    "too much storage": ({"storage": 65537}, "storage"),
    "limit below storage": ({"max_storage": 21}, "max_storage"),
    "iops of a small gp3": ({"iops": 4000}, "iops"),
    "throughput of a small gp3": ({"throughput": 500}, "throughput"),
    "io2 without iops": ({"storage_type": "io2", "storage": 100}, "iops"),
    "io2 with throughput": ({"storage_type": "io2", "storage": 100, "iops": 1000, "throughput": 500}, "throughput"),
    "small io2": ({"storage_type": "io2", "iops": 1000}, "storage"),
    "database with a hyphen": ({"database": "my-app"}, "database"),
    "reserved user": ({"username": "rdsadmin"}, "username"),
    "user with a reserved beginning": ({"username": "pg_owner"}, "username"),
    "privileged port": ({"port": 80}, "port"),
    "no security group": ({"security_groups": []}, "security_groups"),
    "long retention": ({"backup_retention": 36}, "backup_retention"),
    "window without an end": ({"backup_window": "03:00"}, "backup_window"),
    "short window": ({"backup_window": "03:00-03:20"}, "backup_window"),
    "window of an unknown day": ({"maintenance_window": "day:03:00-day:04:00"}, "maintenance_window"),
    "overlapping windows": (
        {"backup_window": "23:30-00:30", "maintenance_window": "sun:00:00-sun:01:00"},
        "maintenance_window",
    ),
    "structured parameter": ({"parameters": {"work_mem": [1]}}, "parameters.work_mem"),
    "unknown log": ({"log_exports": ["audit"]}, "log_exports[0]"),
    "unknown option": ({"password": "x"}, "password"),
}


@pytest.mark.parametrize(("options", "where"), WRONG.values(), ids=list(WRONG))
def test_wrong_options_are_refused_with_their_path(options: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(INSTANCE | options)
    assert refused.value.path == f"database.instances[0].{where}"


def test_names_are_unique() -> None:
    with pytest.raises(InvalidOption, match="given twice"):
        build(INSTANCE, INSTANCE)


def test_an_identifier_that_rds_refuses_is_refused() -> None:
    with pytest.raises(InvalidOption, match="two hyphens"):
        build(INSTANCE, stack=Stack("demo-", "123456789012", "eu-west-1"))


@pytest.mark.parametrize(
    ("actual", "desired", "differs"),
    [("16.10", "16", False), ("16.10", "16.10", False), ("16.1", "16.10", True), ("16.10", "17", True)],
)
def test_a_major_version_stands_for_all_its_minor_ones(actual: str, desired: str, differs: bool) -> None:
    assert bool(compare(DbInstance(version=actual), DbInstance(version=desired))) is differs


@pytest.mark.parametrize(("actual", "differs"), [(20, True), (30, False), (45, False)])
def test_storage_that_has_grown_is_right(actual: int, differs: bool) -> None:
    assert bool(compare(DbInstance(storage=actual), DbInstance(storage=30))) is differs


class Answers:
    """A context whose client remembers the calls it gets."""

    def __init__(self, *declared: Declaration) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.notes: list[str] = []
        self.note = self.notes.append
        self.stack = STACK
        self._declared = declared

    def client(self, _service: str) -> Answers:
        return self

    def declared(self, _kind: str) -> tuple[Declaration, ...]:
        return self._declared

    def __getattr__(self, operation: str) -> Any:
        return lambda **request: self.calls.append((operation, request))


def existing(state: str = READY, **values: Any) -> Found:
    tags = {"terrace:stack": "demo", "terrace:id": "database/db_instance/main"}
    return Found("demo-main", DbInstance(**values), tags, state, attributes={"resource_id": "db-ABC"})


def test_a_larger_disk_is_asked_for_with_all_its_settings_and_never_a_smaller_one() -> None:
    context = Answers()
    found = existing(storage=500, storage_type="gp3", iops=12000, throughput=500)
    wanted = DbInstance(storage=450, storage_type="gp3", iops=13000, throughput=500)
    db_instance.update(context, found, wanted, {"iops"})
    ((operation, request),) = context.calls
    assert operation == "modify_db_instance"
    assert request == {
        "DBInstanceIdentifier": "demo-main",
        "ApplyImmediately": True,
        "AllocatedStorage": 500,
        "StorageType": "gp3",
        "Iops": 13000,
        "StorageThroughput": 500,
    }


def test_autoscaling_is_turned_off_by_a_limit_at_the_actual_size() -> None:
    context = Answers()
    db_instance.update(context, existing(storage=70), DbInstance(storage=20, max_storage=0), {"max_storage"})
    assert context.calls[0][1]["MaxAllocatedStorage"] == 70


def deletions() -> Iterator[Any]:
    kept = {"FinalDBSnapshotIdentifier": "demo-main-final-abc"}
    lost = {"SkipFinalSnapshot": True}
    yield pytest.param((), READY, kept, id="not declared")
    yield pytest.param((build(INSTANCE)[Key("db_instance", "main")],), READY, kept, id="by default")
    yield pytest.param((build(INSTANCE | {"final_snapshot": False})[Key("db_instance", "main")],), READY, lost, id="declined")
    yield pytest.param((), FAILED, lost, id="failed")


@pytest.mark.parametrize(("declared", "state", "snapshot"), list(deletions()))
def test_deleting_keeps_the_data_unless_told_otherwise(declared: tuple[Any, ...], state: str, snapshot: dict[str, Any]) -> None:
    context = Answers(*declared)
    db_instance.delete(context, existing(state))
    assert context.calls == [
        ("delete_db_instance", {"DBInstanceIdentifier": "demo-main", "DeleteAutomatedBackups": True, **snapshot})
    ]
    assert [("demo-main-final-abc" in note) for note in context.notes] == ([True] if "SkipFinalSnapshot" not in snapshot else [])


@pytest.mark.parametrize(
    ("status", "pending", "state"),
    [
        ("creating", {}, PENDING),
        ("backing-up", {}, PENDING),
        ("available", {}, READY),
        ("available", {"DBInstanceClass": "db.t4g.large"}, PENDING),
        ("storage-full", {}, READY),
        ("failed", {}, FAILED),
        ("deleting", {}, DELETING),
    ],
)
def test_states(status: str, pending: dict[str, Any], state: str) -> None:
    raw = {
        "DBInstanceIdentifier": "demo-main",
        "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:demo-main",
        "DbiResourceId": "db-ABC",
        "DBInstanceStatus": status,
        "PendingModifiedValues": pending,
        "Engine": "postgres",
        "EngineVersion": "16.10",
    }

    class Listing(Answers):
        def pages(self, *_request: Any) -> list[dict[str, Any]]:
            return [raw]

    (found,) = db_instance.list_instances(Listing())
    assert found.state == state
