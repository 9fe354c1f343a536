# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rotation of a database user's secret, on the emulated Secrets Manager."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "roles/database_user/files/secret_version.py"))
REGION = "eu-west-1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with the secret `app`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        value = json.dumps({"username": "app", "password": "first canary", "port": 5432})
        client.create_secret(Name="app", SecretString=value, Description="kept", Tags=[{"Key": "kept", "Value": "too"}])
        yield client


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, answer and errors of the script."""
    status = SCRIPT["main"](["--region", REGION, *arguments])
    printed = capsys.readouterr()
    assert "canary" not in printed.out + printed.err
    return status, json.loads(printed.out or "{}"), printed.err


def value(client: Any, stage: str = "AWSCURRENT") -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(client.get_secret_value(SecretId="app", VersionStage=stage)["SecretString"])
    return fields


def test_a_rotation(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, prepared, _ = run(capsys, "prepare", "app")
    assert (prepared["changed"], prepared["username"]) == (True, "app_clone")
    pending = value(client, "AWSPENDING")
    assert value(client)["username"] == "app"
    assert run(capsys, "finish", "app", "--version", prepared["version"])[0] == 0
    assert value(client) == pending
    assert (pending["username"], pending["port"]) == ("app_clone", 5432)
    assert pending["password"] != "first canary"
    described = client.describe_secret(SecretId="app")
    assert sorted(map(sorted, described["VersionIdsToStages"].values())) == [["AWSCURRENT"], ["AWSPREVIOUS"]]
    assert (described["Description"], described["Tags"]) == ("kept", [{"Key": "kept", "Value": "too"}])
    # Again is nothing.
    assert run(capsys, "finish", "app", "--version", prepared["version"])[0] == 0


def test_an_interrupted_rotation_goes_on(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = run(capsys, "prepare", "app")
    pending = value(client, "AWSPENDING")
    _, second, _ = run(capsys, "prepare", "app", "--older-than", "7d")
    assert (second["changed"], second["version"]) == (False, first["version"])
    assert value(client, "AWSPENDING") == pending


def test_a_fresh_secret_is_left(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status, prepared, _ = run(capsys, "prepare", "app", "--older-than", "7d")
    assert (status, prepared["changed"], prepared["version"]) == (0, False, None)


def test_users_that_hosts_may_still_have_are_left(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The first rotation takes a user that nobody has, the second one that hosts may have until they notice the first."""
    _, prepared, _ = run(capsys, "prepare", "app", "--spacing", "1h")
    run(capsys, "finish", "app", "--version", prepared["version"])
    status, _, error = run(capsys, "prepare", "app", "--spacing", "1h")
    assert status == 1 and "log in as app." in error
    _, back, _ = run(capsys, "prepare", "app", "--spacing", "0")
    assert back["username"] == "app"


def test_a_plan_stores_nothing(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, prepared, _ = run(capsys, "prepare", "app", "--check")
    assert prepared["changed"]
    assert len(client.describe_secret(SecretId="app")["VersionIdsToStages"]) == 1


@pytest.mark.parametrize("stored", ["canary", '"canary"', "[1]", '{"password": "canary"}'])
def test_other_values_are_refused(client: Any, capsys: pytest.CaptureFixture[str], stored: str) -> None:
    client.put_secret_value(SecretId="app", SecretString=stored)
    status, _, error = run(capsys, "prepare", "app")
    assert status == 1 and "no JSON object with username and password" in error


def test_what_does_not_exist_is_said(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, error = run(capsys, "prepare", "nothing")
    assert status == 1 and "ResourceNotFoundException" in error and "Traceback" not in error


def test_passwords_need_no_quoting() -> None:
    made = {SCRIPT["password"]() for _ in range(20)}
    assert len(made) == 20
    assert all(len(password) == 32 and password[0].isalpha() for password in made)


@pytest.mark.parametrize("text", ["7", "d", "-1d", "7 d", "1w"])
def test_only_time_spans_are(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        SCRIPT["main"](["prepare", "app", "--older-than", text])
