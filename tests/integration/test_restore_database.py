# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/restore_database.yml makes a new database beside the old one, and switches only when asked."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests.integration.described import CHECKOUT, description, playbook, run

SECRET = {"username": "app", "password": "canary-value", "host": "old", "port": 5432, "engine": "postgres"}
NEW = {"restore_instance": "main", "restore_as": "main-restored"}


@pytest.fixture
def emulator(account: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An account with the stack's network and database in it, and with what an application reads."""
    account.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    described = description(terrace_deletion_protection=True)
    created = run(monkeypatch, "stack", **described, tiers=["network", "database"])
    assert created["changed"], created
    account.client("secretsmanager").create_secret(Name="app", SecretString=json.dumps(SECRET))
    account.client("ssm").put_parameter(Name="/app/database", Value="old", Type="String")
    account.calls.clear()
    return account


def restore(emulator: Emulator, *more: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    given = json.dumps({**NEW, **variables})
    return playbook(
        "playbooks/restore_database.yml", "-i", "inventories/jyoti", "-e", given, *more, emulator=emulator, cwd=CHECKOUT
    )


def databases(emulator: Emulator) -> dict[str, dict[str, Any]]:
    listed = emulator.client("rds").describe_db_instances()["DBInstances"]
    return {raw["DBInstanceIdentifier"]: {**raw, "LatestRestorableTime": None} for raw in listed}


def read(emulator: Emulator) -> tuple[dict[str, Any], str]:
    secret = emulator.client("secretsmanager").get_secret_value(SecretId="app")["SecretString"]
    return json.loads(secret), emulator.client("ssm").get_parameter(Name="/app/database")["Parameter"]["Value"]


def test_restored_then_switched(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    before = databases(emulator)
    planned = restore(emulator, "--check")
    assert planned.returncode == 0, planned.stdout
    assert not [call for call in emulator.calls if call["mutating"]]

    made = restore(emulator)
    assert made.returncode == 0, made.stdout
    after = databases(emulator)
    assert {name: after[name] for name in before} == before
    new, old = after["jyoti-production-main-restored"], after["jyoti-production-main"]
    settings = ("Engine", "DBInstanceClass", "StorageEncrypted", "MultiAZ", "DeletionProtection", "BackupRetentionPeriod")
    assert {name: new[name] for name in settings} == {name: old[name] for name in settings}
    assert new["Endpoint"]["Address"] in made.stdout
    assert "name: main-restored" in made.stdout and "restore_time: latest" in made.stdout
    assert read(emulator) == (SECRET, "old")

    # Again, and now with the switch.
    emulator.calls.clear()
    switched = restore(emulator, switch=True, switch_secret="app", switch_parameter="/app/database")
    assert switched.returncode == 0, switched.stdout
    mutating = [call["operation"] for call in emulator.calls if call["mutating"]]
    assert sorted(mutating) == ["PutParameter", "PutSecretValue"]
    address = new["Endpoint"]["Address"]
    assert read(emulator) == ({**SECRET, "host": address}, address)
    assert SECRET["password"] not in made.stdout + switched.stdout
    emulator.calls.clear()
    assert restore(emulator, switch=True, switch_secret="app").returncode == 0
    assert not [call for call in emulator.calls if call["mutating"]]
    assert "jyoti-production-main" in databases(emulator)

    # The stack knows it, and with its description nothing is left to do.
    described = description(terrace_deletion_protection=True)
    stack = {name: described["stack"][name] for name in ("name", "account", "region")}
    found = run(monkeypatch, "stack_info", stack=stack)
    assert ("db_instance", "main-restored") in {(r["kind"], r["name"]) for r in found["resources"]}
    (main,) = described["database"]["instances"]
    brought = ("name", "database", "storage")
    added = {**{name: value for name, value in main.items() if name not in brought}, "name": "main-restored"}
    described["database"]["instances"].append({**added, "restore_instance": "main"})
    again = run(monkeypatch, "stack", **described, tiers=["network", "database"])
    assert (again["changed"], again["orphans"]) == (False, [])
    emulator.calls.clear()
    late = restore(emulator, terrace_database=described["database"])
    assert late.returncode == 0, late.stdout
    assert "Add it to database.instances" not in late.stdout
    assert not [call for call in emulator.calls if call["mutating"]]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"restore_instance": "other"}, "one of database.instances"),
        ({"restore_as": "main"}, "a new name"),
        ({"restore_snapshot": "a", "restore_time": "latest"}, "exclude each other"),
        ({"added": {"storage": 20}}, "was not restored"),
        ({"switch": True}, "needs switch_secret or switch_parameter"),
    ],
)
def test_what_cannot_be_meant_is_refused(emulator: Emulator, variables: dict[str, Any], says: str) -> None:
    if added := variables.pop("added", None):
        instances = [*description()["database"]["instances"], {"name": "main-restored", **added}]
        variables = {"terrace_database": {"instances": instances}}
    refused = restore(emulator, **variables)
    assert refused.returncode != 0
    assert "Nothing was restored: " in refused.stdout
    assert says in refused.stdout
    assert not [call for call in emulator.calls if call["mutating"]]


def test_restored_from_a_snapshot(emulator: Emulator) -> None:
    rds = emulator.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier="jyoti-production-main", DBSnapshotIdentifier="before-the-release")
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before-the-release", WaiterConfig={"Delay": 1})
    made = restore(emulator, restore_snapshot="before-the-release")
    assert made.returncode == 0, made.stdout
    assert "jyoti-production-main-restored" in databases(emulator)
