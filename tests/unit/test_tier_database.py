# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import botocore
import botocore.session
import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption, NotReady
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, PENDING, QUEUED, READY, Found, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _db_create, db_instance, db_option_group
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


REPLICA: dict[str, Any] = {
    **{k: v for k, v in INSTANCE.items() if k not in ("version", "storage")},
    "name": "reader",
    "replica_of": "main",
}
# RDS makes no replicas of an instance whose password it manages.
SOURCE = INSTANCE | {"master_secret": "master"}
WIDE = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))


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
    assert declared[Key("db_subnet_group", "data")].values.subnets == Reference("subnet", "data/", every=True, at_least=2)
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


@pytest.mark.parametrize(
    ("engine", "version", "family", "port", "parameter", "option_group"),
    [
        ("postgres", "17", "postgres17", 5432, "rds.force_ssl", None),
        ("mysql", "8.0", "mysql8.0", 3306, "require_secure_transport", "default:mysql-8-0"),
        ("mysql", "8.4", "mysql8.4", 3306, "require_secure_transport", "default:mysql-8-4"),
        ("mariadb", "10.11", "mariadb10.11", 3306, "require_secure_transport", "default:mariadb-10-11"),
        ("mariadb", "11.4.7", "mariadb11.4", 3306, "require_secure_transport", "default:mariadb-11-4"),
    ],
)
def test_each_engine_has_its_own_rules(
    engine: str, version: str, family: str, port: int, parameter: str, option_group: str | None
) -> None:
    described = INSTANCE | {"engine": engine, "version": version, "auto_minor_version_upgrade": False}
    declared = build(described)
    values = declared[Key("db_instance", "main")].values
    group = declared[Key("db_parameter_group", "main")].values
    assert (group.family, values.port, values.option_group) == (family, port, option_group)
    assert group.parameters == {parameter: "1"}


def test_options_make_a_group_of_their_own() -> None:
    audit = {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_FILE_ROTATIONS": 5, "SERVER_AUDIT_LOGGING": True}}
    declared = build(INSTANCE | {"engine": "mariadb", "version": "11.4", "options": audit | {"OTHER": None}})
    group = declared[Key("db_option_group", "main")].values
    assert (group.engine, group.major_version) == ("mariadb", "11.4")
    assert group.options == {
        "MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_FILE_ROTATIONS": "5", "SERVER_AUDIT_LOGGING": "1"},
        "OTHER": {},
    }
    assert declared[Key("db_instance", "main")].values.option_group == Reference("db_option_group", "main")


def test_a_replica_has_its_sources_data_and_everything_else_of_its_own() -> None:
    declared = build(SOURCE | {"engine": "mysql", "version": "8.4"}, REPLICA | {"class": "db.t4g.large", "multi_az": True})
    values = declared[Key("db_instance", "reader")].values
    assert values.source == Reference("db_instance", "main")
    assert (values.engine, values.instance_class, values.multi_az) == ("mysql", "db.t4g.large", True)
    unmanaged = (values.version, values.kept_major, values.storage, values.username, values.encrypted, values.managed_password)
    assert unmanaged == (None,) * 6
    assert values.backup_retention == 0
    assert declared[Key("db_parameter_group", "reader")].values.family == "mysql8.4"
    assert declared[Key("db_instance", "main")].values.source == ""


def test_an_instance_with_a_managed_password_has_no_replicas() -> None:
    with pytest.raises(InvalidOption, match=r"database\.instances\[1\]\.replica_of: .*give main a master_secret"):
        build(INSTANCE, REPLICA)


def test_a_replica_of_a_replica_is_of_the_same_engine() -> None:
    chain = build(SOURCE | {"engine": "mysql", "version": "8.4"}, REPLICA, REPLICA | {"name": "third", "replica_of": "reader"})
    assert chain[Key("db_parameter_group", "third")].values.family == "mysql8.4"


