# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/drift.yml says exactly what differs, for people and for machines, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests.integration.described import CHECKOUT, description, playbook, run


@pytest.fixture
def emulator(account: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An account with the stack in it."""
    account.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    # As the playbooks see it.
    created = run(monkeypatch, "stack", **description(terrace_deletion_protection=True))
    assert created["changed"], created
    account.calls.clear()
    return account


def drift(emulator: Emulator, report: Path, *options: str) -> tuple[int, str, dict[str, Any]]:
    """Return the exit status, the output, and the report."""
    wanted = ("-e", f"drift_report={report}", *options)
    done = playbook("playbooks/drift.yml", "-i", "inventories/jyoti", *wanted, emulator=emulator, cwd=CHECKOUT)
    return done.returncode, done.stdout, json.loads(report.read_text())


def test_equal_then_changed_by_hand_then_deleted_by_hand(emulator: Emulator, tmp_path: Path) -> None:
    ec2, logs = emulator.client("ec2"), emulator.client("logs")
    status, output, report = drift(emulator, tmp_path / "equal.json")
    assert status == 0, output
    assert report == {"stack": "jyoti-production", "drifted": False, "refused": "", "differences": [], "orphans": []}

    tagged = [{"Name": "tag:terrace:id", "Values": ["network/subnet/app/eu-west-1a"]}]
    subnet = ec2.describe_subnets(Filters=tagged)["Subnets"][0]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    # Somebody else's tag, and a size that scaling has chosen, are nobody's drift.
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "cost-centre", "Value": "4711"}])
    emulator.client("autoscaling").set_desired_capacity(AutoScalingGroupName="jyoti-production-app", DesiredCapacity=3)
    logs.delete_log_group(logGroupName="/terrace/jyoti-production/app")
    logs.create_log_group(
        logGroupName="/terrace/jyoti-production/old",
        tags={"terrace:stack": "jyoti-production", "terrace:id": "monitoring/log_group/old"},
    )
    emulator.calls.clear()
    status, output, report = drift(emulator, tmp_path / "drifted.json")
    assert status == 2
    assert f"subnet/app/eu-west-1a ({subnet}): public_ip: true -> false" in output
    assert "log_group/app: is missing" in output
    assert "log_group/old (/terrace/jyoti-production/old): is not declared any more" in output
    assert "3 differences between jyoti-production and AWS" in output
    # The role's policy names the log group, whose ARN is known only when it is there again.
    assert {f"{d['kind']}/{d['name']}": d["action"] for d in report["differences"]} == {
        "subnet/app/eu-west-1a": "update",
        "log_group/app": "create",
        "iam_role/app": "update",
    }
    assert "iam_role" not in output
    assert not [call for call in emulator.calls if call["mutating"]]


def test_what_would_be_refused_is_listed_too(emulator: Emulator, tmp_path: Path) -> None:
    database = description(terrace_deletion_protection=True)["database"]
    database["instances"][0]["username"] = "somebody"
    other = json.dumps({"terrace_database": database})
    status, output, report = drift(emulator, tmp_path / "refused.json", "-e", other)
    assert status == 2
    assert "db_instance/main" in output and "2 differences" in output and "refuses to repair them" in output
    assert "allow_replacement" in report["refused"]
    assert [(d["action"], d["fields"]["username"]["after"]) for d in report["differences"]] == [("replace", "somebody")]