def test_a_replica_elsewhere_names_its_source_by_arn() -> None:
    away = REPLICA | {"region": "eu-central-1", "subnets": "standby", "kms_key": "standby"}
    declared = build(SOURCE, away, stack=WIDE)
    replica = declared[Key("db_instance", "reader")]
    assert (replica.region, replica.values.source) == ("eu-central-1", Reference("db_instance", "main", "arn"))
    assert replica.values.kms_key == Reference("kms_key", "standby", "arn")
    groups = {key.name: d.region for key, d in declared.items() if key.kind in ("db_subnet_group", "db_parameter_group")}
    assert groups == {"data": "eu-west-1", "main": "eu-west-1", "standby": "eu-central-1", "reader": "eu-central-1"}


def test_copied_backups_are_declared_in_their_region() -> None:
    declared = build(INSTANCE | {"backup_region": "eu-central-1", "backup_region_kms_key": "copies"}, stack=WIDE)
    replication = declared[Key("db_backup_replication", "main")]
    assert (replication.region, replication.values.retention) == ("eu-central-1", 7)


def test_monitoring_makes_one_role_for_all() -> None:
    declared = build(INSTANCE | {"monitoring_interval": 60}, INSTANCE | {"name": "second", "monitoring_interval": 5})
    (role,) = (d for key, d in declared.items() if key.kind == "iam_role")
    assert role.values.managed_policies == ("arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",)
    assert declared[Key("db_instance", "second")].values.monitoring_role == Reference("iam_role", role.name, "arn")
    assert not [key for key in build(INSTANCE) if key.kind == "iam_role"]


def test_log_groups_are_made_before_rds_does() -> None:
    declared = build(INSTANCE | {"log_exports": ["postgresql"], "log_retention": 30})
    group = declared[Key("log_group", "main/postgresql")].values
    assert (group.name, group.retention) == ("/aws/rds/instance/demo-main/postgresql", 30)
    assert declared[Key("db_instance", "main")].values.log_groups == (Reference("log_group", "main/postgresql"),)
    assert not [key for key in build(INSTANCE | {"log_exports": ["postgresql"]}) if key.kind == "log_group"]


@pytest.mark.parametrize(
    ("options", "days", "mode"),
    [
        ({}, None, None),
        ({"performance_insights": True}, 7, "standard"),
        ({"performance_insights": True, "performance_insights_retention": 465}, 465, "advanced"),
    ],
)
def test_performance_insights_and_their_mode(options: dict[str, Any], days: int | None, mode: str | None) -> None:
    values = instance(**options)
    assert (values.performance_insights_retention, values.insights_mode) == (days, mode)


def test_restored_data_bring_their_user_with_them() -> None:
    values = instance(restore_instance="other", storage=None)
    assert (values.restored_from, values.restore_time) == (Reference("db_instance", "other", optional=True), "latest")
    assert (values.username, values.encrypted, values.kept_storage, values.managed_password) == (None, None, None, True)


def test_an_own_master_secret_takes_the_place_of_the_managed_one() -> None:
    values = instance(master_secret="master")
    assert (values.managed_password, values.master_secret) == (False, Reference("secret", "master", "arn"))


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
    "version of another engine": ({"engine": "mysql", "version": "16"}, "version"),
    "mariadb without forced TLS": ({"engine": "mariadb", "version": "10.4"}, "version"),
    "three numbers of postgres": ({"version": "16.4.1"}, "version"),
    "no version": ({"version": None}, "version"),
    "no storage": ({"storage": None}, "storage"),
    "too few iops": ({"storage": 400, "iops": 3000}, "iops"),
    "too little throughput": ({"storage": 400, "throughput": 250}, "throughput"),
    "throughput above what iops carry": ({"storage": 400, "iops": 12000, "throughput": 4000}, "throughput"),
    "io2 with too many iops": ({"storage_type": "io2", "storage": 100, "iops": 100001}, "iops"),
    "long user of mysql": ({"engine": "mysql", "version": "8.4", "username": "a" * 17}, "username"),
    "database of mysql's own": ({"engine": "mysql", "version": "8.4", "database": "sys"}, "database"),
    "log of another engine": ({"log_exports": ["slowquery"]}, "log_exports[0]"),
    "options of postgres": ({"options": {"MARIADB_AUDIT_PLUGIN": {}}}, "options"),
    "an option that is no dictionary": (
        {"engine": "mysql", "version": "8.4", "options": {"MARIADB_AUDIT_PLUGIN": 1}},
        "options.MARIADB_AUDIT_PLUGIN",
    ),
    "a key without encryption": ({"encrypted": False, "kms_key": "data"}, "kms_key"),
    "a replica with a user": ({"replica_of": "other", "username": "owner"}, "username"),
    "a replica that is restored": ({"replica_of": "other", "restore_snapshot": "earlier"}, "restore_snapshot"),
    "a replica with its own key": ({"replica_of": "other", "kms_key": "data"}, "kms_key"),
    "an unknown region": ({"region": "us-east-1"}, "region"),
    "backups in an unknown region": ({"backup_region": "us-east-1", "backup_region_kms_key": "copies"}, "backup_region"),
    "backups of nothing": (
        {"backup_region": "us-east-1", "backup_region_kms_key": "copies", "backup_retention": 0},
        "backup_region",
    ),
    "copies without a key": ({"backup_region": "us-east-1"}, "backup_region_kms_key"),
    "a key for no copies": ({"backup_region_kms_key": "copies"}, "backup_region_kms_key"),
    "two origins": ({"restore_snapshot": "earlier", "restore_instance": "other"}, "restore_snapshot"),
    "a time of nothing": ({"restore_time": "latest"}, "restore_time"),
    "a time without a zone": ({"restore_instance": "other", "restore_time": "2026-11-20T07:30:00"}, "restore_time"),
    "restored from itself": ({"restore_instance": "main"}, "restore_instance"),
    "restored with a key": ({"restore_instance": "other", "kms_key": "data"}, "kms_key"),
    "kept insights of nothing": ({"performance_insights_retention": 7}, "performance_insights_retention"),
    "kept logs of nothing": ({"log_retention": 7}, "log_retention"),
    "structured parameter": ({"parameters": {"work_mem": [1]}}, "parameters.work_mem"),
    "unknown log": ({"log_exports": ["audit"]}, "log_exports[0]"),
    "unknown option": ({"password": "x"}, "password"),
}


@pytest.mark.parametrize(("options", "where"), WRONG.values(), ids=list(WRONG))
def test_wrong_options_are_refused_with_their_path(options: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        build(INSTANCE | options)
    assert refused.value.path == f"database.instances[0].{where}"


def test_an_encrypted_replica_elsewhere_needs_a_key_there() -> None:
    with pytest.raises(InvalidOption, match=r"instances\[1\].kms_key: is required"):
        build(SOURCE, REPLICA | {"region": "eu-central-1", "subnets": "standby"}, stack=WIDE)


def test_a_class_of_subnets_is_in_one_region() -> None:
    with pytest.raises(InvalidOption, match=r"instances\[1\].subnets"):
        build(INSTANCE, INSTANCE | {"name": "second", "region": "eu-central-1"}, stack=WIDE)


def test_backups_are_copied_to_another_region() -> None:
    with pytest.raises(InvalidOption, match="own region"):
        build(INSTANCE | {"backup_region": "eu-west-1", "backup_region_kms_key": "copies"}, stack=WIDE)


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

    def __init__(self, *declared: Declaration, secret: str = "") -> None:
        self._secret = secret
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.notes: list[str] = []
        self.note = self.notes.append
        self.stack = STACK
        self._declared = declared

    def client(self, _service: str) -> Answers:
        return self

    def declared(self, _kind: str) -> tuple[Declaration, ...]:
        return self._declared

    def client_in(self, _service: str, _region: str) -> Answers:
        return self

    def get_secret_value(self, **_request: str) -> dict[str, str]:
        return {"SecretString": self._secret}

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((operation, request))
            return {"DBInstance": {}}

        return call


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


@pytest.mark.parametrize(
    ("before", "after", "fields", "sent"),
    [
        ({"storage": 20, "iops": 3000}, {"storage": 30}, {"storage"}, {"AllocatedStorage": 30}),
        # What gp3 has of its own changes there.
        ({"storage": 300, "iops": 3000}, {"storage": 400}, {"storage"}, {"AllocatedStorage": 400, "Iops": 12000}),
        ({"storage": 400, "iops": 20000}, {"storage": 500}, {"storage"}, {"AllocatedStorage": 500, "Iops": 20000}),
        ({"storage": 100, "storage_type": "io2", "iops": 5000}, {"storage": 100}, {"storage_type"}, {}),
        (
            {"storage": 400, "storage_type": "io2", "iops": 30000},
            {"storage": 400},
            {"storage_type"},
            {"AllocatedStorage": 400, "Iops": 12000},
        ),
        ({"storage": 450, "iops": 12000}, {"throughput": 600}, {"throughput"}, {"AllocatedStorage": 450, "Iops": 12000}),
    ],
)
def test_iops_are_told_with_the_size_where_they_can_be_chosen(
    before: dict[str, Any], after: dict[str, Any], fields: set[str], sent: dict[str, Any]
) -> None:
    """ModifyDBInstance wants them from 400 GiB of gp3 on, though they stay as they are, and refuses them below."""
    context = Answers()
    wanted = DbInstance(**{"storage_type": "gp3", **after})
    db_instance.update(context, existing(**{"storage_type": "gp3", **before}), wanted, fields)
    request = context.calls[0][1]
    assert {name: request[name] for name in ("AllocatedStorage", "Iops") if name in request} == sent


def test_autoscaling_is_turned_off_by_a_limit_at_the_actual_size() -> None:
    context = Answers()
    db_instance.update(context, existing(storage=70), DbInstance(storage=20, max_storage=0), {"max_storage"})
    assert context.calls[0][1]["MaxAllocatedStorage"] == 70


NEW = New("main", "demo-main", {"terrace:stack": "demo"}, "0" * 32)
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:demo/master-AbCdEf"
MADE = {
    "db_instance_read_replica": {"source": "demo-other", "kms_key": None},
    "db_instance_from_db_snapshot": {"snapshot": "earlier"},
    "db_instance_to_point_in_time": {"restored_from": "demo-other", "restore_time": "2026-11-20T07:30:00Z"},
    "create_db_instance": {"master_secret": SECRET, "managed_password": False, "username": "owner"},
}


@pytest.mark.parametrize("call", MADE)
def test_each_way_of_making_an_instance_takes_what_its_call_knows(call: str) -> None:
    """With the tags, and with nothing that the API does not have."""
    context = Answers(secret='{"username": "owner", "password": "hidden"}')
    values = dataclasses.replace(instance(log_exports=["postgresql"]), managed_password=None, username=None, subnet_group="data")
    _db_create.create(context, NEW, dataclasses.replace(values, **MADE[call]))
    ((operation, request),) = context.calls
    assert call in operation
    shape = botocore.session.get_session().get_service_model("rds").operation_model(xform(operation)).input_shape
    assert request.keys() <= shape.members.keys()
    assert shape.required_members and set(shape.required_members) <= request.keys()
    assert request["Tags"] == [{"Key": "terrace:stack", "Value": "demo"}]
    assert request["EnableCloudwatchLogsExports"] == ["postgresql"]
    assert ("MasterUserPassword" in request) == (call == "create_db_instance")


@pytest.mark.parametrize(
    ("engine", "source", "given"),
    [
        ("postgres", "demo-other", False),
        ("postgres", "arn:aws:rds:eu-central-1:123456789012:db:demo-other", False),
        ("mysql", "demo-other", False),
        ("mysql", "arn:aws:rds:eu-central-1:123456789012:db:demo-other", True),
    ],
)
def test_a_new_replica_takes_parameters_of_its_own_where_rds_lets_it(engine: str, source: str, given: bool) -> None:
    """API_CreateDBInstanceReadReplica.html. Elsewhere they are set right after."""
    context = Answers()
    values = dataclasses.replace(instance(), engine=engine, source=source, parameter_group="demo-main-1a2b", subnet_group="data")
    _db_create.create(context, NEW, dataclasses.replace(values, managed_password=None, username=None))
    assert ("DBParameterGroupName" in context.calls[0][1]) is given


def xform(operation: str) -> str:
    model = botocore.session.get_session().get_service_model("rds")
    return next(name for name in model.operation_names if botocore.xform_name(name) == operation)


@pytest.mark.parametrize("text", ["hidden", '{"password": "hidden", "username": "owner"}'])
def test_a_password_is_the_bare_value_or_a_field(text: str) -> None:
    values = DbInstance(master_secret=SECRET, managed_password=False)
    assert _db_create.password(Answers(secret=text), values) == {"MasterUserPassword": "hidden"}


@pytest.mark.parametrize("text", ["", '{"hidden": 1}', '["hidden"]'.replace("[", '{"password": [').replace("]", "]}")])
def test_a_secret_without_a_password_is_not_repeated(text: str) -> None:
    with pytest.raises(NotReady) as failed:
        _db_create.password(Answers(secret=text), DbInstance(master_secret=SECRET, managed_password=False))
    assert "hidden" not in str(failed.value)


def test_a_source_that_has_gone_has_no_backups() -> None:
    with pytest.raises(NotReady, match="restore a snapshot"):
        _db_create.create(Answers(), NEW, DbInstance(restore_time="latest"))


def test_a_replica_is_deleted_without_a_snapshot() -> None:
    context = Answers()
    db_instance.delete(context, existing(source="demo-other"))
    assert context.calls == [
        ("delete_db_instance", {"DBInstanceIdentifier": "demo-main", "DeleteAutomatedBackups": True, "SkipFinalSnapshot": True})
    ]
    assert context.notes == []


@pytest.mark.parametrize(("options", "kept"), [({}, True), ({"final_snapshot": False}, False)])
def test_the_backups_of_a_failed_instance_are_all_that_is_left_of_its_data(options: dict[str, Any], kept: bool) -> None:
    """RDS takes no final snapshot of it."""
    context = Answers(build(INSTANCE | options)[Key("db_instance", "main")])
    db_instance.delete(context, existing(FAILED, backup_retention=7))
    request = {"DBInstanceIdentifier": "demo-main", "DeleteAutomatedBackups": not kept, "SkipFinalSnapshot": True}
    assert context.calls == [("delete_db_instance", request)]
    assert any("automated backups are kept" in note for note in context.notes) is kept


def test_a_final_snapshot_tells_which_key_it_needs() -> None:
    context = Answers()
    db_instance.delete(context, existing(kms_key="arn:aws:kms:eu-west-1:123456789012:key/1234"))
    assert any("key/1234" in note for note in context.notes)


def test_automated_backups_are_kept_if_wanted() -> None:
    context = Answers(build(INSTANCE | {"delete_automated_backups": False})[Key("db_instance", "main")])
    db_instance.delete(context, existing())
    assert context.calls[0][1]["DeleteAutomatedBackups"] is False
    assert any("automated backups are kept" in note for note in context.notes)


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"monitoring_interval"}, {"MonitoringInterval": 60, "MonitoringRoleArn": "role"}),
        (
            {"performance_insights"},
            {
                "EnablePerformanceInsights": True,
                "PerformanceInsightsRetentionPeriod": 7,
                "DatabaseInsightsMode": "standard",
                "PerformanceInsightsKMSKeyId": "key",
            },
        ),
        ({"managed_password"}, {"ManageMasterUserPassword": False, "MasterUserPassword": "hidden"}),
        ({"version"}, {"EngineVersion": "16", "AllowMajorVersionUpgrade": False}),
    ],
)
def test_what_belongs_together_is_sent_together(fields: set[str], sent: dict[str, Any]) -> None:
    context = Answers(secret="hidden")
    values = dataclasses.replace(
        instance(performance_insights=True, monitoring_interval=60),
        monitoring_role="role",
        kms_key="key",
        managed_password=False,
        master_secret=SECRET,
    )
    db_instance.update(context, existing(storage=20), values, fields)
    assert context.calls[0][1] == {"DBInstanceIdentifier": "demo-main", "ApplyImmediately": True, **sent}


def test_an_option_group_that_snapshots_need_is_left_without_our_tags() -> None:
    class InUse(Exception):
        response: ClassVar = {"Error": {"Code": "InvalidOptionGroupStateFault"}}

    class Kept(Answers):
        def delete_option_group(self, **_request: str) -> None:
            raise InUse

    context = Kept()
    db_option_group.delete(context, Found("demo-main-1a2b", None, attributes={"arn": "arn"}))
    ((operation, request),) = context.calls
    assert (operation, request["ResourceName"]) == ("remove_tags_from_resource", "arn")
    assert "snapshots need it" in context.notes[0]


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
        ("available", {"DBInstanceClass": "db.t4g.large"}, QUEUED),
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
